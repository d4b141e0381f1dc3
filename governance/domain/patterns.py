"""Identifiers inside free text: patterns that Python, RE2 (DuckDB) and PostgreSQL read alike, and redaction.

The patterns keep to what the three engines share: no lookaround, no anchors, no ``\\b``, nothing lazy, no flags. Every match
needs an @ or a digit and none contains a square bracket, so a match cannot use the text that replaced another: replacing
all matches of all patterns, in any order, leaves no match. They rather cut a phone-like order number than leave a phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from governance.domain.fold import fold_email, fold_word, latin, phone_digits, phone_key

REDACTED = "[redacted]"

_SEP = "[ ()./-]{0,3}"
_FIN = "[0-9A-HJ-NP-Za-hj-np-z]"
_PASSPORT = "([Pp]ass?port|PASS?PORT|[Pp]asaport|PASAPORT|[Пп]аспорт|[Rr]eisepass|[Aa]usweis|[Vv]əsiqə|[Vv]esiqe|[Ss]eriya|[Сс]ерия)"
_NATIONAL = "([Ff][Iİiı][Nn]|ФИН|[Фф]ин|[Pp][Iİ][Nn]|[Tt][Cc][Kk][Nn]|[Tt][Cc] [Kk]imlik|[Ss][Ss][Nn]|СНИЛС|[Сс]нилс|ИНН|VÖEN)"


def _one_digit_at_least(character: str, length: int) -> str:
    return "(" + "|".join(f"{character}{{{k}}}[0-9]{character}{{{length - 1 - k}}}" for k in range(length)) + ")"


PATTERNS: dict[str, str] = {
    "email": "[^][\\s@<>(){},;:\"'|/=]+@[^][\\s@<>(){},;:\"'|/=.]+([.][^][\\s@<>(){},;:\"'|/=.]+)+",
    "iban": "[A-Z]{2}[0-9]{2}[ ]?[A-Z0-9]{4}([ ]?[A-Z0-9]{4}){2,6}([ ]?[A-Z0-9]{1,3})?",
    "card": "[2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}",
    "passport": f"(AZE|AA)[ №-]?[0-9]{{7,8}}|{_PASSPORT}[^][0-9]{{0,20}}[0-9][0-9 ]{{4,10}}[0-9]",
    "national_id": f"{_NATIONAL}[ :#№.=-]{{1,4}}{_one_digit_at_least(_FIN, 7)}"
    f"|{_NATIONAL}[^][0-9]{{0,12}}[0-9][0-9 -]{{7,14}}[0-9]"
    "|[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{3}-[0-9]{3}-[0-9]{3}[ -][0-9]{2}",
    "mac": "([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}",
    "ipv6": "([0-9A-Fa-f]{1,4}:){4,7}[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){2,6}:[0-9A-Fa-f]{0,3}[0-9][0-9A-Fa-f]{0,3}",
    "ipv4": "[0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}",
    "phone": f"[+][(]?[0-9]{_SEP}([0-9]{_SEP}){{6,13}}[0-9]"  # international
    f"|00[1-9]{_SEP}([0-9]{_SEP}){{8,12}}[0-9]"
    f"|(99[4568]|38[01]|37[0-9]){_SEP}([0-9]{_SEP}){{8}}[0-9]"  # without its plus
    f"|90{_SEP}5{_SEP}([0-9]{_SEP}){{8}}[0-9]|49{_SEP}1[5-7]([0-9]{_SEP}){{8,9}}[0-9]"
    f"|[78]{_SEP}[3489]([0-9]{_SEP}){{8}}[0-9]"  # Russia, trunk 8 too
    f"|[(]?0{_SEP}[1-9]([0-9]{_SEP}){{7,9}}[0-9]"  # national, trunk 0
    f"|[(]?[2-9][0-9]{{2}}[)]?[ .-]+[2-9][0-9]{{2}}[ .-]+[0-9]{{2}}[ .-]?[0-9]{{2}}"  # North America
    f"|[1-9][0-9][)]?[ .-]+[0-9]{{3}}[ .-]+[0-9]{{2}}[ .-]+[0-9]{{2}}",  # without trunk
}

_ALL = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
_TOKEN = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)?")
_PHONE_LIKE = re.compile(r"[\d+(](?:[\s().\-/\u00a0]{0,3}\d){6,}")
_EMAIL_LIKE = re.compile(_ALL["email"])
_LONGEST_ENDING = 5  # Azerbaijani, Turkish and Russian case endings: Əliyev-in-dən, Алиев-ым
_SHORTEST_STEM = 4
_PARTS_OF_NAMES = frozenset(
    map(fold_word, ("oğlu", "qızı", "oglu", "bəy", "bey", "xanım", "hanım", "von", "van", "der", "mr", "mrs", "və", "the"))
)


def matches(text: str) -> frozenset[str]:
    """Names of the patterns that occur in `text`."""
    return frozenset(name for name, pattern in _ALL.items() if pattern.search(text))


def redact(text: str, terms: Iterable[str] = ()) -> str:
    """`text` with every match of `PATTERNS` and every term of `terms` replaced by `REDACTED`.

    A term with an @ is compared as an e-mail address, one of at least seven digits without letters by its last nine digits,
    a term of letters as a name (each word of three letters or more, any spelling of `fold`, with case endings),
    anything else literally up to case,
    marks and separators. redact(redact(x, t), t) == redact(x, t).
    """
    return _until_quiet(text, tuple(terms), _ALL.values())


def cut(text: str, terms: Iterable[str]) -> str:
    """`text` with every term replaced by `REDACTED`, as `redact` compares them; other identifiers stay."""
    return _until_quiet(text, tuple(terms), ())


def _until_quiet(text: str, terms: tuple[str, ...], patterns: Iterable[re.Pattern[str]]) -> str:
    emails, phones, names, literals = _sorted_terms(terms)
    while True:
        pieces = text.split(REDACTED)
        shorter = REDACTED.join(_cut(piece, emails, phones, names, literals, patterns) for piece in pieces)
        if shorter == text:
            return text
        text = shorter


@lru_cache(maxsize=256)
def _sorted_terms(terms: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str], tuple[str, ...], tuple[re.Pattern[str], ...]]:
    emails, phones, names, literals = set(), set(), set(), []
    for term in filter(None, (t.strip() for t in terms)):
        letters = any(c.isalpha() for c in term)
        if "@" in term:
            emails.add(fold_email(term))
        elif not letters and phone_key(term):
            phones.add(phone_key(term))
        elif letters and not any(c.isdigit() for c in term):
            names |= {k for k in map(fold_word, _TOKEN.findall(term)) if len(k) > 2 and k not in _PARTS_OF_NAMES}
        elif any(c.isalnum() for c in term):
            literals.append(re.compile(r"[\s\-./,№#]{0,3}".join(re.escape(c) for c in latin(term) if c.isalnum())))
    return frozenset(emails), frozenset(phones), tuple(sorted(names)), tuple(literals)


def _cut(
    text: str,
    emails: frozenset[str],
    phones: frozenset[str],
    names: tuple[str, ...],
    literals: tuple[re.Pattern[str], ...],
    patterns: Iterable[re.Pattern[str]],
) -> str:
    if emails:
        text = _EMAIL_LIKE.sub(lambda m: REDACTED if fold_email(m[0]) in emails else m[0], text)
    if phones:
        text = _PHONE_LIKE.sub(lambda m: REDACTED if _has_phone(m[0], phones) else m[0], text)
    for literal in literals:
        text = _cut_literal(text, literal)
    for pattern in patterns:
        text = pattern.sub(REDACTED, text)
    if names:
        text = REDACTED.join(
            _TOKEN.sub(lambda m: REDACTED if _is_name(m[0], names) else m[0], piece) for piece in text.split(REDACTED)
        )
    return text


def _has_phone(run: str, phones: frozenset[str]) -> bool:
    digits = phone_digits(run)
    return any(phone in digits for phone in phones)


def _is_name(token: str, names: tuple[str, ...]) -> bool:
    key = fold_word(token)
    return any(key == name or _is_inflected(key, name) for name in names)


def _is_inflected(key: str, name: str) -> bool:
    """The name with a case ending; a final vowel may give way to it (Анна, Анны)."""
    stem = name[:-1] if len(name) > _SHORTEST_STEM and name[-1] in "aiou" else name
    return len(stem) >= _SHORTEST_STEM and key.startswith(stem) and len(key) - len(stem) <= _LONGEST_ENDING


def _cut_literal(text: str, literal: re.Pattern[str]) -> str:
    """Compare letter by letter in folded form, cut in the original."""
    folded, origin = [], []
    for position, character in enumerate(text):
        for letter in latin(character):
            folded.append(letter)
            origin.append(position)
    spans = [(origin[m.start()], origin[m.end() - 1] + 1) for m in literal.finditer("".join(folded)) if m.end() > m.start()]
    for start, end in reversed(spans):
        text = text[:start] + REDACTED + text[end:]
    return text
