"""Airflow's pool for the warehouse, asked through Airflow's own command line: the product imports no Airflow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping

from governance.domain.errors import GovernanceError

POOL = "governance_warehouse"
_SECONDS = 120
_ONE_MACHINE = ("LocalExecutor", "SequentialExecutor", "")


def executable(env: Mapping[str, str]) -> str | None:
    """The `airflow` to ask: GOVERNANCE_AIRFLOW, or the one on the path where the environment names an Airflow home or database.

    Without such a name `airflow` would make itself a home and a database of its own, just because it was asked.
    """
    if env.get("GOVERNANCE_AIRFLOW"):
        return env["GOVERNANCE_AIRFLOW"]
    if env.get("AIRFLOW_HOME") or env.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        return shutil.which("airflow", path=env.get("PATH"))
    return None


def slots(airflow: str) -> int | None:
    """The pool's slots, None when there is no such pool. GovernanceError when Airflow gives no answer."""
    try:
        done = subprocess.run([airflow, "pools", "list", "--output", "json"], capture_output=True, text=True, timeout=_SECONDS,
                              check=False, env={**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"})
        pools = json.loads(done.stdout[done.stdout.index("["):]) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        pools = None
    if pools is None:
        raise GovernanceError("gives no answer about its pools", where="airflow", fix="airflow pools list; correct what it says")
    found = {str(pool["pool"]): int(pool["slots"]) for pool in pools}
    return found.get(POOL)


def create(slots: int) -> str:
    """The line that makes the pool."""
    return f'airflow pools set {POOL} {slots} "processes that may have the warehouse open"'


def several_machines(env: Mapping[str, str]) -> bool:
    """Whether tasks can run on more than one machine, by the executor the environment names."""
    executors = [name.split(":")[0].rpartition(".")[2] for name in env.get("AIRFLOW__CORE__EXECUTOR", "").split(",")]
    return any(name.strip() not in _ONE_MACHINE for name in executors)
