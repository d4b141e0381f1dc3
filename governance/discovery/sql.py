"""Every statement that discovery runs. Pure functions; what leaves the engine is counts and a bounded number of values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from sqlalchemy import FromClause, Select, Subquery, TableClause, case, func, literal, null, select, true, union_all
from sqlalchemy.sql.expression import ColumnElement

from governance.discovery.inside import BLANK, DULL, EMAIL, KEY, NAMES, NUMBERS, STREETS, WITH_NUMBERS
from governance.domain.schema import Column, Family, Table
from governance.warehouse.functions import as_text, contains, matches, replaced, row_number_of, table_of
from governance.warehouse.sampling import Strips, distinct_about, each_match, spread

WIDEST = 4_000  # characters of a cell that leave the engine
AROUND = 32  # characters on either side of what was found
TEXTUAL = frozenset({Family.TEXT, Family.JSON, Family.OTHER})


def profile(table: Table, columns: Sequence[Column], wordy: Collection[str]) -> Select[Any]:
    """One row over every row of the table: `rows`, and per column at position k `f{k}` filled, `s{k}` shortest, `l{k}` longest,
    `m{k}` mean length, `d{k}` distinct values (about), `a{k}` cells with an @, `n{k}` cells that may hold a number of somebody (of the
    columns called `wordy` only)."""
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
            (func.count().filter(matches(text, WITH_NUMBERS)) if c.name in wordy else literal(0)).label(f"n{k}"),
        ]
    return select(func.count().label("rows"), *measured).select_from(source)


def exact_distinct(table: Table, columns: Sequence[Column]) -> Select[Any]:
    """One row: the number of distinct values of each column, told apart by numbers of 64 bits, which take an engine far less memory."""
    source = _only(table, columns)
    told = [case((source.c[c.name].is_not(None), row_number_of([source.c[c.name]]))) for c in columns]
    counts: list[ColumnElement[Any]] = [func.count(number.distinct()).label(f"d{k}") for k, number in enumerate(told)]
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


class Cell(Enum):
    """How a cell with a hit is given back: short ones are cut once the hits are counted, which takes less time and more memory."""

    SHORT = "what stands around the hit, of texts that are short"
    LONG = "what stands around the hit"
    WHOLE = "all of it, as far as cells are read"


def numbers_inside(table: Table, c: Column, each: int, most: int, cell: Cell = Cell.LONG) -> Select[Any]:
    """Rows (hit, cells, cell): what in the texts of a column looks like a phone, card, document or address of a device, wherever
    it stands. Of every shape (which digits and signs it has) up to `each` different ones, so that no common kind of number can
    hide a rare one. `cell` is what stands around it in one of its cells, or all of that cell."""
    source = _only(table, [c])
    text = as_text(source.c[c.name])
    plain = replaced(text, DULL, BLANK).label("plain")
    columns = [plain, text.label("text")] if cell is Cell.WHOLE else [plain]
    rows = select(*columns).select_from(source).where(matches(text, WITH_NUMBERS)).subquery("texts")
    shown = rows.c.text if cell is Cell.WHOLE else rows.c.plain
    return _by_shape(rows, shown, true(), each_match(rows.c.plain, NUMBERS), each, most, cell)


def emails_inside(table: Table, c: Column, each: int, most: int, cell: Cell = Cell.LONG) -> Select[Any]:
    """As `numbers_inside`, for e-mail addresses."""
    source = _only(table, [c])
    text = as_text(source.c[c.name])
    return _by_shape(source, text, contains(text, "@"), each_match(text, EMAIL), each, most, cell)


def _by_shape(source: FromClause, text: ColumnElement[str], where: ColumnElement[bool], hit: ColumnElement[str], each: int, most: int,
              cell: Cell) -> Select[Any]:
    found = _counted(source, text, where, hit, cell)
    head, tail = func.substr(found.c.hit, 1, 3), func.substr(found.c.hit, 4)
    shape = case((contains(found.c.hit, "@"), "@"), else_=head + replaced(replaced(tail, "[0-9]", "9"), "[^0-9 ()./:+-]", "a"))
    place = func.row_number().over(partition_by=shape, order_by=func.md5(found.c.hit)).label("place")
    # A long number and nothing else is most often of goods: what has a sign or a letter comes first where not all can.
    bare = case((matches(found.c.hit, "^[^1-9]|[^0-9]"), 0), else_=1).label("bare")
    ranked = select(found.c.hit, found.c.cells, found.c.cell, place, bare).subquery("ranked")
    chosen = select(ranked).where(ranked.c.place <= each).order_by(ranked.c.place, ranked.c.bare, func.md5(ranked.c.hit)).limit(
        most).subquery("chosen")
    return select(chosen.c.hit, chosen.c.cells, _shown(chosen, cell)).order_by(chosen.c.place, chosen.c.bare, func.md5(chosen.c.hit))


def _counted(source: FromClause, text: ColumnElement[str], where: ColumnElement[bool], hit: ColumnElement[str], cell: Cell) -> Subquery:
    """Different hits, in how many cells each stands, and one of these: as much of it as may be carried along for every hit."""
    hits = select(hit.label("hit"), text.label("cell")).select_from(source).where(where).subquery("hits")
    carried = {Cell.SHORT: hits.c.cell, Cell.LONG: _around(hits), Cell.WHOLE: func.substr(hits.c.cell, 1, WIDEST)}[cell]
    return select(hits.c.hit, func.count().label("cells"), func.min(carried).label("cell")).group_by(hits.c.hit).subquery("found")


def _shown(found: Subquery, cell: Cell) -> ColumnElement[str]:
    return _around(found) if cell is Cell.SHORT else found.c.cell


def _around(hits: Subquery) -> ColumnElement[str]:
    """What stands in the cell around the hit."""
    first = func.strpos(hits.c.cell, hits.c.hit) - AROUND
    return func.substr(hits.c.cell, case((first < 1, 1), else_=first), func.length(hits.c.hit) + 2 * AROUND)


def words_inside(table: Table, c: Column, most: int, cell: Cell = Cell.LONG) -> Select[Any]:
    """Rows (hit, cells, cell): words with a capital that stand together in the texts of a column, words after a form of address, and
    streets with a number, up to `most` different ones. `cell` as in `numbers_inside`."""
    source = _only(table, [c])
    text = as_text(source.c[c.name])
    found = _counted(source, text, source.c[c.name].is_not(None), each_match(text, f"{STREETS}|{NAMES}"), cell)
    wordy = case((matches(found.c.hit, "[0-9]"), 0), else_=1).label("wordy")
    chosen = select(found, wordy).order_by(wordy, func.md5(found.c.hit)).limit(most).subquery("chosen")
    return select(chosen.c.hit, chosen.c.cells, _shown(chosen, cell)).order_by(chosen.c.wordy, func.md5(chosen.c.hit))


def documents_by_key(table: Table, c: Column, most: int) -> Select[Any]:
    """Rows (cell): for each of up to `most` different keys in the JSON documents of a column, rarest first, two documents that have it."""
    source = _only(table, [c])
    text = as_text(source.c[c.name])
    hits = select(each_match(text, KEY).label("hit"), func.substr(text, 1, WIDEST).label("cell")).select_from(source).where(
        source.c[c.name].is_not(None)).subquery("hits")
    keys = select(func.min(hits.c.cell).label("first"), func.max(hits.c.cell).label("last")).group_by(hits.c.hit).order_by(
        func.count(), func.md5(hits.c.hit)).limit(most).subquery("keys")
    both = union_all(select(keys.c.first.label("cell")), select(keys.c.last.label("cell"))).subquery("both")
    return select(both.c.cell).distinct()


def _cell(source: TableClause, c: Column) -> ColumnElement[str]:
    return func.substr(as_text(source.c[c.name]), 1, WIDEST)


def _only(table: Table, columns: Sequence[Column]) -> TableClause:
    """The table with the columns a statement needs: a thousand columns in a thousand selects would be a million names."""
    return table_of(replace(table, columns=tuple(columns)))
