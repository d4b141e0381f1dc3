"""Histograms: a source counted down to its distinct combinations, in a form in which generalizing keeps subjects exact.

Subjects cannot be added up: one with three orders in three towns is three rows, three combinations and, once the towns are
generalized away, one subject. So a histogram has two parts. `cells` has one row per distinct combination of quasi-identifiers
(and the sensitive value) with its rows and the number of subjects that occur *nowhere else*; `shared` has one pair
(subject, cell) for every subject that occurs in several cells. The distinct subjects of any set of cells are then the sum of
`ALONE` plus the distinct subjects of `shared` in it. With one row per subject `shared` is empty and a histogram is plain counts.

Rows without a subject key count as rows and as no subject: any of them may be anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import DataFrame, LazyFrame, Series

ROWS, ALONE, SUBJECT, CELL = "_rows", "_alone", "_subject", "_cell"


@dataclass(frozen=True)  # without slots: what `coded` made is kept
class Histogram:
    """`cells`: the quasi-identifiers, the sensitive column if any, `_rows` and `_alone` (counts). `shared`: `_subject` (any integer
    that stands for one subject), `_cell` (the row number in `cells`), each pair once."""

    cells: DataFrame
    quasi: tuple[str, ...]
    sensitive: str | None
    shared: DataFrame

    @cached_property
    def coded(self) -> Mapping[str, tuple[Series, NDArray[np.int64]]]:
        """Per column its distinct values in order, unknown first, and per cell the code (the place) of its value."""
        names = [*self.quasi, *([self.sensitive] if self.sensitive else [])]
        return {name: coded(self.cells[name]) for name in dict.fromkeys(names)}

    @property
    def rows(self) -> int:
        return int(self.cells[ROWS].sum())

    @property
    def subjects(self) -> int:
        return int(self.cells[ALONE].sum()) + self.shared[SUBJECT].n_unique()


def coded(column: Series) -> tuple[Series, NDArray[np.int64]]:
    """The distinct values in order, unknown first, and the place of each value of the column among them."""
    values = column.unique().sort(nulls_last=False)
    return values, column.replace_strict(values, np.arange(len(values))).to_numpy().astype(np.int64)


def count(frame: DataFrame | LazyFrame, quasi: Sequence[str], *, sensitive: str | None = None, subject: str | None = None) -> Histogram:
    """The histogram of rows in memory (or of a lazy scan). Without `subject` every row is a subject of its own."""
    import polars as pl

    columns = [*quasi, *([sensitive] if sensitive and sensitive not in quasi else [])]
    lazy = frame.lazy()
    if subject is None:
        return plain(lazy.group_by(columns).agg(pl.len().alias(ROWS)).with_columns(pl.col(ROWS).alias(ALONE)).collect(), quasi, sensitive)
    pairs = (lazy.select(*columns, pl.col(subject).rank("dense").cast(pl.Int64).alias(SUBJECT))
             .group_by([*columns, SUBJECT]).agg(pl.len().alias(ROWS)).collect())
    return paired(pairs, quasi, sensitive)


def plain(cells: DataFrame, quasi: Sequence[str], sensitive: str | None) -> Histogram:
    """A histogram of a source with one row per subject: `cells` as in Histogram."""
    import polars as pl

    return Histogram(cells, tuple(quasi), sensitive, pl.DataFrame(schema={SUBJECT: pl.Int64, CELL: pl.Int64}))


def paired(pairs: DataFrame, quasi: Sequence[str], sensitive: str | None) -> Histogram:
    """A histogram from one row per (combination, `_subject`) with `_rows`, as GROUP BY of both gives. Null subjects allowed."""
    import polars as pl

    columns = [*quasi, *([sensitive] if sensitive and sensitive not in quasi else [])]
    known = pl.col(SUBJECT).is_not_null()
    several = pairs.filter(known & (pl.len().over(SUBJECT) > 1))
    cells = (pairs.with_columns((known & (pl.len().over(SUBJECT) == 1)).alias(ALONE)).group_by(columns)
             .agg(pl.col(ROWS).sum().cast(pl.Int64), pl.col(ALONE).sum().cast(pl.Int64)))
    shared = several.join(cells.with_row_index(CELL), on=columns, how="left", nulls_equal=True)
    return Histogram(cells, tuple(quasi), sensitive, shared.select(pl.col(SUBJECT).cast(pl.Int64), pl.col(CELL).cast(pl.Int64)))
