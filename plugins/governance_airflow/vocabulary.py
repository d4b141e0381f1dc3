"""The words DAG files are written in: when a DAG runs, which job a task carries out, who is asked.

    @dag(**nightly("0 2 * * *", __doc__, owner="privacy-engineering"))
    def dispose():
        plan = job("disposal.plan", "Plan what is due", fans_out="chunks", plans=True).output

A task's name on screen is the sentence; its id is the sentence in lower case with underscores.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetAlias, Param, get_current_context, task

from governance_airflow.approval import PlanApproval, RecordApproval
from governance_airflow.operators import GovernanceOperator, carries_out

POOL = "governance_warehouse"
CATALOG = Asset("catalog", group="governance")
RECEIPTS = Asset("receipts", group="governance")
RELEASES = AssetAlias("release/<name>", group="governance")  # stands for the asset of each release, known when it is published
GOLDEN = AssetAlias("golden/<entity>", group="governance")  # stands for the golden record that records of a source enriched
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
DRY_RUN = "A run started by hand stops after the plan. Untick to carry the plan out. Scheduled runs always carry it out."
LOOKING = {
    "mode": Param("full", type="string", enum=["full", "quick"], title="Mode",
                  description="full looks at every value; quick at a bounded part of the rows, and says what it may have missed."),
    "all": Param(False, type="boolean", title="All tables",
                 description="Look again at tables that did not change since the last full look, too."),
}
LABEL = "{{ (task.each or {}).get('label') or (task.each or {}).get('request') or '' }}"
OURS = frozenset({"each", "takes", "over", "fans_out", "plans"})
AIRFLOWS = frozenset({"outlets", "trigger_rule", "retries", "execution_timeout", "map_index_template"})


def pipeline(schedule: Any, doc: str | None, *, owner: str, tags: Sequence[str] = (),
             params: Mapping[str, Param] | None = None) -> dict[str, Any]:
    """Arguments of `@dag` that every governance DAG shares: one run at a time, nothing caught up, patient retries."""
    patient = {"owner": owner, "retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": True}
    return {"schedule": schedule, "start_date": FIRST_DAY, "catchup": False, "max_active_runs": 1, "doc_md": doc,
            "tags": ["governance", *tags], "params": dict(params or {}), "default_args": patient}


def nightly(cron: str, doc: str | None, *, owner: str, tags: Sequence[str] = ()) -> dict[str, Any]:
    """A DAG that changes data by the clock; started by hand it is a dry run unless told otherwise."""
    dry_run = Param(True, type="boolean", title="Dry run", description=DRY_RUN)
    return pipeline(cron, doc, owner=owner, tags=[*tags, "changes data"], params={"dry_run": dry_run})


def job(name: str, sentence: str, *, warehouse: bool = True, kind: type[GovernanceOperator] = GovernanceOperator,
        **more: Any) -> Any:
    """A task that carries out the job `name`; it waits for a slot of the warehouse's pool unless `warehouse` is False.

    `more`: what the operator and Airflow know by name (`each`, `outlets`, `trigger_rule`, ...); all else are arguments of the
    job, values or results of other tasks.
    """
    return kind(job=name, **named(sentence, warehouse, more))


def mapped(name: str, sentence: str, elements: Any, takes: Sequence[str], **more: Any) -> Any:
    """A task per element of `elements`, each labelled with the element's "label"; `takes` names what the job gets of it."""
    words = named(sentence, True, more)
    return GovernanceOperator.partial(job=name, takes=tuple(takes), map_index_template=LABEL, **words).expand(each=elements)


def approvals(plan: Any, record: str, **more: Any) -> tuple[Any, Any, Any]:
    """Ask one person; a second one where the plan says that two must agree; record what they said by the job `record`."""
    labelled = {"map_index_template": "{{ task.plan.get('request') or task.plan.get('label') or '' }}"} if "each" in more else {}
    first = PlanApproval(plan=plan, **sentence_of("Ask for approval"), **labelled)
    second = PlanApproval(plan=plan, earlier=first.output, second=True, trigger_rule="none_failed",
                          **sentence_of("Ask a second person"), **labelled)
    recorded = job(record, "Check and record the approval", warehouse=False, kind=RecordApproval, retries=0,
                   trigger_rule="none_failed", answers=[first.output, second.output], **more)
    first >> second >> recorded
    return first, second, recorded


def unless_dry_run(plan: Any) -> Any:
    """Stops a dry run after the plan: everything that follows is skipped, nothing is frozen or asked."""

    @task.short_circuit(**sentence_of("Continue unless this is a dry run"))
    def continues(planned: Any) -> bool:
        return carries_out(get_current_context())

    return continues(plan)


def sentence_of(sentence: str) -> dict[str, str]:
    """Task id and name on screen: ``Plan what is due`` and ``plan_what_is_due``."""
    return {"task_id": re.sub(r"[^a-z0-9]+", "_", sentence.lower()).strip("_"), "task_display_name": sentence}


def named(sentence: str, warehouse: bool, more: Mapping[str, Any]) -> dict[str, Any]:
    """`more` sorted into the operator's own words and the job's arguments."""
    words = {k: v for k, v in more.items() if k in OURS | AIRFLOWS}
    arguments = {k: v for k, v in more.items() if k not in words}
    # Entries of a result are XComs of their own; one that never came is then None instead of an error while rendering.
    entries = {"multiple_outputs": "fans_out" not in words}
    return {**sentence_of(sentence), "arguments": arguments, **entries, **({"pool": POOL} if warehouse else {}), **words}
