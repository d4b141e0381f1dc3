"""A report tells what the ledger holds: nothing more, nothing less, and never better than it is."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from governance.domain.errors import GovernanceError
from governance.domain.findings import Finding, Status
from governance.domain.receipt import Tally
from governance.report import (
    build_report,
    build_request,
    render_html,
    render_markdown,
    render_request,
    write_processing,
    write_report,
)
from governance.report.model import Mark
from governance.report.render import way
from governance.report.summary import verdict
from tests.report.conftest import BROKEN, FINE, START, UNJUDGED, Story, result


def test_found_counts_columns_and_decisions(story: Story):
    found = build_report(story.ledger, story.loaded).found
    assert found is not None
    assert (found.columns_seen, found.proposed, found.confirmed, found.still_open, found.rejected) == (1, 2, 1, 1, 0)
    assert found.kinds == (("user.content", 1), ("user.name", 1))


def test_validations_are_told_before_and_after(story: Story):
    report = build_report(story.ledger, story.loaded)
    assert [(v.compliant, v.violation, v.gap) for v in report.validations] == [(1, 1, 1), (1, 0, 1)]
    assert report.findings == (UNJUDGED,)


def test_an_unjudged_column_has_its_owner_its_likely_kind_and_the_day_since_when(story: Story):
    [column] = build_report(story.ledger, story.loaded).unjudged
    assert (column.table, column.column, column.owner, column.looks_like) == ("crm.devices", "label", "marketing", "user.content")
    assert column.since == date(2026, 9, 1)
    assert column.days(date(2026, 9, 22)) == 21


def test_the_number_of_unjudged_columns_stands_on_every_report(story: Story):
    assert "1 column nobody has judged" in render_markdown(build_report(story.ledger, story.loaded))
    run = story.ledger.start_run("validate", "validate", "v9", story.clock.now)
    story.ledger.save_findings(run, "validate", [FINE])
    assert "0 columns nobody has judged" in render_markdown(build_report(story.ledger, story.loaded))


def test_a_column_that_was_judged_in_between_is_as_old_as_its_last_gap(story: Story):
    for days, name, findings in ((2, "v3", []), (3, "v4", [UNJUDGED])):
        story.clock.now += timedelta(days=days)
        run = story.ledger.start_run("validate", "validate", name, story.clock.now)
        story.ledger.save_findings(run, "validate", findings)
    [column] = build_report(story.ledger, story.loaded).unjudged
    assert column.since == story.clock.now.date()


def test_a_verified_plan_has_the_books_of_its_verification(story: Story):
    [plan] = [p for p in build_report(story.ledger, story.loaded).plans if p.kind == "retention"]
    assert [s.tally for s in plan.steps] == [Tally(40, 37, 0, 2, 1), Tally(5, 5, 0, 0, 0)]
    assert plan.balanced
    assert plan.total == Tally(45, 42, 0, 2, 1)
    assert [(k.because, k.rows) for k in plan.kept] == [("referenced by finance.invoices", 7)]
    assert plan.steps[0].endings[0].reasons == ("essential.service: closed before 2026-08-01 (account @ 1)",)


def test_a_plan_under_way_has_the_books_of_its_receipts(story: Story):
    [plan] = [p for p in build_report(story.ledger, story.loaded).plans if p.kind == "request"]
    assert plan.steps[0].tally == Tally(3, 1, 1, 0, 1)
    assert plan.checks is None


def test_who_approved_and_why_it_was_needed_is_named(story: Story):
    plan = build_report(story.ledger, story.loaded).plans[0]
    assert plan.approval is not None
    assert (plan.approval.state, plan.approval.why) == ("approved", "more than 1 %")
    assert [(d.user, d.approved, d.via) for d in plan.approval.decided] == [("officer", True, "airflow")]


def test_what_verification_found_besides_stands_with_its_plan_and_makes_it_bad(story: Story):
    message = "3 rows went that no step removed"
    fault = Finding(Status.VIOLATION, "disposal.unexplained_rows", "crm.customers", "", message, "look", 3)
    run = story.ledger.start_run("verify", "", story.retention.digest, story.clock.now)
    story.ledger.save_findings(run, "verify", [fault])
    report = build_report(story.ledger, story.loaded)
    assert [p.faults for p in report.plans] == [(fault,), ()]
    assert verdict(report)[0] == Mark.BAD
    assert fault.message in render_html(report)


def test_a_residual_is_never_reported_as_done(story: Story):
    story.ledger.save_verification(story.retention.digest, [result(1, 40, 37, held=2, gone=1, residual=4), result(2, 5, 5)])
    story.ledger.set_state(story.retention.digest, "residual")
    report = build_report(story.ledger, story.loaded)
    assert verdict(report)[0] == Mark.BAD
    assert "4 rows are left that should be gone" in render_html(report)


def test_requests_have_deadlines_and_late_ones_are_bad(story: Story):
    in_time = build_report(story.ledger, story.loaded)
    assert [(r.request, r.received, r.due, r.state) for r in in_time.requests] == [
        ("R-1", date(2026, 9, 21), date(2026, 9, 30), "applying")]
    assert verdict(in_time)[0] == Mark.WAITING
    assert verdict(build_report(story.ledger, story.loaded, as_of=START + timedelta(days=31)))[0] == Mark.BAD


def test_holds_limits_policy_and_evidence_are_told(story: Story):
    report = build_report(story.ledger, story.loaded, anchor=str(story.anchors))
    assert [(h.name, h.members, h.in_force) for h in report.holds] == [("Customs inquiry", 2, True)]
    assert [(n.what, n.horizon) for n in report.not_covered] == [("nightly backups", "35 days")]
    assert report.policy_digest == story.loaded.digest
    head = story.ledger.head()
    assert head is not None
    assert (report.chain.entries, report.chain.head, report.chain.broken_at) == (head.seq, head.digest, None)
    assert report.chain.anchored_seq is not None
    assert build_report(story.ledger, story.loaded, anchor="elsewhere").chain.anchored_seq is None


def test_a_broken_chain_is_reported_and_not_raised(story: Story, tmp_path: Path):
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with engine.begin() as connection:
        for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE evidence SET kind = 'forged' WHERE seq = 3"))
    engine.dispose()
    report = build_report(story.ledger, story.loaded)
    assert report.chain.broken_at == 3
    assert verdict(report)[0] == Mark.BAD


def test_a_period_leaves_out_what_lies_outside_it(story: Story):
    later = build_report(story.ledger, story.loaded, since=START + timedelta(days=10))
    assert later.found is None
    assert len(later.validations) == 1
    assert len(later.plans) == 2
    earlier = build_report(story.ledger, story.loaded, until=START + timedelta(days=10))
    assert earlier.found is not None
    assert (earlier.plans, earlier.requests, earlier.holds) == ((), (), ())


def test_a_report_of_one_plan_is_about_that_plan(story: Story):
    report = build_report(story.ledger, story.loaded, plan=story.erasure.digest[:12])
    assert [p.digest for p in report.plans] == [story.erasure.digest]
    assert [r.request for r in report.requests] == ["R-1"]
    assert build_report(story.ledger, story.loaded, plan=story.retention.digest).requests == ()


def test_the_seven_stages_have_their_figures(story: Story):
    figures = [s.figure for s in way(build_report(story.ledger, story.loaded))]
    assert figures == ["2", "0", "48", "2 of 2", "43", "2 of 2", "0"]


def test_a_page_about_a_request_tells_its_plan_its_deadline_and_what_is_kept(story: Story):
    page = render_request(build_request(story.ledger, story.loaded, "R-1"))
    for said in ("Request R-1", "30 September 2026", story.erasure.digest, "referenced by", "Law on Personal Data", "35 days"):
        assert said in page
    with pytest.raises(GovernanceError, match="no such request"):
        build_request(story.ledger, story.loaded, "R-9")


def test_a_report_is_written_whole_with_its_markdown_and_request_pages(story: Story, tmp_path: Path):
    folder = tmp_path / "new" / "reports"
    path = write_report(story.ledger, story.loaded, folder, anchor=str(story.anchors))
    written = sorted(p.name for p in folder.iterdir())
    assert written == ["report-2026-09-22-0601.html", "report-2026-09-22-0601.md", "request-R-1.html"]
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0
    assert write_report(story.ledger, story.loaded, folder) == path


def test_a_folder_that_cannot_be_written_is_an_error_with_a_remedy(story: Story, tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(GovernanceError, match="cannot be written") as caught:
        write_report(story.ledger, story.loaded, tmp_path / "file" / "reports")
    assert "GOVERNANCE_REPORTS" in str(caught.value)
    assert os.listdir(tmp_path / "outside") == ["anchors.jsonl"]


def test_equal_ledgers_give_equal_pages(story: Story):
    first, again = (build_report(story.ledger, story.loaded) for _ in range(2))
    assert render_html(first) == render_html(again)
    assert render_markdown(first) == render_markdown(again)
    assert render_html(replace(first, findings=(BROKEN,))) != render_html(first)


def test_the_record_of_processing_is_written_from_the_policy_alone(story: Story, tmp_path: Path):
    path = write_processing(story.loaded, tmp_path / "reports")
    page, text_ = path.read_text(encoding="utf-8"), (tmp_path / "reports" / "processing.md").read_text(encoding="utf-8")
    for said in ("Newsletter", "marketing.email", "Law on Personal Data", "backups end by age", "customer"):
        assert said in page, said
        assert said in text_, said
    assert "default-src" in page
    assert "until" in page
    assert "<script" not in page


def test_ages_count_by_the_clock_of_the_ledger_not_by_a_fixed_one(story: Story):
    report = build_report(story.ledger, story.loaded, as_of=START - timedelta(days=300))
    assert [u.days(report.recorded) for u in report.unjudged] == [21]


def test_steps_with_nothing_due_are_counted_and_not_listed(story: Story):
    [plan] = [p for p in build_report(story.ledger, story.loaded).plans if p.kind == "request"]
    assert [(s.number, s.planned) for s in plan.busy] == [(1, 3)]
    assert [s.number for s in plan.idle] == [2]
