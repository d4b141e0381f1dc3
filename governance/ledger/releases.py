"""Releases that were published: one row per version, with what its card says. No value of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from governance.domain.canonical import digest, plain
from governance.domain.errors import GovernanceError
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append

PUBLISHING, PUBLISHED, REPLACED = "publishing", "published", "replaced"


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """One version. `state`: publishing (begun), published (shown), replaced (a later one is shown). `body` is the card's content."""

    name: str
    version: int
    plan: str
    table: str
    state: str
    at: datetime
    body: Mapping[str, Any]


class Releases(Core):
    def begin_release(self, name: str, plan: str, table: str, body: Mapping[str, Any]) -> ReleaseRecord:
        """The version that `plan` publishes, committed before it is shown. Another try of the plan keeps its number."""
        release, now = models.release, self.clock()
        with self.writing() as connection:
            version = connection.scalar(select(release.c.version).where(release.c.plan == plan))
            if version is None:
                version = 1 + (connection.scalar(select(func.max(release.c.version)).where(release.c.name == name)) or 0)
                connection.execute(insert(release).values(name=name, version=version, plan=plan, table=table, state=PUBLISHING, at=now,
                                                          body=plain(dict(body))))
            else:
                connection.execute(update(release).where(release.c.plan == plan).values(table=table, body=plain(dict(body))))
            append(connection, "release.publishing", {"release": name, "version": version, "plan": plan, "body": digest(dict(body))}, now)
        return self.release_of(plan)

    def finish_release(self, plan: str) -> ReleaseRecord:
        """The version is shown: earlier ones are replaced. The same again changes nothing."""
        release, now = models.release, self.clock()
        record = self.release_of(plan)
        if record.state != PUBLISHING:
            return record
        with self.writing() as connection:
            connection.execute(update(release).where(release.c.name == record.name, release.c.state == PUBLISHED).values(state=REPLACED))
            connection.execute(update(release).where(release.c.plan == plan).values(state=PUBLISHED, at=now))
            append(connection, "release.published", {"release": record.name, "version": record.version, "plan": plan,
                                                     "table": record.table, "body": digest(dict(record.body))}, now)
        return self.release_of(plan)

    def next_version(self, name: str, plan: str) -> int:
        """The number the plan's version has, or would get."""
        release = models.release
        with self.reading() as connection:
            known = connection.scalar(select(release.c.version).where(release.c.plan == plan))
            return int(known or 1 + (connection.scalar(select(func.max(release.c.version)).where(release.c.name == name)) or 0))

    def release_of(self, plan: str) -> ReleaseRecord:
        """The version of a plan. GovernanceError when it has none."""
        with self.reading() as connection:
            row = connection.execute(select(models.release).where(models.release.c.plan == plan)).mappings().first()
        if row is None:
            raise GovernanceError("has published no version of a release", where=f"plan {plan[:12]}", fix="governance apply it")
        return ReleaseRecord(**row)

    def releases(self, name: str | None = None, state: str | None = None) -> list[ReleaseRecord]:
        """By name, latest version first."""
        release = models.release
        query = select(release).order_by(release.c.name, release.c.version.desc())
        for column, value in ((release.c.name, name), (release.c.state, state)):
            if value is not None:
                query = query.where(column == value)
        with self.reading() as connection:
            return [ReleaseRecord(**row) for row in connection.execute(query).mappings()]

    def shown_release(self, name: str) -> ReleaseRecord | None:
        """The version of a release that readers see, None before the first."""
        return next(iter(self.releases(name, PUBLISHED)), None)
