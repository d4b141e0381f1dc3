"""Approval of a plan by a person: Airflow's own operator asks, the next task checks and records what was answered.

There is never a default answer. An approval, a rejection and an expiry are all handed on; what they mean is decided by the
job that records them, against the digest of the plan and the people whom the policy names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator

from governance_airflow.operators import GovernanceOperator
from governance_airflow.versions import AirflowFailException, AirflowSkipException, TaskWaiting

if TYPE_CHECKING:
    from airflow.sdk import Context


class PlanApproval(ApprovalOperator):
    """Airflow's approval, asked only when the plan says so and skipped otherwise.

    `plan` is what a planning job returned; its "approval" entry says why, who may answer, how many people must, and how
    long they have. `earlier` is the answer of the person asked before, who is not asked twice.
    """

    template_fields: ClassVar[Sequence[str]] = (*ApprovalOperator.template_fields, "plan", "earlier")
    ui_color = "#fff3d6"

    def __init__(self, *, plan: Any, earlier: Any = None, second: bool = False, **kwargs: Any) -> None:
        super().__init__(subject="Approve a plan", **kwargs)
        self.plan, self.earlier, self.second = plan, earlier, second

    def execute(self, context: Context) -> None:
        terms, answered = self.plan["approval"], (self.earlier or {}).get("user")
        if not terms["needed"]:
            raise AirflowSkipException("no approval is needed")
        if self.second and (int(terms["people"]) < 2 or (self.earlier or {}).get("chosen") != self.APPROVE):
            raise AirflowSkipException("no second person is needed")
        self.assigned_users = [{"id": user, "name": user} for user in terms["approvers"] if user != answered]
        if not self.assigned_users:
            raise AirflowFailException("nobody is left who may approve this plan; name approvers in the policy")
        self.subject, self.body = subject(self.plan), body(self.plan)
        self.response_timeout = timedelta(hours=float(terms["expires_hours"]))
        try:
            super().execute(context)
        except TaskWaiting as waiting:
            waiting.kwargs = {"asked": self.plan["digest"]}  # what the person is shown, kept beside the question
            raise

    def execute_complete(self, context: Context, event: dict[str, Any], asked: str = "") -> dict[str, Any]:
        """Who answered what, about which digest. What was typed beside the answer is not taken over."""
        answer = {"user": None, "chosen": None, "subject_digest": asked, "delivery": context["ti"].run_id}
        if event.get("error_type") == "timeout":
            return answer
        given = HITLOperator.execute_complete(self, context, event | {"params_input": {}})
        user = given["responded_by_user"]
        return answer | {"user": user["id"] if user else None, "chosen": given["chosen_options"][0]}


class RecordApproval(GovernanceOperator):
    """The job that records `answers`, given only those of people; skipped when nobody was asked.

    Nobody answered in time: the job gets no answer and finds the approval expired.
    """

    def arguments_for(self, element: Any) -> dict[str, Any]:
        arguments = super().arguments_for(element)
        asked = [answer for answer in arguments["answers"] if answer is not None]
        if not asked:
            raise AirflowSkipException("nobody was asked, because no approval is needed")
        return arguments | {"answers": [answer for answer in asked if answer["user"] is not None]}


def subject(plan: Mapping[str, Any]) -> str:
    """What the approver reads first; carries the whole digest."""
    whose = f"Request {plan['request']}: " if plan.get("request") else ""
    return f"{whose}{plan['rows']:,} rows under plan {plan['digest']}"


def body(plan: Mapping[str, Any]) -> str:
    """What would be done and why somebody is asked, as Markdown."""
    return f"{plan['summary']}\n\n**Why you are asked:** {plan['approval']['why']}"
