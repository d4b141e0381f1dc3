"""How much each piece of evidence counts: natural log-odds, in one place.

A column starts at `PRIOR` for every kind; evidence adds up; confidence is the logistic function of the sum. The weights
were set by hand to the share of columns that each piece of evidence gets right, and are checked in tests/discovery.
"""

from __future__ import annotations

import math
from enum import StrEnum

PRIOR = -3.5  # most columns of a warehouse are of any one kind with a chance of about three in a hundred
PROPOSE_AT = 0.5


class Strength(StrEnum):
    """How often only this kind looks like this."""

    PROOF = "proof"  # a checksum or a form that nothing else has
    STRONG = "strong"
    FAIR = "fair"
    WEAK = "weak"
    FAINT = "faint"  # fits much else: never enough without a header or a neighbour


VALUES: dict[Strength, float] = {
    Strength.PROOF: 9.0, Strength.STRONG: 6.0, Strength.FAIR: 4.2, Strength.WEAK: 2.6, Strength.FAINT: 1.0,
}  # fmt: skip
VALUES_CONTRADICT = -7.0  # most values cannot be of this kind
VALUES_AT_CHANCE = -3.0  # right form, but no more valid ones than chance gives
UNKNOWN_NAMES = -0.5  # written like names, and in none of our lists, which are short
UNKNOWN_WORDS = -4.5  # in lower case besides

HEADER_NAMES_IT = 3.2
COMMENT_NAMES_IT = 2.4  # where the header names nothing; people who write comments mean them, and explain in them too
COMMENT_NOT_PERSONAL = -2.4
HEADER_HINTS = 1.6
HEADER_NAMES_ANOTHER = -2.0  # the header names another personal kind
HEADER_NOT_PERSONAL = -3.0  # order, sku, invoice, hash, status ...
# A header may be wrong; the more only one kind looks like the values, the less it counts against them.
AGAINST: dict[Strength, float] = {
    Strength.PROOF: 0.4, Strength.STRONG: 0.6, Strength.FAIR: 0.7, Strength.WEAK: 1.0, Strength.FAINT: 1.0,
}  # fmt: skip

BESIDE: dict[str, float] = {"proves": 3.4, "helps": 1.7, "hints": 0.8, "hurts": -2.2, "refutes": -7.0}
ALONE = -4.0  # a quasi-identifier without a person, an address or a device beside it
LINKED = 0.7  # a foreign key leads to a table of people (scales `helps` of a person beside it)
KEY_OF_TABLE = -2.5  # a token that is the table's own key is a row number, not a device

FEW_PLACES = -1.5  # a dozen towns are as likely a list of branches
FEW_NAMES = -3.5  # a handful of values again and again is a list of codes, not of names

FEW_VALUES = 5  # below this many distinct values, evidence from values is scaled down
MOST_EXPLAINED = 5


def probability(log_odds: float) -> float:
    """The logistic function, 0..1."""
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, log_odds))))


def ramp(rate: float, floor: float, full: float) -> float:
    """0 up to `floor`, 1 from `full` on, straight between."""
    return max(0.0, min(1.0, (rate - floor) / (full - floor)))


def enough(distinct: int) -> float:
    """The share of its weight that evidence from `distinct` values deserves."""
    return min(1.0, 0.55 + 0.45 * distinct / FEW_VALUES) if distinct else 0.0
