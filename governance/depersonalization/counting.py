"""Count a source and fit the release to its model: which levels, which classes are published, how many rows leave and stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import FromClause

from governance.depersonalization import sql, sql_counting
from governance.depersonalization.columns import counted
from governance.depersonalization.histogram import ALONE, CELL, ROWS, SUBJECT, Histogram, plain
from governance.depersonalization.solve import Model, Solution, classes, solve
from governance.depersonalization.source import Resolved, Source
from governance.domain.canonical import digest
from governance.domain.errors import ModelUnmet, PlanRefused
from governance.domain.schema import Family
from governance.warehouse import Warehouse

if TYPE_CHECKING:
    from polars import DataFrame, DataType


@dataclass(frozen=True, slots=True)
class LeftOut:
    because: str
    rows: int
    subjects: int


@dataclass(frozen=True, slots=True)
class Counted:
    """One source at one moment, fitted. `rows` and `subjects` may leave; `classes` as `solve.classes` gives them."""

    rows: int
    subjects: int
    left_out: tuple[LeftOut, ...]
    histogram: Histogram
    solution: Solution
    classes: DataFrame
    checksum: int

    @property
    def published_rows(self) -> int:
        return self.rows - self.solution.suppressed_rows

    @property
    def fingerprint(self) -> str:
        """16 digits that change when any row that may leave does, or any class gets another size or another fate."""
        lines = self.classes.select(sorted(self.classes.columns)).rows()
        return digest([self.checksum, sorted(repr(line) for line in lines)])[:16]


def model_of(source: Source) -> Model:
    declared = source.release.model
    return Model(declared.k, declared.l, declared.sensitive, declared.max_suppressed)


def count(warehouse: Warehouse, source: Source, found: FromClause, locked: Sequence[int] | None) -> Counted:
    """Count `found` (`sql.rows` as a subquery) and fit it. ModelUnmet when no allowed level meets the model."""
    stays: list[LeftOut] = []
    rows = subjects = 0
    for why, number, people in warehouse.rows(sql.left_out(found), name="release.left_out"):
        if why is None:
            rows, subjects = int(number), int(people)
        else:
            stays.append(LeftOut(str(why), int(number), int(people)))
    if not rows:
        raise PlanRefused("nobody is left who may stand in this release", where=f"release {source.release.key}",
                          fix="look at who was left out and why: " + "; ".join(f"{s.because}: {s.rows:,} rows" for s in stays))
    _refuse_uncountable(source, rows, subjects)
    histogram = histogram_of(warehouse, source, sql.eligible(found), one_each=rows == subjects)
    model = model_of(source)
    try:
        solution = solve(histogram, source.ladders, model, locked)
    except ModelUnmet as error:
        error.where = f"release {source.release.key}"
        raise
    return Counted(rows, subjects, tuple(sorted(stays, key=lambda s: s.because)), histogram, solution,
                   classes(histogram, source.ladders, solution.levels, model),
                   int(warehouse.scalar(sql_counting.checksum(source, sql.eligible(found)), name="release.checksum")))


def _refuse_uncountable(source: Source, rows: int, subjects: int) -> None:
    """Whoever reads the dataset must be able to count people, and so must `verify`."""
    if source.release.aggregate is None and source.pseudonym_of_subject is None and rows != subjects:
        raise PlanRefused(f"{rows:,} rows are about {subjects:,} people, and no column says which rows are one person's",
                          where=f"release {source.release.key}",
                          fix="add a column that pseudonymizes the subject's key, or publish counts with `aggregate:`")


def histogram_of(warehouse: Warehouse, source: Source, found: FromClause, *, one_each: bool) -> Histogram:
    """The histogram of `found`. `one_each`: nobody has two rows, so that rows are people and none is in two combinations."""
    import polars as pl

    names = tuple(c.name for c in source.quasi)
    sensitive = source.sensitive.name if source.sensitive else None
    types = {c.name: type_of(c) for c in source.quasi} | ({sensitive: pl.String()} if sensitive else {})
    if one_each:
        rows = _frame(warehouse, sql_counting.combinations(source, found), types)
        return plain(rows.with_columns(pl.col(ROWS).alias(ALONE)), names, sensitive)
    cells = _frame(warehouse, sql_counting.cells(source, found), types)
    pairs = _frame(warehouse, sql_counting.shared(source, found), types)
    joined = pairs.join(cells.select(list(types)).with_row_index(CELL), on=list(types), how="left", nulls_equal=True)
    return Histogram(cells, names, sensitive, joined.select(pl.col(SUBJECT), pl.col(CELL).cast(pl.Int64)))


def _frame(warehouse: Warehouse, query: Any, types: Mapping[str, DataType]) -> DataFrame:
    """The columns of `query`, counts as whole numbers. Batches are converted one by one: only what is counted is kept."""
    import polars as pl

    parts = [pl.DataFrame([counted(name, cells, types.get(name, pl.Int64()))
                           for name, cells in zip(batch.schema.names, batch.columns, strict=True)])
             for batch in warehouse.batches(query, name="release.histogram")]
    return pl.concat(parts, rechunk=True)


def type_of(column: Resolved) -> DataType:
    """The type in which a quasi-identifier is counted and labelled."""
    import polars as pl

    match column.kind:
        case "date":
            return pl.Date()
        case "hierarchy" | "prefix" | "geo":
            return pl.String()
        case "round" | "code":
            return pl.Float64()
    families: dict[Family, DataType] = {Family.INTEGER: pl.Int64(), Family.NUMBER: pl.Float64(), Family.DATE: pl.Date(),
                                        Family.BOOLEAN: pl.Boolean(), Family.TIMESTAMP: pl.Datetime("us")}
    return families.get(column.live.family, pl.String())
