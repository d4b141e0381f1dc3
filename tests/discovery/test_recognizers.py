"""Recognizers are data: their examples are their tests, a company adds its own, and explanations hold no value."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.discovery import compare, drift_findings, load
from governance.discovery.headers import says, tokens
from governance.discovery.judge import assess_table, proposal, verdicts
from governance.discovery.recognizer import Recognizer, built_in, combined, examine, examine_folder, version
from governance.discovery.sample import Sample, TableScan
from governance.domain.errors import PolicyError
from governance.domain.findings import Status
from governance.domain.names import ColumnRef, TableRef
from governance.domain.schema import Column, Family
from governance.policy.mistakes import PolicyMistakes

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


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mask", ["5{:013d}", "29{:011d}", "37{:012d}", "81{:012d}"])
def test_long_numbers_of_parcels_and_cards_of_shops_are_no_phones(seed: int, mask: str) -> None:
    rng = Random(seed)
    values = [mask.format(rng.randrange(10**11)) for _ in range(200)]
    assert judged([sample("c1", values)]) == []


@pytest.mark.parametrize("seed", range(5))
def test_numbers_of_parts_with_areas_that_no_phone_has_are_no_phones(seed: int) -> None:
    rng = Random(seed)
    parts = [f"{rng.randrange(1000):03d}-{rng.randrange(1000):03d}-{rng.randrange(10_000):04d}" for _ in range(200)]
    phones = [f"{rng.randrange(200, 1000)}-{rng.randrange(200, 1000)}-{rng.randrange(10_000):04d}" for _ in range(200)]
    assert judged([sample("c1", parts)]) == []
    assert [p.category for p in judged([sample("c1", phones)])] == ["user.contact.phone_number"]


@pytest.mark.parametrize("form", ["{n} fərdi sahibkar", "{n} sole trader", "{n} (inhaber)", "Индивидуальный предприниматель {n}"])
def test_people_who_trade_under_their_own_name_are_people(form: str) -> None:
    first, last = ("Leyla", "Elçin", "Rəna", "Tural", "Peter", "Ольга"), ("Quliyeva", "Xəlilov", "Palmer", "Попова")
    names = [f"{one} {other}" for one in first for other in last]
    assert [p.category for p in judged([sample("c1", [form.format(n=n) for n in names])])] == ["user.name"]


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


_MISTAKES = [
    ("match: [KG-123456]", "match: [XX]", 8, "contract: its example 1 of `match` is not accepted", "examples are the recognizer's tests"),
    ("reject: [KG-12]", "reject: [KG-654321]", 9, "contract: its example 1 of `reject` is accepted", "correct the patterns or the example"),
    ("user.unique_id", "user.unique_ids", 3, "its category is no key of the default taxonomy", "did you mean `user.unique_id`?"),
    ("strength: strong", "strength: strnog", 5, "`strength` is none that there is", "did you mean `strong`?"),
    ("strength: strong", "strength: strong\n  check: luhm", 6, "`check` is none that there is", "did you mean `luhn`?"),
    ("reads:", "raeds:", 4, "unknown keys raeds", "did you mean `reads`?"),
    ("'KG-", "'(KG-", 6, "its pattern 1 is no regular expression", "as Python's re reads it"),
    ("['KG-\\d{6}']", "7", 6, "`patterns` is not a list of texts", "patterns: ["),
    ("match: [KG-123456]", "match: [KG-123456]\n  floor: 2", 9, "`floor` is not a share between 0 and 1", "floor: 0.5"),
    ("match: [KG-123456]", "match: [KG-123456]\n  floor: 0.95", 9, "`floor` is not below `full`", "full says everything"),
    ("match: [KG-123456]", "match: [KG-123456]\n  beside: {friend: helps}", 9, "`beside` names what does not stand", "one of person"),
    ("match: [KG-123456]", "match: [KG-123456]\n  families: [words]", 9, "no values of the family words", "one of text"),
    ("match: [KG-123456]", "", 2, "missing match", "at least key, category"),
]


@pytest.mark.parametrize(("old", "new", "line", "problem", "fix"), _MISTAKES, ids=[m[3] for m in _MISTAKES])
def test_each_mistake_has_its_file_its_line_and_its_remedy(tmp_path: Path, old: str, new: str, line: int, problem: str, fix: str) -> None:
    folder = tmp_path / "policy" / "recognizers"
    folder.mkdir(parents=True)
    assert old in _OWN
    (folder / "own.yaml").write_text(_OWN.replace(old, new), encoding="utf-8")
    found, [mistake] = examine_folder(folder)
    assert (mistake.where.file, mistake.where.line) == ("policy/recognizers/own.yaml", line)
    assert problem in mistake.problem
    assert fix in mistake.fix
    assert len(found) == ("example" in problem), "one that gets its examples wrong is never loaded as if it were right"
    with pytest.raises(PolicyMistakes):
        load(folder)


def test_a_key_that_stands_in_two_files_is_a_mistake(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yml"):
        (tmp_path / name).write_text(_OWN, encoding="utf-8")
    _, [mistake] = examine_folder(tmp_path)
    assert (mistake.where.line, "a.yaml already" in mistake.problem) == (2, True)


_VALUES = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["x", "user.name", "(", "strong", "text"])
_KEYS = st.sampled_from(["key", "category", "reads", "strength", "patterns", "check", "measure", "floor", "families", "beside", "words",
                         "hints", "match", "reject", "stems", "thing", "other"])


@given(st.recursive(_VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=12), max_leaves=30))
@settings(max_examples=200, deadline=None)
def test_any_file_whatsoever_is_read_or_refused_with_mistakes(entry: object) -> None:
    found, mistakes = examine(yaml.safe_dump([entry]), "own.yaml")
    assert found or mistakes
    assert all(m.where.line > 0 and m.fix for m in mistakes)


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
