"""Deadlines against a reference that walks the calendar day by day."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.domain.errors import PolicyError
from governance.policy.deadline import due_on, earliest
from governance.policy.model import Deadline, HolidayCalendar, Regime

days = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def regime(holidays: str | None = None, key: str = "r", **deadline: int) -> Regime:
    return Regime(key=key, name=key, citation="example", holidays=holidays, deadlines=(Deadline(request="erasure", **deadline),))


def counted(received: date, count: int, free: set[date] | None = None, weekend: tuple[int, ...] = (5, 6)) -> date:
    """The reference: look at each day after `received` and count those that are worked."""
    horizon = [received + timedelta(days=n) for n in range(1, 5 * count + 60)]
    worked = [d for d in horizon if d.weekday() not in weekend and d not in (free or set())]
    return worked[count - 1]


@settings(deadline=None)
@given(days, st.integers(1, 30), st.sets(days, max_size=40))
def test_working_days_skip_weekends_and_the_days_of_a_declared_calendar(received: date, count: int, free: set[date]) -> None:
    calendars = [HolidayCalendar(key="ours", days=tuple(sorted(free)))]
    assert due_on(regime("ours", working_days=count), "erasure", received, calendars) == counted(received, count, free)
    assert due_on(regime(working_days=count), "erasure", received) == counted(received, count)


@settings(deadline=None, max_examples=60)
@given(days, st.integers(1, 30), st.sampled_from(["AZ", "DE", "TR", "SA"]))
def test_working_days_follow_the_holidays_and_weekend_of_a_country(received: date, count: int, country: str) -> None:
    known = holidays.country_holidays(country, years=range(received.year, received.year + 2))
    free = {d for d in known if d not in known.weekend_workdays}
    horizon = [received + timedelta(days=n) for n in range(1, 5 * count + 60)]
    worked = [d for d in horizon if d in known.weekend_workdays or (d.weekday() not in known.weekend and d not in free)]
    assert due_on(regime(country, working_days=count), "erasure", received) == worked[count - 1]


@given(days, st.integers(1, 30))
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(received: date, months: int) -> None:
    due = due_on(regime(months=months), "erasure", received)
    assert (due.year * 12 + due.month) - (received.year * 12 + received.month) == months
    assert due.day == min(received.day, calendar.monthrange(due.year, due.month)[1])


@given(days, st.integers(1, 20), st.integers(0, 10))
def test_an_extended_deadline_adds_what_the_regime_allows(received: date, count: int, more: int) -> None:
    allowing = regime(working_days=count, extendable_working_days=more)
    assert due_on(allowing, "erasure", received, extended=True) == counted(received, count + more)
    assert due_on(regime(months=count, extendable_months=more), "erasure", received, extended=True) == due_on(
        regime(months=count + more), "erasure", received)


@settings(deadline=None)
@given(days, st.integers(1, 30), st.integers(1, 3))
def test_the_earliest_deadline_of_all_regimes_applies(received: date, count: int, months: int) -> None:
    regimes = [regime(key="b", working_days=count), regime(key="a", months=months)]
    silent = Regime(key="0", name="0", citation="example", deadlines=())
    answers = [(due_on(r, "erasure", received), r.key) for r in regimes]
    assert earliest([silent, *regimes], "erasure", received) == min(answers)
    assert earliest(reversed(regimes), "erasure", received) == min(answers)


@pytest.mark.parametrize(("received", "due"), [
    (date(2026, 3, 18), date(2026, 4, 7)),  # Novruz and Ramazan with the days moved after them
    (date(2026, 5, 26), date(2026, 6, 9)),  # Qurban and Republic Day
    (date(2026, 11, 22), date(2026, 12, 1)),  # a Sunday does not count
])
def test_seven_working_days_in_azerbaijan(received: date, due: date) -> None:
    assert due_on(regime("AZ", working_days=7), "erasure", received) == due


def test_a_declared_calendar_comes_before_a_country_of_the_same_name() -> None:
    ours = HolidayCalendar(key="AZ", days=(date(2026, 11, 23),))
    assert due_on(regime("AZ", working_days=1), "erasure", date(2026, 11, 22), [ours]) == date(2026, 11, 24)


def test_a_part_of_a_country_has_its_own_holidays() -> None:
    received = date(2026, 6, 3)  # Corpus Christi is a holiday in Bavaria only
    assert due_on(regime("DE", working_days=1), "erasure", received) == date(2026, 6, 4)
    assert due_on(regime("DE-BY", working_days=1), "erasure", received) == date(2026, 6, 5)


def test_months_clamp_at_the_end_of_february() -> None:
    assert due_on(regime(months=1), "erasure", date(2028, 1, 31)) == date(2028, 2, 29)
    assert due_on(regime(months=1), "erasure", date(2027, 1, 31)) == date(2027, 2, 28)


def test_no_deadline_and_no_calendar_are_told() -> None:
    with pytest.raises(PolicyError, match="has no deadline for access requests"):
        due_on(regime(months=1), "access", date(2026, 1, 1))
    with pytest.raises(PolicyError, match="no regime has a deadline for access requests"):
        earliest([regime(months=1)], "access", date(2026, 1, 1))
    with pytest.raises(PolicyError, match="`XX` is neither a declared calendar nor a country code"):
        due_on(regime("XX", working_days=1), "erasure", date(2026, 1, 1))
