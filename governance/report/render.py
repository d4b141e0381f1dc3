"""Render reports: one self-contained HTML file or Markdown. Everything shown is escaped; nothing is fetched, nothing runs."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from governance.report import charts, words
from governance.report.build import UNJUDGED_RULE
from governance.report.model import Report
from governance.report.request import RequestReport
from governance.report.summary import plan_line, summary, verdict


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage on the way from finding to proof, with its one figure."""

    name: str
    figure: str
    words: str


def render_html(report: Report) -> str:
    """The report as one HTML file that needs nothing else and runs nothing."""
    drawn = {"rows": charts.rows_chart(report.plans), "findings": charts.findings_chart(report.validations),
             "deadlines": charts.deadlines_chart(report.requests, report.today)}
    return _html("report.html", r=report, charts=drawn, **_told(report))


def render_markdown(report: Report) -> str:
    """The same as Markdown, for a mail, a ticket or a repository."""
    return _markdown("report.md", r=report, **_told(report))


def render_request(request: RequestReport) -> str:
    """One page about one request, as HTML."""
    return _html("request.html", q=request, lines=[plan_line(p) for p in request.plans],
                 chart=charts.deadlines_chart([request.line], request.as_of.date()))


def render_processing(record: Mapping[str, Any]) -> str:
    """The record of processing activities as HTML, from the plain values of `governance.policy.processing.record`."""
    return _html("processing.html", p=record)


def html_page(template: str, **values: Any) -> str:
    """A page from a template of ours, complete in one file."""
    return _html(template, **values)


def markdown_page(template: str, **values: Any) -> str:
    return _markdown(template, **values)


def way(report: Report) -> tuple[Stage, ...]:
    """The seven stages: found, validated, planned, approved, done, counted, verified."""
    totals = [p.total for p in report.plans]
    planned, done = sum(t.planned for t in totals), sum(t.done for t in totals)
    asked = [p.approval for p in report.plans if p.approval]
    agreed = sum(a.state == "approved" for a in asked)
    begun = [p for p in report.plans if p.begun]
    balanced = sum(p.balanced for p in begun)
    looked = [p for p in report.plans if p.checks is not None]
    last = report.validations[-1] if report.validations else None
    return (
        Stage("Found", f"{report.found.proposed:,}" if report.found else "–", "personal columns"),
        Stage("Validated", f"{last.violation:,}" if last else "–", "violation" if last and last.violation == 1 else "violations"),
        Stage("Planned", f"{planned:,}", "row" if planned == 1 else "rows"),
        Stage("Approved", f"{agreed} of {len(asked)}" if asked else "–", "plans that needed it"),
        Stage("Done", f"{done:,}", "row" if done == 1 else "rows"),
        Stage("Counted", f"{balanced} of {len(begun)}" if begun else "–", "plans balance"),
        Stage("Verified", f"{sum(p.residual for p in looked):,}" if looked else "–", "rows left that should be gone"),
    )


def _told(report: Report) -> dict[str, Any]:
    return {"summary": summary(report), "verdict": verdict(report), "way": way(report), "period": _period(report),
            "other_gaps": [f for f in report.gaps if f.rule != UNJUDGED_RULE]}


def _period(report: Report) -> str:
    since, until = report.since, report.until
    if since and until:
        return f"From {words.day(since, report.zone)} to {words.day(until, report.zone)}"
    if since:
        return f"Since {words.day(since, report.zone)}"
    return f"Everything until {words.day(until, report.zone)}" if until else "Everything so far"


# ---- templates -------------------------------------------------------------------------------------------------------

@cache
def _environment(escaped: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("governance.report"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=select_autoescape(default=True, default_for_string=True) if escaped else False)
    environment.filters |= {
        "count": words.count, "verb": words.verb, "listed": words.listed, "day": words.day, "moment": words.moment,
        "plain": words.plain, "days_left": words.days_left,
        "days_old": lambda days: words.count(days, "day") if days else "today",
        "state": lambda state: words.STATES.get(state, state), "request_state": lambda s: words.REQUEST_STATES.get(s, s),
        "cell": _cell, "breakable": _breakable, "shortened": words.shortened,
        "sum_columns": lambda datasets: sum(len(d["columns"]) for d in datasets),
    }
    return environment


def _breakable(name: str) -> Markup:
    """A long name that may break after a dot or an underscore, never inside a word."""
    parts = [part for part in re.split("([._])", name) if part]
    return Markup("").join(Markup("{}<wbr>").format(part) if part in "._" else escape(part) for part in parts)


def _cell(text: object) -> str:
    """Text inside a Markdown table or list: no line breaks, no column marks, no markup of its own."""
    plain = " ".join(str(text).split())
    for mark in ("\\", "|", "`", "*", "_", "[", "]", "<", ">"):
        plain = plain.replace(mark, "\\" + mark)
    return plain


def _html(template: str, **values: Any) -> str:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _environment(True).get_template(template).render(
        style=Markup(style), style_digest=f"sha256-{digest}", patterns=charts.PATTERNS, **values)


def _markdown(template: str, **values: Any) -> str:
    text = _environment(False).get_template(template).render(**values)
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]
    return "\n".join(kept).strip() + "\n"


@cache
def _style() -> str:
    return files("governance.report").joinpath("templates/report.css").read_text(encoding="utf-8")
