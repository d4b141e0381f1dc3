"""Rows from Python as columns of values, ready to be bound. Nothing here knows a connection."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from governance.domain.schema import Family
from governance.warehouse import StagedColumn


def stage_name() -> str:
    """A name nobody else uses."""
    return f"governance_stage_{secrets.token_hex(8)}"


def chunks(columns: Sequence[StagedColumn], rows: Iterable[Sequence[Any]], size: int) -> Iterator[list[list[Any]]]:
    """At most `size` rows at a time, turned: one list of values per column. ValueError when a row is too long or too short."""
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        turned = zip(*batch, strict=True)
        yield [_converted(values, column.family) for column, values in zip(columns, turned, strict=True)]


def nothing(columns: Sequence[StagedColumn]) -> list[list[Any]]:
    return [[] for _ in columns]


def _converted(values: Iterable[Any], family: Family) -> list[Any]:
    convert = _CONVERSIONS.get(family)
    return list(values) if convert is None else [None if v is None else convert(v) for v in values]


def _number(value: Any) -> Decimal:
    # Through its shortest text: 0.1 is meant as 0.1, and one column must not mix kinds of numbers.
    return value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else str(value))


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_CONVERSIONS: dict[Family, Callable[[Any], Any]] = {
    Family.NUMBER: _number, Family.INTEGER: int, Family.BOOLEAN: bool, Family.JSON: _json, Family.UUID: str, Family.BINARY: bytes,
}
