"""Fraud signals: apart from everything else, never without an end, never for marketing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from governance.domain.errors import PlanRefused
from governance.policy.sources import Signals

MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal about a subject. Moments are naive, in UTC; `expires_at` is always after `observed_at`."""

    kind: str
    score: float | None = field(repr=False)
    observed_at: datetime
    expires_at: datetime


def signal(declared: Signals, clean: Mapping[str, str], observed_at: datetime) -> Signal | None:
    """The signal that a record says, None when it names no kind. It ends at what the record says or at the declared latest day,
    whichever comes first; PlanRefused for a declaration that would let it stay for ever."""
    kind = clean.get(declared.kind_field)
    if not kind:
        return None
    latest = datetime.combine(declared.expires_within.after(observed_at.date()), observed_at.time())
    if latest <= observed_at:
        raise PlanRefused("a fraud signal would have no time to live", where="signals",
                          fix="declare `expires_within:`, P90D for example")
    said = _moment(clean.get(declared.expires_field)) if declared.expires_field else None
    return Signal(kind, _number(clean.get(declared.score_field)) if declared.score_field else None, observed_at,
                  min(latest, said) if said is not None else latest)


def serves_marketing(purposes: tuple[str, ...] | list[str]) -> bool:
    """Whether any of these purposes is marketing or a part of it."""
    return any(p == MARKETING or p.startswith(f"{MARKETING}.") for p in purposes)


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is not None:
        return found.astimezone(UTC).replace(tzinfo=None)
    # A day alone means its end: the day after has begun.
    return found + timedelta(days=1) if len(text) == len("2026-01-01") else found


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
