"""Values as YAML text. Names from a database are untrusted: whatever they hold, they are read back as they were."""

from __future__ import annotations

import re
from collections.abc import Iterable

from governance.domain.names import quote

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_MEANS_MORE = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def spelled(value: str | int | bool | None) -> str:
    """One value: a plain word bare, all else in double quotes with what is not printable escaped."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if _PLAIN.match(value) and value.lower() not in _MEANS_MORE:
        return value
    return '"' + "".join(_escaped(c) for c in value) + '"'


def listed(values: Iterable[str]) -> str:
    return "[" + ", ".join(spelled(v) for v in values) + "]"


def told(name: object) -> str:
    """A name inside a comment, on one line."""
    text = str(name)
    return text if text.isprintable() else '"' + "".join(_escaped(c) for c in text) + '"'


def tell(names: Iterable[str]) -> str:
    """Names of columns inside a comment, quoted as in SQL where they need it."""
    return ", ".join(told(quote(n)) for n in names)


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable() and ord(character) < 0x10000:
        return character
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}" if ord(
        character) < 0x10000 else f"\\U{ord(character):08x}"
