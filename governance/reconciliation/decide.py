"""Which subject is a record about? Exact tokens in the declared order, then the model; what is not clear is a conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from governance.policy.linking import Linking


class Outcome(StrEnum):
    LINKED = "linked"
    CONFLICT = "conflict"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Scored:
    """A subject that the model compared with the record. `weight` is in bits."""

    subject: str = field(repr=False)
    weight: float
    probability: float


@dataclass(frozen=True, slots=True)
class Decision:
    """`subject` only where the record is linked; `candidates` (best first) only where a person has to decide."""

    outcome: Outcome
    reason: str
    subject: str | None = field(default=None, repr=False)
    weight: float | None = None
    probability: float | None = None
    candidates: tuple[tuple[str, float | None], ...] = field(default=(), repr=False)


NOBODY = Decision(Outcome.NOBODY, "nobody is like it")


def decide(linking: Linking, exact: Mapping[str, frozenset[str]], scored: Sequence[Scored], model: str) -> Decision:
    """`exact` maps the rules that found anybody (``exact email``) to whom they found. A tie is never a pick."""
    hits = [(name, exact[name]) for rule in linking.exact if exact.get(name := f"exact {','.join(rule)}")]
    if hits:
        return _by_tokens(hits)
    return _by_model(linking, scored, model)


def _by_tokens(hits: Sequence[tuple[str, frozenset[str]]]) -> Decision:
    """One subject that a rule names alone and no other rule denies."""
    for name, found in hits:
        if len(found) == 1 and all(found <= other for _, other in hits):
            return Decision(Outcome.LINKED, name, next(iter(found)), None, 1.0)
    everybody = sorted(frozenset[str]().union(*(found for _, found in hits)))
    shared = all(len(found) > 1 for _, found in hits)
    reason = f"{hits[0][0].removeprefix('exact ')} is shared" if shared else "identifiers lead to different subjects"
    return Decision(Outcome.CONFLICT, reason, candidates=tuple((s, None) for s in everybody))


def _by_model(linking: Linking, scored: Sequence[Scored], model: str) -> Decision:
    ordered = sorted((s for s in scored if s.probability >= linking.review_at), key=lambda s: (-s.weight, s.subject))
    if not ordered:
        return NOBODY
    best = ordered[0]
    near = [s for s in scored if s.subject != best.subject and best.weight - s.weight < linking.margin]
    told = tuple((s.subject, s.probability) for s in sorted([best, *near], key=lambda s: (-s.weight, s.subject)))
    if near:
        return Decision(Outcome.CONFLICT, "several are about as likely", candidates=told)
    if best.probability < linking.link_at:
        return Decision(Outcome.CONFLICT, "likely, not certain", candidates=told)
    return Decision(Outcome.LINKED, model, best.subject, best.weight, best.probability)
