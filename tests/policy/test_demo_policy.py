"""The demo company's own policy holds together."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.policy.check import examine
from governance.policy.deadline import earliest
from governance.policy.diff import diff
from governance.policy.load import LoadedPolicy, load_policy
from governance.policy.processing import record, render

FOLDER = Path(__file__).parents[2] / "policy"


@pytest.fixture(scope="module")
def demo() -> LoadedPolicy:
    return load_policy(FOLDER)


def test_the_demo_policy_has_no_mistake(demo: LoadedPolicy) -> None:
    examined = examine(demo)
    assert [str(m) for m in examined.mistakes] == []


def test_every_personal_column_has_a_purpose_a_source_or_is_openly_unjudged(demo: LoadedPolicy) -> None:
    columns = list(demo.personal_columns())
    assert len(columns) > 50
    for column, field in columns:
        declared = field.governance
        assert declared.purposes == "unjudged" or declared.derived_from is not None or demo.schedules(column), column


def test_the_demo_policy_does_not_differ_from_itself(demo: LoadedPolicy) -> None:
    assert diff(demo, load_policy(FOLDER)) == []


def test_an_erasure_request_has_a_deadline(demo: LoadedPolicy) -> None:
    from datetime import date

    regimes = [r for r in demo.policy.regimes if r.key in demo.policy.organization.regimes]
    due, key = earliest(regimes, "erasure", date(2026, 3, 18), demo.policy.holidays)
    assert (due, key) == (date(2026, 4, 7), "az")


def test_the_record_of_processing_names_every_purpose_and_owner(demo: LoadedPolicy) -> None:
    page = render(record(demo))
    assert all(p.name in page for p in demo.policy.purposes)
    assert all(d.governance.owner in page for d in demo.datasets())
