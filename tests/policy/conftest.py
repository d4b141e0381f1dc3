"""A small policy as text, to be changed one place at a time, so that every mistake has a file and a line to be found at."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from governance.policy.load import LoadedPolicy, load_policy
from governance.policy.mistakes import PolicyMistakes

TEXT = """Privacy Policy

We deliver what you order. We forget where you live after 90 days.

You may withdraw consent at any time.
"""

COMPANY = """
organization:
  key: bazaar
  name: Bazaar LLC
  time_zone: Asia/Baku
  policy_version: "2"
  regimes: [az, gdpr]
  contact: privacy@bazaar.example
people:
  - {user: nigar, roles: [officer], attests: [C14]}
  - {user: elvin, roles: [engineer]}
approvals:
  approvers: {retention: [nigar], request: [nigar], policy: [nigar, elvin]}
published:
  - {version: "2", file: text/policy.txt, sha256: SHA256, published_on: 2026-01-15}
regimes:
  - key: az
    name: Law on Personal Data
    citation: Law 998-IIIQ (example, ask counsel)
    holidays: AZ
    deadlines:
      - {request: erasure, working_days: 7}
  - key: gdpr
    name: GDPR
    citation: Regulation (EU) 2016/679 (example, ask counsel)
    deadlines:
      - {request: erasure, months: 1, extendable_months: 2}
recipients:
  - {key: courier, name: Fast Courier, country: AZ, purposes: [delivery], basis: contract, clause: C16, notify: by e-mail}
stores:
  - {key: photos, root: photos, clause: C14}
controls:
  - {sentence: Privacy Policy, clause: C1, status: not_kept, by: [], because: a heading}
  - {sentence: We deliver what you order., clause: C8, status: enforced, by: ["tests/test_promise.py::test_deliveries"]}
  - {sentence: We forget where you live after 90 days., clause: C10, status: enforced, by: [tests/test_promise.py::test_forgets]}
  - sentence: You may withdraw consent at any time.
    clause: C11
    status: attested
    by: [C14]
    attested_by: nigar
    attested_on: 2026-01-15
    expires_on: 2027-01-15
"""

PURPOSES = """
purposes:
  - key: delivery
    name: Delivery
    clause: C8
    legal_basis: {az: contract, gdpr: contract}
  - key: tax
    name: Tax
    clause: C8
    legal_basis: {az: legal_obligation, gdpr: legal_obligation}
    citation: Tax Code (example, ask counsel)
    survives_request: true
  - key: marketing
    name: Newsletter
    clause: C11
    legal_basis: {az: consent, gdpr: consent}
    preference: newsletter
record_classes:
  - key: order
    name: Orders
    clause: C10
    schedules:
      - {purpose: delivery, trigger: delivered, keep: P90D}
      - {purpose: tax, trigger: placed, keep: P5Y}
  - key: account
    name: Accounts
    clause: C10
    schedules:
      - {purpose: delivery, trigger: closed, keep: P1Y}
      - {purpose: marketing, until_withdrawn: true}
subject_kinds:
  - key: customer
    name: Customer
    clause: C1
    identity: {table: shop.customers, key: customer_id}
    identifiers:
      - {form: email, column: email, unique: true}
      - {form: name, column: name, unique: false}
    resolve_by: [[email]]
consents:
  - key: consents
    table: shop.consents
    subject: {kind: customer, key: customer_id}
    preference_column: preference
    preferences: {newsletter: news}
    granted_at: granted_at
    withdrawn_at: withdrawn_at
    clause: C9
"""

SHOP = """
dataset:
  - fides_key: shop
    name: Shop
    meta:
      governance:
        schema: shop
        owner: elvin
        clause: C8
        mode: {is: enforce, set_by: nigar, since: 2026-02-01}
        collection_points: [web shop]
        recipients: [courier]
    collections:
      - name: customers
        meta:
          governance:
            record_class: account
            subjects: {self: {kind: customer, key: customer_id}}
            triggers: {closed: {column: closed_at}}
            deletable: true
            not_personal: [customer_id, closed_at]
            confirmed_by: elvin
        fields:
          - name: email
            data_categories: [user.contact.email]
            meta: {governance: {purposes: [delivery, marketing], subject: self, end_state: {kind: null}}}
          - name: name
            data_categories: [user.name]
            meta: {governance: {purposes: [delivery], subject: self, end_state: {kind: constant, value: "[former customer]"}}}
      - name: orders
        meta:
          governance:
            record_class: order
            subjects: {buyer: {kind: customer, key: customer_id}}
            triggers:
              delivered: {column: delivered_at, when_null: open, at_latest: {column: placed_at, keep: P1Y}}
              placed: {column: placed_at}
            not_personal: [order_id, customer_id, delivered_at, placed_at]
            confirmed_by: elvin
        fields:
          - name: recipient_phone
            data_categories: [user.contact.phone_number]
            meta: {governance: {purposes: [delivery], subject: buyer, end_state: {kind: null}}}
          - name: invoice_name
            data_categories: [user.name]
            meta: {governance: {purposes: [tax], subject: buyer, end_state: {kind: null}}}
          - name: photo
            data_categories: [user.content]
            meta: {governance: {purposes: [delivery], subject: buyer, end_state: {kind: file, store: photos}}}
      - name: lines
        meta:
          governance:
            deletable: {with: shop.orders}
            not_personal: [line_id, order_id, article]
            confirmed_by: elvin
        fields: []
      - name: consents
        meta:
          governance:
            not_personal: [consent_id, customer_id, preference, granted_at, withdrawn_at]
            confirmed_by: elvin
        fields: []
      - name: mailing
        meta:
          governance:
            record_class: account
            subjects: {reader: {kind: customer, key: id, through: [{table: shop.consents, where: {customer_id: id}}]}}
            derived_from: {table: shop.customers, where: {id: customer_id}}
            not_personal: [id]
            confirmed_by: elvin
        fields:
          - name: address
            data_categories: [user.contact.email]
            meta: {governance: {subject: reader, derived_from: shop.customers.email, end_state: {kind: null}}}
""".replace("kind: customer, key: id, through", "kind: customer, key: customer_id, through")


@dataclass
class Drafted:
    """The policy on disk. `change` replaces a piece that occurs once; `at` is the place of a piece."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def at(self, name: str, piece: str) -> str:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert piece in text, f"{piece!r} is not in {name}"
        return f"policy/{name}:{text[:text.index(piece)].count(chr(10)) + 1}"

    def load(self) -> LoadedPolicy:
        return load_policy(self.folder)

    def refused(self) -> list[str]:
        """What the loader says, one text per mistake."""
        with pytest.raises(PolicyMistakes) as caught:
            self.load()
        assert all(str(m) in str(caught.value) for m in caught.value.mistakes)
        return [str(m) for m in caught.value.mistakes]


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def drafts(tmp_path: Path) -> Callable[[str], Drafted]:
    """As many drafts as a test wants, each in a folder of its own."""
    def make(parent: str) -> Drafted:
        draft = Drafted(tmp_path / parent / "policy")
        draft.write("text/policy.txt", TEXT)
        draft.write("company.yaml", COMPANY.replace("SHA256", f'"{digest_of(TEXT)}"'))
        draft.write("purposes.yaml", PURPOSES)
        draft.write("datasets/shop.yaml", SHOP)
        return draft
    return make


@pytest.fixture
def draft(drafts: Callable[[str], Drafted]) -> Drafted:
    return drafts("one")
