"""The record of processing activities says what the policy says, purpose by purpose."""

from __future__ import annotations

import json
from typing import Any

from governance.domain.names import ColumnRef
from governance.policy.processing import as_json, purposes_of, record, render

SHOP = "datasets/shop.yaml"


def purpose(draft: Any, key: str) -> Any:
    return next(p for p in record(draft.load())["purposes"] if p["key"] == key)


def test_a_purpose_lists_everything_the_law_asks_for(draft: Any) -> None:
    delivery = purpose(draft, "delivery")
    assert delivery["legal_basis"] == {"az": "contract", "gdpr": "contract"}
    assert [c["words"] for c in delivery["data_categories"]] == ["e-mail address", "phone number", "content by or about a person",
                                                                 "name of a person"]
    assert delivery["subject_kinds"] == ["Customer"]
    [dataset] = delivery["datasets"]
    assert (dataset["owner"], dataset["mode"], dataset["collection_points"]) == ("elvin", "enforce", ["web shop"])
    assert dataset["columns"] == ["shop.customers.email", "shop.customers.name", "shop.mailing.address", "shop.orders.photo",
                                  "shop.orders.recipient_phone"]
    assert [(r["name"], r["country"], r["basis"]) for r in delivery["recipients"]] == [("Fast Courier", "AZ", "contract")]
    assert [(r["record_class"], r["keep"]) for r in delivery["retention"]] == [
        ("Accounts", "1 year after closed"), ("Orders", "90 days after delivered")]
    assert delivery["retention"][1]["triggers"] == {"shop.orders": "delivered_at, at latest 1 year after placed_at"}
    assert delivery["ends_as"] == ["constant [former customer]", "file photos", "null"]


def test_obligations_and_consents_say_so(draft: Any) -> None:
    tax, marketing = purpose(draft, "tax"), purpose(draft, "marketing")
    assert (tax["citation"], tax["survives_request"]) == ("Tax Code (example, ask counsel)", True)
    assert (marketing["preference"], marketing["retention"][0]["keep"]) == ("newsletter", "until consent is withdrawn")


def test_a_copy_serves_the_purposes_of_what_it_was_copied_from(draft: Any) -> None:
    assert purposes_of(draft.load(), ColumnRef.parse("shop.mailing.address")) == ("delivery", "marketing")
    assert "shop.mailing.address" in purpose(draft, "marketing")["datasets"][0]["columns"]


def test_unjudged_columns_and_what_is_not_covered_are_said(draft: Any) -> None:
    draft.change(SHOP, "{purposes: [tax], subject: buyer, end_state: {kind: null}}", "{purposes: unjudged}")
    draft.change("company.yaml", "contact: privacy",
        "not_covered: [{what: backups, horizon: P35D, because: they expire}]\n  contact: privacy")
    entry = record(draft.load())
    assert entry["without_purpose"] == ["shop.orders.invoice_name"]
    page = render(entry)
    assert "* `shop.orders.invoice_name`" in page
    assert "* backups: kept 35 days, they expire" in page


def test_the_page_shows_every_purpose_and_is_always_the_same(draft: Any) -> None:
    loaded = draft.load()
    page = render(record(loaded))
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## Laws", "## Delivery", "## Tax",
        "## Newsletter", "## Security"]
    assert "| Recipients | Fast Courier (AZ, contract; told: by e-mail) |" in page
    assert ("| Legal basis | legal obligation (az) and legal obligation (gdpr), Tax Code (example, ask counsel); "
            "outlives an erasure request |") in page
    assert "* GDPR (Regulation (EU) 2016/679 (example, ask counsel)): erasure within 1 month, extendable by 2 months" in page
    assert render(record(draft.load())) == page
    assert json.loads(as_json(record(loaded)))["policy_digest"] == loaded.digest
