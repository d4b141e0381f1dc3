"""Identifiers that prove themselves: their check digits are right in nearly all values, which chance does not bring about."""

from __future__ import annotations

from collections.abc import Collection

from governance.discovery.evidence import Assessment
from governance.discovery.weights import VALUES, Strength

CHECK_DIGITS = frozenset({"card", "iban", "imei", "tckn", "inn", "german_tax_id", "snils", "luhn", "mod_97"})
# Inside texts one hit is enough to be found. Of an account it proves itself: country, length and two check digits. Of a card it does
# not: one of ten numbers of parcels has the right digit by chance.
_INSIDE = frozenset({"user.financial.bank_account"})
_NEARLY_ALL = 0.9 * VALUES[Strength.STRONG]


def proved(assessment: Assessment, kinds: Collection[str]) -> bool:
    """Whether check digits prove one of `kinds` in a column."""
    alone = any(c.recognizer.check in CHECK_DIGITS and c.recognizer.category in kinds and c.looks >= _NEARLY_ALL
                for c in assessment.candidates)
    return alone or any(kind in _INSIDE and kind in kinds for kind, _ in assessment.hidden)
