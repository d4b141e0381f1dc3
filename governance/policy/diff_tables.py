"""Differences between two declarations of one table and of its columns, in words."""

from __future__ import annotations

from collections.abc import Iterator

from governance.policy.changes import COLUMNS, Change, Effect, together
from governance.policy.load import GovernedTable, LoadedPolicy
from governance.policy.model import DatasetField, Schedule, Trigger
from governance.policy.words import end_words, joined, longer, schedule_words, trigger_words

Said = tuple[str, Effect, bool]


def table_changes(a: LoadedPolicy, b: LoadedPolicy, before: GovernedTable, after: GovernedTable) -> Iterator[Change]:
    """Everything that differs between two declarations of the same table."""
    yield from _moved(before, after)
    yield from _rows(before, after)
    yield from together(after.ref, _columns(a, b, before, after))


def personal(table: GovernedTable) -> tuple[str, ...]:
    return tuple(f.name for f in table.collection.fields if f.is_personal)


def _moved(before: GovernedTable, after: GovernedTable) -> Iterator[Change]:
    """The table is now in another dataset, which may be in another mode."""
    if before.dataset.fides_key == after.dataset.fides_key:
        return
    was, now = before.dataset.governance.mode.is_, after.dataset.governance.mode.is_
    effect = Effect.NEITHER if was == now else Effect.MORE if now == "enforce" else Effect.LESS
    yield Change(f"{after.ref} is in dataset {after.dataset.fides_key}, in {now} (was {before.dataset.fides_key}, in {was})",
                 effect, ((after.ref, personal(after)),))


# ---- rows ----------------------------------------------------------------------------------------------------------

def _rows(before: GovernedTable, after: GovernedTable) -> Iterator[Change]:
    ref, old, new = after.ref, before.collection.governance, after.collection.governance
    touches = ((ref, personal(after)),)
    if old.retired != new.retired:
        yield Change(f"{ref} is {'retired' if new.retired else 'in use again'}",
                     Effect.LESS if new.retired else Effect.MORE, touches)
    if old.deletable != new.deletable:
        effect = Effect.MORE if not old.deletable else Effect.LESS if not new.deletable else Effect.EITHER
        yield Change(f"rows of {ref} {_fate(new.deletable)} (before: {_fate(old.deletable)})", effect, touches)
    for name in sorted(old.triggers.keys() | new.triggers.keys()):
        was, now = old.triggers.get(name), new.triggers.get(name)
        if was != now:
            yield Change(f"in {ref}, {name} means {trigger_words(now) if now else 'nothing any more'}"
                         f" (was {trigger_words(was) if was else 'not declared'})", _trigger_effect(was, now), touches)
    for name in sorted(old.subjects.keys() | new.subjects.keys()):
        if old.subjects.get(name) != new.subjects.get(name):
            verb = "is declared" if name not in old.subjects else "is dropped" if name not in new.subjects else "leads elsewhere"
            yield Change(f"in {ref}, the path to the {name} {verb}", Effect.EITHER, touches)
    if old.derived_from != new.derived_from:
        now_from = f"copies {new.derived_from.table}" if new.derived_from else "is no copy any more"
        yield Change(f"{ref} {now_from} (its rows are matched anew)", Effect.EITHER, touches)
    for name, allowed in sorted({h.name: h for h in new.allows if h not in old.allows}.items()):
        yield Change(f"{ref} allows {name}, approved by {allowed.approved_by}: {allowed.because}", Effect.NEITHER, (), True)
    for name in sorted({h.name for h in old.allows} - {h.name for h in new.allows}):
        yield Change(f"{ref} no longer allows {name}", Effect.NEITHER)
    if set(old.row_key) != set(new.row_key) or old.row_key != new.row_key:
        yield Change(f"rows of {ref} are told apart by {joined(new.row_key)} (was {joined(old.row_key)})", Effect.NEITHER)
    listed = set(new.not_personal) - set(old.not_personal)
    if listed:
        yield Change(f"in {ref}, {joined(sorted(listed))} {'is' if len(listed) == 1 else 'are'} declared not personal",
                     Effect.NEITHER, (), True)
    waiting = set(new.unjudged) - set(old.unjudged)
    if waiting:
        yield Change(f"in {ref}, {joined(sorted(waiting))} {'waits' if len(waiting) == 1 else 'wait'} to be judged", Effect.NEITHER)
    gone = {*old.not_personal, *old.unjudged} - {*new.not_personal, *new.unjudged, *(f.name for f in after.collection.fields)}
    if gone:
        yield Change(f"in {ref}, nobody judges {joined(sorted(gone))} any more", Effect.NEITHER)
    if old.confirmed_by != new.confirmed_by:
        yield Change(f"columns of {ref} that are not personal are confirmed by {new.confirmed_by or 'nobody'} "
                     f"(was {old.confirmed_by or 'nobody'})", Effect.NEITHER)
    if before.collection.description != after.collection.description:
        yield Change(f"{ref} is described anew", Effect.NEITHER)


def _fate(deletable: object) -> str:
    if isinstance(deletable, dict):
        return f"go with {deletable['with']}"
    return "are deleted when nothing in them has a reason to stay" if deletable else "stay"


def _trigger_effect(was: Trigger | None, now: Trigger | None) -> Effect:
    """Known only where nothing but the latest end moved."""
    if was and now and was.at_latest and now.at_latest and was.at_latest.column == now.at_latest.column:
        same = was.model_copy(update={"at_latest": None}) == now.model_copy(update={"at_latest": None})
        later = longer(was.at_latest.keep, now.at_latest.keep)
        if same and later is not None:
            return Effect.LESS if later else Effect.MORE
    return Effect.EITHER


# ---- columns -------------------------------------------------------------------------------------------------------

def _columns(a: LoadedPolicy, b: LoadedPolicy, before: GovernedTable,
             after: GovernedTable) -> Iterator[tuple[str, str, Effect, bool]]:
    names = dict.fromkeys([f.name for f in after.collection.fields] + [f.name for f in before.collection.fields])
    for name in names:
        old, new = before.collection.field(name), after.collection.field(name)
        for sentence, effect, loosened in _column(a, b, before, after, old, new):
            yield name, f"{after.ref} {sentence}", effect, loosened


def _column(a: LoadedPolicy, b: LoadedPolicy, before: GovernedTable, after: GovernedTable, old: DatasetField | None,
            new: DatasetField | None) -> Iterator[Said]:
    was, now = bool(old and old.is_personal), bool(new and new.is_personal)
    if now and not was:
        assert new is not None
        yield f"declares {COLUMNS} personal{_for(new)}", Effect.MORE, False
        return
    if was and not now:
        yield f"no longer declares {COLUMNS} personal", Effect.LESS, True
        return
    if old is None or new is None:
        yield f"{'no longer lists' if new is None else 'lists'} {COLUMNS}", Effect.NEITHER, False
        return
    if was:
        yield from _life(_schedules(a, before, old), _schedules(b, after, new), old, new)
        yield from _ending(before, after, old, new)
    yield from _kind(old, new)


def _for(field: DatasetField) -> str:
    purposes = field.governance.purposes
    return " and unjudged" if isinstance(purposes, str) else f", for {joined(purposes)}" if purposes else ""


def _schedules(loaded: LoadedPolicy, table: GovernedTable, field: DatasetField) -> dict[str, Schedule | None]:
    record_class = loaded.record_class(table.record_class(field) or "")
    known = {s.purpose: s for s in record_class.schedules} if record_class else {}
    purposes = field.governance.purposes
    return {} if isinstance(purposes, str) else {p: known.get(p) for p in purposes}


def _life(was: dict[str, Schedule | None], now: dict[str, Schedule | None], old: DatasetField,
          new: DatasetField) -> Iterator[Said]:
    if old.governance.purposes != new.governance.purposes and "unjudged" in (old.governance.purposes, new.governance.purposes):
        judged = new.governance.purposes != "unjudged"
        yield (f"now judges {COLUMNS}{_for(new)}" if judged else f"leaves {COLUMNS} unjudged"), \
            Effect.MORE if judged else Effect.LESS, not judged
        return
    for purpose in sorted(now.keys() - was.keys()):
        schedule = now[purpose]
        keeps = f", {schedule_words(schedule)}" if schedule else ""
        yield f"keeps {COLUMNS} for {purpose} too{keeps}", Effect.LESS, True
    for purpose in sorted(was.keys() - now.keys()):
        yield f"no longer keeps {COLUMNS} for {purpose}", Effect.MORE, False
    for purpose in sorted(was.keys() & now.keys()):
        yield from _schedule(purpose, was[purpose], now[purpose], alone=len(now) == 1)


def _schedule(purpose: str, was: Schedule | None, now: Schedule | None, *, alone: bool) -> Iterator[Said]:
    if was == now or (was and now and _same_life(was, now)):
        return
    if was is None or now is None:
        yield f"has {'no' if now is None else 'a'} schedule for {purpose} of {COLUMNS}", Effect.EITHER, False
        return
    same_start = (was.trigger, was.until_withdrawn) == (now.trigger, now.until_withdrawn)
    before = was.keep.words if same_start and not now.until_withdrawn else schedule_words(was)
    later = longer(was.keep, now.keep) if same_start else None
    effect = Effect.EITHER if later is None else Effect.LESS if later else Effect.MORE
    if alone and not now.until_withdrawn:
        yield f"loses {COLUMNS} {schedule_words(now)} (was {before})", effect, effect is Effect.LESS
    else:
        yield f"keeps {COLUMNS} for {purpose} {schedule_words(now)} (was {before})", effect, effect is Effect.LESS


def _same_life(was: Schedule, now: Schedule) -> bool:
    return (was.trigger, was.until_withdrawn, was.keep) == (now.trigger, now.until_withdrawn, now.keep)


def _ending(before: GovernedTable, after: GovernedTable, old: DatasetField, new: DatasetField) -> Iterator[Said]:
    was, now = old.governance.end_state, new.governance.end_state
    if was != now:
        words = (end_words(now, after.collection.governance.deletable), end_words(was, before.collection.governance.deletable))
        removes_was, removes_now = (e is not None and e.kind in ("null", "file") for e in (was, now))
        effect = Effect.EITHER if removes_was == removes_now else Effect.MORE if removes_now else Effect.LESS
        yield f"ends {COLUMNS} as {words[0]} (was {words[1]})", effect, effect is Effect.LESS
    if old.governance.derived_from != new.governance.derived_from:
        source = new.governance.derived_from
        effect = Effect.EITHER if old.governance.derived_from and source else Effect.MORE if source else Effect.LESS
        yield f"declares {COLUMNS} a copy of {source}" if source else f"no longer declares {COLUMNS} a copy", effect, not source
    if old.governance.subject != new.governance.subject:
        yield (f"says {COLUMNS} is about the {new.governance.subject or 'nobody'} (was {old.governance.subject or 'nobody'})",
               Effect.EITHER, False)


def _kind(old: DatasetField, new: DatasetField) -> Iterator[Said]:
    if old.data_categories != new.data_categories:
        yield f"calls {COLUMNS} {joined(new.data_categories)} (was {joined(old.data_categories)})", Effect.NEITHER, False
    for name in ("role", "special_category", "note"):
        was, now = getattr(old.governance, name), getattr(new.governance, name)
        if was != now:
            label = name.replace("_", " ")
            yield f"gives {COLUMNS} the {label} {now or 'nothing'} (was {was or 'nothing'})", Effect.NEITHER, False
    if old.description != new.description:
        yield f"describes {COLUMNS} anew", Effect.NEITHER, False


