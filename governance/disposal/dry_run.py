"""A dry run of an erasure: what a request would reach, counted, for an account that can create nothing.

Nothing is opened, kept or changed: the subjects are bound to each statement instead of being frozen in the warehouse, and there
is neither ledger nor vault. Datasets in observe are judged as if they were enforced, because that is the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.sql.expression import FromClause

from governance.disposal import elsewhere
from governance.disposal.lifetimes import Context
from governance.disposal.plan import make_plan, replace_mode
from governance.disposal.redactions import Terms
from governance.disposal.resolve import Resolved, resolve
from governance.disposal.targets import Target, targets
from governance.domain.findings import Finding, Status
from governance.domain.plan import Kind, Plan
from governance.domain.schema import Family
from governance.policy.load import LoadedPolicy
from governance.policy.model import Allowed
from governance.warehouse import StagedColumn, Warehouse

NAME = "dry run"


@dataclass(frozen=True)
class DryRun:
    """`plan` is counted and complete but for approvals; `look` is what a person has to decide before it could be carried out."""

    plan: Plan
    resolved: tuple[Resolved, ...]
    look: tuple[Finding, ...]

    @property
    def subjects(self) -> int:
        return sum(len(r.keys) for r in self.resolved)

    @property
    def candidates(self) -> int:
        return sum(r.candidates for r in self.resolved)


def dry_run(warehouse: Warehouse, loaded: LoadedPolicy, as_of: datetime, kinds: Sequence[str],
            identifiers: Sequence[tuple[str, str]]) -> DryRun:
    """Resolve the identifiers and count what an erasure as `kinds` would change. GovernanceError when they are not enough."""
    schema = warehouse.schema()
    resolved = tuple(resolve(warehouse, loaded.policy, schema, kind, identifiers) for kind in kinds)
    found = targets(loaded, schema, warehouse.capabilities.engine)
    enforced = {ref: as_if_enforced(target) for ref, target in found.items()}
    with ExitStack() as staged:
        keys: dict[str, FromClause] = {}
        for one in resolved:
            column = StagedColumn("subject_key", Family.TEXT)
            keys[one.kind] = staged.enter_context(warehouse.stage([column], [(key,) for key in one.keys]))
        context = Context(loaded.policy, schema, enforced, as_of, keys.get)
        unique = tuple(sorted({u for r in resolved for u in r.unique}))
        terms = Terms(tuple(sorted({w for r in resolved for w in r.words})), tuple(v for f, v in unique if f != "phone"),
                      tuple(v for f, v in unique if f == "phone"))
        plan = make_plan(warehouse, loaded, context, kind=Kind.REQUEST, name=NAME, terms=terms)
        left = elsewhere.search(warehouse, context, unique)
    return DryRun(plan, resolved, tuple(sorted([*_hazards(found.values()), *_unreached(found.values()), *left])))


def as_if_enforced(target: Target) -> Target:
    """The target as if it were enforced and every hazard on it had been looked at."""
    seen = replace_mode(target)
    known = {allowed.name for allowed in seen.collection.governance.allows}
    allows = tuple(Allowed(name=h.name, because=NAME, approved_by=NAME) for h in seen.table.hazards if h.name not in known)
    if not allows:
        return seen
    governance = seen.collection.governance.model_copy(update={"allows": (*seen.collection.governance.allows, *allows)})
    meta = seen.collection.meta.model_copy(update={"governance": governance})
    return replace(seen, collection=seen.collection.model_copy(update={"meta": meta}))


def _hazards(found: Iterable[Target]) -> Iterator[Finding]:
    """What may copy, change or hide rows by itself and that nobody has named in the policy yet."""
    for target in found:
        known = {allowed.name for allowed in target.collection.governance.allows}
        for hazard in target.table.hazards:
            if hazard.name not in known:
                yield Finding(Status.GAP, "request.hazard", str(target.ref), "", f"the {hazard.kind} {hazard.name} may copy, change "
                              "or hide rows by itself", "look at it, then name it under `allows:`", None, target.owner)


def _unreached(found: Iterable[Target]) -> Iterator[Finding]:
    """Personal columns from which no path leads to anybody: a request cannot end them."""
    for target in found:
        names = [n for g in target.groups if g.lifetime.subject is None and g.lifetime.derived_from is None for n in g.names]
        if names:
            yield Finding(Status.GAP, "request.no_path", str(target.ref), ", ".join(names), "no path leads from here to a person, so "
                          "no request ends it", "declare `subjects:` and `subject:`", None, target.owner)

