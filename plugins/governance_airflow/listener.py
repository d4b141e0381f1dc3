"""Warm start: a scheduler that forks its tasks imports the product once, so that not every task pays two seconds for it.

Only code is imported. Nothing is opened, because a connection inherited by a forked task corrupts a DuckDB file.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from airflow.listeners import hookimpl

# What jobs need. Engines are left out: importing DuckDB opens a database in memory, which must not be forked.
MODULES = ("governance.jobs", "governance.report.write", "governance.ledger.certificate", "holidays.countries", "psycopg")


@hookimpl
def on_starting(component: Any) -> None:
    """Called by every part of Airflow when it starts, before the executor has any worker; only the scheduler counts.

    The job does not know yet what it will be (3.3.2 calls this first thing), so the command that was typed has to say.
    """
    if type(component).__name__ == "Job" and "scheduler" in sys.argv:
        warm(MODULES)


def warm(modules: tuple[str, ...]) -> None:
    """Import what can be imported. What cannot will fail in the task that needs it, with that task's words."""
    import importlib

    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
