"""Purpose lifetimes as SQL: for every row of a table, which cells may stay and which are over.

Truth has three values, as in SQL: true is over, false is alive, null cannot be judged (a gap: kept and reported).
A `Scope` is one table of one query; its expressions collect the joins they need, so take `joined` last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from governance.disposal.endstates import ended, type_of
from governance.disposal.settled import Truth, both, either, opposite, settled, surely
from governance.disposal.targets import Group, Lifetime, RowKey, Target
from governance.domain.clock import Cutoff, Period, cutoff
from governance.domain.errors import PlanRefused
from governance.domain.names import ColumnRef, TableRef
from governance.domain.schema import Family, Schema, Table
from governance.policy.model import ConsentLedger, DerivedTable, Hop, Policy, Purpose, Schedule, SubjectPath, Trigger
from governance.warehouse.control import hold_member
from governance.warehouse.functions import among, as_text, is_listable, row_digest, table_of

Subjects = Callable[[str], FromClause | None]
UNKNOWN: Truth = cast(null(), Boolean)


@dataclass(frozen=True)
class Context:
    """One judgement: policy, tables and moment. `subjects(kind)` gives the staged keys (column `subject_key`, text) of
    the people a request is about; None when the plan is by schedule. `holds` are the legal holds in force now;
    `planned_holds` those in force when the plan was made, which decide what else may go."""

    policy: Policy
    schema: Schema
    targets: Mapping[TableRef, Target]
    as_of: datetime
    subjects: Subjects | None = None
    holds: tuple[str, ...] = ()
    planned_holds: tuple[str, ...] = ()

    @property
    def by_request(self) -> bool:
        return self.subjects is not None

    def cutoff(self, keep: Period) -> Cutoff:
        return cutoff(self.as_of, keep, self.policy.organization.time_zone)

    def bound(self, family: Family, limit: Cutoff, where: object) -> ColumnElement[Any]:
        """The cutoff as a value of the column's own kind, so that no cast stands between column and index."""
        match family:
            case Family.DATE:
                return literal(limit.day, Date())
            case Family.TIMESTAMP:
                return literal(limit.naive(self.policy.organization.warehouse_time_zone), TIMESTAMP())
            case Family.MOMENT:
                return literal(limit.moment, TIMESTAMP(timezone=True))
        raise PlanRefused("is not a date or a moment, so no period can run from it", where=where,
                          fix="name a date or timestamp column as trigger")

    def now(self, family: Family, where: object) -> ColumnElement[Any]:
        """`as_of` as a value of the column's own kind."""
        organization = self.policy.organization
        match family:
            case Family.DATE:
                return literal(self.as_of.astimezone(ZoneInfo(organization.time_zone)).date(), Date())
            case Family.TIMESTAMP:
                zone = ZoneInfo(organization.warehouse_time_zone)
                return literal(self.as_of.astimezone(zone).replace(tzinfo=None), TIMESTAMP())
            case Family.MOMENT:
                return literal(self.as_of, TIMESTAMP(timezone=True))
        raise PlanRefused("is not a date or a moment", where=where, fix="name a date or timestamp column")

    def table(self, ref: TableRef) -> Table:
        table = self.schema.get(ref)
        if table is None:
            raise PlanRefused("is named by a path and not in the warehouse", where=ref, fix="correct the path in the policy")
        return table


class Scope:
    """The rows of one target inside one query.

    `given` are paths whose subject is known to have asked for every row of the query, because the query looks at no other
    rows: what follows from that is settled here and not asked of the engine again.
    """

    def __init__(self, context: Context, target: Target, given: Sequence[SubjectPath] = ()) -> None:
        self.context, self.target, self.given = context, target, tuple(given)
        self.row = table_of(target.table).alias()
        self.joined: FromClause = self.row
        self._joins: dict[str, FromClause] = {}
        # One expression for one question: engines then answer it once a row, however often it stands in a statement.
        self._over: dict[tuple[object, ...], Truth] = {}
        self._ended: dict[int, Truth] = {}

    @classmethod
    def concerned(cls, context: Context, target: Target) -> Scope:
        """For a query over `sql.concerned_rows` only. Where one path alone leads to those who asked, it is given."""
        return cls(context, target, _sole_path(context, target))

    # ---- paths -----------------------------------------------------------------------------------------------------

    def _hops(self, start: FromClause, hops: Sequence[Hop]) -> tuple[list[FromClause], list[Truth]]:
        tables: list[FromClause] = []
        links: list[Truth] = []
        for hop in hops:
            there = table_of(self.context.table(hop.table)).alias()
            links.append(and_(*(there.c[left] == start.c[right] for left, right in hop.where.items())))
            tables.append(there)
            start = there
        return tables, links

    def subject_key(self, path: SubjectPath) -> ColumnElement[Any]:
        """The row's subject key over `path`; null for an unknown subject. Every hop must lead to one row at most."""
        if not path.through:
            return self.row.c[path.key]
        for hop in path.through:
            if not _identifies(self.context.table(hop.table), tuple(hop.where)):
                raise PlanRefused(f"a path to a {path.kind} may lead to several rows of {hop.table}", where=self.target.ref,
                                  fix="lead the path over a primary or unique key")
        place = f"path {path.through!r}"
        if place not in self._joins:
            tables, links = self._hops(self.row, path.through)
            for there, link in zip(tables, links, strict=True):
                self.joined = self.joined.outerjoin(there, link)
            self._joins[place] = tables[-1]
        return self._joins[place].c[path.key]

    def subject_family(self, path: SubjectPath) -> Family:
        table = self.context.table(path.through[-1].table) if path.through else self.target.table
        column = table.column(path.key)
        return column.family if column else Family.OTHER

    def _path(self, subject: str | None) -> SubjectPath | None:
        return self.target.collection.governance.subjects.get(subject) if subject else None

    def path_of(self, group: Group) -> SubjectPath | None:
        return self._path(group.lifetime.subject)

    # ---- triggers --------------------------------------------------------------------------------------------------

    def before(self, trigger: Trigger, keep: Period) -> Truth:
        """Whether the trigger lies strictly before the cutoff of `keep`; null when the trigger is null."""
        if trigger.greatest_of:
            parts = [self.before(part, keep) for part in trigger.greatest_of]
            return case((or_(*(p.is_(None) for p in parts)), null()), else_=and_(*parts))
        if trigger.first_of:
            return func.coalesce(*(self.before(part, keep) for part in trigger.first_of))
        assert trigger.column is not None
        limit = self.context.cutoff(keep)
        if not trigger.through:
            family = self._family(self.target.table, trigger.column)
            return self.row.c[trigger.column] < self.context.bound(family, limit, self.target.ref.column(trigger.column))
        last = self.context.table(trigger.through[-1].table)
        bound = self.context.bound(self._family(last, trigger.column), limit, last.ref.column(trigger.column))
        return self._latest(trigger.through, trigger.column) < bound

    def _family(self, table: Table, name: str) -> Family:
        column = table.column(name)
        if column is None:
            raise PlanRefused("is named by a trigger and not in the table", where=table.ref.column(name),
                              fix="correct the policy")
        return column.family

    def _latest(self, hops: tuple[Hop, ...], name: str) -> ColumnElement[Any]:
        """The latest value over all related rows; null when there is none or any of them has no value."""
        tables, links = self._hops(self.row, hops)
        value = tables[-1].c[name]
        latest = case((func.count() == func.count(value), func.max(value)), else_=null())
        if self.context.by_request:  # few rows: look each one up
            chain = reduce(lambda left, pair: left.join(*pair), zip(tables[1:], links[1:], strict=True), tables[0])
            return select(latest).select_from(chain).where(links[0]).correlate(self.row).scalar_subquery()
        place = f"latest {name} {hops!r}"
        if place not in self._joins:
            keys = [tables[0].c[left].label(f"k{n}") for n, left in enumerate(hops[0].where)]
            chain = reduce(lambda left, pair: left.join(*pair), zip(tables[1:], links[1:], strict=True), tables[0])
            grouped = select(*keys, latest.label("latest")).select_from(chain).group_by(*keys).subquery()
            on = and_(*(grouped.c[f"k{n}"] == self.row.c[right] for n, right in enumerate(hops[0].where.values())))
            self.joined = self.joined.outerjoin(grouped, on)
            self._joins[place] = grouped
        return self._joins[place].c.latest

    # ---- consent ---------------------------------------------------------------------------------------------------

    def _living(self, ledger: ConsentLedger, preference: str, keep: Period, mine: Family) -> tuple[Select[Any], ColumnElement[Any]]:
        """Subjects with a living consent, as a query, and the column with their key, as text where `mine` is."""
        table = self.context.table(ledger.table)
        consents = table_of(table).alias()
        start: FromClause = consents
        key: ColumnElement[Any]
        if ledger.subject.through:
            tables, links = self._hops(consents, ledger.subject.through)
            for there, link in zip(tables, links, strict=True):
                start = start.join(there, link)
            key = tables[-1].c[ledger.subject.key]
        else:
            key = consents.c[ledger.subject.key]
        there_table = self.context.table(ledger.subject.through[-1].table) if ledger.subject.through else table
        if mine is Family.TEXT and self._family(there_table, ledger.subject.key) is not Family.TEXT:
            key = as_text(key)
        granted, withdrawn = consents.c[ledger.granted_at], consents.c[ledger.withdrawn_at]
        granted_family = self._family(table, ledger.granted_at)
        withdrawn_family = self._family(table, ledger.withdrawn_at)
        where = ledger.table.column(ledger.withdrawn_at)
        if keep == Period():
            lasting = withdrawn > self.context.now(withdrawn_family, where)
        else:
            lasting = withdrawn >= self.context.bound(withdrawn_family, self.context.cutoff(keep), where)
        return select(key.label("subject_key")).select_from(start).where(
            consents.c[ledger.preference_column] == ledger.preferences[preference],
            granted <= self.context.now(granted_family, where), or_(withdrawn.is_(None), lasting), key.is_not(None)), key

    def consents(self, purpose: Purpose, keep: Period, path: SubjectPath | None) -> Truth:
        """Whether the row's subject has a living consent for the purpose. An unknown subject has none."""
        if path is None or purpose.preference is None:
            return false()
        found: list[Truth] = []
        for ledger in self.context.policy.consents:
            if ledger.subject.kind != path.kind or purpose.preference not in ledger.preferences:
                continue
            mine = self.subject_key(path)
            living, key = self._living(ledger, purpose.preference, keep, self.subject_family(path))
            if self.context.by_request:
                found.append(exists(living.where(key == mine).correlate(*self._mine_from(mine))))
                continue
            place = f"living {ledger.key} {purpose.preference} {keep} {path!r}"
            if place not in self._joins:
                grouped = living.distinct().subquery()
                self.joined = self.joined.outerjoin(grouped, grouped.c.subject_key == mine)
                self._joins[place] = grouped
            found.append(self._joins[place].c.subject_key.is_not(None))
        return or_(*found) if found else false()

    def _mine_from(self, mine: ColumnElement[Any]) -> list[FromClause]:
        return [mine.table]

    # ---- purposes and cells ----------------------------------------------------------------------------------------

    def dead(self, purpose: Purpose, schedule: Schedule, path: SubjectPath | None) -> Truth:
        """Whether this purpose of the row is over by schedule."""
        if schedule.until_withdrawn:
            return ~self.consents(purpose, schedule.keep, path)
        assert schedule.trigger is not None
        trigger = self.target.collection.governance.triggers[schedule.trigger]
        over = self.before(trigger, schedule.keep)
        if trigger.at_latest is not None:
            last = Trigger(column=trigger.at_latest.column)
            over = func.coalesce(over, self.before(last, trigger.at_latest.keep))
        return over

    def over(self, lifetime: Lifetime) -> Truth:
        """Whether every reason for these cells is over for the row: true, false, or null (a gap)."""
        if lifetime.key not in self._over:
            self._over[lifetime.key] = self._judged(lifetime)
        return self._over[lifetime.key]

    def _judged(self, lifetime: Lifetime) -> Truth:
        path = self._path(lifetime.subject)
        own = self._asked_over(lifetime, path) if self.context.by_request else self._scheduled_over(lifetime, path)
        if lifetime.derived_from is None:
            return own
        source = self._source_over(lifetime.derived_from)
        return either(source, own) if lifetime.purposes or self.context.by_request else source

    def _scheduled_over(self, lifetime: Lifetime, path: SubjectPath | None) -> Truth:
        if lifetime.unjudged or not lifetime.purposes:
            return UNKNOWN
        return both(*(self.dead(purpose, schedule, path) for purpose, schedule in lifetime.purposes))

    def _asked_over(self, lifetime: Lifetime, path: SubjectPath | None) -> Truth:
        """On request everything of the subject who asked is over, unjudged cells too, but for obligations that outlive it."""
        obligations = [surely(self.dead(purpose, schedule, path))
                       for purpose, schedule in lifetime.purposes if purpose.survives_request]
        return both(self.asked(path), *obligations)

    def _source_over(self, source_column: str) -> Truth:
        """Whether the cell this one was copied from is gone, at its end state, or over."""
        derived = self.target.collection.governance.derived_from
        source_ref = ColumnRef.parse(source_column)
        if derived is None or derived.table not in self.context.targets:
            return UNKNOWN
        source = Scope(self.context, self.context.targets[derived.table])
        group = source.target.group_of(source_ref.name)
        if group is None:
            return UNKNOWN
        alive = both(opposite(surely(source.over(group.lifetime))), ~source.cell_ended(source_ref.name, group))
        return self._derived_rows(source, derived, alive, f"source {source_column}")

    def _derived_rows(self, source: Scope, derived: DerivedTable, alive: Truth, place: str) -> Truth:
        if self.context.by_request:
            same = and_(*(source.row.c[there] == self.row.c[here] for here, there in derived.where.items()))
            return ~exists(select(literal(1)).select_from(source.joined).where(same, alive).correlate(self.row))
        if place not in self._joins:
            there = [source.row.c[name] for name in derived.where.values()]
            self._joins[place] = self._joined_once(source.joined, there, tuple(derived.where), alive)
        return self._joins[place].c.k0.is_(None)

    def cell_ended(self, name: str, group: Group) -> Truth:
        column = next(c for c in group.columns if c.name == name)
        return ended(self.row.c[name], column, group.end)

    def ended(self, group: Group) -> Truth:
        """Whether all cells of the group are already where they should end."""
        if group.bit not in self._ended:
            self._ended[group.bit] = and_(*(self.cell_ended(c.name, group) for c in group.columns))
        return self._ended[group.bit]

    def spent(self, group: Group) -> Truth:
        """Whether the group's cells hold nothing that could have a reason to stay. Text without identifiers still may."""
        if group.end is not None and group.end.kind == "redact":
            return and_(*(self.row.c[c.name].is_(None) for c in group.columns))
        return self.ended(group)

    def due(self, group: Group) -> Truth:
        """Cells whose reasons are over and that have not ended yet. Never null."""
        return self._unless_ended(surely(self.over(group.lifetime)), group)

    def gap(self, group: Group) -> Truth:
        """Cells that nobody can judge: kept and reported. Never null."""
        over = self.over(group.lifetime)
        return self._unless_ended(false() if settled(over) is not None else over.is_(None), group)

    def kept(self, group: Group) -> Truth:
        """On request: cells of the person who asked that an obligation keeps. Never null."""
        asked = self.asked(self.path_of(group))
        return self._unless_ended(both(asked, opposite(surely(self.over(group.lifetime)))), group)

    def _unless_ended(self, truth: Truth, group: Group) -> Truth:
        if settled(truth) is False:
            return truth
        return case((truth, ~self.ended(group)), else_=false()) if _costly(group) else both(truth, ~self.ended(group))

    # ---- rows ------------------------------------------------------------------------------------------------------

    @cached_property
    def all_over(self) -> Truth:
        """No personal cell of the row has a reason to stay."""
        if not self.target.groups:
            return false()
        return both(*(self._over_or_spent(g) for g in self.target.groups))

    def _over_or_spent(self, group: Group) -> Truth:
        over = surely(self.over(group.lifetime))
        return case((over, true()), else_=self.spent(group)) if _costly(group) and settled(over) is None \
            else either(over, self.spent(group))

    @cached_property
    def deletes(self) -> Truth:
        """Whether the row goes: declared deletable, nothing in it has a reason to stay, and no row that stays refers to it."""
        if not self.target.enforced:
            return false()
        if self.target.goes_with is not None:
            return self._goes_with(self.target.goes_with)
        if not self.target.deletable:
            return false()
        touched: Truth = self.asked_by_any if self.context.by_request else true()
        return both(touched, self.all_over, opposite(self.blocked))

    def _goes_with(self, ref: TableRef) -> Truth:
        parent = Scope(self.context, self.context.targets[ref])
        goes = parent.deletes
        if settled(goes) is False:
            return false()
        return either(*(self.has(parent, key.referred, key.columns, goes) for key in self.target.keys_to(ref)))

    def has(self, other: Scope, there: Sequence[str], here: Sequence[str], truth: Truth) -> Truth:
        """Whether a row of `other` that is equal in its columns `there` to this row's columns `here` has `truth`. Never null.

        On request few rows are asked, so each is looked up. By schedule all are: there the other rows are judged once, all
        together, and joined, because engines judge them again for every row otherwise, or go through a list of them that does
        not fit into memory.
        """
        if self.context.by_request:
            same = and_(*(other.row.c[t] == self.row.c[h] for t, h in zip(there, here, strict=True)))
            return exists(select(literal(1)).select_from(other.joined).where(same, truth).correlate(self.row))
        return self._joined_once(other.joined, [other.row.c[t] for t in there], here, truth).c.k0.is_not(None)

    def _joined_once(self, start: FromClause, there: Sequence[ColumnElement[Any]], here: Sequence[str], truth: Truth) -> FromClause:
        """The different values `there` of rows of `start` with `truth`, joined with this row's own `here`: one row at most, so that no
        row comes twice. Its k0 is null where there is none."""
        keys = [value.label(f"k{n}") for n, value in enumerate(there)]
        grouped = select(*keys).select_from(start).where(truth, *(value.is_not(None) for value in there)).distinct().subquery()
        on = and_(*(grouped.c[f"k{n}"] == self.row.c[name] for n, name in enumerate(here)))
        self.joined = self.joined.outerjoin(grouped, on)
        return grouped

    @cached_property
    def blocked(self) -> Truth:
        """Whether a row that stays refers to this row."""
        blocking = [self._referred_by(child, key.columns, key.referred, follows)
                    for child, key, follows in blockers(self.context, self.target)]
        return either(*blocking)

    def _referred_by(self, child: Table, columns: tuple[str, ...], referred: tuple[str, ...], follows: bool) -> Truth:
        target = self.context.targets.get(child.ref)
        if target is None or not (target.deletable or target.goes_with) or child.ref == self.target.ref:
            row = table_of(child).alias()
            if not self.context.by_request:
                return self._joined_once(row, [row.c[name] for name in columns], referred, true()).c.k0.is_not(None)
            same = and_(*(row.c[here] == self.row.c[there] for here, there in zip(columns, referred, strict=True)))
            return exists(select(literal(1)).select_from(row).where(same).correlate(self.row))
        scope = Scope(self.context, target, _implied(self.given, target, columns, referred))
        # A row that goes with this one stays only if something refers to it or holds it. Holds placed after the plan was made
        # are not asked here: they take rows out of the frozen work and give them back, and never make a plan stale.
        held = scope.covered(self.context.planned_holds)
        stays = either(scope.blocked, held) if follows else either(opposite(scope.deletes), held)
        return false() if settled(stays) is False else self.has(scope, columns, referred, stays)

    # ---- subjects --------------------------------------------------------------------------------------------------

    def asked(self, path: SubjectPath | None) -> Truth:
        """Whether the row's subject over `path` is among those a request is about. Never null."""
        if path is None or self.context.subjects is None or self.context.subjects(path.kind) is None:
            return false()
        return true() if path in self.given else func.coalesce(self.is_asked(path), false())

    def is_asked(self, path: SubjectPath) -> Truth:
        """As `asked`, but null for an unknown subject."""
        return self.subject_key(path).in_(self._asked_keys(path))

    def looked_up(self, path: SubjectPath) -> Truth:
        """As `is_asked`, for a condition that chooses the rows of a query: over an index on the key where there is one."""
        table = self.target.table
        if path.through or not _leads_an_index(table, path.key) or not is_listable(table.column(path.key)):
            return self.is_asked(path)
        return among(self.row.c[path.key], self._asked_keys(path))

    def _asked_keys(self, path: SubjectPath) -> Select[Any]:
        assert self.context.subjects is not None
        keys = self.context.subjects(path.kind)
        assert keys is not None
        return select(typed_key(keys.c.subject_key, self.subject_family(path)))

    @cached_property
    def asked_by_any(self) -> Truth:
        paths = list(self.target.collection.governance.subjects.values())
        return either(*(self.asked(p) for p in paths))

    @cached_property
    def held(self) -> Truth:
        """Whether a legal hold in force covers a subject of the row. Never null."""
        return self.covered(self.context.holds)

    def covered(self, holds: tuple[str, ...]) -> Truth:
        """Whether one of `holds` covers a subject of the row. Never null."""
        if not holds:
            return false()
        found = []
        for path in self.target.collection.governance.subjects.values():
            members = hold_member.alias()
            keys = select(typed_key(members.c.subject_key, self.subject_family(path))).where(
                members.c.hold.in_(holds), members.c.kind == path.kind)
            found.append(func.coalesce(self.subject_key(path).in_(keys), false()))
        return or_(*found) if found else false()

    @cached_property
    def subjects_text(self) -> ColumnElement[str]:
        """All subjects of the row as ``|kind:key|`` one after the other, frozen with the work for later holds."""
        parts = [func.coalesce(literal(f"|{path.kind}:", Text()) + as_text(self.subject_key(path)) + "|", "")
                 for path in self.target.collection.governance.subjects.values()]
        return reduce(lambda left, right: left + right, parts) if parts else literal("", Text())

    # ---- keys ------------------------------------------------------------------------------------------------------

    @property
    def key_int(self) -> ColumnElement[Any]:
        if self.target.key.kind == "integer":
            return cast(self.row.c[self.target.key.columns[0]], BigInteger)
        return cast(null(), BigInteger)

    @property
    def key_text(self) -> ColumnElement[Any]:
        return key_text(self.row, self.target.key)


def _costly(group: Group) -> bool:
    """Whether telling that a cell has ended takes reading its text: then only that of rows where it matters is read."""
    return group.end is not None and group.end.kind in ("redact", "generalize", "truncate", "pseudonymize")


def _sole_path(context: Context, target: Target) -> tuple[SubjectPath, ...]:
    """The one path by which rows of `target` are looked at on request; none where several ways lead to them."""
    if context.subjects is None or target.goes_with is not None:
        return ()
    if any(g.lifetime.derived_from is not None and g.lifetime.subject is None for g in target.groups):
        return ()
    paths = [p for p in target.collection.governance.subjects.values() if context.subjects(p.kind) is not None]
    return (paths[0],) if paths and all(p == paths[0] for p in paths) else ()


def _implied(given: Sequence[SubjectPath], child: Target, columns: tuple[str, ...],
             referred: tuple[str, ...]) -> tuple[SubjectPath, ...]:
    """Paths of a referring row that have the very value of a given path: over the foreign key, of the same kind."""
    if len(columns) != 1 or not any(not p.through and (p.key,) == referred for p in given):
        return ()
    kinds = {p.kind for p in given if not p.through and (p.key,) == referred}
    return tuple(p for p in child.collection.governance.subjects.values()
                 if not p.through and (p.key,) == columns and p.kind in kinds)


def key_text(row: FromClause, key: RowKey) -> ColumnElement[Any]:
    """The row's key as text, null where an integer is enough."""
    match key.kind:
        case "integer":
            return cast(null(), Text)
        case "text":
            return row.c[key.columns[0]]
    return row_digest([row.c[name] for name in key.columns])


def typed_key(column: ColumnElement[Any], family: Family) -> ColumnElement[Any]:
    """A subject key staged as text, in the kind of the column it is compared with."""
    return column if family == Family.TEXT else cast(column, type_of_family(family))


def type_of_family(family: Family) -> Any:
    from governance.domain.schema import Column

    return type_of(Column("", "", family, True))


def blockers(context: Context, target: Target) -> list[tuple[Table, Any, bool]]:
    """Foreign keys whose rows can keep a row of `target`: (table, key, whether its rows go with the row)."""
    found = []
    for child, key in context.schema.referring(target.ref):
        if key.on_delete in ("set null", "set default") and child.ref != target.ref:
            continue
        other = context.targets.get(child.ref)
        follows = other is not None and other.enforced and other.goes_with == target.ref
        found.append((child, key, follows))
    return found


def _leads_an_index(table: Table, column: str) -> bool:
    return any(key[:1] == (column,) for key in (table.primary_key, *table.indexes))


def _identifies(table: Table, columns: tuple[str, ...]) -> bool:
    named = set(columns)
    return any(set(key) <= named for key in (table.primary_key, *table.uniques) if key)
