"""Every statement a release can run, as pure functions. Nothing executes here.

Pseudonyms, labels, shifts and redacted texts come in as staged tables and are joined: no key and no clear value stands in SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    ColumnElement,
    Date,
    Double,
    FromClause,
    Integer,
    Label,
    Numeric,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from governance.depersonalization.source import Resolved, Source
from governance.domain.names import TableRef
from governance.domain.schema import Family, Schema, Table
from governance.policy.model import ConsentLedger, Organization, SubjectKind
from governance.warehouse.columnar import carried
from governance.warehouse.control import request_subject
from governance.warehouse.functions import as_text, table_of

SUBJECT, ROW, WHY = "_subject", "_row", "_why"
NOBODY = "nobody is known to be behind the row"
EXACT = Numeric(38, 6)
_LOOKED_UP = tuple(carried(name) for name in ("bigint", "date"))


# ---- the rows of a source, and who stays out -----------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Outside:
    """Who stays out: `people` is staged (subject_key, because), `consents` are (words, keys with a living consent)."""

    people: FromClause
    consents: tuple[tuple[str, Select[Any]], ...]


def rows(source: Source, outside: Outside) -> Select[Any]:
    """One row per row of the source: c0, c1, ... (the value of each column that leaves, before pseudonyms, shifts and labels),
    `_subject` (text), `_row` (the key as text, null without one) and `_why` (why it stays out, null when it may leave)."""
    start = table_of(source.table).alias("s")
    joined: FromClause = start
    reached: dict[str, FromClause] = {}
    cells: list[Label[Any]] = []
    for number, column in enumerate(source.columns):
        here: FromClause = start
        spelled = ""
        for step in column.declared.through:
            spelled += repr(step)
            if spelled not in reached:
                there = table_of(_table(source.schema, step.table)).alias(f"t{len(reached)}")
                joined = joined.outerjoin(there, and_(*(there.c[left] == here.c[right] for left, right in step.where.items())))
                reached[spelled] = there
            here = reached[spelled]
        cells.append(value(column, here, source.loaded.policy.organization).label(f"c{number}"))
    joined, key = _subject(source, joined, start)
    subject = as_text(key)
    because: list[tuple[ColumnElement[bool], Any]] = [(key.is_(None), literal(NOBODY, Text())),
                                                      (outside.people.c.because.is_not(None), outside.people.c.because)]
    joined = joined.outerjoin(outside.people, outside.people.c.subject_key == subject)
    for words, living in outside.consents:
        keys = living.subquery()
        joined = joined.outerjoin(keys, keys.c.subject_key == subject)
        because.append((keys.c.subject_key.is_(None), literal(words, Text())))
    row = _joined([as_text(start.c[name]) for name in source.table.primary_key]) if source.table.primary_key else cast(null(), Text())
    return select(*cells, subject.label(SUBJECT), row.label(ROW), case(*because, else_=cast(null(), Text())).label(WHY)).select_from(joined)


def _subject(source: Source, joined: FromClause, start: FromClause) -> tuple[FromClause, ColumnElement[Any]]:
    here = start
    for place, hop in enumerate(source.path.through):
        there = table_of(_table(source.schema, hop.table)).alias(f"p{place}")
        joined = joined.outerjoin(there, and_(*(there.c[left] == here.c[right] for left, right in hop.where.items())))
        here = there
    return joined, here.c[source.path.key]


def value(column: Resolved, here: FromClause, organization: Organization) -> ColumnElement[Any]:
    """A cell as its transform takes it: days in the policy's time zone, numbers rounded and coded, places as ``latitude,longitude``."""
    cell, transform = here.c[column.live.name], column.declared.transform
    match transform.kind:
        case "date" | "shift":
            return day(cell, column.live.family, organization)
        case "interval":
            return cell if column.live.family is Family.INTEGER else cast(cell, Double())
        case "geo":
            return as_text(cell) + literal(",", Text()) + as_text(here.c[str(transform.longitude)])
        case "hierarchy" | "prefix" | "pseudonymize":
            return as_text(cell)
        case "round":
            step = literal(transform.to, EXACT)
            return cast(func.floor(cast(cell, EXACT) / step + literal(0.5, EXACT)) * step, Numeric(18, 2))
        case "code":
            limited: ColumnElement[Any] = cast(cell, Numeric(18, 2))
            if transform.bottom is not None:
                limited = case((limited < transform.bottom, literal(transform.bottom, Numeric(18, 2))), else_=limited)
            if transform.top is not None:
                limited = case((limited > transform.top, literal(transform.top, Numeric(18, 2))), else_=limited)
            return cast(limited, Numeric(18, 2))
    return cell


def day(cell: ColumnElement[Any], family: Family, organization: Organization) -> ColumnElement[Any]:
    """The calendar day in the policy's time zone."""
    if family is Family.TIMESTAMP:
        cell = func.timezone(literal(organization.warehouse_time_zone, Text()), cell)
    if family in (Family.TIMESTAMP, Family.MOMENT):
        cell = func.timezone(literal(organization.time_zone, Text()), cell)
    return cast(cell, Date())


def left_out(found: FromClause) -> Select[Any]:
    """(why, rows, subjects) of all rows; why is null for rows that may leave."""
    return select(found.c[WHY], func.count(), func.count(func.distinct(found.c[SUBJECT]))).group_by(found.c[WHY]).order_by(found.c[WHY])


def eligible(found: FromClause) -> FromClause:
    """The rows that may leave."""
    return select(found).where(found.c[WHY].is_(None)).subquery("e")


def living_consents(schema: Schema, ledger: ConsentLedger, preference: str, as_of: datetime, organization: Organization) -> Select[Any]:
    """Keys (text, distinct, column ``subject_key``) of subjects whose consent to `preference` lives at `as_of`."""
    table = _table(schema, ledger.table)
    consents = table_of(table).alias("g")
    joined: FromClause = consents
    here: FromClause = consents
    for hop in ledger.subject.through:
        there = table_of(_table(schema, hop.table)).alias()
        joined = joined.join(there, and_(*(there.c[left] == here.c[right] for left, right in hop.where.items())))
        here = there
    key = here.c[ledger.subject.key]
    granted, withdrawn = consents.c[ledger.granted_at], consents.c[ledger.withdrawn_at]
    return select(as_text(key).label("subject_key")).select_from(joined).where(
        consents.c[ledger.preference_column] == ledger.preferences[preference], key.is_not(None),
        granted <= _now(table, ledger.granted_at, as_of, organization),
        or_(withdrawn.is_(None), withdrawn > _now(table, ledger.withdrawn_at, as_of, organization))).distinct()


def _now(table: Table, name: str, as_of: datetime, organization: Organization) -> ColumnElement[Any]:
    column = table.column(name)
    match column.family if column else None:
        case Family.DATE:
            return literal(as_of.astimezone(ZoneInfo(organization.time_zone)).date(), Date())
        case Family.MOMENT:
            return literal(as_of, TIMESTAMP(timezone=True))
    return literal(as_of.astimezone(ZoneInfo(organization.warehouse_time_zone)).replace(tzinfo=None), TIMESTAMP())


def asked(requests: Sequence[str], kind: str) -> Select[Any]:
    """Keys of the people who stand behind `requests`."""
    return select(request_subject.c.subject_key).where(request_subject.c.request.in_(requests), request_subject.c.kind == kind).distinct()


def identities(schema: Schema, kind: SubjectKind) -> Select[Any]:
    """The key of every subject of a kind, then its unique identifiers in the policy's order, all as text."""
    row = table_of(_table(schema, kind.identity.table))
    cells: list[ColumnElement[Any]] = [as_text(row.c[kind.identity.key]), *(as_text(row.c[i.column]) for i in kind.identifiers if i.unique)]
    return select(*cells)


# ---- distinct values -----------------------------------------------------------------------------------------------

def is_compared_as_text(column: Resolved) -> bool:
    """Whether a cell (`value`) is looked up by its text: floats, decimals and moments, whose equality is the engine's own, and what has
    no type of its own outside the engine. Days and whole numbers are looked up as they are."""
    if column.kind == "date":
        return False
    return column.kind not in ("keep", "interval") or carried(column.live.type) not in _LOOKED_UP


def key_of(column: Resolved, cell: ColumnElement[Any]) -> ColumnElement[Any]:
    """What a cell of a quasi-identifier is looked up by."""
    return as_text(cell) if is_compared_as_text(column) else cell


def distinct(found: FromClause, number: int, column: Resolved) -> Select[Any]:
    """(value, what it is looked up by) of one column, each once, nulls left out."""
    cell = found.c[f"c{number}"]
    cells = [cell.label("value")] + ([key_of(column, cell).label("key")] if is_compared_as_text(column) else [])
    return select(*cells).where(cell.is_not(None)).distinct()


def spellings(found: FromClause, number: int) -> Select[Any]:
    """Every value of a column of text, once."""
    cell = found.c[f"c{number}"]
    return select(cell.label("spelled")).where(cell.is_not(None)).distinct()


def subjects(found: FromClause) -> Select[Any]:
    return select(found.c[SUBJECT].label("subject_key")).distinct()


def texts(source: Source, found: FromClause, numbers: Sequence[int], kind: SubjectKind, terms: Sequence[str]) -> Select[Any]:
    """(key of the row, text of each column of `numbers`, words that name the person): what redaction has to look at.

    `terms` are identifier columns of the source; the identity table of the subject adds its own.
    """
    identity = table_of(_table(source.schema, kind.identity.table)).alias("i")
    own = table_of(source.table).alias("o")
    key = _joined([as_text(own.c[name]) for name in source.table.primary_key])
    joined = found.join(own, key == found.c[ROW]).outerjoin(identity, as_text(identity.c[kind.identity.key]) == found.c[SUBJECT])
    said = [as_text(own.c[name]) for name in terms] + [as_text(identity.c[i.column]) for i in kind.identifiers]
    return select(found.c[ROW], *(as_text(found.c[f"c{n}"]) for n in numbers), *said).select_from(joined).where(
        or_(*(found.c[f"c{n}"].is_not(None) for n in numbers))).order_by(found.c[ROW])


# ---- the dataset ---------------------------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one quasi-identifier: `table` (key, code[, label[, low, high]]) is staged. Null is looked up as `unknown`, a value that
    nobody has; None where there are no nulls. The codes of the columns with one `sum` add up to a number for their labels together.
    `shown`: the label is published; otherwise the value itself."""

    table: FromClause
    unknown: ColumnElement[Any] | None
    sum: int
    shown: bool
    bounded: bool


@dataclass(frozen=True, slots=True)
class Staged:
    """What was computed outside: labels by column number, kept classes (k0, k1, ... are sums of codes), tokens, shifts, redacted texts."""

    labels: Mapping[int, Labels]
    kept: FromClause
    tokens: Mapping[int, FromClause]
    shifts: Mapping[int, FromClause]
    texts: FromClause | None
    redacted: tuple[int, ...]


def published(source: Source, found: FromClause, staged: Staged) -> Select[Any]:
    """The dataset, ordered by its own columns so that its order says nothing about the source."""
    joined: FromClause = found
    sums: dict[int, ColumnElement[Any]] = {}
    for number, of in staged.labels.items():
        key = key_of(source.columns[number], found.c[f"c{number}"])
        # An inner join, also for null: over outer joins an engine builds its hash tables of the million rows, not of the labels.
        joined = joined.join(of.table, of.table.c.key == (key if of.unknown is None else func.coalesce(key, of.unknown)))
        sums[of.sum] = sums[of.sum] + of.table.c.code if of.sum in sums else of.table.c.code
    joined = joined.join(staged.kept, and_(*(staged.kept.c[f"k{number}"] == total for number, total in sums.items())))
    for token in staged.tokens.items():
        joined = joined.outerjoin(token[1], token[1].c.spelled == found.c[f"c{token[0]}"])
    for shift in staged.shifts.values():
        joined = joined.outerjoin(shift, shift.c.subject_key == found.c[SUBJECT])
    if staged.texts is not None:
        joined = joined.outerjoin(staged.texts, staged.texts.c.row_key == found.c[ROW])
    shown = list(_columns(source, found, staged))
    if source.release.aggregate is None:
        return select(*shown).select_from(joined).order_by(*(c.element for c in shown))
    inner = select(*shown, found.c[SUBJECT]).select_from(joined).subquery()
    groups = [inner.c[c.name] for c in shown]
    step = source.release.aggregate.round_to
    people = cast(func.count(func.distinct(inner.c[SUBJECT])), BigInteger())
    rounded = people - people % literal(step, BigInteger()) if step > 1 else people
    return select(*groups, rounded.label(source.release.aggregate.subjects)).group_by(*groups).order_by(*groups)


def _columns(source: Source, found: FromClause, staged: Staged) -> Iterator[Label[Any]]:
    for number, column in enumerate(source.columns):
        cell = found.c[f"c{number}"]
        if number in staged.labels:
            of = staged.labels[number]
            yield (of.table.c.label if of.shown else cell).label(column.name)
            if of.bounded:
                yield of.table.c.low.label(f"{column.name}_low")
                yield of.table.c.high.label(f"{column.name}_high")
        elif number in staged.tokens:
            yield staged.tokens[number].c.token.label(column.name)
        elif number in staged.shifts:
            yield cast(cell + cast(staged.shifts[number].c.days, Integer()), Date()).label(column.name)
        elif number in staged.redacted:
            assert staged.texts is not None
            yield staged.texts.c[f"x{number}"].label(column.name)
        else:
            yield cell.label(column.name)


def _table(schema: Schema, ref: TableRef) -> Table:
    found = schema.get(ref)
    assert found is not None, "resolved before"
    return found


def _joined(parts: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Parts of a key as one text that no other key has."""
    sized = [cast(func.length(p), Text()) + literal(":", Text()) + p for p in parts]
    return sized[0] if len(sized) == 1 else reduce(lambda a, b: a + b, sized)
