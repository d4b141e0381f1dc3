"""From a store to plain bytes: which files of a source are new, and their content without compression, within declared limits.

Content is spooled to a file that has no name, so that nothing of it stays on this machine whatever ends the program. No more
than a piece of it is in memory at once.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import IO, cast

from governance.domain.errors import FeedRefused
from governance.policy.sources import Limits, Source
from governance.stores import PIECE, FileStore, StoredFile, Stores

UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bz2"), (b"\xfd7zXZ\x00", "xz"))
_GENEROUS = 10_000_000  # bytes below which any ratio is harmless


@dataclass(frozen=True, slots=True)
class Spooled:
    """The content of one file. `digest` is SHA-256 of the bytes as they lay in the store, `size` counts those."""

    file: StoredFile
    digest: str
    size: int
    content: IO[bytes]


def store_of(stores: Stores, source: Source) -> FileStore:
    return stores.at(source.folder, f"source {source.key}")


def listed(store: FileStore, source: Source, now: datetime | None = None) -> tuple[list[StoredFile], list[StoredFile]]:
    """(files to look at, files left for later): the latter are named as unfinished or were changed a moment ago."""
    ready: list[StoredFile] = []
    later: list[StoredFile] = []
    since = (now or datetime.now(UTC)) - timedelta(seconds=source.settled_after)
    for file in store.files():
        name = file.ref.rpartition("/")[2]
        unfinished = name.lower().endswith(UNFINISHED)
        if name.startswith(".") or not (fnmatchcase(name, source.files) or unfinished):
            continue
        young = bool(source.settled_after) and file.changed_at > since
        (later if unfinished or young or file.size == 0 else ready).append(file)
    return ready, later


def digest_of(store: FileStore, file: StoredFile) -> str:
    """SHA-256 of a file's bytes, without keeping any of them. FeedUnsettled when it changes meanwhile."""
    seal = hashlib.sha256()
    for piece in store.read(file):
        seal.update(piece)
    return seal.hexdigest()


@contextmanager
def spooled(store: FileStore, file: StoredFile, source: Source) -> Iterator[Spooled]:
    """The content of `file` until the block ends. FeedRefused when it is cut off or larger than declared."""
    where = f"source {source.key}, {file.ref}"
    with ExitStack() as stack:
        kept = stack.enter_context(tempfile.TemporaryFile())
        seal, size = hashlib.sha256(), 0
        for piece in store.read(file):
            size += len(piece)
            if size > source.limits.bytes:
                raise _too_large(where, source.limits)
            seal.update(piece)
            kept.write(piece)
        kept.seek(0)
        found = compression(kept, source)
        content: IO[bytes] = kept
        if found != "none":
            content = stack.enter_context(tempfile.TemporaryFile())
            _decompress(kept, found, content, size, source.limits, where)
            content.seek(0)
        yield Spooled(file, seal.hexdigest(), size, content)


def compression(content: IO[bytes], source: Source) -> str:
    """How the file is compressed: as declared, or as its first bytes say. Parquet compresses inside."""
    declared = source.format.compression
    if declared != "auto":
        return declared
    first = content.read(8)
    content.seek(0)
    return next((name for magic, name in _MAGIC if first.startswith(magic)), "none")


def _decompress(packed: IO[bytes], name: str, out: IO[bytes], size: int, limits: Limits, where: str) -> None:
    written, most = 0, min(limits.bytes, max(size * limits.ratio, _GENEROUS))
    try:
        with _unpacker(packed, name, where) as stream:
            while piece := stream.read(PIECE):
                written += len(piece)
                if written > most:
                    raise _too_large(where, limits)
                out.write(piece)
    except EOFError:
        raise _cut_off(where) from None
    except (OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError) as error:
        truncated = isinstance(error, zipfile.BadZipFile) or "runcated" in str(error) or "end-of-stream" in str(error)
        if truncated:
            raise _cut_off(where) from None
        raise FeedRefused(f"is not {name} that can be read", where=where, fix="ask the source for the file again") from None


@contextmanager
def _unpacker(packed: IO[bytes], name: str, where: str) -> Iterator[IO[bytes]]:
    match name:
        case "gzip":
            with gzip.open(packed) as stream:
                yield cast(IO[bytes], stream)
        case "bz2":
            with bz2.open(packed) as stream:
                yield cast(IO[bytes], stream)
        case "xz":
            with lzma.open(packed) as stream:
                yield cast(IO[bytes], stream)
        case "zip":
            with zipfile.ZipFile(packed) as archive, archive.open(_only_member(archive, where)) as stream:
                yield stream
        case _:
            import pyarrow as pa

            with pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), "zstd") as stream:
                yield cast(IO[bytes], stream)


def _only_member(archive: zipfile.ZipFile, where: str) -> zipfile.ZipInfo:
    members = [m for m in archive.infolist() if not m.is_dir()]
    if len(members) != 1 or members[0].flag_bits & 0x1:
        problem = "is an encrypted archive" if len(members) == 1 else f"holds {len(members)} files"
        raise FeedRefused(problem, where=where, fix="ask the source for one file per archive, not encrypted inside")
    return members[0]


def _too_large(where: str, limits: Limits) -> FeedRefused:
    return FeedRefused(f"is larger than declared: more than {limits.bytes:,} bytes, or {limits.ratio} times its own size", where=where,
                       fix="if that is right, raise `limits:` of the source; a small file that grows without end is an attack")


def _cut_off(where: str) -> FeedRefused:
    return FeedRefused("ends in the middle", where=where, fix="ask the source for the file again; nothing of it was taken")
