"""Validation of a live warehouse: consents are counted in the data, and every broken column is named with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.domain.errors import ViolationFound
from governance.domain.findings import Finding, Status
from governance.domain.names import ColumnRef
from governance.policy.load import LoadedPolicy
from governance.tagging.validate import count_consents, refuse_violations, validate
from governance.warehouse.connect import connect
from tests.tagging.tagging_world import AS_OF, POLICY, build, cure, load

SUITES = Path(__file__).parents[2] / "expectations"
EMAIL, PHONE, DEVICE = (ColumnRef.parse(f"crm.subscriptions.{name}") for name in ("email", "phone", "device"))


@pytest.fixture
def world(warehouse_url: str) -> str:
    return build(warehouse_url)


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedPolicy:
    return load(tmp_path / "policy")


def found(url: str, loaded: LoadedPolicy) -> list[Finding]:
    warehouse = connect(url, read_only=True)
    try:
        return validate(warehouse, loaded, [], SUITES, AS_OF)
    finally:
        warehouse.close()


def broken(findings: list[Finding]) -> set[tuple[str, str, str, str]]:
    return {(f.status, f.rule, f.table, f.column) for f in findings if f.status != Status.COMPLIANT}


def test_rows_without_a_living_consent_are_counted_per_column(world: str, loaded: LoadedPolicy):
    warehouse = connect(world, read_only=True)
    try:
        counts = count_consents(warehouse, loaded.policy, warehouse.schema(), AS_OF)
    finally:
        warehouse.close()
    # newsletter: only customer 1 lives. With SMS and 30 days after withdrawal customer 4 lives too. Over the device only 4 and 5
    # are known, and 5 withdrew a year ago. The empty row holds no data. Columns with another purpose than consent are not asked.
    assert counts == {EMAIL: (7, 6), PHONE: (7, 5), DEVICE: (7, 6)}


def test_violations_and_gaps_are_exactly_these(world: str, loaded: LoadedPolicy):
    findings = found(world, loaded)
    assert broken(findings) == {
        ("violation", "catalog.consent_living", "crm.subscriptions", "email"),
        ("violation", "catalog.consent_living", "crm.subscriptions", "phone"),
        ("violation", "catalog.consent_living", "crm.subscriptions", "device"),
        ("gap", "catalog.judged", 'crm."import 2024"', "col.7"),
    }
    [email] = [f for f in findings if f.column == "email"]
    assert email.message == "6 of 7 rows have no living consent for marketing.email"
    assert (email.rows, email.owner) == (6, "marketing")
    assert email.remedy


def test_disposal_cures_what_it_can_and_the_gap_stays(world: str, loaded: LoadedPolicy):
    cure(world)
    assert broken(found(world, loaded)) == {("gap", "catalog.judged", 'crm."import 2024"', "col.7")}


def test_every_column_is_either_compliant_or_named(world: str, loaded: LoadedPolicy):
    findings = found(world, loaded)
    named = {(f.table, f.column) for f in findings if f.status != Status.COMPLIANT and f.column}
    fine = {(f.table, f.column) for f in findings if f.status == Status.COMPLIANT and f.column}
    assert not named & fine
    assert len(named | fine) == 16


def test_findings_hold_no_value_of_a_row(world: str, loaded: LoadedPolicy):
    assert "canary" not in repr(found(world, loaded))


@pytest.mark.parametrize(("old", "new", "rule", "column"), [
    ("purposes: [essential.service, marketing.email]", "purposes: []", "catalog.purpose_declared", "name"),
    ("purposes: [essential.service, marketing.email]", "purposes: [essential.nothing]", "catalog.purpose_exists", "name"),
    ("C8, legal_basis: {az: contract, gdpr: contract}", "C8, legal_basis: {az: contract}", "catalog.legal_basis", "name"),
    ("preferences: {newsletter: news, sms: text}", "preferences: {sms: text}", "catalog.consent_recorded", "name"),
    ("{purpose: essential.service, trigger: closed, keep: P30D},", "", "catalog.retention_complete", "name"),
    (', end_state: {kind: "null"}', "", "catalog.end_declared", "name"),
    ("[user.name], meta: {governance: {role: identifier,", "[user.health_and_medical.genetic], meta: {governance: {",
     "catalog.special_role", "name"),
    ("not_personal: [id, closed_at]", "not_personal: [id, closed_at, shoe_size]", "catalog.in_warehouse", "shoe_size"),
    ("subject: me,\n             purposes: [essential.service", "purposes: [essential.service",
     "catalog.subject_declared", "name"),
])  # fmt: skip
def test_each_rule_finds_the_column_that_breaks_it(duckdb_url: str, tmp_path: Path, old: str, new: str, rule: str, column: str):
    assert POLICY.count(old) == 1
    findings = found(build(duckdb_url), load(tmp_path / "changed", POLICY.replace(old, new)))
    assert ("crm.customers", column) in {
        (f.table, f.column) for f in findings if f.rule == rule and f.status != Status.COMPLIANT
    }


def test_a_violation_stops_with_the_columns_named(world: str, loaded: LoadedPolicy):
    with pytest.raises(ViolationFound) as caught:
        refuse_violations(found(world, loaded))
    assert "crm.subscriptions.email: 6 of 7 rows" in str(caught.value)
    refuse_violations([f for f in found(world, loaded) if f.status != Status.VIOLATION])
