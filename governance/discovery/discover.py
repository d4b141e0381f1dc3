"""Discover: every column of a warehouse judged, the personal ones proposed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from governance.discovery.context import linked, person_in
from governance.discovery.evidence import Assessment
from governance.discovery.fingerprint import Fingerprint, fingerprint
from governance.discovery.judge import assess_table, proposal, verdicts
from governance.discovery.proof import proved
from governance.discovery.recognizer import Recognizer, combined, version
from governance.discovery.sample import Look, Mode
from governance.discovery.scan import scan, search
from governance.domain.errors import TargetMissing
from governance.domain.names import TableRef
from governance.domain.proposal import Proposal
from governance.domain.schema import Table
from governance.warehouse import Warehouse

Progress = Callable[[TableRef, int, int], None]


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a look at a table. `fingerprint` and `recognizers` are empty when it was not looked at in full.
    `person`: how surely its rows are about people, `linked`: how surely its references lead to people, both 0..1."""

    fingerprint: str = ""
    recognizers: str = ""
    person: float = 0.0
    linked: float = 0.0


@dataclass(frozen=True, slots=True)
class Looked:
    """One table of a run. `unchanged`: it was not looked at again, because nothing changed that a verdict could depend on."""

    look: Look
    known: Known
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Discovery:
    """`proposals` of the tables that were looked at, ordered by column; `tables` in the order of the schema, unchanged ones too."""

    proposals: tuple[Proposal, ...]
    tables: tuple[Looked, ...]

    @property
    def unchanged(self) -> tuple[TableRef, ...]:
        return tuple(t.look.table for t in self.tables if t.unchanged)


def discover(
    warehouse: Warehouse,
    *,
    tables: Collection[TableRef] | None = None,
    on_progress: Progress | None = None,
    custom: Sequence[Recognizer] = (),
    mode: Mode | str = Mode.FULL,
    on_look: Callable[[Look], None] | None = None,
) -> list[Proposal]:
    """One proposal per column found personal, ordered by column. Columns judged not personal are left out.

    `tables` limits what is read (TargetMissing when one is not there); `on_progress(table, done, all)` is called after each
    table; `custom` are a company's own recognizers (`recognizer.load`). `mode`: every value, or a bounded part of the rows; `on_look`
    is told of each table how closely it was looked at. Equal data give equal proposals.
    """
    found = look_at(warehouse, tables=tables, on_progress=on_progress, custom=custom, mode=mode)
    if on_look:
        for table in found.tables:
            on_look(table.look)
    return list(found.proposals)


def look_at(
    warehouse: Warehouse,
    *,
    tables: Collection[TableRef] | None = None,
    on_progress: Progress | None = None,
    custom: Sequence[Recognizer] = (),
    mode: Mode | str = Mode.FULL,
    known: Mapping[TableRef, Known] | None = None,
    again: bool = False,
) -> Discovery:
    """As `discover`, with how closely each table was looked at. `known` is what is remembered of earlier looks, of any table: in full
    mode a table that is still the same, judged by the same recognizers, is not looked at again unless `again`. Without `known` no
    fingerprint is taken, and none is in quick mode, which reads less than a fingerprint does."""
    looking = _Looking(warehouse, combined(custom), Mode(mode), known, again)
    wanted = _wanted(warehouse.schema().tables, tables)
    for done, table in enumerate(wanted, 1):
        looking.at(table)
        if on_progress:
            on_progress(table.ref, done, len(wanted))
    return looking.judged(wanted)


class _Looking:
    """One run over some tables."""

    def __init__(self, warehouse: Warehouse, recognizers: Sequence[Recognizer], mode: Mode, known: Mapping[TableRef, Known] | None,
                 again: bool) -> None:
        self.warehouse, self.recognizers, self.mode, self.again = warehouse, recognizers, mode, again
        self.known = known or {}
        self.remembers = known is not None and mode is Mode.FULL
        self.version = version(recognizers) if self.remembers else ""
        self.prints: dict[TableRef, Fingerprint] = {}
        self.looks: dict[TableRef, Look] = {}
        self.assessed: dict[TableRef, list[Assessment]] = {}

    def at(self, table: Table) -> None:
        if self.remembers:  # before the values are read: what changes in between is seen the next time
            self.prints[table.ref] = fingerprint(self.warehouse, table)
            if not self.again and self._is_same(table.ref):
                rows = self.prints[table.ref].rows
                self.looks[table.ref] = Look(table.ref, Mode.FULL, rows, rows)
                return
        self._assess(table)

    def judged(self, tables: Sequence[Table]) -> Discovery:
        """The verdicts. A table that did not change itself is looked at after all when what it leads to has become somebody, or nobody."""
        people = {ref: known.person for ref, known in self.known.items()}
        people |= {ref: person_in(found) for ref, found in self.assessed.items()}
        for table in tables:
            if table.ref not in self.assessed and not _near(linked(table, people), self.known[table.ref].linked):
                self._assess(table)
        proposals, looked = [], []
        for table in tables:
            if table.ref not in self.assessed:
                looked.append(Looked(self.looks[table.ref], self.known[table.ref], True))
                continue
            leads = linked(table, people)
            proposals += [replace(made, proved=proved(a, (made.category, *made.also)))
                          for a, verdict in zip(self.assessed[table.ref], verdicts(self.assessed[table.ref], leads), strict=True)
                          if verdict is not None for made in [proposal(a, verdict)]]
            taken = self.prints[table.ref].digest if self.remembers else ""
            person = person_in(self.assessed[table.ref])
            looked.append(Looked(self.looks[table.ref], Known(taken, self.version if taken else "", person, leads)))
        return Discovery(tuple(sorted(proposals, key=lambda p: p.column)), tuple(looked))

    def _is_same(self, ref: TableRef) -> bool:
        before, now = self.known.get(ref), self.prints[ref].digest
        return before is not None and bool(now) and (before.fingerprint, before.recognizers) == (now, self.version)

    def _assess(self, table: Table) -> None:
        looked = scan(self.warehouse, table, mode=self.mode)
        searching = partial(search, self.warehouse, table, looked=looked.looked) if looked.mode is Mode.FULL else (lambda sample: sample)
        self.assessed[table.ref] = assess_table(looked, self.recognizers, searching)
        self.looks[table.ref] = looked.look


def unsettled(tables: Sequence[Table], known: Mapping[TableRef, Known]) -> list[TableRef]:
    """Tables that were judged by something else than what is known now of the people their references lead to."""
    people = {ref: k.person for ref, k in known.items()}
    return [t.ref for t in tables if t.ref in known and not _near(linked(t, people), known[t.ref].linked)]


def _near(a: float, b: float) -> bool:
    return abs(a - b) < 1e-6


def referred_first(tables: Sequence[Table]) -> list[Table]:
    """Tables in an order in which those that others refer to come before them, as far as circles allow; else by name."""
    by_ref = {t.ref: t for t in tables}
    depth: dict[TableRef, int] = {}

    def depth_of(ref: TableRef, above: frozenset[TableRef]) -> int:
        if ref in above or ref not in by_ref:
            return -1
        if ref not in depth:
            deepest = max((depth_of(f.references, above | {ref}) for f in by_ref[ref].foreign_keys), default=-1)
            depth[ref] = deepest + 1
        return depth[ref]

    for table in sorted(tables, key=lambda t: t.ref):
        depth_of(table.ref, frozenset())
    return sorted(tables, key=lambda t: (depth[t.ref], t.ref))


def _wanted(all_tables: Sequence[Table], refs: Collection[TableRef] | None) -> list[Table]:
    if refs is None:
        return list(all_tables)
    there = {t.ref: t for t in all_tables}
    for ref in sorted(refs):
        if ref not in there:
            raise TargetMissing(
                "there is no such table in the warehouse, or this account cannot see it",
                where=ref,
                fix="check the name and the grants",
            )
    return [there[ref] for ref in sorted(refs)]
