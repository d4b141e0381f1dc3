"""A receipt: what a step did, written by the act itself in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a step. Zero rows is `nothing_found` only when nothing was ever found, counted."""

    ERASED = "erased"
    DEPERSONALIZED = "depersonalized"
    NOTHING_FOUND = "nothing_found"
    HELD = "held"
    RESIDUAL = "residual"
    FAILED = "failed"


@dataclass(frozen=True, order=True, slots=True)
class Receipt:
    """One batch of one step. `matched` rows of the work set were taken, `changed` of them changed in the data,
    `gone` were no longer there; matched = changed + gone. `fence` is the number of the lease it ran under."""

    plan: str
    step: int
    batch: int
    matched: int
    changed: int
    gone: int
    fence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """A step's books: done + left + held + gone = planned."""

    planned: int
    done: int
    left: int
    held: int
    gone: int

    @property
    def balanced(self) -> bool:
        return self.done + self.left + self.held + self.gone == self.planned


def done(receipts: Iterable[Receipt]) -> tuple[int, int]:
    """(changed, gone) over all batches."""
    changed = gone = 0
    for receipt in receipts:
        changed, gone = changed + receipt.changed, gone + receipt.gone
    return changed, gone
