"""The catalog: one row per column, with what is declared, what was found and where the two disagree."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.domain.names import ColumnRef
from governance.domain.proposal import Decision, Proposal, Role
from governance.domain.schema import Column, Family, Schema, Table
from governance.ledger.proposals import ProposalRecord
from governance.policy.model import Policy
from governance.tagging.catalog import COLUMNS, Row, catalog, frame_of
from tests.tagging.tagging_world import POLICY, load, metadata


def live_schema() -> Schema:
    """The world's tables as an engine would show them."""
    found = []
    for table in metadata.sorted_tables:
        ref = ColumnRef.parse(f'crm."{table.name}".x').table
        found.append(Table(ref, "table", tuple(Column(c.name, "TEXT", Family.TEXT, True) for c in table.columns)))
    return Schema(tuple(sorted(found, key=lambda t: t.ref)))


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return load(tmp_path).policy


def proposed(
    column: str, category: str, decision: Decision = Decision.OPEN, *, current: bool = True, also: tuple[str, ...] = ()
) -> ProposalRecord:
    proposal = Proposal(ColumnRef.parse(column), category, also, Role.IDENTIFIER, 0.9, "looks like one")
    return ProposalRecord(proposal, decision, category, None, None, "run", current)


def row(rows: list[Row], table: str, column: str) -> Row:
    [found] = [r for r in rows if (r.table, r.column) == (table, column)]
    return found


def test_every_column_of_the_warehouse_has_one_row(policy: Policy):
    schema = live_schema()
    rows = catalog(policy, schema)
    assert sorted((r.table, r.column) for r in rows) == sorted((str(t.ref), c.name) for t in schema.tables for c in t.columns)


def test_a_personal_column_shows_purposes_bases_retention_subject_and_end(policy: Policy):
    found = row(catalog(policy, live_schema()), "crm.customers", "name")
    assert (found.judged, found.category, found.role, found.subject_kind) == ("personal", "user.name", "identifier", "customer")
    assert found.purposes == "essential.service, marketing.email"
    assert found.legal_basis == "az: contract, consent; gdpr: contract, consent"
    assert found.retention == "essential.service 30 days after closed; marketing.email until consent is withdrawn"
    assert (found.missing_basis, found.missing_purposes, found.missing_retention) == (None, None, None)
    assert (found.owner, found.mode, found.end_state) == ("marketing", "observe", "null")


def test_a_column_in_a_table_nobody_declared_is_unjudged_and_belongs_to_the_owner_of_its_schema(policy: Policy):
    found = row(catalog(policy, live_schema()), 'crm."import 2024"', "col.7")
    assert (found.judged, found.owner) == ("unjudged", "marketing")


def test_columns_a_person_looked_at_are_not_personal(policy: Policy):
    assert row(catalog(policy, live_schema()), "crm.customers", "closed_at").judged == "not_personal"


@pytest.mark.parametrize(("old", "new", "field", "said"), [
    ("legal_basis: {az: consent, gdpr: consent}, preference: newsletter", "legal_basis: {az: consent}, preference: newsletter",
     "missing_basis", "marketing.email under gdpr"),
    ("{purpose: marketing.email, until_withdrawn: true},\n     {purpose: marketing.sms", "{purpose: marketing.sms",
     "missing_retention", "marketing.email"),
    ("preferences: {newsletter: news, sms: text}", "preferences: {sms: text}", "consent_unrecorded", "marketing.email"),
    ("purposes: [marketing.email]}}}", "purposes: [marketing.post]}}}", "missing_purposes", "marketing.post"),
    ("purposes: [marketing.email]}}}", "purposes: unjudged}}}", "judged", "unjudged"),
])  # fmt: skip
def test_what_the_policy_lacks_is_named_in_the_row(tmp_path: Path, old: str, new: str, field: str, said: str):
    assert POLICY.count(old) == 1
    policy = load(tmp_path, POLICY.replace(old, new)).policy
    assert getattr(row(catalog(policy, live_schema()), "crm.subscriptions", "email"), field) == said


def test_a_declared_column_that_is_not_in_the_warehouse_still_has_a_row(policy: Policy):
    schema = live_schema()
    less = Schema(tuple(Table(t.ref, t.kind, tuple(c for c in t.columns if c.name != "phone")) for t in schema.tables))
    found = row(catalog(policy, less), "crm.subscriptions", "phone")
    assert (found.in_warehouse, found.judged) == ("no", "personal")


def test_a_dataset_of_another_engine_may_be_absent_as_a_whole(tmp_path: Path):
    policy = load(tmp_path, POLICY.replace("mode: {is: observe}", "mode: {is: observe}, engines: [postgresql]")).policy
    assert catalog(policy, Schema(())) == []


def test_a_copy_inherits_purposes_and_subject_from_its_source(tmp_path: Path):
    copy = """
      - name: copies
        meta: {governance: {deletable: true, derived_from: {table: crm.customers, where: {id: id}},
               not_personal: [id], confirmed_by: officer}}
        fields:
          - {name: who, data_categories: [user.name], meta: {governance: {role: identifier, derived_from: crm.customers.name}}}
"""
    policy = load(tmp_path, POLICY + copy).policy
    schema = Schema(
        (
            *live_schema().tables,
            Table(
                ColumnRef.parse("crm.copies.who").table,
                "table",
                (Column("id", "BIGINT", Family.INTEGER, False), Column("who", "TEXT", Family.TEXT, True)),
            ),
        )
    )
    found = row(catalog(policy, schema), "crm.copies", "who")
    assert (found.purposes, found.subject_kind) == ("essential.service, marketing.email", "customer")
    assert (found.retention, found.end_state) == ("no longer than crm.customers.name", "row is deleted")


@pytest.mark.parametrize(("record", "disagreement"), [
    (proposed("crm.devices.customer_id", "user.account.username", Decision.CONFIRMED), "found_undeclared"),
    (proposed("crm.devices.customer_id", "user.account.username"), "proposed_undeclared"),
    (proposed("crm.devices.customer_id", "user.account.username", Decision.REJECTED), None),
    (proposed("crm.devices.customer_id", "user.account.username", current=False), None),
    (proposed('crm."import 2024"."col.7"', "user.contact.email", Decision.CONFIRMED), "found_undeclared"),
    (proposed('crm."import 2024"."col.7"', "user.contact.email"), None),
    (proposed("crm.customers.name", "user.name.first", Decision.CONFIRMED), None),
    (proposed("crm.customers.name", "user.contact.email", Decision.CONFIRMED), "other_kind"),
    (proposed("crm.customers.name", "user.content", Decision.CONFIRMED, also=("user.name",)), None),
    (proposed("crm.customers.name", "user.name", Decision.REJECTED), "declared_rejected"),
])  # fmt: skip
def test_discovery_and_declaration_are_compared(policy: Policy, record: ProposalRecord, disagreement: str | None):
    ref = record.proposal.column
    assert row(catalog(policy, live_schema(), [record]), str(ref.table), ref.name).disagreement == disagreement


def test_an_empty_catalog_is_a_frame_with_all_its_columns():
    assert list(frame_of([]).columns) == list(COLUMNS)
