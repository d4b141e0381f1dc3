"""The demo's home: one folder with warehouse, ledger, keys, files, reports and Airflow, and the settings that point there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-10-01T06:00:00+00:00"  # the company's clock stands still here; planted truth is computed for this moment
LOADED = "the warehouse stands; what was planted in it can be read"  # said by the generator before it tells the truth
BIN = Path(sys.executable).parent


def inherited() -> dict[str, str]:
    """This shell's environment without what would reach into the demo. Compiled modules may be kept: starting costs half."""
    return {k: v for k, v in os.environ.items()
            if not k.startswith(("GOVERNANCE_", "AIRFLOW")) and k != "PYTHONDONTWRITEBYTECODE"}


class CommandFailed(Exception):
    """A command ended with an exit code that was not expected; the message is its last words."""


@dataclass(frozen=True)
class Home:
    """`rows` and `seed` decide what the generator makes when the home is new. `urls` says where `warehouse` and `ledger`
    are when they are not the files of the embedded default; `slots` how many tasks may have the warehouse open at once.
    With `check` the story ends with a comparison against the planted truth."""

    path: Path
    rows: int = 200_000
    seed: int = 7
    urls: Mapping[str, str] = field(default_factory=dict)
    slots: int = 1
    check: bool = False

    def settings(self) -> dict[str, str]:
        """The environment of the command line and of every Airflow task."""
        return {
            "GOVERNANCE_WAREHOUSE_URL": self.urls.get("warehouse", f"duckdb:///{self.path / 'warehouse.duckdb'}"),
            "GOVERNANCE_LEDGER_URL": self.urls.get("ledger", f"sqlite:///{self.path / 'ledger.sqlite'}"),
            "GOVERNANCE_POLICY_DIR": str(ROOT / "policy"),
            "GOVERNANCE_SECRETS": str(self.path / "secrets"),
            "GOVERNANCE_STORES": str(self.path / "stores"),
            "GOVERNANCE_FEEDS": str(self.path / "feeds"),
            "GOVERNANCE_REPORTS": str(self.path / "reports"),
            "GOVERNANCE_ANCHOR": str(self.path / "anchors" / "anchors.jsonl"),
            "GOVERNANCE_AS_OF": AS_OF,
            "GX_ANALYTICS_ENABLED": "False",
        }

    def generate(self) -> subprocess.Popen[str]:
        """Start the generator; its progress comes line by line on its standard error. A warehouse that stands is kept: then
        it only tells the truth about it, which an earlier run did not finish."""
        (self.path / "anchors").mkdir(parents=True, exist_ok=True)
        stands = self.done.get("loaded") is not None
        if not stands:
            for left in ("warehouse.duckdb", "warehouse.duckdb.wal"):
                (self.path / left).unlink(missing_ok=True)
            shutil.rmtree(self.path / "stores", ignore_errors=True)
        shutil.rmtree(self.path / "truth", ignore_errors=True)
        size = self.done.get("loaded") or {"rows": self.rows, "seed": self.seed}
        command = [sys.executable, "-m", "examples.generate", "--warehouse", self.settings()["GOVERNANCE_WAREHOUSE_URL"],
                   "--stores", str(self.path / "stores"), "--feeds", str(self.path / "feeds"), "--truth",
                   str(self.path / "truth"), "--rows", str(size["rows"]),
                   "--seed", str(size["seed"]), "--as-of", AS_OF, *(["--only-truth"] if stands else [])]
        return subprocess.Popen(command, cwd=ROOT, env=inherited(), stderr=subprocess.PIPE, text=True, start_new_session=True)

    def governance(self, *words: str, stdin: str = "", codes: Sequence[int] = (0,)) -> Any:
        """Run the command line with ``--json`` and read its answer. What it is told on standard input appears nowhere else."""
        done = subprocess.run([str(BIN / "governance"), *words, "--json"], cwd=ROOT, env=self.environment(), input=stdin,
                              capture_output=True, text=True, check=False)
        if done.returncode not in codes:
            raise CommandFailed(f"governance {' '.join(words[:2])}: {(done.stderr or done.stdout).strip()[-2000:]}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def compare(self, verb: str, *words: str) -> list[str]:
        """Run the comparison with the planted truth, which knows nothing of the product; what it says, line by line."""
        return self._compared("compare", verb, "--stores", str(self.path / "stores"), "--before", str(self.path / "before"), *words)

    def compare_feeds(self) -> list[str]:
        """The same for what feeds became: records, links, golden values and signals."""
        return self._compared("feeds", "--truth", str(self.path / "truth"), "--as-of", self.settings()["GOVERNANCE_AS_OF"])

    def _compared(self, program: str, *words: str) -> list[str]:
        command = [sys.executable, "-m", f"tests.truth.{program}", *words, "--warehouse", self.settings()["GOVERNANCE_WAREHOUSE_URL"]]
        done = subprocess.run(command, cwd=ROOT, env=inherited(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise CommandFailed(f"the comparison with the planted truth: {(done.stdout or done.stderr).strip()[-4000:]}")
        return done.stdout.strip().splitlines()

    def environment(self) -> dict[str, str]:
        return inherited() | self.settings()

    def write_env(self) -> Path:
        """A file to source, for the command line on the demo's data."""
        path = self.path / "env"
        path.write_text("".join(f"export {name}='{value}'\n" for name, value in self.settings().items()))
        return path

    def truth(self, name: str) -> Any:
        return json.loads((self.path / "truth" / f"{name}.json").read_text())

    @property
    def done(self) -> Mapping[str, Any]:
        """What earlier runs of the demo did that must not be done twice."""
        path = self.path / "done.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def remember(self, **what: Any) -> None:
        path = self.path / "done.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({**self.done, **what}, indent=1))
        fresh.replace(path)

    def clean(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
