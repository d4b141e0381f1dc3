"""What every declared value has in common: unknown keys are mistakes, and loaded policy never changes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from governance.domain.clock import Period
from governance.domain.names import ColumnRef, TableRef


class Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _parse(kind: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: kind.parse(value) if isinstance(value, str) else value)


PeriodField = Annotated[Period, _parse(Period)]
TableField = Annotated[TableRef, _parse(TableRef)]
ColumnField = Annotated[ColumnRef, _parse(ColumnRef)]
Basis = Literal["consent", "contract", "legal_obligation", "legitimate_interest", "vital_interest", "public_interest"]
Clause = Annotated[str, Field(description="Clause of the promise (C1..C16) and the words of the policy text.")]
