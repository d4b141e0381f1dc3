"""Passport scans and delivery photos: tiny valid PNG files that carry a line of text, as cameras and scanners write it."""

from __future__ import annotations

import shutil
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from examples.planted import World

FOLDERS = {
    "passports": ("crm.identity_documents", "scan_path", "holder_name", "passport_number"),
    "delivery-photos": ("shop.shipments", "delivery_photo", "recipient_name", "tracking_no"),
}


def png(comment: str) -> bytes:
    """A grey pixel with `comment` in a text chunk."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + chunk(b"iTXt", b"Comment\0\0\0\0\0" + comment.encode())
        + chunk(b"IDAT", zlib.compress(b"\0\x80"))
        + chunk(b"IEND", b"")
    )


def write_files(root: Path, tables: dict[str, pa.Table], world: World) -> int:
    """Write every file that a row points to, below one folder per store; the number of files."""
    written = 0
    for folder, (table, path, who, number) in FOLDERS.items():
        shutil.rmtree(root / folder, ignore_errors=True)
        columns = tables[table].select([path, who, number])
        for row in columns.filter(pa.compute.is_valid(columns[path])).to_pylist():
            target = root / folder / row[path]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(png(world.file_text.get(row[path]) or f"{row[who]} {row[number]}"))
            written += 1
    return written
