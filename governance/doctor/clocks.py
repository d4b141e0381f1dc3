"""Whether the machines agree what time it is: due dates, leases and evidence are compared across them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MOST_APART = timedelta(seconds=5)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Apart:
    """`ahead`: how far the other clock is ahead of ours (negative: behind). `unsure`: half of the time the answer took."""

    ahead: timedelta
    unsure: timedelta

    @property
    def too_far(self) -> bool:
        return abs(self.ahead) - self.unsure > MOST_APART

    @property
    def words(self) -> str:
        if not self.too_far:
            return "agree"
        seconds = abs(self.ahead.total_seconds())
        return f"{seconds:,.0f} s {'ahead of' if self.ahead > timedelta() else 'behind'} this machine"


def apart(theirs: Clock, ours: Clock = lambda: datetime.now(UTC)) -> Apart:
    """Ask another clock and compare it with the middle of the time that took. Moments are aware."""
    before = ours()
    told = theirs()
    after = ours()
    half = (after - before) / 2
    return Apart(told - (before + half), half)
