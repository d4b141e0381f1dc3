"""Columns of many rows at once: small functions over NumPy and Arrow arrays. One `Dice` per table keeps tables independent."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from examples.load import ARROW
from examples.spec import TableSpec

DAY = 86_400
WORDS = Path(__file__).parent / "words"


def words(name: str) -> list[str]:
    return (WORDS / f"{name}.txt").read_text(encoding="utf-8").split("\n")[:-1]


class Dice:
    """Random columns of one table; the same seed and table name give the same columns."""

    def __init__(self, seed: int, table: str) -> None:
        self.rng = np.random.default_rng([seed, zlib.crc32(table.encode())])

    def pick(self, options: Sequence[str], n: int, weights: Sequence[float] | None = None) -> pa.Array:
        return pa.array(list(options)).take(pa.array(self.index(len(options), n, weights)))

    def index(self, high: int, n: int, weights: Sequence[float] | None = None) -> np.ndarray:
        if weights is None:
            return self.rng.integers(0, high, n)
        edges = np.cumsum(np.asarray(weights, dtype=float)) / np.sum(weights)
        return np.searchsorted(edges, self.rng.random(n), side="right")

    def whole(self, low: int, high: int, n: int) -> np.ndarray:
        return self.rng.integers(low, high, n)

    def chance(self, share: float, n: int) -> np.ndarray:
        return self.rng.random(n) < share

    def money(self, low: float, high: float, n: int) -> pa.Array:
        return pc.cast(pa.array(np.round(self.rng.uniform(low, high, n), 2)), pa.decimal128(12, 2), safe=False)

    def between(self, low: np.ndarray | int, high: np.ndarray | int, n: int) -> np.ndarray:
        """Seconds since 1970, uniform; `high` below `low` gives `low`."""
        span = np.maximum(np.asarray(high) - np.asarray(low), 1)
        return (np.asarray(low) + self.rng.random(n) * span).astype("int64")

    def hexes(self, n: int, length: int) -> pa.Array:
        """Random lower-case hexadecimal text."""
        raw = self.rng.bytes(n * length // 2).hex()
        return pa.array([raw[i * length : (i + 1) * length] for i in range(n)])

    def uuids(self, n: int) -> pa.Array:
        return _sliced(self.hexes(n, 32), (0, 8), (8, 12), (12, 16), (16, 20), (20, 32))

    def phones(self, n: int) -> pa.Array:
        """Azerbaijani mobile numbers as people write them. Operator 10 is left to planted people."""
        operator = self.pick(["50", "51", "55", "70", "77", "99"], n)
        a, b, c = (padded(self.whole(low, high, n), w) for low, high, w in ((200, 900, 3), (0, 100, 2), (0, 100, 2)))
        shapes = [
            glue("+994 ", operator, " ", a, " ", b, " ", c),
            glue("0", operator, "-", a, "-", b, "-", c),
            glue("(0", operator, ") ", a, " ", b, c),
            glue("994", operator, a, b, c),
        ]
        return pc.choose(pa.array(self.index(4, n, (5, 3, 1, 1))), *shapes)

    def ips(self, n: int) -> pa.Array:
        first = self.pick(["5.191", "37.26", "46.228", "85.132", "188.253"], n)
        return glue(first, ".", text(self.whole(0, 256, n)), ".", text(self.whole(1, 255, n)))


def _sliced(array: pa.Array, *parts: tuple[int, int]) -> pa.Array:
    return pc.binary_join_element_wise(*(pc.utf8_slice_codeunits(array, a, b) for a, b in parts), "-")


def text(values: Any) -> pa.Array:
    return pc.cast(pa.array(values), pa.string())


def padded(values: Any, width: int) -> pa.Array:
    return pc.utf8_lpad(text(values), width, "0")


def glue(*parts: Any) -> pa.Array:
    """Texts and arrays of text joined row by row; null where any part is null."""
    return pc.binary_join_element_wise(*(pa.scalar(p) if isinstance(p, str) else p for p in parts), "")


def where(mask: np.ndarray, then: Any, otherwise: Any = None) -> pa.Array:
    """`then` where `mask`, else `otherwise` (null by default)."""
    chosen = then if isinstance(then, pa.Array | pa.ChunkedArray) else pa.array(then)
    other = pa.scalar(otherwise, chosen.type) if otherwise is None or isinstance(otherwise, str | int) else otherwise
    return pc.if_else(pa.array(mask), chosen, other)


def at(seconds: Any, mask: np.ndarray | None = None) -> pa.Array:
    """Seconds since 1970 as timestamps; null where `mask` is false."""
    moments = pa.array(np.asarray(seconds, dtype="int64") * 1_000_000).cast(pa.timestamp("us"))
    return moments if mask is None else where(mask, moments)


def on(seconds: Any, mask: np.ndarray | None = None) -> pa.Array:
    days = at(seconds).cast(pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False)
    return days if mask is None else where(mask, days)


def seconds(year: int, month: int = 1, day: int = 1) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())


def arrow(spec: TableSpec, columns: Mapping[str, Any], planted: Sequence[Mapping[str, Any]] = ()) -> pa.Table:
    """The generated columns of `spec` followed by planted rows; a column left out is null."""
    schema = pa.schema([(name, ARROW[spec.type_of(name)]) for name in spec.columns])
    unknown = set(columns) - set(schema.names) | {k for row in planted for k in row} - set(schema.names)
    if unknown:
        raise ValueError(f"{spec.name} has no column {', '.join(sorted(unknown))}")
    n = len(next(iter(columns.values()))) if columns else 0
    arrays = []
    for field in schema:
        if field.name not in columns:
            arrays.append(pa.nulls(n, field.type))
            continue
        array = columns[field.name]
        array = array if isinstance(array, pa.Array | pa.ChunkedArray) else pa.array(array)
        arrays.append(array.cast(field.type, safe=False))
    table = pa.Table.from_arrays([a.combine_chunks() if isinstance(a, pa.ChunkedArray) else a for a in arrays], schema=schema)
    if planted:
        table = pa.concat_tables([table, pa.Table.from_pylist([dict(r) for r in planted], schema=schema)])
    return table.combine_chunks()
