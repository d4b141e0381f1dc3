"""What a page shows: everything counted, nothing that runs, nothing fetched, nothing unescaped."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.domain.findings import Finding, Status
from governance.domain.receipt import Tally
from governance.report import render_html, render_markdown
from governance.report.charts import bars_of, deadlines_chart, rows_chart
from governance.report.model import Chain, Mark, Report, RequestLine
from governance.report.summary import plan_line, summary, verdict
from governance.report.words import count, days_left, listed
from tests.report.report_samples import erasure, retention, sample


class Reader(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.open.append("/" + tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


def test_the_page_runs_nothing_and_fetches_nothing():
    page = render_html(sample())
    tags = Reader(page).tags
    assert not {"script", "img", "iframe", "object", "embed", "form", "input", "base"} & {tag for tag, _ in tags}
    assert not [a for _, attrs in tags for a in attrs if a.startswith("on") or a == "style"]
    targets = [attrs[a] for _, attrs in tags for a in ("href", "src") if attrs.get(a)]
    assert all(t and (t.startswith("#") or t == "data:,") for t in targets)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_the_content_security_policy_allows_exactly_this_style_sheet():
    page = render_html(sample())
    style = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert "unsafe" not in page


def test_links_inside_the_page_lead_somewhere():
    tags = Reader(render_html(sample())).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"] for tag, attrs in tags if tag == "a"} <= {f"#{i}" for i in ids}


NASTY = "<script>alert('x')</script> & \"q\" | `b` [l](javascript:x) \n# h"


def nasty() -> Report:
    finding = Finding(Status.VIOLATION, "catalog.x", f"a.{NASTY}", NASTY, NASTY, NASTY, 1, NASTY)
    plan = replace(retention(), detail=NASTY, gaps=(finding,), faults=(finding,))
    return sample(organization=NASTY, findings=(finding,), plans=(plan,), contact=NASTY, attested=(finding,))


def test_names_from_outside_are_escaped_in_html():
    page = render_html(nasty())
    assert "<script" not in page
    assert NASTY.split()[0] in Reader(page).text


def test_names_from_outside_cannot_break_markdown():
    text = render_markdown(nasty())
    assert "<script" not in text.replace("\\<script", "")
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    assert "\n# h" not in text
    for line in text.splitlines():
        if line.startswith("| a."):
            assert len(re.findall(r"(?<!\\)\|", line)) == 5, line


def test_both_forms_say_the_same_of_every_plan_request_finding_and_limit():
    report = sample()
    html = Reader(render_html(report)).text
    markdown = render_markdown(report).replace("\\", "")
    for said in (verdict(report)[1], *(line.text for line in summary(report)), *(p.digest for p in report.plans),
                 *(f.message for f in report.violations), *(r.request for r in report.requests),
                 *(h.reason for h in report.holds), *(n.because for n in report.not_covered),
                 *(u.column for u in report.unjudged), report.policy_digest,
                 "41,202", "compliance.officer", report.chain.head):  # fmt: skip
        assert said in html, said
        assert said in markdown, said


def test_an_empty_report_says_so_instead_of_looking_good():
    nothing = dict.fromkeys(("validations", "findings", "plans", "requests", "holds", "unjudged", "not_covered", "runs"), ())
    empty = sample(found=None, chain=Chain(0, ""), **nothing)
    assert verdict(empty)[0] == Mark.WAITING
    for text in (render_html(empty), render_markdown(empty)):
        assert "Nothing was planned" in text
        assert "No column was validated" in text


# ---- the verdict is never better than what it sums up -------------------------------------------------------------------

FINE: dict[str, object] = {
    "validations": (replace(sample().validations[1], violation=0, gap=0),), "findings": (), "unjudged": (),
    "plans": (retention(),), "requests": (sample().requests[0],)}


def test_everything_as_promised_reads_good():
    assert verdict(sample(**FINE))[0] == Mark.GOOD


@pytest.mark.parametrize("change", [
    {"chain": Chain(9, "a" * 64, broken_at=4)},
    {"plans": (replace(retention(), state="residual"),)},
    {"plans": (replace(retention(), state="failed"),)},
    {"plans": (erasure("residual", left=2),)},
    {"plans": (replace(retention(), faults=(Finding(Status.VIOLATION, "disposal.unexplained_rows", "a.b", "", "gone"),)),)},
    {"plans": (replace(retention(), steps=(replace(retention().steps[0], tally=Tally(10, 8, 0, 0, 1)),)),)},
    {"requests": (RequestLine("R-1", "erasure", ("customer",), "az", date(2026, 9, 1), date(2026, 9, 30), "applying"),)},
    {"requests": (RequestLine("R-1", "erasure", ("customer",), "az", date(2026, 9, 1), date(2026, 9, 10), "closed",
                              closed=date(2026, 9, 11)),)},
    {"validations": (replace(sample().validations[1], violation=1),)},
    {"attested": (Finding(Status.VIOLATION, "attest.returned", "a.b", "c", "is back"),)},
])  # fmt: skip
def test_whatever_is_broken_makes_the_verdict_bad(change: dict[str, object]):
    assert verdict(sample(**(FINE | change)))[0] == Mark.BAD


@pytest.mark.parametrize("state", ["planned", "waiting", "approved", "rejected", "expired", "stale", "applying", "applied"])
def test_a_plan_that_is_not_verified_is_never_good(state: str):
    assert plan_line(replace(retention(), state=state)).mark != Mark.GOOD


TALLIES = st.tuples(st.integers(0, 50), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))


@settings(max_examples=80, deadline=None)
@given(TALLIES, st.sampled_from(["applied", "verified", "closed", "residual", "failed", "applying"]), st.integers(0, 3))
def test_a_plan_reads_good_only_when_done_balanced_and_nothing_left(parts: tuple[int, int, int, int], state: str, missing: int):
    done, left, held, gone = parts
    step = replace(retention().steps[0], tally=Tally(done + left + held + gone + missing, done, left, held, gone))
    line = plan_line(replace(retention(), steps=(step,), state=state))
    assert (line.mark == Mark.GOOD) == (state in ("verified", "closed") and left == 0 and missing == 0)
    assert f"{done:,} done" in line.text


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


# ---- charts ----------------------------------------------------------------------------------------------------------

def test_bars_count_every_row_of_every_table_once():
    bars = {b.label: b.parts for b in bars_of(sample().plans)}
    assert bars["shop.orders"] == (41_117, 0, 97, 0, 0)
    assert bars["crm.subscriptions"] == (1_201, 3, 0, 0, 0)
    assert bars["crm.customers"] == (1, 0, 0, 3_114, 0)


def test_many_tables_become_one_bar_and_no_row_is_lost():
    steps = tuple(replace(retention().steps[2], number=n, table=f"s.t{n}", tally=Tally(n, n, 0, 0, 0)) for n in range(1, 41))
    bars = bars_of([replace(retention(), steps=steps, kept=())])
    assert sum(b.total for b in bars) == sum(range(1, 41))
    assert bars[-1].label == "27 more tables"


def test_plans_that_were_not_begun_draw_nothing():
    assert rows_chart([replace(retention(), steps=tuple(replace(s, tally=None) for s in retention().steps))]) == ""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(DAYS, st.integers(0, 90), st.booleans()), min_size=1, max_size=20), DAYS)
def test_a_timeline_stays_inside_its_frame(rows: list[tuple[date, int, bool]], today: date):
    requests = [RequestLine(f"R-{n}", "erasure", ("customer",), "az", received, date.fromordinal(received.toordinal() + days),
                            "closed" if closed else "received", closed=received if closed else None)
                for n, (received, days, closed) in enumerate(rows)]  # fmt: skip
    drawn = str(deadlines_chart(requests, today))
    lefts = [float(x) for x in re.findall(r'(?:x|x1|x2)="([\d.-]+)"', drawn)]
    ends = [float(x) + float(w) for x, w in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)]
    assert all(0 <= x <= 720 for x in lefts + ends)


# ---- words -----------------------------------------------------------------------------------------------------------

def test_words_have_number_and_unit():
    assert [count(n, "row") for n in (0, 1, 1204)] == ["no rows", "1 row", "1,204 rows"]
    assert count(2, "entry") == "2 entries"
    assert [days_left(date(2026, 10, d), date(2026, 10, 2)) for d in (1, 2, 3)] == ["1 day late", "due today", "1 day left"]
    assert listed(list("abcdefgh"), 4) == "a, b, c and 5 more"


def test_moments_are_shown_in_the_zone_of_the_company():
    late = sample(as_of=datetime(2026, 9, 30, 21, tzinfo=UTC))
    assert "1 October 2026, 01:00 (Asia/Baku)" in render_html(late)
