"""A plan: what a job will do, counted, ordered, printable and sealed by a digest before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from governance.domain.canonical import digest
from governance.domain.findings import Finding
from governance.domain.names import TableRef


class Kind(StrEnum):
    RETENTION = "retention"
    REQUEST = "request"
    RELEASE = "release"
    RECONCILE = "reconcile"


class Ended(StrEnum):
    """Why a purpose is over: the policy's three triggers of disposal."""

    ACHIEVED = "achieved"
    DISAPPEARED = "disappeared"
    REQUEST = "request"


class Action(StrEnum):
    """What a step does to the rows of its table."""

    FILE = "file"  # remove the file a cell points to, all versions, then null the cell
    REWRITE = "rewrite"  # a new value computed outside SQL and staged: redact, pseudonymize
    END = "end"  # end cells in place by an SQL expression
    UNLINK = "unlink"  # null a foreign key whose row goes (ON DELETE SET NULL)
    DELETE = "delete"  # delete rows
    PUBLISH = "publish"  # build a new version of a released table and show it
    LOAD = "load"  # take the records of a feed into source records, each accepted, quarantined or rejected
    LINK = "link"  # link source records to subjects
    WRITE = "write"  # write field values of linked records


@dataclass(frozen=True, order=True, slots=True)
class Reason:
    """Why a purpose of these cells is over. `cutoff` is an ISO day or empty; `rule` is record class @ policy version."""

    ended: Ended
    purpose: str
    rule: str
    trigger: str = ""
    cutoff: str = ""

    def __str__(self) -> str:
        match self.ended:
            case Ended.REQUEST:
                why = "ended on request"
            case Ended.DISAPPEARED:
                why = "consent withdrawn or never given" if not self.cutoff else f"consent withdrawn before {self.cutoff}"
            case _:
                why = f"{self.trigger} before {self.cutoff}" if self.cutoff else self.trigger
        return f"{self.purpose}: {why} ({self.rule})"


@dataclass(frozen=True, order=True, slots=True)
class CellGroup:
    """Columns of one table that live and end together. `cells` counts the rows whose cells are due now.

    `bit` is the group's place in the mask of a frozen work row (1, 2, 4, ...). `end_state` is the declared spelling.
    """

    bit: int
    columns: tuple[str, ...]
    end_state: str
    subject: str
    reasons: tuple[Reason, ...]
    cells: int


@dataclass(frozen=True, slots=True)
class Step:
    """One action on one table. `rows` is counted when the plan is made; `of` is the size of the table then.

    `chunk` numbers independent parts of the plan: steps of different chunks touch tables that no foreign key or
    derivation connects, so chunks may run side by side while steps of one chunk run in order.
    `late` steps freeze their rows when they start, because earlier steps of the plan write rows into the table.
    """

    number: int
    chunk: int
    table: TableRef
    action: Action
    groups: tuple[CellGroup, ...]
    rows: int
    of: int
    late: bool = False
    note: str = ""

    def __str__(self) -> str:
        share = f" of {self.of:,}" if self.of else ""
        return f"{self.action} {self.table}: {self.rows:,}{share} rows"


@dataclass(frozen=True, order=True, slots=True)
class Kept:
    """Rows that are due but stay, and why: ``referenced by shop.payments``, a legal obligation, observe mode."""

    table: TableRef
    columns: tuple[str, ...]
    because: str
    rows: int


@dataclass(frozen=True)
class Plan:
    """Frozen and ordered. `name` is empty for retention, else the request id, release or source.

    `as_of` is aware, in UTC. `findings` holds gaps (cells that nobody can judge) and hazards named by policy. `holds` were in
    force when the plan was made: rows they cover count as rows that stay; later holds only take rows out of its steps.
    """

    kind: Kind
    name: str
    as_of: datetime
    policy_digest: str
    policy_version: str
    schema_digest: str
    steps: tuple[Step, ...]
    kept: tuple[Kept, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    holds: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """64 hexadecimal digits over everything above: same data, policy and clock give the same digest."""
        return digest(self)

    @property
    def rows(self) -> int:
        return sum(step.rows for step in self.steps)

    @property
    def chunks(self) -> tuple[int, ...]:
        return tuple(sorted({step.chunk for step in self.steps}))

    def steps_of(self, chunk: int | None) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if chunk is None or s.chunk == chunk)
