"""Every statement that discovery runs. Pure functions; what leaves the engine is counts and a bounded number of values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, TableClause, case, func, literal, null, select, union_all
from sqlalchemy.sql.expression import ColumnElement

from governance.discovery.inside import EMAIL, LABELLED, NAMES, NUMBERS
from governance.domain.schema import Column, Family, Table
from governance.warehouse.functions import as_text, contains, matches, replaced, table_of
from governance.warehouse.sampling import Strips, distinct_about, each_match, spread

WIDEST = 4_000  # characters of a cell that leave the engine
LONG_RUN = "[0-9][ ()./-]{0,3}([0-9][ ()./-]{0,3}){5,}"  # what no phone, card or number of a document is without
TEXTUAL = frozenset({Family.TEXT, Family.JSON, Family.OTHER})


def profile(table: Table, columns: Sequence[Column], wordy: Collection[str]) -> Select[Any]:
    """One row over every row of the table: `rows`, and per column at position k `f{k}` filled, `s{k}` shortest, `l{k}` longest,
    `m{k}` mean length, `d{k}` distinct values (about), `a{k}` cells with an @, `n{k}` cells with a long run of digits (of the columns
    called `wordy` only)."""
    source = _only(table, columns)
    measured: list[ColumnElement[Any]] = []
    for k, c in enumerate(columns):
        text = as_text(source.c[c.name])
        measured += [
            func.count(source.c[c.name]).label(f"f{k}"),
            func.min(func.length(text)).label(f"s{k}"),
            func.max(func.length(text)).label(f"l{k}"),
            func.avg(func.length(text)).label(f"m{k}"),
            (distinct_about(text) if c.family is not Family.BOOLEAN else null()).label(f"d{k}"),
            (func.count().filter(contains(text, "@")) if c.family in TEXTUAL else literal(0)).label(f"a{k}"),
            (func.count().filter(matches(text, LONG_RUN)) if c.name in wordy else literal(0)).label(f"n{k}"),
        ]
    return select(func.count().label("rows"), *measured).select_from(source)


def exact_distinct(table: Table, columns: Sequence[Column]) -> Select[Any]:
    """One row: the number of distinct values of each column."""
    source = _only(table, columns)
    counts: list[ColumnElement[Any]] = [func.count(source.c[c.name].distinct()).label(f"d{k}") for k, c in enumerate(columns)]
    return select(*counts).select_from(source)


def some_rows(table: Table, columns: Sequence[Column], strips: Strips) -> Select[Any]:
    """The cells of the rows in `strips`, as text of at most `WIDEST` characters."""
    source = _only(table, columns)
    return spread([_cell(source, c).label(f"c{k}") for k, c in enumerate(columns)], strips)


def some_filled(table: Table, columns: Sequence[Column], limit: int) -> Select[Any]:
    """Rows (k, value): up to `limit` distinct values of each column, however few rows have one."""
    parts = []
    for k, c in enumerate(columns):
        source = _only(table, [c])
        values = select(_cell(source, c).label("value")).where(source.c[c.name].is_not(None)).distinct().limit(limit).subquery(f"g{k}")
        parts.append(select(literal(k).label("k"), values.c.value).select_from(values))
    stacked = union_all(*parts).subquery("filled")
    return select(stacked.c.k, stacked.c.value)


def numbers_inside(table: Table, c: Column, each: int, most: int) -> Select[Any]:
    """Rows (hit, cells, cell): what in the texts of a column looks like a phone, card, document or address of a device, wherever
    it stands. Of every shape (which digits and signs it has) up to `each` different ones, so that no common kind of number can
    hide a rare one. `cell` is the whole text where the column holds documents."""
    source = _only(table, [c])
    text = as_text(source.c[c.name])
    hit = each_match(replaced(text, LABELLED, " "), NUMBERS)
    return _by_shape(source, c, text, matches(text, LONG_RUN) | matches(text, "[0-9A-Fa-f]:[0-9A-Fa-f:]"), hit, each, most)


def emails_inside(table: Table, c: Column, each: int, most: int) -> Select[Any]:
    """As `numbers_inside`, for e-mail addresses."""
    source = _only(table, [c])
    text = as_text(source.c[c.name])
    return _by_shape(source, c, text, contains(text, "@"), each_match(text, EMAIL), each, most)


def _by_shape(source: TableClause, c: Column, text: ColumnElement[str], where: ColumnElement[bool], hit: ColumnElement[str],
              each: int, most: int) -> Select[Any]:
    cell = func.substr(text, 1, WIDEST) if c.family is Family.JSON or c.family is Family.OTHER else null()
    hits = select(hit.label("hit"), cell.label("cell")).select_from(source).where(where).subquery("hits")
    head, tail = func.substr(hits.c.hit, 1, 3), func.substr(hits.c.hit, 4)
    shape = case((contains(hits.c.hit, "@"), "@"), else_=head + replaced(replaced(tail, "[0-9]", "9"), "[^0-9 ()./:+-]", "a"))
    found = select(hits.c.hit, func.count().label("cells"), func.min(hits.c.cell).label("cell"), shape.label("shape")).group_by(
        hits.c.hit, shape).subquery("found")
    place = func.row_number().over(partition_by=found.c.shape, order_by=func.md5(found.c.hit)).label("place")
    ranked = select(found.c.hit, found.c.cells, found.c.cell, place).subquery("ranked")
    return select(ranked.c.hit, ranked.c.cells, ranked.c.cell).where(ranked.c.place <= each).order_by(
        ranked.c.place, func.md5(ranked.c.hit)).limit(most)


def names_inside(table: Table, c: Column, most: int) -> Select[Any]:
    """Rows (hit, cells): words with a capital that stand together in the texts of a column, up to `most` different ones."""
    source = _only(table, [c])
    text = as_text(source.c[c.name])
    hits = select(each_match(text, NAMES).label("hit")).select_from(source).where(source.c[c.name].is_not(None)).subquery("hits")
    return select(hits.c.hit, func.count().label("cells")).group_by(hits.c.hit).order_by(func.md5(hits.c.hit)).limit(most)


def _cell(source: TableClause, c: Column) -> ColumnElement[str]:
    return func.substr(as_text(source.c[c.name]), 1, WIDEST)


def _only(table: Table, columns: Sequence[Column]) -> TableClause:
    """The table with the columns a statement needs: a thousand columns in a thousand selects would be a million names."""
    return table_of(replace(table, columns=tuple(columns)))
