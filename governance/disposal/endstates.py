"""End states as SQL. Each is recognizable from the value alone and applying it twice changes nothing; null stays null."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, cast, func, literal, null, or_, type_coerce
from sqlalchemy import types as sa

from governance.domain.patterns import PATTERNS, REDACTED
from governance.domain.schema import Column, Family
from governance.policy.model import EndState
from governance.warehouse.functions import as_text, json_text, json_valid, matches, replaced

PSEUDONYM = "^psn_v[0-9]+_[0-9a-f]+$"

_TYPES: dict[Family, sa.TypeEngine[Any]] = {
    Family.TEXT: sa.Text(), Family.INTEGER: sa.BigInteger(), Family.NUMBER: sa.Numeric(), Family.BOOLEAN: sa.Boolean(),
    Family.DATE: sa.Date(), Family.TIMESTAMP: sa.TIMESTAMP(), Family.MOMENT: sa.TIMESTAMP(timezone=True),
    Family.JSON: sa.JSON(), Family.UUID: sa.Uuid(),
}


def type_of(column: Column) -> sa.TypeEngine[Any]:
    return _TYPES.get(column.family, sa.NullType())


def end_expression(cell: ColumnElement[Any], column: Column, end: EndState) -> ColumnElement[Any]:
    """What the cell becomes. Only for end states the engine computes itself (`Group.in_sql`) and for files."""
    match end.kind:
        case "null" | "file":
            return null()
        case "constant":
            return literal(end.value, type_of(column))
        case "truncate" if end.length is not None:
            return func.left(cell, end.length)
        case "truncate":
            return cast(func.date_trunc(end.unit, cell), type_of(column))
        case "generalize" if end.prefix is not None:
            # Trimmed on both sides of the cut: stars of the value's own must not count as ours.
            return func.rtrim(func.left(func.rtrim(cell, "*"), end.prefix), "*") + "*"
        case "generalize" if column.family is Family.INTEGER:
            step = literal(end.step, sa.BigInteger())  # without a division, which one engine does in floating point
            return cast(cell - func.mod(func.mod(cell, step) + step, step), type_of(column))
        case "generalize":
            step = literal(end.step, sa.BigInteger())
            return cast(func.floor(type_coerce(cell, sa.Numeric()) / cast(step, sa.Numeric())) * step, type_of(column))
        case "redact":
            for pattern in PATTERNS.values():
                cell = replaced(cell, pattern, REDACTED)
            return cell
    raise AssertionError(f"{end.kind} is not computed in SQL")


def ended(cell: ColumnElement[Any], column: Column, end: EndState | None) -> ColumnElement[bool]:
    """Whether the cell is already where it should end. Never null."""
    if end is None or end.kind in ("null", "file"):
        return cell.is_(None)
    if end.kind == "redact" and end.paths:
        # Text that is no JSON has no paths, and may hold anything: it has not ended.
        return or_(cell.is_(None), and_(json_valid(cell), *(json_text(cell, path).is_(None) for path in end.paths)))
    if end.kind == "redact":
        found = or_(*(matches(cell, pattern) for pattern in PATTERNS.values()))
        return or_(cell.is_(None), ~func.coalesce(found, False))
    if end.kind == "pseudonymize":
        return or_(cell.is_(None), matches(as_text(cell), PSEUDONYM))
    return or_(cell.is_(None), cell == end_expression(cell, column, end))
