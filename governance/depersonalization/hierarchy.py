"""Ladders: how one quasi-identifier gets coarser, rung by rung, each rung a coarsening of the one before.

Level 0 is the value itself. A ladder is a rule, not a table: `labels` maps a column of any length, one value to one text, and
null (unknown) stays null until the top rung, whose only label is `*`. What is not monotone is refused, because a search that
prunes by "coarser is safer", and a promise that a later version never says more than an earlier one, both rest on it.
Errors never name a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from governance.domain.errors import PlanRefused, PolicyError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from polars import DataFrame, Series

TOP = "*"
UNITS = ("day", "month", "quarter", "year", "decade")

Rung = Callable[["Series"], "Series"]
Edges = Callable[["Series"], "tuple[Series, Series]"]


@dataclass(frozen=True, slots=True)
class Ladder:
    """One quasi-identifier's levels 0..height; `lowest`..`highest` are those a search may choose from.

    `rungs[i]` makes level i + 1 of a column of values; `edges[i]` its low (inclusive) and high (exclusive) bounds, None where
    the label is no interval. `numeric` says how loss is measured: by the range of the values a label covers (after Xu et al.,
    "Utility-based anonymization using local recoding", KDD 2006, which defines NCP) instead of by how many values.
    """

    name: str
    kind: str
    rungs: tuple[Rung, ...]
    edges: tuple[Edges | None, ...]
    numeric: bool = False
    lowest: int = 0
    highest: int | None = None

    @property
    def height(self) -> int:
        return len(self.rungs)

    @property
    def allowed(self) -> range:
        """The levels a search may choose."""
        return range(self.lowest, (self.height if self.highest is None else self.highest) + 1)

    def labels(self, values: Series, level: int) -> Series:
        """The text each value of `values` becomes at `level`, same length and order. PlanRefused for values the file does not list."""
        return text(values) if level == 0 else self.rungs[level - 1](values)

    def bounds(self, values: Series, level: int) -> tuple[Series, Series] | None:
        """Low (inclusive) and high (exclusive) of each value's interval at `level`; None where labels are no intervals."""
        edges = self.edges[level - 1] if level else None
        return None if edges is None else edges(values)

    def numbers(self, values: Series) -> NDArray[np.float64]:
        """The values on a scale (days for dates), nan where unknown: what ranges of a numeric ladder are measured in."""
        import polars as pl

        scaled = values.cast(pl.Date).to_physical() if values.dtype.is_temporal() else values
        return scaled.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()

    def table(self, values: Series, level: int) -> DataFrame:
        """One row per distinct value: `value` (its own type), `label`, and for intervals `low`, `high`: to be staged and joined."""
        import polars as pl

        distinct = values.unique(maintain_order=True)
        columns = {"value": distinct, "label": self.labels(distinct, level)}
        if (bounds := self.bounds(distinct, level)) is not None:
            columns |= {"low": bounds[0], "high": bounds[1]}
        return pl.DataFrame(columns)


def text(values: Series) -> Series:
    """The values as text, null kept."""
    import polars as pl

    return values.cast(pl.String)


def _top(values: Series) -> Series:
    import polars as pl

    return pl.repeat(TOP, len(values), dtype=pl.String, eager=True).alias(values.name)


def interval_ladder(name: str, widths: Sequence[int | float | str], *, origin: int | float | str = 0, where: object = None, lowest: int = 0,
                    highest: int | None = None) -> Ladder:
    """Numbers in intervals [low, high) of growing `widths` counted from `origin`, then `*`. Each width is a multiple of the one before."""
    steps = [Decimal(str(width)) for width in widths]
    if not steps or steps[0] <= 0 or any(wide % narrow or wide <= narrow for narrow, wide in pairwise(steps)):
        raise PolicyError("interval widths must grow, each a multiple of the one before", where=where, fix="for example [5, 10, 20]")
    start, unit = Decimal(str(origin)), steps[0]
    cuts = [partial(_interval, origin=start, unit=unit, ratio=int(width / unit)) for width in steps]
    ends = [partial(_interval_bounds, origin=start, unit=unit, ratio=int(width / unit)) for width in steps]
    return checked(Ladder(name, "interval", (*cuts, _top), (*ends, None), True, lowest, highest), where)


def _index(values: Series, origin: Decimal, unit: Decimal, ratio: int) -> Series:
    # Counted in the narrowest width and then divided as whole numbers: rounding can never break monotony.
    import polars as pl

    if values.dtype.is_integer() and origin == origin.to_integral() and unit == unit.to_integral():
        return (values.cast(pl.Int64) - int(origin)) // int(unit) // ratio
    numbers = values.cast(pl.Float64, strict=False)
    bad = values.filter(numbers.is_null() & values.is_not_null()).n_unique()
    if bad:
        raise PlanRefused(f"{bad} values are no numbers", where=values.name or None,
                          fix="choose a prefix or a hierarchy file for a column of text")
    numbers = numbers.set(~numbers.is_finite().fill_null(True), None)  # NaN and infinity are unknown
    # 0.35 / 0.05 is 6.999...: without the last digit a bound would not hold its own value.
    return ((numbers - float(origin)) / float(unit) + 1e-9).floor().cast(pl.Int64) // ratio


def _interval_bounds(values: Series, *, origin: Decimal, unit: Decimal, ratio: int) -> tuple[Series, Series]:
    import polars as pl

    index, width = _index(values, origin, unit, ratio), unit * ratio
    whole = origin == origin.to_integral() and width == width.to_integral()
    if whole:
        low = index * int(width) + int(origin)
        return low, low + int(width)
    places = max(0, -int(width.as_tuple().exponent), -int(origin.as_tuple().exponent))
    low = (index.cast(pl.Float64) * float(width) + float(origin)).round(places)
    return low, ((index + 1).cast(pl.Float64) * float(width) + float(origin)).round(places)


def _interval(values: Series, *, origin: Decimal, unit: Decimal, ratio: int) -> Series:
    import polars as pl

    low, high = _interval_bounds(values, origin=origin, unit=unit, ratio=ratio)
    return pl.select(pl.format("[{}, {})", low, high)).to_series().alias(values.name)


def prefix_ladder(name: str, lengths: Sequence[int], *, where: object = None, lowest: int = 0, highest: int | None = None) -> Ladder:
    """The first characters and a star (`AZ10*`), `lengths` falling, then `*`: for postcodes, phone areas, codes."""
    if not lengths or min(lengths) < 1 or any(shorter >= longer for longer, shorter in pairwise(lengths)):
        raise PolicyError("prefix lengths must fall and be at least 1", where=where, fix="for example [4, 2]")
    rungs = [partial(_prefix, length=length) for length in lengths]
    return checked(Ladder(name, "prefix", (*rungs, _top), (None,) * (len(rungs) + 1), False, lowest, highest), where)


def _prefix(values: Series, *, length: int) -> Series:
    return text(values).str.slice(0, length) + TOP


def date_ladder(name: str, units: Sequence[str] = UNITS, *, where: object = None, lowest: int = 0, highest: int | None = None) -> Ladder:
    """Dates and moments cut to `units` (of day, month, quarter, year, decade, in this order), then `*`: 2024-05, 2024-Q2, 2024, 2020s.

    Moments are cut as they stand: bring them to the policy's time zone first.
    """
    places = [UNITS.index(unit) if unit in UNITS else -1 for unit in units]
    if not places or -1 in places or any(b <= a for a, b in pairwise(places)):
        raise PolicyError("date units must be of day, month, quarter, year, decade, from fine to coarse", where=where,
                          fix="for example [month, year]")
    rungs = [partial(_dated, unit=unit) for unit in units]
    ends = [partial(_date_bounds, unit=unit) for unit in units]
    return checked(Ladder(name, "date", (*rungs, _top), (*ends, None), True, lowest, highest), where)


def _date_bounds(values: Series, *, unit: str) -> tuple[Series, Series]:
    import polars as pl

    by = {"day": "1d", "month": "1mo", "quarter": "1q", "year": "1y", "decade": "10y"}[unit]
    days = values.cast(pl.Date)
    if unit == "decade":
        low = pl.select(pl.date(pl.lit(days.dt.year() // 10 * 10), 1, 1)).to_series()
    else:
        low = days.dt.truncate(by)
    return low, low.dt.offset_by(by)


def _dated(values: Series, *, unit: str) -> Series:
    import polars as pl

    low = _date_bounds(values, unit=unit)[0]
    if unit == "quarter":
        return pl.select(pl.format("{}-Q{}", low.dt.year(), low.dt.quarter())).to_series().alias(values.name)
    form = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y", "decade": "%Ys"}[unit]
    return low.dt.strftime(form).alias(values.name)


def geo_ladder(name: str, degrees: Sequence[int | float | str], *, where: object = None, lowest: int = 0,
               highest: int | None = None) -> Ladder:
    """Places written `latitude,longitude` in square cells of growing `degrees` named by their south-west corner, then `*`.

    Each width is a multiple of the one before. 0.01 degrees are about 1.1 km north to south.
    """
    steps = [Decimal(str(width)) for width in degrees]
    if not steps or steps[0] <= 0 or any(wide % narrow or wide <= narrow for narrow, wide in pairwise(steps)):
        raise PolicyError("cell widths must grow, each a multiple of the one before", where=where, fix="for example [0.01, 0.1, 1]")
    rungs = [partial(_cell, unit=steps[0], ratio=int(width / steps[0])) for width in steps]
    return checked(Ladder(name, "geo", (*rungs, _top), (None,) * (len(rungs) + 1), False, lowest, highest), where)


def _cell(values: Series, *, unit: Decimal, ratio: int) -> Series:
    import polars as pl

    parts = text(values).str.split_exact(",", 1).struct.unnest()
    corner = [_interval_bounds(parts.to_series(i).str.strip_chars(), origin=Decimal(0), unit=unit, ratio=ratio)[0] for i in (0, 1)]
    return pl.select(pl.format("{},{}", *corner)).to_series().alias(values.name)


def checked(ladder: Ladder, where: object) -> Ladder:
    """`ladder`, or PolicyError when its lowest and highest are no levels of it."""
    if not 0 <= ladder.lowest < ladder.allowed.stop <= ladder.height + 1:
        raise PolicyError(f"{ladder.name} has levels 0 to {ladder.height}; {ladder.lowest} to {ladder.highest} is outside", where=where,
                          fix=f"choose lowest and highest from 0 to {ladder.height}")
    return ladder
