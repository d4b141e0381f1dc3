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


def executable(env: Mapping[str, str]) -> str:
    """The `airflow` to ask: GOVERNANCE_AIRFLOW, else the one on the path. GovernanceError when there is none, or when it would
    make itself a home and a database of its own just because it was asked."""
    if env.get("GOVERNANCE_AIRFLOW"):
        return env["GOVERNANCE_AIRFLOW"]
    found = shutil.which("airflow", path=env.get("PATH"))
    if found is None:
        raise GovernanceError("there is no program airflow here", where="PATH",
                              fix="export GOVERNANCE_AIRFLOW=/path/of/its/environment/bin/airflow")
    if not (env.get("AIRFLOW_HOME") or env.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")):
        raise GovernanceError("is not set, so airflow would begin a home of its own", where="AIRFLOW_HOME",
                              fix="export AIRFLOW_HOME=... as Airflow's own programs have it")
    return found


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
