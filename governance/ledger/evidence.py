"""The append-only chain: appending, reading, checking, exporting, and commitments to subjects.

Kinds the ledger itself records: run.started, run.ended, findings, proposals, proposals.decided, plan.saved, plan.state,
looks, tags.declared, approval.asked, approval.answered, receipts, verification, certificate, hold.placed, hold.lifted,
control.stopped, control.resumed, request.opened, request.state, suppression, suppression.purged, notice.owed, notice.sent.
Others come from `Evidence.record`, such as purged.
What a person typed (reasons, notes, names of holds) enters it only as a commitment whose salt can be destroyed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from governance.domain.canonical import dumps, plain
from governance.domain.evidence import GENESIS, Entry, commitment, seal
from governance.ledger import models
from governance.ledger.engine import Core

_PAGE = 2_000
_COLUMNS = [models.evidence.c[name] for name in ("seq", "kind", "at", "body", "previous", "digest")]
# Built once: building them took longer than running them.
_LAST = select(models.evidence.c.seq, models.evidence.c.digest).order_by(models.evidence.c.seq.desc()).limit(1)
_APPEND = insert(models.evidence)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head of the chain that was written outside, to `target`."""

    target: str
    seq: int
    digest: str
    at: datetime




def append(connection: Connection, kind: str, body: Mapping[str, Any], at: datetime) -> Entry:
    """Seal `body` behind the head, inside the caller's write transaction."""
    last = connection.execute(_LAST).first()
    seq, previous = (last.seq + 1, last.digest) if last else (1, GENESIS)
    entry = seal(seq, kind, at.astimezone(UTC).isoformat(), plain(dict(body)), previous)
    connection.execute(_APPEND, {"seq": entry.seq, "kind": entry.kind, "at": entry.at, "body": dumps(entry.body),
                                 "previous": entry.previous, "digest": entry.digest})
    return entry


def commit(connection: Connection, value: str) -> str:
    """A salted commitment to `value`; free text of people enters the chain only like this. Empty text stays empty."""
    if not value:
        return ""
    salt = secrets.token_bytes(32)
    digest = commitment(salt, value)
    connection.execute(insert(models.salt).values(commitment=digest, salt=salt))
    return digest


def rows(connection: Connection, start: int, limit: int = _PAGE) -> list[tuple[Entry, bool]]:
    """Entries from `start` on, each with whether its body is spelled canonically."""
    query = select(*_COLUMNS).where(models.evidence.c.seq >= start).order_by(models.evidence.c.seq).limit(limit)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Any) -> tuple[Entry, bool]:
    try:
        body = json.loads(row.body)
        exact = isinstance(body, dict) and dumps(body) == row.body
    except (ValueError, RecursionError):
        body, exact = {"unreadable": True}, False
    return Entry(row.seq, row.kind, row.at, body, row.previous, row.digest), exact


def first_break(pairs: Iterable[tuple[Entry, bool]], anchors: Mapping[int, tuple[str, str]]) -> Entry | None:
    """The first entry that is altered, out of order or not the one an anchor (seq -> digest, at) remembers."""
    previous, expected = GENESIS, 1
    for entry, exact in pairs:
        known = anchors.get(expected)
        right = exact and entry == seal(expected, entry.kind, entry.at, entry.body, previous)
        if not right or (known and known[0] != entry.digest):
            return entry
        previous, expected = entry.digest, expected + 1
    for seq in sorted(anchors):
        if seq >= expected:  # the tail was cut: what is missing is known only by its anchor
            digest, at = anchors[seq]
            return Entry(seq, "missing", at, {}, "", digest)
    return None


class Evidence(Core):
    """The chain as callers see it."""

    def record(self, kind: str, body: Mapping[str, Any]) -> Entry:
        """Append one entry. `body` holds counts, digests, user ids and commitments, never a value of a person."""
        with self.writing() as connection:
            return append(connection, kind, body, self.clock())

    def entries(self, start: int = 1) -> Iterator[Entry]:
        """Entries from `start` on, in order, a page at a time."""
        return (entry for entry, _ in self._pairs(start))

    def head(self) -> Entry | None:
        table = models.evidence
        with self.reading() as connection:
            row = connection.execute(select(*_COLUMNS).order_by(table.c.seq.desc()).limit(1)).first()
        return _entry(row)[0] if row else None

    def first_break(self) -> Entry | None:
        """The first entry that was altered, dropped or reordered, or None for an intact chain.

        A tail cut below the last anchor is found too: the entry returned then has kind ``missing``.
        """
        anchors = {known.seq: (known.digest, known.at.isoformat()) for known in self.anchors()}
        return first_break(self._pairs(None), anchors)

    def anchors(self, target: str | None = None) -> list[Anchor]:
        """Heads known to have been written outside, oldest first."""
        table = models.anchor
        query = select(table.c.target, table.c.seq, table.c.digest, table.c.at).order_by(table.c.id)
        if target is not None:
            query = query.where(table.c.target == target)
        with self.reading() as connection:
            return [Anchor(**row) for row in connection.execute(query).mappings()]

    def remember_anchor(self, anchor: Anchor) -> None:
        """Note that a head was written outside (`governance.ledger.anchor` does)."""
        with self.writing() as connection:
            connection.execute(insert(models.anchor).values(
                target=anchor.target, seq=anchor.seq, digest=anchor.digest, at=anchor.at))

    def entries_of(self, kind: str) -> list[Entry]:
        """All entries of one kind, in order."""
        query = select(*_COLUMNS).where(models.evidence.c.kind == kind).order_by(models.evidence.c.seq)
        with self.reading() as connection:
            return [_entry(row)[0] for row in connection.execute(query)]

    def export(self) -> Iterator[str]:
        """One line of JSON per entry, from the first to the head; `verify_offline.py` reads them."""
        return (dumps(entry) for entry in self.entries())

    def _pairs(self, start: int | None) -> Iterator[tuple[Entry, bool]]:
        position = -(2**62) if start is None else start  # a forged entry may stand before the first
        while True:
            with self.reading() as connection:
                page = rows(connection, position)
            yield from page
            if len(page) < _PAGE:
                return
            position = page[-1][0].seq + 1

    def commit_subject(self, value: str) -> str:
        """A salted commitment to a subject key, safe to put into evidence. Two calls give two commitments."""
        with self.writing() as connection:
            return commit(connection, value)

    def subject_matches(self, commitment_: str, value: str) -> bool | None:
        """Whether the commitment is to `value`; None when it was unlinked and nobody can say."""
        with self.reading() as connection:
            salt = connection.scalar(select(models.salt.c.salt).where(models.salt.c.commitment == commitment_))
        return None if salt is None else secrets.compare_digest(commitment(salt, value), commitment_)

    def unlink_subject(self, commitment_: str) -> bool:
        """Destroy the salt: the chain stays intact and says nothing about the subject. False when it was gone before."""
        with self.writing() as connection:
            return connection.execute(delete(models.salt).where(models.salt.c.commitment == commitment_)).rowcount > 0
