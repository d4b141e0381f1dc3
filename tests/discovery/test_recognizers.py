"""Recognizers are data: their examples are their tests, a company adds its own, and explanations hold no value."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.discovery import compare, drift_findings, load
from governance.discovery.headers import says, tokens
from governance.discovery.judge import assess_table, proposal, verdicts
from governance.discovery.recognizer import Recognizer, built_in, combined, version
from governance.discovery.sample import Sample, TableScan
from governance.domain.errors import PolicyError
from governance.domain.findings import Status
from governance.domain.names import ColumnRef, TableRef
from governance.domain.schema import Column, Family

_TABLE = TableRef("s", "t")
_OWN = """
- key: contract
  category: user.unique_id
  reads: contract numbers of customers
  strength: strong
  patterns: ['KG-\\d{6}']
  words: {en: [contract no], az: [müqavilə nömrəsi]}
  match: [KG-123456]
  reject: [KG-12]
"""


def sample(name: str, values: list[str], family: Family = Family.TEXT) -> Sample:
    distinct = tuple(dict.fromkeys(values))
    lengths = [len(v) for v in distinct] or [0]
    return Sample(
        Column(name, "text", family, True),
        _TABLE,
        distinct,
        len(values),
        len(values),
        len(distinct),
        min(lengths),
        max(lengths),
        sum(lengths) / len(lengths),
    )


def judged(samples: list[Sample], recognizers: tuple[Recognizer, ...] = ()) -> list:  # type: ignore[type-arg]
    assessed = assess_table(TableScan(_TABLE, 10, tuple(samples), 1), combined(recognizers))
    return [proposal(a, v) for a, v in zip(assessed, verdicts(assessed), strict=True) if v]


@pytest.mark.parametrize("recognizer", built_in(), ids=lambda r: r.key)
def test_a_recognizer_accepts_its_own_examples_only(recognizer: Recognizer) -> None:
    assert recognizer.match
    assert all(map(recognizer.accepts, recognizer.match))
    assert not any(map(recognizer.accepts, recognizer.reject))


def test_a_company_adds_its_own_recognizers(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(_OWN, encoding="utf-8")
    own = load(tmp_path)
    values = [f"KG-{100000 + 7 * k}" for k in range(50)]
    assert judged([sample("c1", values)]) == []
    [found] = judged([sample("c1", values)], own)
    assert (found.category, "contract numbers" in found.explanation) == ("user.unique_id", True)
    assert version(combined(own)) != version(combined())
    assert load(tmp_path / "absent") == ()


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        _OWN.replace("match: [KG-123456]", "match: [XX]")
        + _OWN.replace("user.unique_id", "user.shoe_size")
        + _OWN
        + "  colour: red\n"
        + _OWN.replace("'KG-", "'(KG-"),
        encoding="utf-8",
    )
    with pytest.raises(PolicyError) as error:
        load(tmp_path)
    for part in ("4 mistakes", "bad.yaml", "example 1 of `match`", "no key of the default taxonomy", "unknown keys colour"):
        assert part in str(error.value)
    (tmp_path / "bad.yaml").write_text("- key: [", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"bad\.yaml:\d+: this is not YAML"):
        load(tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        "phone_number",
        "PhoneNumber",
        "PHONE NUMBER",
        "customerPhoneNumber2",
        "phonenumber",
        "müştəri_telefon_nömrəsi",
        "Телефон",
        "НомерТелефона",
        "musteri telefon nomresi",
        "CepTelefonu",
        "Handynummer",
    ],
)
def test_headers_of_five_languages_and_any_style_name_a_phone(header: str) -> None:
    [phone] = [r for r in built_in() if r.key == "phone"]
    assert says(tokens(header), phone.words)


SECRETS = st.lists(
    st.from_regex(r"[a-z]{3,8}[0-9]{5}zq@[a-z]{3,8}zq\.[a-z]{2}", fullmatch=True)
    | st.from_regex(r"\+99450[0-9]{7}", fullmatch=True)
    | st.from_regex(r"\{\"[a-z]{6}[0-9]{4}zq\": \"[a-z]{4}@[a-z]{6}zq\.az\"\}", fullmatch=True)
    | st.from_regex(r"call [a-z]{5}zq\+?[0-9]{12} or [a-z]{9}@zq\.az", fullmatch=True)
    | st.text(min_size=6, max_size=30),
    min_size=1,
    max_size=30,
)


@given(SECRETS)
@settings(max_examples=60, deadline=None)
def test_an_explanation_holds_no_sampled_value(values: list[str]) -> None:
    parts = {p for v in values for p in (v, *v.replace('"', " ").replace("{", " ").split()) if len(p) >= 6 and not p.isalpha()}
    for found in judged([sample("c1", values), sample("c2", values[::-1], Family.JSON)]):
        assert not [p for p in parts if p in found.explanation]


@given(st.lists(st.text(max_size=40), max_size=20), st.sampled_from(list(Family)))
@settings(max_examples=60, deadline=None)
def test_any_text_whatsoever_is_judged_without_an_error(values: list[str], family: Family) -> None:
    for found in judged([sample("email", values, family), sample("lat", values, family)]):
        assert 0.5 <= found.confidence <= 1


def test_drift_says_what_appeared_vanished_and_changed_type() -> None:
    def col(name: str) -> ColumnRef:
        return _TABLE.column(name)

    before = [(col("a"), "text"), (col("b"), "integer"), (col("c"), "date")]
    now = [(col("a"), "text"), (col("b"), "bigint"), (col("new"), "text")]
    found = drift_findings(compare(before, now))
    assert [(f.rule, f.column, f.status) for f in found] == [
        ("drift.column_retyped", "b", Status.GAP),
        ("drift.column_vanished", "c", Status.VIOLATION),
        ("drift.column_appeared", "new", Status.GAP),
    ]
    assert drift_findings(compare([], now)) == drift_findings(compare(now, now)) == []
