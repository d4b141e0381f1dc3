"""Whom to tell what: recipients that were given data of a dataset under a purpose that a plan ends (C16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from governance.disposal import vault
from governance.disposal.apply import Tools
from governance.domain.plan import Action, Ended, Kind, Plan, Step
from governance.keys import Keys
from governance.ledger import Ledger
from governance.ledger.notices import Owed
from governance.policy.load import LoadedPolicy
from governance.policy.model import Recipient

_ENDS = (Action.FILE, Action.REWRITE, Action.END, Action.DELETE)


def owed(loaded: LoadedPolicy, plan: Plan, now: datetime, answer_due: datetime | None = None) -> tuple[Owed, ...]:
    """One notice per recipient, ordered by recipient. An erasure is told for everything it ends; a scheduled plan only for
    purposes that ended because consent is gone: what a recipient keeps after a purpose is achieved is agreed with them.

    `now` is aware; a notice is due at the end of the day its recipient's period says, and never after `answer_due`.
    """
    by_request = plan.kind is Kind.REQUEST
    zone = ZoneInfo(loaded.policy.organization.time_zone)
    found: dict[str, set[str]] = {}
    for step in plan.steps:
        for recipient in _told_of(loaded, step, Ended.REQUEST if by_request else Ended.DISAPPEARED):
            found.setdefault(recipient.key, set()).add(str(step.table))
    source = plan.name if by_request else plan.digest
    notices = []
    for key in sorted(found):
        told = loaded.recipient(key)
        assert told is not None
        day = told.notify_within.after(now.astimezone(zone).date())
        due = datetime.combine(day, time.max, zone).astimezone(UTC).replace(microsecond=0)
        notices.append(Owed(f"{plan.name if by_request else plan.digest[:12]}/{key}", "erasure" if by_request else "withdrawal",
                            source, plan.digest, key, tuple(sorted(found[key])), min(due, answer_due) if answer_due else due))
    return tuple(notices)


def _told_of(loaded: LoadedPolicy, step: Step, ended: Ended) -> Iterator[Recipient]:
    table = loaded.table(step.table)
    if table is None or not step.rows or step.action not in _ENDS:
        return
    groups = [g for g in step.groups if g.cells or step.action is Action.DELETE]
    purposes = {r.purpose for g in groups for r in g.reasons if r.ended is ended}
    for key in table[0].governance.recipients:
        recipient = loaded.recipient(key)
        if recipient is not None and recipient.told and purposes & set(recipient.purposes):
            yield recipient


def owe(ledger: Ledger, loaded: LoadedPolicy, plan: Plan) -> int:
    """Enter what recipients have to be told of a plan that has begun. Safe to repeat. Number of new notices."""
    answer_due = ledger.request(plan.name).due_at if plan.kind is Kind.REQUEST else None
    return ledger.owe(owed(loaded, plan, ledger.clock(), answer_due))


def forget_told(tools: Tools, keys: Keys, request: str) -> bool:
    """Destroy what names the person of a closed request, once no recipient has to be told any more. Whether it is gone."""
    if tools.ledger.request(request).state != "closed" or tools.ledger.notices(source=request, state="due"):
        return False
    if keys.exists(f"vault/{request}"):
        vault.destroy(tools.warehouse, keys, request)
    return True
