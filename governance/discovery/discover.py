"""Discover: every column of a warehouse judged, the personal ones proposed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from governance.discovery.context import linked, person_in
from governance.discovery.evidence import Assessment
from governance.discovery.judge import assess_table, proposal, verdicts
from governance.discovery.recognizer import Recognizer, combined
from governance.discovery.sample import Look, Mode
from governance.discovery.scan import scan, search
from governance.domain.errors import TargetMissing
from governance.domain.names import TableRef
from governance.domain.proposal import Proposal
from governance.domain.schema import Table
from governance.warehouse import Warehouse

Progress = Callable[[TableRef, int, int], None]


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
    schema = warehouse.schema()
    wanted = _wanted(schema.tables, tables)
    recognizers = combined(custom)
    assessed: list[tuple[Table, list[Assessment]]] = []
    for done, table in enumerate(wanted, 1):
        looked = scan(warehouse, table, mode=Mode(mode))
        searching = partial(search, warehouse, table, looked=looked.looked) if looked.mode is Mode.FULL else (lambda sample: sample)
        assessed.append((table, assess_table(looked, recognizers, searching)))
        if on_look:
            on_look(looked.look)
        if on_progress:
            on_progress(table.ref, done, len(wanted))
    people = {table.ref: person_in(assessments) for table, assessments in assessed}
    found = []
    for table, assessments in assessed:
        for assessment, verdict in zip(assessments, verdicts(assessments, linked(table, people)), strict=True):
            if verdict is not None:
                found.append(proposal(assessment, verdict))
    return sorted(found, key=lambda p: p.column)


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
