"""One page about one request: what was asked, by when, what was found and done, what stays and why. Reads the ledger only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from governance.ledger import Ledger
from governance.policy.load import LoadedPolicy
from governance.report.build import chain, not_covered, notice_lines, plan_done, recorded_on, request_line
from governance.report.model import Chain, NotCovered, NoticeLine, PlanDone, RequestLine


@dataclass(frozen=True, slots=True)
class RequestReport:
    """`line` is the request, `plans` what was made for it, earliest first. No identifier of the person is in it."""

    organization: str
    contact: str
    zone: str
    as_of: datetime
    regime: str
    line: RequestLine
    plans: tuple[PlanDone, ...]
    chain: Chain
    not_covered: tuple[NotCovered, ...]
    policy_digest: str
    recorded: date
    notices: tuple[NoticeLine, ...] = ()

    @property
    def survives(self) -> bool:
        return any(p.kept for p in self.plans)


def build_request(ledger: Ledger, loaded: LoadedPolicy, request_id: str, *, as_of: datetime | None = None) -> RequestReport:
    """Everything about one request. GovernanceError when there is none with this id."""
    organization = loaded.policy.organization
    record = ledger.request(request_id)
    plans = sorted(ledger.plans(kind="request", name=request_id), key=lambda p: p.created_at)
    moment = as_of or max((p.as_of for p in plans), default=None) or ledger.clock()
    regime = next((r.name for r in loaded.policy.regimes if r.key == record.regime), record.regime)
    return RequestReport(
        organization=organization.name, contact=organization.contact, zone=organization.time_zone, as_of=moment, regime=regime,
        line=request_line(record, organization.time_zone), plans=tuple(plan_done(ledger, p) for p in plans),
        chain=chain(ledger), not_covered=not_covered(ledger, loaded, [p.digest for p in plans]),
        policy_digest=loaded.digest, recorded=recorded_on(ledger, organization.time_zone),
        notices=notice_lines(loaded, ledger.notices(source=request_id)))
