"""After a plan: clear the bytes of what it ended as far as the engine can, and record what stays behind."""

from __future__ import annotations

from dataclasses import asdict

from governance.disposal.apply import Tools
from governance.domain.names import TableRef
from governance.domain.plan import Plan
from governance.warehouse import CONTROL_SCHEMA
from governance.warehouse.control import request_subject, vault, work

OURS = {TableRef(CONTROL_SCHEMA, table.name) for table in (request_subject, vault, work)}  # they named people too


def purge(tools: Tools, *plans: Plan) -> None:
    """Once for all plans together; one that was purged is left alone. What remains on the engine's disks goes into the evidence."""
    done = {entry.body.get("plan") for entry in tools.ledger.entries_of("purged")}
    tables = {plan.digest: sorted({s.table for s in plan.steps if s.rows}) for plan in plans if plan.digest not in done}
    if not tables:
        return
    tools.warehouse.purge(sorted({ref for found in tables.values() for ref in found} | OURS))
    for digest, found in tables.items():
        remains = tools.warehouse.capabilities.remains if found else ()
        tools.ledger.record("purged", {"plan": digest, "tables": [str(t) for t in found], "remains": [asdict(r) for r in remains]})
