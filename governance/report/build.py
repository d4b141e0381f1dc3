"""Build a report from the ledger and the declared policy. Reads only, and never opens the warehouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from governance.domain.evidence import Entry
from governance.domain.findings import JUDGED, Finding, Status
from governance.domain.names import TableRef
from governance.domain.plan import Action, Plan, Step
from governance.domain.proposal import Decision
from governance.domain.receipt import Receipt, Tally
from governance.ledger import Ledger
from governance.ledger.approvals import ApprovalRecord
from governance.ledger.certificate import remains
from governance.ledger.notices import NoticeRecord
from governance.ledger.plans import PlanRecord
from governance.ledger.requests import STANDING, RequestRecord
from governance.policy.load import LoadedPolicy
from governance.report.model import (
    Approved,
    Chain,
    Checked,
    Decided,
    Ending,
    Found,
    HoldLine,
    KeptRows,
    NotCovered,
    NoticeLine,
    PlanDone,
    Report,
    RequestLine,
    RunLine,
    StepDone,
    Unjudged,
    Validated,
)
from governance.report.releases import release_lines
from governance.report.words import ACTS

UNJUDGED_RULE = JUDGED
_MOST_RUNS_BACK = 60


def build_report(ledger: Ledger, loaded: LoadedPolicy, *, since: datetime | None = None, until: datetime | None = None,
                 plan: str | None = None, as_of: datetime | None = None, anchor: str | None = None) -> Report:
    """What happened between `since` and `until` (aware; None: everything, until now), or about one plan (its digest).

    `as_of` is the moment deadlines are judged at: that of the last run when it is not given. `anchor` is the place outside
    whose anchors count, any when it is not given. EvidenceBroken and
    GovernanceError come from the ledger; a broken chain itself is reported, not raised.
    """
    organization = loaded.policy.organization
    entries = [e for e in ledger.entries() if _within(datetime.fromisoformat(e.at), since, until)]
    records = [ledger.plan_record(plan)] if plan else [p for p in ledger.plans() if _within(p.created_at, since, until)]
    runs = [r for r in ledger.runs(since=since, limit=1_000) if _within(r.started_at, since, until)]
    moment = as_of or max((*(r.as_of for r in runs), *(p.as_of for p in records)), default=None) or ledger.clock()
    findings = [f for f in ledger.findings(source="validate") if f.status != Status.COMPLIANT]
    validations = list(_validations(entries))
    requests = [r for r in ledger.requests() if _concerns(r, records if plan else None, since, until)]
    return Report(
        organization=organization.name, contact=organization.contact, zone=organization.time_zone, as_of=moment,
        since=since, until=until, policy_version=organization.policy_version, policy_digest=loaded.digest,
        found=_found(ledger, entries, loaded), validations=tuple(validations), findings=tuple(findings),
        plans=tuple(plan_done(ledger, record) for record in reversed(records)),
        requests=tuple(request_line(r, organization.time_zone) for r in requests),
        holds=tuple(HoldLine(h.id, h.name, h.reason, h.placed_by, h.placed_at, h.lifted_at, h.scope, h.members)
                    for h in ledger.holds(in_force=False) if not until or h.placed_at <= until),
        chain=chain(ledger, anchor), unjudged=tuple(_unjudged(ledger, findings, entries, organization.time_zone)),
        not_covered=not_covered(ledger, loaded, [p.digest for p in records]), recorded=recorded_on(ledger, organization.time_zone),
        runs=tuple(RunLine(r.job, r.started_at, r.outcome or "not ended", r.detail) for r in reversed(runs)),
        attested=tuple(ledger.findings(source="attest")), releases=release_lines(ledger),
        notices=notice_lines(loaded, (n for n in ledger.notices() if n.plan in {p.digest for p in records})),
    )


# ---- plans -----------------------------------------------------------------------------------------------------------

def plan_done(ledger: Ledger, record: PlanRecord) -> PlanDone:
    """One plan with its books: planned, done, left, held and gone per step."""
    plan = ledger.plan(record.digest)
    results = ledger.verification(record.digest)
    receipts = ledger.receipts(record.digest)
    approval = ledger.approval(record.digest)
    begun = bool(receipts) or results is not None
    looks = [r.id for r in ledger.runs(limit=10_000) if r.job == "verify" and r.dag_run_id == record.digest]
    return PlanDone(
        digest=record.digest, kind=plan.kind.value, name=plan.name, as_of=plan.as_of, state=record.state, detail=record.detail,
        policy_version=plan.policy_version, steps=tuple(_step(s, results, receipts, begun) for s in plan.steps),
        kept=tuple(KeptRows(str(k.table), k.columns, k.because, k.rows) for k in plan.kept),
        gaps=plan.findings, approval=approved(approval) if approval else None,
        checks=tuple(_checks(plan, results)) if results is not None else None,
        faults=tuple(ledger.findings(run=looks[0], source="verify")) if looks else ())


def _step(step: Step, results: Iterable[Mapping[str, Any]] | None, receipts: Iterable[Receipt], begun: bool) -> StepDone:
    goes = "go with the row" if step.action is Action.DELETE else ""
    endings = tuple(Ending(g.columns, goes or g.end_state, tuple(str(r) for r in g.reasons), g.cells) for g in step.groups)
    tally = _tally(step, results, receipts) if begun else None
    return StepDone(step.number, str(step.table), ACTS[step.action.value], tally, step.rows, step.of, endings, step.note)


def _tally(step: Step, results: Iterable[Mapping[str, Any]] | None, receipts: Iterable[Receipt]) -> Tally:
    """The books that verification closed, else those that the receipts give so far."""
    for result in results or ():
        if result.get("step") == step.number and "planned" in result:
            return Tally(*(int(result.get(name) or 0) for name in ("planned", "done", "left", "held", "gone")))
    mine = [r for r in receipts if r.step == step.number]
    done, gone = sum(r.changed for r in mine), sum(r.gone for r in mine)
    planned = max(step.rows, done + gone)  # a late step freezes more rows than the plan could count
    return Tally(planned, done, planned - done - gone, 0, gone)


def _checks(plan: Plan, results: Iterable[Mapping[str, Any]]) -> Iterator[Checked]:
    steps = {s.number: s for s in plan.steps}
    for result in results:
        step = steps.get(result.get("step", 0))
        what = ACTS[step.action.value] if step else str(result.get("action") or "all tables")
        table = str(result.get("table") or (step.table if step else ""))
        yield Checked(table, what, int(result.get("residual") or 0), str(result.get("outcome", "")))


def approved(record: ApprovalRecord) -> Approved:
    decided = tuple(Decided(a.user, a.approved, a.at, a.via + ("" if a.authenticated else ", unauthenticated"), a.note)
                    for a in record.deciders)
    return Approved(record.state, record.why, record.approvers, record.people, decided, record.expires_at)


# ---- discovery and validation ------------------------------------------------------------------------------------------

def _found(ledger: Ledger, entries: Iterable[Entry], loaded: LoadedPolicy) -> Found | None:
    from governance.discovery.looks import remembered, summary
    from governance.tagging.uniqueness import kind_names, sentences

    searches = [e for e in entries if e.kind == "proposals"]
    if not searches:
        return None
    last = [e for e in searches if e.body.get("run") == searches[-1].body.get("run")]
    looks = ledger.looks(str(searches[-1].body.get("run")))
    told, findings = remembered(looks), ledger.findings(source="discover")
    records = [r for r in ledger.proposals() if r.stands]
    by_decision = Counter(r.decision for r in records)
    kinds = Counter(r.category for r in records if r.decision != Decision.REJECTED)
    return Found(
        at=datetime.fromisoformat(searches[-1].at), columns_seen=max(int(e.body.get("columns", 0)) for e in last),
        proposed=len(records),
        confirmed=by_decision[Decision.CONFIRMED], rejected=by_decision[Decision.REJECTED], still_open=by_decision[Decision.OPEN],
        kinds=tuple(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
        drift=tuple(f for f in findings if f.rule.startswith("drift.")),
        contradictions=tuple(f for f in findings if not f.rule.startswith("drift.")),
        uniqueness=tuple(sentences(ledger.uniqueness(), kind_names(loaded.policy))),
        looked=summary(told, sum(r.unchanged for r in looks)) if looks else "",
        partly=tuple(look.words for look in told if not look.is_whole))


def _validations(entries: Iterable[Entry]) -> Iterator[Validated]:
    for entry in entries:
        if entry.kind == "findings" and entry.body.get("source") == "validate":
            yield Validated(datetime.fromisoformat(entry.at), *(int(entry.body.get(s.value, 0)) for s in
                                                                (Status.COMPLIANT, Status.VIOLATION, Status.GAP)))


def _unjudged(ledger: Ledger, findings: Iterable[Finding], entries: Iterable[Entry], zone: str) -> Iterator[Unjudged]:
    """Columns nobody has judged, with the day since when validation has said so without a break."""
    now = [f for f in findings if f.rule == UNJUDGED_RULE]
    since: dict[tuple[str, str], date] = {}
    waiting = {(f.table, f.column) for f in now}
    runs = [e for e in entries if e.kind == "findings" and e.body.get("source") == "validate"]
    for entry in reversed(runs[-_MOST_RUNS_BACK:]):
        if not waiting:
            break
        then = ledger.findings(run=str(entry.body["run"]), source="validate")
        waiting &= {(f.table, f.column) for f in then if f.rule == UNJUDGED_RULE}
        since |= dict.fromkeys(waiting, _day(datetime.fromisoformat(entry.at), zone))
    looks = {str(r.proposal.column): r.category for r in ledger.proposals() if r.decision != Decision.REJECTED}
    for finding in now:
        yield Unjudged(finding.table, finding.column, finding.owner, since.get((finding.table, finding.column)),
                       looks.get(str(TableRef.parse(finding.table).column(finding.column)), ""))


# ---- requests, evidence, limits ------------------------------------------------------------------------------------------

def request_line(record: RequestRecord, zone: str) -> RequestLine:
    closed = record.state in ("closed", "refused") or (record.kind in STANDING and record.state == "resolved")
    return RequestLine(record.id, record.kind, record.subject_kinds, record.regime, _day(record.received_at, zone),
                       _day(record.due_at, zone), record.state, record.detail, record.opened_by,
                       _day(record.changed_at, zone) if closed else None)


def _concerns(request: RequestRecord, plans: list[PlanRecord] | None, since: datetime | None, until: datetime | None) -> bool:
    """Whether a request belongs to the report: of the plan, or open at some time in the period."""
    if plans is not None:
        return any(p.kind.value == "request" and p.name == request.id for p in plans)
    ended_before = since is not None and request.state in ("closed", "refused") and request.changed_at < since
    return not ended_before and (until is None or request.received_at <= until)


def chain(ledger: Ledger, anchor: str | None = None) -> Chain:
    """The state of the evidence now: all of it, whatever the period. `anchor` narrows the anchors to one place outside."""
    head, broken = ledger.head(), ledger.first_break()
    anchors = ledger.anchors(anchor)
    last = anchors[-1] if anchors else None
    return Chain(head.seq if head else 0, head.digest if head else "", broken.seq if broken else None,
                 last.seq if last else None, last.at if last else None)


def notice_lines(loaded: LoadedPolicy, records: Iterable[NoticeRecord]) -> tuple[NoticeLine, ...]:
    """Whom to tell, by name where the recipient is still declared."""
    known, zone = {r.key: r for r in loaded.policy.recipients}, loaded.policy.organization.time_zone
    return tuple(NoticeLine(
        n.id, n.cause, n.source if n.cause == "erasure" else n.plan[:12], known[n.recipient].name if n.recipient in known else n.recipient,
        known[n.recipient].notify if n.recipient in known else "", n.tables, _day(n.due_at, zone),
        _day(n.sent_at, zone) if n.sent_at else None, n.sent_by or "") for n in records)


def not_covered(ledger: Ledger, loaded: LoadedPolicy, plans: Sequence[str]) -> tuple[NotCovered, ...]:
    """What the policy names, and where bytes stay on the engine's disks after the purges of `plans` (full digests)."""
    declared = [NotCovered(u.what, u.horizon.words, u.because) for u in loaded.policy.organization.not_covered]
    left = [NotCovered(f"Bytes of ended values in {r['what']}", r["until"], f"the engine keeps them; cleared by {r['cleared_by']}")
            for r in remains(ledger, plans)]
    return (*declared, *left)


def recorded_on(ledger: Ledger, zone: str) -> date:
    """The day of the last entry of the ledger: notices are due by real days, whatever clock judges the data."""
    head = ledger.head()
    return _day(datetime.fromisoformat(head.at) if head else ledger.clock(), zone)


def _within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment <= until)


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()
