"""When an answer to a request is due. Working days by the holidays of a country or of a declared calendar; months clamped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from governance.domain.clock import Period
from governance.domain.errors import PolicyError
from governance.policy.model import Deadline, HolidayCalendar, Regime

_WEEKEND = (5, 6)  # Saturday and Sunday, where a declared calendar does not know better


def due_on(regime: Regime, request_kind: str, received: date, calendars: Sequence[HolidayCalendar] = (), *,
           extended: bool = False) -> date:
    """The last day on which an answer is in time. `received` is a day of the company's time zone and does not count.

    Working days: the n-th working day after `received`. Months: the same day n months later, or the last of a shorter month;
    it is not moved when it is a holiday, because early is never late. `extended` adds what the regime allows to extend by.
    Days after the last one a declared calendar knows count as working days: that, too, can only make the answer earlier.
    PolicyError when the regime has no deadline for such requests or its calendar is unknown.
    """
    deadline = next((d for d in regime.deadlines if d.request == request_kind), None)
    if deadline is None:
        raise PolicyError(f"has no deadline for {request_kind} requests", where=f"regime {regime.key}",
                          fix=f"declare it: deadlines: [{{request: {request_kind}, months: 1}}]")
    more_months = deadline.extendable_months if extended else 0
    more_days = deadline.extendable_working_days if extended else 0
    last = received
    days = more_days
    if deadline.working_days is not None:
        days += deadline.working_days
    if _months(deadline) + more_months:
        last = Period(months=_months(deadline) + more_months).after(last)
    return after_working_days(last, days, working_day(regime, calendars)) if days else last


def earliest(regimes: Iterable[Regime], request_kind: str, received: date,
             calendars: Sequence[HolidayCalendar] = ()) -> tuple[date, str]:
    """(the day, the regime's key) of the deadline that ends first; regimes silent on such requests are passed over.

    Ties go to the first key by name. PolicyError when no regime has a deadline for them.
    """
    answers = [(due_on(r, request_kind, received, calendars), r.key) for r in regimes
               if any(d.request == request_kind for d in r.deadlines)]
    if not answers:
        raise PolicyError(f"no regime has a deadline for {request_kind} requests", where="regimes", fix="declare one")
    return min(answers)


def after_working_days(day: date, count: int, works: Callable[[date], bool]) -> date:
    """The `count`-th working day after `day`."""
    while count:
        day += timedelta(days=1)
        count -= works(day)
    return day


def working_day(regime: Regime, calendars: Sequence[HolidayCalendar] = ()) -> Callable[[date], bool]:
    """Whether a day is worked under the regime. A declared calendar comes before a country of the same name."""
    if regime.holidays is None:
        return lambda day: day.weekday() not in _WEEKEND
    declared = next((c for c in calendars if c.key == regime.holidays), None)
    if declared is not None:
        free = frozenset(declared.days)
        return lambda day: day.weekday() not in _WEEKEND and day not in free
    country = country_calendar(regime.holidays)
    if country is None:
        raise PolicyError(f"`{regime.holidays}` is neither a declared calendar nor a country code", where=f"regime {regime.key}",
                          fix="write a code such as AZ or DE-BY, or declare it under `holidays:`")
    return lambda day: bool(country.is_working_day(day))


@lru_cache(maxsize=32)
def country_calendar(code: str) -> Any | None:
    """The holidays of a country (``AZ``) or of a part (``DE-BY``), with its own weekend and worked weekends; None when unknown.

    Source: the holidays package, public holidays.
    """
    import holidays  # slow to import, and DAG files import what leads here

    country, _, part = code.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        return None


def _months(deadline: Deadline) -> int:
    return deadline.months or 0
