"""Figures of verdicts against truths: precision and recall, typed and binary, and how sure one can be of a confidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.discovery.truth import Truth
from governance.domain.taxonomy import CATEGORIES


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a tool says of a column; no category means not personal."""

    category: str | None = None
    also: tuple[str, ...] = ()
    role: str = ""
    confidence: float = 1.0
    explanation: str = ""


NOTHING = Verdict()


@dataclass(frozen=True, slots=True)
class Case:
    """One column: where it is, what is true, what was said."""

    style: str
    language: str
    shape: str
    table: str
    column: str
    truth: Truth
    verdict: Verdict
    sample: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """False when leaving out and an accepted key are both right and one of them was said."""
        said = self.verdict.category
        return not (self.truth.optional and (said is None or self.truth.accepts(said)))

    @property
    def found(self) -> bool:
        return self.verdict.category is not None

    @property
    def typed(self) -> bool:
        """Found, and right in kind. A content column is right when its category is one of the kinds inside."""
        said = self.verdict.category
        return said is not None and self.truth.category is not None and self.truth.accepts(said)

    @property
    def unedited(self) -> bool:
        """As a reviewer would write it: category, and for content all further kinds and no others."""
        said = self.verdict.category
        if said is None or self.truth.category is None or not self.truth.exact(said):
            return False
        inside = {self.truth.category, *self.truth.also}
        return (not self.truth.also and not self.verdict.also) or same(inside, {said, *self.verdict.also})


_SAME = {
    "user.contact.address.street": "user.contact.address",
    "user.name.first": "user.name",
    "user.name.last": "user.name",
    "user.contact.fax_number": "user.contact.phone_number",
    "user.content.private": "",
    "user.content": "",
}


def same(one: set[str], other: set[str]) -> bool:
    """Kinds inside content: a street address is an address, parts of names are names."""
    return {_SAME.get(k, k) for k in one} - {""} == {_SAME.get(k, k) for k in other} - {""}


@dataclass(slots=True)
class Score:
    """Columns counted for precision, recall and F1."""

    true: int = 0
    said: int = 0
    hit: int = 0
    typed: int = 0
    unedited: int = 0
    proposals: int = 0

    def f1(self, hits: int) -> tuple[float, float, float]:
        p = hits / self.said if self.said else float(not self.true)
        r = hits / self.true if self.true else 1.0
        return p, r, 2 * p * r / (p + r) if p + r else 0.0


def score(cases: Iterable[Case]) -> Score:
    made = Score()
    for case in cases:
        if not case.counted:
            continue
        made.true += case.truth.personal
        made.said += case.found
        made.hit += case.found and case.truth.personal
        made.typed += case.typed and case.truth.personal
        made.unedited += case.unedited and case.truth.personal
    return made


@dataclass(frozen=True, slots=True)
class Line:
    """A row of results."""

    name: str
    columns: int
    binary: tuple[float, float, float]
    typed: tuple[float, float, float]
    direct: float
    accepted: float

    def cells(self) -> list[Any]:
        return [self.name, self.columns, *self.typed, *self.binary, self.direct, self.accepted]


HEADINGS = (
    "columns of",
    "counted",
    "typed precision",
    "recall",
    "F1",
    "binary precision",
    "recall",
    "F1",
    "recall of direct identifiers",
    "accepted unedited",
)


def line(name: str, cases: Sequence[Case]) -> Line:
    counted = [c for c in cases if c.counted]
    made = score(counted)
    direct = [c for c in counted if c.truth.personal and CATEGORIES[str(c.truth.category)].role.value == "identifier"]
    said = made.said or 1
    return Line(
        name, len(counted), made.f1(made.hit), made.f1(made.typed), sum(c.typed for c in direct) / (len(direct) or 1), made.unedited / said
    )


def by(cases: Iterable[Case], key: Callable[[Case], str]) -> dict[str, list[Case]]:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[key(case)].append(case)
    return dict(sorted(groups.items()))


def confusions(cases: Iterable[Case]) -> list[tuple[str, str, int]]:
    """What a kind was taken for, worst first."""
    counted: Counter[tuple[str, str]] = Counter()
    for case in cases:
        if case.counted and wrong(case):
            counted[case.truth.kind, case.verdict.category or "nothing"] += 1
    return [(kind, said, n) for (kind, said), n in sorted(counted.items(), key=lambda e: (-e[1], e[0]))]


def wrong(case: Case) -> bool:
    if not case.counted:
        return False
    return not case.typed if case.truth.personal else case.found


@dataclass(slots=True)
class Bin:
    low: float
    confidences: list[float] = field(default_factory=list)
    right: int = 0

    @property
    def mean(self) -> float:
        return sum(self.confidences) / len(self.confidences)

    @property
    def share(self) -> float:
        return self.right / len(self.confidences)


def reliability(cases: Iterable[Case], bins: int = 10) -> tuple[list[Bin], float]:
    """Proposals by confidence with the share that is right in kind, and the expected calibration error."""
    made = [Bin(n / bins) for n in range(bins)]
    total = 0
    for case in cases:
        if case.counted and case.found:
            one = made[min(int(case.verdict.confidence * bins), bins - 1)]
            one.confidences.append(case.verdict.confidence)
            one.right += case.typed and case.truth.personal
            total += 1
    kept = [b for b in made if b.confidences]
    return kept, sum(len(b.confidences) * abs(b.mean - b.share) for b in kept) / (total or 1)
