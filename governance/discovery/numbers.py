"""Numbers and codes inside texts: which of them are somebody's.

A form proves little: one number in ten has a right control digit by chance, and part numbers are written like phones. So a form is
believed when what comes with it says what it is ("tel", "карта"), or when far more of all that is written in the same shape is valid than
chance would have it.
"""

# ruff: noqa: E501 -- word lists and patterns read better in long lines
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import phonenumbers

from governance.discovery import validators
from governance.discovery.inside import BLANK, DULL
from governance.domain.fold import latin
from governance.domain.patterns import PATTERNS

EMAIL, PHONE, CARD = "user.contact.email", "user.contact.phone_number", "user.financial.credit_card"
BANK, NATIONAL, PASSPORT = (
    "user.financial.bank_account",
    "user.government_id.national_identification_number",
    "user.government_id.passport_number",
)
ADDRESS, DEVICE = "user.device.ip_address", "user.device.device_id"
# The share of all that is written in one shape from which its valid ones are no chance.
_BELIEVED = {PHONE: 0.6, CARD: 0.5, NATIONAL: 0.5}
_CERTAIN = "certain"  # a shape that needs no company
_MOST_COUNTED, _MOST_SHAPES = 2_000, 60
_MANY_SHAPES, _LEAST_SHARE = 20, 0.15
_REGIONS = ("AZ", "RU", "TR", "US", "DE", "GB")
_DIGIT = re.compile(r"\d")
_NEAR = 24  # characters before and behind in which a word says what a number is

_DULL, _EMAIL = re.compile(DULL), re.compile(PATTERNS["email"])
_BEFORE, _BEHIND = r"(?<![\w/-])(?<![\d.][.,:])(?<!\d[.,:])", r"(?![\w])(?![-/.,:]\d|[-/]\w)"
_LABELLED = re.compile(
    r"(?<![a-z])(?:order|orders|ord|invoice|inv|tracking|track|sku|ref|article|ean|barcode|sifarish|sifaris|siparis|siparish|zakaz\w*|schet\w*|faktura|takip|"
    r"trek|nomer zakaza|bestell\w*|rechnung\w*|sendung\w*|artikul|izlama|qaima|fatura|transaction|receipt|txn|part|serial|batch|item|mpn|imei)"
    r"[\W_]{0,4}(?:no|nr|id|number|nomra\w*|nomer)?[\W_]*$"
)
_SAYS = {
    PHONE: re.compile(
        r"\b(?:tel(?:efon\w*)?\b|phone|mob(?:il\w*)?\b|cell\b|call|zang|alaqa|alaga|whatsapp|wp\b|ruckruf|rueckruf|erreich|handy|anruf|gsm\b|cep\b|(?:po|pere)?zvon"
        r"|svyaz|contact|iletishim|iletisim|ara[ym]|nomrasin|numarasin|fa(?:x|ks)\b|viber|telegram)"
    ),
    CARD: re.compile(r"\b(?:cards?\b|kart(?!us|ri)(?:[aeiuy]\w{0,2})?\b|kreditk|visa\b|master|maestro)"),
}
_PHONE = re.compile(f"{_BEFORE}(?:{PATTERNS['phone']}){_BEHIND}")
_CARD = re.compile(rf"{_BEFORE}(?:\d{{4}}([ -]?)\d{{4}}\1\d{{4}}\1\d{{1,7}}|3\d{{3}}([ -]?)\d{{6}}\2\d{{4,5}}){_BEHIND}")
_IBAN = re.compile(rf"(?<!\w){PATTERNS['iban']}(?!\w)")
_CHECKED = re.compile(rf"{_BEFORE}(?:\d{{3}}-\d{{3}}-\d{{3}}[ -]\d{{2}}|\d{{11,12}}|\d{{2}} \d{{3}} \d{{3}} \d{{3}}|\d{{3}}-\d{{2}}-\d{{4}}){_BEHIND}")
_NINO = re.compile(r"(?<![\w-])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\w-])")
_TOLD_NATIONAL = re.compile(
    r"(?<!\w)(?:(?i:f[iİı]n|фин|p[iİ]n|tckn|(?:t\.?c\.? )?k[iİı]ml[iİı]k|ssn|снилс|инн|vöen|steuer-?id\w*|idnr|ni|nino|national insurance|social security)(?!\w))"
    r"(?:[ .:#№=-]{1,3}(?i:kod\w*|code|no|nr|number|nummer|numarası|nömrə\w*|id|номер)?){0,3}[ .:#№=-]{0,3}"
    r"(?P<v>(?=\d*[A-Z])(?=[A-Z]*\d)[0-9A-HJ-NP-Z]{7}|[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]|\d[\d -]{7,14}\d)(?![\w-])"
)
_TOLD_PASSPORT = re.compile(
    r"(?i:pasa?[ps]{1,2}ort|паспорт|reisepass|ausweis|vəsiqə|vesiqe|seriya|сери[яи])[^\d\n;]{0,24}?(?<![A-Za-z0-9])"
    r"(?P<v>[A-Z]{1,3}[ №-]{0,2}\d{6,9}|\d{2} ?\d{2}[ №-]{0,3}\d{6}|\d{8,9}|(?=[A-Z0-9]*\d)[CFGHJKLMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{7,8})(?!\w)"
)
_SERIES = re.compile(r"(?<!\w)(?:AZE|AA) ?№? ?\d{7,8}(?!\w)|P[<A-Z][A-Z]{3}[A-Z]+<[A-Z<]{12,}")
_MAC, _IPV6 = (re.compile(rf"(?<![\w:-])(?:{PATTERNS[name]})(?![\w:])") for name in ("mac", "ipv6"))
_IPV4 = re.compile(rf"(?<![\w.-])(?:{PATTERNS['ipv4']})(?![\w-]|\.\d)")


@dataclass(frozen=True, slots=True)
class Found:
    """A valid one of `kind` in a text; `shape` is how it is written, `CERTAIN` where nothing else looks so."""

    kind: str
    value: str = field(repr=False)
    shape: str


def told(texts: Mapping[str, int]) -> dict[str, int]:
    """Category -> cells that hold one, of `texts` with the cells in which each stands. Kinds that nothing speaks for are left out."""
    plain = {text: _DULL.sub(BLANK, text) for text in texts if "<<" in text or _DIGIT.search(text)}
    found = [(set(_in_one(plain.get(text), text)), cells) for text, cells in texts.items()]
    believed = _believed([f for some, _ in found for f in some], list(plain.values())[:_MOST_COUNTED])
    counted: dict[str, int] = defaultdict(int)
    for some, cells in found:
        for kind in {f.kind for f in some if f.shape == _CERTAIN or (f.kind, f.shape) in believed}:
            counted[kind] += cells
    return dict(counted)


def _in_one(plain: str | None, text: str) -> Iterator[Found]:
    """One of each kind and shape that a text holds."""
    if "@" in text and (match := _EMAIL.search(text)):
        yield Found(EMAIL, match[0], _CERTAIN)
    if plain is not None:
        yield from {(f.kind, f.shape): f for f in found_in(plain)}.values()


def found_in(text: str) -> Iterator[Found]:
    """Everything in `text` (orders, parcels and days already cut out of it) that is valid as some kind."""
    taken: list[tuple[int, int]] = []
    for match in _IBAN.finditer(text):
        if validators.is_iban(match[0]):
            taken.append(match.span())
            yield Found(BANK, match[0], _CERTAIN)
    for match in _CARD.finditer(text):
        if validators.is_card(match[0]):
            taken.append(match.span())
            if not _is_labelled(text, match.start()):
                yield Found(CARD, match[0], _CERTAIN if _says(text, match, CARD) else match[0][0] + shape(match[0][1:]))
    yield from _documents(text)
    for match in _IPV4.finditer(text):
        if validators.is_ipv4(match[0]) and max(map(int, match[0].split("."))) > 31:
            yield Found(ADDRESS, match[0], _CERTAIN)
    if ":" in text:
        yield from (Found(ADDRESS, m[0], _CERTAIN) for m in _IPV6.finditer(text))
        yield from (Found(DEVICE, m[0], _CERTAIN) for m in _MAC.finditer(text))
    for match in _PHONE.finditer(text):
        if any(match.start() < end and start < match.end() for start, end in taken):
            continue  # a piece of a card is no phone
        number = _phone(match[0])
        if number and not _is_labelled(text, match.start()):
            sure = number.startswith("+") or _says(text, match, PHONE)
            yield Found(PHONE, number, _CERTAIN if sure else shape(number))


def _documents(text: str) -> Iterator[Found]:
    for match in _TOLD_PASSPORT.finditer(text):
        yield Found(PASSPORT, match["v"], _CERTAIN)
    for match in _SERIES.finditer(text):
        yield Found(PASSPORT, match[0], _CERTAIN)
    for match in _TOLD_NATIONAL.finditer(text):
        yield Found(NATIONAL, match["v"], _CERTAIN)
    for match in _NINO.finditer(text):
        if not _is_labelled(text, match.start()):
            yield Found(NATIONAL, match[0], shape(match[0]))
    for match in _CHECKED.finditer(text):
        if is_national(match[0]) and not _is_labelled(text, match.start()):
            yield Found(NATIONAL, match[0], shape(match[0]))


def is_national(text: str) -> bool:
    """A number of a person with control digits: Russia, Turkey, Germany; or one of the United States."""
    if text[3:4] == "-" and text[6:7] == "-":
        return validators.is_ssn(text)
    plain = validators.digits(text)
    if len(plain) == 12:
        return validators.is_inn(plain)
    return validators.is_snils(plain) or validators.is_tckn(plain) or validators.is_german_tax_id(plain)


def _believed(found: Sequence[Found], texts: Sequence[str]) -> set[tuple[str, str]]:
    """The kinds and shapes that are valid far more often than chance has it, among all that is written in that shape."""
    valid: dict[tuple[str, str], set[str]] = defaultdict(set)
    for f in found:
        if f.shape != _CERTAIN:
            valid[f.kind, f.shape].add(f.value)
    believed = set()
    for (kind, written), values in sorted(valid.items(), key=lambda v: (-len(v[1]), v[0]))[:_MOST_SHAPES]:
        alike = _of_shape(written)
        everything = {m[0] for text in texts for m in alike.finditer(text)} | values
        if len(values) >= _BELIEVED[kind] * len(everything):
            believed.add((kind, written))
    for kind in _BELIEVED:
        # Where numbers are written in every way there is, some way always has one that is valid.
        mine = [v for v in valid if v[0] == kind]
        if len(mine) > _MANY_SHAPES and len(believed & set(mine)) < _LEAST_SHARE * len(mine):
            believed -= set(mine)
    return believed


def shape(value: str) -> str:
    """How a number is written: 050-123-45-67 as 999-999-99-99, AB 123456 C as AA 999999 A."""
    return re.sub("[A-Z]", "A", re.sub(r"\d", "9", value))


_CLASSES = {"9": r"\d", "A": "[A-Z]"}


@lru_cache(maxsize=4_096)
def _of_shape(written: str) -> re.Pattern[str]:
    head, tail = (re.escape(written[0]), written[1:]) if written[0] != "9" and written[0].isdigit() else ("", written)
    alike = re.sub("9+|A+", lambda m: rf"{_CLASSES[m[0][0]]}{{{len(m[0])}}}", re.escape(tail))
    return re.compile(_BEFORE + head + alike + _BEHIND)


def _is_labelled(text: str, start: int) -> bool:
    """The number is introduced as one of an order, invoice or parcel."""
    before = _ahead(text, start)
    return bool(_LABELLED.search(latin(before))) or before.rstrip()[-1:] in tuple("#№")


def _says(text: str, match: re.Match[str], kind: str) -> bool:
    """A word near the number says what it is."""
    return any(_SAYS[kind].search(latin(near)) for near in (_ahead(text, match.start()), text[match.end() : match.end() + _NEAR]))


def _ahead(text: str, start: int) -> str:
    """The whole words right before a place: half a word may read as another."""
    first = max(0, start - _NEAR)
    near = text[first:start]
    return near if not first or not text[first - 1].isalnum() else re.sub(r"^\w+", "", near)


@lru_cache(maxsize=65_536)
def _phone(run: str) -> str | None:
    """The number at the head of a run of digits, which may go on with another number; None when there is none."""
    while run:
        if _is_phone(run):
            return run
        run = run.rpartition(" ")[0].rstrip(" ()./-")
    return None


def _is_phone(number: str) -> bool:
    return _valid(number, None) if number.startswith("+") else any(_valid(number, region) for region in _REGIONS)


def _valid(number: str, region: str | None) -> bool:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(parsed) if region is None else phonenumbers.is_valid_number(parsed)
