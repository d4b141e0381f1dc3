"""Verdicts come from Great Expectations and rows from our own filter; they agree, and neither shows a value."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.domain.errors import GovernanceError, PolicyError
from governance.domain.findings import Status
from governance.suites.judge import run_suite
from governance.suites.suite import Suite
from governance.tagging.judge import judge

EXPECTS: list[Any] = ["present", "absent", {"one_of": ["a", "b"]}, {"none_of": ["a"]}, {"matches": "^a"}]
NUMBERS: list[Any] = ["present", "absent", {"at_least": 1}, {"at_most": 1}]


def suite(*expectations: dict[str, Any]) -> Suite:
    first = {"rule": "s.not_empty", "expect": {"rows": 1}, "message": "is empty", "remedy": "fill it"}
    told = [
        {"rule": f"s.rule{chr(97 + n)}", "message": "{table}.{column} is wrong", "remedy": "mend it", **e}
        for n, e in enumerate(expectations)
    ]
    return Suite.model_validate({"suite": "s", "about": "a frame", "expectations": [first, *told]})


def frame(words: list[str | None], numbers: list[int | None], kinds: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "table": pd.Series([f"s.t{n}" for n in range(len(words))], dtype="str"),
            "column": pd.Series(["c"] * len(words), dtype="str"),
            "owner": pd.Series(["o"] * len(words), dtype="str"),
            "word": pd.Series(words, dtype="str"),
            "number": pd.Series(numbers, dtype="Int64"),
            "kind": pd.Series(kinds, dtype="str"),
        }
    )


def naive(expect: Any, value: Any) -> bool:
    """Whether a cell satisfies the expectation, the slow way."""
    match expect:
        case "present":
            return value is not None
        case "absent":
            return value is None
        case {"one_of": allowed}:
            return value is None or value in allowed
        case {"none_of": forbidden}:
            return value not in forbidden
        case {"at_least": least}:
            return value is None or value >= least
        case {"at_most": most}:
            return value is None or value <= most
        case {"matches": _}:
            return value is None or value.startswith("a")
    raise AssertionError(expect)


ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from([0, 1, 2, None]), st.sampled_from(["x", "y", "z"])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_every_kind_of_expectation_names_exactly_the_rows_that_break_it(rows: list[tuple[str | None, int | None, str]]):
    words, numbers, kinds = (list(part) for part in zip(*rows, strict=True))
    asked = [("word", e, where) for e in EXPECTS for where in ({}, {"kind": "x"}, {"kind": ["x", "y"]})]
    asked += [("number", e, {}) for e in NUMBERS]
    results = run_suite(suite(*({"column": c, "expect": e, "where": w} for c, e, w in asked)), frame(words, numbers, kinds))
    for (column, expect, where), result in zip(asked, results[1:], strict=True):
        wanted = {"x"} if where == {"kind": "x"} else {"x", "y"} if where else {"x", "y", "z"}
        cells = words if column == "word" else numbers
        broken = tuple(n for n, kind in enumerate(kinds) if kind in wanted and not naive(expect, cells[n]))
        assert result.broken == broken
        assert result.holds == (not broken)


def test_an_empty_frame_breaks_the_row_count_although_it_satisfies_everything_else():
    results = run_suite(suite({"column": "word", "expect": "present"}), frame([], [], []))
    assert [r.holds for r in results] == [False, True]
    findings = judge(results, frame([], [], []))
    assert [(f.status, f.rule) for f in findings] == [(Status.VIOLATION, "s.not_empty")]


def test_rows_that_stand_twice_are_named():
    twice = pd.concat([frame(["a"], [1], ["x"]), frame(["b"], [1], ["x"])], ignore_index=True)
    results = run_suite(suite({"expect": {"unique": ["table", "column"]}}), twice)
    assert results[1].broken == (0, 1)
    assert not results[1].holds


def test_no_value_of_the_frame_leaves_in_results_or_output(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture):
    canary = "canary-7f3a"
    results = run_suite(
        suite({"column": "word", "expect": {"one_of": ["a"]}}, {"column": "word", "expect": "absent"}),
        frame([canary], [1], ["x"]),
    )
    assert not any(r.holds for r in results[1:])
    said = "".join(capfd.readouterr()) + caplog.text + repr(results) + repr(judge(results, frame([canary], [1], ["x"])))
    assert canary not in said


def test_analytics_are_off_before_the_library_is_loaded():
    run_suite(suite(), frame(["a"], [1], ["x"]))
    assert os.environ["GX_ANALYTICS_ENABLED"] == "False"


def test_a_column_the_frame_lacks_is_an_error_not_a_pass():
    with pytest.raises(GovernanceError, match="no column nowhere"):
        run_suite(suite({"column": "nowhere", "expect": "present"}), frame(["a"], [1], ["x"]))


def test_an_expectation_that_cannot_be_judged_is_an_error_without_a_value():
    with pytest.raises(GovernanceError, match="could not be judged") as caught:
        run_suite(suite({"column": "word", "expect": {"at_most": 3}}), frame(["canary"], [1], ["x"]))
    assert "canary" not in str(caught.value)


def test_a_message_that_names_no_column_of_the_frame_is_refused():
    broken = suite({"column": "word", "expect": "absent", "message": "{nowhere}"})
    with pytest.raises(PolicyError, match="does not fit"):
        judge(run_suite(broken, frame(["a"], [1], ["x"])), frame(["a"], [1], ["x"]))


def test_a_finding_says_where_how_many_and_who():
    one = suite(
        {"column": "number", "expect": {"at_most": 0}, "otherwise": "gap", "rows": "number", "message": "{number:,} rows"}
    )
    [gap, *fine] = judge(run_suite(one, frame(["a", "b"], [1204, 0], ["x", "x"])), frame(["a", "b"], [1204, 0], ["x", "x"]))
    assert (gap.status, gap.table, gap.column, gap.message, gap.rows, gap.owner) == (
        Status.GAP,
        "s.t0",
        "c",
        "1,204 rows",
        1204,
        "o",
    )
    assert {f.status for f in fine} == {Status.COMPLIANT}
