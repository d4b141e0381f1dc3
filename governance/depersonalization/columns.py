"""Columns as Arrow has them, turned into what is counted, hashed and published. What has no vectorized form runs once per distinct value.

Every function gives exactly what its counterpart for one value gives: `float`, `str`, `DomainKey.token`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.domain.errors import PlanRefused

if TYPE_CHECKING:
    from polars import DataType, Series


def each_distinct(cells: pa.Array, work: Callable[[Any], Any], to: pa.DataType) -> pa.Array:
    """`work` done once for every distinct value and put where that value stood; null stays null."""
    coded = cells.dictionary_encode()
    return pa.array([work(value) for value in coded.dictionary.to_pylist()], to).take(coded.indices)


def floats(cells: pa.Array) -> pa.Array:
    """As `float` makes them. Decimals go through their digits: dividing them, as a cast does, may miss by the last bit."""
    if pa.types.is_floating(cells.type) or pa.types.is_integer(cells.type):
        return cells.cast(pa.float64(), safe=False)
    return cells.cast(pa.string()).cast(pa.float64())


def texts(cells: pa.Array) -> pa.Array:
    """As `str` makes them."""
    if pa.types.is_string(cells.type):
        return cells
    if pa.types.is_integer(cells.type) or pa.types.is_date(cells.type):
        return cells.cast(pa.string())
    return each_distinct(cells, str, pa.string())


def counted(name: str, cells: pa.Array, dtype: DataType) -> Series:
    """A column of batches in the type it is counted in. PlanRefused for whole numbers that have no place in 64 bits."""
    import polars as pl

    if dtype == pl.Float64():
        cells = floats(cells)
    elif dtype == pl.String():
        cells = texts(cells)
    elif dtype == pl.Int64() and pa.types.is_string(cells.type):
        numbers = pl.Series(cells.to_pylist(), dtype=pl.String()).cast(pl.Int64(), strict=False)
        if numbers.null_count() != cells.null_count:
            raise PlanRefused("a whole number has more than 64 bits", where=name, fix="give it a transform for text, such as a prefix")
        return numbers.alias(name)
    made = pl.from_arrow(cells)
    assert isinstance(made, pl.Series)
    return made.cast(dtype).alias(name)


def strings(series: Series) -> pa.Array:
    """A column of texts as Arrow has them in batches."""
    import polars as pl

    return series.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())
