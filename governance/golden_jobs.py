"""What people do with golden records from a shell: decide conflicts, take links back, ask where a value comes from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from governance.domain.errors import GovernanceError
from governance.installation import Installation
from governance.policy.linking import Golden
from governance.reconcile_jobs import reconcile_tools
from governance.reconciliation.conflicts import settle, unlink, waiting
from governance.reconciliation.views import view_refs
from governance.warehouse.functions import table_of


def conflicts_list(installation: Installation) -> list[dict[str, Any]]:
    """Open conflicts: ids, subject keys and probabilities, nothing of the records themselves."""
    with reconcile_tools(installation) as tools:
        return [{"conflict": c.id, "source": c.source, "record": c.record, "reason": c.reason, "since": f"{c.since:%Y-%m-%d}",
                 "candidates": [{"subject": s, "probability": p} for s, p in c.candidates]} for c in waiting(tools)]


def conflicts_decide(installation: Installation, conflict: str, subject: str | None, user: str) -> dict[str, str]:
    """See `governance.reconciliation.conflicts.settle`."""
    with reconcile_tools(installation) as tools:
        source = next((c.source for c in waiting(tools) if c.id == conflict), "SOURCE")
        return {"outcome": settle(tools, conflict, subject, user, installation.settings.now()), "source": source}


def conflicts_unlink(installation: Installation, record: str, user: str) -> int:
    """See `governance.reconciliation.conflicts.unlink`."""
    with reconcile_tools(installation) as tools:
        return unlink(tools, record, user, installation.settings.now())


def golden_of(installation: Installation, table: str) -> Golden | None:
    """The golden record whose view is called `table`."""
    return next((g for g in installation.policy.policy.golden if str(view_refs(g)[0]) == table), None)


def why_golden(installation: Installation, golden: Golden, field: str, subject: str) -> dict[str, str]:
    """Where the value that a golden record shows comes from; never the value itself. GovernanceError when there is none."""
    if field not in {f.name for f in golden.fields}:
        raise GovernanceError("is not a field of the golden record", where=f"{view_refs(golden)[0]}.{field}",
                              fix="one of " + ", ".join(f.name for f in golden.fields))
    names = ("source", "record", "link", "purposes", "consent", "confidence", "observed_at", "written_at")
    view = table_of(view_refs(golden)[1], ("subject_key", "field", *names))
    with installation.warehouse(read_only=True) as warehouse:
        rows = list(warehouse.rows(select(*(view.c[n] for n in names)).where(view.c.subject_key == subject, view.c.field == field),
                                   name="why.golden"))
    if not rows:
        raise GovernanceError("there is no value for this subject", where=f"{view_refs(golden)[0]}.{field}", fix="check the subject's key")
    told = {name: str(value) for name, value in zip(names, rows[0], strict=True)}
    strategy = next(f.strategy for f in golden.fields if f.name == field)
    return {**told, "purposes": told["purposes"].strip("|").replace("|", ", "), "strategy": strategy}
