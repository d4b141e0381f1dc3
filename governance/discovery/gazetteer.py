"""Lists of names and places, folded, and the endings by which family names are told where no list knows them."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

from governance.domain.fold import fold_word, lower, words

# Endings of folded family names of at least six letters:
# -ov, -ova, -yev, -yeva, -zadə, -oğlu, -ский, -ко, -ян, -швили, -mann, -son ...
_FAMILY = re.compile(
    ".{3,}(ov|ova|av|ava|iav|iava|in|ina|zada|ohlu|ski|skaia|skaa|ska|anko|uk|ian|svili|adza|man|son|bar[hc]ar|stain|bahar)$"
)
_SAFE_FAMILY = re.compile(".{3,}(ov|ova|iav|iava|aav|aava|liav|liava|daiav|zada|ohlu|ski|skaia|skaa|anko|svili|adza)$")
_PATRONYMIC = re.compile(".{3,}(ovic|avic|ivic|ovna|avna|icna|inicna)$")
_SON_OR_DAUGHTER = frozenset(map(fold_word, ("oğlu", "qızı", "oglu", "qizi", "кызы", "оглы", "kızı")))
_PARTICLES = (
    frozenset(
        map(
            fold_word,
            (
                "von",
                "van",
                "der",
                "den",
                "de",
                "da",
                "dos",
                "del",
                "di",
                "la",
                "le",
                "bin",
                "al",
                "zu",
                "jr",
                "sr",
                "mr",
                "mrs",
                "ms",
                "dr",
                "prof",
                "herr",
                "frau",
                "bəy",
                "bey",
                "xanım",
                "hanım",
                "cənab",
                "sayın",
                "г",
                "госпожа",
            ),
        )
    )
    | _SON_OR_DAUGHTER
)
_FIRMS = frozenset(
    map(
        fold_word,
        (
            "mmc",
            "asc",
            "qsc",
            "llc",
            "ltd",
            "limited",
            "inc",
            "corp",
            "gmbh",
            "ag",
            "kg",
            "ug",
            "plc",
            "ооо",
            "оао",
            "зао",
            "пао",
            "ип",
            "şti",
            "aş",
            "group",
            "qrup",
            "trade",
            "import",
            "export",
            "logistics",
            "company",
            "bank",
            "holding",
            "services",
            "təchizat",
            "ticaret",
        ),
    )
)
_TITLES = re.compile(r"\b(?:mr|mrs|ms|dr|prof|herr|frau|dipl|ing|jr|sr|ph\.?d|md)\b\.?", re.IGNORECASE)


@cache
def _entries(name: str) -> frozenset[str]:
    text = files("governance.discovery").joinpath("data", name).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(entry.strip() for line in lines for entry in line.split(",") if entry.strip())


@cache
def _folded(name: str) -> frozenset[str]:
    return frozenset(" ".join(map(fold_word, words(entry))) for entry in _entries(name))


@lru_cache(maxsize=65536)
def _key(word: str) -> str:
    return fold_word(word)


def keys(text: str) -> list[str]:
    """Folded words of `text` in order."""
    return [k for k in map(_key, words(text)) if k]


def is_first(key: str) -> bool:
    return key in _folded("first_names.txt")


def is_last(key: str) -> bool:
    """Known, or with an ending that few other words have."""
    return key in _folded("last_names.txt") or bool(_SAFE_FAMILY.match(key))


def maybe_last(key: str) -> bool:
    return is_last(key) or bool(_FAMILY.match(key))


def is_patronymic(text: str) -> bool:
    folded = keys(text)
    return bool(folded) and (bool(_PATRONYMIC.match(folded[-1])) or (len(folded) == 2 and folded[1] in _SON_OR_DAUGHTER))


def is_first_name(text: str) -> bool:
    folded = keys(text)
    return 0 < len(folded) <= 2 and all(map(is_first, folded))


def is_last_name(text: str) -> bool:
    folded = keys(text)
    return 0 < len(folded) <= 2 and is_last(folded[-1]) and (len(folded) == 1 or not is_first(folded[0]))


def is_full_name(text: str) -> bool:
    """A given name and, beside it, another name, an initial, a family name or a patronymic; any order."""
    folded = keys(_TITLES.sub(" ", text))
    real = [k for k in folded if k not in _PARTICLES]
    if not _FIRMS.isdisjoint(real):
        return False
    if not 2 <= len(real) <= 5:
        return len(real) == 1 and len(folded) > 1 and (is_first(real[0]) or is_last(real[0]))
    initials = [k for k in real if len(k) == 1]
    if initials:
        return any(maybe_last(k) for k in real if len(k) > 1)
    return (
        any(map(is_first, real)) and any(is_last(k) or _PATRONYMIC.match(k) for k in real) and sum(map(is_known, real)) > 1
    ) or (sum(map(is_known, real)) >= 2)


def is_known(key: str) -> bool:
    return is_first(key) or is_last(key) or bool(_PATRONYMIC.match(key))


def is_city(text: str) -> bool:
    key = " ".join(
        keys(re.sub(r"^(?:г|гор|город|şəhəri?|sehir|city of)\b\.?\s*|\s+(?:şəhəri|ş\.|rayonu|city)$", "", lower(text)))
    )
    return key in _folded("cities.txt")


def is_country(text: str) -> bool:
    return " ".join(keys(text)) in _folded("countries.txt") or text.strip() in _entries("country_codes.txt")
