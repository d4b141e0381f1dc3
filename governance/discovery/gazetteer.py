"""Lists of names and places, folded, and the endings by which family names are told where no list knows them.

Origins and licences are in ``data/LICENCE.txt``; ``benchmarks/names/distil.py`` makes the lists.
"""

from __future__ import annotations

import gzip
import re
from functools import cache, lru_cache
from importlib.resources import files

from governance.domain.fold import fold_word, latin, lower, words

# Endings of folded family names: -ov, -ova, -yev, -yeva, -zadə, -oğlu, -ский, -ко, -ян, -швили, -mann, -son ...
_FAMILY = re.compile(
    ".{3,}(ov|ova|av|ava|iav|iava|in|ina|zada|ohlu|ski|skaia|skaa|ska|anko|uk|ian|svili|adza|man|son|bar[hc]ar|stain|bahar)$"
)
_SAFE_FAMILY = re.compile(".{3,}(ov|ova|iav|iava|aav|aava|liav|liava|daiav|zada|ohlu|ski|skaia|skaa|anko|svili|adza)$")
_PATRONYMIC = re.compile(".{3,}(ovic|avic|ivic|ovna|avna|icna|inicna)$")
SON_OR_DAUGHTER = frozenset(map(fold_word, ("oğlu", "qızı", "oglu", "qizi", "кызы", "оглы", "kızı")))
_TOWN = re.compile(r"^(?:г|гор|город|şəhəri?|sehir|city of|пос|село|с|д|п)\b\.?\s*|\s+(?:şəhəri|ş\.|rayonu|city|qəsəbəsi|ilçesi|merkez)$")


@cache
def _listed(name: str) -> frozenset[str]:
    held = files("governance.discovery").joinpath("data", f"{name}.txt.gz").read_bytes()
    return frozenset(gzip.decompress(held).decode("utf-8").split("\n"))


@lru_cache(maxsize=131_072)
def _key(word: str) -> str:
    return fold_word(word)


def keys(text: str) -> list[str]:
    """Folded words of `text` in order."""
    return [k for k in map(_key, words(text)) if k]


def is_first(key: str) -> bool:
    return key in _listed("given_names") or key in _listed("given_names_elsewhere")


def is_last(key: str) -> bool:
    """Known, or with an ending that few other words have."""
    return key in _listed("family_names") or key in _listed("family_names_elsewhere") or bool(_SAFE_FAMILY.match(key))


def is_at_home(key: str) -> bool:
    """A name that is common in one of the five languages."""
    return key in _listed("given_names") or key in _listed("family_names") or bool(_SAFE_FAMILY.match(key))


def is_spelled_so(word: str) -> bool:
    """Whether a name at home is spelled so (`fold.latin`), and not only sounds like it."""
    return word in _listed("names_as_spelled")


def has_family_ending(key: str) -> bool:
    return bool(_FAMILY.match(key))


def is_patronymic_key(key: str) -> bool:
    return bool(_PATRONYMIC.match(key))


def is_other_word(word: str) -> bool:
    """A word, in the spelling of `fold.latin`, that is used for other things than people; names may be such words too."""
    return word in _listed("other_words")


def is_patronymic(text: str) -> bool:
    folded = keys(text)
    return bool(folded) and (is_patronymic_key(folded[-1]) or (len(folded) == 2 and folded[1] in SON_OR_DAUGHTER))


@lru_cache(maxsize=65_536)
def is_city(text: str) -> bool:
    return _spelled(_TOWN.sub("", lower(text))) in _listed("cities")


def is_country(text: str) -> bool:
    return text.strip().upper() in _listed("country_codes") or _spelled(text) in _listed("countries")


def is_region(text: str) -> bool:
    return _spelled(text) in _listed("regions")


def _spelled(place: str) -> str:
    return " ".join(words(latin(place)))
