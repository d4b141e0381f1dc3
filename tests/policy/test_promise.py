"""The promise, sentence by sentence: nothing of the text is lost, nothing is green that is not kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.domain.errors import PolicyError
from governance.policy.mistakes import PolicyMistakes, Weight
from governance.policy.promise import check_promise, has_test, promise, render_promise, require_promise
from governance.policy.sentences import sentences

TODAY = date(2026, 11, 22)
COMPANY = "company.yaml"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_promise.py").write_text(
        "def test_deliveries(): ...\nasync def test_forgets(): ...\nclass TestThis:\n    def test_that(self): ...\n"
        "def helper():\n    def test_inner(): ...\n# def test_comment(): ...\n")
    return tmp_path


# ---- sentences -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("text", "expected"), [
    ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
    ("A heading\n\nA sentence. Another one.\n", ["A heading", "A sentence.", "Another one."]),
    ("Kargo.az protects it. It does.", ["Kargo.az protects it.", "It does."]),
    ("We use e.g. cookies, i.e. small files. Yes.", ["We use e.g. cookies, i.e. small files.", "Yes."]),
    ("See Art. 30 of the law. It says so.", ["See Art. 30 of the law.", "It says so."]),
    ("Under “Manage subscriptions.” You may leave.", ["Under “Manage subscriptions.”", "You may leave."]),
    ("A line that was\nbroken by hand. Next.", ["A line that was broken by hand.", "Next."]),
    ("Əlaqə saxlayın. Ünvan yoxdur. Есть адрес.", ["Əlaqə saxlayın.", "Ünvan yoxdur.", "Есть адрес."]),
    ("\u00a0\n \n", []),
    ("First:\n\nsecond", ["First:", "second"]),
])
def test_a_text_is_split_into_its_sentences(text: str, expected: list[str]) -> None:
    assert [s.text for s in sentences(text)] == expected


@given(st.lists(st.sampled_from(["We keep it", "Data", "e.g.", "Kargo.az", ".", "!", "?", "”", "“", " ", "\n", "\n\n", "\u00a0",
    "i", "Ə", "3."])))
def test_no_character_of_the_text_is_lost_and_every_sentence_has_its_line(parts: list[str]) -> None:
    text = "".join(parts)
    found = sentences(text)
    assert "".join("".join(s.text for s in found).split()) == "".join(text.split())
    assert [s.number for s in found] == list(range(1, len(found) + 1))
    lines = text.splitlines()
    assert all(lines[s.line - 1].split() for s in found)
    assert [s.line for s in found] == sorted(s.line for s in found)
    assert sentences(text) == found


def test_headings_are_told_apart(draft: Any) -> None:
    kept = promise(draft.load())
    assert [(k.sentence.line, k.sentence.is_heading) for k in kept] == [(1, True), (3, False), (3, False), (5, False)]


# ---- controls ------------------------------------------------------------------------------------------------------

def test_a_mapped_text_has_nothing_to_say(draft: Any, repository: Path) -> None:
    loaded = draft.load()
    assert check_promise(loaded, repository, TODAY) == []
    require_promise(loaded, repository, TODAY)


@pytest.mark.parametrize(("old", "new", "at", "said"), [
    ("sentence: Privacy Policy, ", "sentence: Privacy Polity, ", "Privacy Polity",
        "the published text does not say: Privacy Polity"),
    ("test_promise.py::test_deliveries", "test_promise.py::test_none", "test_none",
        "there is no test tests/test_promise.py::test_none"),
    ("test_promise.py::test_deliveries", "test_promise.py::helper", "::helper", "there is no test tests/test_promise.py::helper"),
    ("test_promise.py::test_deliveries", "test_promise.py::test_inner", "::test_inner", "there is no test"),
    ("test_promise.py::test_deliveries", "test_promise.py::test_comment", "::test_comment", "there is no test"),
    ("test_promise.py::test_deliveries", "test_gone.py::test_deliveries", "test_gone", "there is no test"),
    ('["tests/test_promise.py::test_deliveries"]', "[]", "We deliver", "enforced by nothing"),
    (", because: a heading", "", "sentence: Privacy Policy", "nothing says why this sentence is not kept"),
    ("    by: [C14]\n", "    by: []\n", "sentence: You may", "attested by nothing"),
    ("    expires_on: 2027-01-15\n", "", "sentence: You may", "an attestation needs a person, a day and an end"),
    ("attested_by: nigar", "attested_by: nigat", "attested_by: nigat", "there is no person `nigat`"),
    ("attested_by: nigar", "attested_by: elvin", "sentence: You may", "`elvin` does not attest C14"),
    ("attested_on: 2026-01-15", "attested_on: 2026-12-01", "sentence: You may",
        "attested on 2026-12-01, a day that has not come"),
    ("expires_on: 2027-01-15", "expires_on: 2026-01-15", "sentence: You may", "expires on 2026-01-15, not after it was attested"),
    ("  - sentence: You may", "  - {sentence: Privacy Policy, clause: C1, status: not_kept, by: [], because: twice}\n"
     "  - sentence: You may", "because: twice", "the sentence is mapped twice, also at policy/company.yaml"),
])
def test_a_control_that_does_not_hold_is_told(draft: Any, repository: Path, old: str, new: str, at: str, said: str) -> None:
    draft.change(COMPANY, old, new)
    told = [m for m in check_promise(draft.load(), repository, TODAY) if m.where.file == "policy/company.yaml"]
    assert [str(m.where) for m in told] == [draft.at(COMPANY, at)]
    assert said in told[0].problem
    assert told[0].fix
    with pytest.raises(PolicyMistakes):
        require_promise(draft.load(), repository, TODAY)


def test_an_unmapped_sentence_is_a_mistake_at_its_line_of_the_text(draft: Any, repository: Path) -> None:
    draft.write("text/policy.txt", "Privacy Policy\n\nWe deliver what you order. We forget where you live after 90 days.\n\n"
                                   "You may withdraw consent at any time. We sing. We sing.\n")
    [told] = check_promise(draft.load(), repository, TODAY)
    assert str(told.where) == "policy/text/policy.txt:5"
    assert told.problem == "no control says how this sentence is kept: We sing."


def test_a_sentence_that_stands_twice_is_mapped_once(draft: Any, repository: Path) -> None:
    text = (draft.folder / "text/policy.txt").read_text()
    draft.write("text/policy.txt", text + "\nWe  deliver\u00a0what you order.\n")
    assert check_promise(draft.load(), repository, TODAY) == []
    assert [k.control.clause for k in promise(draft.load())] == ["C1", "C8", "C10", "C11", "C8"]


def test_an_expired_attestation_is_said_and_is_not_shown_as_kept(draft: Any, repository: Path) -> None:
    loaded, later = draft.load(), date(2027, 1, 16)
    [told] = check_promise(loaded, repository, later)
    assert (told.weight, told.problem) == (Weight.LOOK, "the attestation by nigar expired on 2027-01-15")
    require_promise(loaded, repository, later)
    assert check_promise(loaded, repository, date(2027, 1, 15)) == []
    page = render_promise(loaded, later)
    assert "| **attestation expired** on 2027-01-15 (was nigar's (C14)) |" in page
    assert "attested by nigar" not in page


def test_a_text_that_is_not_there_is_told(draft: Any) -> None:
    (draft.folder / "text/policy.txt").unlink()
    with pytest.raises(PolicyError, match=r"text/policy\.txt: is not there"):
        promise(draft.load())


@pytest.mark.parametrize(("test", "there"), [
    ("tests/test_promise.py::test_deliveries", True), ("tests/test_promise.py::test_deliveries[duckdb-a::b]", True),
    ("tests/test_promise.py::test_forgets", True), ("tests/test_promise.py::TestThis::test_that", True),
    ("tests/test_promise.py::test_that", False), ("tests/test_promise.py", False), ("tests/none.py::test_deliveries", False),
])
def test_named_tests_are_looked_for_in_the_repository(repository: Path, test: str, there: bool) -> None:
    assert has_test(repository, test) is there


def test_the_page_shows_every_sentence_with_its_control(draft: Any) -> None:
    loaded = draft.load()
    page = render_promise(loaded, TODAY)
    assert "4 sentences: 2 enforced by tests, 1 attested, 1 not kept." in page
    assert "| 1 | Privacy Policy | C1 | **not kept**: a heading |" in page
    assert "| 2 | We deliver what you order. | C8 | enforced by `tests/test_promise.py::test_deliveries` |" in page
    assert "| 4 | You may withdraw consent at any time. | C11 | attested by nigar on 2026-01-15 until 2027-01-15 (C14) |" in page
    assert render_promise(loaded, TODAY) == page
    draft.change(COMPANY, "sentence: Privacy Policy, ", "sentence: Other, ")
    assert "| 1 | Privacy Policy |  | **unmapped** |" in render_promise(draft.load(), TODAY)
