"""What engines spell differently, as SQLAlchemy expressions that mean the same on each.

Every function says what it gives for null. Text is compared by characters and nothing here depends on a locale.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    String,
    TableClause,
    Text,
    case,
    cast,
    column,
    func,
    literal,
    select,
    table,
)
from sqlalchemy import types as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.sql.functions import FunctionElement

from governance.domain.names import TableRef
from governance.domain.schema import Column, Family, Table
from governance.warehouse.types import type_of

# What PostgreSQL, RE2 and Python read differently: classes and anchors by letter, lookaround, back references, lazy
# quantifiers, flags.
_NOT_SHARED = re.compile(r"\\[A-Za-z0-9]|\(\?|[*+?}]\?|(?<=\[)\[[.=:]|(?<=\[\^)\[[.=:]")
_ARGUMENTS = 90
_SHARED_ESCAPES = re.compile(r"\\[nrts]")
_STEP = re.compile(r'\.([^\W\d]\w*)|\."((?:[^"\\]|\\.)+)"|\[(\d+)\]|\[\'((?:[^\'\\]|\\.)+)\'\]')


def table_of(source: Table | TableRef, columns: Sequence[str] = ()) -> TableClause:
    """The table as SQL, every name quoted, so that none can mean anything else. `columns` only beside a `TableRef`."""
    if isinstance(source, Table):
        ref, made = source.ref, [column(quoted_name(c.name, True), type_of(c)) for c in source.columns]
    else:
        ref, made = source, [column(quoted_name(name, True)) for name in columns]
    return table(quoted_name(ref.table, True), *made, schema=quoted_name(ref.schema, True))


def count_rows(source: FromClause) -> Select[int]:
    """How many rows there are: one row with one number."""
    return select(func.count()).select_from(source)


def digits(value: ColumnElement[Any]) -> ColumnElement[str]:
    """The digits 0 to 9 of a text in their order; empty when there are none, null for null."""
    return func.regexp_replace(value, literal("[^0-9]", Text()), literal("", Text()), literal("g", Text()), type_=Text())


def matches(value: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """Whether `pattern` occurs anywhere in a text; false for null. ValueError for syntax that engines read differently."""
    return func.coalesce(value.regexp_match(literal(check_pattern(pattern), Text())), False, type_=Boolean())


def replaced(value: ColumnElement[Any], pattern: str, replacement: str) -> ColumnElement[str]:
    """A text with every match of `pattern` replaced by exactly `replacement`; null for null."""
    exactly = replacement.replace("\\", "\\\\")
    arguments = [literal(text, Text()) for text in (check_pattern(pattern), exactly, "g")]
    return func.regexp_replace(value, *arguments, type_=Text())


def check_pattern(pattern: str) -> str:
    """`pattern`, when both engines read it alike; else ValueError. The pattern is ours, never a value of a person."""
    found = _NOT_SHARED.search(_SHARED_ESCAPES.sub("", pattern.replace("\\\\", "")))
    if found:
        raise ValueError(f"engines read {found[0]!r} in a pattern differently, write plain classes such as [0-9]: {pattern!r}")
    re.compile(pattern)
    return pattern


class contains(FunctionElement[bool]):
    """Whether a text contains `needle` (a value or an expression) as it stands, no wildcards; false for null. Case matters."""

    name = "contains"
    type = Boolean()
    inherit_cache = True

    def __init__(self, value: ColumnElement[Any], needle: ColumnElement[Any] | str) -> None:
        super().__init__(value, literal(needle, Text()) if isinstance(needle, str) else needle)


@compiles(contains)
def _contains(element: contains, compiler: SQLCompiler, **kw: Any) -> str:
    return f"coalesce(strpos({compiler.process(element.clauses, **kw)}) > 0, false)"


class as_text(FunctionElement[str]):
    """A value as text that is the same on every engine for whole and decimal numbers, booleans, text, UUIDs, dates and
    timestamps (ISO 8601 with a space, UTC when they know their zone), bytes (hexadecimal). Null for null. Binary floating
    point, JSON and the engine's own types are spelled the engine's way.
    """

    name = "as_text"
    type = Text()
    inherit_cache = True

    def __init__(self, value: ColumnElement[Any]) -> None:
        super().__init__(value)


def _is_binary(element: as_text) -> bool:
    return isinstance(next(iter(element.clauses)).type, sa.LargeBinary)


@compiles(as_text)
def _as_text(element: as_text, compiler: SQLCompiler, **kw: Any) -> str:
    inner = compiler.process(element.clauses, **kw)
    return f"encode({inner}, 'hex')" if _is_binary(element) else f"CAST({inner} AS TEXT)"


@compiles(as_text, "duckdb")
def _as_text_duckdb(element: as_text, compiler: SQLCompiler, **kw: Any) -> str:
    inner = compiler.process(element.clauses, **kw)
    return f"lower(hex({inner}))" if _is_binary(element) else f"CAST({inner} AS VARCHAR)"


class among(FunctionElement[bool]):
    """Whether a value is one of those of a one-column query that does not refer to the value's own row; null for null.

    For a column with an index of its own that `is_listable`. PostgreSQL then walks the index once over all values, where a join
    goes down it anew for each. Without an index it would go through the whole list for every row.
    """

    name = "among"
    type = Boolean()
    inherit_cache = True

    def __init__(self, value: ColumnElement[Any], values: Select[Any]) -> None:
        super().__init__(value, values.scalar_subquery())


def is_listable(column: Column | None) -> bool:
    """Whether an index on the column answers for a list of values: that of padded or caseless text does not for a list of texts."""
    if column is None or column.family is not Family.TEXT:
        return column is not None
    return column.type.lower().startswith(("text", "varchar", "character varying"))


@compiles(among)
def _among(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    value, values = (compiler.process(part, **kw) for part in element.clauses)
    return f"{value} = ANY (ARRAY{values})"


@compiles(among, "duckdb")
def _among_duckdb(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    value, values = (compiler.process(part, **kw) for part in element.clauses)
    return f"{value} IN {values}"


def row_digest(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """MD5 over all columns as text, 32 hexadecimal digits, never null. Null is not the empty text, columns cannot mix.

    Equal rows have equal digests on one engine, and on both where `as_text` says so. Not for secrets: anybody can compute it.
    """
    parts: list[ColumnElement[str]] = []
    for value in map(as_text, columns):
        size = cast(func.length(value), Text()) + literal(":", Text())
        parts += [func.coalesce(size, literal("-", Text()), type_=Text()), value]  # concat leaves null out
    while len(parts) > 1:  # at once, because a chain of || copies its left side again and again; an engine takes 100 arguments
        parts = [func.concat(*parts[n:n + _ARGUMENTS]) if parts[n + 1:] else parts[n] for n in range(0, len(parts), _ARGUMENTS)]
    return func.md5(parts[0], type_=String(32))


class row_number_of(FunctionElement[int]):
    """A row as a whole number of 64 bits: equal rows have equal numbers on one engine, others hardly ever. Never null. Fast, and not
    for secrets; an engine's next version may give other numbers."""

    name = "row_number_of"
    type = BigInteger()
    inherit_cache = True

    def __init__(self, columns: Sequence[ColumnElement[Any]]) -> None:
        super().__init__(*columns)


@compiles(row_number_of)
def _row_number_of(element: row_number_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"hashtextextended(CAST(ROW({compiler.process(element.clauses, **kw)}) AS TEXT), 0)"


@compiles(row_number_of, "duckdb")
def _row_number_of_duckdb(element: row_number_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"hash({compiler.process(element.clauses, **kw)})"


class digest_number(FunctionElement[int]):
    """The first 12 hexadecimal digits of a digest as a whole number, the same on every engine. Null for null."""

    name = "digest_number"
    type = BigInteger()
    inherit_cache = True

    def __init__(self, digest: ColumnElement[str]) -> None:
        super().__init__(func.substr(digest, 1, 12))


@compiles(digest_number)
def _digest_number(element: digest_number, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(CAST('x' || {compiler.process(element.clauses, **kw)} AS bit(48)) AS BIGINT)"


@compiles(digest_number, "duckdb")
def _digest_number_duckdb(element: digest_number, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST('0x' || {compiler.process(element.clauses, **kw)} AS BIGINT)"


class whole_part(FunctionElement[int]):
    """How often `divisor` goes into a whole number that is not negative. Null for null."""

    name = "whole_part"
    type = BigInteger()
    inherit_cache = True

    def __init__(self, value: ColumnElement[int], divisor: int) -> None:
        super().__init__(value, literal(divisor, BigInteger()))


@compiles(whole_part)
def _whole_part(element: whole_part, compiler: SQLCompiler, **kw: Any) -> str:
    value, divisor = (compiler.process(part, **kw) for part in element.clauses)
    return f"(({value}) / {divisor})"


@compiles(whole_part, "duckdb")
def _whole_part_duckdb(element: whole_part, compiler: SQLCompiler, **kw: Any) -> str:
    value, divisor = (compiler.process(part, **kw) for part in element.clauses)
    return f"(({value}) // {divisor})"


def bit_set(value: ColumnElement[Any], bit: int) -> ColumnElement[bool]:
    """Whether bit number `bit` (0 to 62) of a whole number is set; false for null."""
    masked = cast(value, BigInteger()).op("&")(literal(1 << bit, BigInteger()))
    return func.coalesce(masked != 0, False, type_=Boolean())


def json_steps(path: str) -> tuple[str, ...]:
    """The keys and positions of a path: ``$.contact.phone``, ``$.items[0]``, ``$."odd key"``. ValueError when it is none."""
    if not path.startswith("$") or path == "$":
        raise ValueError(f"expected a path such as $.contact.phone, got {path!r}")
    steps, position = [], 1
    while position < len(path):
        match = _STEP.match(path, position)
        if not match:
            raise ValueError(f"expected a path such as $.contact.phone, got {path!r}")
        steps.append(next(re.sub(r"\\(.)", r"\1", g) for g in match.groups() if g is not None))
        position = match.end()
    return tuple(steps)


class json_text(FunctionElement[str]):
    """The value at `path` of a text, json or jsonb column as text (strings without quotes); null when there is none, when it
    is JSON's null, and for text that is not JSON. PostgreSQL 16 or later.
    """

    name = "json_text"
    type = Text()
    inherit_cache = True

    def __init__(self, value: ColumnElement[Any], path: str) -> None:
        steps = json_steps(path)
        pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
        super().__init__(value, literal(list(steps), ARRAY(Text())), literal(pointer, Text()))


@compiles(json_text)
def _json_text(element: json_text, compiler: SQLCompiler, **kw: Any) -> str:
    value, steps, _ = element.clauses
    text = cast(value, Text())
    valid = func.pg_input_is_valid(text, literal("jsonb", Text()))
    return compiler.process(case((valid, cast(text, JSONB()).op("#>>", return_type=Text())(steps))), **kw)


@compiles(json_text, "duckdb")
def _json_text_duckdb(element: json_text, compiler: SQLCompiler, **kw: Any) -> str:
    value, _, pointer = element.clauses
    return f"TRY(json_extract_string({compiler.process(cast(value, Text()), **kw)}, {compiler.process(pointer, **kw)}))"


class json_valid(FunctionElement[bool]):
    """Whether text is JSON that `json_text` can look into; null for null."""

    name = "json_valid"
    type = Boolean()
    inherit_cache = True

    def __init__(self, value: ColumnElement[Any]) -> None:
        super().__init__(cast(value, Text()))


@compiles(json_valid)
def _json_valid(element: json_valid, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(func.pg_input_is_valid(next(iter(element.clauses)), literal("jsonb", Text())), **kw)


@compiles(json_valid, "duckdb")
def _json_valid_duckdb(element: json_valid, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_valid({compiler.process(next(iter(element.clauses)), **kw)})"
