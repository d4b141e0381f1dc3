"""Whole feeds through plan, approval, apply and verify: every record accounted for, taken once, and nobody erased is back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance import jobs, reconcile_jobs
from governance.disposal import requests as asked
from governance.domain.errors import ApprovalMissing, PlanStale, ViolationFound
from governance.domain.fold import fold
from governance.installation import Installation
from governance.keys import keyed_hash
from tests.disposal import shop
from tests.reconciliation.feeds_world import AS_OF, CONTEXT, HEADER, SOURCES, World, policy_text, world

GOOD = ["M1;Алиев Анар;ANAR@mail.example;050-111-00-01;31.01.1990;Bakı;1 200,50;2026-09-01",
        "M2;Mammadova Leyla;leyla@mail.example;0501110002;;Gəncə;10;2026-09-02"]


@pytest.fixture
def feeds(warehouse_url: str, tmp_path: Path) -> Iterator[World]:
    with world(warehouse_url, tmp_path / "world") as made:
        yield made


@pytest.fixture
def quick(duckdb_url: str, tmp_path: Path) -> Iterator[World]:
    """What does not depend on the engine, on the one that starts at once."""
    with world(duckdb_url, tmp_path / "world") as made:
        yield made


def erase(made: World, **identifiers: str) -> None:
    """Enter a person on the do-not-return list, as an erasure request does."""
    key = made.installation.keys.read("suppression/v1")
    hashes = [("customer", form, "v1", keyed_hash(key, form, fold(form, value))) for form, value in identifiers.items()]
    made.installation.ledger.suppress(hashes, "REQ-2026-0001", AS_OF, None)


def test_every_record_is_accepted_quarantined_or_rejected_and_counts_add_up(feeds: World) -> None:
    erase(feeds, email="gone@mail.example", phone="0509990000", name="Getmiş Adam")
    feeds.put("loyalty/a.csv", [
        HEADER, *GOOD, "M3;Kim;kim(at)mail;0501110003;;;;", "M4;=cmd|x;k@mail.example;0501110004;;Atlantis;5;", "M5;Kim;;;99.99.1999;;;",
        "M6;Kim;;;;;many;", ";Kim;;;;;;", "M8;Kim;;", GOOD[0], "M1;Another;;;;;;", "M9;Someone;GONE@mail.example;;;;;",
        "M10;Adam Getmis;;+994 50 999 00 00;;;;", "M11;Adam Getmis;other@mail.example;;;;;"], "utf-16")
    digest = feeds.plan()["digest"]
    with pytest.raises(ApprovalMissing):
        reconcile_jobs.reconcile_apply(feeds.installation, CONTEXT, digest)
    assert feeds.read("SELECT * FROM golden.source_record") == []
    feeds.reconcile()
    feed = feeds.feed()
    assert (feed.state, feed.records, feed.accepted, feed.quarantined, feed.rejected) == ("loaded", 13, 4, 3, 6)
    assert feed.reasons == {
        "quarantined: email: is not an e-mail address": 1, "quarantined: full_name: is not a name": 1, "quarantined: loyalty.city_known": 1,
        "quarantined: another record of the file has its key": 1, "rejected: income: is not a number": 1, "rejected: has no record key": 1,
        "rejected: member: is missing": 1, "rejected: has fewer cells than the first line": 1, "rejected: stands in the file before": 1,
        "rejected: on the do-not-return list": 2}
    records = feeds.records()
    assert set(records) == {"M1", "M2", "M5", "M11"}
    assert records["M1"] == {"member": "M1", "full_name": "Алиев Анар", "email": "anar@mail.example", "phone": "+994501110001",
                             "birth_date": "1990-01-31", "city": "Bakı", "income": "1200.50", "seen": "2026-09-01T00:00:00Z"}
    assert records["M5"]["birth_date"] is None
    assert set(feeds.waiting()) == {"M3", "M4", "M1"}
    assert feeds.read("SELECT subject_key FROM golden.source_record WHERE record_key = 'M2'") == [("102",)]
    assert feeds.read("SELECT flags FROM golden.source_record WHERE record_key = 'M5'") == [("birth_date:left_out",)]
    stored = [row for row in feeds.installation.ledger.verification(digest) or () if row["action"] == "load"]
    assert [(r["planned"], r["done"], r["gone"], r["left"]) for r in stored] == [(13, 7, 6, 0)]


def test_nothing_of_a_record_stands_in_the_ledger(quick: World) -> None:
    quick.put("loyalty/a.csv", [HEADER, *GOOD, "M3;Kim;kim(at)mail;0501110003;;;;"])
    quick.reconcile()
    path = quick.installation.settings.ledger_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as ledger:
        dump = "\n".join(ledger.iterdump())
    for value in ("anar@mail", "Алиев", "501110001", "kim(at)", "Mammadova"):
        assert value not in dump


def test_a_file_is_taken_once_whatever_its_name_order_encoding_or_compression(quick: World) -> None:
    import gzip

    body = "\n".join([HEADER, *GOOD, ""])
    quick.put("loyalty/a.csv", body)
    quick.reconcile()
    quick.put("loyalty/again.csv", body)
    quick.put("loyalty/sorted.csv", [HEADER, *reversed(GOOD)], "utf-16")
    quick.put("loyalty/packed.csv.gz", gzip.compress(body.encode()))
    plan = quick.installation.ledger.plan(quick.plan()["digest"])
    assert plan.steps == ()
    assert [k.because for k in plan.kept] == ["4 files taken before"]
    found = sorted((f.state, f.accepted) for f in quick.installation.ledger.feeds("loyalty"))
    assert found == [("duplicate", 0), ("duplicate", 0), ("loaded", 2)]
    assert len(quick.records()) == 2


def test_a_refused_file_holds_up_no_other_and_is_named_at_the_end(quick: World) -> None:
    quick.put("loyalty/a.csv", [HEADER, *GOOD])
    quick.put("loyalty/renamed.csv", [HEADER.replace("Üzv", "Nömrə"), *GOOD])
    with pytest.raises(ViolationFound, match=r"everything else is in, but file [0-9a-f]{12} has no column Üzv"):
        quick.reconcile()
    assert set(quick.records()) == {"M1", "M2"}
    assert {f.name: f.state for f in quick.installation.ledger.feeds("loyalty")} == {"a.csv": "loaded", "renamed.csv": "refused"}


def test_somebody_erased_between_plan_and_apply_does_not_come_back(quick: World) -> None:
    quick.put("loyalty/a.csv", [HEADER, *GOOD])
    digest = quick.plan()["digest"]
    quick.approve(digest)
    erase(quick, email="leyla@mail.example")
    reconcile_jobs.reconcile_apply(quick.installation, CONTEXT, digest)
    reconcile_jobs.reconcile_verify(quick.installation, CONTEXT, digest)
    assert set(quick.records()) == {"M1"}
    assert (quick.feed().accepted, quick.feed().rejected) == (1, 1)


def test_a_person_who_was_erased_after_their_record_was_stored_is_found_by_verification(quick: World) -> None:
    quick.put("loyalty/a.csv", [HEADER, *GOOD])
    digest = quick.plan()["digest"]
    quick.approve(digest)
    reconcile_jobs.reconcile_apply(quick.installation, CONTEXT, digest)
    erase(quick, email="leyla@mail.example")
    with pytest.raises(ViolationFound, match="1 records are about people of the do-not-return list"):
        reconcile_jobs.reconcile_verify(quick.installation, CONTEXT, digest)


def test_another_file_under_the_planned_name_makes_the_plan_stale(quick: World) -> None:
    quick.put("loyalty/a.csv", [HEADER, *GOOD])
    digest = quick.plan()["digest"]
    quick.approve(digest)
    quick.put("loyalty/a.csv", [HEADER, *(line.replace("M1", "X1") for line in GOOD)])
    with pytest.raises(PlanStale):
        reconcile_jobs.reconcile_apply(quick.installation, CONTEXT, digest)
    assert quick.records() == {}
    quick.reconcile()
    assert set(quick.records()) == {"X1", "M2"}


def test_of_two_records_of_one_key_the_one_seen_last_goes_on(quick: World) -> None:
    quick.put("loyalty/b.csv", [HEADER, "M1;Anar;a@mail.example;;;Bakı;;2026-09-05"], when=1_758_000_000)
    quick.reconcile()
    quick.put("loyalty/a.csv", [HEADER, "M1;Anar;a@mail.example;;;Quba;;2026-09-01", "M2;Leyla;;;;;;"], when=1_758_000_500)
    quick.reconcile()
    assert {key: fields["city"] for key, fields in quick.records().items()} == {"M1": "Bakı", "M2": None}
    assert len(quick.read("SELECT record FROM golden.source_record")) == 3


def test_a_snapshot_ends_what_it_does_not_have_any_more(duckdb_url: str, tmp_path: Path) -> None:
    text = policy_text(sources=SOURCES.replace("observed_at: seen", "delivers: snapshot"))
    with world(duckdb_url, tmp_path / "world", text) as made:
        made.put("loyalty/a.csv", [HEADER, *GOOD, "M3;Kim;;;;;;"], when=1_758_000_000)
        made.reconcile()
        made.put("loyalty/b.csv", [HEADER, GOOD[0], "M3;Kim;kim(at)mail;;;;;"], when=1_758_000_500)
        made.reconcile()
        # A record that waits in quarantine is not absent: what was known of it before goes on until a person has decided.
        assert set(made.records()) == {"M1", "M3"}


def test_a_repaired_record_leaves_quarantine_once(quick: World) -> None:
    quick.put("loyalty/a.csv", [HEADER, *GOOD, "M3;Kim;kim(at)mail;0501110003;;;;", "M4;Nigar;;12;;;;", "M2;Other;;;;;;"])
    quick.reconcile()
    waits = {key: record for key, record in quick.read("SELECT record_key, record FROM golden.quarantine")}  # noqa: C416
    with reconcile_jobs.reconcile_tools(quick.installation) as tools:
        assert reconcile_jobs.repair_record(tools, waits["M3"], "email", "kim@mail.example", "officer") == "loyalty"
        assert [row["repaired_by"] for row in reconcile_jobs.quarantined(tools, "loyalty")].count("officer") == 1
        raw, reasons = reconcile_jobs.quarantined_record(tools, waits["M3"])
        assert (raw["email"], reasons) == ("kim@mail.example", "email: is not an e-mail address")
    plan = quick.installation.ledger.plan(quick.plan()["digest"])
    assert [(str(s.table), s.rows) for s in plan.steps if s.action == "load"] == [("golden.quarantine", 1)]
    quick.reconcile()
    assert quick.records()["M3"]["email"] == "kim@mail.example"
    assert set(quick.waiting()) == {"M4", "M2"}
    assert quick.installation.ledger.plan(quick.plan()["digest"]).steps == ()
    repaired = [e.body for e in quick.installation.ledger.entries() if e.kind == "feed.repaired"]
    assert [(b["by"], b["field"]) for b in repaired] == [("officer", "email")]


def test_a_changed_policy_lets_quarantined_records_in_without_anybody_typing(quick: World) -> None:
    quick.put("loyalty/a.csv", [HEADER, *GOOD, "M4;Nigar;;12;;;;"])
    quick.reconcile()
    lenient = SOURCES.replace("{name: Telefon, field: phone, form: phone}", "{name: Telefon, field: phone, form: phone, wrong: leave_out}")
    shop.write_policy(quick.installation.settings.policy_dir, mode="enforce", text=policy_text(sources=lenient))
    changed = World(Installation(quick.installation.settings), quick.folder)
    changed.reconcile()
    assert changed.waiting() == {}
    assert changed.records()["M4"]["phone"] is None
    changed.installation.close()


def test_json_lines_of_signals_are_taken_in(quick: World) -> None:
    lines = [{"case": "C1", "person": {"email": "anar@mail.example"}, "signal": "chargeback", "score": 0.9},
             {"case": "C2", "person": {"email": "leyla@mail.example"}, "signal": "chargeback", "score": 7}]
    quick.put("watch/a.jsonl", [json.dumps(line) for line in lines])
    quick.reconcile("watch")
    assert (quick.feed("watch").accepted, quick.waiting()) == (1, {"C2": "watch.score_share"})


def test_an_erasure_reaches_records_and_quarantine_and_the_next_feed_brings_nothing_back(quick: World) -> None:
    quick.put("loyalty/a.csv", [HEADER, *GOOD, "M7;Anar;anar@mail.example;not a phone;;;;", "M8;Kim;kim@mail.example;not a phone;;;;"])
    quick.reconcile()
    assert quick.read("SELECT subject_key FROM golden.quarantine WHERE record_key = 'M7'") == [("101",)]
    with quick.installation.tools() as tools:
        opened = asked.open_request(tools, quick.installation.keys, quick.installation.policy, kind="erasure", subject_kinds=["customer"],
                                    identifiers=[("email", "anar@mail.example")], reply_to="by post", proof="seen", opened_by="officer",
                                    now=AS_OF)
    planned = jobs.requests_plan(quick.installation, CONTEXT, request=opened.request)
    digest = planned["plans"][0]["digest"]
    quick.approve(digest)
    jobs.requests_erase(quick.installation, CONTEXT, digest)
    jobs.requests_search(quick.installation, CONTEXT, digest)
    assert jobs.requests_close(quick.installation, CONTEXT, planned["digests"])["closed"] == 1
    assert (set(quick.records()), set(quick.waiting())) == ({"M2"}, {"M8"})
    quick.put("loyalty/b.csv", [HEADER, GOOD[0].replace("1990", "1991"), "M9;Alıyev Anar;;0501110001;;;;"], when=1_758_000_500)
    quick.reconcile()
    assert set(quick.records()) == {"M2", "M9"}
    assert quick.feed().reasons == {"rejected: on the do-not-return list": 1}
