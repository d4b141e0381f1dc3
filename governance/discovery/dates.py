"""Days as people write them: ISO, dotted, slashed, with the month in words of five languages."""

from __future__ import annotations

import re
from datetime import date

from governance.domain.fold import latin

_CLOCK = re.compile(r"[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(?:Z|UTC|[+-]\d\d(?::?\d\d)?)?\Z")
_MIDNIGHT = re.compile(r"0?0:00(?::00(?:\.0+)?)?\Z")
_NUMBERS = re.compile(r"(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,4})\.?\Z")
_GLUED = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})\Z")
_WORDED = re.compile(
    r"(?:(\d{1,2})\.?[\s-]+([^\W\d_]{3,})\.?,?[\s-]+(\d{2,4})|([^\W\d_]{3,})\.?\s+(\d{1,2}),?\s+(\d{4}))(?:\s*(?:г|г\.|il|года))?\Z"
)
_MONTHS: dict[str, int] = {}
for _number, _names in enumerate((
    "jan january januar jän yanvar янв январь января ocak oca", "feb february februar fevral фев февраль февраля şubat şub",
    "mar march märz mär mart март марта мар", "apr april aprel апр апрель апреля nisan nis", "may mai май мая mayıs",
    "jun june juni iyun июн июнь июня haziran haz", "jul july juli iyul июл июль июля temmuz tem",
    "aug august avqust авг август августа ağustos ağu", "sep sept september sentyabr сен сентябрь сентября eylül eyl",
    "oct october okt oktober oktyabr окт октябрь октября ekim eki", "nov november noyabr ноя ноябрь ноября kasım kas",
    "dec december dez dezember dekabr дек декабрь декабря aralık ara"), start=1):  # fmt: skip
    for _name in _names.split():
        _MONTHS[latin(_name)] = _number
_THIS_YEAR = date.today().year


def as_day(text: str) -> date | None:
    """The day that `text` names; None for anything else and for a moment within a day (its time is not midnight)."""
    text = text.strip()
    clock = _CLOCK.search(text)
    if clock:
        if not _MIDNIGHT.match(clock[1]):
            return None
        text = text[: clock.start()].strip()
    if numbers := _NUMBERS.match(text):
        first, _, middle, last = numbers.groups()
        if len(first) == 4 and len(last) <= 2:
            return _day(first, middle, last)
        if len(first) <= 2 and len(last) in (2, 4):
            return _day(last, middle, first) or _day(last, first, middle)
        return None
    if glued := _GLUED.match(text):
        return _day(*glued.groups())
    if worded := _WORDED.match(text):
        day, month, year = worded.group(1, 2, 3) if worded[1] else worded.group(5, 4, 6)
        number = _MONTHS.get(latin(month))
        return _day(year, str(number), day) if number else None
    return None


def _day(year: str, month: str, day: str) -> date | None:
    number = int(year)
    if len(year) <= 2:
        number += 2000 if number <= _THIS_YEAR - 2000 else 1900
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None
