"""The tutorial is run as it is written: every command block, in order, in one shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def typed(page: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """The commands of a tutorial, run; each ``text`` block quotes lines that the ``sh`` block before it prints."""
    blocks = _BLOCK.findall((ROOT / "docs/tutorial" / page).read_text(encoding="utf-8"))
    commands = "\n".join(f"echo '#### {n}'\n{text}" for n, (kind, text) in enumerate(blocks) if kind == "sh")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GOVERNANCE_", "AIRFLOW"))}
    env = {**kept, "T": str(tmp_path / "t"), "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}"}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=ROOT, env=env, capture_output=True, text=True,
                          encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    printed = dict(re.findall(r"^#### (\d+)\n(.*?)(?=^#### |\Z)", done.stdout, re.MULTILINE | re.DOTALL))
    quoted = 0
    for n, (kind, text) in enumerate(blocks):
        for line in text.strip().splitlines() if kind == "text" else ():
            assert line in printed[str(n - 1)], f"the tutorial promises {line!r}"
            quoted += 1
    assert quoted >= 5
    return done


@pytest.mark.slow
def test_the_first_release_can_be_typed_as_it_stands(tmp_path: Path) -> None:
    done = typed("first_release.md", tmp_path)
    assert (tmp_path / "t" / "reports" / "release-orders.html").exists()
    assert "meets k=5000" in done.stderr
    assert "ayten.semedzade" not in done.stdout + done.stderr


@pytest.mark.slow
def test_the_first_erasure_can_be_typed_as_it_stands(tmp_path: Path) -> None:
    done = typed("first_erasure.md", tmp_path)
    assert (tmp_path / "t" / "certificate.json").exists()
    assert "ayten.semedzade" not in done.stdout + done.stderr


@pytest.mark.slow
def test_the_first_feed_can_be_typed_as_it_stands(tmp_path: Path) -> None:
    done = typed("first_feed.md", tmp_path)
    assert "ends in the middle" in done.stdout
    assert "asked.again" not in done.stdout + done.stderr
