"""Plan a release: who may stand in it, how far each column is generalized, how many rows leave. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause

from governance.depersonalization import sql
from governance.depersonalization.counting import Counted, count
from governance.depersonalization.outside import Asked, outside
from governance.depersonalization.pseudonyms import DomainKey, domain_keys
from governance.depersonalization.source import Source, words
from governance.depersonalization.tools import Tools
from governance.domain.errors import PlanRefused
from governance.domain.plan import Action, CellGroup, Kept, Kind, Plan, Step
from governance.ledger.releases import ReleaseRecord


@dataclass(frozen=True)
class Prepared:
    """A source counted and fitted; `found` are its rows with why each stays out, good until the block ends."""

    source: Source
    found: FromClause
    counted: Counted
    keys: Mapping[str, DomainKey]

    @property
    def rows(self) -> int:
        """Rows the dataset will have."""
        return self.counted.solution.classes if self.source.release.aggregate else self.counted.published_rows


@contextmanager
def prepared(tools: Tools, source: Source, as_of: datetime, asked: Asked, locked: Sequence[int] | None) -> Iterator[Prepared]:
    """Look at the source once. ModelUnmet, PlanRefused and SettingsError (a key is missing) say why nothing can be published."""
    shown = tools.ledger.shown_release(source.release.key)
    keys = domain_keys(tools.keys, source.release.domains, dict(shown.body["keys"]) if shown else {})
    _refuse_roles(tools, source)
    with outside(tools, source, as_of, asked) as out:
        found = sql.rows(source, out).subquery("f")
        yield Prepared(source, found, count(tools.warehouse, source, found, locked), keys)


def _refuse_roles(tools: Tools, source: Source) -> None:
    roles = tools.warehouse.roles()
    missing = sorted(set(source.release.roles) - roles) if roles is not None else []
    if missing:
        raise PlanRefused(f"there is no role {', '.join(missing)} in the warehouse", where=f"release {source.release.key}",
                          fix="; ".join(f'CREATE ROLE "{name}"' for name in missing) + "; or correct `roles:` of the release")


def locked_levels(source: Source, shown: ReleaseRecord | None) -> tuple[int, ...] | None:
    """The levels readers know, which a later version keeps: None before the first version, and when the columns are others."""
    if shown is None:
        return None
    levels, heights = shown.body["levels"], shown.body["heights"]
    mine = {ladder.name: ladder.height for ladder in source.ladders}
    return tuple(int(levels[name]) for name in mine) if heights == mine else None


def make_plan(tools: Tools, source: Source, as_of: datetime, asked: Asked, *, unlock: bool = False) -> Plan:
    """The plan of the next version. Equal data, policy, keys and clock give an equal digest."""
    locked = None if unlock else locked_levels(source, tools.ledger.shown_release(source.release.key))
    with prepared(tools, source, as_of, asked, locked) as ready:
        return plan_of(ready, as_of)


def plan_of(ready: Prepared, as_of: datetime) -> Plan:
    """What was prepared, as the plan that is approved and later compared with the source again."""
    source, counted, release = ready.source, ready.counted, ready.source.release
    kept = [Kept(source.table.ref, (), s.because, s.rows) for s in counted.left_out]
    if counted.solution.suppressed_rows:
        kept.append(Kept(source.table.ref, (), f"in a class too small for {_model(source)}", counted.solution.suppressed_rows))
    step = Step(1, 0, release.target, Action.PUBLISH, tuple(_groups(ready)), ready.rows, 0, note=_note(ready))
    return Plan(Kind.RELEASE, release.key, as_of, source.loaded.digest, source.loaded.policy.organization.policy_version, source.digest,
                (step,), tuple(sorted(kept)))


def _groups(ready: Prepared) -> Iterator[CellGroup]:
    for number, (column, done) in enumerate(done_to(ready.source, ready.counted.solution.levels)):
        yield CellGroup(1 << number, (column,), done, ready.source.release.subject, (), ready.rows)


def done_to(source: Source, levels: Sequence[int]) -> Iterator[tuple[str, str]]:
    """What is done to each column, in words."""
    at = {ladder.name: (level, ladder) for ladder, level in zip(source.ladders, levels, strict=True)}
    for column in source.columns:
        level, ladder = at.get(column.name, (None, None))
        yield column.name, words(column, level, ladder, source.loaded.folder)


def levels_of(plan: Plan, source: Source) -> tuple[int, ...]:
    """The levels a plan was made with, as its note says them."""
    spelled = plan.steps[0].note.partition("levels ")[2].partition(";")[0]
    told: dict[str, Any] = dict(part.rsplit(" ", 1) for part in spelled.split(", ") if part)
    try:
        return tuple(int(told[ladder.name]) for ladder in source.ladders)
    except KeyError:
        raise PlanRefused("the plan was made for other columns", where=f"plan {plan.digest[:12]}", fix="make a new plan") from None


def _note(ready: Prepared) -> str:
    counted, source = ready.counted, ready.source
    levels = ", ".join(f"{ladder.name} {level}" for ladder, level in zip(source.ladders, counted.solution.levels, strict=True))
    keys = ", ".join(f"{key.domain} v{key.version}" for key in ready.keys.values()) or "none"
    return (f"{_model(source)}; {counted.subjects:,} people in {counted.solution.classes:,} classes; levels {levels}; "
            f"keys {keys}; source {counted.fingerprint}")


def _model(source: Source) -> str:
    model = source.release.model
    return f"k {model.k}" + (f" and l {model.l} of {model.sensitive}" if model.l else "")
