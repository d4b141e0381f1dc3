"""Reports: what was found, validated, planned, approved, done, counted and verified, for people who read it in two minutes."""

from governance.report.build import build_report
from governance.report.model import Report
from governance.report.render import render_html, render_markdown, render_processing, render_request
from governance.report.request import RequestReport, build_request
from governance.report.write import write_processing, write_report

__all__ = ["Report", "RequestReport", "build_report", "build_request", "render_html", "render_markdown", "render_processing",
           "render_request", "write_processing", "write_report"]
