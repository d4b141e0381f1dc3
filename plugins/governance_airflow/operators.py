"""The one operator: it carries out a job, maps errors to retries and lets no value of a row reach a log.

The product is imported inside `execute`, so that parsing a DAG, drawing it and starting the scheduler stay cheap. Where
GOVERNANCE_PYTHON names the Python of another environment, the job runs there and the product need not be installed here.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from governance_airflow.versions import AirflowException, AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context


class GovernanceOperator(BaseOperator):
    """Run `job` with `arguments`, and with the entries of `each` that `takes` names; return what the job returns.

    `each` is one element of a mapped list: a chunk of a plan, a plan, a group of tables; its "label" names the task on
    screen. With `over`, the job runs once for every element of the list `each[over]`, in order, and the results come back
    under that name. With `fans_out`, the task returns the list under that name, because Airflow maps over nothing else;
    every other entry of the result is an XCom of its own, and the whole of it "result". With `plans`, the job is told by
    `dry_run` whether the run stops after it. An argument that is missing because an earlier task failed fails this one in
    a sentence.
    """

    template_fields: ClassVar[Sequence[str]] = ("arguments", "each")
    ui_color = "#e8f1ec"

    def __init__(self, *, job: str, arguments: Mapping[str, Any] | None = None, each: Any = None, takes: Sequence[str] = (),
                 over: str | None = None, fans_out: str | None = None, plans: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job, self.arguments, self.each = job, dict(arguments or {}), each
        self.takes, self.over, self.fans_out, self.plans = tuple(takes), over, fans_out, plans

    def execute(self, context: Context) -> Any:
        elements = [self.each] if self.over is None else list(self.each[self.over])
        more = {"dry_run": not carries_out(context)} if self.plans else {}
        results = [carry_out(self.job, context, self.arguments_for(element) | more) for element in elements]
        for result in results:
            announce(context, self.outlets, result)
            self.log.info("%s: %s", self.job, in_words(result))
        if self.over is not None:
            return {self.over: results}
        [result] = results
        if self.fans_out is None:
            return result
        for name, value in (result | {"result": result}).items():
            context["ti"].xcom_push(name, value)
        return result[self.fans_out]

    def arguments_for(self, element: Any) -> dict[str, Any]:
        arguments = self.arguments | {name: (element or {}).get(name) for name in self.takes}
        missing = sorted(name for name, value in arguments.items() if value is None)
        if missing:
            what = " and no ".join(missing)
            raise AirflowFailException(f"{self.job}: no {what}, because a task before this one did not finish")
        return arguments


def announce(context: Context, outlets: Sequence[Any], result: Mapping[str, Any]) -> None:
    """Emit the asset that a result names, with what it says about it, through the alias among the task's outlets."""
    from airflow.sdk import Asset, AssetAlias

    for alias in outlets:
        if isinstance(alias, AssetAlias) and "asset" in result:
            context["outlet_events"][alias].add(Asset(str(result["asset"]), group="governance"), extra=dict(result["extra"]))


def carry_out(job: str, context: Context, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run one job. Errors of ours keep their words; of any other only the class and our line are told.

    AirflowException when the same call may succeed later, AirflowFailException otherwise. The new error is raised outside
    the `except` block: nothing of the old one, whose text may quote a row, hangs on it.
    """
    elsewhere = os.environ.get("GOVERNANCE_PYTHON")
    if elsewhere:
        return carry_out_elsewhere(elsewhere, job, context, arguments)
    from governance import jobs
    from governance.domain.errors import GovernanceError
    from governance.domain.faults import reduced

    try:
        return jobs.run(job, run_context(context), **arguments)
    except GovernanceError as error:
        told: AirflowException = AirflowException(str(error)) if error.retryable else AirflowFailException(str(error))
    except Exception as error:
        told = AirflowFailException(f"{job}: {reduced(error)}")
    except BaseException as error:  # a timeout or a kill may have interrupted a driver's error: cut the chain
        error.__cause__ = error.__context__ = None
        raise
    raise told


def carry_out_elsewhere(python: str, job: str, context: Context, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run one job in the environment of another Python (`governance.called`). What it prints beside its answer is not kept."""
    asked = {"job": job, "context": run_facts(context), "arguments": dict(arguments)}
    told: dict[str, Any] = {}
    problem = ""
    try:
        # A signal that ends this task ends the other process too; one that kills this task leaves it its lock, and the next try waits.
        done = subprocess.run([python, "-m", "governance.called"], input=json.dumps(asked, default=str), text=True, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        told = json.loads(done.stdout)
    except OSError as error:
        problem = f"GOVERNANCE_PYTHON: {type(error).__name__}: name the python of the environment that has the governance wheel"
    except ValueError:
        problem = (f"{job}: the environment of GOVERNANCE_PYTHON gave no answer; there, as this user, try: "
                   "echo '{}' | python -m governance.called")
    if problem:  # raised outside of the blocks above: a decoding error carries the whole answer
        raise AirflowFailException(problem)
    if "error" in told:
        raise (AirflowException if told["retryable"] else AirflowFailException)(told["error"])
    result: dict[str, Any] = told["result"]
    return result


def carries_out(context: Context) -> bool:
    """Whether a run goes on after its plan: always, unless it was started by hand as a dry run."""
    return str(context["dag_run"].run_type.value) != "manual" or not context["params"].get("dry_run", True)


def run_facts(context: Context) -> dict[str, Any]:
    """Which run calls, as the product's `RunContext` names it; a run started by hand has no data interval."""
    run = context["dag_run"]
    ends = run.data_interval_end
    return {"dag_id": run.dag_id, "dag_run_id": run.run_id, "task_id": context["ti"].task_id,
            "data_interval_end": ends.isoformat() if ends else None, "actor": getattr(run, "triggering_user_name", None)}


def run_context(context: Context) -> Any:
    """The run's context in the product's own words."""
    from governance.jobs import RunContext

    return RunContext(**run_facts(context) | {"data_interval_end": context["dag_run"].data_interval_end})


def in_words(result: Mapping[str, Any]) -> str:
    """The plain figures of a result for the task's log: counts, digests and sentences, no lists."""
    return ", ".join(f"{name} {value}" for name, value in result.items() if isinstance(value, (str, int, float))) or "done"
