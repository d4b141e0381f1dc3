"""What a cell must look like after it ended, and whether it looks so already."""

from __future__ import annotations

import json
import re
from typing import Any

_PHONE = r"\+994 \d\d \d{3} \d\d \d\d|0\d\d-\d{3}-\d\d-\d\d|\(0\d\d\) \d{3} \d{4,5}|\b994\d{9}\b"
_IN_TEXT = re.compile(rf"[\w.]+@[\w.]+\w|{_PHONE}")
_PSEUDONYM = re.compile(r"psn_v[0-9]+_[0-9a-f]+")


def identifiers_in(text: str) -> list[str]:
    """Phone numbers and e-mail addresses as the generator writes them."""
    return _IN_TEXT.findall(text)


def is_ended(end: str, value: Any) -> bool:
    if value is None:
        return True
    kind, _, argument = end.partition(":")
    match kind:
        case "constant":
            return bool(value == argument)
        case "prefix":
            return bool(value == value.rstrip("*")[: int(argument)] + "*")
        case "step":
            return int(value) % int(argument) == 0
        case "year":
            return (value.month, value.day) == (1, 1)
        case "pseudonym":
            return bool(_PSEUDONYM.fullmatch(value))
        case "redact":
            return not identifiers_in(value)
        case "json":
            document = json.loads(value)
            return all(at_path(document, p) is None for p in argument.split(","))
    return False


def expected(end: str, value: Any, terms: tuple[str, ...] = ()) -> dict[str, Any]:
    """`kind` says how to compare: equals (`value`), pseudonym, redacted (`absent` gone, every one of `kept` still there), json.

    `becomes` is a stand-in for the rest of the computation. `terms`: the identifiers of the one person who asked; others' stay.
    """
    kind, _, argument = end.partition(":")
    match kind:
        case "null":
            return _equals(None)
        case "file":
            return _equals(None) | {"file": value, "store": argument}
        case "constant":
            return _equals(argument)
        case "prefix":
            return _equals(value.rstrip("*")[: int(argument)] + "*")
        case "step":
            return _equals(int(value) // int(argument) * int(argument))
        case "year":
            return _equals(value.replace(month=1, day=1))
        case "pseudonym":
            return {"kind": "pseudonym", "becomes": "psn_v1_0"}
        case "redact":
            return _redacted(value, terms)
        case "json":
            document = json.loads(value)
            gone = [v for p in argument.split(",") if (v := at_path(document, p)) is not None]
            for path in argument.split(","):
                drop(document, path)
            return {
                "kind": "json",
                "paths": argument.split(","),
                "absent": gone,
                "rest": json.dumps(document, ensure_ascii=False, sort_keys=True),
                "becomes": json.dumps(document, ensure_ascii=False),
            }
    raise ValueError(f"unknown end state {end}")


def _equals(value: Any) -> dict[str, Any]:
    return {"kind": "equals", "value": value, "becomes": value}


def _redacted(text: str, terms: tuple[str, ...]) -> dict[str, Any]:
    found = [i for i in identifiers_in(text) if not terms or mentions(i, terms)]
    names = [w for t in terms if "@" not in t and not digits(t) for w in t.split() if w in text]
    cut = text
    for value in found + names:
        cut = cut.replace(value, "\0")
    kept = [piece for part in cut.split("\0") if len(piece := part.strip(" .,:;()")) > 3]
    return {"kind": "redacted", "absent": found + names, "kept": kept, "becomes": cut.replace("\0", "[redacted]")}


def digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def mentions(value: str, terms: tuple[str, ...]) -> bool:
    """Whether `value` is one of the person's identifiers: digits compare for phones, letter case is nothing for e-mail."""
    mine = {t.lower() for t in terms} | {digits(t)[-9:] for t in terms if len(digits(t)) >= 9}
    return value.lower() in mine or (len(digits(value)) >= 9 and digits(value)[-9:] in mine)


def at_path(document: Any, path: str) -> Any:
    for part in path.removeprefix("$.").split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def drop(document: Any, path: str) -> None:
    *before, last = path.removeprefix("$.").split(".")
    for part in before:
        document = document.get(part, {}) if isinstance(document, dict) else {}
    if isinstance(document, dict):
        document.pop(last, None)
