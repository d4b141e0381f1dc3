"""How a job's errors reach Airflow: plain words, the right retry, and never a value."""

from __future__ import annotations

import multiprocessing
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.airflow
PERSON = "Aytən Səmədzadə"


def context(run_type: str = "scheduled", **params: Any) -> Any:
    """A run as Airflow shows it to a task."""
    run = SimpleNamespace(dag_id="dispose", run_id="run-1", run_type=SimpleNamespace(value=run_type),
                          data_interval_end=datetime(2026, 9, 30, tzinfo=UTC), triggering_user_name=None)
    return {"dag_run": run, "ti": SimpleNamespace(task_id="t", run_id="run-1"), "params": params}


def operator(job: str, **more: Any) -> Any:
    from governance_airflow.operators import GovernanceOperator

    return GovernanceOperator(task_id="t", job=job, **more)


def raised(task: Any, where: Any = None) -> BaseException:
    with pytest.raises(Exception) as caught:
        task.execute(where or context())
    return caught.value


def test_a_missing_setting_fails_at_once_and_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    monkeypatch.delenv("GOVERNANCE_LEDGER_URL", raising=False)
    monkeypatch.delenv("GOVERNANCE_WAREHOUSE_URL", raising=False)
    error = raised(operator("disposal.plan"))
    assert isinstance(error, AirflowFailException)
    assert "GOVERNANCE_WAREHOUSE_URL: is not set" in str(error)
    assert "fix: export" in str(error)


def hold(path: str, ready: Any, end: Any) -> None:
    import duckdb

    with duckdb.connect(path):
        ready.set()
        end.wait(60)


def test_a_warehouse_that_is_busy_is_tried_again(company: Any) -> None:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    spawn = multiprocessing.get_context("spawn")
    ready, end = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(str(company.folder / "warehouse.duckdb"), ready, end))
    other.start()
    try:
        assert ready.wait(60)
        error = raised(operator("disposal.plan"))
    finally:
        end.set()
        other.join(60)
    assert isinstance(error, AirflowException)
    assert not isinstance(error, AirflowFailException)


def test_an_error_nobody_foresaw_shows_its_class_and_our_line_and_no_value(company: Any) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    error = raised(operator("discover.scan", arguments={"run": "r", "tables": [PERSON]}))
    shown = "".join(traceback.format_exception(error))
    assert isinstance(error, AirflowFailException)
    assert "ValueError in governance/domain/names.py, line" in str(error)
    assert PERSON not in shown
    assert error.__cause__ is None
    assert error.__context__ is None


def test_an_argument_that_never_came_is_named(company: Any) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    error = raised(operator("disposal.verify", arguments={"digest": None}))
    assert isinstance(error, AirflowFailException)
    assert str(error) == "disposal.verify: no digest, because a task before this one did not finish"


def test_a_run_by_hand_is_dry_unless_told_otherwise_and_a_scheduled_run_never_is() -> None:
    from governance_airflow.operators import carries_out

    assert not carries_out(context("manual", dry_run=True))
    assert carries_out(context("manual", dry_run=False))
    for kind in ("scheduled", "backfill", "asset_triggered"):
        assert carries_out(context(kind, dry_run=True))


def test_as_of_is_never_later_than_the_data_interval_of_the_run(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.installation import installed

    pushed: dict[str, Any] = {}
    where = context()
    where["ti"].xcom_push = pushed.__setitem__
    operator("disposal.plan", fans_out="chunks", plans=True).execute(where)
    with installed() as installation:
        assert installation.ledger.plan(pushed["digest"]).as_of == datetime(2026, 9, 30, tzinfo=UTC)


def test_a_fanned_out_task_returns_its_list_and_tells_the_rest_by_name(company: Any) -> None:
    pushed: dict[str, Any] = {}
    where = context()
    where["ti"].xcom_push = pushed.__setitem__
    chunks = operator("discover.tables", fans_out="chunks").execute(where)
    assert chunks == pushed["chunks"]
    assert {"run", "chunks", "result"} == set(pushed)
    assert all(set(chunk) == {"chunk", "label", "tables"} for chunk in chunks)


def test_the_warm_start_opens_nothing(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = ("import sys; from governance_airflow.listener import MODULES, warm; warm(MODULES); "
              "print('governance.jobs' in sys.modules, 'duckdb' in sys.modules)")
    plugins = str(Path(__file__).resolve().parents[2] / "plugins")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                          env={**__import__("os").environ, "PYTHONPATH": plugins})
    assert done.stdout.split() == ["True", "False"]
