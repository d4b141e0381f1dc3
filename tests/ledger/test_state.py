"""Runs, findings, proposals, requests, suppression and staff."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.domain.errors import GovernanceError
from governance.domain.findings import Finding, Status
from governance.domain.names import ColumnRef, TableRef
from governance.domain.proposal import Decision, Proposal, Role
from governance.ledger import REQUEST_STATES, Ledger
from tests.ledger.samples import NOON, Clock


def test_another_try_of_a_run_is_the_same_run(ledger: Ledger) -> None:
    run = ledger.start_run("dispose", "dispose", "manual__1", NOON)
    ledger.end_run(run, "failed", "warehouse gone")
    assert ledger.start_run("dispose", "dispose", "manual__1", NOON) == run
    [open_again] = ledger.runs()
    assert (open_again.outcome, open_again.ended_at) == (None, None)
    ledger.end_run(run, "done", "")
    assert ledger.runs()[0].outcome == "done"
    assert ledger.start_run("verify", "dispose", "manual__1", NOON) != run
    assert ledger.start_run("dispose", "", "", NOON) != ledger.start_run("dispose", "", "", NOON)
    with pytest.raises(GovernanceError, match="no such run"):
        ledger.end_run("nowhere", "done", "")


def test_runs_are_listed_latest_first(ledger_url: str) -> None:
    clock = Clock()
    with Ledger.open(ledger_url, clock=clock) as ledger:
        runs = []
        for n in range(4):
            runs.append(ledger.start_run("discover", "discover", f"r{n}", NOON))
            clock.tick(hours=1)
        assert [r.id for r in ledger.runs()] == runs[::-1]
        assert [r.id for r in ledger.runs(limit=2)] == [runs[3], runs[2]]
        assert [r.id for r in ledger.runs(since=NOON + timedelta(hours=2))] == [runs[3], runs[2]]


def finding(rule: str, status: Status = Status.GAP, rows: int | None = None) -> Finding:
    return Finding(status, rule, "shop.orders", 'a "quoted" column', "message", "remedy", rows, "ops")


def test_findings_of_the_latest_run_of_each_source(ledger: Ledger) -> None:
    ledger.save_findings("r1", "validate", [finding("b"), finding("a", Status.VIOLATION, 7)])
    ledger.save_findings("r1", "drift", [finding("d")])
    ledger.save_findings("r2", "validate", [finding("c")])
    assert ledger.findings(source="validate") == [finding("c")]
    assert ledger.findings() == [finding("d"), finding("c")]
    assert ledger.findings(run="r1", source="validate") == [finding("b"), finding("a", Status.VIOLATION, 7)]
    assert ledger.findings(run="r1") == [finding("d"), finding("b"), finding("a", Status.VIOLATION, 7)]
    ledger.save_findings("r3", "validate", [])
    assert ledger.findings(source="validate") == []


def test_saving_findings_again_replaces_them(ledger: Ledger) -> None:
    ledger.save_findings("r1", "validate", [finding("a"), finding("b")])
    ledger.save_findings("r1", "validate", [finding("c")])
    assert ledger.findings(run="r1") == [finding("c")]


ORDERS = TableRef("shop", "orders")
PHONE, NOTE = ORDERS.column("phone"), TableRef("sh.op", 'or"ders').column("qeyd ə")


def proposal(column: ColumnRef, category: str = "user.contact.phone_number") -> Proposal:
    return Proposal(column, category, ("user.name",), Role.IDENTIFIER, 0.93, "name and pattern agree")


def seen(**types: str) -> list[tuple[ColumnRef, str]]:
    return [(ORDERS.column(name), type_) for name, type_ in types.items()]


def test_decisions_survive_every_run_of_discovery(ledger: Ledger) -> None:
    ledger.save_proposals("r1", [proposal(PHONE), proposal(NOTE, "user.content")], seen(phone="text"))
    ledger.decide_proposal(PHONE, Decision.CONFIRMED, "emin", category="user.contact")
    ledger.decide_proposal(str(NOTE), "rejected", "emin")
    ledger.save_proposals("r2", [proposal(PHONE, "user.name"), proposal(ORDERS.column("x"))], seen(phone="text"))
    found = {r.proposal.column: r for r in ledger.proposals()}
    assert (found[PHONE].decision, found[PHONE].category, found[PHONE].by) == (Decision.CONFIRMED, "user.contact", "emin")
    assert found[PHONE].proposal == proposal(PHONE, "user.name")
    assert (found[NOTE].decision, found[NOTE].current) == (Decision.REJECTED, False)
    assert found[ORDERS.column("x")].decision == Decision.OPEN
    assert [r.proposal.column for r in ledger.proposals(Decision.CONFIRMED)] == [PHONE]
    assert [r.proposal.column for r in ledger.proposals("open")] == [ORDERS.column("x")]


def test_a_proposal_nobody_decided_goes_when_discovery_drops_it(ledger: Ledger) -> None:
    ledger.save_proposals("r1", [proposal(PHONE)], [])
    ledger.save_proposals("r2", [], [])
    assert ledger.proposals() == []
    ledger.save_proposals("r3", [proposal(PHONE)], [])
    assert [r.current for r in ledger.proposals()] == [True]


def test_decisions_come_all_or_none(ledger: Ledger) -> None:
    ledger.save_proposals("r1", [proposal(PHONE)], [])
    with pytest.raises(GovernanceError, match=r"shop\.orders\.none"):
        ledger.decide_proposals([(PHONE, "confirmed", None), (ORDERS.column("none"), "confirmed", None)], "emin")
    assert [r.decision for r in ledger.proposals()] == [Decision.OPEN]
    ledger.decide_proposals([(PHONE, "confirmed", None)], "emin")
    ledger.decide_proposal(PHONE, Decision.OPEN, "emin")
    assert [r.decision for r in ledger.proposals()] == [Decision.OPEN]


def test_drift_is_what_changed_since_the_run_before(ledger: Ledger) -> None:
    first = seen(phone="text", age="integer")
    assert ledger.drift(first) == ((), (), ())
    ledger.save_proposals("r1", [], first)
    assert ledger.drift(first) == ((), (), ())
    second = [*seen(age="bigint"), (NOTE, "text")]
    expected = ((NOTE,), (PHONE,), ((ORDERS.column("age"), "integer", "bigint"),))
    assert ledger.drift(second) == expected
    assert ledger.drift(second, run="r2") == expected
    ledger.save_proposals("r2", [], second)
    assert ledger.drift(second) == ((), (), ())
    assert ledger.drift(second, run="r2") == expected, "another try of the run says the same"
    ledger.save_proposals("r2", [], second)
    assert ledger.drift(second, run="r2") == expected
    ledger.save_proposals("r3", [], [])
    assert ledger.drift([]) == ((), (), ())


def test_a_request_moves_through_its_states(ledger: Ledger) -> None:
    due = NOON + timedelta(days=9)
    for _ in range(2):
        ledger.open_request("R-1", "erasure", ("customer", "recipient"), "az", NOON, due, "leyla")
    with pytest.raises(GovernanceError, match="another request has this id"):
        ledger.open_request("R-1", "access", ("customer",), "az", NOON, due, "leyla")
    for state in REQUEST_STATES[1:]:
        ledger.set_request_state("R-1", state, f"now {state}")
        ledger.set_request_state("R-1", state, f"now {state}")
    record = ledger.request("R-1")
    assert (record.request_id, record.subject_kinds) == ("R-1", ("customer", "recipient"))
    assert (record.due_at, record.state) == (due, "failed")
    assert [e.kind for e in ledger.entries()] == ["request.opened"] + ["request.state"] * 7
    with pytest.raises(GovernanceError, match="no request state"):
        ledger.set_request_state("R-1", "done")
    for call in (lambda: ledger.request("R-2"), lambda: ledger.set_request_state("R-2", "closed")):
        with pytest.raises(GovernanceError, match="no such request"):
            call()


def test_requests_are_listed_by_deadline(ledger: Ledger) -> None:
    for n, days in enumerate([9, 3, 30]):
        ledger.open_request(f"R-{n}", "erasure", ["customer"], "az", NOON, NOON + timedelta(days=days), "leyla")
    ledger.set_request_state("R-2", "closed")
    assert [r.id for r in ledger.requests()] == ["R-1", "R-0", "R-2"]
    assert [r.id for r in ledger.requests("received")] == ["R-1", "R-0"]


keys = st.tuples(st.sampled_from(["customer", "recipient"]), st.sampled_from(["email", "phone"]), st.sampled_from(["1", "2"]),
                 st.sampled_from([f"{n:064x}" for n in range(12)]))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(keys, max_size=8), max_size=3), asked=st.lists(keys, max_size=8))
def test_suppressed_is_exactly_what_was_entered(ledger: Ledger, batches: list[list[tuple[str, ...]]],
                                                asked: list[tuple[str, ...]]) -> None:
    ledger.purge_suppression(NOON + timedelta(days=2))
    for batch in batches:
        ledger.suppress(batch, "R-1", NOON, NOON + timedelta(days=1))  # type: ignore[arg-type]
    entered = {key for batch in batches for key in batch}
    hashes = [key[3] for key in asked]
    for kind, form, version, _ in asked:
        for who in (kind, None):
            assert ledger.suppressed(who, form, version, hashes) == {
                h for k, f, v, h in entered if h in hashes and (f, v) == (form, version) and who in (None, k)}
    assert sum(count for *_, count in ledger.suppression_keys()) == len(entered)


def test_suppression_of_many_is_complete_and_purged_after_its_time(ledger: Ledger) -> None:
    many = [("customer", "email", "1", f"{n:064x}") for n in range(2_500)]
    assert ledger.suppress(many, "R-1", NOON, NOON + timedelta(days=1)) == 2_500
    assert ledger.suppress(many, "R-2", NOON, None) == 0
    assert ledger.suppress([("customer", "email", "1", "f" * 64)], "R-2", NOON, None) == 1
    assert len(ledger.suppressed("customer", "email", "1", [m[3] for m in many])) == 2_500
    assert ledger.purge_suppression(NOON + timedelta(days=1)) == 0
    assert ledger.purge_suppression(NOON + timedelta(days=1, seconds=1)) == 2_500
    assert ledger.suppressed(None, "email", "1", [many[0][3], "f" * 64]) == {"f" * 64}


def test_a_name_can_be_erased_and_nothing_else_changes(ledger: Ledger) -> None:
    ledger.name_person("leyla", "Leyla Quliyeva")
    ledger.name_person("leyla", "Leyla Əliyeva")
    ledger.open_request("R-1", "erasure", ["customer"], "az", NOON, NOON, "leyla")
    assert ledger.person("leyla") == "Leyla Əliyeva"
    assert ledger.erase_person("leyla") is True
    assert ledger.erase_person("leyla") is False
    assert ledger.person("leyla") is None
    assert ledger.request("R-1").opened_by == "leyla"
    assert ledger.first_break() is None


def test_purging_leaves_what_was_not_deleted(ledger: Ledger) -> None:
    ledger.name_person("leyla", "Leyla")
    kept = ledger.commit_subject("customer:1")
    ledger.unlink_subject(ledger.commit_subject("customer:2"))
    ledger.purge()
    assert ledger.person("leyla") == "Leyla"
    assert ledger.subject_matches(kept, "customer:1") is True
    ledger.record("step", {})
    assert ledger.first_break() is None
