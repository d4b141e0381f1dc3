"""Plans, states, receipts and verification as the ledger keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from governance.domain.errors import EvidenceBroken, GovernanceError
from governance.domain.plan import Kind
from governance.ledger import STATES, Ledger
from tests.ledger.samples import NOON, make_plan, receipt, result


def test_a_plan_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    plan = make_plan(10, 20)
    ledger.save_plan(plan)
    assert ledger.plan(plan.digest) == plan
    assert ledger.plan(plan.digest[:6]) == plan
    [record] = ledger.plans()
    assert record == ledger.plan_record(plan.digest[:8])
    assert (record.digest, record.kind, record.name, record.as_of, record.state, record.rows) == (
        plan.digest, Kind.RETENTION, "", NOON, "planned", 30)


def test_saving_a_plan_again_changes_nothing(ledger: Ledger) -> None:
    plan = make_plan(10)
    ledger.save_plan(plan)
    ledger.set_state(plan.digest, "rejected", "by the officer")
    head = ledger.head()
    ledger.save_plan(plan)
    assert ledger.head() == head
    assert ledger.plan_record(plan.digest).state == "rejected"


def test_plans_are_listed_latest_first_although_the_clock_stands_still(ledger_url: str) -> None:
    with Ledger.open(ledger_url, clock=lambda: NOON) as ledger:
        plans = [make_plan(n) for n in range(1, 9)]
        for plan in plans:
            ledger.save_plan(plan)
        assert [r.digest for r in ledger.plans()] == [p.digest for p in reversed(plans)]
        assert {r.created_at for r in ledger.plans()} == {NOON}


def test_an_unknown_an_ambiguous_and_a_malformed_digest_are_refused(ledger: Ledger) -> None:
    plans = {}
    for n in range(3_000):
        plan = make_plan(n)
        if plan.digest[:4] in plans:
            ledger.save_plan(plan)
            ledger.save_plan(plans[plan.digest[:4]])
            break
        plans[plan.digest[:4]] = plan
    with pytest.raises(GovernanceError, match="several plans"):
        ledger.plan(plan.digest[:4])
    with pytest.raises(GovernanceError, match="no such plan"):
        ledger.plan("f" * 64 if plan.digest != "f" * 64 else "e" * 64)
    for wrong in ("", "abc", "%%%%", "ABCD", "zzzz", "f" * 65):
        with pytest.raises(GovernanceError, match="not the digest of a plan"):
            ledger.plan(wrong)


def test_an_altered_plan_is_not_given_out(ledger: Ledger) -> None:
    plan = make_plan(10)
    ledger.save_plan(plan)
    for forged in ("UPDATE plan SET body = replace(body, 'phone', 'email')", "UPDATE plan SET body = '{}'"):
        with ledger.writing() as connection:
            connection.exec_driver_sql(forged)
        with pytest.raises(EvidenceBroken, match="not the one that was saved"):
            ledger.plan(plan.digest)


def test_every_change_of_state_is_evidence_once(ledger: Ledger) -> None:
    plan = make_plan(10)
    ledger.save_plan(plan)
    for state in STATES[1:]:
        ledger.set_state(plan.digest, state, f"now {state}")
        ledger.set_state(plan.digest, state, f"now {state}")
    changes = [e.body["to"] for e in ledger.entries() if e.kind == "plan.state"]
    assert changes == list(STATES[1:])
    assert [p.digest for p in ledger.plans(state="closed")] == [plan.digest]
    assert ledger.plans(state="planned") == []
    with pytest.raises(GovernanceError, match="no plan state 'done'"):
        ledger.set_state(plan.digest, "done")
    with pytest.raises(GovernanceError, match="no such plan"):
        ledger.set_state("0" * 64, "applied")


def test_plans_are_found_by_kind_and_name(ledger: Ledger) -> None:
    one, two = make_plan(1, kind=Kind.REQUEST, name="R-1"), make_plan(1, kind=Kind.RETENTION)
    ledger.save_plan(one)
    ledger.save_plan(two)
    assert [p.digest for p in ledger.plans(kind=Kind.REQUEST)] == [one.digest]
    assert [p.digest for p in ledger.plans(kind="retention")] == [two.digest]
    assert [p.digest for p in ledger.plans(name="R-1")] == [one.digest]


def test_receipts_are_copied_once(ledger: Ledger) -> None:
    plan = make_plan(100)
    batches = [receipt(plan, 1, n) for n in range(1, 6)]
    assert ledger.copy_receipts(batches[:3]) == 3
    assert ledger.copy_receipts([*batches, batches[4]]) == 2
    head = ledger.head()
    assert ledger.copy_receipts(reversed(batches)) == 0
    assert ledger.copy_receipts([]) == 0
    assert ledger.head() == head
    assert ledger.receipts(plan.digest) == batches
    assert ledger.receipts("0" * 64) == []
    assert [len(e.body["receipts"]) for e in ledger.entries() if e.kind == "receipts"] == [3, 2]


def test_a_receipt_that_changed_its_story_is_refused(ledger: Ledger) -> None:
    one = receipt("p", changed=10)
    ledger.copy_receipts([one])
    for other in (replace(one, changed=9, matched=9), replace(one, at=one.at + timedelta(seconds=1))):
        with pytest.raises(EvidenceBroken, match="not the one copied before"):
            ledger.copy_receipts([other])
    with pytest.raises(EvidenceBroken, match="not the one copied before"):
        ledger.copy_receipts([receipt("q", 1, 1, 5), receipt("q", 1, 1, 6)])
    assert ledger.receipts("p") == [one]
    assert ledger.receipts("q") == []


def test_a_thousand_receipts_are_a_few_statements(ledger: Ledger) -> None:
    plan, statements = make_plan(10_000), []
    event.listen(ledger.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    ledger.copy_receipts(receipt(plan, 1, n) for n in range(1_000))
    assert len(ledger.receipts(plan.digest)) == 1_000
    assert len(statements) <= 12


def test_the_last_verification_counts(ledger: Ledger) -> None:
    plan = make_plan(10)
    assert ledger.verification(plan.digest) is None
    ledger.save_verification(plan.digest, [result(1, 10, 9, left=1)])
    ledger.save_verification(plan.digest, [result(1, 10, 10)])
    assert ledger.verification(plan.digest) == [result(1, 10, 10)]
    assert [e.body["results"][0]["left"] for e in ledger.entries() if e.kind == "verification"] == [1, 0]
