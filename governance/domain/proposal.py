"""What discovery believes of a column, and what a person decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from governance.domain.names import ColumnRef


class Role(StrEnum):
    """The part a column plays in re-identification."""

    IDENTIFIER = "identifier"
    QUASI_IDENTIFIER = "quasi_identifier"
    SENSITIVE = "sensitive"


class Decision(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, order=True, slots=True)
class Proposal:
    """One column found personal. `category` is a key of fideslang's taxonomy; `also` lists further kinds inside the
    same content (free text, JSON). `confidence` is 0..1; `explanation` says in words which evidence counted, without values.
    `proved`: its values carry check digits of an identifier (card, account, tax number) that are right."""

    column: ColumnRef
    category: str
    also: tuple[str, ...]
    role: Role
    confidence: float
    explanation: str
    proved: bool = False
