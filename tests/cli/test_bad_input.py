"""What a person gets wrong, through the real command line: each with its sentence, its place, its remedy and its exit code."""

from __future__ import annotations

import io
import json
import re
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, event

from governance.cli import main
from governance.ledger import Ledger
from tests.disposal import shop
from tests.disposal.conftest import Shop, make_shop

SETTINGS = ("WAREHOUSE_URL", "LEDGER_URL", "POLICY_DIR", "SECRETS", "STORES", "REPORTS", "ANCHOR", "AS_OF")


@dataclass
class Shell:
    """The installed program with an environment and a person at the keyboard."""

    made: Shop
    patch: pytest.MonkeyPatch
    said: pytest.CaptureFixture[str]
    home: Path

    def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """(exit code, standard output, standard error)."""
        self.patch.setattr(sys, "argv", ["governance", *words])
        self.patch.setattr(sys, "stdin", io.StringIO(typed))
        self.said.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self.said.readouterr()
        return int(end.value.code or 0), out, err

    def refused(self, *words: str, typed: str = "", exit_code: int = 1) -> str:
        """What standard error says when the command stops."""
        code, _, err = self.run(*words, typed=typed)
        assert code == exit_code, err
        assert "Traceback" not in err
        return err

    def planned(self) -> str:
        """A retention plan that waits for approval; its digest."""
        code, out, err = self.run("plan", "retention", "--json")
        assert code == 0, err
        found = re.search(r'"digest": "([0-9a-f]{64})"', out)
        assert found is not None
        return found[1]

    def approved(self) -> str:
        digest = self.planned()
        assert self.run("approve", digest)[0] == 0
        return digest

    def sql(self, *statements: str) -> None:
        engine = sa.create_engine(self.made.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    def policy(self, old: str, new: str) -> None:
        path = self.home / "policy" / "policy.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def untouched(self) -> None:
        assert len(self.made.read("select * from shop.customers where email is not null")) == 5
        with Ledger.open(self.made.installation.settings.ledger_url) as ledger:
            assert ledger.first_break() is None


@pytest.fixture
def shell_at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Callable[[str], Shell]]:
    made: list[Shop] = []

    def at(url: str) -> Shell:
        home = tmp_path / "home"
        made.append(make_shop(url, home))
        settings = made[0].installation.settings
        for name in SETTINGS:
            monkeypatch.delenv(f"GOVERNANCE_{name}", raising=False)
        for name, value in {"WAREHOUSE_URL": url, "LEDGER_URL": settings.ledger_url, "POLICY_DIR": settings.policy_dir,
                            "SECRETS": settings.secrets_dir, "STORES": settings.stores_dir, "REPORTS": settings.reports_dir,
                            "AS_OF": shop.AS_OF.isoformat()}.items():
            monkeypatch.setenv(f"GOVERNANCE_{name}", str(value))
        monkeypatch.setenv("LOGNAME", "officer")
        return Shell(made[0], monkeypatch, capsys, home)

    yield at
    for each in made:
        each.installation.close()


@pytest.fixture
def shell(shell_at: Callable[[str], Shell], tmp_path: Path) -> Shell:
    return shell_at(f"duckdb:///{tmp_path}/home/warehouse.duckdb")


# ---- settings ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["WAREHOUSE_URL", "LEDGER_URL", "POLICY_DIR", "SECRETS"])
def test_a_setting_that_is_not_there_stops_with_the_line_to_type(name: str, shell: Shell) -> None:
    shell.patch.delenv(f"GOVERNANCE_{name}")
    err = shell.refused("plan", "retention")
    assert f"error: GOVERNANCE_{name}: is not set\n  fix: export GOVERNANCE_{name}=..." in err


def test_a_moment_later_than_now_is_refused(shell: Shell) -> None:
    shell.patch.setenv("GOVERNANCE_AS_OF", (datetime.now(UTC) + timedelta(hours=2)).isoformat())
    err = shell.refused("plan", "retention")
    assert "error: GOVERNANCE_AS_OF: is later than now\n  fix: use a moment that has passed, or unset it" in err


def test_a_missing_secret_stops_before_anything_is_erased(shell: Shell) -> None:
    typed = "email=anar@example.org\nreply_to=by post\nproof=card seen\n"
    code, out, err = shell.run("request", "open", "--subject-kind", "customer", "--json", typed=typed)
    assert code == 0, err
    code, out, err = shell.run("plan", "request", json.loads(out)["request"], "--json")
    assert code == 0, err
    digest = re.search(r'"digest": "([0-9a-f]{64})"', out)
    assert digest is not None
    assert shell.run("approve", digest[1])[0] == 0
    (shell.home / "secrets" / "suppression" / "v1.key").unlink()
    err = shell.refused("apply", digest[1])
    assert "error: GOVERNANCE_SECRETS: secret suppression/v1 is missing\n  fix: governance doctor --fix" in err
    shell.untouched()


# ---- policy --------------------------------------------------------------------------------------------------------

def test_broken_yaml_is_named_by_its_line(shell: Shell) -> None:
    shell.policy("record_classes:", "record_classes: [")
    err = shell.refused("plan", "retention")
    assert re.search(r"policy/policy\.yaml:\d+: ", err)
    assert "fix:" in err


def test_an_unknown_key_is_named_with_the_one_that_was_meant(shell: Shell) -> None:
    shell.policy("resolve_by:", "resolv_by:")
    err = shell.refused("plan", "retention")
    assert re.search(r"policy/policy\.yaml:\d+: .*resolv_by", err)
    assert "did you mean `resolve_by`?" in err


def test_a_key_that_leads_nowhere_stops_every_job(shell: Shell) -> None:
    shell.policy("purposes: [essential.fraud_detection]", "purposes: [essential.fraud]")
    for words in (("plan", "retention"), ("validate",), ("policy", "check", "--no-schema")):
        code, out, err = shell.run(*words)
        assert code == 1
        assert re.search(r"policy/policy\.yaml:\d+: .*essential\.fraud\b", out + err), words
        assert "did you mean `essential.fraud_detection`?" in out + err


def test_policy_check_shows_what_to_look_at_and_what_nobody_judged_without_failing(shell: Shell) -> None:
    shell.sql("create table shop.visits (id bigint primary key, cookie varchar)")
    code, out, err = shell.run("policy", "check")
    assert "not judged by anybody yet:" in out + err
    assert "shop.visits" in out
    assert re.search(r"no mistakes, \d+ to look at, [1-9]\d* not judged", out)
    assert code == 0


# ---- plans ---------------------------------------------------------------------------------------------------------

def test_a_table_that_is_not_there_is_named(shell: Shell) -> None:
    shell.sql("drop table shop.copies")
    err = shell.refused("plan", "retention")
    assert "error: shop.copies: is declared and not in the warehouse\n  fix: create it, or mark it `retired: true`" in err


@pytest.mark.parametrize("digest", ["deadbeef", "0" * 64])
def test_a_wrong_digest_is_said(digest: str, shell: Shell) -> None:
    shell.planned()
    for verb in ("apply", "approve", "verify"):
        err = shell.refused(verb, digest)
        assert digest[:12] in err
        assert "fix: governance plan list" in err


def test_a_plan_is_stale_when_the_schema_changed(shell: Shell) -> None:
    digest = shell.approved()
    shell.sql("alter table shop.copies add column phone varchar")
    err = shell.refused("apply", digest)
    assert f"error: plan {digest[:12]}: the warehouse's schema changed since the plan was made\n  fix: make a new plan" in err
    shell.untouched()


def test_a_plan_is_stale_when_the_policy_changed(shell: Shell) -> None:
    digest = shell.approved()
    shell.policy("keep: P90D", "keep: P80D")
    err = shell.refused("apply", digest)
    assert f"error: plan {digest[:12]}: the policy changed since the plan was made\n  fix: make a new plan" in err
    shell.untouched()


def test_a_plan_is_stale_when_more_is_due(shell: Shell) -> None:
    digest = shell.approved()
    shell.sql("insert into shop.subscriptions values ('s9', 9, 'nine@example.org')")
    err = shell.refused("apply", digest)
    assert "shop.subscriptions delete: 3 rows are due, 2 were planned\n  fix: make a new plan" in err
    assert "nine@" not in err


def test_a_rejected_plan_changes_nothing(shell: Shell) -> None:
    digest = shell.planned()
    assert shell.run("approve", digest, "--reject")[0] == 0
    err = shell.refused("apply", digest)
    assert f"error: plan {digest[:12]}: the approval is rejected\n  fix: talk to the approver, then make a new plan" in err
    shell.untouched()


def test_an_approval_that_came_too_late_is_refused_and_changes_nothing(shell: Shell) -> None:
    shell.patch.delenv("GOVERNANCE_AS_OF")
    shell.policy("approvals:\n", "approvals:\n  expires: P0D\n")
    digest = shell.planned()
    err = shell.refused("approve", digest)
    assert "expired" in err
    assert "fix: " in err
    assert "the approval is expired\n  fix: talk to the approver, then make a new plan" in shell.refused("apply", digest)
    shell.untouched()


def test_a_plan_without_its_approval_waits(shell: Shell) -> None:
    digest = shell.planned()
    err = shell.refused("apply", digest)
    assert f"error: plan {digest[:12]}: the approval is waiting\n  fix: governance approve {digest[:12]}" in err


# ---- databases -----------------------------------------------------------------------------------------------------

def test_a_warehouse_that_does_not_answer_is_said_without_its_password(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    shell.patch.setenv("GOVERNANCE_WAREHOUSE_URL", f"postgresql+psycopg://steward:hush-hush@127.0.0.1:{port}/shop")
    err = shell.refused("plan", "retention")
    assert f"PostgreSQL database shop at 127.0.0.1:{port}: connect: PostgreSQL does not answer" in err
    assert "fix: check that the server runs and can be reached" in err
    assert "hush-hush" not in err


def test_a_warehouse_file_that_may_only_be_read_stops_the_plan_before_anything_changes(shell: Shell) -> None:
    digest = shell.approved()
    shell.patch.setattr("os.access", lambda path, mode: False)  # tests may run as root, whom no file refuses
    err = shell.refused("apply", digest)
    assert "the DuckDB file is open for reading only" in err
    assert "fix: open it with an account that may write the file and its folder" in err
    shell.patch.undo()
    shell.untouched()


@pytest.mark.postgres
def test_an_account_without_rights_stops_the_plan_before_anything_changes(
        shell_at: Callable[[str], Shell], postgres_url: str, postgres_account: Callable[[str], str]) -> None:
    shell = shell_at(postgres_url)
    digest = shell.approved()
    reader = postgres_account(postgres_url)
    user = sa.make_url(reader).username
    shell.sql(f"grant usage on schema shop, governance to {user}", f"grant select on all tables in schema shop, governance to {user}")
    shell.patch.setenv("GOVERNANCE_WAREHOUSE_URL", reader)
    err = shell.refused("apply", digest)
    assert "this account may not do that (InsufficientPrivilege, SQLSTATE 42501)" in err
    assert "fix: grant it the right, or use an account that has it" in err
    shell.untouched()


def test_a_full_disk_for_the_ledger_is_said_and_the_same_command_goes_on_later(shell: Shell) -> None:
    digest = shell.approved()
    with closing(sqlite3.connect(shell.home / "ledger.sqlite")) as connection:
        pages = connection.execute("pragma page_count").fetchone()[0]

    def fill(connection: object, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute(f"pragma max_page_count = {pages}")

    event.listen(Engine, "connect", fill)
    try:
        err = shell.refused("apply", digest)
    finally:
        event.remove(Engine, "connect", fill)
    assert "ledger.sqlite: " in err
    assert "the disk is full" in err
    assert "fix: " in err
    assert shell.run("apply", digest)[0] == 0
    assert shell.run("verify", digest)[0] == 0
    assert shell.run("evidence", "verify")[0] == 0


# ---- people --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("typed", "missing"), [
    ("proof=identity card seen\n", "reply_to"), ("reply_to=by post\n", "proof"), ("reply_to=by post\nproof= \n", "is not form=value")])
def test_a_request_that_nobody_could_answer_or_be_sure_of_is_refused(typed: str, missing: str, shell: Shell) -> None:
    err = shell.refused("request", "open", "--subject-kind", "customer", typed="email=anar@example.org\n" + typed)
    assert missing in err
    assert "anar" not in err
    with Ledger.open(shell.made.installation.settings.ledger_url) as ledger:
        assert ledger.requests() == []


@pytest.mark.parametrize("typed", ["", "\n", "reply_to=x@example.org\n"])
def test_a_request_without_identifiers_is_refused(typed: str, shell: Shell) -> None:
    err = shell.refused("request", "open", "--subject-kind", "customer", typed=typed)
    assert "error: request open: no identifier was given\n  fix: give at least one, as form=value lines" in err


def test_a_hold_on_nobody_is_refused(shell: Shell) -> None:
    err = shell.refused("hold", "place", "H1", "--name", "n", "--reason", "r", "--subject-kind", "customer", typed="")
    assert "names nobody" in err
    assert "fix: give key=... or enough identifiers" in err


@pytest.mark.parametrize(("typed", "place"), [
    ("email=anar@example.org\nemial=secret-canary@example.org\n", "standard input, line 2"),
    ("secret-canary@example.org\n", "standard input, line 1"),
])
def test_an_identifier_is_never_echoed(typed: str, place: str, shell: Shell) -> None:
    err = shell.refused("request", "open", "--subject-kind", "customer", typed=typed)
    assert f"error: {place}: is not form=value with a known form\n  fix: forms are email, phone" in err
    assert "canary" not in err
    assert "anar" not in err
    code, out, err = shell.run("request", "open", "--subject-kind", "customer",
                               typed="email=secret-canary@example.org\nreply_to=by post\nproof=identity card seen\n")
    assert code == 0
    assert "canary" not in out + err
    err = shell.refused("request", "open", "--subject-kind", "custommer", typed="email=secret-canary@example.org\n")
    assert "custommer: is not a declared subject kind\n  fix: one of customer" in err
    assert "canary" not in err


def test_an_identifier_given_as_an_argument_is_a_wrong_usage(shell: Shell) -> None:
    code, _, err = shell.run("request", "open", "--subject-kind", "customer", "--email", "secret-canary@example.org")
    assert code == 2
    assert "canary" not in err
