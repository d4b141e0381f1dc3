"""Turn pydantic's findings into mistakes with file, line and remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from governance.policy.mistakes import Mistake, Place, nearest
from governance.policy.read import Where

# Fields that take more than one shape, in words.
_SHAPES = {
    "deletable": "true, false or `with: schema.table`",
    "purposes": "a list of purposes, or the word `unjudged`",
    "value": "text or a whole number",
}
_WANTED = {
    "string_type": "text", "int_type": "a whole number", "int_parsing": "a whole number", "int_from_float": "a whole number",
    "float_type": "a number", "float_parsing": "a number", "bool_type": "true or false", "bool_parsing": "true or false",
    "tuple_type": "a list", "dict_type": "a mapping", "model_type": "a mapping", "model_attributes_type": "a mapping",
    "date_type": "a day such as 2026-11-22", "date_from_datetime_parsing": "a day such as 2026-11-22",
    "date_parsing": "a day such as 2026-11-22", "dataclass_type": "text",
}


def place_of(path: Where, places: Mapping[Where, Place], folder: str) -> Place:
    """The line of `path`, or of the nearest thing around it that has one."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path, Place(folder, 0))


def explain(error: ValidationError, model: type[BaseModel], data: Any, places: Mapping[Where, Place], folder: str,
            *, absent_matters: bool) -> Iterator[Mistake]:
    """Every finding once. `absent_matters` is false when a file could not be read: what seems absent may stand there."""
    told: set[Where] = set()
    misspelled: set[Where] = set()
    # A misspelled key is one mistake, not an unknown key and a missing one: unknown keys go first.
    for one in sorted(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden"):
        path, shaped = _real(one["loc"], data)
        if one["type"] == "extra_forbidden" and not shaped:
            misspelled |= {(*path[:-1], k) for k in get_close_matches(str(path[-1]), _keys(model, path[:-1]), 1, 0.6)}
        if one["type"] == "missing" and not shaped:
            if path not in misspelled and (len(one["loc"]) > 1 or absent_matters):
                yield _missing(path, str(one["loc"][-1]), model, places, folder)
            continue
        if path in told:
            continue
        if shaped:  # pydantic tells of every shape that did not fit; we tell once which shapes there are
            told.add(path)
        yield _one(one, path, shaped, model, data, places, folder)


def _one(one: Any, path: Where, shaped: bool, model: type[BaseModel], data: Any, places: Mapping[Where, Place],
         folder: str) -> Mistake:
    where, name, kind = place_of(path, places, folder), _name(path), one["type"]
    if kind == "extra_forbidden" and not shaped:
        known = _keys(model, path[:-1])
        return Mistake(where, f"unknown key `{path[-1]}`", nearest(str(path[-1]), known, "remove it"))
    if shaped and name in _SHAPES:
        said = one["msg"].removeprefix("Value error, ") if kind == "value_error" else f"{name} does not fit"
        return Mistake(where, said, f"write {_SHAPES[name]}")
    if kind == "value_error":
        return Mistake(where, f"{name}: {one['msg'].removeprefix('Value error, ')}", "write it as the message says")
    given = _at(data, path)
    if kind == "literal_error":
        expected = [str(a) for a in _literals(one)]
        return Mistake(where, f"{name}: {_shown(given)} is not one of the known words",
                       nearest(str(given), expected, "choose one"))
    if kind in _WANTED:
        quoted = kind in ("string_type", "dataclass_type") and not isinstance(given, (dict, list)) and given is not None
        fix = f'put it in quotes: "{given}"' if quoted and kind == "string_type" else f"write {_WANTED[kind]}"
        if kind == "dataclass_type":
            fix = "write a period such as P90D, or a name such as schema.table"
        return Mistake(where, f"{name} must be {_WANTED[kind]}, got {_shown(given)}", fix)
    return Mistake(where, f"{name}: {_lower(one['msg'])}, got {_shown(given)}", "correct the value")


def _missing(path: Where, key: str, model: type[BaseModel], places: Mapping[Where, Place], folder: str) -> Mistake:
    parent = path[:-1]
    return Mistake(place_of(parent, places, folder), f"`{key}:` is missing" + (f" in {_name(parent)}" if parent else ""),
                   f"add `{key}:`")


def _real(loc: tuple[int | str, ...], data: Any) -> tuple[Where, bool]:
    """`loc` as a path into `data`, and whether pydantic added names of alternative shapes, which end the path."""
    path: list[str | int] = []
    for number, part in enumerate(loc):
        if isinstance(data, dict) and part in data:
            data = data[str(part)]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        elif number == len(loc) - 1 and isinstance(data, dict) and _word(str(part)):
            pass  # a key that is missing
        elif part == "[key]":
            return tuple(path), False
        else:
            return tuple(path), True
        path.append(part)
    return tuple(path), False


def _word(part: str) -> bool:
    return part not in ("bool", "str", "int") and "[" not in part


def _at(data: Any, path: Where) -> Any:
    for part in path:
        if isinstance(data, dict):
            data = data.get(str(part))
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
    return data


def _name(path: Where) -> str:
    """The last word of a path: entries of lists go by the list's name."""
    return next((p for p in reversed(path) if isinstance(p, str)), "policy")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else f"`{value}`"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _literals(one: Any) -> list[str]:
    """The words a literal allows, from pydantic's own spelling ``'a', 'b' or 'c'``."""
    expected = str(one.get("ctx", {}).get("expected", ""))
    return expected.replace(" or ", ", ").replace("'", "").split(", ")


def _keys(model: Any, path: Where) -> set[str]:
    """The keys that a mapping at `path` may have."""
    kinds = [model]
    for part in path:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    return {f.alias or name for kind in kinds for leaf in _leaves(kind) for name, f in leaf.model_fields.items()}


def _inside(kind: Any, part: str | int) -> Iterator[Any]:
    for leaf in _leaves(kind):
        for name, info in leaf.model_fields.items():
            if part == (info.alias or name):
                yield info.annotation
    origin = get_origin(kind)
    if origin in (Annotated, Union) or _is_union(kind):
        for inner in get_args(kind):
            yield from _inside(inner, part)
    elif origin is tuple and isinstance(part, int):
        yield get_args(kind)[0]
    elif origin is dict and isinstance(part, str):
        yield get_args(kind)[1]


def _leaves(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, BaseModel):
        yield kind
    elif get_origin(kind) in (Annotated, Union) or _is_union(kind):
        for inner in get_args(kind):
            yield from _leaves(inner)


def _is_union(kind: Any) -> bool:
    return type(kind).__name__ == "UnionType"
