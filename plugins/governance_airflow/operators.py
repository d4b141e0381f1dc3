"""The one operator: it carries out a job, maps errors to retries and lets no value of a row reach a log.

The product is imported inside `execute`, so that parsing a DAG, drawing it and starting the scheduler stay cheap.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

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
    from governance import jobs
    from governance.domain.errors import GovernanceError

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


def carries_out(context: Context) -> bool:
    """Whether a run goes on after its plan: always, unless it was started by hand as a dry run."""
    return str(context["dag_run"].run_type.value) != "manual" or not context["params"].get("dry_run", True)


def run_context(context: Context) -> Any:
    """The run's context in the product's own words; a run started by hand has no data interval."""
    from governance.jobs import RunContext

    run = context["dag_run"]
    return RunContext(dag_id=run.dag_id, dag_run_id=run.run_id, task_id=context["ti"].task_id,
                      data_interval_end=run.data_interval_end, actor=getattr(run, "triggering_user_name", None))


def reduced(error: Exception) -> str:
    """An error we did not foresee, without its text: ``KeyError in governance/disposal/plan.py, line 120 (make_plan)``."""
    name = type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "governance" in PurePath(frame.filename).parts]
    if not frames:
        return f"{name} outside the product"
    parts = PurePath(frames[-1].filename).parts
    place = "/".join(parts[len(parts) - 1 - parts[::-1].index("governance"):])
    return f"{name} in {place}, line {frames[-1].lineno} ({frames[-1].name}): a fault of the product, please report that line"


def in_words(result: Mapping[str, Any]) -> str:
    """The plain figures of a result for the task's log: counts, digests and sentences, no lists."""
    return ", ".join(f"{name} {value}" for name, value in result.items() if isinstance(value, (str, int, float))) or "done"
