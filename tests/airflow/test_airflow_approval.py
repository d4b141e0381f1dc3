"""Approval: who is asked, what counts as an answer, and what a no does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.airflow
OFFICER, ENGINEER = "compliance.officer", "privacy.engineer"


@pytest.fixture
def plan(company: Any) -> dict[str, Any]:
    """A real plan over the limit of the demo's policy, which therefore waits."""
    from governance import jobs

    made = jobs.run("disposal.plan", jobs.RunContext())
    assert made["approval"]["needed"]
    return made


def asking(plan: dict[str, Any], **more: Any) -> Any:
    from governance_airflow.approval import PlanApproval

    return PlanApproval(task_id="ask", plan=plan, **more)


def record(plan: dict[str, Any], *answers: Any) -> dict[str, Any]:
    from governance_airflow.approval import RecordApproval

    given = {"digest": plan["digest"], "answers": list(answers)}
    task = RecordApproval(task_id="record", job="disposal.approved", arguments=given)
    run = SimpleNamespace(dag_id="dispose", run_id="r", run_type=SimpleNamespace(value="scheduled"), data_interval_end=None)
    return dict(task.execute({"dag_run": run, "ti": SimpleNamespace(task_id="record"), "params": {}}))


def answered(plan: dict[str, Any], user: str, chosen: str = "Approve", asked: str | None = None) -> dict[str, Any]:
    """What the operator hands on when Airflow resumes it with a person's response."""
    event = {"chosen_options": [chosen], "params_input": {"note": "typed beside the answer"}, "timedout": False,
             "responded_at": __import__("datetime").datetime(2026, 10, 1), "responded_by_user": {"id": user, "name": "Somebody"}}
    where = {"ti": SimpleNamespace(run_id="r")}
    return dict(asking(plan).execute_complete(where, event, asked=asked or plan["digest"]))


def state(plan: dict[str, Any]) -> str:
    from governance.installation import installed

    with installed() as installation:
        return str(installation.ledger.plan_record(plan["digest"]).state)


def freeze(plan: dict[str, Any]) -> Any:
    from governance import jobs

    return jobs.run("disposal.freeze", jobs.RunContext(), digest=plan["digest"])


def test_the_question_carries_the_whole_digest_and_why_somebody_is_asked(plan: dict[str, Any]) -> None:
    from governance_airflow.approval import body, subject

    assert plan["digest"] in subject(plan)
    assert plan["approval"]["why"] in body(plan)


def test_an_approval_by_the_right_person_is_recorded_with_that_person(plan: dict[str, Any]) -> None:
    from governance.installation import installed

    assert record(plan, answered(plan, OFFICER), None)["state"] == "approved"
    with installed() as installation:
        [given] = installation.ledger.approval(plan["digest"]).deciders
    assert (given.user, given.authenticated, given.via, given.note) == (OFFICER, True, "airflow", "")
    assert freeze(plan)["rows"] > 0


def test_a_rejection_is_recorded_and_nothing_can_be_frozen(plan: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from governance.domain.errors import ApprovalMissing

    with pytest.raises(AirflowFailException, match=f"the plan is rejected .answered by {OFFICER}.; nothing was changed"):
        record(plan, answered(plan, OFFICER, "Reject"), None)
    assert state(plan) == "rejected"
    with pytest.raises(ApprovalMissing):
        freeze(plan)


def test_a_response_that_came_too_late_is_no_answer(plan: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    late = asking(plan).execute_complete({"ti": SimpleNamespace(run_id="r")}, {"error": "late", "error_type": "timeout"},
                                         asked=plan["digest"])
    assert (late["user"], late["chosen"]) == (None, None)
    with pytest.raises(AirflowFailException, match="nothing was changed"):
        record(plan, late, None)
    assert state(plan) in ("waiting", "expired")


def test_an_answer_about_another_plan_does_not_count(plan: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="the answer is about another plan"):
        record(plan, answered(plan, OFFICER, asked="0" * 64), None)
    assert state(plan) == "waiting"


def test_an_answer_by_somebody_whom_the_policy_does_not_name_does_not_count(plan: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="not among its approvers"):
        record(plan, answered(plan, "demo.engineer"), None)
    assert state(plan) == "waiting"


def test_nobody_is_asked_when_the_plan_needs_nobody(plan: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    calm = {**plan, "approval": {**plan["approval"], "needed": False}}
    with pytest.raises(AirflowSkipException):
        asking(calm).execute({})
    with pytest.raises(AirflowSkipException):
        record(plan, None, None)


def test_a_second_person_is_asked_only_when_two_must_agree_and_the_first_said_yes(plan: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    two = {**plan, "approval": {**plan["approval"], "people": 2}}
    for asked, first in ((plan, "Approve"), (two, "Reject")):
        with pytest.raises(AirflowSkipException):
            asking(asked, second=True, earlier=answered(plan, OFFICER, first)).execute({})


def test_the_first_person_is_not_asked_twice(plan: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    alone = {**plan, "approval": {**plan["approval"], "people": 2, "approvers": [OFFICER]}}
    with pytest.raises(AirflowFailException, match="nobody is left"):
        asking(alone, second=True, earlier=answered(plan, OFFICER)).execute({})
