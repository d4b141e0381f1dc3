"""Personal data inside free text: what numbers and names that stand in sentences say of a column."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from governance.discovery import numbers, persons, weights
from governance.discovery.evidence import Evidence
from governance.discovery.persons import Sureness
from governance.discovery.sample import SAMPLED, Hit, Sample
from governance.domain.fold import words as words_of

_STRENGTHS = {
    numbers.EMAIL: 5.5,
    numbers.CARD: 6.0,
    numbers.BANK: 6.0,
    numbers.PHONE: 5.5,
    numbers.NATIONAL: 4.5,
    numbers.PASSPORT: 4.5,
    numbers.ADDRESS: 4.0,
    numbers.DEVICE: 4.5,
}
_STREET, _NAME = "user.contact.address.street", "user.name"
_STREETS = 4.0
# How much one name counts by how sure it is, and the share of all different runs of words with a capital that look so by chance.
_NAMES = {
    Sureness.CALLED: (4.4, 0.003),
    Sureness.SURE: (4.4, 0.01),
    Sureness.LIKELY: (4.1, 0.012),
    Sureness.SAID: (3.9, 0.02),
    Sureness.STRANGE: (3.6, 0.04),
}
_RARE = 0.02  # share of cells up to which words that nobody knows are somebody's name rather than a brand's
_TITLES, _WORDS_OF_A_TITLE, _SENTENCES, _CAPITALS, _FEW, _SAMPLE = -4.0, 5, 0.3, 0.65, 0.2, 400
_ENDS = re.compile(r"[.!?;…](?:\s|$)")


def is_prose(sample: Sample) -> bool:
    """Texts that hold more than one word or value."""
    texts = sample.texts or sample.values
    return bool(texts) and sum(len(v) >= 12 and " " in v for v in texts[:SAMPLED]) >= 0.2 * len(texts[:SAMPLED])


def in_text(texts: Sequence[str], hits: Sequence[Hit] = (), words: Sequence[Hit] = (), filled: int = 0) -> dict[str, Evidence]:
    """Category -> evidence for what sentences hold. One certain hit is enough to speak of it.

    `texts` are looked into here; `hits` and `words` are what the engine found in all `filled` cells of the column, with what stands
    around it.
    """
    looked = dict.fromkeys(texts, 1)
    of = max(filled, len(texts), 1)
    counted = numbers.told(_with_most({} if hits else looked, hits))  # what was found in all cells is more than what is in some
    found = {category: _evidence(_STRENGTHS[category], count, of) for category, count in sorted(counted.items())}
    # What single values are was judged by the recognizers of single values.
    less = _TITLES if _are_titles(texts) and not found else 0.0
    worded = _with_most({} if words else looked, words)
    if streets := sum(cells for text, cells in worded.items() if persons.has_street(text)):
        found[_STREET] = _evidence(_STREETS + less, streets, of)
    if (name := _names(persons.told({} if words else looked, words), of, less)) is not None:
        found[_NAME] = name
    return found


def _are_titles(texts: Sequence[str]) -> bool:
    """A few words each and hardly ever the end of a sentence, or Nearly Every Word Has a Capital: names in them are of no customer."""
    looked = texts[:_SAMPLE]
    long = [some for some in ([w for w in words_of(text) if len(w) > 3] for text in looked) if len(some) >= _WORDS_OF_A_TITLE - 1]
    capitals = sum(w[0].isupper() for some in long for w in some)
    return (len(long) > _FEW * len(looked) and capitals > _CAPITALS * sum(map(len, long))) or (
        sum(v.count(" ") for v in texts) < _WORDS_OF_A_TITLE * len(texts)
        and sum(_ENDS.search(v) is not None for v in texts) < _SENTENCES * len(texts)
    )


def _names(told: persons.Told, of: int, less: float) -> Evidence | None:
    """The best case for names: of the sure ones, else of all that are at least so sure."""
    best: Evidence | None = None
    cells = different = 0
    for sureness, (strength, chance) in _NAMES.items():
        cells, different = cells + told.cells[sureness], different + told.different[sureness]
        if not told.different[sureness] or different < chance * told.runs:
            continue
        if sureness <= Sureness.SAID and cells > max(2.0, _RARE * of):
            continue
        evidence = _evidence(strength + less, cells, of)
        if best is None or evidence.weight > best.weight:
            best = evidence
    return best


def _evidence(strength: float, count: int, of: int) -> Evidence:
    return Evidence(strength + min(3.0, 0.4 * math.log(count)), f"{count:,} of {of:,} of its texts hold one")


def _with_most(texts: Mapping[str, int], hits: Iterable[Hit]) -> dict[str, int]:
    """Texts, and what stands around hits, with the cells of each."""
    found = dict(texts)
    for hit in hits:
        around = hit.cell or hit.text
        found[around] = max(hit.cells, found.get(around, 0))
    return found


def confidence(evidence: Evidence) -> float:
    return weights.probability(weights.PRIOR + evidence.weight)
