"""Airflow itself, as `make demo` starts it: scheduler, LocalExecutor, API. One run that a person says no to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from examples.airflow_api import AirflowRefused, Api
from examples.airflow_service import Airflow, in_session
from examples.following import WAIT_BEFORE_ANSWER

pytestmark = [pytest.mark.airflow, pytest.mark.slow]
ASK = "ask_for_approval"


def waiting(api: Api, run: str) -> bool:
    return any(task["state"] == "awaiting_input" for task in api.tasks("dispose", run) if task["task_id"] == ASK)


def counts(company: Any) -> list[tuple[str, int]]:
    with duckdb.connect(str(company.folder / "warehouse.duckdb"), read_only=True) as connection:
        names = connection.execute("SELECT table_schema, table_name FROM information_schema.tables "
                                   "WHERE table_schema NOT IN ('governance', 'main') ORDER BY ALL").fetchall()
        return [(f"{s}.{t}", connection.execute(f'SELECT count(*) FROM "{s}"."{t}"').fetchone()[0]) for s, t in names]


def test_only_the_person_whom_the_policy_names_may_answer_and_a_no_ends_the_run_untouched(
        company: Any, tmp_path: Path) -> None:
    from governance.installation import installed

    before = counts(company)
    airflow = Airflow(tmp_path / "airflow", company.environment)
    try:
        migrating = airflow.migrate()
        assert migrating is not None
        assert migrating.wait(300) == 0
        airflow.start()
        engineer, officer, counsel = (Api(airflow.url, user, airflow.password(user))
                                      for user in ("demo.engineer", "compliance.officer", "legal.counsel"))
        assert engineer.wait_for(engineer.healthy, 240), airflow.dead()
        assert engineer.wait_for(lambda: "dispose" in engineer.dags(), 120), engineer.import_errors()
        engineer.pool("governance_warehouse", 1)
        engineer.unpause("dispose")
        assert engineer.wait_for(lambda: engineer.runs("dispose"), 60), "unpausing starts the run of last night"
        run = engineer.runs("dispose")[0]["dag_run_id"]
        assert engineer.wait_for(lambda: waiting(engineer, run), 240), engineer.tasks("dispose", run)

        with installed() as installation:
            [asked] = installation.ledger.approvals("waiting")
        question = officer.question("dispose", run, ASK, -1)
        assert asked.digest in question["subject"]
        assert {user["id"] for user in question["assigned_users"]} == set(asked.approvers)
        assert not question["defaults"]
        time.sleep(WAIT_BEFORE_ANSWER)
        for other in (engineer, counsel):  # an administrator of Airflow, and a member of staff who may approve other things
            with pytest.raises(AirflowRefused, match="403"):
                other.answer("dispose", run, ASK, -1, "Approve")
        officer.answer("dispose", run, ASK, -1, "Reject")
        assert engineer.wait_for(lambda: engineer.run_state("dispose", run) == "failed", 240)

        states = {task["task_id"]: task for task in engineer.tasks("dispose", run)}
        said = engineer.log("dispose", run, "check_and_record_the_approval", -1, 1)
        assert any("the plan is rejected (answered by compliance.officer); nothing was changed" in line for line in said), said
        assert states["freeze_the_rows"]["state"] == "upstream_failed"
        assert "a task before this one did not finish" in " ".join(
            engineer.log("dispose", run, "look_at_the_data_again", -1, states["look_at_the_data_again"]["try_number"]))
    finally:
        sessions = [process.pid for process in airflow._running.values()]
        airflow.stop()
    assert [pid for session in sessions for pid in in_session(session)] == []
    with installed() as installation:
        assert installation.ledger.plan_record(asked.digest).state == "rejected"
        [answer] = installation.ledger.approval(asked.digest).deciders
        assert (answer.user, answer.approved, answer.authenticated) == ("compliance.officer", False, True)
    assert counts(company) == before
