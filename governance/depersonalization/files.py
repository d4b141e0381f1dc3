"""A published version as Parquet files beside a manifest, in a folder or an S3 prefix.

    orders/v3-1a2b3c4d5e6f/part-0000.parquet    immutable, named by version and plan
    orders/manifest.json                        written last, in one piece: what it does not name does not exist for readers

A kill at any moment leaves the manifest of the version before, whose files go only after the new one stands.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import select

from governance.depersonalization.columns import floats
from governance.depersonalization.tools import Tools
from governance.domain.errors import StoreUnavailable
from governance.domain.schema import Column, Family, Table
from governance.ledger.releases import ReleaseRecord
from governance.stores import FileStore
from governance.warehouse import Warehouse
from governance.warehouse.functions import table_of

PART_ROWS = 1_000_000
_BATCH = 50_000
_DECIMAL = re.compile(r"\((\d+), ?(\d+)\)")


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    rows: int
    size: int
    sha256: str


def write_files(tools: Tools, record: ReleaseRecord, live: Table, store: str) -> tuple[Part, ...]:
    """Write the version to its store, then its manifest, then remove what the manifest no longer names. Safe to repeat."""
    target, folder = tools.stores.named(store), f"{record.name}/v{record.version}-{record.plan[:12]}"
    with tempfile.TemporaryDirectory(prefix="governance-release-") as temporary:
        parts = []
        for path, rows in _parts(tools.warehouse, live, Path(temporary)):
            part = Part(f"{folder}/{path.name}", rows, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
            target.put(part.name, path)
            parts.append(part)
        manifest = Path(temporary) / "manifest.json"
        manifest.write_text(json.dumps(manifest_of(record, live, parts), indent=1, ensure_ascii=False), encoding="utf-8")
        target.put(manifest_name(record.name), manifest)
    stays = {manifest_name(record.name), *(part.name for part in parts)}
    for ref in list(target.refs()):  # versions before, and what a killed try left half written
        if ref.startswith(f"{record.name}/") and ref not in stays:
            target.remove(ref)
    return tuple(parts)


def manifest_name(release: str) -> str:
    return f"{release}/manifest.json"


def manifest_of(record: ReleaseRecord, live: Table, parts: Sequence[Part]) -> dict[str, Any]:
    return {"release": record.name, "version": record.version, "plan": record.plan, "as_of": record.body["as_of"],
            "rows": sum(part.rows for part in parts), "schema": [{"name": c.name, "type": str(_type(c))} for c in live.columns],
            "files": [{"name": p.name, "rows": p.rows, "bytes": p.size, "sha256": p.sha256} for p in parts]}


def wrong_files(store: FileStore, record: ReleaseRecord, rows: int) -> list[str]:
    """What is wrong with the files of a version, in sentences: looked at byte by byte."""
    found = store.fetch(manifest_name(record.name))
    if found is None:
        return ["there is no manifest"]
    manifest: Mapping[str, Any] = json.loads(found)
    wrong = []
    if (manifest["version"], manifest["plan"]) != (record.version, record.plan):
        return [f"the manifest is of version {manifest['version']}"]
    if manifest["rows"] != rows:
        wrong.append(f"the manifest says {manifest['rows']:,} rows, the table has {rows:,}")
    for file in manifest["files"]:
        body = store.fetch(file["name"])
        if body is None:
            wrong.append(f"{file['name']} is not there")
        elif hashlib.sha256(body).hexdigest() != file["sha256"]:
            wrong.append(f"{file['name']} is not the file that was written")
    return wrong


def _parts(warehouse: Warehouse, live: Table, folder: Path) -> Iterator[tuple[Path, int]]:
    """Local Parquet files with their rows, in the dataset's own order; one empty file when there are no rows."""
    import pyarrow.parquet as pq

    schema = pa.schema([(c.name, _type(c)) for c in live.columns])
    table = table_of(live)
    ordered = select(*table.c).order_by(*table.c)
    with closing(_sized(warehouse.batches(ordered, name="release.export", size=_BATCH), _BATCH)) as remaining:
        number, more = 0, True
        while more:
            path, written = folder / f"part-{number:04d}.parquet", 0
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                while written < PART_ROWS and (batch := next(remaining, None)) is not None:
                    columns = [_as_published(cells, field.type) for cells, field in zip(batch.columns, schema, strict=True)]
                    writer.write_table(pa.table(columns, schema=schema))
                    written += batch.num_rows
            more = written == PART_ROWS
            if written or not number:
                yield path, written
            path.unlink()
            number += 1


def _sized(batches: Iterator[pa.RecordBatch], size: int) -> Generator[pa.Table]:
    """The rows in tables of exactly `size`, the last smaller: how a file is cut says nothing about the engine."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        while sum(part.num_rows for part in waiting) >= size:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, size).combine_chunks()
            waiting = whole.slice(size).to_batches()
    if any(part.num_rows for part in waiting):
        yield pa.Table.from_batches(waiting).combine_chunks()


def _as_published(cells: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Decimals of no declared precision as floats. StoreUnavailable for a value that the file's type does not hold."""
    if pa.types.is_floating(kind):
        return pa.chunked_array([floats(part) for part in cells.chunks], kind)
    try:
        return cells.cast(kind)
    except pa.ArrowInvalid:  # its text quotes the value
        problem = f"a value does not fit into {kind}, the type of its column in Parquet files"
    raise StoreUnavailable(problem, where="release", fix="publish the column as text, or without `store:`")


def _type(column: Column) -> pa.DataType:
    if column.family is Family.NUMBER:
        digits = _DECIMAL.search(column.type)
        return pa.decimal128(int(digits[1]), int(digits[2])) if digits else pa.float64()
    types = {Family.INTEGER: pa.int64(), Family.BOOLEAN: pa.bool_(), Family.DATE: pa.date32(), Family.TIMESTAMP: pa.timestamp("us"),
             Family.MOMENT: pa.timestamp("us", tz="UTC"), Family.TEXT: pa.string()}
    if column.family not in types:
        raise StoreUnavailable(f"{column.name} is {column.type}, which Parquet files of a release do not hold", where="release",
                               fix="publish it as text, or without `store:`")
    return types[column.family]
