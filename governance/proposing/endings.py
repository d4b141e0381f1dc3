"""The mildest end state that breaks nothing in a live column."""

from __future__ import annotations

from collections.abc import Iterator

from governance.domain.schema import Column, Family, Schema, Table
from governance.policy.constraints import breaks
from governance.policy.mistakes import Weight
from governance.policy.model import EndState

ERASED = "[erased]"
_FIRST_DAY, _NOBODY = "1900-01-01", "00000000-0000-0000-0000-000000000000"


def ending(column: Column, table: Table, schema: Schema) -> EndState | None:
    """Null where it may be null, else a constant of the column's type, else a pseudonym; None when each would break something."""
    fallback: EndState | None = None
    for end in _candidates(column):
        weights = {weight for _, _, weight in breaks(end, column, table, schema)}
        if not weights:
            return end
        if Weight.MISTAKE not in weights and fallback is None:
            fallback = end  # a CHECK or a UNIQUE over several columns may refuse it: policy check says so
    return fallback


def _candidates(column: Column) -> Iterator[EndState]:
    yield EndState(kind="null")
    match column.family:
        case Family.TEXT:
            yield EndState(kind="constant", value=ERASED)
            yield EndState(kind="constant", value="")
            yield EndState(kind="pseudonymize", domain="person")
        case Family.INTEGER | Family.NUMBER:
            yield EndState(kind="constant", value=0)
        case Family.DATE:
            yield EndState(kind="constant", value=_FIRST_DAY)
        case Family.TIMESTAMP | Family.MOMENT:
            yield EndState(kind="constant", value=f"{_FIRST_DAY} 00:00:00")
        case Family.UUID:
            yield EndState(kind="constant", value=_NOBODY)
