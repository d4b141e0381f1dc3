"""From samples to proposals: evidence of each column, then of its surroundings, then one verdict with its reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from governance.discovery import content, documents, leaves, weights
from governance.discovery.context import Surroundings, surroundings, weigh
from governance.discovery.evidence import TEXTUAL, Assessment, Candidate, Evidence, assess, candidates_by_category
from governance.discovery.places import split_coordinates
from governance.discovery.recognizer import Recognizer
from governance.discovery.sample import Sample, TableScan
from governance.domain import taxonomy
from governance.domain.proposal import Proposal

_OWN_PLACE, _SOMEBODY = 0.5, 0.3
_COMPANY = "thing.company"
_CLEARLY = 2.0  # log-odds from which a column of single values needs no look inside them


Search = Callable[[Sample], Sample]


def assess_table(scan: TableScan, recognizers: Sequence[Recognizer], search: Search = lambda sample: sample) -> list[Assessment]:
    """What every column says for itself. `search` has texts looked into by the engine, where single values do not say clearly what
    the column holds. The values are gone from what is returned."""
    pairs = split_coordinates(scan.samples)
    found = []
    for sample in scan.samples:
        candidates = assess(sample, recognizers)
        hidden: tuple[tuple[str, Evidence], ...] = ()
        if sample.column.name in pairs:
            hidden = (pairs[sample.column.name],)
        elif not sample.ats and any(c.recognizer.category == _COMPANY and c.log_odds >= _CLEARLY for c in candidates):
            pass  # what is in the name of a company is of the company
        elif sample.family in TEXTUAL and _clearest(candidates) < _CLEARLY:
            hidden = tuple(sorted(_inside(search(sample), recognizers).items()))
        found.append(Assessment(replace(sample, values=(), texts=(), hits=(), names=(), documents=()), candidates, hidden))
    return found


def _clearest(candidates: Sequence[Candidate]) -> float:
    """How clearly single values say what personal data they are, in log-odds."""
    return max((c.log_odds for c in candidates if c.looks > 0 and not c.recognizer.is_thing), default=weights.PRIOR)


def _inside(sample: Sample, recognizers: Sequence[Recognizer]) -> dict[str, Evidence]:
    if parsed := documents.parsed(sample):
        return _in_documents(sample, documents.paths(sample, parsed), len(parsed), recognizers)
    if sample.hits or sample.names or content.is_prose(sample) or any("@" in v for v in sample.values):
        return content.in_text(sample.texts or sample.values, sample.hits, sample.names, sample.filled)
    return {}


def _in_documents(
    sample: Sample, paths: Sequence[tuple[str, Sample]], parsed: int, recognizers: Sequence[Recognizer]
) -> dict[str, Evidence]:
    """The paths of a document are judged as the columns of a table are, but those that hardly any document has value by value."""
    rare = [(path, s) for path, s in paths if len(s.values) <= leaves.MOST and s.filled <= leaves.RARE * parsed]
    alone = {path for path, s in rare if len(s.values) <= leaves.FEW}
    common = [(path, s) for path, s in paths if path not in alone]
    found: dict[str, Evidence] = {}

    def add(category: str, weight: float, path: str) -> None:
        if category not in found or found[category].weight < weight:
            found[category] = Evidence(weight, f"at {path}")

    assessed = [
        a if a.hidden or any(c.looks > 0 for c in a.candidates) else replace(a, hidden=tuple(sorted(content.in_text(s.values).items())))
        for a, (_, s) in zip(
            assess_table(TableScan(sample.table, sample.rows, tuple(s for _, s in common), 0), recognizers), common, strict=True
        )
    ]
    for (path, _), verdict in zip(common, verdicts(assessed), strict=True):
        for category, log_odds in verdict.kinds if verdict else ():
            add(category, log_odds - weights.PRIOR, path)
    for path, s in rare:
        for category, evidence in leaves.judged(s.column.name, s.values).items():
            add(category, evidence.weight, path)
    return found


class Verdict:
    """`kinds`: categories found with their log-odds, the one that names the column first."""

    __slots__ = ("evidence", "kinds")

    def __init__(self, kinds: tuple[tuple[str, float], ...], evidence: tuple[Evidence, ...]) -> None:
        self.kinds, self.evidence = kinds, evidence


def verdicts(assessments: Sequence[Assessment], linked: float = 0.0) -> list[Verdict | None]:
    """One verdict per column of a table, None for a column that is not personal."""
    seen = surroundings(assessments, linked)
    return [_verdict(a, s) for a, s in zip(assessments, seen, strict=True)]


def _verdict(assessment: Assessment, seen: Surroundings) -> Verdict | None:
    best = candidates_by_category([weigh(c, seen, assessment) for c in assessment.candidates])
    single = max((c for c in best.values() if not c.recognizer.is_thing), key=lambda c: (c.log_odds, c.recognizer.key), default=None)
    thing = max((c.log_odds for c in best.values() if c.recognizer.is_thing), default=weights.PRIOR)
    if single is not None and single.log_odds < thing:
        single = None
    inside = {category: e for category, e in assessment.hidden if content.confidence(e) >= weights.PROPOSE_AT}
    somebody = max(seen.person, seen.device, seen.address)
    if seen.site > _OWN_PLACE or somebody < _SOMEBODY:  # the coordinates of a shop, or of a town
        inside = {category: e for category, e in inside.items() if not taxonomy.within(category, "user.location")}
    if (
        single is not None
        and weights.probability(single.log_odds) >= weights.PROPOSE_AT
        and not _inside_says_more(single, inside)
    ):
        return Verdict(((single.recognizer.category, single.log_odds),), single.evidence)
    if not inside:
        return None
    kinds = tuple(sorted(inside, key=lambda k: (-taxonomy.identifying(k), -inside[k].weight, k)))
    kinds = tuple(k for k in kinds if k not in ("user.name.first", "user.name.last") or "user.name" not in kinds)
    reasons = tuple(Evidence(inside[k].weight, f"{taxonomy.words(k)} {inside[k].words}") for k in kinds)
    return Verdict(tuple((k, weights.PRIOR + inside[k].weight) for k in kinds), reasons)


def _inside_says_more(single: Candidate, inside: dict[str, Evidence]) -> bool:
    return max((e.weight + weights.PRIOR for e in inside.values()), default=-99.0) > single.log_odds


def proposal(assessment: Assessment, verdict: Verdict) -> Proposal:
    """The verdict as a person reads it."""
    (category, log_odds), *rest = verdict.kinds
    return Proposal(
        column=assessment.sample.table.column(assessment.sample.column.name),
        category=category,
        also=tuple(k for k, _ in rest),
        role=taxonomy.role(category),
        confidence=round(weights.probability(log_odds), 4),
        explanation=explain(category, verdict.evidence),
    )


def explain(category: str, evidence: Sequence[Evidence]) -> str:
    """Which evidence counted how much, in words: strongest first, never a value."""
    strongest = sorted(evidence, key=lambda e: -abs(e.weight))[: weights.MOST_EXPLAINED]
    reasons = "; ".join(f"{e.words} ({e.weight:+.1f})" for e in strongest)
    said = taxonomy.words(category)
    return f"{said[:1].upper()}{said[1:]}: {reasons}"
