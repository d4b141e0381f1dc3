"""The words DAG files are written in: when a DAG runs, which job a task carries out, who is asked.

    @dag(**nightly("0 2 * * *", __doc__, owner="privacy-engineering"))
    def dispose():
        plan = job("disposal.plan", "Plan what is due", fans_out="chunks")

A task's name on screen is the sentence; its id is the sentence in lower case with underscores.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, Param, get_current_context, task
from governance_airflow.operators import GovernanceOperator, PlanApproval

POOL = "governance_warehouse"
CATALOG = Asset("catalog", group="governance")
RECEIPTS = Asset("receipts", group="governance")
TAGS = ("governance",)
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
DRY_RUN = Param(True, type="boolean", title="Dry run", description="A run started by hand stops after the plan. "
                "Untick to carry the plan out. Scheduled runs always carry it out.")


def pipeline(schedule: Any, doc: str | None, *, owner: str, tags: Sequence[str] = (), params: Mapping[str, Param] | None = None,
             **more: Any) -> dict[str, Any]:
    """Arguments of `@dag` that every governance DAG shares: one run at a time, nothing caught up, patient retries."""
    return {
        "schedule": schedule, "start_date": FIRST_DAY, "catchup": False, "max_active_runs": 1, "doc_md": doc,
        "tags": [*TAGS, *tags], "params": dict(params or {}), "owner_links": {}, "render_template_as_native_obj": False,
        "default_args": {"owner": owner, "retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": True},
    } | more


def nightly(cron: str, doc: str | None, *, owner: str, tags: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """A DAG that changes data by the clock; started by hand it is a dry run unless told otherwise."""
    return pipeline(cron, doc, owner=owner, tags=tags, params={"dry_run": DRY_RUN}, **more)


def job(name: str, sentence: str, *, pool: str | None = POOL, **more: Any) -> Any:
    """A task that carries out the job `name` in the pool of the warehouse. `more`: its arguments and Airflow's own.

    Arguments may be results of other tasks. Words that Airflow's operators know (`outlets`, `trigger_rule`, `retries`, ...)
    go to Airflow, all others to the job.
    """
    return GovernanceOperator(job=name, **_split(sentence, more, pool))


def mapped(name: str, sentence: str, elements: Any, takes: Sequence[str], *, pool: str | None = POOL, **more: Any) -> Any:
    """A task per element of `elements`, each labelled with the element's "label"; `takes` names what the job gets of it."""
    partial = GovernanceOperator.partial(job=name, takes=tuple(takes), map_index_template=LABEL, **_split(sentence, more, pool))
    return partial.expand(each=elements)


def approvals(plan: Any) -> list[Any]:
    """Ask one person, and a second one where the plan says that two must agree. Each answer is a result to pass on."""
    second = {"trigger_rule": "none_failed"}  # the first is skipped when no approval is needed; the second then says so too
    return [
        PlanApproval(task_id=task_id(s), task_display_name=s, plan=plan, person=n, retries=0, **(second if n > 1 else {}))
        for n, s in enumerate(("Ask for approval", "Ask a second person"), start=1)
    ]


def unless_dry_run(plan: Any) -> Any:
    """Stops a dry run after the plan: everything that follows is skipped, nothing is frozen or asked."""

    @task.short_circuit(task_id="continue_unless_dry_run", task_display_name="Continue unless this is a dry run", retries=0)
    def continues(planned: Any) -> bool:
        context = get_current_context()
        return carries_out(str(context["dag_run"].run_type), context["params"])

    return continues(plan)


def carries_out(run_type: str, params: Mapping[str, Any]) -> bool:
    """Whether a run goes on after its plan: always unless it was started by hand as a dry run."""
    return "manual" not in run_type.lower() or not params["dry_run"]


def task_id(sentence: str) -> str:
    """``Plan what is due`` as ``plan_what_is_due``."""
    return re.sub(r"[^a-z0-9]+", "_", sentence.lower()).strip("_")


LABEL = "{{ (task.each or {}).get('label', '') }}"
AIRFLOWS = frozenset({"outlets", "inlets", "trigger_rule", "retries", "retry_delay", "execution_timeout", "each", "takes", "over",
                      "fans_out", "map_index_template", "doc_md", "owner"})


def _split(sentence: str, more: Mapping[str, Any], pool: str | None) -> dict[str, Any]:
    ours = {k: v for k, v in more.items() if k not in AIRFLOWS}
    airflows = {k: v for k, v in more.items() if k in AIRFLOWS}
    place = {"pool": pool} if pool else {}
    return {"task_id": task_id(sentence), "task_display_name": sentence, "arguments": ours, **place, **airflows}
