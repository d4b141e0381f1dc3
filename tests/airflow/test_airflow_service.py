"""The demo ends what it started, and only that."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from examples.airflow_service import Airflow, end_session, in_session, started

pytestmark = pytest.mark.airflow
CHILD = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z" if Path("/proc").exists() else True


def parent_with_child() -> tuple[subprocess.Popen[bytes], list[int]]:
    process = subprocess.Popen([sys.executable, "-c", CHILD], start_new_session=True)
    deadline = time.monotonic() + 20
    while len(in_session(process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    return process, in_session(process.pid)


def test_a_session_ends_whole_even_when_its_leader_was_killed_first() -> None:
    process, members = parent_with_child()
    assert len(members) == 2
    process.kill()
    process.wait()
    end_session(process.pid)
    time.sleep(0.2)
    assert not any(alive(pid) for pid in members)


def test_what_a_killed_demo_left_is_ended_by_the_next_and_a_reused_number_is_not(tmp_path: Path) -> None:
    home = tmp_path / "airflow"
    first = Airflow(home, {})
    left = first._spawn("scheduler", [sys.executable, "-c", CHILD])  # the demo that started it is then killed
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    record = (home / "parts" / "running.json").read_text()
    (home / "parts" / "running.json").write_text(record[:-1] + f', "api-server": [{bystander.pid}, "another moment"]}}')
    try:
        assert Airflow(home, {}).sweep() == ["scheduler"]
        left.wait(10)
        assert alive(bystander.pid)
        assert started(bystander.pid)
    finally:
        bystander.kill()
        bystander.wait()
        end_session(left.pid)


def test_nothing_of_this_shell_reaches_airflow_but_what_the_home_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVERNANCE_WAREHOUSE_URL", "postgresql://elsewhere")
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    service = Airflow(tmp_path / "airflow", {"GOVERNANCE_LEDGER_URL": "sqlite:///here"})
    environment = service.environment()
    assert "GOVERNANCE_WAREHOUSE_URL" not in environment
    assert environment["GOVERNANCE_LEDGER_URL"] == "sqlite:///here"
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_passwords_and_keys_are_made_for_each_home_and_readable_by_this_user_only(tmp_path: Path) -> None:
    homes = [Airflow(tmp_path / name, {}) for name in ("a", "b")]
    for home in homes:
        home._make_passwords()
        home.environment()
        assert {(home.home / name).stat().st_mode & 0o777 for name in ("passwords.json", "keys.json")} == {0o600}
    assert homes[0].password("compliance.officer") != homes[1].password("compliance.officer")
    assert (homes[0].home / "keys.json").read_text() != (homes[1].home / "keys.json").read_text()
