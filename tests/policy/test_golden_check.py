"""Golden records that do not hold together are told with file and line; fraud data never serves marketing."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.policy.check import load_checked
from governance.policy.mistakes import PolicyMistakes
from tests.disposal import shop
from tests.reconciliation.linked_world import GOLDEN, policy_text


def mistakes(folder: Path, text: str) -> str:
    with pytest.raises(PolicyMistakes) as told:
        load_checked(shop.write_policy(folder, mode="enforce", text=text))
    return str(told.value)


def test_the_policy_of_the_tests_holds_together(tmp_path: Path) -> None:
    assert load_checked(shop.write_policy(tmp_path, mode="enforce", text=policy_text())).policy.golden


@pytest.mark.parametrize(("old", "new", "said"), [
    ("model: people,", "model: peple,", "there is no link model `peple`"),
    ("sources: [own, bureau, register]", "sources: [own, buro]", "there is no source `buro`"),
    ("kind: customer\n    clause: C6\n    owner", "kind: custommer\n    clause: C6\n    owner", "there is no subject kind `custommer`"),
    ("compared: {full_name: name", "compared: {full_name: nam", "has no column `nam`"),
    ("{name: city, purposes: [marketing.communications.email]", "{name: city, purposes: [marketing]", "there is no purpose `marketing`"),
    ("review_at: 0.5", "review_at: 0.95", "`review_at:` is not above `link_at:`"),
    ("strategy: most_frequent", "strategy: source", "`strategy: source` and `sources:` go together"),
])
def test_a_golden_record_or_link_that_names_what_is_not_there_is_a_mistake(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOLDEN
    assert said in mistakes(tmp_path, policy_text(GOLDEN.replace(old, new)))


def test_a_column_of_fraud_data_under_a_purpose_of_marketing_is_refused(tmp_path: Path) -> None:
    text = policy_text().replace('"role": "sensitive", "subject": "customer", "purposes": ["essential.fraud_detection"]',
                                 '"role": "sensitive", "subject": "customer", "purposes": ["marketing.communications.email"]')
    assert "fraud data may not serve `marketing.communications.email`" in mistakes(tmp_path, text)


def test_a_copy_of_fraud_data_under_a_purpose_of_marketing_is_refused(tmp_path: Path) -> None:
    email = "{name: email, data_categories: [user.contact.email], meta: {governance: {role: identifier, subject: customer,\n             "
    text = policy_text().replace(email + 'purposes: [essential.service.fulfilment], end_state: {kind: "null"}}}}',
                                 email + "derived_from: fraud.signal.kind, purposes: [marketing.communications.email]}}}", 1)
    assert "derived_from" in text
    assert "fraud data may not serve `marketing.communications.email`" in mistakes(tmp_path, text)


def test_a_source_of_signals_that_marketing_may_use_is_refused(tmp_path: Path) -> None:
    text = policy_text(GOLDEN.replace("purposes: [essential.fraud_detection],\n", "purposes: [marketing.communications.email],\n"))
    assert "fraud signals may not serve `marketing.communications.email`" in mistakes(tmp_path, text)


def test_values_that_live_by_consent_have_to_end_with_it(tmp_path: Path) -> None:
    text = policy_text()
    place = text.index('"name": "consented"')
    text = text[:place] + text[place:].replace('["marketing.communications.email"]', '["essential.service.fulfilment"]', 1)
    assert "would not end when consent is withdrawn" in mistakes(tmp_path, text)
