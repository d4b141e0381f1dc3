"""Files of third parties: what was seen, judged, refused and taken in. Counts and words of ours, no value of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import insert, select, update

from governance.domain.canonical import plain
from governance.domain.errors import GovernanceError
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append

FeedState = Literal["planned", "loading", "loaded", "duplicate", "refused"]
FEED_STATES: tuple[str, ...] = get_args(FeedState)
TAKEN = ("loading", "loaded", "duplicate")


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """One file. records = accepted + quarantined + rejected, None while nobody could count. `digest` is of its bytes."""

    source: str
    digest: str
    name: str
    size: int
    state: str
    detail: str
    records: int | None
    accepted: int | None
    quarantined: int | None
    rejected: int | None
    content: str | None
    reasons: Mapping[str, int] | None
    plan: str | None
    first_seen: datetime
    changed_at: datetime


class Feeds(Core):
    def feed(self, source: str, digest: str) -> FeedRecord | None:
        """The file with these bytes, None when it was never seen."""
        table = models.feed
        with self.reading() as connection:
            row = connection.execute(select(table).where(table.c.source == source, table.c.digest == digest)).mappings().first()
        return FeedRecord(**row) if row is not None else None

    def feeds(self, source: str | None = None, state: str | None = None) -> list[FeedRecord]:
        """By source, the one seen first in front."""
        table = models.feed
        query = select(table).order_by(table.c.source, table.c.first_seen, table.c.name, table.c.digest)
        for column, value in ((table.c.source, source), (table.c.state, state)):
            if value is not None:
                query = query.where(column == value)
        with self.reading() as connection:
            return [FeedRecord(**row) for row in connection.execute(query).mappings()]

    def keep_feed(self, source: str, digest: str, name: str, size: int, state: str, detail: str = "", *,
                  counts: tuple[int, int, int] | None = None, content: str | None = None,
                  reasons: Mapping[str, int] | None = None, plan: str | None = None) -> None:
        """Enter a file or move it to `state`, with `counts` of accepted, quarantined and rejected records. Recorded as evidence
        unless nothing changes; the chain has no name of a file. What is not given stays as it was."""
        if state not in FEED_STATES:
            raise GovernanceError(f"there is no feed state {state!r}", fix="one of " + ", ".join(FEED_STATES))
        table, now = models.feed, self.clock()
        values: dict[str, Any] = {"state": state, "detail": detail, "name": name, "size": size}
        if counts is not None:
            values |= dict(zip(("accepted", "quarantined", "rejected"), counts, strict=True)) | {"records": sum(counts)}
        values |= {k: v for k, v in (("content", content), ("plan", plan)) if v is not None}
        if reasons is not None:
            values["reasons"] = plain(dict(sorted(reasons.items())))
        with self.writing() as connection:
            here = (table.c.source == source) & (table.c.digest == digest)
            was = connection.execute(select(table).where(here)).mappings().first()
            if was is not None and all(was[k] == v for k, v in values.items()):
                return
            if was is None:
                connection.execute(insert(table).values(source=source, digest=digest, first_seen=now, changed_at=now, **values))
            else:
                connection.execute(update(table).where(here).values(changed_at=now, **values))
            told = {k: v for k, v in values.items() if k not in ("name", "content", "reasons")}
            append(connection, "feed", {"source": source, "digest": digest, **told}, now)
