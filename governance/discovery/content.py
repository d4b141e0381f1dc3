"""Personal data inside free text and documents: identifiers in sentences, and the paths of a JSON column."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import phonenumbers

from governance.discovery import names, weights
from governance.discovery.evidence import Evidence
from governance.discovery.inside import NAMES
from governance.discovery.placeholders import says_nothing
from governance.discovery.sample import SAMPLED, Hit, Sample
from governance.discovery.validators import is_card, is_iban, is_ipv4
from governance.domain.fold import latin
from governance.domain.patterns import PATTERNS
from governance.domain.schema import Column, Family

_FOUND = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
_LABELLED = re.compile(
    r"(?:order|orders|ord|invoice|inv|tracking|track|sku|ref|article|ean|barcode|sifarish|sifaris|siparis|siparish|zakaz\w*|schet\w*|faktura|takip|"
    r"trek|nomer zakaza|bestell\w*|rechnung\w*|sendung\w*|artikul|izlama|qaima|fatura|transaction|receipt|txn)"
    r"[\W_]{0,4}(?:no|nr|id|number|nomra\w*|nomer)?[\W_]*$"
)
_REGIONS = ("AZ", "RU", "TR", "US", "DE", "GB")
_STREET = re.compile(
    r"(?:\b(?:ул|пр-т|пер|просп)\.?\s+[А-ЯЁ]\w+,?\s+(?:д\.?\s*)?\d+|\w+\s+(?:küçəsi|küç\.|kucesi|prospekti|pr\.)\s*,?\s*(?:ev\s*)?\d+"
    r"|\w+\s+(?:cad\.|caddesi|sok\.|sokak|sokağı|mah\.)\s*,?\s*(?:no)?[:.]?\s*\d+|\b\d{1,5}\s+[A-Z]\w+\s+(?:street|st|avenue|ave|road|rd|lane|drive)\b"
    r"|\b[A-ZÄÖÜ]\w+(?:straße|strasse|str\.|weg|platz|allee|gasse)\s+\d+)",
    re.IGNORECASE,
)
_GLUE = frozenset("_-/")
_RUN = re.compile(NAMES)
_WORDS = re.compile(r"[^\W\d_]+")
_A_NAME, _SURE, _OFTEN, _PERHAPS = 0.45, 0.78, 0.03, "perhaps a name"
_TITLE_AFTER = frozenset(latin(t) for t in ("bəy", "bey", "xanım", "hanım", "müəllim"))
_TITLE = frozenset(
    latin(t)
    for t in (
        "mr",
        "mrs",
        "ms",
        "dr",
        "herr",
        "frau",
        "bəy",
        "bey",
        "xanım",
        "hanım",
        "hörmətli",
        "sayın",
        "cənab",
        "уважаемый",
        "уважаемая",
        "господин",
        "госпожа",
        "dear",
        "müştəri",
        "müşteri",
        "customer",
        "клиент",
        "kunde",
        "kundin",
        "alıcı",
        "получатель",
    )
)
_STRENGTHS = {
    "user.contact.email": 5.5,
    "user.financial.credit_card": 6.0,
    "user.financial.bank_account": 6.0,
    "user.contact.phone_number": 5.5,
    "user.government_id.national_identification_number": 4.5,
    "user.government_id.passport_number": 4.5,
    "user.device.ip_address": 4.0,
    "user.device.device_id": 4.5,
    "user.contact.address.street": 4.0,
    "user.name": 3.4,
}
_SOFT = frozenset({"user.name", "user.contact.address.street"})  # words, not forms: a title may be written like them
_LEAST_NAMES = 0.0005  # share of texts with a full name below which it may be a title or a place
_SHORT_TEXTS, _WORDS_OF_A_TITLE = -3.0, 5  # titles and labels hold names of no customer
_DOCUMENTS = 1_000
_DEEPEST, _MOST_PATHS = 8, 400
_WORD = re.compile(r"(?!.*\d{3})[A-Za-z_][A-Za-z0-9_-]{0,40}\Z")  # a key that holds a number may be a value


def is_prose(sample: Sample) -> bool:
    """Texts that hold more than one word or value."""
    texts = sample.texts or sample.values
    return bool(texts) and sum(len(v) >= 12 and " " in v for v in texts[:SAMPLED]) >= 0.2 * len(texts[:SAMPLED])


def in_text(texts: Sequence[str], hits: Sequence[Hit] = (), capitals: Sequence[Hit] = (), filled: int = 0) -> dict[str, Evidence]:
    """Category -> evidence for what sentences hold. One certain hit is enough to speak of it.

    `texts` are looked into here; `hits` and `capitals` are what the engine found in all `filled` cells of the column.
    """
    seen = Counter(category for text in texts for category in set(_kinds(text)))
    told: Counter[str] = Counter()
    for hit in hits:
        for category in set(_kinds(hit.text)):
            told[category] += hit.cells
    for hit in capitals:
        if (sure := _person(hit.text)) >= _A_NAME:
            told["user.name" if sure >= _SURE else _PERHAPS] += hit.cells
    for counted, of in ((seen, len(texts)), (told, filled)):
        # What may be a name counts where it comes often: among a hundred thousand words some always look like one.
        perhaps = counted.pop(_PERHAPS, 0)
        if counted["user.name"] + perhaps >= _OFTEN * of:
            counted["user.name"] += perhaps
        counted += Counter()
    short = sum(v.count(" ") for v in texts) < _WORDS_OF_A_TITLE * len(texts)
    found = {}
    for category in sorted(c for c in seen | told if (seen | told)[c]):
        count, of = max((seen[category], len(texts)), (told[category], max(filled, 1)))
        if category == "user.name" and count < _LEAST_NAMES * of:
            continue
        weight = _STRENGTHS[category] + min(3.0, 0.4 * math.log(count))
        if category in _SOFT and short and not (seen | told).keys() - _SOFT:
            weight += _SHORT_TEXTS  # what single values are was judged by the recognizers of single values
        found[category] = Evidence(weight, f"{count:,} of {of:,} of its texts hold one")
    return found


def _kinds(text: str) -> Iterator[str]:
    if "@" in text and _FOUND["email"].search(text):
        yield "user.contact.email"
    if any(c.isdigit() for c in text):
        if any(is_iban(m[0]) for m in _apart(text, "iban")):
            yield "user.financial.bank_account"
        if any(is_card(m[0]) and not _is_labelled(text, m.start()) for m in _apart(text, "card")):
            yield "user.financial.credit_card"
        if any(not _is_labelled(text, m.start()) for m in _apart(text, "passport")):
            yield "user.government_id.passport_number"
        if any(not _is_labelled(text, m.start()) for m in _apart(text, "national_id")):
            yield "user.government_id.national_identification_number"
        if any(is_ipv4(m[0]) and max(map(int, m[0].split("."))) > 31 for m in _apart(text, "ipv4")) or any(_apart(text, "ipv6")):
            yield "user.device.ip_address"
        if any(_apart(text, "mac")):
            yield "user.device.device_id"
        if any(_is_phone(text, m) for m in _apart(text, "phone")):
            yield "user.contact.phone_number"
        if _STREET.search(text):
            yield "user.contact.address.street"
    if (sure := _person(text)) >= _A_NAME:
        yield "user.name" if sure >= _SURE else _PERHAPS


def _apart(text: str, name: str) -> Iterator[re.Match[str]]:
    """Matches that are no piece of a longer word, number, path or hash."""
    for match in _FOUND[name].finditer(text):
        before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
        if not (before.isalnum() or before in _GLUE or after.isalnum() or after == "_"):
            yield match


def _is_labelled(text: str, start: int) -> bool:
    """The number is introduced as one of an order, invoice or parcel."""
    before = text[max(0, start - 24) : start]
    return (
        bool(_LABELLED.search(latin(before)))
        or (before[-1:] in "#№" and bool(before))
        or (before[-1:] in "-_/" and before[-2:-1].isalnum())
    )


def _is_phone(text: str, match: re.Match[str]) -> bool:
    if text[max(0, match.start() - 1) : match.start()] in ("/", ".") or _is_labelled(text, match.start()):
        return False
    number = match[0]
    if number.startswith("+"):
        return _valid(number, None)
    return any(_valid(number, region) for region in _REGIONS)


def _valid(number: str, region: str | None) -> bool:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(parsed) if region is None else phonenumbers.is_valid_number(parsed)


def _person(text: str) -> float:
    """How sure two names stand together, or one after a form of address. Not in a title Every Word of Which Has a Capital."""
    words = _WORDS.findall(text)
    long = [w for w in words if len(w) > 3]
    if len(long) > 4 and sum(w[0].isupper() for w in long) > 0.6 * len(long):
        return 0.0
    best = max((names.in_words(run[0]) for run in _RUN.finditer(text)), default=0.0)
    for a, b in pairwise(words):  # the cheap question first: most words have no capital
        if b[0].isupper() and latin(a) in _TITLE:
            best = max(best, *names.roles(b))
        elif a[0].isupper() and latin(b) in _TITLE_AFTER:
            best = max(best, *names.roles(a))
    return best


def documents(sample: Sample) -> list[object]:
    """The values that are JSON objects or arrays, parsed; empty when fewer than eight in ten are."""
    texts = (sample.texts or sample.values)[:_DOCUMENTS] + tuple(h.cell for h in sample.hits if h.cell)[:_DOCUMENTS]
    parsed = []
    for text in texts:
        if text[:1] not in "{[":
            continue
        try:
            parsed.append(json.loads(text))
        except ValueError:
            continue
    return parsed if parsed and len(parsed) >= 0.8 * len(texts) else []


def paths(sample: Sample, parsed: Sequence[object]) -> list[tuple[str, Sample]]:
    """One sample per path of the documents: what stands there, under its last key as header."""
    found: dict[tuple[str, ...], list[str]] = {}
    held: dict[tuple[str, ...], int] = {}
    for document in parsed:
        for path, leaf in _leaves(document, ()):
            if len(found) >= _MOST_PATHS and path not in found:
                path = ("*",)
            found.setdefault(path, []).append(leaf)
    for path, leaves in found.items():
        held[path] = len(leaves)
    merged: dict[tuple[str, ...], list[str]] = {}
    for path, leaves in found.items():
        rare = held[path] < 2 and len(parsed) > 4
        merged.setdefault(("*",) if rare else path, []).extend(leaves)
    return [
        (_spelled(path) if len(leaves) > 1 else "a path of its own", _leaf_sample(sample, path, leaves))
        for path, leaves in merged.items()
    ]


def _leaves(node: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if len(path) > _DEEPEST:
        return
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _leaves(child, (*path, key if _WORD.match(key) else "*"))
            if not _WORD.match(key):
                yield (*path, "*", "key"), key
    elif isinstance(node, list):
        for child in node:
            yield from _leaves(child, (*path, "[]") if path[-1:] != ("[]",) else path)
    elif isinstance(node, (str, int, float)) and not isinstance(node, bool) and not says_nothing(str(node).strip()):
        yield path, str(node).strip()


def _spelled(path: Iterable[str]) -> str:
    return "$" + "".join(p if p == "[]" else f".{p}" for p in path)


def _leaf_sample(sample: Sample, path: tuple[str, ...], leaves: list[str]) -> Sample:
    values = tuple(dict.fromkeys(leaves))
    name = next((p for p in reversed(path) if p not in ("[]", "*")), "value")
    column = Column(name, "json", Family.NUMBER if all(re.fullmatch(r"-?\d+\.\d+", v) for v in values) else Family.TEXT, True)
    lengths = [len(v) for v in values]
    return Sample(
        column,
        sample.table,
        values,
        len(leaves),
        len(leaves),
        len(values),
        min(lengths),
        max(lengths),
        sum(lengths) / len(lengths),
    )


def confidence(evidence: Evidence) -> float:
    return weights.probability(weights.PRIOR + evidence.weight)
