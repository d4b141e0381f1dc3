"""The doctor asks Airflow for the warehouse's pool, through Airflow's own program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from governance.doctor import pool
from governance.doctor.examine import pool_check

pytestmark = pytest.mark.airflow
AIRFLOW = Path(sys.executable).with_name("airflow")


def test_the_pool_of_a_real_airflow_is_found(metadata: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVERNANCE_AIRFLOW", str(AIRFLOW))
    assert pool.slots(str(AIRFLOW)) == 1
    assert pool_check(1).ok


@pytest.mark.parametrize(("answer", "ok", "words"), [
    ('[{"pool": "default_pool", "slots": "128"}]', False, "there is no pool governance_warehouse"),
    ('noise first\n[{"pool": "governance_warehouse", "slots": "32"}]', False, "has 32 slots; this warehouse lets 4 in at once"),
    ('[{"pool": "governance_warehouse", "slots": "2"}]', True, "has 2 of at most 4 slots"),
    ("no json", False, "gives no answer about its pools"),
])
def test_each_fault_of_the_pool_has_its_line(answer: str, ok: bool, words: str, tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "airflow"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    program.chmod(0o755)
    monkeypatch.setenv("GOVERNANCE_AIRFLOW", str(program))
    found = pool_check(4)
    assert (found.ok, words in found.detail) == (ok, True)
    if "slots" in words and not ok:
        assert found.fix.startswith("airflow pools set governance_warehouse 4 ")
