"""Looks for values of people in bytes: any file of any folder, in every spelling that a log, a database or a page may use.

`search_tree(folder, values)` is what to call. A value that is found says where and in which spelling, never itself.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

import pyarrow as pa
import pyarrow.parquet as parquet

_CHUNK = 64 * 1024 * 1024
_MOST_NESTED = 4


def spellings(value: str) -> dict[str, set[bytes]]:
    """Every way to write `value` that is looked for, by name."""
    found: dict[str, set[bytes]] = {}
    for text in {value, value.lower(), value.upper()}:
        raw = text.encode()
        escaped = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
        escaped |= {e.replace("\\", "\\\\") for e in escaped}  # JSON inside JSON
        percent = {quote(text, safe=safe) for safe in ("", "@", "@+:/")} | {quote_plus(text), quote(text, safe="").replace("-", "%2D")}
        for name, spelled in {
            "raw": {raw},
            "utf-16-le": {text.encode("utf-16-le")},
            "utf-16-be": {text.encode("utf-16-be")},
            "json": {e.encode() for e in escaped} | {_upper_escapes(e).encode() for e in escaped},
            "percent": {p.encode() for p in percent} | {_lower_percent(p).encode() for p in percent},
            "base64": set(_base64(raw)),
            "hex": {raw.hex().encode(), raw.hex().upper().encode()},
            "python bytes": {repr(raw)[2:-1].encode()},
            "python text": {ascii(text)[1:-1].encode()},
            "html": {html.escape(text).encode(), text.encode("ascii", "xmlcharrefreplace"),
                     html.escape(text).encode("ascii", "xmlcharrefreplace")},
        }.items():
            found.setdefault(name, set()).update(spelled)
    seen: set[bytes] = set()
    for spelled in found.values():  # an ASCII value is spelled alike in many ways: name the first
        spelled -= seen
        seen |= spelled
    return {name: spelled for name, spelled in found.items() if spelled}


def search_tree(folder: Path, values: Iterable[str]) -> list[tuple[str, str]]:
    """(path below `folder`, spelling) for every file that holds one of `values`, also in its name, and inside zip, gzip,
    zlib, Parquet and SQLite. Empty when none is found."""
    wanted = _wanted(values)
    found: set[tuple[str, str]] = set()
    for path in sorted(p for p in Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        found |= {(name, f"name, {spelling}") for spelling in _in_bytes(name.encode(), wanted)}
        if path.is_file() and not path.is_symlink():
            found |= set(_in_file(path, name, wanted))
    return sorted(found)


def search_bytes(content: bytes, values: Iterable[str], name: str = "bytes") -> list[tuple[str, str]]:
    """Like `search_tree` for bytes that are in no file."""
    return sorted(set(_in_content(content, name, _wanted(values), 0)))


def _wanted(values: Iterable[str]) -> dict[str, set[bytes]]:
    wanted: dict[str, set[bytes]] = {}
    for value in values:
        if len(value) < 6:
            raise ValueError("a value this short occurs by chance")
        for name, spelled in spellings(value).items():
            wanted.setdefault(name, set()).update(spelled)
    return wanted


def _in_file(path: Path, name: str, wanted: Mapping[str, set[bytes]]) -> Iterator[tuple[str, str]]:
    longest = max((len(s) for spelled in wanted.values() for s in spelled), default=0)
    with path.open("rb") as file:
        head, tail = file.read(16), b""
        file.seek(0)
        while part := file.read(_CHUNK):
            yield from ((name, spelling) for spelling in _in_bytes(tail + part, wanted))
            tail = part[-longest:]
    if head.startswith(b"SQLite format 3\0"):
        yield from _in_sqlite(path, name, wanted)
    elif _is_packed(head):
        yield from _unpacked(path.read_bytes(), name, wanted, 0)


def _in_content(content: bytes, name: str, wanted: Mapping[str, set[bytes]], depth: int) -> Iterator[tuple[str, str]]:
    yield from ((name, spelling) for spelling in _in_bytes(content, wanted))
    if depth < _MOST_NESTED and _is_packed(content[:16]):
        yield from _unpacked(content, name, wanted, depth)


def _in_bytes(content: bytes, wanted: Mapping[str, set[bytes]]) -> list[str]:
    return [name for name, spelled in wanted.items() if any(s in content for s in spelled)]


def _is_packed(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"x\x01", b"x\x9c", b"x\xda"))


def _unpacked(content: bytes, name: str, wanted: Mapping[str, set[bytes]], depth: int) -> Iterator[tuple[str, str]]:
    try:
        members = _members(content)
    except (zipfile.BadZipFile, gzip.BadGzipFile, pa.ArrowException, zlib.error, EOFError):
        return  # it only begins like one; what stands there in clear was looked at
    for member, inside in members:
        inner = f"{name}!{member}"
        yield from ((inner, f"name, {s}") for s in _in_bytes(member.encode(), wanted))
        yield from _in_content(inside, inner, wanted, depth + 1)


def _members(content: bytes) -> list[tuple[str, bytes]]:
    """Name and content of everything in one packed file."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return [(member, packed.read(member)) for member in packed.namelist()]
    if content.startswith(b"PAR1"):
        table = parquet.read_table(io.BytesIO(content))
        rows = json.dumps([list(row.values()) for row in table.to_pylist()], ensure_ascii=False, default=_plain)
        return [("rows", rows.encode())]
    return [("", (gzip if content.startswith(b"\x1f\x8b") else zlib).decompress(content))]


def _in_sqlite(path: Path, name: str, wanted: Mapping[str, set[bytes]]) -> Iterator[tuple[str, str]]:
    """Cell by cell too: a long value is cut in pieces over the pages of the file. The files are copied and left alone."""
    with tempfile.TemporaryDirectory() as copies:
        for part in path.parent.glob(f"{path.name}*"):
            shutil.copy2(part, copies)
        with closing(sqlite3.connect(Path(copies) / path.name)) as connection:
            tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
            for table in tables:
                quoted = '"' + table.replace('"', '""') + '"'
                for row in connection.execute("select * from " + quoted):
                    for cell in row:
                        content = cell if isinstance(cell, bytes) else str(cell).encode()
                        yield from _in_content(content, f"{name}!{table}", wanted, 0)


def _plain(value: object) -> object:
    return value.decode("utf-8", "replace") + value.hex() if isinstance(value, bytes) else str(value)


def _base64(raw: bytes) -> Iterator[bytes]:
    """At each of the three places where a value can begin inside an encoded text, without what its neighbours change."""
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + raw + bytes(3))[first:last]


def _upper_escapes(text: str) -> str:
    pieces = text.split("\\u")
    return "\\u".join([pieces[0], *(p[:4].upper() + p[4:] for p in pieces[1:])])


def _lower_percent(text: str) -> str:
    pieces = text.split("%")
    return "%".join([pieces[0], *(p[:2].lower() + p[2:] for p in pieces[1:])])
