"""A shop small enough to read: every kind of target, trigger and reference once, on any engine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

AS_OF = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)

metadata = sa.MetaData(schema="shop")
customers = sa.Table(
    "customers", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False), sa.Column("name", sa.Text),
    sa.Column("email", sa.Text), sa.Column("phone", sa.Text), sa.Column("closed_at", sa.TIMESTAMP),
    sa.Column("last_seen", sa.TIMESTAMP))
orders = sa.Table(
    "orders", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("customer_id", sa.BigInteger, sa.ForeignKey("shop.customers.id"), index=True),
    sa.Column("recipient_name", sa.Text), sa.Column("recipient_phone", sa.Text), sa.Column("ip", sa.Text),
    sa.Column("invoice_name", sa.Text), sa.Column("born", sa.Date), sa.Column("created_at", sa.TIMESTAMP, nullable=False),
    sa.Column("invoiced_on", sa.Date))
items = sa.Table(
    "items", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("order_id", sa.BigInteger, sa.ForeignKey("shop.orders.id"), index=True), sa.Column("sku", sa.Text))
shipments = sa.Table(
    "shipments", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("order_id", sa.BigInteger, sa.ForeignKey("shop.orders.id"), index=True),
    sa.Column("note", sa.Text), sa.Column("details", sa.JSON), sa.Column("delivered_at", sa.TIMESTAMP))
consents = sa.Table(
    "consents", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("customer_id", sa.BigInteger), sa.Column("preference", sa.Text), sa.Column("granted_at", sa.TIMESTAMP),
    sa.Column("withdrawn_at", sa.TIMESTAMP))
subscriptions = sa.Table(
    "subscriptions", metadata, sa.Column("code", sa.Text, primary_key=True), sa.Column("customer_id", sa.BigInteger),
    sa.Column("email", sa.Text))
copies = sa.Table(  # no key at all
    "copies", metadata, sa.Column("customer_id", sa.BigInteger), sa.Column("email", sa.Text))
scans = sa.Table(
    "scans", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("customer_id", sa.BigInteger, sa.ForeignKey("shop.customers.id"), index=True), sa.Column("path", sa.Text),
    sa.Column("taken_at", sa.TIMESTAMP))

PROMISE = b"We keep what we need and no longer.\n"
POLICY = """
organization:
  key: shop
  name: Shop
  time_zone: Asia/Baku
  policy_version: "1"
  regimes: [az]
  contact: privacy desk
  max_unique_share: 1  # a handful of rows is always unique
people:
  - {user: officer, roles: [compliance_officer]}
  - {user: engineer, roles: [privacy_engineer]}
approvals:
  approvers: {retention: [officer], request: [officer], policy: [officer]}
  accept_unauthenticated: true
published:
  - {version: "1", file: promise.txt, sha256: PROMISE, published_on: 2026-01-01}
regimes:
  - key: az
    name: Law on Personal Data
    citation: example, ask counsel
    holidays: AZ
    deadlines: [{request: erasure, working_days: 7}, {request: restriction, working_days: 7}, {request: objection, working_days: 7}]
purposes:
  - {key: essential.service.fulfilment, name: Fulfilment, clause: C8, legal_basis: {az: contract}}
  - {key: essential.fraud_detection, name: Fraud, clause: C8, legal_basis: {az: legitimate_interest}}
  - {key: essential.legal_obligation, name: Tax, clause: C8, legal_basis: {az: legal_obligation}, citation: Tax Code (example),
     survives_request: true}
  - {key: marketing.communications.email, name: Newsletter, clause: C11, legal_basis: {az: consent}, preference: newsletter}
record_classes:
  - key: account
    name: Account
    clause: C10
    schedules: [{purpose: essential.service.fulfilment, trigger: closed, keep: P30D}]
  - key: order
    name: Order
    clause: C10
    schedules:
      - {purpose: essential.service.fulfilment, trigger: delivered, keep: P90D}
      - {purpose: essential.fraud_detection, trigger: created, keep: P1Y}
      - {purpose: essential.legal_obligation, trigger: invoiced, keep: P5Y}
  - key: scan
    name: Scan
    clause: C10
    schedules: [{purpose: essential.service.fulfilment, trigger: taken, keep: P6M}]
  - key: newsletter
    name: Newsletter
    clause: C11
    schedules: [{purpose: marketing.communications.email, until_withdrawn: true}]
subject_kinds:
  - key: customer
    name: customer
    clause: C1
    identity: {table: shop.customers, key: id}
    identifiers:
      - {form: email, column: email, unique: true}
      - {form: phone, column: phone, unique: false}
      - {form: name, column: name, unique: false}
    resolve_by: [[email], [phone, name]]
consents:
  - key: ledger
    table: shop.consents
    subject: {kind: customer, key: customer_id}
    preference_column: preference
    preferences: {newsletter: news}
    granted_at: granted_at
    withdrawn_at: withdrawn_at
    clause: C9
stores:
  - {key: scans, root: scans, clause: C14}
dataset:
  - fides_key: shop
    name: Shop
    meta: {governance: {schema: shop, owner: engineer, clause: C1, collection_points: [site],
                        mode: {is: MODE, set_by: engineer, since: 2026-01-01}}}
    collections:
      - name: customers
        meta: {governance: {record_class: account, deletable: true, not_personal: [id, closed_at, last_seen],
               confirmed_by: engineer, subjects: {customer: {kind: customer, key: id}},
               triggers: {closed: {column: closed_at, when_null: open, at_latest: {column: last_seen, keep: P5Y}}}}}
        fields:
          - {name: name, data_categories: [user.name], meta: {governance: {role: identifier, subject: customer,
             purposes: [essential.service.fulfilment], end_state: {kind: "null"}}}}
          - {name: email, data_categories: [user.contact.email], meta: {governance: {role: identifier, subject: customer,
             purposes: [essential.service.fulfilment], end_state: {kind: "null"}}}}
          - {name: phone, data_categories: [user.contact.phone_number], meta: {governance: {role: identifier, subject: customer,
             purposes: [essential.service.fulfilment], end_state: {kind: "null"}}}}
      - name: orders
        meta: {governance: {record_class: order, deletable: true, not_personal: [id, customer_id, created_at, invoiced_on],
               confirmed_by: engineer, subjects: {buyer: {kind: customer, key: customer_id}},
               triggers: {created: {column: created_at},
                          invoiced: {column: invoiced_on, when_null: open, at_latest: {column: created_at, keep: P6Y}},
                          delivered: {column: delivered_at, through: [{table: shop.shipments, where: {order_id: id}}],
                                      when_null: open, at_latest: {column: created_at, keep: P2Y}}}}}
        fields:
          - {name: recipient_name, data_categories: [user.name], meta: {governance: {role: identifier, subject: buyer,
             purposes: [essential.service.fulfilment], end_state: {kind: "null"}}}}
          - {name: recipient_phone, data_categories: [user.contact.phone_number], meta: {governance: {role: identifier,
             subject: buyer, purposes: [essential.service.fulfilment], end_state: {kind: constant, value: "-"}}}}
          - {name: ip, data_categories: [user.device.ip_address], meta: {governance: {role: identifier, subject: buyer,
             purposes: [essential.fraud_detection], end_state: {kind: "null"}}}}
          - {name: born, data_categories: [user.demographic.date_of_birth], meta: {governance: {role: quasi_identifier,
             subject: buyer, purposes: [essential.fraud_detection], end_state: {kind: truncate, unit: year}}}}
          - {name: invoice_name, data_categories: [user.name], meta: {governance: {role: identifier, subject: buyer,
             purposes: [essential.legal_obligation], end_state: {kind: "null"}}}}
      - name: consents
        fields: []
        meta: {governance: {not_personal: [id, customer_id, preference, granted_at, withdrawn_at], confirmed_by: engineer}}
      - name: items
        fields: []
        meta: {governance: {deletable: {with: shop.orders}, not_personal: [id, order_id, sku], confirmed_by: engineer,
               subjects: {buyer: {kind: customer, key: customer_id, through: [{table: shop.orders, where: {id: order_id}}]}}}}
      - name: shipments
        meta: {governance: {record_class: order, deletable: {with: shop.orders}, not_personal: [id, order_id, delivered_at],
               confirmed_by: engineer,
               subjects: {buyer: {kind: customer, key: customer_id, through: [{table: shop.orders, where: {id: order_id}}]}},
               triggers: {created: {column: created_at, through: [{table: shop.orders, where: {id: order_id}}]},
                          invoiced: {column: delivered_at}, delivered: {column: delivered_at, when_null: open,
                          at_latest: {column: delivered_at, keep: P1D}}}}}
        fields:
          - {name: note, data_categories: [user.content], meta: {governance: {role: identifier, subject: buyer,
             purposes: [essential.service.fulfilment], end_state: {kind: redact}}}}
          - {name: details, data_categories: [user.contact], meta: {governance: {role: identifier, subject: buyer,
             purposes: [essential.service.fulfilment],
             end_state: {kind: redact, paths: ["$.contact.phone", "$.contact.name"]}}}}
      - name: subscriptions
        meta: {governance: {record_class: newsletter, deletable: true, not_personal: [code, customer_id], confirmed_by: engineer,
               subjects: {customer: {kind: customer, key: customer_id}}}}
        fields:
          - {name: email, data_categories: [user.contact.email], meta: {governance: {role: identifier, subject: customer,
             purposes: [marketing.communications.email]}}}
      - name: copies
        meta: {governance: {deletable: true, not_personal: [customer_id], confirmed_by: engineer,
               subjects: {customer: {kind: customer, key: customer_id}},
               derived_from: {table: shop.customers, where: {customer_id: id}}}}
        fields:
          - {name: email, data_categories: [user.contact.email], meta: {governance: {role: identifier, subject: customer,
             derived_from: shop.customers.email}}}
      - name: scans
        meta: {governance: {record_class: scan, deletable: true, not_personal: [id, customer_id, taken_at], confirmed_by: engineer,
               subjects: {customer: {kind: customer, key: customer_id}}, triggers: {taken: {column: taken_at}}}}
        fields:
          - {name: path, data_categories: [user.government_id], meta: {governance: {role: identifier, subject: customer,
             purposes: [essential.service.fulfilment], end_state: {kind: file, store: scans}}}}
"""


def write_policy(folder: Path, *, mode: str = "enforce", text: str = POLICY) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "promise.txt").write_bytes(PROMISE)
    (folder / "policy.yaml").write_text(text.replace("MODE", mode).replace("PROMISE", hashlib.sha256(PROMISE).hexdigest()),
                                        encoding="utf-8")
    return folder


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


ROWS: dict[sa.Table, Sequence[dict[str, Any]]] = {
    customers: [
        {"id": 1, "name": "Anar Əliyev", "email": "anar@example.org", "phone": "+994 50 123 45 67", "closed_at": None,
         "last_seen": day("2026-09-01")},
        {"id": 2, "name": "Leyla Məmmədova", "email": "leyla@example.org", "phone": "+994 55 765 43 21",
         "closed_at": day("2026-01-01"), "last_seen": day("2025-12-01")},
        {"id": 3, "name": "Иван Петров", "email": "ivan@example.org", "phone": "+994 50 123 45 67",
         "closed_at": day("2026-01-01"), "last_seen": day("2025-12-01")},
        # closed exactly on the cutoff (start of 2026-09-01 in Baku is 20:00 UTC of the day before): stays
        {"id": 4, "name": "Ayşe Demir", "email": "ayse@example.org", "phone": None, "closed_at": day("2026-08-31T20:00:00"),
         "last_seen": day("2026-08-01")},
        # one second earlier: goes
        {"id": 5, "name": "John Smith", "email": "john@example.org", "phone": None, "closed_at": day("2026-08-31T19:59:59"),
         "last_seen": day("2026-08-01")},
    ],
    orders: [
        # young: everything stays
        {"id": 10, "customer_id": 1, "recipient_name": "Rəşad", "recipient_phone": "0501112233", "ip": "10.0.0.1",
         "invoice_name": "Anar Əliyev", "born": day("1990-05-05").date(), "created_at": day("2026-09-20"),
         "invoiced_on": day("2026-09-20").date()},
        # delivered long ago: recipient goes, fraud data stays
        {"id": 11, "customer_id": 1, "recipient_name": "Rəşad", "recipient_phone": "0501112233", "ip": "10.0.0.2",
         "invoice_name": "Anar Əliyev", "born": day("1990-05-05").date(), "created_at": day("2026-02-01"),
         "invoiced_on": day("2026-02-01").date()},
        # two shipments, one never delivered: open
        {"id": 12, "customer_id": 1, "recipient_name": "Rəşad", "recipient_phone": "0501112233", "ip": "10.0.0.3",
         "invoice_name": "Anar Əliyev", "born": day("1990-05-05").date(), "created_at": day("2026-02-01"),
         "invoiced_on": day("2026-02-01").date()},
        # all over: the row goes with its items
        {"id": 13, "customer_id": 2, "recipient_name": "Nigar", "recipient_phone": "0502223344", "ip": "10.0.0.4",
         "invoice_name": "Leyla Məmmədova", "born": day("1985-03-03").date(), "created_at": day("2019-02-01"),
         "invoiced_on": day("2019-02-01").date()},
        # invoice still kept by law: the shell stays
        {"id": 14, "customer_id": 3, "recipient_name": "Ольга", "recipient_phone": "0503334455", "ip": "10.0.0.5",
         "invoice_name": "Иван Петров", "born": day("1980-02-29").date(), "created_at": day("2023-02-01"),
         "invoiced_on": day("2023-02-01").date()},
    ],
    items: [{"id": 100 + n, "order_id": order, "sku": f"S{n}"} for n, order in enumerate((10, 11, 12, 13, 13, 14))],
    shipments: [
        {"id": 200, "order_id": 10, "note": "call 050-111-22-33", "details": {"contact": {"phone": "0501112233"}, "w": 1},
         "delivered_at": None},
        {"id": 201, "order_id": 11, "note": "call 050-111-22-33 Rəşad", "details": {"contact": {"phone": "0501112233"}, "w": 2},
         "delivered_at": day("2026-02-10")},
        {"id": 202, "order_id": 12, "note": None, "details": None, "delivered_at": day("2026-02-10")},
        {"id": 203, "order_id": 12, "note": "left at door", "details": {"w": 3}, "delivered_at": None},
        {"id": 204, "order_id": 13, "note": "x", "details": None, "delivered_at": day("2019-02-10")},
        {"id": 205, "order_id": 14, "note": "ask Ольга 050 333 44 55", "details": None, "delivered_at": day("2023-02-10")},
    ],
    consents: [
        {"id": 1, "customer_id": 1, "preference": "news", "granted_at": day("2025-01-01"), "withdrawn_at": None},
        {"id": 2, "customer_id": 2, "preference": "news", "granted_at": day("2025-01-01"), "withdrawn_at": day("2026-01-01")},
        {"id": 3, "customer_id": 3, "preference": "sms", "granted_at": day("2025-01-01"), "withdrawn_at": None},
    ],
    subscriptions: [{"code": f"s{n}", "customer_id": n, "email": e} for n, e in
                    ((1, "anar@example.org"), (2, "leyla@example.org"), (3, "ivan@example.org"))],
    copies: [{"customer_id": 1, "email": "anar@example.org"}, {"customer_id": 2, "email": "leyla@example.org"},
             {"customer_id": 2, "email": "leyla@example.org"}, {"customer_id": 9, "email": "gone@example.org"}],
    scans: [{"id": 1, "customer_id": 1, "path": "1.png", "taken_at": day("2026-08-01")},
            {"id": 2, "customer_id": 1, "path": "2.png", "taken_at": day("2025-08-01")}],
}


def build(engine: sa.Engine, stores: Path) -> None:
    """Create and fill the shop; the files that rows point to lie in `stores`."""
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema("shop"))
        metadata.create_all(connection)
        for table, rows in ROWS.items():
            connection.execute(table.insert(), list(rows))
    folder = stores / "scans"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("1.png", "2.png"):
        (folder / name).write_bytes(b"scan " + name.encode())
