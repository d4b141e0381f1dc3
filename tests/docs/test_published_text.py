"""The demo company's policy declares what its published text says, sentence by sentence where software can tell.

`policy/controls.yaml` names these tests; each compares the declared policy with words of the text.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.policy.load import LoadedPolicy, load_policy

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo() -> LoadedPolicy:
    return load_policy(ROOT / "policy")


def test_data_is_collected_where_the_text_says_and_every_dataset_says_where(demo: LoadedPolicy) -> None:
    """Web sites, mobile applications, points of ordering and points of sale (C1)."""
    points = {d.fides_key: d.governance.collection_points for d in demo.policy.dataset}
    assert [key for key, named in points.items() if not named] == []
    assert {"web site", "mobile app", "call centre", "point of sale"} <= {p for named in points.values() for p in named}


def test_customers_and_business_partners_are_both_subjects(demo: LoadedPolicy) -> None:
    assert {"customer", "partner_contact"} <= {kind.key for kind in demo.policy.subject_kinds}
    declared = {path.kind for t in demo.tables() for path in t.collection.governance.subjects.values()}
    assert {"customer", "partner_contact"} <= declared


@pytest.mark.parametrize("category", ["user.name", "user.contact.address", "user.contact.phone_number",
                                      "user.government_id.passport_number", "user.account.username", "user.device.cookie_id"])
def test_what_the_text_says_is_collected_is_declared_with_purposes(demo: LoadedPolicy, category: str) -> None:
    """Name, address, phone and passport (C3); account and cookies (C5)."""
    found = [(t.ref.column(f.name), f) for t in demo.tables() for _, f in t.fields() if f.is_personal
             if any(c == category or c.startswith(f"{category}.") for c in f.data_categories)]
    assert found
    assert [str(c) for c, f in found if not f.governance.purposes and f.governance.derived_from is None] == []


@pytest.mark.parametrize(("words", "purposes"), [
    ("fulfill your requests", ["essential.service.fulfilment"]),
    ("deliver selected products", ["essential.service.delivery"]),
    ("personalize our offers", ["personalize"]),
    ("improve your purchases", ["functional.service.improve"]),
    ("fraud prevention", ["essential.fraud_detection"]),
    ("marketing and legal functions", ["marketing.communications.email", "essential.legal_obligation.tax"]),
])
def test_what_the_text_says_data_is_used_for_is_a_purpose_with_columns(demo: LoadedPolicy, words: str,
                                                                       purposes: list[str]) -> None:
    text = (ROOT / "policy" / demo.policy.published[0].file).read_text(encoding="utf-8")
    assert words in text
    used = {p for t in demo.tables() for _, f in t.fields() if f.is_personal and f.governance.purposes != "unjudged"
            for p in f.governance.purposes}
    assert set(purposes) <= {p.key for p in demo.policy.purposes} & used


@pytest.mark.parametrize(("purpose", "preference"), [
    ("marketing.communications.email", "newsletter"), ("marketing.communications.sms", "sms"),
    ("marketing.advertising.first_party.targeted", "interest_ads"), ("functional.location", "location"),
])
def test_every_choice_the_text_offers_ends_a_purpose_in_every_regime(demo: LoadedPolicy, purpose: str, preference: str) -> None:
    """Newsletters, SMS, interest-based advertising and location live on consent alone, and consents for them are recorded."""
    [declared] = [p for p in demo.policy.purposes if p.key == purpose]
    assert declared.preference == preference
    assert set(declared.legal_basis.values()) == {"consent"}
    assert set(declared.legal_basis) == set(demo.policy.organization.regimes)
    assert any(preference in ledger.preferences for ledger in demo.policy.consents)
    schedules = [s for c in demo.policy.record_classes for s in c.schedules if s.purpose == purpose]
    assert schedules
    assert all(s.until_withdrawn for s in schedules)
