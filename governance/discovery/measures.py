"""Checks of a whole column where a single value proves nothing. Each gives the share of values that fit, 0..1."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

import phonenumbers

from governance.discovery import gazetteer, names
from governance.discovery.dates import as_day
from governance.discovery.sample import Sample
from governance.discovery.validators import digits
from governance.domain.schema import Family

_AT_HOME = ("AZ", "RU", "TR", "US", "DE", "GB", "GE", "UA")  # digits without any sign are valid somewhere too easily
_REGIONS = ("AZ", "RU", "TR", "US", "DE", "GB", "GE", "UA", "FR", "IT", "ES", "PL", "IN", "BR")
_WITH_ZERO = frozenset({"DE", "GB", "FR", "IN"})  # where numbers that are written in groups begin with a zero
_NAMED = 200  # values that are asked for names
_CHECKED, _TASTED = 60, 10  # a number costs some 90 microseconds to check; sixty tell a region from chance
# Codes of countries whose numbers are written in digits alone often enough, with the length their numbers then have.
_CODES = re.compile(
    r"(?:994\d{9}|7[3489]\d{9}|90[2345]\d{9}|49[1-9]\d{8,10}|1[2-9]\d{9}|44[127]\d{8,9}"
    r"|995\d{9}|380\d{9}|99[2368]\d{9}|375\d{9}|37[34]\d{8}|77\d{9})\Z"
)
_AGE = re.compile(r"(?:\d|[1-9]\d|10[0-5])(?:\.\d+)?(?: ?[-–] ?\d{2}|\+)?\Z")
_OCTETS = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:[:/]\d{1,5})?\Z")
_NORTH_AMERICA = re.compile(r"(?:\+?1[ .-]?)?(?:\((\d)\d\d\) ?|(\d)\d\d[.-])(\d)\d\d[ .-]\d{4}(?: ?x\d{1,5})?")
_NEVER_FIRST = 0.02  # share of areas and exchanges that begin with 0 or 1, which none does, above which the numbers are of something else
_LONGEST_AT_HOME = 11  # digits without the leading zero; the plan of Germany takes nearly any number that is longer
_EXTENSION = re.compile(r" ?(?:x|ext\.?|доб\.?|dax\.?) ?\d{1,6}$", re.IGNORECASE)
_UNIQUE, _TOO_FEW = 0.98, 5_000  # share of different values from which none seems to come back; rows in which a postcode may well not
_CODES_AT_MOST = 12  # different values of a list of codes
_LOWER = 0.5  # how much words in lower case alone count as names
_ADULT, _OLDEST = 14, 105
_LEAST_SPREAD = 9.0  # years between the tenth and the ninetieth of a hundred birth dates


def phones(sample: Sample) -> float:
    """The share of valid numbers under the one region that explains most; a number with its plus needs no region."""
    values = [_EXTENSION.sub("", v) for v in sample.values[:_CHECKED]]
    american = [m for m in map(_NORTH_AMERICA.fullmatch, values) if m]
    if sum((m[1] or m[2]) in "01" or m[3] in "01" for m in american) > _NEVER_FIRST * len(american):
        american = []
    known = {m[0] for m in american}
    open_ones = [v for v in values if v not in known and not _fits_plus(v) and not _valid_abroad(v)]
    return (len(values) - len(open_ones) + _most_valid(open_ones, _REGIONS)) / len(values) if values else 0.0


def _most_valid(values: Sequence[str], regions: Sequence[str]) -> int:
    """How many of `values` are numbers of the region that has most of them. A few values choose the regions that are asked about all."""
    few = values[:_TASTED]
    tasted = sorted(((sum(_valid(v, region) for v in few), region) for region in regions), reverse=True)[:2]
    rest = values[_TASTED:]
    return max((count + sum(_valid(v, region) for v in rest) for count, region in tasted if count), default=0)


def _fits_plus(text: str) -> bool:
    if not text.startswith(("+", "00")):
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse("+" + text.lstrip("+0")))
    except phonenumbers.NumberParseException:
        return False


def _valid(text: str, region: str) -> bool:
    if region in _WITH_ZERO and not text.isdigit() and not text.lstrip("( +").startswith("0"):
        return False
    try:
        number = phonenumbers.parse(text, region)
        return phonenumbers.is_valid_number_for_region(number, region)
    except phonenumbers.NumberParseException:
        return False


def bare_phones(sample: Sample) -> float:
    """As `phones` for digits without any format, with or without the code of a country. Numbers that run on without holes are a
    counter, not phones."""
    values = sample.values[:_CHECKED]
    if not values or _is_counter(sample):
        return 0.0
    abroad = {v for v in values if _valid_abroad(v)}
    at_home = [v for v in values if v not in abroad and len(v.lstrip("0")) <= _LONGEST_AT_HOME]
    return (sum(v in abroad for v in values) + _most_valid(at_home, _AT_HOME)) / len(values)


def _valid_abroad(text: str) -> bool:
    try:
        return _CODES.match(text) is not None and phonenumbers.is_valid_number(phonenumbers.parse("+" + text))
    except phonenumbers.NumberParseException:
        return False


def birth_dates(sample: Sample) -> float:
    """Days spread over decades, most of them of people old enough to buy something."""
    days = [d for d in map(as_day, sample.values) if d]
    if len(days) < 0.9 * len(sample.values) or len(days) < 3:
        return 0.0
    today = date.today()
    ages = sorted((today - d).days / 365.25 for d in days)
    low, high = ages[len(ages) // 10], ages[(len(ages) * 9) // 10 - (len(ages) >= 10)]
    if high - low < _LEAST_SPREAD or ages[0] < 0:
        return 0.0
    return sum(_ADULT <= a <= _OLDEST for a in ages) / len(ages)


def addresses_v4(sample: Sample) -> float:
    """Four octets that use their range. Versions such as 8.29.18.71 begin with small numbers; private networks with 10, and use the
    range of their last octets."""
    found = [m for m in map(_OCTETS.match, sample.values) if m]
    octets = [o for o in ([int(g) for g in m.groups()] for m in found) if max(o) <= 255]
    if not octets:
        return 0.0
    first = sum(o[0] > 31 for o in octets) / len(octets)
    private = sum(o[0] == 10 for o in octets) > 0.9 * len(octets) and sum(o[3] > 99 for o in octets) >= 0.2 * len(octets)
    return len(octets) / len(sample.values) if first >= 0.4 or private else 0.0


def user_names(sample: Sample) -> float:
    """Handles that hold a given or family name: l.aliyeva, anar_89, hhuseynov."""
    values = sample.values[:_NAMED]
    if sample.uniqueness < 0.5:
        return 0.0
    marked = any(not c.isalpha() for v in values for c in v)  # where none has a figure, a dot or a line they are as well words
    return names.mean(list(map(names.handle, values))) * (1.0 if marked else _LOWER)


def full_names(sample: Sample) -> float:
    return names.mean([names.full_name(v) for v in sample.values[:_NAMED]])


def given_names(sample: Sample) -> float:
    """How far the words are given names, and neither family names nor towns."""
    return _more_than_others(sample, names.given_name, names.family_name)


def family_names(sample: Sample) -> float:
    return _more_than_others(sample, names.family_name, names.given_name)


def _more_than_others(sample: Sample, one: Callable[[str], float], other: Callable[[str], float]) -> float:
    values = sample.values[:_NAMED]
    if all(v.islower() for v in values):  # names are written so by some people, words of a language by all
        return _LOWER * names.mean(list(map(one, values)))
    mine, others, towns = names.mean(list(map(one, values))), names.mean(list(map(other, values))), cities(sample)
    known = names.mean([max(one(v), other(v)) > names.UNKNOWN_MOST for v in values])
    return mine * (1.0 if mine >= others else 0.4) * (1.0 if mine >= towns - 0.05 else 0.2) * (1.0 if known >= 0.25 else 0.65)


def cities(sample: Sample) -> float:
    values = sample.values[:_NAMED]
    return names.mean(list(map(gazetteer.is_city, values))) * (_LOWER if all(v.islower() for v in values) else 1.0)


def regions(sample: Sample) -> float:
    """How far the words are regions. Where as many are towns, they are towns: a region is often called after its capital."""
    found = names.mean(list(map(gazetteer.is_region, sample.values[:_NAMED])))
    return found if found > cities(sample) else 0.3 * found


def mixed_codes(sample: Sample) -> float:
    """Codes in which letters and digits stand anywhere: a fixed prefix is a number of something, not of somebody."""
    if len(sample.values) < 3:
        return 0.5
    columns = list(zip(*sample.values, strict=False))
    both = sum(any(c.isalpha() for c in col) and any(c.isdigit() for c in col) for col in columns)
    return both / len(columns) if columns else 0.0


def geohashes(sample: Sample) -> float:
    """Codes of one length that begin alike, as places near one another do, and have letters and digits anywhere behind that."""
    if len(sample.values) < 5 or len({len(v) for v in sample.values}) > 2:
        return 0.0
    heads = [v[:2] for v in sample.values]
    if max(map(heads.count, set(heads))) < 0.3 * len(heads):
        return 0.0
    tails = list(zip(*(v[3:] for v in sample.values), strict=False))
    both = sum(any(c.isalpha() for c in col) and any(c.isdigit() for c in col) for col in tails)
    return both / len(tails) if tails else 0.0


def fixed_letter_codes(sample: Sample) -> float:
    """One or two leading letters over the whole column, as series of passports have; anything but an even counter."""
    numbers = sorted(int(d) for d in map(digits, sample.values) if d)
    if len(numbers) < 3:
        return 1.0
    return 0.0 if numbers[-1] - numbers[0] < 50 * max(len(numbers), sample.distinct) else 1.0


def changing_letters(sample: Sample) -> float:
    """Different letter groups per value: a series such as INV- or SKU- has one."""
    groups = ["".join(c for c in v if c.isalpha()) for v in sample.values]
    return len(set(groups)) / len(groups) if len(groups) > 2 else 0.0


def tokens_seen_again(sample: Sample) -> float:
    """Random tokens that come back in other rows, as cookies and devices do and row numbers do not."""
    return 0.0 if sample.key or sample.uniqueness > _UNIQUE else 1.0


def digits_of_one_length(sample: Sample) -> float:
    """Digits of one length that come back in other rows, or that are too few for that and no counter."""
    lengths = [len(v) for v in sample.values]
    if sample.key or sample.distinct < 3 or not lengths:
        return 0.0
    if sample.uniqueness > _UNIQUE and (sample.filled > _TOO_FEW or _is_counter(sample)):
        return 0.0
    return max(lengths.count(n) for n in set(lengths)) / len(lengths)


def _is_counter(sample: Sample) -> bool:
    """Numbers that run on without wide holes."""
    numbers = sorted(int(d) for d in map(digits, sample.values) if d)
    return len(numbers) > 2 and numbers[-1] - numbers[0] < 50 * max(len(numbers), sample.distinct)


def few_words(sample: Sample) -> float:
    """A short list of two to twelve codes or words, the same again and again."""
    return 1.0 if 1 < sample.distinct <= 12 and sample.filled > sample.distinct else 0.0


def many_proper_words(sample: Sample) -> float:
    """Words with a capital, and more of them than a list of codes has."""
    return sum(v[:1].isupper() for v in sample.values) / len(sample.values) if sample.distinct > _CODES_AT_MOST else 0.0


def ages(sample: Sample) -> float:
    if sample.family not in (Family.INTEGER, Family.TEXT, Family.NUMBER) or not sample.values:
        return 0.0
    return sum(_AGE.match(v) is not None for v in sample.values) / len(sample.values)


MEASURES: dict[str, Callable[[Sample], float]] = {
    "phones": phones,
    "bare_phones": bare_phones,
    "birth_dates": birth_dates,
    "addresses_v4": addresses_v4,
    "user_names": user_names,
    "full_names": full_names,
    "given_names": given_names,
    "family_names": family_names,
    "cities": cities,
    "regions": regions,
    "mixed_codes": mixed_codes,
    "fixed_letter_codes": fixed_letter_codes,
    "tokens_seen_again": tokens_seen_again,
    "digits_of_one_length": digits_of_one_length,
    "few_words": few_words,
    "ages": ages,
    "geohashes": geohashes,
    "changing_letters": changing_letters,
    "many_proper_words": many_proper_words,
}
