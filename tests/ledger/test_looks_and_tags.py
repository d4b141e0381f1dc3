"""What is remembered of looks, of uniqueness and of tags declared elsewhere, on both engines; and what a decision was made about."""

# ruff: noqa: E501 -- tables of examples
from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from governance.domain.names import ColumnRef, TableRef
from governance.domain.proposal import Decision
from governance.ledger import Ledger
from governance.ledger.looks import LookRecord, UniquenessRecord
from governance.ledger.tags import TagRecord
from tests.ledger.samples import NOON, Clock
from tests.ledger.test_state import NOTE, ORDERS, PHONE, proposal, seen

OTHER = TableRef("sh.op", 'or"ders')


def current(ledger: Ledger) -> set[ColumnRef]:
    return {r.proposal.column for r in ledger.proposals() if r.current}


def test_a_look_replaces_the_one_before_and_keeps_who_read_the_values(ledger_url: str) -> None:
    clock = Clock()
    with Ledger.open(ledger_url, clock=clock) as ledger:
        ledger.save_looks("r1", [LookRecord(ORDERS, "full", 10, 10, fingerprint="f", recognizers="v", person=0.25, linked=0.5, run="r1", read_in="r1"),
                                 LookRecord(OTHER, "quick", 100, 40, True, run="r1", read_in="r1")])
        first = {look.table: look for look in ledger.looks()}
        assert first[ORDERS] == LookRecord(ORDERS, "full", 10, 10, False, "f", "v", 0.25, 0.5, "r1", "r1", NOON)
        assert not first[ORDERS].unchanged
        clock.tick(hours=1)
        for _ in range(2):
            ledger.save_looks("r2", [replace(first[ORDERS], run="r2")])
        again = {look.table: look for look in ledger.looks()}
        assert (again[ORDERS].unchanged, again[ORDERS].at, again[ORDERS].run) == (True, NOON, "r2")
        assert again[OTHER] == first[OTHER]
        assert [look.table for look in ledger.looks("r2")] == [ORDERS]
        ledger.save_uniqueness("r2", {ORDERS: [UniquenessRecord(ORDERS, ("city",), "customer", 10, 4)]})
        ledger.forget_looks([ORDERS])
        assert [look.table for look in ledger.looks()] == [OTHER]
        assert ledger.uniqueness() == []
        assert [e.body["unchanged"] for e in ledger.entries() if e.kind == "looks"] == [0, 1, 1]
        assert NOON + timedelta(hours=1) == clock()


def test_what_was_measured_of_a_table_is_replaced_as_a_whole(ledger: Ledger) -> None:
    two = [UniquenessRecord(ORDERS, ("city",), "customer", 10, 4), UniquenessRecord(ORDERS, ("city", 'bo"rn'), "customer", 10, 9)]
    ledger.save_uniqueness("r1", {ORDERS: two, OTHER: [UniquenessRecord(OTHER, ("x",), "", 0, 0)]})
    assert [replace(m, run="") for m in ledger.uniqueness() if m.table == ORDERS] == two
    assert [m.share for m in ledger.uniqueness()] == [0.0, 0.4, 0.9]
    ledger.save_uniqueness("r2", {ORDERS: []})
    assert [m.table for m in ledger.uniqueness()] == [OTHER]


def test_tags_of_one_origin_replace_those_it_gave_before_and_no_decision(ledger: Ledger) -> None:
    ledger.save_proposals("r1", [proposal(PHONE)], seen(phone="text"))
    ledger.decide_proposal(PHONE, Decision.REJECTED, "emin")
    ledger.save_tags("dbt:a.yml", [TagRecord("dbt:a.yml", PHONE, ("user.contact.email",), ("essential.service",)),
                                   TagRecord("dbt:a.yml", NOTE, ())], "dana")
    ledger.save_tags("fides:b.yml", [TagRecord("fides:b.yml", PHONE, ("user", "system.operations"))], "emin")
    assert [(t.origin, t.column, t.categories, t.personal, t.by) for t in ledger.tags()] == [
        ("dbt:a.yml", NOTE, (), (), "dana"),
        ("dbt:a.yml", PHONE, ("user.contact.email",), ("user.contact.email",), "dana"),
        ("fides:b.yml", PHONE, ("user", "system.operations"), ("user",), "emin")]
    ledger.save_tags("dbt:a.yml", [], "dana")
    assert [t.origin for t in ledger.tags()] == ["fides:b.yml"]
    [record] = ledger.proposals()
    assert (record.decision, record.by) == (Decision.REJECTED, "emin")
    assert ledger.first_break() is None


def test_what_is_believed_of_other_tables_stays_and_unchanged_ones_are_taken_over(ledger: Ledger) -> None:
    ledger.save_proposals("r1", [proposal(PHONE), proposal(NOTE)], [*seen(phone="text"), (NOTE, "text")])
    ledger.save_proposals("r2", [], [], tables={ORDERS})
    assert current(ledger) == {NOTE}
    ledger.save_proposals("r2", [proposal(PHONE)], [], tables={ORDERS}, unchanged={OTHER})
    assert {r.proposal.column: r.run for r in ledger.proposals()} == {PHONE: "r2", NOTE: "r2"}
    ledger.save_proposals("r3", [], seen(phone="text"), tables=())
    assert current(ledger) == {PHONE}, "the other column is gone from the warehouse"
    assert ledger.columns_seen() == dict(seen(phone="text"))


def test_a_decision_remembers_what_it_was_about(ledger: Ledger) -> None:
    ledger.save_proposals("r1", [proposal(PHONE), proposal(NOTE, "user.content")], [])
    ledger.decide_proposals([(PHONE, Decision.CONFIRMED, None), (NOTE, Decision.REJECTED, None)], "emin")
    ledger.save_proposals("r2", [replace(proposal(PHONE, "user.contact.email"), proved=True), proposal(NOTE, "user.name")], [])
    found = {r.proposal.column: r for r in ledger.proposals()}
    assert (found[PHONE].category, found[PHONE].decided_about) == ("user.contact.phone_number", "user.contact.phone_number")
    assert (found[PHONE].proposal.category, found[PHONE].proposal.proved) == ("user.contact.email", True)
    assert (found[NOTE].decision, found[NOTE].decided_about) == (Decision.REJECTED, "user.content")
    ledger.decide_proposal(PHONE, Decision.OPEN, "emin")
    assert {r.proposal.column: r.category for r in ledger.proposals()}[PHONE] == "user.contact.email"
