"""One spelling for every value that is digested, so that equal values give equal digests everywhere."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def plain(value: Any) -> Any:
    """`value` as JSON types: dataclasses become objects, enums their value, moments ISO 8601 text."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(plain(k)): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(v) for v in value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def dumps(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, ASCII only."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"))


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits."""
    return hashlib.sha256(dumps(value).encode()).hexdigest()


def restore(kind: type[T], value: Any) -> T:
    """The dataclass `kind` from what `plain` made of it: restore(type(x), plain(x)) == x."""
    return cast(T, _restore(kind, value))


def _restore(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin is tuple:
        return tuple(_restore(get_args(kind)[0], v) for v in value)
    if origin in (Union, UnionType):
        return None if value is None else _restore(next(a for a in get_args(kind) if a is not NoneType), value)
    if isinstance(kind, type):
        if is_dataclass(kind):
            hints = get_type_hints(kind)
            return kind(**{f.name: _restore(hints[f.name], value[f.name]) for f in fields(kind) if f.name in value})
        if issubclass(kind, Enum):
            return kind(value)
        if issubclass(kind, datetime) or kind is date:
            return kind.fromisoformat(value)
    return value
