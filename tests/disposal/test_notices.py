"""Recipients are told of an erasure and of a withdrawal; who it is about stays sealed until the last of them was told."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from governance import jobs
from governance.cli import main
from governance.disposal import requests as asked
from governance.disposal.purging import purge
from governance.ledger import verify_offline
from governance.report import build_report, build_request, render_html, render_markdown, render_request
from governance.report.summary import summary
from tests.disposal import shop
from tests.disposal.conftest import Shop, make_shop
from tests.disposal.test_requests import plan_and_apply

CONTEXT = jobs.RunContext("requests", "test", "task")
RECIPIENTS = """recipients:
  - {key: courier, name: Courier, country: AZ, purposes: [essential.service.fulfilment], basis: contract, clause: C16, notify: by letter,
     notify_within: P3D}
  - {key: mailer, name: Mailing service, country: DE, purposes: [marketing.communications.email], basis: contract, clause: C16,
     notify: by their interface, notify_within: P1D}
  - {key: treasury, name: Tax authority, country: AZ, purposes: [essential.legal_obligation, essential.service.fulfilment], basis: law,
     clause: C8, notify: keeps its own records, told: false}
  - {key: police, name: Fraud register, country: AZ, purposes: [essential.fraud_detection], basis: contract, clause: C8,
     notify: by letter, notify_within: P1Y}
subject_kinds:"""
TEXT = shop.POLICY.replace("subject_kinds:", RECIPIENTS, 1).replace(
    "collection_points: [site],", "collection_points: [site], recipients: [courier, mailer, treasury, police],")
SETTINGS = {"WAREHOUSE_URL": "warehouse_url", "LEDGER_URL": "ledger_url", "POLICY_DIR": "policy_dir", "SECRETS": "secrets_dir",
            "STORES": "stores_dir", "REPORTS": "reports_dir"}


@pytest.fixture
def told(warehouse_url: str, tmp_path: Path) -> Shop:
    return make_shop(warehouse_url, tmp_path, text=TEXT)


@pytest.fixture
def shell(told: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    for name, attribute in SETTINGS.items():
        monkeypatch.setenv(f"GOVERNANCE_{name}", str(getattr(told.installation.settings, attribute)))
    monkeypatch.setenv("GOVERNANCE_AS_OF", shop.AS_OF.isoformat())

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["governance", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), capsys.readouterr().out

    return run


def closed(made: Shop) -> tuple[str, str]:
    """A request received now, carried out and closed: (request, digest of its plan)."""
    with made.installation.tools() as tools:
        request = asked.open_request(
            tools, made.installation.keys, made.installation.policy, kind="erasure", subject_kinds=["customer"],
            identifiers=[("email", "anar@example.org")], reply_to="by post", proof="id seen", opened_by="officer",
            now=datetime.now(UTC)).request
    digest = plan_and_apply(made, request)
    assert jobs.close_one(made.installation, CONTEXT, digest)["state"] == "closed"
    return request, digest


def test_an_erasure_is_told_to_everyone_who_was_given_the_data_and_to_nobody_else(told: Shop) -> None:
    request, digest = closed(told)
    ledger = told.installation.ledger
    found = {n.recipient: n for n in ledger.notices(source=request)}
    assert set(found) == {"courier", "mailer", "police"}  # the tax office keeps its own records by law
    assert {n.cause for n in found.values()} == {"erasure"}
    assert set(found["mailer"].tables) == {"shop.subscriptions"}
    assert set(found["police"].tables) == {"shop.orders"}
    answer_due = ledger.request(request).due_at
    assert found["mailer"].due_at < found["courier"].due_at < answer_due
    assert found["police"].due_at == answer_due  # a year is longer than the law gives
    assert ledger.owe([]) == 0
    jobs.close_one(told.installation, CONTEXT, digest)
    assert len(ledger.notices(source=request)) == 3
    told.installation.close()


def test_who_it_is_about_stays_sealed_until_the_last_recipient_was_told(told: Shop, shell: Callable[..., tuple[int, str]]) -> None:
    request, _ = closed(told)
    reports = told.installation.settings.reports_dir
    assert reports is not None
    certificate = Path(reports) / f"certificate-{request}.json"
    assert told.installation.keys.exists(f"vault/{request}")
    assert told.read("select count(*) from governance.request_subject") == [(0,)]
    assert {n["state"] for n in json.loads(certificate.read_text(encoding="utf-8"))["content"]["notices"]} == {"due"}
    told.installation.close()

    code, out = shell("notices", "list", "--due", "--json")
    assert code == 0
    ids = [n["id"] for n in json.loads(out)]
    assert len(ids) == 3
    assert "anar" not in out.lower()
    code, out = shell("notices", "letter", ids[0], "--as", "officer")
    assert code == 0
    assert "email: anar@example.org" in out
    for number, one in enumerate(ids, 1):
        assert shell("notices", "sent", one, "--as", "officer")[0] == 0
        assert told.installation.keys.exists(f"vault/{request}") == (number < 3)
    assert told.read("select count(*) from governance.vault") == [(0,)]
    assert shell("notices", "letter", ids[0], "--as", "officer")[0] == 1  # nobody can say any more
    assert shell("notices", "sent", ids[0], "--as", "engineer")[0] == 0
    assert {n.sent_by for n in told.installation.ledger.notices()} == {"officer"}  # who said it first stands

    text = certificate.read_text(encoding="utf-8")
    assert {(n["state"], n["sent_by"]) for n in json.loads(text)["content"]["notices"]} == {("sent", "officer")}
    assert verify_offline.certificate_problems(json.loads(text)) == []
    assert "anar" not in text.lower()
    assert [e.body["by"] for e in told.installation.ledger.entries_of("notice.read")] == ["officer"]
    told.installation.close()


def test_a_withdrawal_is_told_to_those_who_had_that_consent_only(told: Shop) -> None:
    planned = jobs.disposal_plan(told.installation, CONTEXT)
    digest = str(planned["digest"])
    jobs.disposal_approved(told.installation, CONTEXT, digest, [{"user": "officer", "chosen": "Approve", "subject_digest": digest}])
    assert told.installation.ledger.notices() == []  # nothing was touched yet
    jobs.disposal_freeze(told.installation, CONTEXT, digest)
    [notice] = told.installation.ledger.notices(plan=digest)
    assert (notice.recipient, notice.cause, notice.tables) == ("mailer", "withdrawal", ("shop.subscriptions",))
    told.installation.close()


def test_reports_say_who_still_has_to_be_told_and_name_nobody(told: Shop) -> None:
    request, _ = closed(told)
    ledger, loaded = told.installation.ledger, told.installation.policy
    report = build_report(ledger, loaded)
    assert any("3 notices to recipients are still to be sent" in line.text for line in summary(report))
    page = render_request(build_request(ledger, loaded, request))
    for text in (render_html(report), render_markdown(report), page):
        assert "Mailing service" in text
        assert "not told yet" in text
        assert "anar" not in text.lower()
    for notice in ledger.notices():
        ledger.notice_sent(notice.id, "officer")
    assert "not told yet" not in render_html(build_report(ledger, loaded))
    told.installation.close()


def test_what_the_engine_keeps_on_its_disks_is_said_on_certificate_and_report(told: Shop) -> None:
    request, digest = closed(told)
    with told.installation.tools() as tools:
        remains = [r.what for r in tools.warehouse.capabilities.remains]
        physical = tools.warehouse.capabilities.physical_purge
        purge(tools, told.installation.ledger.plan(digest))  # once is enough
    assert bool(remains) is not physical
    assert len(told.installation.ledger.entries_of("purged")) == 1
    reports = told.installation.settings.reports_dir
    assert reports is not None
    content = json.loads((Path(reports) / f"certificate-{request}.json").read_text(encoding="utf-8"))["content"]
    assert [r["what"] for r in content["remains"]] == remains
    page = render_request(build_request(told.installation.ledger, told.installation.policy, request))
    assert ("VACUUM (FULL)" in page) is bool(remains)
    assert ("write-ahead log" in page) is bool(remains)
    told.installation.close()


@pytest.mark.postgres
def test_postgresql_says_what_a_byte_search_finds_after_purge(new_postgres: Callable[[], str], tmp_path: Path) -> None:
    """The statement is true: a deleted value is still in the server's files after `purge`."""
    from governance.domain.names import TableRef
    from governance.warehouse.connect import connect

    url = new_postgres()
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("create table public.people (id int primary key, name text)"))
        connection.execute(sa.text("insert into people select n, 'canary-' || n || '-bytes' from generate_series(1, 50) n"))
        connection.execute(sa.text("delete from people where id = 7"))
        connection.execute(sa.text("checkpoint"))
        folder = Path(str(connection.scalar(sa.text("show data_directory"))))
        path = folder / str(connection.scalar(sa.text("select pg_relation_filepath('people')")))
    warehouse = connect(url)
    warehouse.purge([TableRef("public", "people")])
    assert warehouse.capabilities.remains
    warehouse.close()
    with engine.connect() as connection:
        connection.execute(sa.text("checkpoint"))
        log = b"".join(p.read_bytes() for p in (folder / "pg_wal").iterdir() if p.is_file())
        assert b"canary-7-bytes" in log
        assert b"canary-8-bytes" in path.read_bytes()
        connection.execute(sa.text("vacuum full people"))
        connection.execute(sa.text("checkpoint"))
        path = folder / str(connection.scalar(sa.text("select pg_relation_filepath('people')")))
        assert b"canary-7-bytes" not in path.read_bytes()
    engine.dispose()
