"""Conflicts and the origin of golden values from a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from governance.cli import cli
from governance.settings import Settings
from tests.reconciliation.linked_world import build, opened
from tests.reconciliation.test_linking import PEOPLE


@pytest.fixture
def settings(duckdb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = build(duckdb_url, tmp_path, PEOPLE)
    with opened(made) as golden:
        golden.reconcile("bureau", [{"id": "1", "full_name": "Quliyeva Nigar", "phone": "0557000001"},
                                    {"id": "2", "email": "anar@mail.example", "city": "Bakı"}])
    for name, value in {"WAREHOUSE_URL": made.warehouse_url, "LEDGER_URL": made.ledger_url, "POLICY_DIR": made.policy_dir,
                        "SECRETS": made.secrets_dir, "STORES": made.stores_dir, "AS_OF": made.as_of.isoformat()}.items():
        monkeypatch.setenv(f"GOVERNANCE_{name}", str(value))
    return made


def run(*arguments: str, stdin: str = "") -> str:
    result = CliRunner().invoke(cli, list(arguments), input=stdin, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_conflict_is_listed_with_ids_only_and_decided_by_name(settings: Settings) -> None:
    (conflict,) = json.loads(run("conflicts", "list", "--json"))
    assert [c["subject"] for c in conflict["candidates"]] == ["103", "104"]
    assert not {"Quliyeva", "huliava", "557000001"} & set(json.dumps(conflict).replace('"', " ").split())
    assert "linked" in run("conflicts", "decide", conflict["conflict"], "--subject", "104", "--as", "officer")
    assert json.loads(run("conflicts", "list", "--json")) == []
    assert "unlinked" in run("conflicts", "unlink", conflict["record"], "--as", "officer")


def test_a_golden_value_tells_where_it_comes_from_and_never_itself(settings: Settings) -> None:
    told = json.loads(run("why", "golden.customer", "city", "--json", stdin="101\n"))
    assert (told["source"], told["purposes"], told["strategy"]) == ("bureau", "marketing.communications.email", "most_frequent")
    assert told["consent"] == "ledger:newsletter@2026-07-03"
    assert "Bakı" not in json.dumps(told, ensure_ascii=False)
    own = json.loads(run("why", "golden.customer", "email", "--json", stdin="101\n"))
    assert own["source"] == "own"
