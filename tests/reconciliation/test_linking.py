"""Records to subjects, on both engines: exact tokens, the model, ties, and the gates in their order."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from governance.disposal.resolve import fold
from governance.domain.errors import GovernanceError, Locked
from governance.keys import keyed_hash
from governance.reconciliation.conflicts import settle, unlink, waiting
from governance.reconciliation.link import known_subjects
from governance.reconciliation.subjects import refresh
from governance.warehouse.connect import connect
from tests.reconciliation.linked_world import AS_OF, Golden, build, opened

PEOPLE = [
    {"id": 101, "name": "Anar Əliyev", "email": "anar@mail.example", "phone": "+994 50 111 22 33"},
    {"id": 102, "name": "Leyla Həsənova", "email": "leyla@mail.example", "phone": "+994 50 444 55 66"},
    {"id": 103, "name": "Nigar Quliyeva", "email": None, "phone": "+994 55 700 00 01"},
    {"id": 104, "name": "Nigar Quliyeva", "email": None, "phone": "+994 55 700 00 01"},  # mother and daughter, one phone
    {"id": 105, "name": "Rəşad Məmmədov", "email": "rashad@mail.example", "phone": "+994 70 123 45 67"},
    {"id": 106, "name": "Tural Babayev", "email": "tural@mail.example", "phone": "+994 70 765 43 21"},
]


@pytest.fixture
def golden(warehouse_url: str, tmp_path: Path) -> Iterator[Golden]:
    with opened(build(warehouse_url, tmp_path, PEOPLE)) as made:
        yield made


def test_exact_tokens_link_in_the_declared_order_whatever_the_alphabet(golden: Golden) -> None:
    by_mail, by_phone = golden.reconcile("bureau", [
        {"id": "1", "full_name": "Somebody Else", "email": "ANAR@mail.example"},
        {"id": "2", "full_name": "Мамедов Рашад", "phone": "070-123-45-67"}])
    assert golden.links() == {by_mail: "101", by_phone: "105"}
    assert dict(golden.look("SELECT record, how FROM golden.link")) == {by_mail: "exact email", by_phone: "exact phone,name_key"}


def test_the_model_links_a_likely_record_and_says_how_likely(golden: Golden) -> None:
    (record,) = golden.reconcile("bureau", [{"id": "1", "full_name": "Leyla Hasanlova", "phone": "0504445566"}])
    assert golden.links() == {record: "102"}
    ((how, probability),) = golden.look("SELECT how, probability FROM golden.link")
    assert how == "model people v3"
    assert 0.9 <= float(probability) < 1


def test_a_shared_identifier_is_a_conflict_and_never_a_pick(golden: Golden) -> None:
    golden.reconcile("bureau", [{"id": "1", "full_name": "Quliyeva Nigar", "phone": "0557000001", "email": None}])
    assert golden.links() == {}
    (conflict,) = waiting(golden.tools)
    assert conflict.reason == "phone,name_key is shared"
    assert [subject for subject, _ in conflict.candidates] == ["103", "104"]
    assert golden.values() == set()


def test_identifiers_that_lead_to_different_subjects_are_a_conflict(golden: Golden) -> None:
    golden.reconcile("bureau", [{"id": "1", "full_name": "Rəşad Məmmədov", "email": "anar@mail.example", "phone": "070 123 45 67"}])
    (conflict,) = waiting(golden.tools)
    assert conflict.reason == "identifiers lead to different subjects"
    assert {subject for subject, _ in conflict.candidates} == {"101", "105"}


def test_a_person_decides_and_the_decision_is_evidence_with_their_name(golden: Golden) -> None:
    (record,) = golden.reconcile("bureau", [{"id": "1", "full_name": "Quliyeva Nigar", "phone": "0557000001"}])
    (conflict,) = waiting(golden.tools)
    with pytest.raises(GovernanceError, match="not a candidate"):
        settle(golden.tools, conflict.id, "105", "officer", AS_OF)
    assert settle(golden.tools, conflict.id, "103", "officer", AS_OF) == "linked"
    assert settle(golden.tools, conflict.id, "103", "officer", AS_OF) == "linked"
    with pytest.raises(GovernanceError, match="decided otherwise"):
        settle(golden.tools, conflict.id, "104", "officer", AS_OF)
    assert golden.links() == {record: "103"}
    golden.write("bureau", "feed-2")
    assert ("103", "phone", "+994557000001") in golden.values()
    told = [e.body for e in golden.tools.ledger.entries() if e.kind == "conflict.decided"]
    assert len(told) == 1
    assert told[0]["by"] == "officer"
    assert "103" not in str(told)


def test_a_record_decided_to_be_about_nobody_is_not_asked_about_again(golden: Golden) -> None:
    golden.reconcile("bureau", [{"id": "1", "full_name": "Quliyeva Nigar", "phone": "0557000001"}])
    (conflict,) = waiting(golden.tools)
    assert settle(golden.tools, conflict.id, None, "officer", AS_OF) == "nobody"
    golden.link("bureau", "feed-2")
    assert (waiting(golden.tools), golden.links()) == ([], {})


def test_a_customer_who_comes_later_is_linked_by_the_next_run(golden: Golden) -> None:
    (record,) = golden.reconcile("bureau", [{"id": "1", "full_name": "Vaqif Səmədov", "email": "vaqif@mail.example"}])
    assert golden.links() == {}
    golden.warehouse.execute(sa.text("INSERT INTO shop.customers (id, name, email) VALUES (200, 'Vaqif Səmədov', 'vaqif@mail.example')"),
                             name="test")
    golden.link("bureau", "feed-2")
    assert golden.links() == {record: "200"}


def test_a_subject_who_changed_is_found_by_what_they_are_now_and_no_more_by_what_they_were(golden: Golden) -> None:
    golden.reconcile("bureau", [{"id": "0", "full_name": "x", "email": "nobody@mail.example"}])
    golden.warehouse.execute(sa.text("UPDATE shop.customers SET email = 'new@mail.example' WHERE id = 101"), name="test")
    _, new = golden.reconcile("bureau", [{"id": "1", "email": "anar@mail.example"}, {"id": "2", "email": "new@mail.example"}], "feed-2")
    assert golden.links() == {new: "101"}


def test_values_pass_the_gates_in_order_and_every_stop_is_counted(golden: Golden) -> None:
    golden.reconcile("bureau", [
        {"id": "1", "email": "anar@mail.example", "phone": "0501112233", "city": "Bakı", "segment": "gold", "income": "1200"},  # consents
        {"id": "2", "email": "leyla@mail.example", "city": "Gəncə"}])  # does not
    assert golden.values() == {("101", "phone", "+994501112233"), ("101", "email", "anar@mail.example"), ("101", "city", "Bakı"),
                               ("101", "segment", "gold"), ("102", "email", "leyla@mail.example")}
    gates = golden.gates()
    assert gates["5 field policy", "city: not allowed for what the source may be used for"] == 1
    assert gates["5 field policy", "income: sensitive, and the source does not name it so"] == 1
    assert gates["7 written", "values"] == 5
    rows = {f: (p, c) for f, p, c in golden.look("SELECT field, purposes, consent FROM golden.field_value WHERE subject_key = '101'")}
    assert rows["city"] == ("|marketing.communications.email|", "ledger:newsletter@2026-07-03")
    assert rows["phone"] == ("|essential.service.fulfilment|", "")


def test_consent_counts_at_the_time_of_writing(golden: Golden) -> None:
    golden.put("bureau", [{"id": "1", "email": "anar@mail.example", "city": "Bakı"}])
    golden.link("bureau")
    golden.warehouse.execute(sa.text("UPDATE shop.consents SET withdrawn_at = '2026-09-30 00:00:00' WHERE customer_id = 101"), name="test")
    golden.write("bureau")
    assert golden.values() == {("101", "email", "anar@mail.example")}


def test_a_source_without_a_basis_in_every_regime_writes_nothing(warehouse_url: str, tmp_path: Path) -> None:
    from tests.reconciliation.linked_world import GOLDEN
    text = GOLDEN.replace("legal_basis: {az: contract}", "legal_basis: {}")
    with opened(build(warehouse_url, tmp_path, PEOPLE, text)) as golden:
        golden.reconcile("bureau", [{"id": "1", "email": "anar@mail.example"}])
        assert (golden.links(), golden.values()) == ({}, set())
        assert golden.gates() == {("1 source basis", "the source has no legal basis under az"): 1}


def suppress(golden: Golden, form: str, value: str) -> None:
    key = golden.tools.keys.read("suppression/v1")
    golden.tools.ledger.suppress([("customer", form, "v1", keyed_hash(key, form, fold(form, value)))], "REQ-1", AS_OF, None)


def test_a_person_on_the_do_not_return_list_is_neither_linked_nor_written(golden: Golden) -> None:
    suppress(golden, "email", "Anar@Mail.example")
    golden.reconcile("bureau", [{"id": "1", "email": "anar@mail.example"}, {"id": "2", "email": "leyla@mail.example"}])
    assert set(golden.links().values()) == {"102"}
    assert golden.gates()["2 suppression", "on the do-not-return list"] == 1


def test_an_erasure_between_linking_and_writing_wins(golden: Golden) -> None:
    golden.put("bureau", [{"id": "1", "email": "anar@mail.example"}])
    golden.link("bureau")
    suppress(golden, "email", "anar@mail.example")
    golden.write("bureau")
    assert golden.values() == set()


def test_an_erasure_in_the_middle_of_writing_wins_too(golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.reconciliation import write

    golden.put("bureau", [{"id": "1", "email": "anar@mail.example"}, {"id": "2", "email": "leyla@mail.example"}])
    golden.link("bureau")
    prepare = write._values

    def late(*given: object) -> object:
        made = prepare(*given)  # type: ignore[arg-type]
        suppress(golden, "email", "anar@mail.example")
        return made

    monkeypatch.setattr(write, "_values", late)
    golden.write("bureau")
    assert golden.values() == {("102", "email", "leyla@mail.example")}
    assert golden.gates()["6 suppression again", "came on the do-not-return list meanwhile"] == 1


def test_nothing_is_written_for_a_subject_whose_request_is_open(golden: Golden) -> None:
    golden.warehouse.execute(sa.text("INSERT INTO governance.request_subject VALUES ('REQ-9', 'customer', '101')"), name="test")
    golden.reconcile("bureau", [{"id": "1", "email": "anar@mail.example"}])
    assert golden.values() == set()
    assert golden.gates()["3 link", "a request of the subject is open"] == 1


def test_unlinking_leaves_everything_as_if_the_record_had_never_been_linked(golden: Golden) -> None:
    golden.reconcile("register", [{"id": "1", "email": "anar@mail.example", "phone": "0551112233"}])
    before = sorted(golden.look("SELECT * FROM golden.customer"), key=str)
    (record,) = golden.reconcile("bureau", [{"id": "7", "email": "anar@mail.example", "phone": "0559999999", "city": "Bakı"}], "feed-2")
    assert sorted(golden.look("SELECT * FROM golden.customer"), key=str) != before
    assert unlink(golden.tools, record, "officer", AS_OF) == 1
    assert unlink(golden.tools, record, "officer", AS_OF) == 0
    assert sorted(golden.look("SELECT * FROM golden.customer"), key=str) == before
    golden.link("bureau", "feed-3")
    golden.write("bureau", "feed-3")
    assert sorted(golden.look("SELECT * FROM golden.customer"), key=str) == before
    assert golden.look("SELECT count(*) FROM golden.field_value WHERE record = '" + record + "'") == [(3,)]  # appended, never changed


def test_a_later_record_of_the_same_key_takes_the_place_of_the_earlier(golden: Golden) -> None:
    (old,) = golden.reconcile("bureau", [{"id": "1", "email": "anar@mail.example", "city": "Bakı"}])
    golden.warehouse.execute(sa.text("UPDATE golden.source_record SET ended_at = observed_at"), name="test")
    golden.reconcile("bureau", [{"id": "1", "email": "anar@mail.example", "city": "Şəki"}], "feed-2")
    assert golden.values() == {("101", "email", "anar@mail.example"), ("101", "city", "Şəki")}
    assert golden.look(f"SELECT count(*) FROM golden.field_value WHERE record = '{old}' AND ends IS NOT NULL") == [(2,)]


def test_signals_stand_apart_with_an_end_and_are_taken_back_with_their_link(golden: Golden) -> None:
    (record,) = golden.reconcile("watch", [{"id": "1", "email": "anar@mail.example", "segment": "chargeback", "income": "0.8"}])
    assert golden.values() == set()
    ((subject, kind, score, expires),) = golden.look("SELECT subject_key, kind, score, expires_at FROM fraud.signal")
    assert (subject, kind, float(score), str(expires)[:10]) == ("101", "chargeback", 0.8, "2026-10-30")
    assert unlink(golden.tools, record, "officer", AS_OF) == 1
    assert golden.look("SELECT count(*) FROM fraud.signal") == [(0,)]


def test_running_everything_again_changes_nothing(golden: Golden) -> None:
    golden.reconcile("bureau", [{"id": "1", "email": "anar@mail.example"},
                                {"id": "2", "full_name": "Quliyeva Nigar", "phone": "0557000001"}])
    tables = ("golden.link", "golden.conflict", "golden.field_value", "golden.token", "golden.compared", "governance.work")
    before = {t: sorted(golden.look(f"SELECT * FROM {t}"), key=str) for t in tables}
    for plan in ("feed-1", "feed-2"):
        golden.link("bureau", plan)
        golden.write("bureau", plan)
    assert {t: sorted(golden.look(f"SELECT * FROM {t}"), key=str) for t in tables} == before


def test_tokens_say_nothing_without_the_key(golden: Golden) -> None:
    golden.link("bureau")
    first = {row[0] for row in golden.look("SELECT token FROM golden.token")}
    golden.tools.keys.destroy("linking")
    golden.warehouse.execute(sa.text("DELETE FROM golden.compared"), name="test")
    golden.link("bureau", "feed-2")
    assert first
    assert not first & {row[0] for row in golden.look("SELECT token FROM golden.token")}


def test_a_decision_alone_is_enough_for_the_next_plan_to_write(golden: Golden) -> None:
    from governance.reconciliation.conflicts import decided

    golden.reconcile("bureau", [{"id": "1", "full_name": "Quliyeva Nigar", "phone": "0557000001"}])
    source = golden.tools.source("bureau")
    assert decided(golden.tools, source) == 0
    (conflict,) = waiting(golden.tools)
    settle(golden.tools, conflict.id, "103", "officer", AS_OF)
    assert decided(golden.tools, source) == 1
    golden.link("bureau", "feed-2")
    golden.write("bureau", "feed-2")
    assert decided(golden.tools, source) == 0


def test_sources_that_are_linked_at_once_take_turns_at_the_subjects(postgres_url: str, tmp_path: Path) -> None:
    settings = build(postgres_url, tmp_path, PEOPLE)
    with opened(settings) as golden:
        known = known_subjects(golden.work("bureau"))

        def one(_: int) -> int:
            with closing(connect(postgres_url)) as warehouse:
                return refresh(warehouse, known, AS_OF)

        with ThreadPoolExecutor(4) as tasks:
            read = sorted(tasks.map(one, range(4)))
        everybody = len(golden.look("SELECT subject_key FROM golden.compared"))
        assert everybody >= len(PEOPLE)
        assert read == [0, 0, 0, everybody]


def test_subjects_that_are_being_looked_at_are_waited_for_and_then_it_is_said(postgres_url: str, tmp_path: Path) -> None:
    with opened(build(postgres_url, tmp_path, PEOPLE)) as golden, closing(connect(postgres_url)) as other:
        known = known_subjects(golden.work("bureau"))
        with other.lock(f"link.subjects:{known.golden.key}"), pytest.raises(Locked, match="still running"):
            refresh(golden.warehouse, known, AS_OF, wait=0.5)
        assert golden.look("SELECT count(*) FROM golden.compared") == [(0,)]
