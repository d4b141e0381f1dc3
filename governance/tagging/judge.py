"""Results of a suite become findings in words. A column that breaks nothing is compliant, and says how often it was asked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from governance.domain.errors import PolicyError
from governance.domain.findings import Finding, Status
from governance.suites.judge import Result
from governance.suites.suite import Expectation


def judge(results: Iterable[Result], frame: pd.DataFrame, *, key: str = "catalog") -> list[Finding]:
    """Findings ordered violations first, then gaps, then compliant; each by table and column.

    One finding per broken expectation and row of `frame` (columns table, column, owner), one compliant finding per row
    that breaks none, and one for each expectation about the frame as a whole that holds.
    """
    results = list(results)
    broken: set[int] = set()
    findings: list[Finding] = []
    records = frame.to_dict(orient="records")
    for result in results:
        whole = result.expectation.column is None
        if whole and result.holds:
            findings.append(Finding(Status.COMPLIANT, result.expectation.rule, "", "", f"holds over {result.about:,} rows"))
        elif whole:
            findings.append(_finding(result.expectation, {}))
        else:
            broken |= set(result.broken)
            findings += [_finding(result.expectation, records[place]) for place in result.broken]
    asked = sum(1 for r in results if r.expectation.column is not None)
    for place, record in enumerate(records):
        if place not in broken:
            findings.append(Finding(Status.COMPLIANT, f"{key}.column", record["table"], record["column"],
                                    f"{_plain(record.get('judged', '')) or 'judged'}: all {asked} expectations hold",
                                    owner=_text(record, "owner")))
    order = {Status.VIOLATION: 0, Status.GAP: 1, Status.COMPLIANT: 2}
    return sorted(findings, key=lambda f: (order[f.status], f.table, f.column, f.rule))


def _finding(expectation: Expectation, record: Mapping[Any, Any]) -> Finding:
    shown = {str(name): "nothing" if _missing(value) else value for name, value in record.items()}
    try:
        message, remedy = expectation.message.format(**shown), expectation.remedy.format(**shown)
    except (KeyError, ValueError, IndexError, AttributeError):
        raise PolicyError("its message or remedy does not fit the frame", where=expectation.rule,
                          fix="name columns of the frame in braces, numbers as {rows:,}") from None
    rows = record.get(expectation.rows) if expectation.rows else None
    return Finding(expectation.status, expectation.rule, _text(record, "table"), _text(record, "column"), message, remedy,
                   None if _missing(rows) else int(rows), _text(record, "owner"))  # type: ignore[arg-type]


def _text(record: Mapping[Any, Any], name: str) -> str:
    value = record.get(name)
    return "" if _missing(value) else str(value)


def _plain(word: object) -> str:
    return str(word).replace("_", " ")


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
