"""Append-only evidence: each entry seals the one before it. `bodies` hold no personal data, only counts, digests and
salted commitments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.domain.canonical import dumps

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """`seq` counts from 1 without holes; `at` is ISO 8601 UTC; `digest` seals everything else and `previous`."""

    seq: int
    kind: str
    at: str
    body: Mapping[str, Any]
    previous: str
    digest: str


def seal(seq: int, kind: str, at: str, body: Mapping[str, Any], previous: str = GENESIS) -> Entry:
    """The entry that follows `previous`. Equal inputs give equal digests everywhere."""
    canonical = dumps([seq, kind, at, body, previous])
    return Entry(seq, kind, at, body, previous, hashlib.sha256(canonical.encode()).hexdigest())


def first_break(entries: Iterable[Entry]) -> Entry | None:
    """The first entry that was altered, dropped or reordered, or None for an intact chain."""
    previous, expected = GENESIS, 1
    for entry in entries:
        if entry != seal(expected, entry.kind, entry.at, entry.body, previous):
            return entry
        previous, expected = entry.digest, expected + 1
    return None


def commitment(salt: bytes, value: str) -> str:
    """SHA-256 of salt and value: without the salt it says nothing; destroying the salt unlinks a subject from the chain."""
    return hashlib.sha256(salt + value.encode()).hexdigest()
