"""Names of things in a warehouse. No I/O, no dialects.

Names are written as in SQL: a part that holds a dot, a quote, a space or a bracket is
put in double quotes, and a quote inside is doubled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLAIN = re.compile(r"[^\W\d][\w$]*\Z")
_PART = re.compile(r'"((?:[^"]|"")+)"|([^".\s]+)')


def quote(part: str) -> str:
    """`part` as it is written in a dotted name; plain words stay bare."""
    return part if _PLAIN.match(part) else '"' + part.replace('"', '""') + '"'


def split(text: str) -> tuple[str, ...]:
    """The parts of a dotted name. ValueError names the text when it is not one."""
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if not match:
            raise ValueError(f"expected a dotted name such as schema.table, got {text!r}")
        parts.append(match[1].replace('""', '"') if match[1] is not None else match[2])
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            raise ValueError(f"expected a dotted name such as schema.table, got {text!r}")
        position += 1


@dataclass(frozen=True, order=True, slots=True)
class TableRef:
    """A table as policy files spell it: ``schema.table``."""

    schema: str
    table: str

    @classmethod
    def parse(cls, text: str) -> TableRef:
        match split(text):
            case (schema, table):
                return cls(schema, table)
        raise ValueError(f"expected 'schema.table', got {text!r}")

    def column(self, name: str) -> ColumnRef:
        return ColumnRef(self, name)

    def __str__(self) -> str:
        return f"{quote(self.schema)}.{quote(self.table)}"


@dataclass(frozen=True, order=True, slots=True)
class ColumnRef:
    """One column of one table: ``schema.table.column``."""

    table: TableRef
    name: str

    @classmethod
    def parse(cls, text: str) -> ColumnRef:
        match split(text):
            case (schema, table, name):
                return cls(TableRef(schema, table), name)
        raise ValueError(f"expected 'schema.table.column', got {text!r}")

    def __str__(self) -> str:
        return f"{self.table}.{quote(self.name)}"
