"""What a report says, as values. Texts here are names, counts, digests and user ids; no value of a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from governance.domain.findings import Finding, Status
from governance.domain.receipt import Tally
from governance.report.releases import ReleaseLine


class Mark(StrEnum):
    """How a line of the summary is to be read."""

    GOOD = "good"
    WAITING = "waiting"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the summary and the section that tells more."""

    mark: Mark
    text: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What discovery found. `kinds` counts columns per category, most frequent first. `looked` says in a sentence how closely the
    last run looked, `partly` of each table that it looked at in part. `contradictions`: where evidence, people, policy and tags of
    other tools do not agree. `uniqueness`: a sentence per table on whom its quasi-identifiers single out."""

    at: datetime | None
    columns_seen: int
    proposed: int
    confirmed: int
    rejected: int
    still_open: int
    kinds: tuple[tuple[str, int], ...] = ()
    drift: tuple[Finding, ...] = ()
    looked: str = ""
    partly: tuple[str, ...] = ()
    contradictions: tuple[Finding, ...] = ()
    uniqueness: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Validated:
    """One run of validate: how many columns it judged how."""

    at: datetime
    compliant: int
    violation: int
    gap: int


@dataclass(frozen=True, slots=True)
class Decided:
    """One person's answer. `user` is a user id."""

    user: str
    approved: bool
    at: datetime | None
    via: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval that was asked for. `state`: waiting, approved, rejected or expired."""

    state: str
    why: str
    asked_of: tuple[str, ...]
    people: int
    decided: tuple[Decided, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """Columns that end together in a step: what they become and why."""

    columns: tuple[str, ...]
    becomes: str
    reasons: tuple[str, ...]
    cells: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step with its books: `tally` is None before anything was frozen. `of` rows were in the table."""

    number: int
    table: str
    act: str
    tally: Tally | None
    planned: int
    of: int
    endings: tuple[Ending, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeptRows:
    table: str
    columns: tuple[str, ...]
    because: str
    rows: int


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that was looked at again in the data after the plan. `left` rows should not be there any more."""

    table: str
    what: str
    left: int
    outcome: str


@dataclass(frozen=True, slots=True)
class PlanDone:
    """One plan from its making to its verification. `gaps` are cells it could not judge, `faults` what verification found."""

    digest: str
    kind: str
    name: str
    as_of: datetime
    state: str
    detail: str
    policy_version: str
    steps: tuple[StepDone, ...]
    kept: tuple[KeptRows, ...] = ()
    gaps: tuple[Finding, ...] = ()
    approval: Approved | None = None
    checks: tuple[Checked, ...] | None = None
    faults: tuple[Finding, ...] = ()

    @property
    def title(self) -> str:
        """``Scheduled disposal`` or ``Erasure request R-7``."""
        return {"retention": "Scheduled disposal", "request": f"Request {self.name}", "release": f"Release {self.name}",
                "reconcile": f"Reconciliation {self.name}"}.get(self.kind, self.kind)

    @property
    def short(self) -> str:
        return self.digest[:12]

    @property
    def busy(self) -> tuple[StepDone, ...]:
        """Steps with rows, planned or done."""
        return tuple(s for s in self.steps if s.planned or (s.tally and s.tally.planned))

    @property
    def idle(self) -> tuple[StepDone, ...]:
        """Steps that were counted and had nothing due."""
        return tuple(s for s in self.steps if s not in self.busy)

    @property
    def begun(self) -> bool:
        return any(s.tally is not None for s in self.steps)

    @property
    def total(self) -> Tally:
        """The sum of the books of all steps; what was never frozen counts as left."""
        tallies = [s.tally or Tally(s.planned, 0, s.planned, 0, 0) for s in self.steps]
        return Tally(*(sum(getattr(t, name) for t in tallies) for name in ("planned", "done", "left", "held", "gone")))

    @property
    def balanced(self) -> bool:
        return all(s.tally is None or s.tally.balanced for s in self.steps)

    @property
    def residual(self) -> int:
        return sum(c.left for c in self.checks or ())


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request of a data subject. `subject_kinds` are kinds, never people."""

    request: str
    kind: str
    subject_kinds: tuple[str, ...]
    regime: str
    received: date
    due: date
    state: str
    detail: str = ""
    opened_by: str = ""
    closed: date | None = None

    @property
    def is_open(self) -> bool:
        return self.state not in ("closed", "refused")

    def late(self, today: date) -> bool:
        return self.due < (self.closed or today)


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One recipient that has to be told. `about` is a request or the beginning of a plan's digest; `sent` None until then."""

    notice: str
    cause: str
    about: str
    recipient: str
    how: str
    tables: tuple[str, ...]
    due: date
    sent: date | None = None
    sent_by: str = ""

    def late(self, today: date) -> bool:
        return self.due < (self.sent or today)


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A legal hold. `members` counts the subjects it covers where that is known."""

    hold: str
    name: str
    reason: str
    placed_by: str
    placed: datetime | None
    lifted: datetime | None
    scope: str = ""
    members: int = 0

    @property
    def in_force(self) -> bool:
        return self.lifted is None


@dataclass(frozen=True, slots=True)
class Chain:
    """The state of the evidence. `broken_at` is the number of the first entry that does not fit, None when intact."""

    entries: int
    head: str
    broken_at: int | None = None
    anchored_seq: int | None = None
    anchored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A column nobody has judged. `since` is when it was first seen or reported."""

    table: str
    column: str
    owner: str
    since: date | None
    looks_like: str = ""

    def days(self, today: date) -> int | None:
        return (today - self.since).days if self.since else None


@dataclass(frozen=True, slots=True)
class NotCovered:
    what: str
    horizon: str
    because: str


@dataclass(frozen=True, slots=True)
class RunLine:
    job: str
    at: datetime
    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class Report:
    """Everything one page needs. `since` and `until` are the period, None for all and now.

    `recorded` is the day of the last entry of the ledger; ages count up to it, because `as_of` may be a fixed clock.
    `findings` are violations and gaps of the last validation, `attested` those of the last look at data done with."""

    organization: str
    contact: str
    zone: str
    as_of: datetime
    since: datetime | None
    until: datetime | None
    policy_version: str
    policy_digest: str
    found: Found | None
    validations: tuple[Validated, ...]
    findings: tuple[Finding, ...]
    plans: tuple[PlanDone, ...]
    requests: tuple[RequestLine, ...]
    holds: tuple[HoldLine, ...]
    chain: Chain
    unjudged: tuple[Unjudged, ...]
    not_covered: tuple[NotCovered, ...]
    recorded: date
    runs: tuple[RunLine, ...] = ()
    attested: tuple[Finding, ...] = ()
    notices: tuple[NoticeLine, ...] = ()
    releases: tuple[ReleaseLine, ...] = ()

    @property
    def violations(self) -> tuple[Finding, ...]:
        return of_status(self.findings, Status.VIOLATION)

    @property
    def gaps(self) -> tuple[Finding, ...]:
        return of_status(self.findings, Status.GAP)

    @property
    def today(self) -> date:
        return self.as_of.date()


def of_status(findings: Iterable[Finding], status: Status) -> tuple[Finding, ...]:
    return tuple(f for f in findings if f.status == status)
