"""Runs of discovery as the jobs and the shell make them: what is kept, what is said, and what no run may change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from governance import jobs
from governance.discover_jobs import discover_conclude, discover_scan, discover_tables, whole_run
from governance.domain.errors import GovernanceError
from governance.domain.findings import Status
from governance.domain.names import ColumnRef
from governance.domain.proposal import Decision
from governance.policy.mistakes import PolicyMistakes
from governance.report.build import build_report
from governance.report.render import render_html, render_markdown
from tests.discovery.runs import CONTEXT, Run, nightly, proposed, sql
from tests.disposal.conftest import Shop


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


def test_a_column_whose_values_went_counts_only_where_a_person_confirmed_it(made: Shop) -> None:
    ledger = made.installation.ledger
    before = nightly(made, "r1")["personal"]
    ledger.decide_proposals([("web.visitors.mail", Decision.CONFIRMED, None)], "officer")
    sql(made, "update web.visitors set mail = 'none', note = 'heç nə'")
    after = nightly(made, "r2")["personal"]
    assert after == before - 1
    report = build_report(ledger, made.installation.policy)
    assert report.found is not None
    assert (report.found.proposed, report.found.confirmed) == (after, 1)


def test_no_run_overwrites_what_a_person_decided(made: Shop) -> None:
    ledger = made.installation.ledger
    nightly(made, "r1")
    ledger.decide_proposals([("web.visitors.mail", Decision.REJECTED, None),
                             ("web.visitors.note", Decision.CONFIRMED, "user.content")], "officer")
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


def _iban(n: int) -> str:
    """A German account number whose check digits are right (ISO 13616)."""
    account = f"37040044{n:010d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def test_an_identifier_proved_in_what_a_person_called_not_personal_is_a_finding_and_the_decision_stays(made: Shop) -> None:
    ledger = made.installation.ledger
    nightly(made, "r1")
    ledger.decide_proposal("web.visitors.mail", Decision.REJECTED, "officer")
    accounts = ", ".join(f"({n}, '{_iban(532_013_000 + 7 * n)}')" for n in range(200))
    sql(made, "create table web.payouts (id int, c1 text)", f"insert into web.payouts values {accounts}")
    assert nightly(made, "r2")["contradictions"] == 0, "the person has seen that evidence"
    ledger.decide_proposal("web.payouts.c1", Decision.REJECTED, "officer")
    sql(made, "update web.visitors set mail = '+994 50 ' || (100 + mod(id, 900)) || ' 45 ' || (10 + mod(id, 90))")
    result = nightly(made, "r3")
    found = {(f.table, f.column): f for f in ledger.findings(source="discover") if f.rule.startswith("contradiction.")}
    assert result["contradictions"] == len(found) == 2
    proved, other = found["web.payouts", "c1"], found["web.visitors", "mail"]
    assert (proved.status, proved.rule) == (Status.VIOLATION, "contradiction.rejected")
    assert (other.status, other.rule) == (Status.GAP, "contradiction.rejected_other")
    assert {str(r.proposal.column): r.decision for r in ledger.proposals() if r.by} == {
        "web.payouts.c1": Decision.REJECTED, "web.visitors.mail": Decision.REJECTED}
    report = build_report(ledger, made.installation.policy)
    for page in (render_html(report), render_markdown(report)):
        assert "check digits prove bank account in it" in page
        assert "DE" + _iban(532_013_000)[2:] not in page


def test_a_policy_that_cannot_be_read_is_a_finding_and_does_not_stop_discovery(made: Shop) -> None:
    (made.installation.settings.policy_dir / "policy.yaml").write_text("organization: [", encoding="utf-8")
    assert nightly(made, "r1")["contradictions"] == 1
    [found] = made.installation.ledger.findings(source="discover")
    assert (found.rule, found.remedy) == ("contradiction.no_policy", "governance policy check")


def test_a_full_run_measures_whom_quasi_identifiers_single_out(shell: Run, made: Shop) -> None:
    ledger = made.installation.ledger
    nightly(made, "r1", "quick")
    assert ledger.uniqueness() == [], "it needs a pass over the table"
    nightly(made, "r2")
    [born] = [m for m in ledger.uniqueness() if str(m.table) == "shop.orders"]
    alone_born = ("select min(customer_id) as who from shop.orders where born is not null group by born "
                  "having count(distinct customer_id) = 1")
    [(people, alone)] = made.read("select (select count(distinct customer_id) from shop.orders), count(distinct who) "
                                  f"from ({alone_born}) as found")
    assert (born.columns, born.kind, born.total, born.single) == (("born",), "customer", people, alone)
    report = build_report(ledger, made.installation.policy)
    assert report.found is not None
    assert any("shop.orders: born singles out" in s for s in report.found.uniqueness)
    for page in (render_html(report), render_markdown(report)):
        assert "Whom columns single out" in page
    code, out, _ = shell("catalog", "uniqueness")
    assert (code, "shop.orders: born singles out" in out) == (0, True)
    assert json.loads(shell("catalog", "uniqueness", "--json")[1])[0]["columns"] == ["born"]
    ledger.decide_proposal("shop.orders.born", Decision.REJECTED, "officer")
    before = ledger.uniqueness()
    nightly(made, "r3")
    assert [m.columns for m in ledger.uniqueness()] == [m.columns for m in before], "the policy says that it is a quasi-identifier"


# ---- a company's own recognizers ---------------------------------------------------------------------------------

OWN = """
- key: seat
  category: user.unique_id
  reads: seats of visitors
  strength: strong
  patterns: ['SEAT-[0-9]+']
  match: [SEAT-1]
  reject: [SEAT]
"""


def own(made: Shop, text: str = OWN) -> None:
    folder = made.installation.settings.recognizers
    folder.mkdir(exist_ok=True)
    (folder / "own.yaml").write_text(text, encoding="utf-8")


def test_jobs_read_the_recognizers_of_the_policy_folder_and_look_at_every_table_again(made: Shop) -> None:
    sql(made, "create table web.seats as select id, 'SEAT-' || id as c1 from web.visitors")
    nightly(made, "r1")
    assert "web.seats.c1" not in proposed(made)
    own(made)
    assert nightly(made, "r2")["unchanged"] == 0
    assert proposed(made)["web.seats.c1"][0] == "user.unique_id"
    assert nightly(made, "r3")["unchanged"] >= 2
    own(made, OWN.replace("match: [SEAT-1]", "match: [seat]"))
    with pytest.raises(PolicyMistakes, match=r"policy/recognizers/own.yaml:7: seat: its example 1 of `match`"):
        nightly(made, "r4")
    assert proposed(made)["web.seats.c1"][0] == "user.unique_id"


def test_the_shell_and_init_read_them_too(shell: Run, made: Shop, tmp_path: Path) -> None:
    sql(made, "create table web.seats as select id, 'SEAT-' || id as c1 from web.visitors")
    own(made)
    for words in (("discover", "--json"), ("discover", "--json", "--no-keep")):
        assert "user.unique_id" in shell(*words)[1]
    folder = str(made.installation.settings.recognizers)
    code, _, err = shell("init", "--out", str(tmp_path / "new"), "--as", "dana", "--recognizers", folder)
    assert code == 0, err
    assert (tmp_path / "new" / "recognizers" / "own.yaml").read_text(encoding="utf-8") == OWN
    assert "c1" in "".join(p.read_text(encoding="utf-8") for p in (tmp_path / "new" / "datasets").glob("web*"))
    assert shell("policy", "check", "--policy", str(tmp_path / "new"))[0] == 0


def test_policy_check_tells_their_mistakes_with_those_of_the_policy(shell: Run, made: Shop) -> None:
    own(made, OWN.replace("'SEAT-[0-9]+'", "'SEAT-['"))
    code, out, _ = shell("policy", "check", "--json")
    assert code == 1
    [mistake] = [m for m in json.loads(out)["mistakes"] if "recognizers" in m["where"]["file"]]
    assert (mistake["where"], mistake["fix"] != "") == ({"file": "policy/recognizers/own.yaml", "line": 6}, True)
    assert shell("discover")[0] == 1


# ---- the shell -----------------------------------------------------------------------------------------------------

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
