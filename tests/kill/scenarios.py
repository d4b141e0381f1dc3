"""What Airflow would do, from plan to verification, as one function that may be started again after a kill."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from governance import jobs
from governance.disposal import requests as asked
from governance.installation import Installation
from tests.disposal import shop

CONTEXT = jobs.RunContext("dispose", "run", "task")


def agree(installation: Installation, plan: dict[str, Any]) -> None:
    if plan["approval"]["needed"]:
        answer = {"user": "officer", "chosen": "Approve", "subject_digest": plan["digest"], "delivery": "run"}
        jobs.disposal_approved(installation, CONTEXT, plan["digest"], [answer])


Attempt = Callable[[Callable[[], Any]], Any]


def once(work: Callable[[], Any]) -> Any:
    return work()


def by_schedule(installation: Installation, attempt: Attempt = once) -> None:
    plan = attempt(lambda: jobs.disposal_plan(installation, CONTEXT))
    carry_out(installation, plan, attempt)
    attempt(lambda: jobs.disposal_verify(installation, CONTEXT, plan["digest"]))


def by_request(installation: Installation, attempt: Attempt = once) -> None:
    planned = attempt(lambda: jobs.requests_plan(installation, CONTEXT))
    for plan in planned["plans"]:
        attempt(lambda plan=plan: agree(installation, plan))
        attempt(lambda plan=plan: jobs.requests_erase(installation, CONTEXT, plan["digest"]))
        attempt(lambda plan=plan: jobs.requests_search(installation, CONTEXT, plan["digest"]))
    attempt(lambda: jobs.requests_close(installation, CONTEXT, planned["digests"]))


def carry_out(installation: Installation, plan: dict[str, Any], attempt: Attempt) -> None:
    attempt(lambda: agree(installation, plan))
    attempt(lambda: jobs.disposal_freeze(installation, CONTEXT, plan["digest"]))
    for chunk in plan["chunks"]:
        attempt(lambda chunk=chunk: jobs.disposal_apply(installation, CONTEXT, plan["digest"], chunk["chunk"]))


def open_request(installation: Installation) -> None:
    with installation.tools() as tools:
        asked.open_request(tools, installation.keys, installation.policy, kind="erasure", subject_kinds=["customer"],
                           identifiers=[("email", "anar@example.org")], reply_to="by post", proof="id seen", opened_by="officer",
                           now=shop.AS_OF)


SCENARIOS: dict[str, Callable[..., None]] = {"schedule": by_schedule, "request": by_request}


def state_of(url: str, folder: Path, ledger_url: str) -> dict[str, Any]:
    """Everything that must be the same whether or not a run was killed: data, files, and what receipts add up to."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    state: dict[str, Any] = {}
    with engine.connect() as connection:
        for table in shop.metadata.sorted_tables:
            rows = sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
            state[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
            state[f"{table.name} rows"] = len(rows)
        for name in ("work", "vault", "request_subject"):
            state[name] = connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name, schema="governance")))
        state["warehouse receipts"] = connection.execute(sa.text(
            "select sum(changed), sum(gone) from governance.receipt")).one()[:]
    engine.dispose()
    state["files"] = sorted(p.name for p in (folder / "stores" / "scans").iterdir())
    ledger = sa.create_engine(ledger_url, poolclass=sa.NullPool)
    with ledger.connect() as connection:
        state["ledger receipts"] = connection.execute(sa.text("select sum(changed), sum(gone) from receipt")).one()[:]
    ledger.dispose()
    return state
