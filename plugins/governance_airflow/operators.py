"""The operators: one carries out a job, one asks a person. Neither lets a value of a row reach a log.

The product is imported inside `execute`, so that parsing a DAG, drawing it and starting the scheduler stay cheap.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

if TYPE_CHECKING:
    from airflow.sdk import Context

COLOR = "#e8f1ec"
SHORT_DIGEST = 12


class GovernanceOperator(BaseOperator):
    """Run `job` with `arguments`, and with the entries of `each` that `takes` names; return what the job returns.

    `each` is one element of a mapped list: a chunk of a plan, a plan, a group of tables; its "label" names the task on
    screen. With `over`, the job runs once for every element of the list `each[over]`, in order, and the results come back
    under that name. With `fans_out`, the list under that name is returned (Airflow maps over nothing else), and every entry
    of the result, and the whole of it as "result", is an XCom of its own. An argument that is missing because an earlier
    task failed fails this one in a sentence.
    """

    template_fields: ClassVar[Sequence[str]] = ("arguments", "each")
    ui_color = COLOR

    def __init__(self, *, job: str, arguments: Mapping[str, Any] | None = None, each: Any = None, takes: Sequence[str] = (),
                 over: str | None = None, fans_out: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job, self.arguments, self.each = job, dict(arguments or {}), each
        self.takes, self.over, self.fans_out = tuple(takes), over, fans_out

    def execute(self, context: Context) -> Any:
        elements = [self.each] if self.over is None else list(self.each[self.over])
        results = [carry_out(self.job, context, self._arguments(element)) for element in elements]
        for result in results:
            self.log.info("%s: %s", self.job, in_words(result))
        if self.over is not None:
            return {self.over: results}
        [result] = results
        if self.fans_out is None:
            return result
        for name, value in (result | {"result": result}).items():
            context["ti"].xcom_push(name, value)
        return result[self.fans_out]

    def _arguments(self, element: Any) -> dict[str, Any]:
        arguments = self.arguments | {name: (element or {}).get(name) for name in self.takes}
        missing = sorted(name for name, value in arguments.items() if value is None)
        if missing:
            raise AirflowFailException(f"{self.job}: no {' and no '.join(missing)}, because a task before this one did not finish")
        return arguments


class PlanApproval(ApprovalOperator):
    """Airflow's approval, asked only when the plan says so: skipped otherwise.

    `plan` is the result of a planning job; its "approval" entry says why, who may answer, how many people must, and how
    long they have. `person` is 1 or 2: the second is asked only when two must agree. There is never a default answer. An
    approval, a rejection and an expiry are all returned, so that the next task can record them and judge them.
    """

    template_fields: ClassVar[Sequence[str]] = (*ApprovalOperator.template_fields, "plan")
    ui_color = "#fff3d6"

    def __init__(self, *, plan: Any, person: int = 1, **kwargs: Any) -> None:
        super().__init__(subject="Approve a plan", **kwargs)
        self.plan, self.person = plan, person

    def execute(self, context: Context) -> None:
        terms = self.plan["approval"]
        if not terms["needed"]:
            raise AirflowSkipException(f"no approval is needed: {terms['why']}")
        if self.person > int(terms["people"]):
            raise AirflowSkipException("one person's approval is enough")
        self.subject = subject_of(self.plan)
        self.body = f"{self.plan['summary']}\n\n**Why you are asked:** {terms['why']}\n\n`governance plan show {self.plan['digest']}`"
        self.assigned_users = [{"id": user, "name": user} for user in terms["approvers"]]
        self.response_timeout = timedelta(hours=float(terms["expires_hours"]))
        super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """The answer as the next task needs it; what was typed beside it is not taken over."""
        digest = self.plan["digest"]
        if event.get("error_type") == "timeout":
            return {"user": None, "chosen": None, "subject_digest": digest}
        answer = HITLOperator.execute_complete(self, context, event | {"params_input": {}})
        user = answer["responded_by_user"]
        return {"user": user["id"] if user else None, "chosen": answer["chosen_options"][0], "subject_digest": digest}


def subject_of(plan: Mapping[str, Any]) -> str:
    """What the approver reads first; carries the whole digest."""
    whose = f"request {plan['request']}: " if plan.get("request") else ""
    return f"{whose}{plan['rows']:,} rows under plan {plan['digest']}"


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
    return f"{name} in {place}, line {frames[-1].lineno} ({frames[-1].name}); this is a fault of the product, please report that line"


def in_words(result: Mapping[str, Any]) -> str:
    """The plain figures of a result for the task's log: counts, digests and sentences, no lists."""
    return ", ".join(f"{name} {value}" for name, value in result.items() if isinstance(value, (str, int, float))) or "done"
