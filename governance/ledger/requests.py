"""Requests of data subjects by id, and the suppression list. Identifiers of people never come here, only keyed hashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import delete, func, insert, select, tuple_, update

from governance.domain.errors import GovernanceError
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append
from governance.ledger.plans import chunks

RequestState = Literal["received", "resolved", "planned", "applying", "closed", "refused", "residual", "failed"]
ERASURE = "erasure"
STANDING = ("restriction", "objection")  # nothing is erased: data of the person is not used until the request is ended
REQUEST_STATES: tuple[str, ...] = get_args(RequestState)
_AT_ONCE = 1_000
_SHOW = "governance request list"


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """`kind` is erasure, access, ...; `due_at` is the regime's deadline."""

    id: str
    kind: str
    subject_kinds: tuple[str, ...]
    regime: str
    received_at: datetime
    due_at: datetime
    opened_by: str
    state: str
    detail: str
    changed_at: datetime

    @property
    def request_id(self) -> str:
        return self.id


class Requests(Core):
    def open_request(self, request_id: str, kind: str, subject_kinds: Sequence[str], regime: str, received_at: datetime,
                     due_at: datetime, opened_by: str) -> None:
        """Enter a request in state received. The same again changes nothing; GovernanceError when the id stands for another."""
        now, kinds = self.clock(), list(subject_kinds)
        with self.writing() as connection:
            row = connection.execute(select(models.request).where(models.request.c.id == request_id)).mappings().first()
            if row is not None:
                known = _record(row)
                if (known.kind, list(known.subject_kinds), known.regime, known.received_at) != (kind, kinds, regime, received_at):
                    raise GovernanceError("another request has this id", where=request_id, fix=_SHOW)
                return
            connection.execute(insert(models.request).values(
                id=request_id, kind=kind, subject_kinds=kinds, regime=regime, received_at=received_at, due_at=due_at,
                opened_by=opened_by, state="received", detail="", changed_at=now))
            append(connection, "request.opened", {"request": request_id, "kind": kind, "subject_kinds": kinds, "regime": regime,
                                                  "received_at": received_at, "due_at": due_at, "by": opened_by}, now)

    def request(self, request_id: str) -> RequestRecord:
        """One request. GovernanceError when there is none with this id."""
        with self.reading() as connection:
            row = connection.execute(select(models.request).where(models.request.c.id == request_id)).mappings().first()
        if row is None:
            raise GovernanceError("there is no such request", where=request_id, fix=_SHOW)
        return _record(row)

    def requests(self, state: str | None = None) -> list[RequestRecord]:
        """Requests, the one due first in front."""
        query = select(models.request).order_by(models.request.c.due_at, models.request.c.id)
        if state is not None:
            query = query.where(models.request.c.state == state)
        with self.reading() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def set_request_state(self, request_id: str, state: str, detail: str = "") -> None:
        """Move a request to `state`; recorded as evidence unless nothing changes. `detail` names no person."""
        if state not in REQUEST_STATES:
            raise GovernanceError(f"there is no request state {state!r}", fix="one of " + ", ".join(REQUEST_STATES))
        table, now = models.request, self.clock()
        with self.writing() as connection:
            was = connection.execute(select(table.c.state, table.c.detail).where(table.c.id == request_id)).first()
            if was is None:
                raise GovernanceError("there is no such request", where=request_id, fix=_SHOW)
            if (was.state, was.detail) == (state, detail):
                return
            connection.execute(update(table).where(table.c.id == request_id).values(state=state, detail=detail, changed_at=now))
            append(connection, "request.state", {"request": request_id, "from": was.state, "to": state, "detail": detail}, now)


class Suppression(Core):
    """The do-not-return list."""

    def suppress(self, hashes: Iterable[tuple[str, str, str, str]], request_id: str, at: datetime,
                 purge_after: datetime | None) -> int:
        """Enter (subject kind, identifier form, key version, keyed hash); those there already stay. Number of new ones."""
        table, now, new = models.suppression, self.clock(), 0
        key = tuple_(table.c.kind, table.c.form, table.c.key_version, table.c.keyed_hash)
        with self.writing() as connection:
            for part in chunks(sorted(set(hashes)), _AT_ONCE):
                known = {tuple(row) for row in connection.execute(
                    select(table.c.kind, table.c.form, table.c.key_version, table.c.keyed_hash).where(key.in_(part)))}
                rows = [{"kind": kind, "form": form, "key_version": version, "keyed_hash": keyed, "request": request_id, "at": at,
                         "purge_after": purge_after}
                        for kind, form, version, keyed in part if (kind, form, version, keyed) not in known]
                if rows:
                    connection.execute(insert(table), rows)
                new += len(rows)
            if new:
                append(connection, "suppression", {"request": request_id, "entered": new}, now)
        return new

    def suppressed(self, kind: str | None, form: str, key_version: str, hashes: Iterable[str]) -> set[str]:
        """Which of these keyed hashes are on the list, for one subject kind or (None) for any."""
        table = models.suppression
        query = select(table.c.keyed_hash).where(table.c.form == form, table.c.key_version == key_version)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        found: set[str] = set()
        with self.reading() as connection:
            for part in chunks(sorted(set(hashes)), _AT_ONCE):
                found.update(connection.scalars(query.where(table.c.keyed_hash.in_(part))))
        return found

    def suppression_keys(self) -> list[tuple[str, str, str, int]]:
        """(subject kind, form, key version, how many): which hashes to compute before asking `suppressed`."""
        table = models.suppression
        columns = (table.c.kind, table.c.form, table.c.key_version)
        with self.reading() as connection:
            return [tuple(row) for row in connection.execute(
                select(*columns, func.count()).group_by(*columns).order_by(*columns))]

    def purge_suppression(self, now: datetime) -> int:
        """Delete hashes whose own retention is over strictly before `now`."""
        with self.writing() as connection:
            gone = connection.execute(delete(models.suppression).where(models.suppression.c.purge_after < now)).rowcount
            if gone:
                append(connection, "suppression.purged", {"purged": gone}, self.clock())
            return gone


def _record(row: Mapping[Any, Any]) -> RequestRecord:
    return RequestRecord(**{**row, "subject_kinds": tuple(row["subject_kinds"])})
