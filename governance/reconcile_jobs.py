"""The jobs of reconciling: plan, approve, take in and link, look again. `governance.jobs` takes them into its catalogue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from governance import jobs
from governance.approvals import ask, require_approval, shown
from governance.domain.errors import GovernanceError, PlanStale, ViolationFound
from governance.domain.findings import Status
from governance.domain.plan import Kind, Plan
from governance.domain.receipt import done
from governance.installation import Installation
from governance.jobs import Result, RunContext, job, moment
from governance.reconciliation import sql
from governance.reconciliation.tools import Tools, file_of
from governance.stores import Stores


@contextmanager
def reconcile_tools(installation: Installation) -> Iterator[Tools]:
    with installation.warehouse() as warehouse:
        settings = installation.settings
        feeds = Stores({}, settings.feeds_dir or settings.stores_dir)
        yield Tools(warehouse, installation.ledger, feeds, installation.keys, installation.policy, settings.expectations)


@job("reconcile.list")
def reconcile_list(installation: Installation, context: RunContext) -> Result:
    """Name the declared sources, one task each."""
    return {"sources": [{"source": s.key, "label": s.key} for s in installation.policy.policy.sources]}


@job("reconcile.plan")
def reconcile_plan(installation: Installation, context: RunContext, source: str, dry_run: bool = False) -> Result:
    """Judge the new files of one source. A plan that was begun and not finished is given again instead of a new one."""
    from governance.reconciliation.plan import make_plan

    with reconcile_tools(installation) as tools:
        declared = tools.source(source)
        begun = None if dry_run else _begun(installation, tools, source)
        if begun is not None:
            return {**shown(installation, begun), "source": source, "label": source}
        plan = make_plan(tools, declared, moment(installation, context))
    installation.ledger.save_plan(plan)
    return {**ask(installation, plan, dry_run), "source": source, "label": source, "refused": len(_refused(plan))}


def _begun(installation: Installation, tools: Tools, source: str) -> Plan | None:
    """A plan of this source that was approved or begun and can still go on; one that cannot is closed as stale."""
    for state in ("applying", "approved"):
        for record in installation.ledger.plans(kind=Kind.RECONCILE, name=source, state=state):
            plan = installation.ledger.plan(record.digest)
            if (plan.policy_digest, plan.schema_digest) == (installation.policy.digest, tools.warehouse.schema().digest):
                return plan
            installation.ledger.set_state(plan.digest, "stale", "policy or schema changed before it was finished")
            _let_go(installation, plan)
    return None


def _let_go(installation: Installation, plan: Plan) -> None:
    """Files that a stale plan had begun are judged again by the next; records that are stored already stay stored once."""
    for record in installation.ledger.feeds(plan.name, "loading"):
        installation.ledger.keep_feed(record.source, record.digest, record.name, record.size, "planned", "its plan became stale")


jobs.CATALOGUE["reconcile.approved"] = jobs.disposal_approved


@job("reconcile.apply")
def reconcile_apply(installation: Installation, context: RunContext, digest: str,
                    on_batch: Callable[..., None] = lambda step, receipt: None) -> Result:
    """Take the planned files in, replay what waited, link and write. Safe to repeat."""
    from governance.reconciliation.apply import apply

    ledger, plan = installation.ledger, installation.ledger.plan(digest)
    require_approval(installation, plan)
    record = ledger.plan_record(plan.digest)
    if record.state in ("verified", "stale", "closed"):
        if record.state == "stale":
            raise PlanStale("is stale", where=f"plan {plan.digest[:12]}", fix=f"governance plan reconcile {plan.name}")
        return {"digest": plan.digest, "source": plan.name, "batches": 0, "changed": 0}
    with reconcile_tools(installation) as tools:
        _feeds(tools, plan, "loading")
        try:
            receipts = apply(tools, plan, on_batch)
        except PlanStale as error:
            ledger.set_state(plan.digest, "stale", error.problem)
            _let_go(installation, plan)
            raise
        except GovernanceError as error:
            if not error.retryable:
                ledger.set_state(plan.digest, "failed", error.problem[:500])
            raise
    changed = sum(r.changed for r in receipts)
    result: Result = {"digest": plan.digest, "source": plan.name, "batches": len(receipts), "changed": changed}
    entity = _entity(installation, plan.name)
    if entity is None or not changed:
        return result
    return {**result, "asset": f"golden/{entity}", "extra": {"source": plan.name, "plan": plan.digest, "changed": changed}}


def _entity(installation: Installation, source: str) -> str | None:
    """The golden record that records of a source may enrich; None for a source of fraud signals."""
    policy = installation.policy.policy
    declared = next(s for s in policy.sources if s.key == source)
    return next((g.key for g in policy.golden if g.kind == declared.subject_kind), None) if declared.signals is None else None


def _feeds(tools: Tools, plan: Plan, state: str, counts: dict[str, tuple[int, int, int]] | None = None) -> None:
    for step in plan.steps:
        file = file_of(step)
        record = tools.ledger.feed(plan.name, file) if file else None
        if file is None or record is None or (record.state == "loaded" and state == "loading"):
            continue
        tools.ledger.keep_feed(plan.name, file, record.name, record.size, state, "", counts=(counts or {}).get(file), plan=plan.digest)


@job("reconcile.verify")
def reconcile_verify(installation: Installation, context: RunContext, digest: str) -> Result:
    """Look at the data again. ViolationFound when records are missing, doubled or about people who were erased, and when a file of
    the source was refused."""
    from governance.reconciliation.conflicts import gates
    from governance.reconciliation.verify import stored_counts, verify

    ledger, plan = installation.ledger, installation.ledger.plan(digest)
    if ledger.plan_record(plan.digest).state not in ("applying", "applied", "verified", "residual"):
        state = ledger.plan_record(plan.digest).state
        raise PlanStale(f"nothing was taken in, because the plan is {state}", where=f"plan {plan.digest[:12]}",
                        fix=f"governance plan reconcile {plan.name}")
    with reconcile_tools(installation) as tools:
        found = verify(tools, plan)
        if found.complete:
            _feeds(tools, plan, "loaded", stored_counts(tools, plan))
        counted = gates(tools, plan.digest)
    ledger.save_verification(plan.digest, found.results)
    run_id = ledger.start_run("verify", "", plan.digest, plan.as_of)
    ledger.save_findings(run_id, "verify", found.findings)
    ledger.end_run(run_id, "done" if found.complete else "residual", f"plan {plan.digest[:12]}")
    wrong = [f.message for f in found.findings] + [f"step {r['step']} has {r['left']:,} left" for r in found.results if r["left"]]
    if wrong:
        ledger.set_state(plan.digest, "residual", f"{len(wrong)} findings")
        raise ViolationFound("the records are not what was planned: " + "; ".join(wrong), where=f"source {plan.name}",
                             fix="see the findings in the report; governance apply goes on with what is left")
    if ledger.plan_record(plan.digest).state != "verified":
        ledger.record("reconcile.gates", {"plan": plan.digest, "source": plan.name, "gates": counted})
    ledger.set_state(plan.digest, "verified", "every record is accounted for")
    refused = _refused(plan)
    if refused:
        raise ViolationFound(f"everything else is in, but {'; '.join(refused)}", where=f"source {plan.name}",
                             fix=f"governance feed list {plan.name}; then ask the source, or correct the policy")
    stored, gone = done(ledger.receipts(plan.digest))
    return {"digest": plan.digest, "source": plan.name, "stored": stored, "gone": gone, "residual": 0, "held": 0,
            "gates": counted}


def _refused(plan: Plan) -> list[str]:
    return [f.message for f in plan.findings if f.status is Status.VIOLATION]


def attention(installation: Installation) -> list[dict[str, Any]]:
    """Every file of every source as the command line and the report show it."""
    return [{"source": f.source, "file": f.digest[:12], "name": f.name, "state": f.state, "records": f.records, "accepted": f.accepted,
             "quarantined": f.quarantined, "rejected": f.rejected, "detail": f.detail, "reasons": dict(f.reasons or {})}
            for f in installation.ledger.feeds()]


# ---- quarantine ----------------------------------------------------------------------------------------------------

def quarantined(tools: Tools, source: str | None) -> list[dict[str, Any]]:
    """Records that wait: ids, reasons and days, nothing of the records themselves."""
    rows = tools.warehouse.rows(sql.waiting(source), name="reconcile.waiting")
    return [{"record": record, "source": key, "line": line, "reasons": reasons, "until": f"{until:%Y-%m-%d}",
             "repaired_at": at.isoformat() if at else None, "repaired_by": by}
            for record, key, line, reasons, until, at, by in rows]


def quarantined_record(tools: Tools, record: str) -> tuple[dict[str, Any], str]:
    """One record as it came, for the person who repairs it, and why it waits. GovernanceError when it does not."""
    for _, raw, reasons in list(tools.warehouse.rows(sql.quarantined(record), name="reconcile.quarantined")):
        return json.loads(raw or "{}"), str(reasons)
    raise GovernanceError("is not in quarantine", where=record, fix="governance feed quarantine list")


def repair_record(tools: Tools, record: str, field: str | None, value: str | None, user: str) -> str:
    """See `governance.reconciliation.replay.repair`; the key of the record's source."""
    from governance.reconciliation.replay import repair

    return repair(tools, record, field, value, user)
