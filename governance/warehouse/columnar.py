"""Rows as Arrow record batches: the type each column travels in, the same on every engine, and the SQL type it is staged with."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Select, select
from sqlalchemy import types as sa

from governance.warehouse.ddl import Spelled
from governance.warehouse.functions import as_text

_MOMENT = pa.timestamp("us", tz="UTC")
_CARRIED: dict[str, pa.DataType] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), pa.int64()),
    **dict.fromkeys(("FLOAT", "DOUBLE", "REAL", "DOUBLE PRECISION"), pa.float64()),
    **dict.fromkeys(("VARCHAR", "TEXT", "CHARACTER VARYING", "CHARACTER"), pa.string()),
    **dict.fromkeys(("BLOB", "BYTEA"), pa.binary()),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITHOUT TIME ZONE"), pa.timestamp("us")),
    "TIMESTAMP WITH TIME ZONE": _MOMENT, "BOOLEAN": pa.bool_(), "DATE": pa.date32(),
}
_SQL: dict[pa.DataType, sa.TypeEngine[Any]] = {
    pa.int64(): sa.BigInteger(), pa.float64(): sa.Double(), pa.string(): sa.Text(), pa.binary(): sa.LargeBinary(), pa.bool_(): sa.Boolean(),
    pa.date32(): sa.Date(), pa.timestamp("us"): sa.TIMESTAMP(), _MOMENT: sa.TIMESTAMP(timezone=True),
}
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d+),(\d+)\)")
_LENGTH = re.compile(r"\(\d+\)")
_MOST_DIGITS = 38


def carried(spelling: str) -> pa.DataType | None:
    """The Arrow type for a type as an engine spells it. None for what Arrow would not hold to the last digit or engines hold
    differently: whole numbers of more than 64 bits, decimals of no declared precision, JSON, UUIDs, lists, an engine's own types."""
    spelled = spelling.upper()
    if digits := _DECIMAL.fullmatch(spelled):
        precision, scale = int(digits[1]), int(digits[2])
        return pa.decimal128(precision, scale) if scale <= precision <= _MOST_DIGITS else None
    return _CARRIED.get(_LENGTH.sub("", spelled))


def travelling(query: Select[Any], typed: Sequence[tuple[str, Spelled]]) -> tuple[Select[Any], pa.Schema]:
    """`query` with what has no type of its own in Arrow turned into text, and the schema of its batches. `typed`: its columns."""
    types = [carried(spelled.spelling) for _, spelled in typed]
    schema = pa.schema([(name, pa.string() if type_ is None else type_) for (name, _), type_ in zip(typed, types, strict=True)])
    if None not in types:
        return query, schema
    inner = query.subquery()
    return select(*(as_text(cell).label(cell.name) if type_ is None else cell for cell, type_ in zip(inner.c, types, strict=True))), schema


def batch_of(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Rows of a driver as one batch; no rows are an empty one."""
    turned: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [() for _ in schema]
    return pa.record_batch([pa.array(values, field.type) for values, field in zip(turned, schema, strict=True)], schema=schema)


def sql_type(arrow: pa.DataType) -> sa.TypeEngine[Any]:
    """The type a column of batches is staged with. ValueError for a type that no batch of `Warehouse.batches` has."""
    if pa.types.is_decimal128(arrow):
        return sa.Numeric(arrow.precision, arrow.scale)
    if arrow not in _SQL:
        raise ValueError(f"batches are staged in the types they are read in, and {arrow} is none of them")
    return _SQL[arrow]


def numbered(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The same batches with columns c0, c1, ...: a staged name may be anything, these mean the same everywhere."""
    named = pa.schema([(f"c{n}", field.type) for n, field in enumerate(schema)])
    return named, (pa.RecordBatch.from_arrays(batch.columns, schema=named) for batch in batches)


def csv_of(batch: pa.RecordBatch) -> bytes:
    """A batch as PostgreSQL's COPY reads it: every value quoted, null is nothing at all."""
    spelled = [_spelled(cells) for cells in batch.columns]
    out = io.BytesIO()
    plain = pa.record_batch(spelled, names=[f"c{n}" for n in range(len(spelled))])
    csv.write_csv(plain, out, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return out.getvalue()


def _spelled(cells: pa.Array) -> pa.Array:
    if pa.types.is_binary(cells.type):
        return pa.array([None if value is None else "\\x" + value.hex() for value in cells.to_pylist()], pa.string())
    return cells.cast(pa.string())
