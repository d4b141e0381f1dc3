"""How a text file is written: its encoding and the character between its cells, as declared or found out from the bytes.

Single-byte encodings cannot be told by what is allowed in them, only by what makes words: one script per word, no capital
after a small letter, no signs inside. The names of the declared fields decide between delimiters.
"""

from __future__ import annotations

import codecs
import csv
import unicodedata
from collections.abc import Sequence
from typing import IO

from governance.domain.errors import FeedRefused
from governance.policy.sources import Source

SAMPLE = 1 << 18
_MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SINGLE = ("cp1254", "cp1251", "koi8-r", "cp866", "iso-8859-5", "cp1252")  # in the order of preference; cp1254 holds iso-8859-9
DELIMITERS = (";", ",", "\t", "|", "^")


def encoding_of(content: IO[bytes], source: Source, where: str) -> str:
    """The name of the encoding. FeedRefused when the bytes are not of the declared one. `content` is left at its start."""
    sample = content.read(SAMPLE)
    content.seek(0)
    declared = source.format.encoding
    mark = next((name for bom, name in _MARKS if sample.startswith(bom)), None)
    found = mark or ("auto" if declared == "auto" else _codec(declared, where))
    family = "-".join(codecs.lookup(mark).name.split("-")[:2]) if mark else ""
    if declared != "auto" and not _codec(declared, where).startswith(family):
        raise _wrong(declared, f"begins with the mark of {family}", where)
    if found == "auto":
        found = _guess(content, sample)
    elif mark is None and _is_single(found) and _is_utf8(content) and not sample.isascii():
        raise _wrong(declared, "is UTF-8", where)
    _decodes(content, found, declared, where)
    return found


def _codec(name: str, where: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise FeedRefused(f"there is no encoding {name}", where=where, fix="correct `encoding:` of the source") from None


def _guess(content: IO[bytes], sample: bytes) -> str:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 4 > len(sample) and min(even, odd) * 20 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    if _is_utf8(content):
        return "utf-8"
    return max(SINGLE, key=lambda name: plausible(sample.decode(name, "replace")))


def _is_single(name: str) -> bool:
    return not codecs.lookup(name).name.startswith("utf")


def _is_utf8(content: IO[bytes]) -> bool:
    try:
        _decodes(content, "utf-8", "utf-8", "")
    except FeedRefused:
        return False
    return True


def _decodes(content: IO[bytes], name: str, declared: str, where: str) -> None:
    """FeedRefused unless all of it decodes."""
    decoder, place = codecs.getincrementaldecoder(name)(), 0
    try:
        while piece := content.read(SAMPLE):
            decoder.decode(piece)
            place += len(piece)
        decoder.decode(b"", final=True)
    except UnicodeError:
        raise _wrong(declared if declared != "auto" else name, f"has other bytes near byte {place:,}", where) from None
    finally:
        content.seek(0)


def _wrong(declared: str, problem: str, where: str) -> FeedRefused:
    return FeedRefused(f"is declared as {declared} and {problem}", where=where,
                       fix="correct `encoding:` of the source, or ask the source for the declared one")


def plausible(text: str) -> float:
    """How much a text looks as if people wrote it: points per character outside ASCII, at most 1."""
    points, count, before = 0.0, 0, " "
    for character in text:
        if character > "\x7f":
            count += 1
            points += _worth(character, before)
        before = character
    return points / count if count else 1.0


def _worth(character: str, before: str) -> float:
    kind = unicodedata.category(character)
    if kind[0] != "L":
        return 0.2 if kind in ("Zs", "Pd", "Pi", "Pf", "Po") or character in "№°" else -2.0
    if not before.isalpha():
        return 1.0
    if before.islower() and character.isupper():
        return -2.0
    same = ("CYRILLIC" in unicodedata.name(character, "")) == ("CYRILLIC" in unicodedata.name(before, ""))
    return (1.0 if character in _REGION or character >= "\u0400" else 0.5) if same else -2.0


_REGION = frozenset("çğıöşüÇĞİÖŞÜəƏâîûéäß")


def delimiter_of(lines: Sequence[str], source: Source) -> str:
    """The character between cells: the declared one, or the one that finds most declared names in the first line."""
    declared = source.format.delimiter
    if declared != "auto" or not lines:
        return declared if declared != "auto" else DELIMITERS[0]
    names = {tidy(f.name) for f in source.fields}

    def found(delimiter: str) -> tuple[int, int]:
        header = next(csv.reader(lines[:1], delimiter=delimiter, quotechar=source.format.quote), [])
        return len(names & {tidy(cell) for cell in header}), len(header)

    return max(DELIMITERS, key=found)


def tidy(name: str) -> str:
    """The name of a column as it is compared: composed, without outer space, whatever its case."""
    return unicodedata.normalize("NFC", name).strip().strip("\ufeff").casefold()
