"""Compare two declared policies in words: what is deleted sooner, later or no more, and what somebody has to agree to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from governance.domain.canonical import dumps
from governance.domain.clock import Period
from governance.domain.names import TableRef
from governance.policy.changes import Change, Counts, Effect, counted
from governance.policy.diff_tables import personal, table_changes
from governance.policy.load import GovernedTable, LoadedPolicy
from governance.policy.model import Dataset
from governance.policy.words import deadline_words, joined, longer, schedule_words

__all__ = ["Change", "Counts", "Effect", "diff"]

# Lists told entry by entry: their name, the key of an entry, what one is called, what adding one does.
_LISTS = (
    ("published", "version", "published version"), ("people", "user", "person"), ("purposes", "key", "purpose"),
    ("record_classes", "key", "record class"), ("subject_kinds", "key", "subject kind"), ("regimes", "key", "regime"),
    ("holidays", "key", "calendar"), ("recipients", "key", "recipient"), ("consents", "key", "consent ledger"),
    ("stores", "key", "store"), ("controls", "sentence", "control of the sentence"),
)
# Values whose growth asks less of somebody.
_LOOSER_WHEN_MORE = {"approve_above", "max_unique_share", "accept_unauthenticated", "expires"}
_LOOSER_WHEN_LESS = {"people", "minimum_group"}
# Values that decide which rows are due.
_DECIDES = {"time_zone", "warehouse_time_zone", "preference", "identity", "identifiers", "resolve_by", "preferences",
            "granted_at", "withdrawn_at", "preference_column", "table", "subject"}


def diff(a: LoadedPolicy, b: LoadedPolicy, counts: Counts | None = None) -> list[Change]:
    """What changes from `a` to `b`; empty only when both say the same. Changes of data first, then agreements, then the rest.

    `counts` gives today's rows of (table, columns) that are due under `b` and were not under `a`.
    """
    if a.digest == b.digest:
        return []
    found = [*_tables(a, b), *_datasets(a, b), *_values(a, b), *_lists(a, b), *_links(a, b)]
    order = {Effect.MORE: 0, Effect.EITHER: 1, Effect.LESS: 2, Effect.NEITHER: 3}
    unique = dict.fromkeys(found or [Change("both say the same in another order", Effect.NEITHER)])
    return [counted(c, counts) for c in sorted(unique, key=lambda c: (order[c.effect], not c.loosened))]


# ---- tables and datasets -------------------------------------------------------------------------------------------

def _tables(a: LoadedPolicy, b: LoadedPolicy) -> Iterator[Change]:
    old, new = _by_name(a), _by_name(b)
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before and after:
            yield from table_changes(a, b, before, after)
        elif after:
            columns = personal(after)
            yield Change(f"{after.ref} is declared{_on(key)}, {_personal_words(columns)}", Effect.MORE, ((after.ref, columns),))
        elif before:
            columns = personal(before)
            yield Change(f"{before.ref} is no longer declared{_on(key)}, {_personal_words(columns)}", Effect.LESS,
                         ((before.ref, columns),), True)


def _by_name(loaded: LoadedPolicy) -> dict[tuple[TableRef, tuple[str, ...]], GovernedTable]:
    """Tables by name, and by engines where a name is declared for several."""
    return {(t.ref, tuple(sorted(t.dataset.governance.engines))): t for t in loaded.tables(retired=True)}


def _on(key: tuple[TableRef, tuple[str, ...]]) -> str:
    return f" on {joined(key[1])}" if key[1] else ""


def _personal_words(columns: tuple[str, ...]) -> str:
    return f"with the personal columns {joined(columns)}" if columns else "with no personal column"


def _datasets(a: LoadedPolicy, b: LoadedPolicy) -> Iterator[Change]:
    old, new = ({d.fides_key: d for d in loaded.policy.dataset} for loaded in (a, b))
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before is None or after is None:
            yield Change(f"dataset {key} is {'declared' if after else 'no longer declared'}", Effect.NEITHER)
            continue
        was, now = before.governance, after.governance
        if was.mode.is_ != now.mode.is_:
            starts = now.mode.is_ == "enforce"
            said = f"{key} starts to dispose, said {now.mode.set_by}" if starts else f"{key} only observes from now on"
            yield Change(said, Effect.MORE if starts else Effect.LESS, _touches(after))
        elif was.mode != now.mode:
            yield Change(f"{key}: {now.mode.is_} is set by {now.mode.set_by} since {now.mode.since}", Effect.NEITHER)
        for recipient in sorted(set(now.recipients) - set(was.recipients)):
            yield Change(f"{key} goes to {recipient} too", Effect.NEITHER, (), True)
        for recipient in sorted(set(was.recipients) - set(now.recipients)):
            yield Change(f"{key} no longer goes to {recipient}", Effect.NEITHER)
        yield from _fields(f"dataset {key}", before, after, ("meta", "collections"))
        yield from _fields(f"dataset {key}", was, now, ("mode", "recipients"))


def _touches(dataset: Dataset) -> tuple[tuple[TableRef, tuple[str, ...]], ...]:
    return tuple((dataset.ref(c), tuple(f.name for f in c.fields if f.is_personal)) for c in dataset.collections
                 if not c.governance.retired)


# ---- everything else -----------------------------------------------------------------------------------------------

def _values(a: LoadedPolicy, b: LoadedPolicy) -> Iterator[Change]:
    yield from _fields("organization", a.policy.organization, b.policy.organization)
    yield from _fields("approvals", a.policy.approvals, b.policy.approvals, ("approvers",))
    old, new = a.policy.approvals.approvers, b.policy.approvals.approvers
    for kind in sorted(old.keys() | new.keys()):
        was, now = set(old.get(kind, ())), set(new.get(kind, ()))
        for user in sorted(now - was):
            yield Change(f"{user} may approve {kind} plans", Effect.NEITHER, (), True)
        for user in sorted(was - now):
            yield Change(f"{user} may no longer approve {kind} plans", Effect.NEITHER)


def _lists(a: LoadedPolicy, b: LoadedPolicy) -> Iterator[Change]:
    used = _used(a) | _used(b)
    for name, key, what in _LISTS:
        old, new = ({getattr(e, key): e for e in getattr(loaded.policy, name)} for loaded in (a, b))
        for entry in sorted(old.keys() | new.keys()):
            words = f"{what} {entry}" if name != "controls" else f"{what} `{entry}`"
            if entry not in new:
                yield Change(f"{words} is dropped", Effect.NEITHER, (), name in ("controls", "regimes"))
            elif entry not in old:
                yield Change(f"{words} is declared", Effect.NEITHER, (), name == "recipients")
            elif name == "regimes":
                yield from _deadlines(words, old[entry], new[entry])
                yield from _fields(words, old[entry], new[entry], ("deadlines",))
            elif name == "record_classes":
                yield from _schedules(words, old[entry], new[entry], used)
                yield from _fields(words, old[entry], new[entry], ("schedules",))
            else:
                yield from _fields(words, old[entry], new[entry])


def _deadlines(words: str, old: Any, new: Any) -> Iterator[Change]:
    was, now = ({d.request: d for d in regime.deadlines} for regime in (old, new))
    for request in sorted(was.keys() | now.keys()):
        before, after = was.get(request), now.get(request)
        if before != after:
            yield Change(f"{words} gives {deadline_words(after) if after else 'no time'} to answer {request} requests "
                         f"(was {deadline_words(before) if before else 'none'})", Effect.NEITHER)


def _used(loaded: LoadedPolicy) -> set[tuple[str | None, str]]:
    """(record class, purpose) of every personal column."""
    return {(table.record_class(field), purpose) for table in loaded.tables() for _, field in table.fields()
            if field.is_personal and not isinstance(field.governance.purposes, str) for purpose in field.governance.purposes}


def _schedules(words: str, old: Any, new: Any, used: set[tuple[str | None, str]]) -> Iterator[Change]:
    """Schedules no column uses, and their citations: what columns use is told with the columns."""
    was, now = ({s.purpose: s for s in entry.schedules} for entry in (old, new))
    for purpose in sorted(was.keys() | now.keys()):
        before, after = was.get(purpose), now.get(purpose)
        if before is None or after is None:
            yield Change(f"{words} {'no longer says' if after is None else 'says'} how long {purpose} lives", Effect.NEITHER)
        elif before.citation != after.citation:
            yield Change(f"{words} cites {after.citation or 'nothing'} for {purpose} (was {before.citation or 'nothing'})",
                         Effect.NEITHER)
        elif before != after and (new.key, purpose) not in used:
            yield Change(f"{words}: {purpose} lives {schedule_words(after)} (was {schedule_words(before)})", Effect.NEITHER)


def _links(a: LoadedPolicy, b: LoadedPolicy) -> Iterator[Change]:
    old, new = ({dumps(link.model_dump()): link for link in loaded.policy.links} for loaded in (a, b))
    for key in sorted(old.keys() ^ new.keys()):
        link = (new if key in new else old)[key]
        yield Change(f"{link.table} {'links' if key in new else 'no longer links'} {joined(link.kinds)}", Effect.EITHER)


def _fields(words: str, old: BaseModel, new: BaseModel, told: tuple[str, ...] = ()) -> Iterator[Change]:
    """Field by field, except those told elsewhere."""
    for name, info in type(new).model_fields.items():
        was, now = getattr(old, name), getattr(new, name)
        if name in told or _same(was, now):
            continue
        label = (info.alias or name).replace("_", " ")
        if name == "survives_request":
            effect = Effect.LESS if now else Effect.MORE
            yield Change(f"{words} {'now outlives' if now else 'no longer outlives'} an erasure request", effect, (), bool(now))
            continue
        effect = Effect.EITHER if name in _DECIDES else Effect.NEITHER
        changed = f"is {_shown(now)} (was {_shown(was)})" if _is_short(was) and _is_short(now) else "is declared anew"
        yield Change(f"{words}: {label} {changed}", effect, (), _looser(name, was, now))


def _same(was: Any, now: Any) -> bool:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        return dict(was) == dict(now)
    return bool(was == now)


def _looser(name: str, was: Any, now: Any) -> bool:
    more = bool(longer(was, now)) if isinstance(was, Period) else name in _LOOSER_WHEN_MORE | _LOOSER_WHEN_LESS and now > was
    if name in _LOOSER_WHEN_MORE:
        return more
    return name in _LOOSER_WHEN_LESS and not more


def _is_short(value: Any) -> bool:
    """Whether a value can be shown inside a sentence."""
    if isinstance(value, tuple):
        return all(_is_short(v) for v in value)
    return not isinstance(value, BaseModel)


def _shown(value: Any) -> str:
    if isinstance(value, Period):
        return value.words
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return joined(f"{k}: {_shown(v)}" for k, v in sorted(value.items()))
    if isinstance(value, tuple):
        return joined(_shown(v) for v in value)
    return "nothing" if value in (None, "") else str(value)
