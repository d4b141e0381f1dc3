"""What a path holds that hardly any document has: too few values for what is known of columns, so each is judged by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from governance.discovery import numbers, persons
from governance.discovery.evidence import Evidence
from governance.discovery.persons import Sureness

FEW, MOST, RARE = 3, 50, 0.02  # different values, and the share of documents, up to which a path is one that hardly any has
# Forms of one value that little else has where nothing is counted, parcelled or sold: such paths are in all documents.
_FORMS = (
    (numbers.PASSPORT, re.compile(r"AZE ?№? ?\d{8}|AA ?№? ?\d{7}|\d{2} ?\d{2} №? ?\d{6}|[A-Z] ?\d{8}|[A-Z]{2}\d{7}|P<[A-Z<]{20,}.*")),
    (numbers.PASSPORT, re.compile(r"[CFGHJK](?=[A-Z]*\d)[CFGHJKLMNPRTVWXYZ0-9]{8}")),
    (numbers.NATIONAL, re.compile(r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]")),
    (numbers.NATIONAL, re.compile(r"(?=(?:\d*[A-Z]){2})(?=(?:[A-Z]*\d){2})(?!.*\d{5})(?![A-Z]+\d+\Z)(?!\d+[A-Z]+\Z)[0-9A-HJ-NP-Z]{7}")),
)
_STRENGTHS = {Sureness.SURE: 4.6, Sureness.LIKELY: 4.2, Sureness.SAID: 3.9, Sureness.STRANGE: 3.7}
_CERTAIN, _FORM, _STREET = 5.0, 3.9, 4.2
_KEY_ENDS = re.compile(r"[_-]+|(?<=[a-z])(?=[A-Z])")


def judged(key: str, values: Sequence[str]) -> dict[str, Evidence]:
    """Category -> evidence for the few `values` that stand under `key` in hardly any document."""
    found: dict[str, Evidence] = {}

    def add(category: str, weight: float) -> None:
        if category not in found or found[category].weight < weight:
            found[category] = Evidence(weight, "in hardly any document")

    label = " ".join(_KEY_ENDS.split(key))
    for category in numbers.told({f"{label}: {value}": 1 for value in values}):
        add(category, _CERTAIN)
    for category, form in _FORMS:
        if _most(form.fullmatch(value) is not None for value in values):
            add(category, _FORM)
    if any(map(persons.has_street, values)):
        add("user.contact.address.street", _STREET)
    sure = sorted(map(persons.whole, values))[len(values) // 2]
    if sure is not Sureness.NO:
        add("user.name", _STRENGTHS[sure])
    return found


def _most(answers: Iterable[bool]) -> bool:
    said = list(answers)
    return 2 * sum(said) >= len(said)
