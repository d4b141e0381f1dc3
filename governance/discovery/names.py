"""Names of people: how sure a word, a value or a pair of words in a sentence is one. All answers are between 0 and 1."""

# ruff: noqa: E501 -- word lists read better in long lines
from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise, permutations

from governance.discovery import gazetteer
from governance.discovery.names_model import likeness
from governance.domain.fold import fold_word, latin, words

# How sure a listed name is one, by whether it is at home in the five languages and whether it is a word of theirs too.
_SURE = {(True, False): 1.0, (True, True): 0.8, (False, False): 0.9, (False, True): 0.35}
_ORDINARY = 0.05  # a word of the language that is no known name
UNKNOWN_MOST = 0.85  # what no list knows is never as sure as what one does
_NAME_AT = 0.5  # log-odds of the model from which an unknown word is more likely a name, among words that no list knows
_MANY, _SHORT = 5, 4  # words in a name; letters below which a word is easily mistaken

SMALL_WORDS = frozenset(latin(w) for line in (
    "a an the of to in on at by for from with and or not no is it as be we you he she they this that our your my his her its i if so up out all any new old big",
    "və ilə bu o bir da də ki üçün amma çox az var yox ən hər öz nə belə isə daha olan kimi sonra əvvəl yeni",
    "и в во на с со к по за из от до для не что это как но а или же у о об при без под над так уже еще его ее их все был была было нет да новый",
    "ve ile bu bir da de ki için ama çok var yok en her öz ne daha gibi sonra önce mi mı olarak olan yeni",
    "der die das und oder in im am an auf aus bei mit von vom zu zum zur nach für ist sind ein eine einen nicht kein es er sie wir ihr wie als auch neu neue so") for w in line.split())  # fmt: skip

_APART = re.compile(r"[\W\d_]+")
_FILE = re.compile(r"\.(?:[a-zA-Z]{3,4}|az|ru|tr|de|uk|us|eu|fr|es|it|pl|nl|br|ua|io|co|me|tv|su)$")  # of a file, or of a site
_TITLES = frozenset(latin(t) for t in (
    "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam", "herr", "frau", "fr", "hr", "dipl", "ing", "med", "jr", "sr", "phd", "md", "ii", "iii",
    "bəy", "bey", "xanım", "hanım", "cənab", "sayın", "av", "г", "гн", "госпожа", "господин", "g", "dde",
    # people who trade under their own name
    "fərdi", "sahibkar", "fiziki", "şəxs", "şahıs", "işletmesi", "индивидуальный", "предприниматель", "самозанятый", "sole", "trader", "inhaber", "inh"))  # fmt: skip
_PARTICLES = frozenset(map(fold_word, (
    "von", "van", "der", "den", "de", "da", "dos", "del", "di", "la", "le", "bin", "al", "el", "zu", "zur", "vom", "ibn", "und"))) | gazetteer.SON_OR_DAUGHTER  # fmt: skip
_FIRMS = frozenset(map(fold_word, (
    "mmc", "asc", "qsc", "llc", "ltd", "limited", "inc", "corp", "gmbh", "ag", "kg", "ug", "plc", "ооо", "оао", "зао", "пао", "ип", "şti", "aş", "group",
    "qrup", "trade", "import", "export", "logistics", "company", "bank", "holding", "services", "təchizat", "ticaret", "university", "school", "street",
    "sarl", "srl", "sons", "brothers", "associates", "partners", "industries", "fils", "freres", "figli", "gruppo", "grupo", "hermanos", "hnos", "asociados",
    "fundacja", "fundación", "spółdzielnia", "stowarzyszenie", "cooperativa", "stiftung", "ohg", "gbr", "kgaa", "ltda", "cia", "banca", "banco", "zonen", "gebroeders", "store", "shop", "hotel", "center", "centre", "mall", "market", "mağaza", "магазин", "şirkəti", "prospekti", "küçəsi", "caddesi", "filiale", "branch")))  # fmt: skip


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, x))))


@lru_cache(maxsize=131_072)
def roles(word: str) -> tuple[float, float]:
    """How sure `word` is a given name, and a family name."""
    key = fold_word(word)
    if len(key) < 2:
        return 0.0, 0.0
    spelled = latin(word)
    if spelled in SMALL_WORDS:
        return 0.0, 0.0
    first, last, ordinary = gazetteer.is_first(key), gazetteer.is_last(key), gazetteer.is_other_word(spelled)
    # A coarse key lets a short or an ordinary word sound like somebody's name: then the spelling has to agree.
    if (first or last) and (gazetteer.is_spelled_so(spelled) or not (ordinary or len(spelled) < _SHORT)):
        sure = _SURE[gazetteer.is_at_home(key), ordinary]
        return (sure if first else 0.15 * sure), (sure if last else 0.3 * sure)
    if ordinary or len(spelled) < _SHORT:
        return _ORDINARY, _ORDINARY
    name, given = likeness(spelled)
    whole = UNKNOWN_MOST * _logistic(name - _NAME_AT)
    if gazetteer.has_family_ending(key):
        return 0.2 * whole, max(whole, 0.6)
    share = _logistic(given)
    return whole * min(1.0, 0.25 + share), whole * min(1.0, 1.25 - share)


@lru_cache(maxsize=131_072)
def full_name(text: str) -> float:
    """A given name and, beside it, a family name, an initial or a patronymic; any order, case and script."""
    parts = [w for w in words(text) if latin(w) not in _TITLES]
    if _is_said(text, parts):
        return 0.0
    folded = [fold_word(w) for w in parts]
    if not _FIRMS.isdisjoint(folded):
        return 0.0
    parts = [w for w, k in zip(parts, folded, strict=True) if k and k not in _PARTICLES]
    if not 2 <= len(parts) <= _MANY:
        titled = len(parts) == 1 and len(words(text)) > 1
        return max(roles(parts[0])) * 0.8 if titled else 0.0
    whole = [w for w in parts if len(w) > 1]
    if len(whole) < len(parts):
        return max((max(roles(w)[1], 0.6 * roles(w)[0]) for w in whole), default=0.0)
    if len(parts) > 2 and gazetteer.is_city(text):
        return 0.0
    paternal = [w for w in whole if gazetteer.is_patronymic_key(fold_word(w))]
    rest = [w for w in whole if w not in paternal]
    if paternal and rest:
        return max(max(roles(w)) for w in rest) * 0.4 + 0.6
    best = max((roles(a)[0] * roles(b)[1] for a, b in permutations(rest, 2)), default=0.0)
    others = sorted((max(roles(w)) for w in rest), reverse=True)[2:]  # what stands beside the two should be names as well
    return best * math.sqrt(mean(others) if others else 1.0)


def _is_said(text: str, parts: Sequence[str]) -> bool:
    """A phrase: it begins with a capital and goes on in small words that are no particles."""
    return text[:1].isupper() and sum(w[0].islower() and len(w) > 2 and fold_word(w) not in _PARTICLES for w in parts) > 1


def given_name(text: str) -> float:
    parts = words(text)
    return min((roles(w)[0] for w in parts), default=0.0) if len(parts) <= 3 else 0.0


def family_name(text: str) -> float:
    parts = [w for w in words(text) if fold_word(w) not in _PARTICLES]
    return min((roles(w)[1] for w in parts), default=0.0) if 0 < len(parts) <= 3 else 0.0


def handle(text: str) -> float:
    """A user name that is made of a name: l.aliyeva, anar_89, hhuseynov."""
    if text.isupper() or _FILE.search(text):
        return 0.0
    parts = [p for p in _APART.split(text) if len(p) > 2]
    if any(max(roles(p)) > 0.95 for p in parts):
        return 1.0
    for part in parts:
        if any(roles(part[n:])[1] > 0.95 for n in (1, 2) if len(part) - n >= 5):
            return 0.9
        if len(part) > 6 and any(roles(part[:n])[0] > 0.95 and max(roles(part[n:])) > 0.5 for n in range(3, len(part) - 2)):
            return 0.9
    return max((max(roles(p)) for p in parts if len(p) > 3), default=0.0) * 0.4


def pair(first: str, second: str) -> float:
    """Two words with a capital that stand together in a sentence."""
    if latin(first) in _TITLES or latin(second) in _TITLES or not _FIRMS.isdisjoint((fold_word(first), fold_word(second))):
        return 0.0
    (given, family), (other_given, other_family) = roles(first), roles(second)
    if gazetteer.is_patronymic_key(fold_word(second)) and max(given, family) > 0.3:
        return 1.0
    best = max(given * other_family, family * other_given)
    return 0.0 if best < 0.9 and gazetteer.is_city(f"{first} {second}") else best


def in_words(run: str) -> float:
    """The best pair among words with capitals that stand together."""
    found = words(run)
    initials = [w for w in found if len(w) == 1]
    if initials and len(initials) < len(found):
        return max(roles(w)[1] for w in found if len(w) > 1) * 0.9
    return max((pair(a, b) for a, b in pairwise(found)), default=0.0)


def is_firm(word: str) -> bool:
    """A word that names of companies and places of business hold."""
    return fold_word(word) in _FIRMS


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
