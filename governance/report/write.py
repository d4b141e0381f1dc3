"""Write a report into the reports folder: HTML and Markdown beside each other, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from governance.domain.errors import GovernanceError
from governance.ledger import Ledger
from governance.policy.load import LoadedPolicy
from governance.policy.processing import record, render
from governance.report.build import build_report
from governance.report.model import Report
from governance.report.render import render_html, render_markdown, render_processing, render_request
from governance.report.request import build_request


def write_report(ledger: Ledger, loaded: LoadedPolicy, folder: Path, *, report: Report | None = None,
                 anchor: str | None = None) -> Path:
    """``report-2026-10-01-0600.html`` with its Markdown and one page per request beside it; the path of the HTML.

    A report of the same moment is replaced. `anchor` is where the chain's head is written, to be named in the report.
    """
    report = report or build_report(ledger, loaded, anchor=anchor)
    name = f"report-{report.as_of:%Y-%m-%d-%H%M}"
    put(folder / f"{name}.md", render_markdown(report))
    for line in report.requests:
        page = build_request(ledger, loaded, line.request, as_of=report.as_of)
        put(folder / f"request-{safe(line.request)}.html", render_request(page))
    return put(folder / f"{name}.html", render_html(report))


def write_processing(loaded: LoadedPolicy, folder: Path) -> Path:
    """``processing.html``, the record of processing activities, with its Markdown beside it; the path of the HTML."""
    entry = record(loaded)
    put(folder / "processing.md", render(entry))
    return put(folder / "processing.html", render_processing(entry))


def put(path: Path, text: str) -> Path:
    """Write `text` beside `path` and rename it into place; readable by its owner and group only."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o640)) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        if beside.exists():
            beside.unlink()
        raise GovernanceError(f"the report cannot be written ({type(error).__name__})", where=path,
                              fix="check the folder in GOVERNANCE_REPORTS: it must exist, be writable and have room") from None
    return path


def safe(name: str) -> str:
    """A request id as part of a file name."""
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name)
