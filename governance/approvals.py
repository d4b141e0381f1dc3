"""When a plan has to wait for somebody, how it is asked, and how a plan looks to the one who is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from governance.domain.errors import ApprovalMissing, GovernanceError
from governance.domain.plan import Kind, Plan
from governance.installation import Installation

Result = dict[str, Any]


def approval_needed(installation: Installation, plan: Plan) -> list[str]:
    """Why a plan has to wait for somebody, in words; empty when it need not."""
    approvals = installation.policy.policy.approvals
    if not plan.rows or _all_held(plan):
        return []
    why: list[str] = []
    if plan.kind is Kind.REQUEST and approvals.approvers.get("request"):
        why.append("the policy asks for an approval of every request")
    if plan.kind is Kind.RELEASE:
        why += _shows_anew(installation, plan)
    large = sorted((s for s in plan.steps if s.of and s.rows / s.of > approvals.approve_above), key=lambda s: -s.rows / s.of)
    if large:
        worst = ", ".join(f"{s.action} {s.table} ({s.rows:,} of {s.of:,} rows)" for s in large[:3])
        more = f" and {len(large) - 3} more" if len(large) > 3 else ""
        why.append(f"{len(large)} steps touch more than {approvals.approve_above:.0%} of their table: {worst}{more}")
    if not installation.ledger.policy_approved(plan.policy_digest):
        why.append(f"the policy (digest {plan.policy_digest[:12]}) has not been approved yet")
    return why


def _shows_anew(installation: Installation, plan: Plan) -> list[str]:
    """Why a release has to be looked at: readers have not seen it before, or would see other columns or levels."""
    shown_now = installation.ledger.shown_release(plan.name)
    if shown_now is None:
        return ["nothing of this release has been shown before"]
    if shown_now.plan == plan.digest:
        return []
    before = {(g.columns, g.end_state) for s in installation.ledger.plan(shown_now.plan).steps for g in s.groups}
    now = {(g.columns, g.end_state) for s in plan.steps for g in s.groups}
    names = sorted({", ".join(columns) for columns, _ in before ^ now})
    return [f"version {shown_now.version} shows something else of {'; '.join(names)}"] if names else []


def _all_held(plan: Plan) -> bool:
    """Whether nothing is due but rows that a legal hold covers, so that carrying the plan out changes nothing."""
    held = {k.table: k.rows for k in plan.kept if k.because == "legal hold"}
    return all(step.rows <= held.get(step.table, 0) for step in plan.steps)


def ask(installation: Installation, plan: Plan, dry_run: bool) -> Result:
    """Ask for the approvals a new plan needs; the plan as callers see it."""
    why = approval_needed(installation, plan)
    if why and not dry_run:
        approvals = installation.policy.policy.approvals
        approvers = approvals.approvers.get(plan.kind.value, ())
        if not approvers:
            raise GovernanceError(f"nobody may approve {plan.kind} plans", where="policy approvals", fix="name `approvers:`")
        now = datetime.now(UTC)
        expires = datetime.combine(approvals.expires.after(now.date()), time(now.hour, now.minute, now.second), UTC)
        installation.ledger.ask(plan.digest, "plan", "; ".join(why), approvers, approvals.people, expires)
        installation.ledger.set_state(plan.digest, "waiting", "; ".join(why)[:500])
    return shown(installation, plan)


def require_approval(installation: Installation, plan: Plan) -> None:
    """ApprovalMissing unless the plan needs nobody's agreement or has it."""
    record = installation.ledger.approval(plan.digest)
    if record is not None and record.state == "approved":
        return
    if record is None and not approval_needed(installation, plan):
        return
    state = record.state if record else "not asked for"
    over = state in ("rejected", "expired")
    fix = "talk to the approver, then make a new plan" if over else (
        f"governance approve {plan.digest[:12]}, or answer in Airflow under Required Actions")
    raise ApprovalMissing(f"the approval is {state}", where=f"plan {plan.digest[:12]}", fix=fix)


def shown(installation: Installation, plan: Plan) -> Result:
    """A plan as tasks and the command line pass it on."""
    why = approval_needed(installation, plan)
    record = installation.ledger.approval(plan.digest)
    approvals = installation.policy.policy.approvals
    day = date(2000, 1, 1)
    waiting = bool(why) and (record is None or record.state == "waiting")
    parts = [(c, [str(s.table) for s in plan.steps_of(c) if s.rows] or [str(s.table) for s in plan.steps_of(c)])
             for c in plan.chunks] or [(0, [])]
    return {
        "digest": plan.digest, "rows": plan.rows, "summary": summary(plan),
        "approval": {"needed": waiting, "why": "; ".join(why), "approvers": list(approvals.approvers.get(plan.kind.value, ())),
                     "people": approvals.people, "expires_hours": (approvals.expires.after(day) - day).days * 24.0},
        "chunks": [{"digest": plan.digest, "chunk": c, "label": label(names)} for c, names in parts],
    }


def summary(plan: Plan) -> str:
    """A plan in a few lines for the person who approves it."""
    lines = [f"{plan.kind} plan {plan.digest[:12]} {plan.name}".rstrip() + f", as of {plan.as_of:%Y-%m-%d %H:%M} UTC: "
             f"{plan.rows:,} rows in {sum(1 for s in plan.steps if s.rows)} steps"]
    lines += [f"- {step}" for step in plan.steps if step.rows]
    lines += [f"- kept {k.table}: {k.rows:,} rows, {k.because}" for k in plan.kept]
    return "\n".join(lines)


def label(names: Sequence[str]) -> str:
    """Tables as a short label: the first, and how many more."""
    unique = list(dict.fromkeys(names))
    if not unique:
        return "nothing"
    return unique[0] if len(unique) == 1 else f"{unique[0]} + {len(unique) - 1} more"
