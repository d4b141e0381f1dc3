"""Airflow's REST API, as much of it as the demo needs, on behalf of one signed-in person."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

ENDED = ("success", "failed")
TRIES, PAUSE = 6, 1.0  # Airflow's own SQLite database is locked now and then on a busy machine


class AirflowRefused(Exception):
    """The API said no; the message has its words."""


@dataclass
class Api:
    """Signed in as `user`. `base` is ``http://127.0.0.1:8080``."""

    base: str
    user: str
    password: str
    _client: httpx.Client | None = None

    def sign_in(self) -> None:
        self._client = httpx.Client(base_url=self.base, timeout=90, trust_env=False)
        token = self.call("POST", "/auth/token", {"username": self.user, "password": self.password})["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        if self._client is None:
            self.sign_in()
        assert self._client is not None
        response = self._client.request(method, path, json=body)
        for _ in range(TRIES - 1 if method in ("GET", "PATCH") else 0):  # the same again is harmless
            if response.status_code < 500:
                break
            time.sleep(PAUSE)
            response = self._client.request(method, path, json=body)
        if response.status_code >= 400:
            raise AirflowRefused(f"{method} {path}: {response.status_code} {response.text[:400]}")
        return response.json() if response.content else None

    def healthy(self) -> bool:
        try:
            found = httpx.get(f"{self.base}/api/v2/monitor/health", timeout=5, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            return False
        return all((found.get(part) or {}).get("status") == "healthy" for part in ("metadatabase", "scheduler"))

    def dags(self) -> set[str]:
        return {dag["dag_id"] for dag in self.call("GET", "/api/v2/dags?limit=100")["dags"]}

    def import_errors(self) -> list[str]:
        return [f"{e['filename']}: {e['stack_trace']}" for e in self.call("GET", "/api/v2/importErrors")["import_errors"]]

    def pool(self, name: str, slots: int) -> None:
        known = {pool["name"] for pool in self.call("GET", "/api/v2/pools?limit=100")["pools"]}
        body = {"name": name, "slots": slots, "description": "Tasks that open the warehouse", "include_deferred": False}
        if name in known:
            self.call("PATCH", f"/api/v2/pools/{name}?update_mask=slots", body)
        else:
            self.call("POST", "/api/v2/pools", body)

    def unpause(self, dag: str) -> None:
        self.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})

    def trigger(self, dag: str, conf: dict[str, Any] | None = None) -> str:
        return str(self.call("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf or {}})["dag_run_id"])

    def pause(self, dag: str) -> None:
        self.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": True})

    def run_state(self, dag: str, run: str) -> str:
        return str(self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"])

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """Newest first."""
        return list(self.call("GET", f"/api/v2/dags/{dag}/dagRuns?order_by=-run_after&limit=20")["dag_runs"])

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=500")["task_instances"])

    def result(self, dag: str, run: str, task: str, index: int = -1) -> Any:
        """What a task returned."""
        return self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value"
                                f"?deserialize=true&map_index={index}")["value"]

    def question(self, dag: str, run: str, task: str, index: int) -> dict[str, Any]:
        return dict(self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/{index}/hitlDetails"))

    def answer(self, dag: str, run: str, task: str, index: int, chosen: str) -> None:
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/{index}/hitlDetails"
        try:
            self.call("PATCH", path, {"chosen_options": [chosen], "params_input": {}})
        except AirflowRefused as error:
            if ": 409 " not in f"{error}":  # answered by the try whose reply was lost
                raise

    def log(self, dag: str, run: str, task: str, index: int, attempt: int) -> list[str]:
        """What a task's log says, newest last: events, and of errors the text."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{attempt}?map_index={index}&full_content=true"
        lines: list[str] = []
        for entry in self.call("GET", path)["content"]:
            line = entry if isinstance(entry, str) else str(entry.get("event", ""))
            if line and not line.startswith("::"):
                lines.append(line)
            if isinstance(entry, dict):
                errors = entry.get("error_detail") or []
                lines += [text for error in errors for text in str(error.get("exc_value", "")).splitlines()]
        return lines

    def touch(self, asset: str) -> None:
        """Tell Airflow that an asset was brought up to date by a person."""
        found = self.call("GET", f"/api/v2/assets?name_pattern={asset}")["assets"]
        self.call("POST", "/api/v2/assets/events", {"asset_id": next(a["id"] for a in found if a["name"] == asset), "extra": {}})

    def wait_for(self, what: Any, seconds: float, every: float = 0.5) -> bool:
        """Whether `what()` became true in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if what():
                return True
            time.sleep(every)
        return False
