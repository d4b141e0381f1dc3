"""The catalogue of jobs, and the only module that wires everything together.

A job is a function of an `Installation` and a `RunContext` that returns a small dictionary of ids, digests and counts, never
a value of a person. Airflow and the command line call `run`; both may repeat any job at any time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from governance.approvals import ask, require_approval, shown
from governance.disposal import notices, sql_work
from governance.disposal import requests as asked
from governance.disposal.acts import destroy_pseudonym_keys
from governance.disposal.apply import Tools, apply, copy_receipts, start
from governance.disposal.holding import forget_lifted
from governance.disposal.plan import make_plan
from governance.disposal.purging import purge
from governance.disposal.resolve import subjects_of
from governance.disposal.verify import Verified, verify
from governance.domain.counts import counted
from governance.domain.errors import (
    ApprovalMissing,
    EvidenceBroken,
    GovernanceError,
    PlanRefused,
    PlanStale,
    ResidualFound,
    ViolationFound,
)
from governance.domain.findings import Finding, Status
from governance.domain.plan import Kind, Plan
from governance.installation import Installation, installed
from governance.ledger.requests import ERASURE
from governance.settings import Settings

Result = dict[str, Any]
Job = Callable[..., Result]
CATALOGUE: dict[str, Job] = {}
UNFINISHED = ("approved", "applying")


@dataclass(frozen=True, slots=True)
class RunContext:
    """Which run calls. `actor` is the authenticated user of a manual run, None for the schedule."""

    dag_id: str = ""
    dag_run_id: str = ""
    task_id: str = ""
    data_interval_end: datetime | None = None
    actor: str | None = None


def run(name: str, context: RunContext, settings: Settings | None = None, **arguments: Any) -> Result:
    """Do the job `name`. GovernanceError for everything that can be said; anything else is a fault of ours."""
    if name not in CATALOGUE:
        raise GovernanceError("is not a job", where=name, fix="one of " + ", ".join(sorted(CATALOGUE)))
    with installed(settings) as installation:
        return CATALOGUE[name](installation, context, **arguments)


def job(name: str) -> Callable[[Job], Job]:
    def enter(function: Job) -> Job:
        CATALOGUE[name] = function
        return function

    return enter


def moment(installation: Installation, context: RunContext) -> datetime:
    """`as_of`: the earlier of now (or the fixed clock) and the end of the run's data interval."""
    return installation.settings.now(context.data_interval_end)


# ---- validate ------------------------------------------------------------------------------------------------------

@job("validate.catalog")
def validate_catalog(installation: Installation, context: RunContext, suite: str | None = None) -> Result:
    """Judge the catalog. ViolationFound names the columns; the findings are kept either way."""
    from governance.disposal.endstates import ended
    from governance.tagging.validate import validate

    as_of = moment(installation, context)
    run_id = installation.ledger.start_run("validate", context.dag_id, context.dag_run_id, as_of)
    folder = Path(suite) if suite else installation.settings.expectations
    with installation.warehouse(read_only=True) as warehouse:
        findings = validate(warehouse, installation.policy, installation.ledger.proposals(), folder, as_of, ended=ended)
    installation.ledger.save_findings(run_id, "validate", findings)
    counts = {status: sum(f.status is status for f in findings) for status in Status}
    violations = [f for f in findings if f.status is Status.VIOLATION]
    installation.ledger.end_run(run_id, "violations" if violations else "done",
                                ", ".join(f"{n} {status}" for status, n in counts.items()))
    if violations:
        places = "\n  ".join(f"{f.table}{'.' + f.column if f.column else ''}: {f.message}" for f in violations)
        raise ViolationFound(f"{counted(len(violations), 'violation')} of the declared policy:\n  {places}", where="validate",
                             fix="each has its remedy in the report: governance report")
    return {"run": run_id, **{str(k): v for k, v in counts.items()}}


# ---- dispose -------------------------------------------------------------------------------------------------------

@job("disposal.plan")
def disposal_plan(installation: Installation, context: RunContext, dry_run: bool = False,
                  as_of: datetime | None = None) -> Result:
    """Plan what is due by schedule. A plan that was begun and not finished is given again instead of a new one."""
    with installation.tools() as tools:
        begun = _begun(installation, tools, Kind.RETENTION, "")
        if begun is not None and not dry_run:
            return shown(installation, begun)
        current = installation.context(tools.warehouse, as_of or moment(installation, context))
        plan = make_plan(tools.warehouse, installation.policy, current, kind=Kind.RETENTION)
    installation.ledger.save_plan(plan)
    return ask(installation, plan, dry_run)


@job("disposal.approved")
def disposal_approved(installation: Installation, context: RunContext, digest: str,
                      answers: Sequence[Mapping[str, Any]]) -> Result:
    """Copy authenticated answers into the ledger and say whether they are enough.

    Each answer has `user`, `chosen` (Approve or Reject) and `subject_digest`, the digest the person was shown.
    """
    ledger = installation.ledger
    for answer in answers:
        if answer["subject_digest"] != digest:
            raise ApprovalMissing("the answer is about another plan", where=f"plan {digest[:12]}", fix="start the run again")
        approved = str(answer["chosen"]).lower() == "approve"
        ledger.decide(digest, approved, str(answer["user"]), True, "airflow", str(answer.get("note", "")),
                      delivery=str(answer.get("delivery") or context.dag_run_id))
    record = ledger.approval(digest)
    if record is None or record.state != "approved":
        state = record.state if record else "missing"
        known = "rejected" if state == "rejected" else "expired" if state == "expired" else "waiting"
        ledger.set_state(digest, known, "nothing was changed")
        names = ", ".join(a.user for a in record.deciders) if record and record.deciders else "nobody"
        raise ApprovalMissing(f"the plan is {known} (answered by {names}); nothing was changed", where=f"plan {digest[:12]}",
                              fix="talk to the approver, then make a new plan")
    ledger.set_state(digest, "approved", "by " + ", ".join(a.user for a in record.deciders))
    return {"digest": digest, "state": "approved"}


@job("disposal.freeze")
def disposal_freeze(installation: Installation, context: RunContext, digest: str) -> Result:
    """First start, or resume: freeze the work set. Refuses a plan that still waits for an approval."""
    plan = installation.ledger.plan(digest)
    require_approval(installation, plan)
    if is_over(installation, plan):
        return {"digest": plan.digest, "rows": 0, "steps": 0}
    with installation.tools() as tools:
        work = installation.job(tools, plan)
        if plan.kind is Kind.REQUEST:
            record = installation.ledger.request(plan.name)
            asked.suppress(tools, installation.keys, plan.name, record.subject_kinds, moment(installation, context))
            installation.ledger.set_request_state(plan.name, "applying")
        try:
            planned = start(tools, work)
            notices.owe(installation.ledger, installation.policy, plan)
            _supersede(installation, tools, plan)
        except GovernanceError as error:
            if not error.retryable:
                state = "stale" if isinstance(error, PlanStale) else "failed"
                installation.ledger.set_state(plan.digest, state, error.problem)
            raise
    return {"digest": plan.digest, "rows": sum(planned.values()), "steps": len(planned)}


def _supersede(installation: Installation, tools: Tools, plan: Plan) -> None:
    """Earlier scheduled plans that wait for a hold end here: this plan was counted with the rows they still have."""
    for record in installation.ledger.plans(kind=Kind.RETENTION, state="applied") if plan.kind is Kind.RETENTION else ():
        if record.digest != plan.digest:
            copy_receipts(tools, installation.ledger.plan(record.digest))
            tools.warehouse.execute(sql_work.purge_work(record.digest), name="disposal.purge_work")
            installation.ledger.set_state(record.digest, "closed", f"goes on in plan {plan.digest[:12]}")
    forget_lifted(tools.warehouse, installation.ledger)


def is_closed(installation: Installation, plan: Plan) -> bool:
    return plan.kind is Kind.REQUEST and installation.ledger.request(plan.name).state == "closed"


def is_over(installation: Installation, plan: Plan) -> bool:
    """A request that is closed or about to be has nothing left to do, and maybe nothing that names the person to do it with."""
    searched = plan.kind is Kind.REQUEST and installation.ledger.plan_record(plan.digest).state == "verified"
    return searched or is_closed(installation, plan)


@job("disposal.apply")
def disposal_apply(installation: Installation, context: RunContext, digest: str, chunk: int | None = None,
                   on_batch: Callable[..., None] | None = None) -> Result:
    """Do what is left of one chunk. Safe to repeat."""
    plan = installation.ledger.plan(digest)
    require_approval(installation, plan)
    if is_over(installation, plan):
        return {"digest": plan.digest, "chunk": chunk, "batches": 0, "changed": 0}
    with installation.tools() as tools:
        work = installation.job(tools, plan)
        start(tools, work)
        receipts = apply(tools, work, chunk, **({"on_batch": on_batch} if on_batch else {}))
    return {"digest": plan.digest, "chunk": chunk, "batches": len(receipts), "changed": sum(r.changed for r in receipts)}


@job("disposal.verify")
def disposal_verify(installation: Installation, context: RunContext, digest: str) -> Result:
    """Look at the data again. ResidualFound when rows that should be gone are there."""
    plan = installation.ledger.plan(digest)
    with installation.tools() as tools:
        work = installation.job(tools, plan)
        verified = verify(tools, work)
        _keep(installation, plan, verified)
        if verified.complete:
            destroy_pseudonym_keys(installation.keys, work)
        if plan.kind is Kind.RETENTION and verified.complete:
            tools.warehouse.execute(sql_work.purge_work(plan.digest), name="disposal.purge_work")
            purge(tools, plan)
    return _judged(installation, plan, verified)


def _keep(installation: Installation, plan: Plan, verified: Verified) -> None:
    results = [{"step": r.step, "table": r.table, "action": r.action, "outcome": str(r.outcome), "residual": r.residual,
                **asdict(r.tally)} for r in verified.results]
    installation.ledger.save_verification(plan.digest, results)
    run_id = installation.ledger.start_run("verify", "", plan.digest, plan.as_of)
    installation.ledger.save_findings(run_id, "verify", verified.findings)
    installation.ledger.end_run(run_id, "done" if verified.complete else "residual", f"plan {plan.digest[:12]}")


def _judged(installation: Installation, plan: Plan, verified: Verified) -> Result:
    ledger = installation.ledger
    result = {"digest": plan.digest, "residual": verified.residual, "held": verified.held,
              "changed": sum(r.tally.done for r in verified.results)}
    broken = [f for f in verified.findings if f.status is Status.VIOLATION]
    if verified.residual or broken:
        ledger.set_state(plan.digest, "residual", counted(verified.residual, "row remains", "rows remain"))
        places = [f"{r.table} {r.action}: {counted(r.residual, 'row')}" for r in verified.results if r.residual]
        places += [f"{f.table}: {f.message}" for f in broken]
        raise ResidualFound("verification found what should be gone: " + "; ".join(places), where=f"plan {plan.digest[:12]}",
                            fix="look at each table, then plan again; the receipts say what was done")
    if verified.held:
        ledger.set_state(plan.digest, "applied", f"{counted(verified.held, 'row waits', 'rows wait')} for a legal hold to be lifted")
    else:
        ledger.set_state(plan.digest, "verified", "nothing left")
    return result


# ---- requests ------------------------------------------------------------------------------------------------------

@job("requests.plan")
def requests_plan(installation: Installation, context: RunContext, dry_run: bool = False,
                  request: str | None = None) -> Result:
    """Resolve and plan every open request for erasure, or one. Those whose search found nothing already wait to be closed, and only
    that."""
    ledger = installation.ledger
    records = [ledger.request(request)] if request else [
        r for r in ledger.requests()
        if r.kind == ERASURE and r.state in ("received", "resolved", "planned", "applying", "residual")]
    for record in records:
        if record.kind != ERASURE:
            raise GovernanceError(f"is a request for {record.kind}: nothing is erased", where=record.id,
                                  fix=f"it is in force until governance request end {record.id}")
    searched = {plan.name for plan in verified_requests(installation)}
    plans: list[Result] = []
    for record in records:
        if record.id in searched:
            continue
        with installation.tools() as tools:
            begun = _begun(installation, tools, Kind.REQUEST, record.id)
            if begun is not None and not dry_run:
                plans.append({**shown(installation, begun), "request": record.id})
                continue
            as_of = moment(installation, context)
            base = installation.context(tools.warehouse, as_of)
            resolved, terms = asked.identify(tools, installation.keys, base, record.id, record.subject_kinds)
            current = installation.context(tools.warehouse, as_of, subjects_of(record.id, record.subject_kinds))
            plan = make_plan(tools.warehouse, installation.policy, current, kind=Kind.REQUEST, name=record.id, terms=terms)
        ledger.save_plan(plan)
        if not dry_run:
            found = sum(len(r.keys) for r in resolved)
            ledger.set_request_state(record.id, "planned", f"{counted(found, 'subject key')}, {counted(plan.rows, 'row')}")
        result = ask(installation, plan, dry_run)
        plans.append({**result, "request": record.id, "subjects": sum(len(r.keys) for r in resolved),
                      "candidates": sum(r.candidates for r in resolved)})
    return {"plans": plans, "digests": [plan["digest"] for plan in plans]}


CATALOGUE["requests.approved"] = disposal_approved


@job("requests.erase")
def requests_erase(installation: Installation, context: RunContext, digest: str) -> Result:
    """Freeze the work of one request and do all of it. Safe to repeat."""
    frozen = disposal_freeze(installation, context, digest)
    return {**disposal_apply(installation, context, digest), "rows": frozen["rows"]}


@job("requests.search")
def requests_search(installation: Installation, context: RunContext, digest: str) -> Result:
    """Look for the person again. ResidualFound when something is left; otherwise `requests.close` may close the request."""
    ledger, plan = installation.ledger, installation.ledger.plan(digest)
    record = ledger.plan_record(plan.digest)
    if record.state == "verified":
        return {"digest": plan.digest, "request": plan.name, "residual": 0, "held": 0}
    if record.state not in ("applying", "residual"):
        raise PlanRefused(f"the plan is {record.state}, so there is nothing to search for", where=plan.name,
                          fix="see what became of the plan; the request stays open until a search finds nothing")
    with installation.tools() as tools:
        work = installation.job(tools, plan)
        notices.owe(ledger, installation.policy, plan)
        verified = verify(tools, work)
        _keep(installation, plan, verified)
        asked.judge(tools, installation.keys, work, verified, plan.name)
    if not verified.held:
        destroy_pseudonym_keys(installation.keys, work)
        ledger.set_state(plan.digest, "verified", "nothing left")
    return {"digest": plan.digest, "request": plan.name, "residual": 0, "held": verified.held}


@job("requests.close")
def requests_close(installation: Installation, context: RunContext, digests: Sequence[str]) -> Result:
    """Close every request whose search found nothing, also of earlier runs: what names the people is removed, the bytes of
    everything at once, then each is closed and its certificate written. An error when a request of `digests` is still open
    for any other reason than a legal hold.
    """
    ledger = installation.ledger
    plans = verified_requests(installation)
    if plans:
        with installation.tools() as tools:
            for plan in plans:
                asked.forget(tools, installation.keys, plan.name, plan.digest)
            purge(tools, *plans)
        for plan in plans:
            ledger.set_request_state(plan.name, "closed", "verified: nothing left")
    planned = {digest: ledger.plan(digest) for digest in digests}
    closed = {p.digest: p for p in (*plans, *planned.values()) if is_closed(installation, p)}
    certificates = [path for plan in closed.values() for path in certify(installation, plan).values()]
    waiting = {p.digest: p for p in planned.values() if p.digest not in closed}
    held = [p.name for p in waiting.values() if any(s["held"] for s in ledger.verification(p.digest) or ())
            and ledger.plan_record(p.digest).state == "applying"]
    still_open = [f"{p.name}: the plan is {ledger.plan_record(p.digest).state}" for p in waiting.values() if p.name not in held]
    if still_open:
        raise PlanRefused(f"{counted(len(still_open), 'request')} of {len(planned)} not closed: {'; '.join(still_open)}",
                          where="requests", fix="each has its reason in its own task; the others are closed, with a certificate each")
    return {"closed": len(closed), "held": len(held), "certificates": certificates}


def verified_requests(installation: Installation) -> list[Plan]:
    """Plans whose search found nothing and whose request is not closed yet."""
    ledger = installation.ledger
    plans = [ledger.plan(record.digest) for record in ledger.plans(kind=Kind.REQUEST, state="verified")]
    return sorted((p for p in plans if not is_closed(installation, p)), key=lambda p: p.name)


def close_one(installation: Installation, context: RunContext, digest: str) -> Result:
    """Search again and close, for one request by hand."""
    searched = requests_search(installation, context, digest)
    return {**searched, **requests_close(installation, context, [searched["digest"]]),
            "state": installation.ledger.request(searched["request"]).state}


def certify(installation: Installation, plan: Plan) -> Result:
    """Write the certificate of a plan to the reports folder, in place of an earlier one. Empty when there is no folder."""
    folder = installation.settings.reports_dir
    if folder is None:
        return {}
    path = folder / f"certificate-{plan.name or plan.digest[:12]}.json"
    return {"certificate": str(write_certificate(installation, plan, path))}


def write_certificate(installation: Installation, plan: Plan, path: Path) -> Path:
    """The certificate of `plan` as a file that appears whole or not at all."""
    from governance.ledger.certificate import certificate
    from governance.report.write import put

    organization = installation.policy.policy.organization
    covered = [f"{u.what}: kept up to {u.horizon.words}, {u.because}" for u in organization.not_covered]
    if plan.kind is Kind.REQUEST:
        covered += release_jobs.still_shown(installation, plan)
    document = certificate(installation.ledger, plan.digest, covered)
    return put(path, json.dumps(document, indent=1, ensure_ascii=False))


# ---- attest --------------------------------------------------------------------------------------------------------

@job("attest.verify")
def attest_verify(installation: Installation, context: RunContext) -> Result:
    """Receipts against the data again, the chain, and whether anybody erased is back."""
    from governance.disposal.returned import returned

    ledger = installation.ledger
    run_id = ledger.start_run("attest", context.dag_id, context.dag_run_id, moment(installation, context))
    findings: list[Finding] = []
    checked = 0
    with installation.tools() as tools:
        for record in ledger.plans():
            if record.state not in ("applying", "applied", "verified"):
                continue
            plan = ledger.plan(record.digest)
            copy_receipts(tools, plan)
            if plan.kind is Kind.RETENTION and plan.policy_digest == installation.policy.digest:
                again = verify(tools, installation.job(tools, plan))
                findings += [Finding(Status.VIOLATION, "attest.residual", r.table, "",
                                     f"plan {plan.digest[:12]} step {r.step}: {r.residual:,} rows are due again or still",
                                     "plan again", r.residual) for r in again.results if r.residual]
            checked += 1
        findings += returned(tools, installation.keys, installation.policy.policy, tools.warehouse.schema())
    findings += release_jobs.look_again(installation, context)
    broken = ledger.first_break()
    if broken is not None:
        raise EvidenceBroken("the evidence chain was altered", where=f"entry {broken.seq}", fix="governance evidence verify")
    ledger.save_findings(run_id, "attest", findings)
    ledger.record("attest.verified", {"plans": checked, "findings": len(findings)})
    ledger.end_run(run_id, "violations" if findings else "done", f"{checked} plans checked again")
    if findings:
        places = "\n  ".join(f"{f.table}{'.' + f.column if f.column else ''}: {f.message}" for f in findings)
        raise ResidualFound(f"looking at the data again found:\n  {places}", where="attest", fix="see the report for remedies")
    return {"run": run_id, "plans": checked, "findings": 0}


@job("attest.anchor")
def attest_anchor(installation: Installation, context: RunContext) -> Result:
    """Write the chain's head outside the ledger, after checking the earlier anchors."""
    from governance.ledger.anchor import anchor

    target, place = installation.settings.anchor, installation.anchors()
    if target is None:
        raise GovernanceError("is not set, so the chain's head cannot be anchored", where="GOVERNANCE_ANCHOR",
                              fix="export GOVERNANCE_ANCHOR=/path/outside/the/ledger/anchors.jsonl, or s3://bucket/ledger")
    return dict(anchor(installation.ledger, target, installation.settings.now(), place=place))


@job("attest.report")
def attest_report(installation: Installation, context: RunContext) -> Result:
    """Write the report of everything in the ledger to the reports folder."""
    from governance.report import write_report

    folder = installation.settings.reports_dir
    if folder is None:
        raise GovernanceError("is not set, so there is no place for the report", where="GOVERNANCE_REPORTS",
                              fix="export GOVERNANCE_REPORTS=/path/to/a/folder")
    path = write_report(installation.ledger, installation.policy, folder, anchor=installation.settings.anchor)
    return {"path": str(path)}


# ---- plans that were begun --------------------------------------------------------------------------------------------

def _begun(installation: Installation, tools: Tools, kind: Kind, name: str) -> Plan | None:
    """A plan that was approved or begun and can still go on; one that cannot is closed as stale."""
    for state in UNFINISHED:
        for record in installation.ledger.plans(kind=kind, name=name, state=state):
            plan = installation.ledger.plan(record.digest)
            same = plan.policy_digest == installation.policy.digest
            if same and plan.schema_digest == tools.warehouse.schema().digest:
                return plan
            copy_receipts(tools, plan)
            tools.warehouse.execute(sql_work.purge_work(plan.digest), name="disposal.purge_work")
            installation.ledger.set_state(plan.digest, "stale", "policy or schema changed before it was finished")
    return None


# The other capabilities bring their jobs along; they need what stands above.
from governance import discover_jobs, reconcile_jobs, release_jobs  # noqa: E402, F401
