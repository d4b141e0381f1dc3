"""What stands beside a column: people, devices, addresses, places or products in the same table, or one reference away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.discovery import headers, weights
from governance.discovery.evidence import Assessment, Candidate, Evidence
from governance.discovery.recognizer import CONTEXTS
from governance.domain.names import TableRef
from governance.domain.schema import Table
from governance.domain.taxonomy import within

# What only people have: a shop has a phone and a bank account too. A day of birth is no witness: an opening day looks like one.
_ONLY_PEOPLE = ("user.name", "user.contact.email", "user.government_id", "user.account.username")
_PERSON = (*_ONLY_PEOPLE, "user.contact.phone_number", "user.financial.credit_card", "user.financial.bank_account")
_DEVICE = ("user.device",)
_ADDRESS = ("user.contact.address.street",)
_PLACE = ("user.contact.address.city", "user.contact.address.country", "user.contact.address.postal_code")
_GOODS, _FIRMS = ("thing.goods",), ("thing.company",)
_NAMED_FIRM = 0.8  # how much of a company a column called supplier_name is
_SUBJECT_HEADER = 0.75  # how much of a person a column called customer_id is
_SUBJECT_TABLE = 0.8
_TOO_FAINT = 1.5  # a form that fits much else is no witness for its neighbours
_WORDS = {
    "person": "a person",
    "device": "a device",
    "address": "a street address",
    "place": "a place",
    "product": "a product",
    "site": "a place of business",
    "company": "a company",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """For each context 0..1: how sure it is that something of it stands beside the column."""

    person: float = 0.0
    device: float = 0.0
    address: float = 0.0
    place: float = 0.0
    product: float = 0.0
    site: float = 0.0
    company: float = 0.0

    def of(self, context: str) -> float:
        return float(getattr(self, context))


def surroundings(assessments: Sequence[Assessment], linked: float = 0.0) -> list[Surroundings]:
    """What each column of one table sees of the others. `linked`: how sure it is that the table belongs to a person
    (references, or the document's own table for the paths of a JSON column)."""
    certain = [[_certainty(a, kinds) for kinds in (_PERSON, _DEVICE, _ADDRESS, _PLACE)] for a in assessments]
    subject = [_SUBJECT_HEADER if headers.says(a.sample.header, headers.SUBJECTS) else 0.0 for a in assessments]
    sold = [_certainty(a, _GOODS) for a in assessments]
    firms = [max(_certainty(a, _FIRMS), _NAMED_FIRM * headers.says(a.sample.header, headers.COMPANY)) for a in assessments]
    goods = [1.0 if headers.says(a.sample.header, headers.PRODUCT) else 0.0 for a in assessments]
    table = _SUBJECT_TABLE if assessments and headers.says(assessments[0].sample.table_words, headers.SUBJECTS) else 0.0
    own_place = 0.0
    if assessments and headers.says(assessments[0].sample.table_words, headers.SITES):
        own_place = 1.0 - max(linked, table, *(_certainty(a, _ONLY_PEOPLE) for a in assessments))
    # Two columns whose headers name an age, a gender, a marital status: rows about people, though none is named.
    told = sum(
        any(c.named and c.looks > 0 and within(c.recognizer.category, "user.demographic") for c in a.candidates) for a in assessments
    )
    named = max(subject, default=0.0) if told < 2 else _SUBJECT_HEADER
    # The best of the other columns is the second best for the column that is best itself.
    highest = [(*sorted((row[n] for row in certain), reverse=True)[:2], 0.0, 0.0)[:2] for n in range(4)]
    found = []
    for k in range(len(assessments)):
        person, device, address, place = (
            second if certain[k][n] == first else first for n, (first, second) in enumerate(highest)
        )
        person = max(person, linked, table, named) * (1.0 - own_place)
        product = max(float(sum(goods) > goods[k]), _best(sold, k)) * (1.0 - person)
        found.append(Surroundings(person, device, address, place, product, own_place, _best(firms, k)))
    return found


def _best(shares: Sequence[float], k: int) -> float:
    """The best of the other columns."""
    return max((s for n, s in enumerate(shares) if n != k), default=0.0)


def person_in(assessments: Sequence[Assessment]) -> float:
    """How sure it is that the rows of a table are about people, 0..1."""
    return max((_certainty(a, _PERSON) for a in assessments), default=0.0)


def linked(table: Table, people: Mapping[TableRef, float]) -> float:
    """How sure it is that a foreign key of `table` leads to people."""
    return weights.LINKED * max(
        (people.get(f.references, 0.0) for f in table.foreign_keys if f.references != table.ref), default=0.0
    )


def weigh(candidate: Candidate, seen: Surroundings, assessment: Assessment) -> Candidate:
    """`candidate` with the evidence of its surroundings added."""
    added = []
    for context, effect in candidate.recognizer.beside:
        weight = weights.BESIDE[effect] * seen.of(context)
        if abs(weight) >= 0.1:
            added.append(
                Evidence(
                    weight, f"{_WORDS[context]} stands beside it" if context != "site" else "the table lists places of business"
                )
            )
    if candidate.recognizer.alone:
        lonely = 1.0 - max(seen.person, seen.device, seen.address)
        if lonely > 0.05:
            added.append(Evidence(weights.ALONE * lonely, "little beside it leads to a person"))
    if candidate.recognizer.token and assessment.sample.key:
        added.append(Evidence(weights.KEY_OF_TABLE, "it is the key of its own table"))
    return Candidate(candidate.recognizer, candidate.evidence + tuple(added), candidate.looks)


def _certainty(assessment: Assessment, kinds: Sequence[str]) -> float:
    odds = [
        c.log_odds
        for c in assessment.candidates
        if any(within(c.recognizer.category, kind) for kind in kinds) and c.looks > _TOO_FAINT
    ]
    return weights.probability(max(odds)) if odds else 0.0


assert set(_WORDS) == set(CONTEXTS)
