"""The language of suites: strict, and every mistake has its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.domain.errors import PolicyError
from governance.suites.suite import load_suite
from governance.tagging.catalog import COLUMNS

CATALOG = Path(__file__).parents[2] / "expectations" / "catalog.yaml"
HEAD = """\
suite: s
about: a frame
expectations:
  - {rule: s.not_empty, expect: {rows: 1}, message: empty, remedy: fill it}
"""


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_suite(path)
    return str(caught.value)


def test_the_catalog_suite_names_only_columns_of_the_catalog():
    suite = load_suite(CATALOG)
    assert {c for e in suite.expectations for c in e.columns} <= set(COLUMNS)


def test_every_expectation_of_the_catalog_has_a_remedy():
    assert all(e.remedy and e.message for e in load_suite(CATALOG).expectations)


def test_an_unknown_key_is_named_with_its_line(tmp_path: Path):
    said = refused(
        tmp_path,
        HEAD + "  - rule: s.b\n    column: a\n    expects: present\n    expect: present\n    message: m\n    remedy: r\n",
    )
    assert "line 7" in said
    assert "expects" in said


def test_all_mistakes_are_reported_at_once(tmp_path: Path):
    said = refused(tmp_path, HEAD + "  - {rule: S, column: a, expect: present, message: m}\n")
    assert "2 mistakes" in said
    assert "remedy" in said
    assert "rule" in said


@pytest.mark.parametrize(("text", "said"), [
    ("suite: s\nabout: a\nexpectations:\n  - {rule: s.a, column: a, expect: present, message: m, remedy: r}\n", "rows: n"),
    (HEAD + "  - {rule: s.not_empty, column: a, expect: present, message: m, remedy: r}\n", "stands once"),
    (HEAD + "  - {rule: s.b, expect: present, message: m, remedy: r}\n", "need `column:`"),
    (HEAD + "  - {rule: s.b, column: a, expect: {rows: 1}, message: m, remedy: r}\n", "about the frame"),
    (HEAD + "  - {rule: s.b, where: {a: b}, expect: {unique: [a]}, message: m, remedy: r}\n", "cannot stand beside"),
    (HEAD + "  - {rule: s.b, column: a, expect: sometimes, message: m, remedy: r}\n", "line 5"),
    ("suite: [\n", "suite.yaml:2"),
])  # fmt: skip
def test_a_suite_that_would_judge_wrongly_is_refused(tmp_path: Path, text: str, said: str):
    assert said in refused(tmp_path, text)


def test_a_missing_suite_says_where_it_should_be(tmp_path: Path):
    with pytest.raises(PolicyError, match="cannot be read"):
        load_suite(tmp_path / "none.yaml")
