"""Certificates: what became of one plan, with all the evidence a stranger needs to check it offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from governance.domain.canonical import digest, plain
from governance.domain.errors import EvidenceBroken
from governance.domain.findings import JUDGED, Status
from governance.domain.plan import Kind, Plan
from governance.ledger import verify_offline
from governance.ledger.approvals import ApprovalRecord
from governance.ledger.ledger import Ledger
from governance.ledger.notices import NoticeRecord
from governance.ledger.plans import sealed


def certificate(ledger: Ledger, plan_digest: str, not_covered: Sequence[str] = ()) -> dict[str, Any]:
    """A self-contained JSON document about one plan; `not_covered` names places that disposal does not reach, in words.

    The digest of its content is sealed into the chain, so nothing in it can be changed afterwards. The document is checked
    with `verify_offline` before it is returned: EvidenceBroken when it would not hold.
    """
    plan = ledger.plan(plan_digest)
    content = plain({
        "plan": plan, "plan_digest": plan.digest, "state": ledger.plan_record(plan.digest).state, "steps": list(_steps(plan)),
        "approvals": [_approval(found) for name in (plan.digest, plan.policy_digest) if (found := ledger.approval(name))],
        "receipts": [sealed(receipt) for receipt in ledger.receipts(plan.digest)],
        "verification": ledger.verification(plan.digest), "unjudged": _unjudged(ledger, plan), "not_covered": list(not_covered),
        "remains": remains(ledger, [plan.digest]),
        "notices": [{"recipient": n.recipient, "cause": n.cause, "tables": n.tables, "due_at": n.due_at, "state": n.state,
                     "sent_at": n.sent_at, "sent_by": n.sent_by} for n in _notices(ledger, plan)]})
    body = {"plan": plan.digest, "content": digest(content)}
    if not any(entry.body == body for entry in ledger.entries_of("certificate")):
        ledger.record("certificate", body)
    document = {"format": verify_offline.FORMAT, "content": content, "evidence": [plain(entry) for entry in ledger.entries()]}
    problems = verify_offline.certificate_problems(document)
    if problems:
        raise EvidenceBroken("a certificate would not hold: " + "; ".join(problems), where=f"plan {plan.digest[:12]}",
                             fix="governance evidence verify; then verify the plan again")
    return document


def _steps(plan: Plan) -> Iterator[dict[str, Any]]:
    """The steps in words, for readers; the digest is over the plan itself."""
    for step in plan.steps:
        yield {"number": step.number, "what": str(step), "groups": [
            {"columns": group.columns, "end_state": group.end_state, "cells": group.cells,
             "reasons": [str(reason) for reason in group.reasons]}
            for group in step.groups]}


def _approval(found: ApprovalRecord) -> dict[str, Any]:
    return {"digest": found.digest, "what": found.what, "state": found.state, "approvers": found.approvers,
            "people": found.people, "answers": [
                {"user": a.user, "approved": a.approved, "authenticated": a.authenticated, "via": a.via, "at": a.at}
                for a in found.deciders]}


def remains(ledger: Ledger, plans: Sequence[str]) -> list[dict[str, str]]:
    """Where bytes of what these plans ended stay on the engine's disks: each place once, as the purges recorded it."""
    found = [place for entry in ledger.entries_of("purged") if entry.body.get("plan") in plans for place in entry.body["remains"]]
    return list({place["what"]: place for place in found}.values())


def _notices(ledger: Ledger, plan: Plan) -> list[NoticeRecord]:
    return ledger.notices(source=plan.name if plan.kind is Kind.REQUEST else plan.digest)


def _unjudged(ledger: Ledger, plan: Plan) -> dict[str, int | None]:
    """Gaps of the plan, and the columns of the whole database that nobody had judged when it was last validated; None: never."""
    gaps = [finding for finding in plan.findings if finding.status is Status.GAP]
    validated = ledger.findings(source="validate")
    columns = sum(finding.rule == JUDGED for finding in validated) if validated else None
    return {"findings": len(gaps), "rows": sum(finding.rows or 0 for finding in gaps), "columns": columns}
