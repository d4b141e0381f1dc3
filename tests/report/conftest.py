"""A ledger with a whole story in it: found, validated twice, planned, approved, done, verified, a request, a hold, an anchor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.domain.findings import Finding, Status
from governance.domain.names import ColumnRef, TableRef
from governance.domain.plan import Action, CellGroup, Ended, Kept, Kind, Plan, Reason, Step
from governance.domain.proposal import Decision, Proposal, Role
from governance.domain.receipt import Receipt
from governance.ledger import Ledger
from governance.ledger.anchor import anchor
from governance.policy.load import LoadedPolicy
from tests.tagging.tagging_world import POLICY, load

START = datetime(2026, 9, 1, 6, tzinfo=UTC)
NAME = ColumnRef.parse("crm.customers.name")
LIMIT = 'contact: privacy desk,\n  not_covered: [{what: nightly backups, horizon: P35D, because: "backups end by age"}]'


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Story:
    ledger: Ledger
    loaded: LoadedPolicy
    retention: Plan
    erasure: Plan
    anchors: Path
    clock: Clock


def plan_of(kind: Kind, name: str, rows: int, as_of: datetime, digest: str) -> Plan:
    ended = Ended.REQUEST if kind is Kind.REQUEST else Ended.ACHIEVED
    reason = Reason(ended, "essential.service", "account @ 1", "closed", "2026-08-01")
    step = Step(1, 0, NAME.table, Action.END, (CellGroup(1, ("name",), "null", "me", (reason,), rows),), rows, 1_000)
    late = Step(2, 0, TableRef("audit", "changes"), Action.DELETE, (), 0, 50, late=True)
    kept = (Kept(NAME.table, ("name",), "referenced by finance.invoices", 7),)
    return Plan(kind, name, as_of, digest, "1", "c" * 64, (step, late), kept)


def carry_out(ledger: Ledger, plan: Plan, rows: int, late: int, at: datetime) -> None:
    ledger.save_plan(plan)
    ledger.ask(plan.digest, "plan", "more than 1 %", ["officer"], 1, at + timedelta(days=2))
    ledger.decide(plan.digest, True, "officer", True, "airflow")
    ledger.copy_receipts([Receipt(plan.digest, 1, 1, rows - 1, rows - 2, 1, 1, at),
                          Receipt(plan.digest, 2, 1, late, late, 0, 2, at)])


def result(step: int, planned: int, done: int, *, held: int = 0, gone: int = 0, residual: int = 0) -> dict[str, object]:
    return {"step": step, "table": "crm.customers", "action": "end", "outcome": "depersonalized", "residual": residual,
            "planned": planned, "done": done, "left": planned - done - held - gone, "held": held, "gone": gone}


UNJUDGED = Finding(Status.GAP, "catalog.judged", "crm.devices", "label", "nobody has said", "declare it", None, "marketing")
BROKEN = Finding(Status.VIOLATION, "catalog.consent_living", "crm.subscriptions", "email", "6 of 7 rows have no living consent",
                 "dispose", 6, "marketing")
FINE = Finding(Status.COMPLIANT, "catalog.column", "crm.customers", "name", "all hold")


def validate(ledger: Ledger, name: str, findings: list[Finding], at: datetime) -> None:
    run = ledger.start_run("validate", "validate", name, at)
    ledger.save_findings(run, "validate", findings)
    ledger.end_run(run, "violations" if BROKEN in findings else "done")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    loaded = load(tmp_path / "policy", POLICY.replace("contact: privacy desk", LIMIT))
    url, clock = f"sqlite:///{tmp_path / 'ledger.sqlite'}", Clock()
    Ledger.migrate(url)
    with Ledger.open(url, clock=clock) as ledger:
        yield tell(ledger, loaded, clock, tmp_path / "outside" / "anchors.jsonl")


def tell(ledger: Ledger, loaded: LoadedPolicy, clock: Clock, anchors: Path) -> Story:
    run = ledger.start_run("discover", "discover", "d1", START)
    ledger.save_proposals(run, [Proposal(NAME, "user.name", (), Role.IDENTIFIER, 0.9, "words"), Proposal(
        ColumnRef.parse("crm.devices.label"), "user.content", (), Role.IDENTIFIER, 0.6, "words")], [(NAME, "TEXT")])
    ledger.decide_proposal(NAME, Decision.CONFIRMED, "officer")
    ledger.end_run(run, "done", "2 personal columns")
    validate(ledger, "v1", [BROKEN, UNJUDGED, FINE], START)

    clock.now += timedelta(days=20)
    ledger.place_hold("H-1", "Customs inquiry", "a letter", "officer", "two people", 2)
    retention = plan_of(Kind.RETENTION, "", 40, clock.now, loaded.digest)
    carry_out(ledger, retention, 39, 5, clock.now)
    ledger.save_verification(retention.digest, [result(1, 40, 37, held=2, gone=1), result(2, 5, 5)])
    ledger.set_state(retention.digest, "verified")

    clock.now += timedelta(minutes=1)
    ledger.open_request("R-1", "erasure", ["customer"], "az", clock.now, clock.now + timedelta(days=9), "officer")
    erasure = plan_of(Kind.REQUEST, "R-1", 3, clock.now, loaded.digest)
    carry_out(ledger, erasure, 3, 0, clock.now)
    ledger.set_state(erasure.digest, "applying")
    ledger.set_request_state("R-1", "applying")

    clock.now += timedelta(days=1)
    validate(ledger, "v2", [UNJUDGED, FINE], clock.now)
    anchors.parent.mkdir()
    anchor(ledger, str(anchors), clock.now)
    return Story(ledger, loaded, retention, erasure, anchors, clock)
