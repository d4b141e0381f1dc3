"""Findings: what a check can say about one place. There is no fourth answer and no "skipped"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    COMPLIANT = "compliant"
    VIOLATION = "violation"
    GAP = "gap"  # cannot judge; kept and reported


JUDGED = "catalog.judged"  # the rule of a column about which nobody has said whether it is personal and what it is for


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """`rule` is a stable key such as ``catalog.purpose_declared``; `message` and `remedy` are for people.

    `table` and `column` are spelled as in policy (``schema.table`` and a column name), empty for findings about the whole.
    `rows` is how many rows or cells it concerns, None when that was not counted.
    """

    status: Status
    rule: str
    table: str
    column: str
    message: str
    remedy: str = ""
    rows: int | None = None
    owner: str = ""
