"""Judge the policy against a live schema: what is missing, what would break, what nobody has looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.domain.names import TableRef
from governance.domain.schema import Family, Schema, Table
from governance.policy.constraints import breaks
from governance.policy.known import Known
from governance.policy.load import GovernedTable
from governance.policy.mistakes import Mistake, Place, Weight, nearest
from governance.policy.model import Hop, Trigger
from governance.policy.read import Where

_MOMENTS = (Family.DATE, Family.TIMESTAMP, Family.MOMENT)
_ALIKE = ({Family.INTEGER, Family.NUMBER}, set(_MOMENTS), {Family.TEXT}, {Family.UUID}, {Family.BOOLEAN})


def against(known: Known, schema: Schema, engine: str | None) -> Iterator[Mistake]:
    """Everything wrong between the datasets of `engine` and its schema."""
    for table in known.loaded.tables(engine):
        live = schema.get(table.ref)
        if live is None:
            yield known.mistake((*table.path, "name"), f"table {table.ref} is not in the warehouse",
                                nearest(str(table.ref), (str(t.ref) for t in schema.tables),
                                        "create it, or mark it `retired: true`"))
            continue
        yield from _columns(known, table, live)
        yield from _paths(known, table, live, schema)
        yield from _triggers(known, table, live, schema)
        yield from _hazards(known, table, live)
        yield from _row(known, table, live)
        for path, field in table.fields():
            column = live.column(field.name)
            end = field.governance.end_state
            if column is None or end is None or not field.is_personal:
                continue
            for what, fix, weight in breaks(end, column, live, schema):
                ref = table.ref.column(field.name)
                yield known.mistake((*path, "meta", "governance", "end_state"), f"{ref} cannot end as {end.words}: {what}"
                                    if weight is Weight.MISTAKE else f"{ref}: {what}", fix, weight)
    yield from _consents(known, schema)
    yield from unjudged(known, schema, engine)


def unjudged(known: Known, schema: Schema, engine: str | None) -> Iterator[Mistake]:
    """Columns that no field and no `not_personal:` covers, and tables that no dataset does. Views hold nothing themselves."""
    for live in schema.tables:
        table = known.loaded.governed(live.ref, engine)
        if table is None:
            if live.kind != "view":
                yield Mistake(Place(known.loaded.folder.resolve().name, 0), f"table {live.ref} is in no dataset "
                              f"({len(live.columns)} columns)", "declare it", Weight.UNJUDGED)
            continue
        if table.collection.governance.retired:
            yield known.mistake((*table.path, "name"), f"table {live.ref} is retired and still in the warehouse",
                                "drop the table, or remove `retired:`", Weight.LOOK)
            continue
        waiting = [n for n in table.collection.governance.unjudged if live.column(n)]
        if waiting:
            yield known.mistake((*table.path, "meta", "governance", "unjudged"), f"nobody has judged {len(waiting)} columns of "
                                f"{live.ref}: {', '.join(waiting)}" if len(waiting) > 1 else
                                f"nobody has judged {live.ref.column(waiting[0])}",
                                "declare them under `fields:` or `not_personal:`", Weight.UNJUDGED)
        covered = {*waiting, *(f.name for f in table.collection.fields), *table.collection.governance.not_personal}
        for column in live.columns:
            if column.name not in covered:
                yield known.mistake((*table.path, "name"), f"nobody has judged {live.ref.column(column.name)} ({column.type})",
                                    "declare it under `fields:` or `not_personal:`", Weight.UNJUDGED)


def _columns(known: Known, table: GovernedTable, live: Table) -> Iterator[Mistake]:
    governance = table.collection.governance
    named: list[tuple[Where, str]] = [((*path, "name"), field.name) for path, field in table.fields()]
    named += [((*table.path, "meta", "governance", key, n), name) for key, names in (
        ("not_personal", governance.not_personal), ("unjudged", governance.unjudged)) for n, name in enumerate(names)]
    for path, name in named:
        if live.column(name) is None:
            yield known.mistake(path, f"column {table.ref.column(name)} is not in the warehouse",
                                nearest(name, set(live.names) - {n for _, n in named}, "correct it, or add the column"))


def _paths(known: Known, table: GovernedTable, live: Table, schema: Schema) -> Iterator[Mistake]:
    """Every hop leads to one row at most and joins columns that compare; the key compares with the kind's own."""
    for name, path in table.collection.governance.subjects.items():
        at = (*table.path, "meta", "governance", "subjects", name)
        yield from _joins(known, at, live, path.through, schema)
        for number, hop in enumerate(path.through):
            there = schema.get(hop.table)
            if there and not any(set(key) <= set(hop.where) for key in (there.primary_key, *there.uniques) if key):
                yield known.mistake((*at, "through", number),
                                    f"the path to a {path.kind} may lead to several rows of {hop.table}",
                                    "join over its primary key or a unique one")
        kind = known.loaded.subject_kind(path.kind)
        last = schema.get(path.through[-1].table) if path.through else live
        identity = schema.get(kind.identity.table) if kind else None
        if kind and last and identity and not _compare(last, path.key, identity, kind.identity.key):
            yield known.mistake((*at, "key"), f"{last.ref.column(path.key)} and {identity.ref.column(kind.identity.key)} are of "
                                "different types, though both hold the key of the same person", "lead the path to that key",
                                Weight.LOOK)


def _joins(known: Known, path: Where, start: Table | None, hops: Sequence[Hop], schema: Schema) -> Iterator[Mistake]:
    for number, hop in enumerate(hops):
        there = schema.get(hop.table)
        for left, right in hop.where.items():
            if start and there and not _compare(there, left, start, right):
                yield known.mistake((*path, "through", number), f"{there.ref.column(left)} and {start.ref.column(right)} are of "
                                    "different types and cannot be compared", "join columns of the same type")
        start = there


def _compare(one: Table, first: str, other: Table, second: str) -> bool:
    a, b = one.column(first), other.column(second)
    if a is None or b is None or a.family is b.family:
        return True
    return any({a.family, b.family} <= group for group in _ALIKE) or Family.OTHER in (a.family, b.family)


def _triggers(known: Known, table: GovernedTable, live: Table, schema: Schema) -> Iterator[Mistake]:
    for name, trigger in table.collection.governance.triggers.items():
        yield from _trigger(known, (*table.path, "meta", "governance", "triggers", name), trigger, live, schema)


def _trigger(known: Known, path: Where, trigger: Trigger, live: Table, schema: Schema) -> Iterator[Mistake]:
    if trigger.column is not None:
        yield from _joins(known, path, live, trigger.through, schema)
        last = schema.get(trigger.through[-1].table) if trigger.through else live
        if last:
            yield from _moment(known, (*path, "column"), last, trigger.column)
    if trigger.at_latest is not None:
        yield from _moment(known, (*path, "at_latest", "column"), live, trigger.at_latest.column)
    for name in ("greatest_of", "first_of"):
        for number, part in enumerate(getattr(trigger, name)):
            yield from _trigger(known, (*path, name, number), part, live, schema)


def _moment(known: Known, path: Where, table: Table, name: str) -> Iterator[Mistake]:
    column = table.column(name)
    if column is not None and column.family not in _MOMENTS:
        yield known.mistake(path, f"{table.ref.column(name)} is {column.type}, not a date or a timestamp, "
                            "so no period can run from it", "name a date or timestamp column")


def _hazards(known: Known, table: GovernedTable, live: Table) -> Iterator[Mistake]:
    """While a dataset is only observed, a hazard asks to be looked at; it stops nothing yet."""
    allowed = {a.name for a in table.collection.governance.allows}
    weight = Weight.MISTAKE if table.dataset.governance.mode.is_ == "enforce" else Weight.LOOK
    for hazard in live.hazards:
        if hazard.name not in allowed:
            detail = f" ({hazard.detail})" if hazard.detail else ""
            yield known.mistake((*table.path, "name"), f"{table.ref} has the {hazard.kind} {hazard.name}{detail}, "
                                "which may copy, change or hide rows by itself", "look at it, then add "
                                f"`allows: [{{name: {hazard.name}, because: ..., approved_by: ...}}]`", weight)


def _row(known: Known, table: GovernedTable, live: Table) -> Iterator[Mistake]:
    """`deletable: with` follows a foreign key; rows that others refer to may stay and need end states of their own."""
    path, deletable = (*table.path, "meta", "governance", "deletable"), table.collection.governance.deletable
    if isinstance(deletable, dict) and not any(k.references == deletable["with"] for k in live.foreign_keys):
        yield known.mistake(path, f"{table.ref} has no foreign key to {deletable['with']}, so its rows cannot go with it",
                            "name a table it refers to, or declare an end state and `deletable: true`")
    if deletable is not True or known.schema is None:
        return
    children = sorted({str(child.ref) for child, _ in known.schema.referring(table.ref) if child.ref != table.ref
                       and not _follows(known, child.ref, table.ref)})
    without = [f.name for _, f in table.fields()
               if f.is_personal and f.governance.end_state is None and f.governance.purposes != "unjudged"]
    if children and without:
        yield known.mistake(path, f"a row of {table.ref} stays while rows of {', '.join(children)} refer to it, and "
                            f"{', '.join(without)} would stay with it", "add an `end_state:` to these columns", Weight.LOOK)


def _follows(known: Known, child: TableRef, parent: TableRef) -> bool:
    found = known.loaded.governed(child)
    deletable = found.collection.governance.deletable if found else False
    return isinstance(deletable, dict) and deletable["with"] == parent


def _consents(known: Known, schema: Schema) -> Iterator[Mistake]:
    for number, ledger in enumerate(known.loaded.policy.consents):
        live = schema.get(ledger.table)
        if live is None:
            continue
        yield from _joins(known, ("consents", number, "subject"), live, ledger.subject.through, schema)
        for name in ("granted_at", "withdrawn_at"):
            yield from _moment(known, ("consents", number, name), live, getattr(ledger, name))
