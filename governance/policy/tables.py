"""Judge the declared tables and columns: paths, triggers, purposes with schedules, end states, copies."""

from __future__ import annotations

from collections.abc import Iterator

from governance.domain.names import TableRef
from governance.domain.taxonomy import CATEGORIES, within
from governance.policy.known import Known
from governance.policy.load import GovernedTable
from governance.policy.mistakes import Mistake, Weight, nearest
from governance.policy.model import DatasetField, Trigger
from governance.policy.read import Where
from governance.policy.recognizable import recognizable
from governance.policy.references import person, repeated, rests_on_consent


def datasets(known: Known) -> Iterator[Mistake]:
    """Everything wrong inside datasets, table by table and column by column."""
    for number, dataset in enumerate(known.loaded.policy.dataset):
        path: Where = ("dataset", number, "meta", "governance")
        yield from _owner(known, (*path, "owner"), dataset.governance.owner)
        if dataset.governance.mode.set_by is not None:
            yield from person(known, (*path, "mode", "set_by"), dataset.governance.mode.set_by)
        for place, key in enumerate(dataset.governance.recipients):
            yield from known.among((*path, "recipients", place), "recipient", key,
                                   (r.key for r in known.loaded.policy.recipients))
    yield from _declared_twice(known)
    for table in known.loaded.tables(retired=True):
        yield from _table(known, table)
        if table.collection.governance.retired:
            continue
        for path, field in table.fields():
            yield from _field(known, table, path, field)


def _owner(known: Known, path: Where, owner: str) -> Iterator[Mistake]:
    """A person, or a role that somebody has."""
    roles = {role for p in known.loaded.policy.people for role in p.roles}
    if owner not in roles:
        yield from known.among(path, "person or role", owner, {p.user for p in known.loaded.policy.people} | roles)


def _declared_twice(known: Known) -> Iterator[Mistake]:
    seen: dict[TableRef, list[GovernedTable]] = {}
    for table in known.loaded.tables(retired=True):
        for other in seen.get(table.ref, ()):
            mine, theirs = set(table.dataset.governance.engines), set(other.dataset.governance.engines)
            if not mine or not theirs or mine & theirs:
                yield known.mistake((*table.path, "name"), f"table {table.ref} is declared twice, also at "
                                    f"{known.loaded.where(*other.path, 'name')}", "keep one of the two")
        seen.setdefault(table.ref, []).append(table)


def _table(known: Known, table: GovernedTable) -> Iterator[Mistake]:
    declared, path = table.collection.governance, (*table.path, "meta", "governance")
    names = [f.name for f in table.collection.fields]
    yield from repeated(known, (*table.path, "fields"), "column", names)
    for place, name in enumerate(declared.not_personal):
        field = table.collection.field(name)
        if field is not None and field.is_personal:
            yield known.mistake((*path, "not_personal", place), f"column `{name}` is declared personal and not personal",
                                "keep one of the two")
    judged = {*names, *declared.not_personal}
    for place, name in enumerate(declared.unjudged):
        if name in judged:
            yield known.mistake((*path, "unjudged", place), f"column `{name}` is judged and unjudged", "keep one of the two")
    if declared.not_personal and declared.confirmed_by is None:
        yield known.mistake((*path, "not_personal"), "nobody has confirmed that these columns are not personal",
                            "add `confirmed_by:` with the person who looked")
    if declared.confirmed_by is not None:
        yield from person(known, (*path, "confirmed_by"), declared.confirmed_by)
    for place, allowed in enumerate(declared.allows):
        yield from person(known, (*path, "allows", place, "approved_by"), allowed.approved_by)
        if allowed.writes_to is not None:
            yield from known.of_table((*path, "allows", place, "writes_to"), allowed.writes_to, ())
    if declared.retired:
        return
    if declared.record_class is not None:
        yield from _record_class(known, (*path, "record_class"), declared.record_class)
    for name, subject in declared.subjects.items():
        yield from known.subject((*path, "subjects", name), table.ref, subject)
    for name, trigger in declared.triggers.items():
        yield from _trigger(known, (*path, "triggers", name), table.ref, trigger)
    if isinstance(declared.deletable, dict):
        yield from known.of_table((*path, "deletable"), declared.deletable["with"], ())
    if declared.derived_from is not None:
        yield from known.equated((*path, "derived_from"), table.ref, declared.derived_from.table, declared.derived_from.where)
    if declared.row_key:
        yield from known.of_table((*path, "row_key"), table.ref, declared.row_key)


def _record_class(known: Known, path: Where, key: str) -> Iterator[Mistake]:
    yield from known.among(path, "record class", key, (r.key for r in known.loaded.policy.record_classes))


def _trigger(known: Known, path: Where, ref: TableRef, trigger: Trigger) -> Iterator[Mistake]:
    if trigger.column is not None:
        yield from known.hops(path, ref, trigger.through)
        last = trigger.through[-1].table if trigger.through else ref
        if known.columns(last) is not None:
            yield from known.of_table((*path, "column"), last, (trigger.column,))
    elif trigger.through:
        yield known.mistake((*path, "through"), "`through:` goes with `column:`", "put it beside the column it leads to")
    if trigger.at_latest is not None:
        yield from known.of_table((*path, "at_latest", "column"), ref, (trigger.at_latest.column,))
    for name in ("greatest_of", "first_of"):
        for place, part in enumerate(getattr(trigger, name)):
            at = (*path, name, place)
            if part.at_latest is not None:
                yield known.mistake((*at, "when_null"), f"a part of `{name}:` cannot be open", "declare it for the whole trigger")
            yield from _trigger(known, at, ref, part)


# ---- one column ----------------------------------------------------------------------------------------------------

def _field(known: Known, table: GovernedTable, path: Where, field: DatasetField) -> Iterator[Mistake]:
    at = (*path, "meta", "governance")
    column = table.ref.column(field.name)
    declared, governance = field.governance, table.collection.governance
    for place, category in enumerate(field.data_categories):
        if within(category, "user") and category not in CATEGORIES:
            yield known.mistake((*path, "data_categories", place), f"`{category}` is not a category of the default taxonomy",
                                nearest(category, CATEGORIES, "correct it, unless it is your own"), Weight.LOOK)
    if declared.record_class is not None:
        yield from _record_class(known, (*at, "record_class"), declared.record_class)
    if declared.end_state is not None and declared.end_state.store is not None:
        yield from known.among((*at, "end_state", "store"), "store", declared.end_state.store,
                               (s.key for s in known.loaded.policy.stores))
    if declared.subject is not None:
        yield from known.among((*at, "subject"), f"subject path of {table.ref} called", declared.subject, governance.subjects)
    if declared.derived_from is not None:
        yield from _copy(known, table, (*at, "derived_from"), field)
    if not field.is_personal:
        return
    if declared.purposes == ():
        if declared.derived_from is None:
            yield known.mistake(path, f"personal column {column} has no purpose",
                                "name its `purposes:`, or write `purposes: unjudged`")
        else:
            yield from _ends(known, table, path, field)
        return
    if declared.purposes == "unjudged":
        return
    yield from _lives(known, table, at, field)
    yield from _ends(known, table, path, field)
    if declared.subject is None and declared.derived_from is None:
        yield known.mistake(path, f"no path leads from {column} to a person, so no request can end it",
                            "declare `subject:` and its path", Weight.LOOK)


def _lives(known: Known, table: GovernedTable, at: Where, field: DatasetField) -> Iterator[Mistake]:
    """Every purpose exists, has a schedule in the column's record class, and its trigger is declared on the table."""
    column, governance = table.ref.column(field.name), table.collection.governance
    key = table.record_class(field)
    record_class = known.loaded.record_class(key) if key else None
    if key is None:
        yield known.mistake(at, f"{column} has purposes and no record class", "add `record_class:` to the column or its table")
    for place, name in enumerate(field.governance.purposes):
        path = (*at, "purposes", place)
        purpose = known.loaded.purpose(name)
        if purpose is None:
            yield from known.among(path, "purpose", name, (p.key for p in known.loaded.policy.purposes))
            continue
        if rests_on_consent(purpose) and field.governance.subject is None:
            yield known.mistake(path, f"purpose `{name}` rests on consent, and {column} leads to nobody who could give it",
                                "declare `subject:` and its path")
        if record_class is None:
            continue
        schedule = next((s for s in record_class.schedules if s.purpose == name), None)
        if schedule is None:
            yield known.mistake(path, f"record class `{record_class.key}` does not say how long purpose `{name}` lives",
                                f"add a schedule for `{name}` to `{record_class.key}`")
        elif schedule.trigger is not None and schedule.trigger not in governance.triggers:
            yield known.mistake(path, f"purpose `{name}` runs from `{schedule.trigger}`, and {table.ref} declares no such "
                                "trigger",
                                nearest(schedule.trigger, governance.triggers, f"declare `{schedule.trigger}` under `triggers:`"))


def _ends(known: Known, table: GovernedTable, path: Where, field: DatasetField) -> Iterator[Mistake]:
    """There is an end state unless the row goes, and it leaves nobody recognizable."""
    end, column = field.governance.end_state, table.ref.column(field.name)
    if end is None:
        if table.collection.governance.deletable is not True:
            yield known.mistake(path, f"{column} has no end state", "add `end_state:`, or declare the table `deletable: true`")
        return
    said = recognizable(field)
    if said:
        yield known.mistake((*path, "meta", "governance", "end_state"), f"the end state {end.words} of {column} {said}",
                            "keep less, or end it as null")


def _copy(known: Known, table: GovernedTable, path: Where, field: DatasetField) -> Iterator[Mistake]:
    source, derived = field.governance.derived_from, table.collection.governance.derived_from
    assert source is not None
    if derived is None:
        yield known.mistake(path, f"{table.ref} does not say which rows of {source.table} it copies",
                            f"add `derived_from: {{table: {source.table}, where: ...}}` to the table")
    elif derived.table != source.table:
        yield known.mistake(path, f"{source} is not in {derived.table}, which {table.ref} copies", "name a column of that table")
    found = known.loaded.governed(source.table)
    if found is None:
        yield from known.of_table(path, source.table, ())
        if known.columns(source.table) is not None:
            yield known.mistake(path, f"{source.table} is not declared, so nobody can say how long {source} lives", "declare it")
        return
    original = found.collection.field(source.name)
    if original is None:
        yield known.mistake(path, f"{source} is not declared as a field, so nobody can say how long it lives",
                            nearest(source.name, (f.name for f in found.collection.fields), "declare it under `fields:`"))
    elif not original.is_personal:
        yield known.mistake(path, f"{source} is not personal, so its copy has no life to follow",
                            "give it a `user.*` data category, or name purposes here")
