"""The small shop with two sources whose files lie in a folder, on any engine: an enrichment CSV and fraud JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from governance import reconcile_jobs
from governance.installation import Installation
from governance.jobs import RunContext
from governance.ledger import Ledger
from governance.reconciliation.prepare import prepare
from governance.settings import Settings
from tests.disposal import shop
from tests.reconciliation import linked_world

AS_OF = shop.AS_OF
HEADER = "Üzv;Ad soyad;E-poçt;Telefon;Doğum;Şəhər;Gəlir;Görüldü"
SOURCES = """
  - key: loyalty
    name: Loyalty programme of a partner
    clause: C6
    owner: engineer
    agreement: L-2026-1
    legal_basis: {az: contract}
    purposes: [essential.service.fulfilment]
    subject_kind: customer
    folder: loyalty
    files: "*.csv*"
    settled_after: 0
    format: {kind: csv}
    record_key: [member]
    observed_at: seen
    limits: {not_accepted: 0.9, bytes: 20000000, ratio: 100, record_bytes: 10000}
    link: {exact: [[email], [phone, name_key]], model: people, link_at: 0.9, review_at: 0.5, margin: 3}
    fields:
      - {name: Üzv, field: member, form: code, required: true, wrong: reject}
      - {name: Ad soyad, field: full_name, form: full_name, required: true}
      - {name: E-poçt, field: email, form: email}
      - {name: Telefon, field: phone, form: phone}
      - {name: Doğum, field: birth_date, form: date, wrong: leave_out}
      - {name: Şəhər, field: city, form: text}
      - {name: Gəlir, field: income, form: number, wrong: reject}
      - {name: Görüldü, field: seen, form: moment}
  - key: watch
    name: Fraud bureau
    clause: C6
    owner: engineer
    agreement: W-1
    legal_basis: {az: legitimate_interest}
    purposes: [essential.fraud_detection]
    subject_kind: customer
    folder: watch
    settled_after: 0
    format: {kind: jsonl}
    record_key: [case]
    link: {exact: [[email], [phone]]}
    signals: {kind_field: signal, score_field: score, expires_within: P30D}
    fields:
      - {name: case, field: case, form: code, required: true}
      - {name: person.email, field: email, form: email}
      - {name: person.phone, field: phone, form: phone}
      - {name: signal, field: signal, form: text}
      - {name: score, field: score, form: number}
"""
SUITES = {
    "loyalty": """
suite: loyalty
about: one row per record that can be read
expectations:
  - {rule: loyalty.rows, expect: {rows: 1}, message: the file has no record, remedy: ask the partner}
  - {rule: loyalty.city_known, column: city, expect: {none_of: [Atlantis]}, message: is no city, remedy: ask the partner}
  - {rule: loyalty.one_person_per_address, expect: {unique: [email, member]}, message: stands twice, remedy: ask the partner}
""",
    "watch": """
suite: watch
about: one row per record
expectations:
  - {rule: watch.rows, expect: {rows: 1}, message: the file has no record, remedy: ask the bureau}
  - {rule: watch.score_share, column: score, expect: {at_most: 1}, message: is more than one, remedy: ask the bureau}
""",
}
PEOPLE = (
    (101, "Anar Əliyev", "anar@mail.example", "+994501110001"),
    (102, "Leyla Məmmədova", "Leyla@Mail.example", "050 111 00 02"),
    (103, "Kamran Hüseynov", "kamran@mail.example", "0501110003"),
    (104, "Nigar Quliyeva", "nigar@mail.example", "0501110004"),
)
CONTEXT = RunContext(task_id="test")


def policy_text(extra: str = "", sources: str = SOURCES) -> str:
    """The shop's policy with golden records, and our own tables declared as the demo declares them."""
    golden = linked_world.GOLDEN.partition("sources:\n")[0].replace("[own, bureau, register]", "[own, loyalty]")
    golden += "sources:\n" + sources + extra
    return linked_world.policy_text(golden, records=True)


@dataclass
class World:
    """An installation over the shop with feeds. `read` opens the data beside the product, so that tests look with their own eyes."""

    installation: Installation
    folder: Path

    def put(self, name: str, content: bytes | str | Sequence[str], encoding: str = "utf-8", when: float = 1_758_000_000) -> Path:
        """A file below the folder of feeds, finished a while ago; lines get their ends."""
        if not isinstance(content, bytes):
            text = content if isinstance(content, str) else "\n".join(content) + "\n"
            content = text.encode(encoding)
        path = self.folder / "feeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (when, when))
        return path

    def read(self, query: str) -> list[tuple[Any, ...]]:
        engine = sa.create_engine(self.installation.settings.warehouse_url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(sa.text(query))]
        engine.dispose()
        return found

    def plan(self, source: str = "loyalty") -> dict[str, Any]:
        return reconcile_jobs.reconcile_plan(self.installation, CONTEXT, source)

    def reconcile(self, source: str = "loyalty") -> dict[str, Any]:
        digest = self.plan(source)["digest"]
        self.approve(digest)
        reconcile_jobs.reconcile_apply(self.installation, CONTEXT, digest)
        return reconcile_jobs.reconcile_verify(self.installation, CONTEXT, digest)

    def approve(self, digest: str) -> None:
        record = self.installation.ledger.approval(digest)
        if record is not None and record.state != "approved":
            self.installation.ledger.decide(digest, True, "officer", True, "test", "")

    def feed(self, source: str = "loyalty") -> Any:
        return self.installation.ledger.feeds(source)[-1]

    def records(self) -> dict[str, dict[str, Any]]:
        """record key -> tidied fields of accepted records that still go on."""
        rows = self.read("SELECT record_key, clean FROM golden.source_record WHERE ended_at IS NULL")
        return {key: json.loads(clean) for key, clean in rows}

    def waiting(self) -> dict[str, str]:
        return {key: reasons for key, reasons in self.read("SELECT record_key, reasons FROM golden.quarantine")}  # noqa: C416


def build(url: str, folder: Path, text: str | None = None) -> Settings:
    """The shop's tables and, beside its own customers, PEOPLE; our own tables, a policy folder, suites and a migrated ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    shop.build(engine, folder / "feeds")
    with engine.begin() as connection:
        connection.execute(shop.customers.insert(), [
            {"id": n, "name": name, "email": email, "phone": phone, "closed_at": None, "last_seen": AS_OF.replace(tzinfo=None)}
            for n, name, email, phone in PEOPLE])
    engine.dispose()
    suites = folder / "expectations" / "feeds"
    suites.mkdir(parents=True)
    for name, suite in SUITES.items():
        (suites / f"{name}.yaml").write_text(suite)
    policy = shop.write_policy(folder / "policy", mode="enforce", text=text or policy_text())
    settings = Settings(url, f"sqlite:///{folder}/ledger.sqlite", policy,
                        folder / "secrets", folder / "feeds", folder / "reports", str(folder / "anchors.jsonl"), AS_OF,
                        folder / "expectations")
    Ledger.migrate(settings.ledger_url)
    installation = Installation(settings)
    installation.keys.create("suppression/v1")
    with installation.warehouse() as warehouse:
        warehouse.create_control()
        prepare(warehouse, installation.keys, installation.policy)
    installation.close()
    return settings


@contextmanager
def world(url: str, folder: Path, text: str | None = None) -> Iterator[World]:
    settings = build(url, folder, text)
    installation = Installation(settings)
    try:
        yield World(installation, folder)
    finally:
        installation.close()
