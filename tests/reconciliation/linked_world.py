"""A small shop with an enrichment feed and a fraud feed whose records are already stored, on any engine, with a real ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa
import yaml

from governance.domain.plan import Step
from governance.installation import Installation
from governance.ledger import Ledger
from governance.reconciliation.link import link_records
from governance.reconciliation.normalize import normalize
from governance.reconciliation.prepare import prepare
from governance.reconciliation.steps import Work, steps_after
from governance.reconciliation.tables import metadata as record_metadata
from governance.reconciliation.tools import Tools
from governance.reconciliation.write import write_values
from governance.settings import Settings
from governance.warehouse.connect import connect
from tests.disposal import shop

AS_OF = shop.AS_OF
LEVELS = "[{when: same, m: 0.9, u: 0.001}, {when: near, m: 0.05, u: 0.01}, {when: differs, m: 0.05, u: 0.989}]"
GOLDEN = """
link_models:
  - key: people
    version: 3
    trained_on: 2026-01-01
    trained_with: by hand, for tests
    expected_share: 0.5
    block_on: [[phone], [name_key]]
    comparisons:
      - {fields: [given_name, family_name], kind: name, frequent: true, levels: [{when: same, m: 0.8, u: 0.001},
         {when: near, m: 0.1, u: 0.005}, {when: part, m: 0.05, u: 0.05}, {when: differs, m: 0.05, u: 0.944}]}
      - {fields: [phone], kind: phone, levels: LEVELS}
golden:
  - key: customer
    kind: customer
    clause: C6
    owner: engineer
    compared: {full_name: name, email: email, phone: phone}
    own_observed: last_seen
    fields:
      - {name: phone, own: phone, purposes: [essential.service.fulfilment], strategy: most_recent}
      - {name: email, own: email, purposes: [essential.service.fulfilment, marketing.communications.email], strategy: source,
         sources: [own, bureau, register]}
      - {name: city, purposes: [marketing.communications.email], strategy: most_frequent}
      - {name: segment, purposes: [marketing.communications.email], strategy: highest_confidence}
      - {name: income, purposes: [essential.service.fulfilment], sensitive: true}
sources:
  - &bureau
    key: bureau
    name: Bureau
    clause: C6
    owner: engineer
    agreement: B-1
    legal_basis: {az: contract}
    purposes: [essential.service.fulfilment, marketing.communications.email]
    subject_kind: customer
    folder: bureau
    format: {kind: csv}
    record_key: [id]
    link: &link {exact: [[email], [phone, name_key]], model: people, link_at: 0.9, review_at: 0.5, margin: 3}
    fields:
      - {name: id, field: id, form: code, required: true}
      - {name: full_name, field: full_name, form: full_name}
      - {name: email, field: email, form: email}
      - {name: phone, field: phone, form: phone}
      - {name: city, field: city, form: text}
      - {name: segment, field: segment, form: text}
      - {name: income, field: income, form: number}
  - {<<: *bureau, key: register, name: Register, folder: register, purposes: [essential.service.fulfilment]}
  - {<<: *bureau, key: watch, name: Watch, folder: watch, purposes: [essential.fraud_detection],
     signals: {kind_field: segment, score_field: income, expires_within: P30D}}
"""
DATASETS = Path(__file__).resolve().parents[2] / "policy" / "datasets" / "golden_links.yaml"


def policy_text(text: str = GOLDEN, records: bool = True) -> str:
    """The shop's policy with golden records, and with the datasets that the demo declares for our own tables."""
    body = shop.POLICY.replace("approvers: {retention: [officer], request: [officer], policy: [officer]}",
                               "approvers: {retention: [officer], request: [officer], policy: [officer], reconcile: [officer]}")
    declared = yaml.safe_load(DATASETS.read_text())["dataset"]
    if records:
        declared += yaml.safe_load((DATASETS.parent / "golden.yaml").read_text())["dataset"]
    renamed = (json.dumps(declared, default=str).replace("compliance.officer", "engineer").replace("data.engineer", "engineer")
               .replace("demo.engineer", "engineer").replace('"personalize"', '"marketing.communications.email"')
               .replace('"essential.service"', '"essential.service.fulfilment"'))
    classes = """
  - {key: golden_value, name: Values, clause: C10, schedules: [{purpose: essential.service.fulfilment, trigger: observed, keep: P2Y},
     {purpose: marketing.communications.email, until_withdrawn: true}]}
  - {key: golden_link, name: Links, clause: C10, schedules: [{purpose: essential.service.fulfilment, trigger: made, keep: P2Y}]}
  - {key: fraud_signal, name: Signals, clause: C6, schedules: [{purpose: essential.fraud_detection, trigger: expires, keep: P0D}]}
"""
    if records:
        classes += """  - {key: source_record, name: Records, clause: C10, schedules: [
      {purpose: essential.service.fulfilment, trigger: kept}, {purpose: essential.fraud_detection, trigger: kept}]}
"""
    body = body.replace("subject_kinds:\n", classes.lstrip("\n") + "subject_kinds:\n", 1)
    lines = "".join(f"  - {json.dumps(dataset)}\n" for dataset in json.loads(renamed))
    ours = yaml.safe_load(text.replace("LEVELS", LEVELS))
    return body + lines + "".join(f"{key}: {json.dumps(value, default=str)}\n" for key, value in ours.items())


@dataclass
class Golden:
    """One open installation. `tools` holds the warehouse; `look` reads over it with plain SQL."""

    tools: Tools
    settings: Settings

    @property
    def warehouse(self) -> Any:
        return self.tools.warehouse

    def look(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.warehouse.rows(sa.text(query), name="test")]

    def put(self, source: str, records: Sequence[Mapping[str, Any]], plan: str | None = None, seen: datetime | None = None) -> list[str]:
        """Store records as a load would: raw, tidied and folded values; their ids."""
        declared, plan = self.tools.source(source), plan or f"{source}-1"
        ids = [f"{source}:{plan}:{number}" for number, _ in enumerate(records)]
        clean: list[dict[str, str]] = [{} for _ in records]
        folded: list[dict[str, str]] = [{} for _ in records]
        for field in declared.fields:
            given = [r.get(field.field) for r in records]
            made = normalize(pl.Series([None if v is None else str(v) for v in given], dtype=pl.String), field)
            for number, (value, key) in enumerate(zip(made.clean, made.key, strict=True)):
                if value is not None:
                    clean[number][field.field] = value
                if key is not None:
                    folded[number][field.field] = key
        moment = (seen or AS_OF - timedelta(days=1)).replace(tzinfo=None)
        table = record_metadata.tables["golden.source_record"]
        rows = [{"record": record, "source": source, "record_key": str(records[n].get("id", n)), "file": plan, "line": n, "plan": plan,
                 "subject_key": None, "raw": json.dumps(dict(records[n])), "clean": json.dumps(clean[n], ensure_ascii=False),
                 "keys": json.dumps(folded[n]), "flags": "", "observed_at": moment, "stored_at": moment,
                 "keep_until": moment + timedelta(days=365), "ended_at": None} for n, record in enumerate(ids)]
        self.warehouse.execute(sa.insert(table).values(rows), name="test")
        return ids

    def steps(self, source: str) -> tuple[Step, Step]:
        return steps_after(self.tools.source(source), 2, 0, 10)

    def work(self, source: str, plan: str | None = None, now: datetime = AS_OF) -> Work:
        return Work(self.tools, self.tools.source(source), plan or f"{source}-1", now)

    def link(self, source: str, plan: str | None = None) -> list[Any]:
        return link_records(self.work(source, plan), self.steps(source)[0])

    def write(self, source: str, plan: str | None = None, now: datetime = AS_OF) -> list[Any]:
        return write_values(self.work(source, plan, now), self.steps(source)[1])

    def reconcile(self, source: str, records: Sequence[Mapping[str, Any]], plan: str | None = None) -> list[str]:
        ids = self.put(source, records, plan)
        self.link(source, plan)
        self.write(source, plan)
        return ids

    def links(self) -> dict[str, str]:
        rows: Any = self.look("SELECT record, subject_key FROM golden.link WHERE ends IS NULL AND link NOT IN "
                              "(SELECT ends FROM golden.link WHERE ends IS NOT NULL)")
        return dict(rows)

    def values(self) -> set[tuple[str, str, str]]:
        return {tuple(row) for row in self.look(
            "SELECT subject_key, field, coalesce(value, consented) FROM golden.field_value WHERE ends IS NULL AND field_value NOT IN "
            "(SELECT ends FROM golden.field_value WHERE ends IS NOT NULL)")}

    def gates(self) -> dict[tuple[str, str], int]:
        return {(g, r): int(n) for g, r, n in self.look("SELECT gate, reason, sum(number) FROM golden.tally GROUP BY gate, reason")}


def build(url: str, folder: Path, people: Sequence[Mapping[str, Any]], text: str = GOLDEN, records: bool = True) -> Settings:
    """The shop's tables with these customers, a policy folder and a migrated ledger. `records`: source records are declared too."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    shop.build(engine, folder / "stores")
    with engine.begin() as connection:
        connection.execute(sa.insert(shop.customers), [{"closed_at": None, "last_seen": AS_OF.replace(tzinfo=None) - timedelta(days=9), **p}
                                                       for p in people])
        connection.execute(sa.insert(shop.consents), [
            {"id": 9000 + n, "customer_id": p["id"], "preference": "news", "granted_at": AS_OF.replace(tzinfo=None) - timedelta(days=90),
             "withdrawn_at": None} for n, p in enumerate(people) if p["id"] % 2])
    engine.dispose()
    settings = Settings(url, f"sqlite:///{folder}/ledger.sqlite", shop.write_policy(folder / "policy", mode="enforce",
                                                                                    text=policy_text(text, records)),
                        folder / "secrets", folder / "stores", folder / "reports", str(folder / "anchors.jsonl"), AS_OF)
    Ledger.migrate(settings.ledger_url)
    return settings


@contextmanager
def opened(settings: Settings) -> Iterator[Golden]:
    installation = Installation(settings)
    installation.keys.create("suppression/v1")
    warehouse = connect(settings.warehouse_url)
    try:
        warehouse.create_control()
        prepare(warehouse, installation.keys, installation.policy)
        tools = Tools(warehouse, installation.ledger, installation.stores, installation.keys, installation.policy, folder_of(settings))
        yield Golden(tools, settings)
    finally:
        warehouse.close()
        installation.close()


def folder_of(settings: Settings) -> Path:
    return settings.policy_dir.parent / "expectations"

