"""Runs of discovery as the jobs and the shell make them: what is kept, what is said, and what no run may change."""

# ruff: noqa: E501 -- SQL
from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from governance import jobs
from governance.cli import main
from governance.discover_jobs import discover_conclude, discover_scan, discover_tables, whole_run
from governance.domain.errors import GovernanceError
from governance.domain.names import ColumnRef
from governance.domain.proposal import Decision
from governance.report.build import build_report
from governance.report.render import render_html, render_markdown
from tests.discovery.test_modes import numbers
from tests.disposal.conftest import Shop, make_shop

CONTEXT = jobs.RunContext(dag_id="discover", dag_run_id="r1", task_id="t")
Run = Callable[..., tuple[int, str, str]]


def sql(made: Shop, *statements: str) -> None:
    engine = sa.create_engine(made.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture
def made(warehouse_url: str, tmp_path: Path) -> Iterator[Shop]:
    """The shop, with a table large enough to be looked at in part."""
    found = make_shop(warehouse_url, tmp_path / "home")
    sql(found, "create schema web", "create table web.visitors as select i as id, 'user' || i || '@mail.example' as mail, "
        f"case when i = 31234 then 'zəng: +994 50 223 45 67, Bakı' else 'heç nə yoxdur burada' end as note from {numbers(warehouse_url, 60_000)}")
    yield found
    found.installation.close()


def nightly(made: Shop, run_id: str, mode: str = "full", everything: bool | str = False) -> dict[str, Any]:
    """One run as the DAG makes it: list, look at each chunk, conclude."""
    context = jobs.RunContext(dag_id="discover", dag_run_id=run_id, task_id="t")
    listed = discover_tables(made.installation, context)
    scanned = [discover_scan(made.installation, context, listed["run"], chunk["tables"], mode, everything) for chunk in listed["chunks"]]
    return {**discover_conclude(made.installation, context, listed["run"], mode), "scanned": scanned}


def proposed(made: Shop) -> dict[str, tuple[str, float]]:
    return {str(r.proposal.column): (r.proposal.category, r.proposal.confidence) for r in made.installation.ledger.proposals() if r.current}


def test_a_run_says_in_words_how_closely_it_looked(made: Shop) -> None:
    full = nightly(made, "r1")
    assert full["missed"] == 0
    assert full["looked"].startswith("every row of ")
    quick = nightly(made, "r2", "quick")
    assert 0 < quick["missed"] < 0.1
    assert "what stands in one of a thousand rows was missed with a probability of up to" in quick["looked"]
    [partly] = [s for s in quick["scanned"] if s["missed"]]
    assert partly["looked"] in quick["looked"] or len(quick["scanned"]) > 1
    report = build_report(made.installation.ledger, made.installation.policy)
    assert report.found is not None
    assert report.found.looked == quick["looked"]
    assert ["web.visitors" in s for s in report.found.partly] == [True]
    for page in (render_html(report), render_markdown(report)):
        assert "How closely" in page
        assert report.found.partly[0] in page


def test_an_unknown_mode_is_refused_with_those_there_are(made: Shop) -> None:
    with pytest.raises(GovernanceError, match=r"'thorough'(.|\n)*quick"):
        nightly(made, "r1", "thorough")


def test_a_run_over_tables_that_did_not_change_keeps_what_was_proposed(made: Shop) -> None:
    nightly(made, "r1")
    before = proposed(made)
    assert "web.visitors.mail" in before
    again = nightly(made, "r2")
    assert again["unchanged"] >= 1
    assert "unchanged since they were" in again["looked"]
    assert proposed(made) == before
    assert nightly(made, "r3", everything="True")["unchanged"] == 0
    assert proposed(made) == before


def test_a_changed_table_is_looked_at_again_and_what_is_gone_is_proposed_no_more(made: Shop) -> None:
    nightly(made, "r1")
    sql(made, "update web.visitors set mail = 'none'", "update web.visitors set note = 'heç nə'")
    nightly(made, "r2")
    assert not any(column.startswith("web.visitors") for column in proposed(made))
    sql(made, "drop table web.visitors")
    nightly(made, "r3")
    assert "web.visitors" not in {str(look.table) for look in made.installation.ledger.looks()}


def test_no_run_overwrites_what_a_person_decided(made: Shop) -> None:
    ledger = made.installation.ledger
    nightly(made, "r1")
    ledger.decide_proposals([("web.visitors.mail", Decision.REJECTED, None), ("web.visitors.note", Decision.CONFIRMED, "user.content")], "officer")
    sql(made, "update web.visitors set note = 'user' || id || '@mail.example'")
    for run_id, mode, everything in (("r2", "full", False), ("r3", "quick", False), ("r4", "full", True)):
        nightly(made, run_id, mode, everything)
        decided = {str(r.proposal.column): (r.decision, r.category, r.by) for r in ledger.proposals() if r.decision is not Decision.OPEN}
        assert decided == {"web.visitors.mail": (Decision.REJECTED, "user.contact.email", "officer"),
                           "web.visitors.note": (Decision.CONFIRMED, "user.content", "officer")}


def test_quick_never_takes_back_what_full_found(made: Shop) -> None:
    """One phone in sixty thousand notes: full finds it, quick does not happen to read that row."""
    nightly(made, "r1")
    found = proposed(made)
    assert found["web.visitors.note"][0] == "user.contact.phone_number"
    nightly(made, "r2", "quick")
    assert proposed(made) == found
    after = nightly(made, "r3")
    assert after["missed"] == 0
    assert proposed(made) == found


def test_tables_judged_in_other_tasks_than_those_they_refer_to_are_judged_alike(made: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {str(p.column): (p.category, p.confidence) for p in whole_run(made.installation, CONTEXT, "full", True).proposals}
    for chunks, order in ((1, 1), (1, -1)):
        monkeypatch.setattr("governance.discover_jobs.TABLES_PER_CHUNK", chunks)
        with made.installation.ledger.writing() as connection:
            connection.exec_driver_sql("delete from look")
        context = jobs.RunContext(dag_id="discover", dag_run_id=f"o{order}", task_id="t")
        listed = discover_tables(made.installation, context)
        for chunk in listed["chunks"][::order]:
            discover_scan(made.installation, context, listed["run"], chunk["tables"])
        discover_conclude(made.installation, context, listed["run"])
        assert proposed(made) == whole


# ---- the shell -----------------------------------------------------------------------------------------------------

@pytest.fixture
def shell(made: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    settings = made.installation.settings
    monkeypatch.delenv("GOVERNANCE_AS_OF", raising=False)  # a run of the same moment is another try of the same run
    for name, value in {"WAREHOUSE_URL": made.url, "LEDGER_URL": settings.ledger_url, "POLICY_DIR": settings.policy_dir,
                        "SECRETS": settings.secrets_dir, "STORES": settings.stores_dir, "REPORTS": settings.reports_dir}.items():
        monkeypatch.setenv(f"GOVERNANCE_{name}", str(value))

    def go(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["governance", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return go


def test_the_shell_prints_the_columns_for_programs_and_how_closely_it_looked_on_standard_error(shell: Run) -> None:
    code, first, said = shell("discover", "--json")
    assert code == 0
    assert "every row of " in said
    entries = json.loads(first)
    assert all(list(e) == ["table", "column", "category", "also", "role", "confidence", "explanation"] for e in entries)
    code, second, said = shell("discover", "--json")
    assert (code, json.loads(second)) == (0, entries), "tables that were not looked at again are in the answer"
    assert "unchanged since they were" in said
    assert "unchanged" not in shell("discover", "--json", "--all")[2]


@pytest.mark.parametrize("keep", ["--keep", "--no-keep"])
def test_quick_says_of_each_table_what_it_may_have_missed(shell: Run, keep: str) -> None:
    code, out, said = shell("discover", "--mode", "quick", keep, "--json")
    assert code == 0
    assert isinstance(json.loads(out), list)
    [line] = [one for one in said.splitlines() if one.startswith("web.visitors: ")]
    assert "what stands in one of a thousand rows was missed with a probability of" in line
    assert "mail.example" not in said


def test_init_looks_as_closely_as_it_is_told(shell: Run, tmp_path: Path) -> None:
    code, out, said = shell("init", "--out", str(tmp_path / "proposed"), "--mode", "quick", "--as", "dana", "--json")
    assert code == 0, said
    assert "web.visitors: " in said
    assert json.loads(out)["personal"] > 0


def test_a_mode_that_is_not_there_is_wrong_usage(shell: Run) -> None:
    code, _, said = shell("discover", "--mode", "deep")
    assert code == 2
    assert "quick" in said


def test_the_catalog_column_is_spelled_as_in_sql(made: Shop) -> None:
    nightly(made, "r1")
    assert all(str(ColumnRef.parse(column)) == column for column in proposed(made))
