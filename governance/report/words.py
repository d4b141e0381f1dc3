"""Words and numbers for people. Every count has its unit, and one is never "1 rows"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

_IRREGULAR = {"entry": "entries", "person": "people", "has": "have", "is": "are", "breaks": "break"}

ACTS = {
    "file": "remove files", "rewrite": "rewrite cells", "end": "end cells", "unlink": "cut references", "delete": "delete rows",
    "publish": "publish rows", "load": "take in records", "link": "link records", "write": "write values",
}

STATES = {
    "planned": "planned, nothing touched", "waiting": "waits for approval", "approved": "approved, not yet begun",
    "rejected": "rejected, nothing touched", "expired": "approval expired, nothing touched",
    "stale": "out of date, nothing touched", "applying": "begun, not finished", "applied": "done, not yet verified",
    "verified": "done and verified", "residual": "rows are left that should be gone",
    "failed": "failed", "closed": "done and closed",
}

REQUEST_STATES = {
    "received": "received", "resolved": "people found", "planned": "planned", "applying": "under way", "closed": "closed",
    "refused": "refused", "residual": "rows are left", "failed": "failed",
}


def count(number: int, noun: str) -> str:
    """``1 row``, ``1,204 rows``, ``no rows``."""
    shown = "no" if number == 0 else f"{number:,}"
    return f"{shown} {noun if number == 1 else _IRREGULAR.get(noun, noun + 's')}"


def verb(number: int, word: str) -> str:
    """The verb that goes with a count: ``is`` or ``are``."""
    return word if number == 1 else _IRREGULAR.get(word, word)


def listed(parts: Iterable[str], most: int = 6) -> str:
    """``a, b and c``; what is too much is counted."""
    names = list(parts)
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def shortened(text: str, most: int = 4) -> str:
    """A list written with semicolons, cut after `most` parts; what is left out is counted."""
    parts = text.split("; ")
    return text if len(parts) <= most else "; ".join([*parts[: most - 1], f"and {len(parts) - most + 1} more reasons"])


def day(value: date | datetime | None, zone: str = "UTC") -> str:
    """``3 October 2026``, in `zone` for a moment."""
    if value is None:
        return "unknown"
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone)).date() if value.tzinfo else value.date()
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime | None, zone: str = "UTC") -> str:
    """``3 October 2026, 10:00`` in `zone`."""
    if value is None:
        return "unknown"
    local = value.astimezone(ZoneInfo(zone)) if value.tzinfo else value
    return f"{day(local, zone)}, {local:%H:%M}"


def days_left(due: date, today: date) -> str:
    """``12 days left``, ``due today``, ``3 days late``."""
    left = (due - today).days
    if left == 0:
        return "due today"
    return f"{count(left, 'day')} left" if left > 0 else f"{count(-left, 'day')} late"


def plain(key: str) -> str:
    """A key with its underscores as spaces."""
    return key.replace("_", " ")
