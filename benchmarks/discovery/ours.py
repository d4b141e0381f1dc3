"""The product's verdicts, by its public function on a DuckDB file."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.discovery.figures import NOTHING, Case, Verdict
from benchmarks.discovery.generator import truths
from benchmarks.discovery.truth import Table

MODES = ("quick", "full")


def has_modes() -> bool:
    from governance.discovery import discover

    return "mode" in inspect.signature(discover).parameters


def verdicts(path: Path, mode: str | None = None) -> dict[tuple[str, str], Verdict]:
    """Schema.table and column to what is proposed; `mode` is used when the function knows modes."""
    from governance.discovery import discover
    from governance.warehouse.connect import connect

    said: dict[str, Any] = {"mode": mode} if mode and has_modes() else {}
    warehouse = connect(f"duckdb:///{path}", read_only=True)
    try:
        found = discover(warehouse, **said)
    finally:
        warehouse.close()
    return {
        (f"{p.column.table.schema}.{p.column.table.table}", p.column.name): Verdict(
            p.category, tuple(p.also), str(p.role), p.confidence, p.explanation
        )
        for p in found
    }


def cases(made: Sequence[Table], style: str, said: dict[tuple[str, str], Verdict]) -> list[Case]:
    """Every column of a style with what was said of it."""
    told = []
    for (table, heading), (t, c, truth) in truths(made, style).items():
        sample = tuple(str(v)[:80] for v in [v for v in c.values if v is not None][:4])
        told.append(Case(style, t.language, t.shape, table, heading, truth, said.get((table, heading), NOTHING), sample))
    return told
