"""The exit codes that docs/reference/cli.md promises to programs: 0 done, 1 error, 2 usage, 3 findings."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from governance.cli import main


@pytest.fixture
def governance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Runs the command line as the installed program does; the exit code."""
    for name in ("WAREHOUSE_URL", "LEDGER_URL", "POLICY_DIR", "SECRETS", "STORES", "REPORTS", "ANCHOR", "AS_OF"):
        monkeypatch.delenv(f"GOVERNANCE_{name}", raising=False)

    def run(*words: str, **settings: str) -> int:
        for name, value in settings.items():
            monkeypatch.setenv(f"GOVERNANCE_{name}", value)
        monkeypatch.setattr(sys, "argv", ["governance", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0

    return run


def _installation(tmp_path: Path) -> dict[str, str]:
    import duckdb

    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.customers (id BIGINT PRIMARY KEY, email VARCHAR)")
        connection.execute("INSERT INTO shop.customers SELECT i, 'person' || i || '@example.org' FROM range(200) t(i)")
    return {"WAREHOUSE_URL": f"duckdb:///{tmp_path / 'warehouse.duckdb'}"}


def test_done_is_0(governance, tmp_path: Path) -> None:
    assert governance("--help") == 0
    assert governance("discover", **_installation(tmp_path)) == 0


def test_an_error_is_1_and_says_what_to_do(governance, capsys: pytest.CaptureFixture[str]) -> None:
    assert governance("plan", "list") == 1
    assert "GOVERNANCE_WAREHOUSE_URL: is not set\n  fix: export GOVERNANCE_WAREHOUSE_URL=" in capsys.readouterr().err


def test_wrong_usage_is_2(governance) -> None:
    assert governance("apply") == 2
    assert governance("wipe") == 2


def test_a_check_that_finds_mistakes_is_not_0(governance, tmp_path: Path) -> None:
    """`policy check` of the demo's policy against a warehouse that has none of its tables."""
    folder = Path(__file__).parents[2] / "policy"
    assert governance("policy", "check", "--policy", str(folder)) == 0
    assert governance("policy", "check", "--policy", str(folder), **_installation(tmp_path)) == 1


def test_drift_is_a_finding_and_3(governance, tmp_path: Path) -> None:
    import duckdb

    settings = {**_installation(tmp_path), "LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.sqlite'}",
                "POLICY_DIR": str(Path(__file__).parents[2] / "policy"), "SECRETS": str(tmp_path / "secrets"),
                "REPORTS": str(tmp_path / "reports"), "ANCHOR": str(tmp_path / "anchors.jsonl")}
    assert governance("doctor", "--fix", **settings) == 1  # the warehouse has none of the policy's tables
    assert governance("discover") == 0
    assert governance("discover") == 0
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("ALTER TABLE shop.customers ADD COLUMN phone VARCHAR")
    assert governance("discover") == 3


def test_evidence_that_is_anchored_nowhere_is_not_called_anchored(governance, tmp_path: Path,
                                                                   capsys: pytest.CaptureFixture[str]) -> None:
    settings = {**_installation(tmp_path), "LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.sqlite'}",
                "POLICY_DIR": str(Path(__file__).parents[2] / "policy"), "SECRETS": str(tmp_path / "secrets"),
                "REPORTS": str(tmp_path / "reports"), "ANCHOR": str(tmp_path / "anchors.jsonl")}
    governance("doctor", "--fix", **settings)
    governance("discover")
    capsys.readouterr()
    assert governance("evidence", "verify") == 0
    assert "nothing is anchored yet" in capsys.readouterr().out
