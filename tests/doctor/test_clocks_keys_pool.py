"""Clocks, keys, folders and Airflow's pool: what the doctor says of each, with the line to type."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.doctor import examine, pool, sql
from governance.doctor.clocks import MOST_APART, apart
from governance.doctor.examine import clock_check
from governance.domain.errors import GovernanceError
from governance.warehouse.connect import connect
from tests.disposal.conftest import Shop

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(ahead=st.integers(-10**6, 10**6), took=st.integers(0, 60_000))
def test_clocks_that_differ_by_more_than_the_answer_took_are_told_apart(ahead: int, took: int) -> None:
    """All in milliseconds. A slow answer makes us unsure, never sure of a fault."""
    ours = iter((NOON, NOON + timedelta(milliseconds=took)))
    found = apart(lambda: NOON + timedelta(milliseconds=took / 2 + ahead), lambda: next(ours))
    assert found.too_far == (abs(timedelta(milliseconds=ahead)) - timedelta(milliseconds=took / 2) > MOST_APART)


@pytest.mark.postgres
def test_a_clock_that_is_an_hour_off_is_named_with_its_direction(postgres_url: str) -> None:
    with closing(connect(postgres_url, read_only=True)) as warehouse:
        def theirs() -> datetime:
            told: datetime = warehouse.scalar(sql.server_time(), name="test.clock")
            return told

        assert clock_check("the warehouse", apart(theirs)).ok
        late = clock_check("the warehouse", apart(theirs, lambda: datetime.now(UTC) + timedelta(hours=1)))
    assert late.ok is False
    assert late.detail.endswith("s behind this machine")
    assert "timedatectl" in late.fix


def test_a_key_made_on_another_machine_is_found(shop_of: Shop) -> None:
    def check() -> bool | None:
        return {c.what: c.ok for c in examine(shop_of.installation)}["key of the ledger"]

    assert check() is None
    examine(shop_of.installation, fix=True)
    assert check() is True
    shop_of.installation.keys.destroy("suppression/v1")
    shop_of.installation.keys.create("suppression/v1")
    assert check() is False


def test_keys_that_others_could_replace_are_found(shop_of: Shop) -> None:
    folder = shop_of.installation.settings.secrets_dir
    folder.chmod(0o777)
    found = {c.what: c for c in examine(shop_of.installation)}["secrets"]
    assert (found.ok, found.fix) == (False, "chmod go-w on the folder")


def test_files_of_one_machine_are_refused_where_tasks_run_on_several(shop_of: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [c for c in examine(shop_of.installation) if c.what == "several machines"]
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "airflow.providers.celery.executors.celery_executor.CeleryExecutor")
    found = [c for c in examine(shop_of.installation) if c.what == "several machines"]
    assert found[0].ok is False
    assert "GOVERNANCE_LEDGER_URL" in found[0].detail


def test_executors_of_one_machine_are_known() -> None:
    for one in ("LocalExecutor", "", "SequentialExecutor", "airflow.executors.local_executor.LocalExecutor"):
        assert not pool.several_machines({"AIRFLOW__CORE__EXECUTOR": one})
    for several in ("CeleryExecutor", "LocalExecutor,KubernetesExecutor", "team:a.b.CeleryExecutor"):
        assert pool.several_machines({"AIRFLOW__CORE__EXECUTOR": several})


def test_airflow_is_never_asked_where_that_would_begin_a_home(tmp_path: Path) -> None:
    (tmp_path / "airflow").write_text("#!/bin/sh\n")
    (tmp_path / "airflow").chmod(0o755)
    with pytest.raises(GovernanceError, match="would begin a home of its own"):
        pool.executable({"PATH": str(tmp_path)})
    with pytest.raises(GovernanceError, match="there is no program airflow"):
        pool.executable({"PATH": str(tmp_path / "none"), "AIRFLOW_HOME": "x"})
    assert pool.executable({"PATH": str(tmp_path), "AIRFLOW_HOME": "x"}) == str(tmp_path / "airflow")
