"""A small company: accounts, subscriptions that rest on consent alone, the consents, and a table nobody declared."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from governance.policy.load import LoadedPolicy, load_policy

AS_OF = datetime(2026, 10, 1, 6, tzinfo=UTC)

metadata = sa.MetaData(schema="crm")
customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text),
    sa.Column("closed_at", sa.TIMESTAMP),
)
devices = sa.Table("devices", metadata, sa.Column("device", sa.Text, primary_key=True), sa.Column("customer_id", sa.BigInteger))
subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.BigInteger),
    sa.Column("email", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("device", sa.Text),
)
consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("customer_id", sa.Text),
    sa.Column("preference", sa.Text),
    sa.Column("granted_at", sa.TIMESTAMP),
    sa.Column("withdrawn_at", sa.TIMESTAMP),
)
staging = sa.Table("import 2024", metadata, sa.Column("col.7", sa.Text))

POLICY = """
organization: {key: shop, name: Shop, time_zone: Asia/Baku, policy_version: "1", regimes: [az, gdpr], contact: privacy desk}
people:
  - {user: officer, roles: [compliance_officer]}
approvals: {approvers: {retention: [officer]}}
published: []
regimes:
  - {key: az, name: Law on Personal Data, citation: example, deadlines: [{request: erasure, working_days: 7}]}
  - {key: gdpr, name: GDPR, citation: example, deadlines: [{request: erasure, months: 1}]}
purposes:
  - {key: essential.service, name: Service, clause: C8, legal_basis: {az: contract, gdpr: contract}}
  - {key: marketing.email, name: Newsletter, clause: C11, legal_basis: {az: consent, gdpr: consent}, preference: newsletter}
  - {key: marketing.sms, name: SMS, clause: C11, legal_basis: {az: consent, gdpr: consent}, preference: sms}
record_classes:
  - {key: account, name: Account, clause: C10, schedules: [{purpose: essential.service, trigger: closed, keep: P30D},
     {purpose: marketing.email, until_withdrawn: true}]}
  - {key: marketing, name: Marketing, clause: C11, schedules: [{purpose: marketing.email, until_withdrawn: true},
     {purpose: marketing.sms, until_withdrawn: true, keep: P30D}]}
subject_kinds:
  - {key: customer, name: customer, clause: C1, identity: {table: crm.customers, key: id}, identifiers: [], resolve_by: []}
consents:
  - {key: ledger, table: crm.consents, subject: {kind: customer, key: customer_id}, preference_column: preference,
     preferences: {newsletter: news, sms: text}, granted_at: granted_at, withdrawn_at: withdrawn_at, clause: C9}
dataset:
  - fides_key: crm
    name: CRM
    meta: {governance: {schema: crm, owner: marketing, clause: C8, mode: {is: observe}, collection_points: [site]}}
    collections:
      - name: customers
        meta: {governance: {record_class: account, subjects: {me: {kind: customer, key: id}},
               triggers: {closed: {column: closed_at}},
               not_personal: [id, closed_at], confirmed_by: officer}}
        fields:
          - {name: name, data_categories: [user.name], meta: {governance: {role: identifier, subject: me,
             purposes: [essential.service, marketing.email], end_state: {kind: "null"}}}}
      - name: devices
        meta: {governance: {not_personal: [device, customer_id], confirmed_by: officer}}
        fields: []
      - name: subscriptions
        meta: {governance: {record_class: marketing, deletable: true, not_personal: [code, customer_id], confirmed_by: officer,
               subjects: {me: {kind: customer, key: customer_id},
                          user: {kind: customer, key: customer_id, through: [{table: crm.devices, where: {device: device}}]}}}}
        fields:
          - {name: email, data_categories: [user.contact.email], meta: {governance: {role: identifier, subject: me,
             purposes: [marketing.email]}}}
          - {name: phone, data_categories: [user.contact.phone_number], meta: {governance: {role: identifier, subject: me,
             purposes: [marketing.email, marketing.sms]}}}
          - {name: device, data_categories: [user.device.device_id], meta: {governance: {role: identifier, subject: user,
             purposes: [marketing.sms]}}}
      - name: consents
        meta: {governance: {not_personal: [id, customer_id, preference, granted_at, withdrawn_at], confirmed_by: officer}}
        fields: []
"""


def load(folder: Path, text: str = POLICY) -> LoadedPolicy:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.yaml").write_text(text, encoding="utf-8")
    return load_policy(folder)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Customer: 1 consents to the newsletter; 2 withdrew it; 3 gave it for later than now; 4 withdrew SMS 10 days ago, 5 a year ago;
# 6 never consented; nobody knows who 7 is.
CONSENTS: tuple[tuple[str, str, str, str | None], ...] = (
    ("1", "news", "2025-01-01", None),
    ("2", "news", "2025-01-01", "2026-01-01"),
    ("3", "news", "2026-12-01", None),
    ("4", "text", "2025-01-01", "2026-09-21"),
    ("5", "text", "2025-01-01", "2025-09-21"),
    ("1", "news", "2024-01-01", None),
)
ROWS: dict[sa.Table, list[dict[str, Any]]] = {
    customers: [{"id": n, "name": f"customer {n}", "closed_at": None} for n in range(1, 7)],
    devices: [{"device": f"d{n}", "customer_id": n} for n in (4, 5)],
    subscriptions: [
        {
            "code": f"s{n}",
            "customer_id": None if n == 7 else n,
            "email": f"canary-{n}@example.org",
            "phone": f"+99450000000{n}",
            "device": f"d{n}",
        }
        for n in range(1, 8)
    ]
    + [{"code": "empty", "customer_id": 6, "email": None, "phone": None, "device": None}],
    consents: [
        {
            "id": n,
            "customer_id": who,
            "preference": what,
            "granted_at": day(given),
            "withdrawn_at": day(ended) if ended else None,
        }
        for n, (who, what, given, ended) in enumerate(CONSENTS)
    ],
    staging: [{"col.7": "canary-staging"}],
}


def build(url: str) -> str:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema("crm"))
        metadata.create_all(connection)
        for table, rows in ROWS.items():
            connection.execute(table.insert(), rows)
    engine.dispose()
    return url


def cure(url: str) -> None:
    """What the next disposal does: rows without a living consent lose their data."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(subscriptions.update().where(subscriptions.c.code != "s1").values(email=None))
        connection.execute(
            subscriptions.update().where(subscriptions.c.code.not_in(["s1", "s4"])).values(phone=None, device=None)
        )
        connection.execute(subscriptions.update().where(subscriptions.c.code == "s1").values(device=None))
    engine.dispose()
