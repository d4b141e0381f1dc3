"""Pseudonymizing as disposal: equal values get equal pseudonyms within a plan, and the key is gone when the plan is done."""

from __future__ import annotations

from pathlib import Path

from governance import jobs
from tests.disposal import shop
from tests.disposal.conftest import make_shop
from tests.disposal.test_disposal import CONTEXT, dispose

TEXT = shop.POLICY.replace("""purposes: [essential.service.fulfilment], end_state: {kind: "null"}}}}
          - {name: recipient_phone""", """purposes: [essential.service.fulfilment], end_state: {kind: pseudonymize, domain: name}}}}
          - {name: recipient_phone""")


def test_pseudonyms_replace_values_and_their_key_is_destroyed(warehouse_url: str, tmp_path: Path) -> None:
    assert TEXT != shop.POLICY
    made = make_shop(warehouse_url, tmp_path, text=TEXT)
    before = dict(made.read("select id, recipient_name from shop.orders"))
    dispose(made)
    after = dict(made.read("select id, recipient_name from shop.orders"))
    assert str(after[11]).startswith("psn_v1_")
    assert str(after[14]).startswith("psn_v1_")
    assert after[11] != after[14]
    assert {n: after[n] for n in (10, 12)} == {n: before[n] for n in (10, 12)}
    assert list((tmp_path / "secrets" / "pseudonym").glob("*.key")) == []
    again = made.installation.ledger.plan(jobs.disposal_plan(made.installation, CONTEXT)["digest"])
    assert again.rows == 0
    made.installation.close()


def test_text_without_identifiers_still_keeps_a_young_row(warehouse_url: str, tmp_path: Path) -> None:
    import sqlalchemy as sa

    text = shop.POLICY.replace("deletable: {with: shop.orders}, not_personal: [id, order_id, delivered_at]",
                               "deletable: true, not_personal: [id, order_id, delivered_at]")
    assert text != shop.POLICY
    made = make_shop(warehouse_url, tmp_path, text=text)
    engine = sa.create_engine(made.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(shop.shipments.insert(), [
            {"id": 300, "order_id": 10, "note": "left at the door", "details": None, "delivered_at": shop.day("2026-09-25")}])
    dispose(made)
    assert made.read("select note from shop.shipments where id = 300") == [("left at the door",)]
    made.installation.close()
