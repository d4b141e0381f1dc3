"""Calendar arithmetic of the truth: cutoffs in whole local days, month ends clamped."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

BAKU = ZoneInfo("Asia/Baku")


def back(day: date, keep: str) -> date:
    """`day` minus an ISO period such as P2Y7M: years and months first, then days."""
    found = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?", keep)
    if not found:
        raise ValueError(f"not a period: {keep}")
    years, months, days = (int(g or 0) for g in found.groups())
    year, month = divmod(day.year * 12 + day.month - 1 - years * 12 - months, 12)
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1])) - timedelta(days=days)


@cache
def cutoff_day(as_of: datetime, keep: str) -> date:
    return back(as_of.astimezone(BAKU).date(), keep)


@cache
def cutoff_moment(as_of: datetime, keep: str) -> datetime:
    """The start of the cutoff day in Baku, in UTC without a zone, as the warehouse writes timestamps."""
    return datetime.combine(cutoff_day(as_of, keep), time(), BAKU).astimezone(UTC).replace(tzinfo=None)


def is_before(value: date | datetime, as_of: datetime, keep: str) -> bool:
    """Strictly before the cutoff."""
    if isinstance(value, datetime):
        naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return naive < cutoff_moment(as_of, keep)
    return value < cutoff_day(as_of, keep)
