"""Periods and cutoffs. A cell is due strictly before its cutoff, counted in whole days of the policy's time zone."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?\Z")


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """An ISO 8601 duration of whole days or longer: ``P90D``, ``P6M``, ``P1Y2M``."""

    years: int = 0
    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        match = _PERIOD.match(text)
        if not match or text == "P":
            raise ValueError(f"expected a period such as P90D, P6M or P1Y, got {text!r}")
        years, months, weeks, days = (int(g or 0) for g in match.groups())
        return cls(years, months, weeks * 7 + days)

    def before(self, day: date) -> date:
        """The day this long before `day`; a month that is too short gives its last day."""
        return self._shift(day, -1)

    def after(self, day: date) -> date:
        return self._shift(day, 1)

    def _shift(self, day: date, sign: int) -> date:
        count = day.year * 12 + day.month - 1 + sign * (self.years * 12 + self.months)
        year, month = divmod(count, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(days=sign * self.days)

    def __str__(self) -> str:
        parts = [f"{n}{u}" for n, u in ((self.years, "Y"), (self.months, "M"), (self.days, "D")) if n]
        return "P" + ("".join(parts) or "0D")

    @property
    def words(self) -> str:
        parts = [f"{n} {u}{'' if n == 1 else 's'}" for n, u in
                 ((self.years, "year"), (self.months, "month"), (self.days, "day")) if n]
        return " ".join(parts) or "0 days"


@dataclass(frozen=True, slots=True)
class Cutoff:
    """The start of one day in the policy's time zone: what happened strictly before it is over.

    `day` is compared with date columns, `moment` (UTC) with columns that know their zone, and
    `naive(zone)` with columns that do not and are written in `zone`.
    """

    day: date
    zone: str

    @property
    def moment(self) -> datetime:
        return datetime.combine(self.day, time.min, ZoneInfo(self.zone)).astimezone(UTC)

    def naive(self, zone: str) -> datetime:
        return self.moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def cutoff(as_of: datetime, keep: Period, zone: str) -> Cutoff:
    """The cutoff of `keep` at `as_of` (an aware moment)."""
    return Cutoff(keep.before(as_of.astimezone(ZoneInfo(zone)).date()), zone)
