"""Airflow itself on one machine: scheduler with LocalExecutor, API server and DAG processor on a SQLite metadata database.

Every part runs in a session of its own, so that `stop` finds whatever a part has started, and binds 127.0.0.1 only.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from examples.home import inherited

ROOT = Path(__file__).resolve().parent.parent
PROC = Path("/proc")
PARTS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
# The demo's people and what Airflow lets them do. Passwords are made for each home and live in a file only this user reads.
USERS = {"demo.engineer": "admin", "compliance.officer": "op", "legal.counsel": "op", "data.analyst": "viewer"}


@dataclass
class Airflow:
    """One Airflow home. `extra` is put into the environment of every part and so of every task."""

    home: Path
    extra: Mapping[str, str]
    port: int = 0
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def logs(self) -> Path:
        return self.home / "parts"

    def environment(self) -> dict[str, str]:
        """The lean configuration of a laptop: four workers, short sleeps, no examples, nothing sent anywhere."""
        keys = self._keys()
        return inherited() | {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__FERNET_KEY": keys["fernet"],
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in USERS.items()),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.passwords_file),
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home / 'airflow.db'}",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": keys["session"],
            "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # also how late the end of a task is noticed
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT)]),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "GX_ANALYTICS_ENABLED": "False",
            "OPENBLAS_NUM_THREADS": "1",  # the scheduler forks its tasks: the fewer threads beside it, the better
        } | dict(self.extra)

    def migrate(self) -> subprocess.Popen[bytes] | None:
        """Start making the metadata database; None when this home has one already."""
        done = self.home / ".migrated"
        if done.exists():
            return None
        self._make_passwords()
        script = "from airflow.utils.db import initdb; initdb()"
        return self._spawn("migrate", [sys.executable, "-c", script])

    def migrated(self) -> None:
        """Remember that the metadata database is made."""
        (self.home / ".migrated").touch()

    def start(self, parts: Sequence[str] = ("api-server", "scheduler", "dag-processor")) -> None:
        for part in parts:
            self._spawn(part, [str(Path(sys.executable).with_name("airflow")), *PARTS[part]])

    def sweep(self) -> list[str]:
        """End what an earlier, killed run of this home left behind; the names of those parts.

        A part is known by its number and the moment it started, so that nothing else is ever ended.
        """
        path = self.logs / "running.json"
        left = json.loads(path.read_text()) if path.exists() else {}
        found = [(name, pid) for name, (pid, began) in left.items() if began and started(pid) == began]
        for _, pid in found:
            end_session(pid)
        path.unlink(missing_ok=True)
        return [name for name, _ in found]

    def dead(self) -> list[str]:
        """Parts that ended by themselves."""
        return [name for name, process in self._running.items() if name in PARTS and process.poll() is not None]

    def stop(self) -> None:
        """End every part and everything it started: ask first, then kill the whole session."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 4
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for process in self._running.values():
            end_session(process.pid)
            process.wait()
        self._running.clear()
        (self.logs / "running.json").unlink(missing_ok=True)

    @property
    def passwords_file(self) -> Path:
        return self.home / "passwords.json"

    def password(self, user: str) -> str:
        return str(json.loads(self.passwords_file.read_text())[user])

    def _make_passwords(self) -> None:
        write_private(self.passwords_file, json.dumps({user: secrets.token_urlsafe(12) for user in USERS}))

    def _keys(self) -> dict[str, str]:
        path = self.home / "keys.json"
        if not path.exists():
            fresh = {"fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                     "session": secrets.token_urlsafe(32), "jwt": secrets.token_urlsafe(48)}
            write_private(path, json.dumps(fresh))
        return dict(json.loads(path.read_text()))

    def _spawn(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        self.logs.mkdir(exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment(), stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL, start_new_session=True)
        self._running[name] = process
        known = {part: (running.pid, started(running.pid)) for part, running in self._running.items()}
        (self.logs / "running.json").write_text(json.dumps(known))
        return process


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def write_private(path: Path, text: str) -> None:
    """A file that only this user can read, from its first moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def end_session(session: int) -> None:
    """Kill every process of a session that we started, also those whose parent has gone, its leader last."""
    for pid in sorted(in_session(session), reverse=True):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def in_session(session: int) -> list[int]:
    """Processes of a session. Found by asking the system, because a process may outlive its parent."""
    found = []
    for pid in _all_processes():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == session:
                found.append(pid)
    return found


def started(pid: int) -> str:
    """When a process began, as the system counts it; empty when there is none."""
    if PROC.exists():
        try:
            return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
        except (FileNotFoundError, ProcessLookupError):
            return ""
    return "".join(_ps("-o", "lstart=", "-p", str(pid))).strip()


def _all_processes() -> list[int]:
    if PROC.exists():
        return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return [int(line) for line in _ps("-A", "-o", "pid=")]


def _ps(*words: str) -> list[str]:
    """Where there is no /proc; the smallest Linux machines have no ps."""
    done = subprocess.run(["ps", *words], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    return done.stdout.splitlines()
