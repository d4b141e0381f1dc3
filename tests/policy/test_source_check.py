"""Sources that do not hold together are told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.policy.check import load_checked
from governance.policy.mistakes import PolicyMistakes
from tests.disposal import shop
from tests.reconciliation.feeds_world import SOURCES, policy_text


def test_the_sources_of_the_tests_hold_together(tmp_path: Path) -> None:
    assert len(load_checked(shop.write_policy(tmp_path, mode="enforce", text=policy_text())).policy.sources) == 2


@pytest.mark.parametrize(("old", "new", "said"), [
    ("purposes: [essential.fraud_detection]", "purposes: [essential.fraud]", "there is no purpose `essential.fraud`"),
    ("legal_basis: {az: legitimate_interest}", "legal_basis: {gdpr: legitimate_interest}", "there is no regime `gdpr`"),
    ("record_key: [case]", "record_key: [number]", "there is no field `number`"),
    ("observed_at: seen", "observed_at: city", "field city is no moment"),
    ("kind_field: signal", "kind_field: sort", "there is no field `sort`"),
    ("field: city, form: text", "field: email, form: text", "canonical field `email` stands twice"),
    ("folder: loyalty", "folder: ../loyalty", "leads out of the folder of feeds"),
    ("form: number, wrong: reject", "form: number, purposes: [essential.fraud_detection]", "the source itself may not be used for"),
    ("purposes: [essential.fraud_detection]", "purposes: [essential.fraud_detection, marketing.communications.email]",
     "fraud signals may not serve `marketing.communications.email`"),
    ("field: full_name, form: full_name, required: true", "field: full_name, form: full_name, required: true, wrong: leave_out",
     "a required value cannot be left out"),
    ("field: city, form: text", "field: city, form: text, formats: ['%Y']", "`formats:` are for dates and moments"),
    ("format: {kind: jsonl}", "format: {kind: jsonl, delimiter: ';'}", "JSON lines have no `delimiter:`"),
])
def test_a_source_that_does_not_hold_together_is_a_mistake(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SOURCES
    with pytest.raises(PolicyMistakes) as told:
        load_checked(shop.write_policy(tmp_path, mode="enforce", text=policy_text(sources=SOURCES.replace(old, new))))
    assert said in str(told.value)
