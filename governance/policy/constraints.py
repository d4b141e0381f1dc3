"""What an end state would break in a live column: NOT NULL, UNIQUE, CHECK, type, length, keys. Pure; no database is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from governance.domain.patterns import REDACTED
from governance.domain.schema import Column, Family, Schema, Table
from governance.policy.mistakes import Weight
from governance.policy.model import EndState

PSEUDONYM_LENGTH = 40  # characters a versioned pseudonym token needs
Broken = tuple[str, str, Weight]  # what, remedy, how grave

_MOMENTS = (Family.DATE, Family.TIMESTAMP, Family.MOMENT)
_NUMBERS = (Family.INTEGER, Family.NUMBER)
_STRICT = frozenset({"length", "char_length", "character_length", "octet_length", "lower", "upper", "trim", "btrim", "ltrim",
                     "rtrim", "abs", "substr", "substring", "left", "right", "strpos", "position", "date_trunc",
                     "regexp_matches", "round", "floor"})
_SYNTAX = frozenset({"and", "or", "not", "in", "any", "all", "array", "check", "like", "between", "numeric", "varchar", "cast"})
_MAY_SEE_NULL = re.compile(r"\b(is|case|distinct)\b", re.IGNORECASE)
_CALL = re.compile(r"\b([a-z_][\w.]*)\s*\(", re.IGNORECASE)
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = r"\(?(-?\d+(?:\.\d+)?)\)?"
_COMPARE = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__, "=": float.__eq__, "<>": float.__ne__,
            "!=": float.__ne__}


def breaks(end: EndState, column: Column, table: Table, schema: Schema) -> Iterator[Broken]:
    """Everything `end` would break, each with its remedy."""
    wrong = Weight.MISTAKE
    nulls = end.kind in ("null", "file")
    if column.generated:
        yield "the column is generated", "end the columns it is computed from", wrong
    if column.name in table.primary_key:
        yield "the column is part of the primary key", "delete the row instead, or end other columns", wrong
    for key in table.foreign_keys:
        if column.name in key.columns and not nulls:
            yield f"the column is part of the foreign key to {key.references}", "end it as null", wrong
    for child, key in schema.referring(table.ref):
        if column.name in key.referred and column.name not in table.primary_key:
            yield f"rows of {child.ref} refer to the column", "delete the row instead, or end other columns", wrong
    if nulls and not column.nullable:
        yield "the column is NOT NULL", "end it as a constant, or drop NOT NULL", wrong
    yield from _type(end, column)
    yield from _unique(end, column, table)
    for check in table.checks:
        if _mentions(check, column.name) and not evidently_passes(check, end, column.name):
            yield (f"the CHECK on it may refuse {end.words}: {check}", "try it, and choose another end state if it fails",
                   Weight.LOOK)


def _type(end: EndState, column: Column) -> Iterator[Broken]:
    def needs(what: str) -> Broken:
        return f"it needs {what}, and the column is {column.type}", "choose an end state that fits the type", Weight.MISTAKE

    is_text = column.family is Family.TEXT
    match end.kind:
        case "truncate" if end.unit is not None and column.family not in _MOMENTS:
            yield needs("a date or timestamp column")
        case "generalize" if end.step is not None and column.family not in _NUMBERS:
            yield needs("a number column")
        case "truncate" if end.length is not None and not is_text:
            yield needs("a text column")
        case "generalize" if end.prefix is not None and not is_text:
            yield needs("a text column")
        case "pseudonymize" if not is_text:
            yield needs("a text column")
        case "file" if not is_text:
            yield needs("a text column")
        case "redact" if not end.paths and not is_text:
            yield needs("a text column")
        case "redact" if end.paths and column.family not in (Family.JSON, Family.TEXT):
            yield needs("a JSON or text column")
        case "constant":
            yield from _constant(end, column)
    room = {"pseudonymize": PSEUDONYM_LENGTH, "generalize": (end.prefix or 0) + 1, "redact": 0 if end.paths else len(REDACTED),
            "constant": len(end.value) if isinstance(end.value, str) else 0}.get(end.kind, 0)
    if is_text and column.length is not None and column.length < room:
        yield (f"it needs {room} characters, and the column has {column.length}", "widen the column, or choose another end state",
               Weight.MISTAKE)


def _constant(end: EndState, column: Column) -> Iterator[Broken]:
    fits = fits_type(end.value, column.family)
    if fits is None:
        yield (f"nobody can say whether `{end.value}` is a {column.type}", "try it, and choose another end state if it fails",
               Weight.LOOK)
    elif not fits:
        yield f"`{end.value}` is not a {column.type}", "choose a constant of the column's type, or end it as null", Weight.MISTAKE


def fits_type(value: str | int | None, family: Family) -> bool | None:
    """Whether a constant is a value of the family; None when that cannot be said here."""
    match family:
        case Family.TEXT:
            return isinstance(value, str)
        case Family.INTEGER | Family.NUMBER:
            return isinstance(value, int)
        case Family.DATE:
            return isinstance(value, str) and _reads(date.fromisoformat, value)
        case Family.TIMESTAMP | Family.MOMENT:
            return isinstance(value, str) and _reads(datetime.fromisoformat, value)
        case Family.UUID:
            return isinstance(value, str) and _reads(UUID, value)
    return None


def _reads(read: object, value: str) -> bool:
    assert callable(read)
    try:
        read(value)
    except ValueError:
        return False
    return True


def _unique(end: EndState, column: Column, table: Table) -> Iterator[Broken]:
    """Null and pseudonyms keep rows apart; everything else may make two rows alike."""
    if end.kind in ("null", "file", "pseudonymize"):
        return
    for unique in table.uniques:
        if unique == (column.name,):
            yield "the column is UNIQUE", "end it as null or pseudonymize it", Weight.MISTAKE
        elif column.name in unique:
            yield (f"UNIQUE ({', '.join(unique)}) may refuse {end.words}",
                   "end it as null, or make sure the other columns differ", Weight.LOOK)


# ---- CHECK ---------------------------------------------------------------------------------------------------------

def evidently_passes(check: str, end: EndState, name: str) -> bool:
    """Whether `check` cannot refuse the end state. False means only that it is not evident."""
    if end.kind in ("null", "file"):
        # A CHECK refuses only what is false. Where every operator gives null for null, a null can make it null, never false.
        calls = {c.lower() for c in _CALL.findall(_TEXT.sub("''", check))}
        return not _MAY_SEE_NULL.search(_TEXT.sub("''", check)) and calls <= _STRICT | _SYNTAX
    if end.kind == "constant" and end.value is not None:
        return _constant_passes(check, end.value, name)
    return False


def _constant_passes(check: str, value: str | int, name: str) -> bool:
    bare = re.sub(r"::[a-z ]+(\(\d+\))?(\[\])?", "", check, flags=re.IGNORECASE).strip()
    bare = re.sub(r"^check\b", "", bare, flags=re.IGNORECASE).strip()
    while bare.startswith("(") and bare.endswith(")") and _closes_last(bare):
        bare = bare[1:-1].strip()
    column = rf'\(?"?{re.escape(name)}"?\)?'
    if isinstance(value, str):
        several = r"((?:\s*'(?:[^']|'')*'\s*,?)+)"
        listed = re.fullmatch(rf"{column}\s*(?:in|=\s*any|=)\s*(?:\(+\s*(?:array)?\s*\[?)?{several}\]?\)*", bare, re.IGNORECASE)
        if listed:
            return value in {t.replace("''", "'") for t in _TEXT.findall(listed[1])}
        measured = re.fullmatch(rf"(?:char_|character_)?length\s*\(\s*{column}\s*\)\s*([<>=!]+)\s*{_NUMBER}", bare, re.IGNORECASE)
        return bool(measured and measured[1] in _COMPARE and _COMPARE[measured[1]](float(len(value)), float(measured[2])))
    compared = re.fullmatch(rf"{column}\s*([<>=!]+)\s*{_NUMBER}", bare, re.IGNORECASE)
    return bool(compared and compared[1] in _COMPARE and _COMPARE[compared[1]](float(value), float(compared[2])))


def _closes_last(text: str) -> bool:
    """Whether the first bracket is closed by the last one."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place == len(text) - 1
    return False


def _mentions(check: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", _TEXT.sub("''", check)) is not None
