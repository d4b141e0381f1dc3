"""What the command line says and takes: names of people the same way everywhere, dry runs that ask nobody, folders that are named."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import click
import pytest
from moto import mock_aws

from governance.cli import cli, main
from tests.disposal import shop
from tests.disposal.conftest import Shop, make_shop

SETTINGS = {"WAREHOUSE_URL": "warehouse_url", "LEDGER_URL": "ledger_url", "POLICY_DIR": "policy_dir", "SECRETS": "secrets_dir",
            "STORES": "stores_dir", "REPORTS": "reports_dir"}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def made(duckdb_url: str, tmp_path: Path) -> Iterator[Shop]:
    installed = make_shop(duckdb_url, tmp_path / "home")
    yield installed
    installed.installation.close()


@pytest.fixture
def run(made: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name, attribute in SETTINGS.items():
        monkeypatch.setenv(f"GOVERNANCE_{name}", str(getattr(made.installation.settings, attribute)))
    for name in ("ANCHOR", "ANCHOR_DAYS", "EXPECTATIONS"):
        monkeypatch.delenv(f"GOVERNANCE_{name}", raising=False)
    monkeypatch.setenv("GOVERNANCE_AS_OF", shop.AS_OF.isoformat())
    monkeypatch.setenv("COLUMNS", "160")

    def go(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["governance", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return go


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def test_who_acts_is_always_said_with_as() -> None:
    for path, command in commands(cli):
        options = {o for p in command.params for o in p.opts}
        assert not options & {"--user", "--by", "--who"}, path
    assert {("approve",), ("policy", "approve"), ("notices", "sent"), ("hold", "place"), ("stop",), ("go",)} <= {
        path for path, command in commands(cli) if any("--as" in p.opts for p in command.params)}


def test_a_dry_run_asks_nobody_and_says_so(run: Run, made: Shop) -> None:
    code, out, _ = run("plan", "retention", "--dry-run")
    assert code == 0
    assert "a dry run: nobody was asked and nothing was changed; it would wait for approval" in out
    assert "governance approve" not in out
    assert "governance apply" not in out
    [record] = made.installation.ledger.plans()
    assert record.state == "planned"
    assert made.installation.ledger.approval(record.digest) is None


def test_the_named_person_stands_in_the_approval(run: Run, made: Shop) -> None:
    assert run("policy", "approve", "--as", "officer")[0] == 0
    _, out, _ = run("plan", "retention", "--json")
    digest = json.loads(out)["digest"]
    assert run("approve", digest, "--as", "engineer")[0] == 1  # not among those the policy names
    assert run("approve", digest, "--as", "officer")[0] == 0
    approval = made.installation.ledger.approval(digest)
    assert approval is not None
    assert [a.user for a in approval.deciders] == ["officer"]


def test_suites_are_read_where_the_setting_says_and_beside_the_policy_without_it(
        run: Run, made: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = run("validate")
    assert code == 1
    assert "expectations" in err  # home/expectations is not there
    shutil.copytree(Path(__file__).parents[2] / "expectations", tmp_path / "elsewhere")
    monkeypatch.setenv("GOVERNANCE_EXPECTATIONS", str(tmp_path / "elsewhere"))
    assert run("validate")[0] in (0, 3)
    checks = {c["what"]: c for c in json.loads(run("doctor", "--json")[1])}
    assert checks["expectations"]["ok"] is True
    assert "GOVERNANCE_EXPECTATIONS" in checks["expectations"]["detail"]


def test_anchoring_from_a_shell_needs_a_place_and_is_checked_there(
        run: Run, made: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("plan", "retention", "--dry-run")[0] == 0
    assert "GOVERNANCE_ANCHOR" in run("evidence", "anchor")[2]
    monkeypatch.setenv("GOVERNANCE_ANCHOR", str(tmp_path / "anchors.jsonl"))
    assert run("evidence", "anchor")[0] == 0
    assert "1 anchor agrees" in run("evidence", "verify")[1]
    (tmp_path / "anchors.jsonl").write_text("")
    assert run("evidence", "anchor")[0] == 1


def test_anchors_go_to_a_locked_bucket_and_doctor_says_when_it_has_no_lock(run: Run, made: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("AWS_ACCESS_KEY_ID", "t"), ("AWS_SECRET_ACCESS_KEY", "t"), ("AWS_DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        s3.create_bucket(Bucket="open")
        assert run("plan", "retention", "--dry-run")[0] == 0
        monkeypatch.setenv("GOVERNANCE_ANCHOR_DAYS", "3")
        for bucket, ok in (("locked", True), ("open", False)):
            monkeypatch.setenv("GOVERNANCE_ANCHOR", f"s3://{bucket}/ledger")
            check = next(c for c in json.loads(run("doctor", "--json")[1]) if c["what"] == "anchor")
            assert check["ok"] is ok
            assert ("locked for 3 days" in check["detail"]) is ok
        monkeypatch.setenv("GOVERNANCE_ANCHOR", "s3://locked/ledger")
        code, out, err = run("evidence", "anchor", "--json")
        assert code == 0, err
        kept = json.loads(s3.get_object(Bucket="locked", Key="ledger/00000000.json")["Body"].read())
        assert kept == json.loads(out)
        assert "1 anchor agrees" in run("evidence", "verify")[1]
