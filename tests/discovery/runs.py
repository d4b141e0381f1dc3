"""What tests of runs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from governance import jobs
from governance.discover_jobs import discover_conclude, discover_scan, discover_tables
from tests.disposal.conftest import Shop

CONTEXT = jobs.RunContext(dag_id="discover", dag_run_id="r1", task_id="t")
Run = Callable[..., tuple[int, str, str]]


def sql(made: Shop, *statements: str) -> None:
    engine = sa.create_engine(made.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def nightly(made: Shop, run_id: str, mode: str = "full", everything: bool | str = False) -> dict[str, Any]:
    """One run as the DAG makes it: list, look at each chunk, conclude."""
    context = jobs.RunContext(dag_id="discover", dag_run_id=run_id, task_id="t")
    listed = discover_tables(made.installation, context)
    scanned = [discover_scan(made.installation, context, listed["run"], chunk["tables"], mode, everything) for chunk in listed["chunks"]]
    return {**discover_conclude(made.installation, context, listed["run"], mode), "scanned": scanned}


def proposed(made: Shop) -> dict[str, tuple[str, float]]:
    return {str(r.proposal.column): (r.proposal.category, r.proposal.confidence) for r in made.installation.ledger.proposals() if r.current}
