"""Follow a run of a DAG: start it, tell each task as it ends, answer what the demo's officer is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from examples.airflow_api import ENDED, Api

Say = Callable[[str], None]
WAIT_BEFORE_ANSWER = 8.0  # an answer within a second of the question makes Airflow 3.3.2 fail the task
TOLD = frozenset({"success", "failed", "up_for_retry"})


class RunFailed(Exception):
    """A run ended otherwise than it should have. The message has the last lines of the failed task's log."""


@dataclass
class Runs:
    """Runs of DAGs as the engineer, answers as the officer."""

    engineer: Api
    officer: Api
    alive: Callable[[], list[str]] = list
    answered: int = 0
    _asked: dict[tuple[str, str, int], float] = field(default_factory=dict)

    def start(self, dag: str, conf: dict[str, Any] | None = None, *, scheduled_within: float = 0.0) -> str:
        """Unpause a DAG and take the run that its schedule or asset starts; when none comes in time, start one by hand."""
        before = {run["dag_run_id"] for run in self.engineer.runs(dag)}
        self.engineer.unpause(dag)
        deadline = time.monotonic() + scheduled_within
        while time.monotonic() < deadline:
            fresh = [run["dag_run_id"] for run in self.engineer.runs(dag) if run["dag_run_id"] not in before]
            if fresh:
                return str(fresh[-1])
            time.sleep(0.3)
        return self.engineer.trigger(dag, conf)

    def follow(self, dag: str, run: str, say: Say, *, seconds: float = 900, expect: str = "success") -> str:
        """Until the run has ended; its state. RunFailed when that is not `expect` or takes too long."""
        told: set[tuple[str, int, int, str]] = set()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = self.engineer.run_state(dag, run)
            tasks = self.engineer.tasks(dag, run)
            for task in tasks:
                self._tell(task, told, say)
                if task["state"] == "awaiting_input":
                    self._answer(dag, run, task, say)
            if state in ENDED:
                if state != expect:
                    raise RunFailed(self.why(dag, run) if state == "failed" else f"{dag} succeeded, which was not expected")
                return state
            if dead := self.alive():
                raise RunFailed(f"Airflow's {', '.join(dead)} ended by itself")
            time.sleep(0.4)
        raise RunFailed(f"{dag} did not end within {seconds:.0f} seconds")

    def why(self, dag: str, run: str) -> str:
        """The last words of each failed task."""
        parts = []
        for task in self.engineer.tasks(dag, run):
            if task["state"] == "failed":
                lines = self.last_words(dag, run, task)
                parts.append(f"{dag}: {in_words(task)} failed:\n  " + "\n  ".join(lines[-12:]))
        return "\n".join(parts) or f"{dag} failed before any task ran"

    def last_words(self, dag: str, run: str, task: dict[str, Any]) -> list[str]:
        return self.engineer.log(dag, run, task["task_id"], task["map_index"], task["try_number"])

    def _tell(self, task: dict[str, Any], told: set[tuple[str, int, int, str]], say: Say) -> None:
        key = (task["task_id"], task["map_index"], task["try_number"], str(task["state"]))
        if task["state"] in TOLD and key not in told:
            told.add(key)
            word = {"success": "done", "failed": "failed", "up_for_retry": "failed, will be tried again"}[task["state"]]
            say(f"{in_words(task)}: {word} ({task['duration'] or 0:.1f} s)")

    def _answer(self, dag: str, run: str, task: dict[str, Any], say: Say) -> None:
        key = (run, task["task_id"], task["map_index"])
        now = time.monotonic()
        if key not in self._asked:
            self._asked[key] = now
            question = self.officer.question(dag, run, task["task_id"], task["map_index"])
            say(f"{self.officer.user} is asked: {question['subject'][:70]}...")
        elif now - self._asked[key] > WAIT_BEFORE_ANSWER:
            self.officer.answer(dag, run, task["task_id"], task["map_index"], "Approve")
            self._asked[key] = float("inf")
            self.answered += 1
            say(f"{self.officer.user} approves, through Airflow's own page or API, signed in with a password")


def in_words(task: dict[str, Any]) -> str:
    """``request.freeze_the_rows`` of request R-1 as ``Freeze the rows [R-1]``."""
    words = str(task["task_id"]).rpartition(".")[2].replace("_", " ")
    label = task.get("rendered_map_index")
    return words[:1].upper() + words[1:] + (f" [{label}]" if label else "")
