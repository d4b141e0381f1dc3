"""A small shop whose orders and customers are released, on a real engine with a real ledger, keys and a store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from governance import jobs
from governance.depersonalization.pseudonyms import create_key
from governance.depersonalization.tools import Tools
from governance.installation import Installation
from governance.release_jobs import release_tools
from governance.settings import Settings

AS_OF = datetime.fromisoformat("2026-10-01T00:00:00+00:00")
CONTEXT = jobs.RunContext("depersonalize", "run", "task")
PEOPLE = 120
CITIES = ("Bakı", "Gəncə", "Şəki")

metadata = sa.MetaData(schema="shop")
customers = sa.Table(
    "customers", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False), sa.Column("name", sa.Text),
    sa.Column("email", sa.Text), sa.Column("born", sa.Date), sa.Column("gender", sa.Text), sa.Column("city", sa.Text),
    sa.Column("secret", sa.Text))
orders = sa.Table(
    "orders", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False), sa.Column("customer_id", sa.BigInteger),
    sa.Column("placed_at", sa.TIMESTAMP), sa.Column("total", sa.Numeric(10, 2)), sa.Column("kind", sa.Text), sa.Column("note", sa.Text),
    sa.Column("latitude", sa.Double), sa.Column("longitude", sa.Double))
consents = sa.Table(
    "consents", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False), sa.Column("customer_id", sa.BigInteger),
    sa.Column("preference", sa.Text), sa.Column("granted_at", sa.TIMESTAMP), sa.Column("withdrawn_at", sa.TIMESTAMP))

PROMISE = b"We keep what we need and no longer.\n"
HIERARCHY = "value;level 1;level 2\nBakı;coast;*\nGəncə;inland;*\nŞəki;inland;*\n"
POLICY = """
organization: {key: shop, name: Shop, time_zone: Asia/Baku, policy_version: "1", regimes: [az], contact: privacy desk}
people:
  - {user: officer, roles: [compliance_officer]}
  - {user: engineer, roles: [privacy_engineer]}
approvals:
  approvers: {retention: [officer], request: [officer], release: [officer], policy: [officer]}
  accept_unauthenticated: true
published: [{version: "1", file: promise.txt, sha256: PROMISE, published_on: 2026-01-01}]
regimes:
  - {key: az, name: Law on Personal Data, citation: "example, ask counsel", holidays: AZ,
     deadlines: [{request: erasure, working_days: 7}, {request: restriction, working_days: 7}, {request: objection, working_days: 7}]}
purposes:
  - {key: essential.service, name: Account, clause: C8, legal_basis: {az: contract}}
  - {key: analytics.reporting, name: Statistics, clause: C8, legal_basis: {az: legitimate_interest}}
  - {key: personalize, name: Personalization, clause: C8, legal_basis: {az: consent}, preference: personalization}
record_classes:
  - key: account
    name: Account
    clause: C10
    schedules:
      - {purpose: essential.service, trigger: born, keep: P200Y}
      - {purpose: analytics.reporting, trigger: born, keep: P200Y}
      - {purpose: personalize, until_withdrawn: true}
subject_kinds:
  - key: customer
    name: customer
    clause: C1
    identity: {table: shop.customers, key: id}
    identifiers:
      - {form: email, column: email, unique: true}
      - {form: name, column: name, unique: false}
    resolve_by: [[email]]
consents:
  - key: ledger
    table: shop.consents
    subject: {kind: customer, key: customer_id}
    preference_column: preference
    preferences: {personalization: pers}
    granted_at: granted_at
    withdrawn_at: withdrawn_at
    clause: C9
stores: [{key: releases, root: releases, clause: C10}]
dataset:
  - fides_key: shop
    name: Shop
    meta: {governance: {schema: shop, owner: engineer, clause: C1, collection_points: [site],
                        mode: {is: observe}}}
    collections:
      - name: customers
        meta: {governance: {record_class: account, not_personal: [id], confirmed_by: engineer,
               subjects: {customer: {kind: customer, key: id}}, triggers: {born: {column: born}}}}
        fields:
          - {name: name, data_categories: [user.name], meta: {governance: {role: identifier, subject: customer,
             purposes: [essential.service], end_state: {kind: "null"}}}}
          - {name: email, data_categories: [user.contact.email], meta: {governance: {role: identifier, subject: customer,
             purposes: [essential.service, analytics.reporting], end_state: {kind: "null"}}}}
          - {name: born, data_categories: [user.demographic.date_of_birth], meta: {governance: {role: quasi_identifier,
             subject: customer, purposes: [analytics.reporting, personalize], end_state: {kind: "null"}}}}
          - {name: gender, data_categories: [user.demographic.gender], meta: {governance: {role: quasi_identifier,
             subject: customer, purposes: [personalize], end_state: {kind: "null"}}}}
          - {name: city, data_categories: [user.contact.address.city], meta: {governance: {role: quasi_identifier,
             subject: customer, purposes: [analytics.reporting], end_state: {kind: "null"}}}}
      - name: orders
        meta: {governance: {record_class: account, not_personal: [id, customer_id, placed_at, total, kind, latitude, longitude],
               confirmed_by: engineer, subjects: {buyer: {kind: customer, key: customer_id}}, triggers: {born: {column: placed_at}}}}
        fields:
          - {name: note, data_categories: [user.content], meta: {governance: {role: sensitive, subject: buyer,
             purposes: [analytics.reporting], end_state: {kind: "null"}}}}
      - name: consents
        fields: []
        meta: {governance: {not_personal: [id, customer_id, preference, granted_at, withdrawn_at], confirmed_by: engineer}}
RELEASES
"""
RELEASES = """
releases:
  - key: orders
    name: Orders for analysts
    clause: C10
    owner: engineer
    purposes: [analytics.reporting]
    source: shop.orders
    subject: buyer
    target: releases.orders
    store: releases
    model: {k: 4, l: 2, sensitive: kind, max_suppressed: 0.2}
    columns:
      - {name: order_key, from: id, transform: {kind: pseudonymize, domain: order}}
      - {name: buyer_key, from: customer_id, transform: {kind: pseudonymize, domain: customer}}
      - {name: born, through: [{table: shop.customers, where: {id: customer_id}}],
         transform: {kind: date, units: [year, decade]}}
      - {name: city, through: [{table: shop.customers, where: {id: customer_id}}], transform: {kind: hierarchy, file: cities.csv}}
      - {name: placed_on, from: placed_at, transform: {kind: shift, domain: customer, days: 20}}
      - {name: spent, from: total, transform: {kind: code, top: 90}}
      - {name: spent_round, from: total, transform: {kind: round, to: 10}}
      - {name: kind, transform: {kind: keep}, role: sensitive}
      - {name: note, transform: {kind: redact}}
      - {name: email, through: [{table: shop.customers, where: {id: customer_id}}], transform: {kind: drop}}
  - key: people
    name: Who our customers are
    clause: C10
    owner: engineer
    purposes: [personalize]
    source: shop.customers
    subject: customer
    target: releases.people
    model: {k: 5, max_suppressed: 0.3}
    aggregate: {subjects: customers, round_to: 1}
    columns:
      - {name: born, transform: {kind: date, units: [decade]}}
      - {name: gender, transform: {kind: keep}}
"""
SUITE = """
suite: {name}
about: one row per column of the version about to be shown
expectations:
  - {{rule: release.not_empty, expect: {{rows: 1}}, message: no column, remedy: look at the release}}
  - {{rule: release.k, column: k, expect: {{at_least: {k}}}, message: classes are too small, remedy: generalize further}}
"""


def people() -> Iterator[dict[str, Any]]:
    for n in range(1, PEOPLE + 1):
        yield {"id": n, "name": f"Adam{n} Soyad{n}", "email": f"adam{n}@example.org", "born": date(1960 + n % 40, 1 + n % 12, 1 + n % 28),
               "gender": "f" if n % 3 else "m", "city": CITIES[n % 3], "secret": f"s{n}"}


def rows() -> dict[sa.Table, list[dict[str, Any]]]:
    found = list(people())
    ordered = [{"id": 1000 + 10 * p["id"] + i, "customer_id": p["id"],
                "placed_at": datetime(2026, 3, 1, 22, 30) + timedelta(days=p["id"] % 60, hours=i),
                "total": Decimal(5 + (p["id"] * 7 + i) % 120),
                "kind": ("parcel", "letter", "pallet")[(p["id"] + i) % 3],
                "note": f"{p['name']} zəng: 050 123 4{p['id']:02d} {i}" if p["id"] % 5 == 0 else "qapıda",
                "latitude": 40.0 + p["id"] % 7 / 10, "longitude": 49.0 + p["id"] % 5 / 10}
               for p in found for i in range(1 + p["id"] % 3)]
    ordered.append({"id": 9, "customer_id": None, "placed_at": datetime(2026, 3, 1), "total": Decimal(3), "kind": "letter", "note": None,
                    "latitude": None, "longitude": None})
    given = [{"id": p["id"], "customer_id": p["id"], "preference": "pers", "granted_at": datetime(2026, 1, 1),
              "withdrawn_at": datetime(2026, 6, 1) if p["id"] % 10 == 0 else None} for p in found if p["id"] % 4]
    return {customers: found, orders: ordered, consents: given}


@dataclass
class World:
    installation: Installation
    url: str
    folder: Path

    def run(self, *statements: str) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    def read(self, query: str) -> list[tuple[Any, ...]]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(sa.text(query))]
        engine.dispose()
        return found

    def tools(self) -> Iterator[Tools]:
        return release_tools(self.installation)  # type: ignore[return-value]

    def again(self) -> World:
        """The same world seen by a process that starts now: policy and ledger are read afresh."""
        self.installation.close()
        return World(Installation(self.installation.settings), self.url, self.folder)


def settings_of(url: str, folder: Path) -> Settings:
    return Settings(url, f"sqlite:///{folder}/ledger.sqlite", folder / "policy", folder / "secrets", folder / "stores", folder / "reports",
                    str(folder / "anchors.jsonl"), as_of=AS_OF, expectations_dir=folder / "expectations")


def write_policy(folder: Path, releases: str = RELEASES, hierarchy: str = HIERARCHY) -> None:
    (folder / "policy").mkdir(parents=True, exist_ok=True)
    (folder / "policy" / "promise.txt").write_bytes(PROMISE)
    (folder / "policy" / "cities.csv").write_text(hierarchy, encoding="utf-8")
    text = POLICY.replace("RELEASES", releases).replace("PROMISE", hashlib.sha256(PROMISE).hexdigest())
    (folder / "policy" / "policy.yaml").write_text(text, encoding="utf-8")


def make_world(url: str, folder: Path, releases: str = RELEASES) -> World:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stores").mkdir()
    write_policy(folder, releases)
    suites = folder / "expectations" / "releases"
    suites.mkdir(parents=True)
    for name, k in (("orders", 4), ("people", 5)):
        (suites / f"{name}.yaml").write_text(SUITE.format(name=name, k=k), encoding="utf-8")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema("shop"))
        metadata.create_all(connection)
        for table, values in rows().items():
            connection.execute(table.insert(), values)
    engine.dispose()
    from governance.ledger import Ledger
    from governance.warehouse.connect import connect

    settings = settings_of(url, folder)
    Ledger.migrate(settings.ledger_url)
    installation = Installation(settings)
    installation.keys.create("suppression/v1")
    for domain in ("order", "customer"):
        create_key(installation.keys, domain)
    warehouse = connect(url)
    warehouse.create_control()
    warehouse.close()
    return World(installation, url, folder)


def agree(installation: Installation, plan: dict[str, Any]) -> None:
    if plan["approval"]["needed"]:
        answer = {"user": "officer", "chosen": "Approve", "subject_digest": plan["digest"], "delivery": "run"}
        jobs.CATALOGUE["depersonalize.approved"](installation, CONTEXT, plan["digest"], [answer])


def publish(world: World, release: str = "orders", **more: Any) -> dict[str, Any]:
    """Plan, approve, apply and verify one release; what apply returned."""
    call = jobs.CATALOGUE
    plan = call["depersonalize.plan"](world.installation, CONTEXT, release, **more)
    agree(world.installation, plan)
    done = call["depersonalize.apply"](world.installation, CONTEXT, plan["digest"])
    call["depersonalize.verify"](world.installation, CONTEXT, plan["digest"])
    return done
