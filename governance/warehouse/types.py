"""How a family of values is spelled as a SQLAlchemy type, the same for both engines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import types as sa

from governance.domain.schema import Column, Family

_TYPES: dict[Family, sa.TypeEngine[Any]] = {
    Family.TEXT: sa.Text(), Family.INTEGER: sa.BigInteger(), Family.NUMBER: sa.Numeric(), Family.BOOLEAN: sa.Boolean(),
    Family.DATE: sa.Date(), Family.TIMESTAMP: sa.TIMESTAMP(), Family.MOMENT: sa.TIMESTAMP(timezone=True),
    Family.JSON: sa.JSON(), Family.UUID: sa.Uuid(), Family.BINARY: sa.LargeBinary(),
}
_BINARY_FLOATS = ("double", "float", "real")


def type_of(column: Column) -> sa.TypeEngine[Any]:
    """The type its values are bound and read with. Unknown families have none: values pass as the driver gives them."""
    if column.family is Family.NUMBER and column.type.lower().startswith(_BINARY_FLOATS):
        return sa.Double()
    return type_of_family(column.family)


def type_of_family(family: Family) -> sa.TypeEngine[Any]:
    return _TYPES.get(family, sa.NullType())
