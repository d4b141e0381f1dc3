"""SIGKILL between any two commits of reconciling, then the same again: no record lost or doubled, no value written twice.

KILL_POINTS=commits tries the last boundary before every commit, rename and removal; otherwise a few of those.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.kill
SAMPLE = "5"


def test_a_kill_while_feeds_are_reconciled_loses_and_doubles_no_record(tmp_path: Path, new_world: Callable[[Path], str]) -> None:
    (tmp_path / "world").mkdir()
    url = new_world(tmp_path / "world")
    every = os.environ.get("KILL_POINTS") in ("commits", "all")
    done = subprocess.run([sys.executable, "-m", "tests.kill.reconciling", str(tmp_path), url, "every" if every else SAMPLE], cwd=ROOT,
                          capture_output=True, text=True, check=False, timeout=5_000 if every else 900)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "the same end each time" in done.stdout
