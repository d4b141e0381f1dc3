"""Every key of a declared policy, from the pydantic models: what it is, what it may hold, what it means.

What the models do not say themselves stands in `policy_keys.yaml`; a test finds keys that neither describes.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import annotated_types
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.pages import MADE, table
from governance.domain.clock import Period
from governance.domain.names import ColumnRef, TableRef
from governance.policy import model

SIMPLE = {str: "text", int: "number", float: "number", bool: "true or false", date: "day, `2026-01-31`",
          Period: "period, `P90D`, `P6M` or `P1Y`", TableRef: "table, `schema.table`", ColumnRef: "column, `schema.table.column`"}


def page(root: Path) -> str:
    described = descriptions(root)
    lines = ["# The declared policy", "", MADE, "", (model.__doc__ or "").split("\n\n")[1].strip(), "",
             "Unknown keys are errors. `governance policy check` reports all mistakes at once, each with file, line and remedy."]
    for found in models():
        about = inspect.cleandoc(found.__dict__.get("__doc__") or "")
        lines += ["", f"## {found.__name__}", "", *([about, ""] if about else []),
                  *table(("Key", "Holds", "If left out", "Meaning"),
                         [(f"`{spelled(name, field)}`", holds(field), left_out(field), meaning(found, name, field, described))
                          for name, field in found.model_fields.items()])]
    return "\n".join(lines) + "\n"


def models() -> list[type[model.Declared]]:
    """Policy first, then what it is made of, in the order in which it is met."""
    found: list[type[model.Declared]] = [model.Policy]
    for one in found:
        for field in one.model_fields.values():
            found += [m for m in inside(field.annotation) if m not in found]
    return found


def inside(annotation: Any) -> Iterator[type[model.Declared]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation  # type: ignore[misc]
    for argument in typing.get_args(annotation):
        yield from inside(argument)


def descriptions(root: Path) -> dict[str, dict[str, str]]:
    """Model -> key -> meaning, where the model's own field says nothing."""
    return dict(yaml.safe_load((root / "docs/pages/policy_keys.yaml").read_text(encoding="utf-8")))


def spelled(name: str, field: FieldInfo) -> str:
    return field.alias or name


def meaning(owner: type[model.Declared], name: str, field: FieldInfo, described: dict[str, dict[str, str]]) -> str:
    """What the key means. KeyError when nobody said so."""
    own = described.get(owner.__name__, {}).get(spelled(name, field))
    return own or field.description or described["any"][spelled(name, field)]


def holds(field: FieldInfo) -> str:
    words = kind(field.annotation)
    bounds = [f"at least {m.ge}" for m in field.metadata if isinstance(m, annotated_types.Ge)]
    bounds += [f"at most {m.le}" for m in field.metadata if isinstance(m, annotated_types.Le)]
    bounds += ["not empty" for m in field.metadata if isinstance(m, annotated_types.MinLen)]
    return f"{words}, {' and '.join(bounds)}" if bounds else words


def kind(annotation: Any) -> str:
    """A type in words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind(arguments[0])
    if origin is tuple and arguments[-1] is not Ellipsis:
        return " and ".join(kind(a) for a in arguments)
    if origin is tuple:
        return f"list of {kind(arguments[0])}"
    if origin is dict:
        return f"mapping of {kind(arguments[0])} to {kind(arguments[1])}"
    if origin is typing.Literal:
        return " or ".join(f"`{a}`" for a in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(kind(a) for a in arguments if a is not type(None)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return SIMPLE[annotation]


def left_out(field: FieldInfo) -> str:
    """What holds when the key is not given."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Period):
        return f"`{value}`"
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, int | float | str) and value != "" else ""
