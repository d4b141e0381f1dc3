"""Split a published policy text into its sentences, always in the same way: headings and list entries are sentences too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_END = re.compile(r"[.!?…]+[\"”’»)]*\s+(?=[\"“„«(]?\w)")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|cf|no|art|mr|mrs|ms|dr|st|vs|p)\.\s*\Z", re.IGNORECASE)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "–": "-", "—": "-"})


@dataclass(frozen=True, order=True, slots=True)
class Sentence:
    """`number` counts from 1 through the text, `line` is where it begins. A heading has no full stop."""

    number: int
    line: int
    text: str

    @property
    def is_heading(self) -> bool:
        return not self.text.rstrip("\"”’»)").endswith((".", "!", "?", "…", ":", ";"))


def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of `text` in order. Nothing is lost: together they hold every character but white space."""
    found: list[Sentence] = []
    for line, paragraph in _paragraphs(text):
        for one in _split(paragraph):
            found.append(Sentence(len(found) + 1, line, one))
    return tuple(found)


def same(text: str) -> str:
    """`text` as it is compared: one space between words, plain quotes and dashes."""
    return " ".join(text.translate(_QUOTES).split())


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """(line, paragraph). Lines are paragraphs, unless one breaks off and the next goes on in small letters."""
    begun, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        words = " ".join(line.split())
        if parts and words and words[0].islower() and not parts[-1].endswith((".", "!", "?", ":")):
            parts.append(words)
            continue
        if parts:
            yield begun, " ".join(parts)
        begun, parts = number, [words] if words else []
    if parts:
        yield begun, " ".join(parts)


def _split(paragraph: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(paragraph):
        following = paragraph[end.end():].lstrip("\"“„«(")[:1]
        if following.islower() or _ABBREVIATION.search(paragraph[start:end.end()]):
            continue
        yield paragraph[start:end.end()].strip()
        start = end.end()
    yield paragraph[start:].strip()
