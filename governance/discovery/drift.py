"""Drift: columns that appeared, vanished or changed type since the warehouse was last looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from governance.domain.findings import Finding, Status
from governance.domain.names import ColumnRef


class Drift(Protocol):
    """What changed between two looks; `retyped` are (column, type before, type now). The ledger keeps one."""

    @property
    def appeared(self) -> Sequence[ColumnRef]: ...
    @property
    def vanished(self) -> Sequence[ColumnRef]: ...
    @property
    def retyped(self) -> Sequence[tuple[ColumnRef, str, str]]: ...


@dataclass(frozen=True, slots=True)
class Changes:
    """Drift computed here rather than by the ledger."""

    appeared: tuple[ColumnRef, ...] = ()
    vanished: tuple[ColumnRef, ...] = ()
    retyped: tuple[tuple[ColumnRef, str, str], ...] = ()


def compare(before: Iterable[tuple[ColumnRef, str]], now: Iterable[tuple[ColumnRef, str]]) -> Changes:
    """Columns with their types, then and now. Nothing has drifted when nothing was seen before."""
    then, today = dict(before), dict(now)
    if not then:
        return Changes()
    return Changes(
        tuple(sorted(today.keys() - then.keys())),
        tuple(sorted(then.keys() - today.keys())),
        tuple((c, then[c], today[c]) for c in sorted(then.keys() & today.keys()) if then[c] != today[c]),
    )


def drift_findings(drift: Drift) -> list[Finding]:
    """One finding per drifted column, ordered by table and column. A column that is gone breaks what policy says of it; new and
    retyped ones cannot be judged yet."""
    found = [
        Finding(
            Status.GAP,
            "drift.column_appeared",
            str(c.table),
            c.name,
            "the column is new since the last run",
            "run discover, then confirm or reject what it proposes",
        )
        for c in drift.appeared
    ]
    found += [
        Finding(
            Status.VIOLATION,
            "drift.column_vanished",
            str(c.table),
            c.name,
            "the column is gone since the last run",
            "take it out of the policy, or bring it back: nothing can be disposed of there",
        )
        for c in drift.vanished
    ]
    found += [
        Finding(
            Status.GAP,
            "drift.column_retyped",
            str(c.table),
            c.name,
            f"its type was {old} and is now {new}",
            "check that the declared end state still fits the type, then run discover",
        )
        for c, old, new in drift.retyped
    ]
    return sorted(found, key=lambda f: (f.table, f.column))
