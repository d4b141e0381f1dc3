"""Declared things in words, for people who read plans, comparisons and records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from governance.domain.clock import Period
from governance.policy.model import Deadline, EndState, Hop, Schedule, Trigger

_FROM = [date(year, month, day) for year in (2023, 2024) for month in range(1, 13) for day in (1, 28)]


def joined(parts: Iterable[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``; ``nothing`` for none."""
    words = list(parts)
    if len(words) < 2:
        return words[0] if words else "nothing"
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def schedule_words(schedule: Schedule) -> str:
    """``90 days after delivered`` or ``until consent is withdrawn``."""
    if schedule.until_withdrawn:
        return "until consent is withdrawn" + ("" if schedule.keep == Period() else f" and {schedule.keep.words} more")
    return f"{schedule.keep.words} after {schedule.trigger}"


def trigger_words(trigger: Trigger) -> str:
    """What a trigger means: ``delivered_at of shop.shipments, at latest 1 year after placed_at``."""
    if trigger.greatest_of:
        words = f"the latest of {joined(trigger_words(t) for t in trigger.greatest_of)}"
    elif trigger.first_of:
        words = f"the first known of {joined(trigger_words(t) for t in trigger.first_of)}"
    else:
        words = f"{trigger.column}{_over(trigger.through)}"
    if trigger.at_latest is not None:
        words += f", at latest {trigger.at_latest.keep.words} after {trigger.at_latest.column}"
    return words


def _over(hops: Sequence[Hop]) -> str:
    return f" of {hops[-1].table}" if hops else ""


def end_words(end: EndState | None, deletable: object) -> str:
    """What becomes of a cell whose purposes are over."""
    if end is not None:
        return end.words
    return "deleted with its row" if deletable else "kept"


def deadline_words(deadline: Deadline) -> str:
    """``7 working days`` or ``1 month, extendable by 2 months``."""
    def counted(count: int, unit: str) -> str:
        return f"{count} {unit}{'' if count == 1 else 's'}"

    words = counted(deadline.working_days, "working day") if deadline.working_days else counted(deadline.months or 0, "month")
    extensions = ((deadline.extendable_working_days, "working day"), (deadline.extendable_months, "month"))
    more = [counted(count, unit) for count, unit in extensions if count]
    return words + (f", extendable by {joined(more)}" if more else "")


def longer(one: Period, other: Period) -> bool | None:
    """Whether `other` ends later than `one`, from whatever day they run; None when that depends on the day, or never differs."""
    signs = {(other.after(day) > one.after(day)) - (other.after(day) < one.after(day)) for day in _FROM} - {0}
    return signs.pop() > 0 if len(signs) == 1 else None
