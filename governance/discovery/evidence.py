"""Evidence for each kind from one column alone: its values and its header. Neighbours are weighed in `context`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from governance.discovery import headers, weights
from governance.discovery.measures import MEASURES
from governance.discovery.recognizer import Recognizer
from governance.discovery.sample import Sample
from governance.domain.schema import Family
from governance.domain.taxonomy import within

NAMED = "the header names it"
COMMENTED = "its comment in the database names it"
_FIRST, _LOOKED_AT = 16, 40  # values that decide whether a form is worth checking on all of them
_LEAST_SHAPE = 0.3


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason: `weight` in log-odds, `words` without any value."""

    weight: float
    words: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One recognizer's case for one column. `looks` is the log-odds from values alone, for the neighbours to see."""

    recognizer: Recognizer
    evidence: tuple[Evidence, ...]
    looks: float

    @property
    def named(self) -> bool:
        """Whether the header names it."""
        return any(e.words == NAMED for e in self.evidence)

    @property
    def log_odds(self) -> float:
        return weights.PRIOR + sum(e.weight for e in self.evidence)


@dataclass(frozen=True)
class Assessment:
    """All that is kept of a column once its values are gone. `hidden`: kinds found inside its texts or documents, with
    log-odds and words."""

    sample: Sample
    candidates: tuple[Candidate, ...]
    hidden: tuple[tuple[str, Evidence], ...] = field(default=())


def assess(sample: Sample, recognizers: Iterable[Recognizer]) -> tuple[Candidate, ...]:
    """The candidates that values and header leave standing; none for a column without values."""
    if not sample.values:
        return ()
    named, naming, against = _told(sample, recognizers)
    found = []
    for recognizer in recognizers:
        if sample.family not in recognizer.families or (recognizer.demands_header and recognizer.key not in named):
            continue
        values = _from_values(sample, recognizer, named)
        if values is None:
            continue
        header = _from_header(sample, recognizer, named, recognizers, against, naming)
        few = weights.FEW_NAMES if within(recognizer.category, "user.name") else weights.FEW_PLACES
        repeated = Evidence(few, "the same few values come back") if _is_code_list(sample, recognizer) else None
        found.append(Candidate(recognizer, tuple(filter(None, (values, header, repeated))), values.weight))
    return tuple(found)


def _told(sample: Sample, recognizers: Iterable[Recognizer]) -> tuple[set[str], Evidence, Evidence | None]:
    """Keys of the recognizers that the header names, or where it says nothing the column's comment; what that counts for them, and what
    it counts against everything where it names something of nobody."""
    named = {r.key for r in recognizers if headers.says(sample.header, r.words)}
    if headers.says(sample.header, headers.NOT_PERSONAL):
        return named, Evidence(weights.HEADER_NAMES_IT, NAMED), Evidence(weights.HEADER_NOT_PERSONAL, "the header names something else")
    if named or not sample.comment:
        return named, Evidence(weights.HEADER_NAMES_IT, NAMED), None
    said = {r.key for r in recognizers if headers.says(sample.comment, r.words)}
    dull = not said and headers.says(sample.comment, headers.NOT_PERSONAL)
    against = Evidence(weights.COMMENT_NOT_PERSONAL, "its comment in the database names something else") if dull else None
    return said, Evidence(weights.COMMENT_NAMES_IT, COMMENTED), against


def _from_values(sample: Sample, recognizer: Recognizer, named: Collection[str]) -> Evidence | None:
    fits = recognizer.fits
    if recognizer.stems is not None and recognizer.key not in named and not any(map(recognizer.stems.search, sample.folded[:_LOOKED_AT])):
        return None
    if not any(map(fits, sample.values[:_FIRST])):  # most recognizers have nothing to say about most columns
        return None
    first = sample.values[:_LOOKED_AT]
    if sum(map(fits, first)) < _LEAST_SHAPE * len(first):
        return None
    fitting = [v for v in sample.values if fits(v)]
    shape = len(fitting) / len(sample.values)
    if shape < _LEAST_SHAPE or (recognizer.needs_mark and not any(map(_marked, fitting))):
        return None
    weight = (
        weights.VALUES[recognizer.strength]
        * weights.enough(len(sample.values))
        * weights.ramp(shape, _LEAST_SHAPE, recognizer.shape_full)
    )
    valid = 1.0
    if recognizer.stems is not None:
        valid = sum(recognizer.stems.search(f) is not None for f in sample.folded) / len(sample.folded)
    elif recognizer.checks_values:
        valid = sum(map(recognizer.is_valid, fitting)) / len(fitting)
    elif recognizer.measure:
        valid = MEASURES[recognizer.measure](sample)
    certain = weights.ramp(valid, recognizer.floor, recognizer.full)
    if certain == 0.0:
        proper = sum(not v.islower() for v in fitting) > 0.5 * len(fitting)
        weight = (weights.UNKNOWN_NAMES if proper else weights.UNKNOWN_WORDS) if recognizer.silent else weights.VALUES_AT_CHANCE
        return Evidence(weight, f"few of its values are known {recognizer.reads}")
    share = shape * (valid if recognizer.checks_values else 1.0)
    return Evidence(
        weight * (0.35 + 0.65 * certain), f"{share:.0%} of {len(sample.values)} distinct values look like {recognizer.reads}"
    )


_LISTED = ("user.name", "user.contact.address.city", "user.contact.address.state", "user.account.username")


def _is_code_list(sample: Sample, recognizer: Recognizer) -> bool:
    """A dozen words at most that come back again and again: more likely a list of codes than so few names or towns."""
    listed = any(within(recognizer.category, kind) for kind in _LISTED)
    few = 12 if within(recognizer.category, "user.name") else 6
    return listed and sample.distinct <= few and sample.filled > 5 * sample.distinct


def _marked(value: str) -> bool:
    return any(not c.isalpha() for c in value) or value.islower()


def _from_header(
    sample: Sample, recognizer: Recognizer, named: set[str], recognizers: Iterable[Recognizer], elsewhere: Evidence | None,
    naming: Evidence
) -> Evidence | None:
    """What the header says, or where it names nothing the column's comment: `naming` of the recognizers that are `named`."""
    if recognizer.key in named:
        return naming
    others = {r.category for r in recognizers if r.key in named}
    if recognizer.category in others:
        return naming
    against = weights.AGAINST[recognizer.strength]
    if elsewhere:
        return replace(elsewhere, weight=elsewhere.weight * against)
    if others and naming.words == NAMED:
        return Evidence(weights.HEADER_NAMES_ANOTHER * against, "the header names another kind")
    return Evidence(weights.HEADER_HINTS, "the header may mean it") if headers.says(sample.header, recognizer.hints) else None


def candidates_by_category(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """The best candidate of each category."""
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        kept = best.get(candidate.recognizer.category)
        if kept is None or candidate.log_odds > kept.log_odds:
            best[candidate.recognizer.category] = candidate
    return best


TEXTUAL = frozenset({Family.TEXT, Family.JSON, Family.OTHER})
