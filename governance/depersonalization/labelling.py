"""The labels of quasi-identifiers, made for distinct values and staged, so that the engine joins them and counts classes as one number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import FromClause, literal

from governance.depersonalization import sql
from governance.depersonalization.columns import counted, strings
from governance.depersonalization.counting import Counted, type_of
from governance.depersonalization.hierarchy import Ladder
from governance.depersonalization.histogram import coded
from governance.depersonalization.source import Resolved, Source
from governance.domain.schema import Family
from governance.warehouse import StagedColumn, Warehouse
from governance.warehouse.columnar import sql_type

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import Series

_WIDE = 1 << 62
_FAMILIES = {pa.string(): Family.TEXT, pa.int64(): Family.INTEGER, pa.date32(): Family.DATE}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One column: `keys` are what its distinct values are looked up by, the last one what null is looked up by. `code` is the place of
    each one's label in `told`, the distinct labels in order; `bounds` as of `Ladder.bounds`. `has_unknown`: null occurs."""

    keys: pa.Array
    told: Series
    code: NDArray[np.int64]
    bounds: tuple[Series, Series] | None
    level: int
    has_unknown: bool


@contextmanager
def labelled(warehouse: Warehouse, source: Source, found: FromClause,
             fitted: Counted) -> Iterator[tuple[Mapping[int, sql.Labels], FromClause]]:
    """The staged labels by column number, and the classes that are published, until the block ends."""
    quasi = [(number, column) for number, column in enumerate(source.columns) if column.is_quasi]
    columns = []
    for (number, column), ladder, level in zip(quasi, source.ladders, fitted.solution.levels, strict=True):
        unknown = bool(fitted.histogram.cells[column.name].null_count())
        columns.append(_labelled(warehouse, found, number, column, ladder, level, unknown))
    places = packed([len(column.told) for column in columns])
    with ExitStack() as stack:
        labels = {number: _staged(stack, warehouse, column, *place)
                  for (number, _), column, place in zip(quasi, columns, places, strict=True)}
        kept = _kept(source, fitted, columns, places)
        yield labels, stack.enter_context(warehouse.stage_batches(kept.schema, [kept]))


def _labelled(warehouse: Warehouse, found: FromClause, number: int, column: Resolved, ladder: Ladder, level: int,
              unknown: bool) -> Labelled:
    import polars as pl

    read = list(warehouse.batches(sql.distinct(found, number, column), name="release.values"))
    dtype = type_of(column)
    values = pl.concat([*(counted(column.name, batch.column(0), dtype) for batch in read), pl.Series(column.name, [None], dtype=dtype)],
                       rechunk=True)
    keys = pa.chunked_array([batch.columns[-1] for batch in read]).combine_chunks()
    keys = pa.concat_arrays([keys, pa.array([absent(keys)], keys.type)])
    return Labelled(keys, *coded(ladder.labels(values, level)), ladder.bounds(values, level), level, unknown)


def absent(keys: pa.Array) -> Any:
    """A value of the type of `keys` that is none of them."""
    make = _CANDIDATES[keys.type]
    number = 0
    while pc.index(keys, pa.scalar(make(number), keys.type)).as_py() >= 0:
        number += 1
    return make(number)


_CANDIDATES: dict[pa.DataType, Callable[[int], Any]] = {
    pa.string(): lambda n: "unknown" + n * "?", pa.int64(): lambda n: -1 - n, pa.date32(): lambda n: date.min + timedelta(n)}


def packed(widths: Sequence[int]) -> list[tuple[int, int]]:
    """(number of the sum, weight) of each code 0..width-1, so that equal sums are equal codes: one sum where 63 bits hold it."""
    places, number, weight = [], 0, 1
    for width in widths:
        if weight * width >= _WIDE:
            number, weight = number + 1, 1
        places.append((number, weight))
        weight *= width
    return places


def _staged(stack: ExitStack, warehouse: Warehouse, column: Labelled, number: int, weight: int) -> sql.Labels:
    cells = {"key": column.keys, "code": pa.array(column.code * weight)}
    if column.level:
        cells["label"] = strings(column.told).take(pa.array(column.code))
    bounds = column.bounds if column.level else None
    unknown = literal(column.keys[-1].as_py(), sql_type(column.keys.type)) if column.has_unknown else None
    return sql.Labels(stack.enter_context(_stage(warehouse, cells, bounds)), unknown, number, column.level > 0, bounds is not None)


def _stage(warehouse: Warehouse, cells: dict[str, pa.Array], bounds: tuple[Series, Series] | None) -> AbstractContextManager[FromClause]:
    if bounds is not None and bounds[0].dtype.is_float():
        # Numbers with as many digits as they need, which only rows are staged with.
        families = {"key": _FAMILIES[cells["key"].type], "code": Family.INTEGER, "label": Family.TEXT,
                    **dict.fromkeys(("low", "high"), Family.NUMBER)}
        turned = [*(cell.to_pylist() for cell in cells.values()), *(bound.to_list() for bound in bounds)]
        return warehouse.stage([StagedColumn(name, family) for name, family in families.items()], zip(*turned, strict=True))
    if bounds is not None:
        cells = cells | {name: bound.to_arrow() for name, bound in zip(("low", "high"), bounds, strict=True)}
    batch = pa.record_batch(cells)
    return warehouse.stage_batches(batch.schema, [batch])


def _kept(source: Source, fitted: Counted, columns: Sequence[Labelled], places: Sequence[tuple[int, int]]) -> pa.RecordBatch:
    """The classes that are published, by the sums of their codes."""
    kept = fitted.classes.filter(fitted.classes["_kept"])
    sums = [np.zeros(len(kept), np.int64) for _ in range(places[-1][0] + 1)]
    for column, labelled, (number, weight) in zip(source.quasi, columns, places, strict=True):
        sums[number] += kept[column.name].replace_strict(labelled.told, np.arange(len(labelled.told))).to_numpy() * weight
    return pa.record_batch({f"k{number}": pa.array(of) for number, of in enumerate(sums)})
