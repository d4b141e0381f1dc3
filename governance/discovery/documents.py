"""Personal data inside documents: the paths of a JSON column, common ones and those that one document of a thousand has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from governance.discovery import persons
from governance.discovery.persons import Sureness
from governance.discovery.placeholders import says_nothing
from governance.discovery.sample import Sample
from governance.domain.schema import Column, Family

_DOCUMENTS = 4_096  # all that were read: quick mode states its chances, and full mode its certainty, for as many
_DEEPEST, _MOST_PATHS = 8, 600
_WORD = re.compile(r"(?!.*\d{3})[A-Za-z_][A-Za-z0-9_-]{0,40}\Z")  # a key that holds a number may be a value


def are_documents(texts: Sequence[str]) -> bool:
    """Whether texts look like JSON objects or arrays, without reading them."""
    return bool(texts) and sum(t[:1] in ("{", "[") for t in texts) >= 0.8 * len(texts)


def parsed(sample: Sample) -> list[object]:
    """The values that are JSON objects or arrays, parsed, and the documents that the engine chose for something rare in them;
    empty when fewer than eight in ten of the values are."""
    texts = (sample.texts or sample.values)[:_DOCUMENTS]
    found = list(_read(texts))
    if not found or len(found) < 0.8 * len(texts):
        return []
    named = [h for h in sample.names if persons.has_street(h.text) or any(sure > Sureness.STRANGE for _, sure in persons.in_text(h.text))]
    chosen = dict.fromkeys((*sample.documents, *(h.cell for h in (*sample.hits[:_DOCUMENTS], *named[:_DOCUMENTS]) if h.cell)))
    return found + list(_read([text for text in chosen if text not in set(texts)]))


def _read(texts: Iterable[str]) -> Iterator[object]:
    for text in texts:
        if text[:1] in ("{", "["):
            try:
                yield json.loads(text)
            except ValueError:
                continue


def paths(sample: Sample, documents: Sequence[object]) -> list[tuple[str, Sample]]:
    """One sample per path of the documents: what stands there, under its last key as header."""
    found: dict[tuple[str, ...], list[str]] = {}
    for document in documents:
        for path, leaf in _leaves(document, ()):
            if len(found) >= _MOST_PATHS and path not in found:
                path = ("*",)
            found.setdefault(path, []).append(leaf)
    return [(_spelled(path), _leaf_sample(sample, path, leaves)) for path, leaves in found.items()]


def _leaves(node: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if len(path) > _DEEPEST:
        return
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _leaves(child, (*path, key if _WORD.match(key) else "*"))
            if not _WORD.match(key):
                yield (*path, "*", "key"), key
    elif isinstance(node, list):
        for child in node:
            yield from _leaves(child, (*path, "[]") if path[-1:] != ("[]",) else path)
    elif isinstance(node, (str, int, float)) and not isinstance(node, bool) and not says_nothing(str(node).strip()):
        yield path, str(node).strip()


def _spelled(path: Iterable[str]) -> str:
    return "$" + "".join(p if p == "[]" else f".{p}" for p in path)


def _leaf_sample(sample: Sample, path: tuple[str, ...], leaves: list[str]) -> Sample:
    values = tuple(dict.fromkeys(leaves))
    name = next((p for p in reversed(path) if p not in ("[]", "*")), "value")
    column = Column(name, "json", Family.NUMBER if all(re.fullmatch(r"-?\d+\.\d+", v) for v in values) else Family.TEXT, True)
    lengths = [len(v) for v in values]
    return Sample(
        column,
        sample.table,
        values,
        len(leaves),
        len(leaves),
        len(values),
        min(lengths),
        max(lengths),
        sum(lengths) / len(lengths),
    )
