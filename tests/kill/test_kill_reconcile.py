"""SIGKILL between any two commits of reconciling, then the same again: no record lost or doubled, no value written twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.kill


def test_a_kill_while_feeds_are_reconciled_loses_and_doubles_no_record(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    url = f"duckdb:///{tmp_path}/world/warehouse.duckdb"
    done = subprocess.run([sys.executable, "-m", "tests.kill.reconciling", str(tmp_path), url, "5"], cwd=ROOT, capture_output=True,
                          text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "the same end each time" in done.stdout
