"""`catalog export` and `catalog import` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from governance.domain.proposal import Decision
from tests.discovery.runs import Run, nightly, proposed
from tests.disposal.conftest import Shop

DBT = """
sources:
  - name: web
    tables:
      - name: visitors
        columns:
          - {name: mail, meta: {category: user.contact.phone_number}}
          - {name: id, meta: {pii: true}}
          - {name: note, meta: {pii: true}}
          - {name: nickname, meta: {pii: true}}
"""


@pytest.mark.parametrize("form", ["csv", "fides", "dbt", "openlineage"])
def test_every_format_is_written_to_a_file_or_to_standard_output_alike(shell: Run, made: Shop, tmp_path: Path, form: str) -> None:
    nightly(made, "r1")
    code, out, err = shell("catalog", "export", "--format", form)
    assert code == 0, err
    assert "visitors" in out
    path = tmp_path / f"catalog.{form}"
    assert shell("catalog", "export", "--format", form, "--out", str(path))[:2] == (0, "")
    assert path.read_bytes().decode() == out
    assert "mail.example" not in out
    assert "+994" not in out
    code, _, err = shell("catalog", "export", "--format", form, "--out", str(tmp_path / "nowhere" / "x"))
    assert code == 1
    assert "there is no such folder" in err


def test_an_import_says_every_disagreement_and_decides_nothing(shell: Run, made: Shop, tmp_path: Path) -> None:
    ledger = made.installation.ledger
    nightly(made, "r1")
    ledger.decide_proposal("web.visitors.note", Decision.REJECTED, "officer")
    before = proposed(made)
    path = tmp_path / "schema.yml"
    path.write_text(DBT, encoding="utf-8")
    code, out, err = shell("catalog", "import", str(path), "--format", "dbt", "--as", "dana", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert (told["origin"], told["columns"]) == ("dbt:schema.yml", 4)
    assert {(f["column"], f["rule"]) for f in told["findings"]} == {
        ("mail", "tags.found_other"), ("id", "tags.not_found"), ("note", "tags.rejected"), ("nickname", "tags.column_missing")}
    assert proposed(made) == before
    assert [r.decision for r in ledger.proposals() if str(r.proposal.column) == "web.visitors.note"] == [Decision.REJECTED]
    assert {(t.by, t.origin) for t in ledger.tags()} == {("dana", "dbt:schema.yml")}
    code, out, _ = shell("catalog", "import", str(path), "--format", "dbt")
    assert "dbt:schema.yml says personal data, and officer decided that it is not personal" in out
    assert "4 columns of dbt:schema.yml kept as declared tags; 4 disagreements" in out


def test_a_tag_is_compared_again_in_every_run_and_goes_with_its_file(shell: Run, made: Shop, tmp_path: Path) -> None:
    ledger = made.installation.ledger
    path = tmp_path / "schema.yml"
    path.write_text(DBT, encoding="utf-8")
    code, out, err = shell("catalog", "import", str(path), "--format", "dbt")
    assert code == 0, err
    assert "0 disagreements" in out, "nobody has looked yet"
    assert nightly(made, "r1")["contradictions"] == 3
    assert any(f.rule == "tags.found_other" for f in ledger.findings(source="discover"))
    path.write_text("sources: [{name: web, tables: [{name: visitors, columns: [{name: mail, tags: [pii]}]}]}]", encoding="utf-8")
    assert shell("catalog", "import", str(path), "--format", "dbt")[0] == 0
    assert [str(t.column) for t in ledger.tags()] == ["web.visitors.mail"]
    assert nightly(made, "r2")["contradictions"] == 0
    [entry] = [e for e in json.loads(shell("catalog", "show", "--json")[1]) if e["column"] == "mail" and e["table"] == "web.visitors"]
    assert entry["tags"] == [{"origin": "dbt:schema.yml", "categories": ["user"], "purposes": []}]


def test_what_one_export_says_another_installation_can_import(shell: Run, made: Shop, tmp_path: Path) -> None:
    nightly(made, "r1")
    for form in ("fides", "dbt"):
        path = tmp_path / f"catalog.{form}.yml"
        assert shell("catalog", "export", "--format", form, "--out", str(path))[0] == 0
        code, out, err = shell("catalog", "import", str(path), "--format", form, "--json")
        assert code == 0, err
        assert json.loads(out)["columns"] == len(yaml.safe_load(path.read_text()) and proposed(made) | {
            str(c): None for c, _ in made.installation.policy.personal_columns()})


@pytest.mark.parametrize(("text", "problem"), [
    (None, "there is no such file"), ("", "is empty"), ("sources: [", "broken YAML"),
    ("models: [{name: m, columns: [{name: c, meta: {pii: true}}]}]", "schema.yml:1: it is not said in which schema"),
])
def test_a_file_that_cannot_be_taken_over_changes_nothing_and_says_where(shell: Run, made: Shop, tmp_path: Path, text: str | None,
                                                                        problem: str) -> None:
    path = tmp_path / "schema.yml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    code, out, err = shell("catalog", "import", str(path), "--format", "dbt")
    assert (code, out) == (1, "")
    assert problem in err
    assert "fix: " in err
    assert made.installation.ledger.tags() == []
