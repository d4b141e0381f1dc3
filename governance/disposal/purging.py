"""After a plan: clear the bytes of what it ended as far as the engine can, and record what stays behind."""

from __future__ import annotations

from dataclasses import asdict

from governance.disposal.apply import Tools
from governance.domain.plan import Plan


def purge(tools: Tools, plan: Plan) -> None:
    """Once per plan; a plan that was purged is left alone. What remains on the engine's disks goes into the evidence."""
    if any(entry.body.get("plan") == plan.digest for entry in tools.ledger.entries_of("purged")):
        return
    tables = sorted({s.table for s in plan.steps if s.rows})
    tools.warehouse.purge(tables)
    remains = tools.warehouse.capabilities.remains if tables else ()
    tools.ledger.record("purged", {"plan": plan.digest, "tables": [str(t) for t in tables], "remains": [asdict(r) for r in remains]})
