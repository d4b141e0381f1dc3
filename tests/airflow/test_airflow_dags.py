"""What the DAG folder promises before anything runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))
NAMES = {"attest", "depersonalize", "discover", "dispose", "reconcile", "requests", "validate"}
OPENS_NO_WAREHOUSE = {"depersonalize.approved", "depersonalize.list", "disposal.approved", "reconcile.approved", "reconcile.list",
                      "requests.approved", "attest.anchor"}
HEAVY = {"pandas", "polars", "pyarrow", "duckdb", "great_expectations", "psycopg", "governance", "yaml.dumper"}

pytestmark = pytest.mark.airflow


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)


def jobs_of(dag: Any) -> list[Any]:
    """The tasks that carry out a job, mapped ones too, as (task, job)."""
    pairs = [(task, (task.partial_kwargs if hasattr(task, "partial_kwargs") else vars(task)).get("job")) for task in dag.tasks]
    return [(task, job) for task, job in pairs if job]


def test_the_folder_holds_every_dag_and_nothing_that_fails_to_import(dags: dict[str, Any]) -> None:
    assert set(dags) == NAMES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_dag_file_is_wiring_only(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 60


def test_parsing_imports_nothing_heavy_beside_airflow() -> None:
    script = """
import importlib.util, json, sys
import airflow.sdk, airflow.providers.standard.operators.hitl
before = set(sys.modules)
for path in sys.argv[1:]:
    spec = importlib.util.spec_from_file_location("parsed_" + path.rpartition("/")[2], path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    done = subprocess.run([sys.executable, "-c", script, *map(str, FILES)], capture_output=True, text=True, check=True, cwd=ROOT,
                          env={**__import__("os").environ, "PYTHONPATH": str(ROOT / "plugins")})
    added = json.loads(done.stdout.splitlines()[-1])
    assert HEAVY.isdisjoint(name.partition(".")[0] for name in added)
    assert len(added) < 60, added


def test_every_task_that_opens_the_warehouse_waits_for_its_pool(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for task, job in jobs_of(dag):
            assert (task.pool == "governance_warehouse") is (job not in OPENS_NO_WAREHOUSE), task.task_id


def test_every_job_that_a_task_names_is_in_the_catalogue(dags: dict[str, Any]) -> None:
    from governance import jobs

    assert {job for dag in dags.values() for _, job in jobs_of(dag)} <= set(jobs.CATALOGUE)


def test_dags_say_what_they_do_whose_they_are_and_never_run_twice_at_once(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert "**If it fails:**" in dag.doc_md
        assert "governance" in dag.tags
        assert dag.max_active_runs == 1
        assert not dag.catchup
        assert all(task.owner != "airflow" for task in dag.tasks)
        assert all(" " in task.task_display_name for task, _ in jobs_of(dag) if len(task.task_id.rpartition(".")[2]) > 6)


def test_what_judges_by_receipts_runs_whatever_became_of_the_tasks_before(dags: dict[str, Any]) -> None:
    for dag, task in (("dispose", "look_at_the_data_again"), ("requests", "request.search_again"),
                      ("requests", "remove_the_bytes_and_close"),
                      ("depersonalize", "release.look_at_it_again"),
                      ("reconcile", "source.account_for_every_record"), ("attest", "anchor_the_evidence"), ("attest", "write_the_report")):
        assert dags[dag].get_task(task).trigger_rule == "all_done"


def test_only_what_changes_data_has_a_dry_run_and_it_is_on_by_default(dags: dict[str, Any]) -> None:
    for name, dag in dags.items():
        params = {key: dag.params.get_param(key) for key in dag.params}
        changes = name in ("dispose", "requests", "depersonalize", "reconcile")
        assert ("dry_run" in params) is changes
        if changes:
            assert set(params) == {"dry_run"}
            assert params["dry_run"].value is True
            assert params["dry_run"].schema["type"] == "boolean"


def test_how_closely_discovery_looks_is_chosen_when_it_is_started(dags: dict[str, Any]) -> None:
    params = {key: dags["discover"].params.get_param(key) for key in dags["discover"].params}
    assert {key: param.value for key, param in params.items()} == {"mode": "full", "all": False}
    assert params["mode"].schema["enum"] == ["full", "quick"]


def test_no_approval_has_a_default_answer(dags: dict[str, Any]) -> None:
    asking = [task for dag in dags.values() for task in dag.tasks if task.task_type == "PlanApproval"]
    assert len(asking) == 8
    assert all(task.defaults is None for task in asking)


def test_catalog_starts_validate(dags: dict[str, Any]) -> None:
    emitted = [asset.name for task in dags["discover"].tasks for asset in task.outlets]
    assert emitted == ["catalog"]
    assert dags["validate"].timetable.asset_condition.name == "catalog"
