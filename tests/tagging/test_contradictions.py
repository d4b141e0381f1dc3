"""Evidence against decisions, policy and tags: each disagreement is a finding in words, and nothing is decided by it."""

# ruff: noqa: E501 -- tables of examples
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from governance.domain.findings import Finding, Status
from governance.domain.names import ColumnRef
from governance.domain.proposal import Decision
from governance.ledger.proposals import ProposalRecord
from governance.ledger.tags import TagRecord
from governance.policy.model import Policy
from governance.tagging.contradictions import contradictions, tag_findings
from tests.tagging.tagging_world import load
from tests.tagging.test_catalog import proposed

EMAIL, PHONE, IBAN = "user.contact.email", "user.contact.phone_number", "user.financial.bank_account"


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return load(tmp_path).policy


def record(column: str, found: str, decision: Decision = Decision.OPEN, *, decided: str | None = None, proved: bool = False,
           current: bool = True, also: tuple[str, ...] = ()) -> ProposalRecord:
    made = proposed(column, found, decision, current=current, also=also)
    return replace(made, proposal=replace(made.proposal, proved=proved), by="officer", category=decided or found, decided_about=decided)


def rules(found: list[Finding]) -> list[tuple[str, str, Status]]:
    return [(f.rule, f"{f.table}.{f.column}", f.status) for f in found]


OTHER = 'crm."import 2024"."col.7"'  # no dataset declares it


@pytest.mark.parametrize(("given", "rule", "status", "words"), [
    (record(OTHER, IBAN, Decision.REJECTED, decided=IBAN, proved=True), "contradiction.rejected", Status.VIOLATION,
     "officer decided that it is not personal, and check digits prove bank account in it"),
    (record(OTHER, EMAIL, Decision.REJECTED, decided=PHONE), "contradiction.rejected_other", Status.GAP,
     "officer decided that it is no phone number, and now e-mail address is found in it"),
    (record(OTHER, EMAIL, Decision.CONFIRMED, decided=PHONE), "contradiction.confirmed_other", Status.GAP,
     "officer confirmed phone number, and now e-mail address is found in it"),
    (record("crm.devices.device", PHONE), "contradiction.not_personal", Status.GAP,
     "the policy says that it is not personal, confirmed by officer, and phone number is found in it"),
    (record("crm.devices.device", IBAN, proved=True), "contradiction.not_personal", Status.VIOLATION,
     "the policy says that it is not personal, confirmed by officer, and check digits prove bank account in it"),
    (record("crm.subscriptions.email", PHONE), "contradiction.declared_other", Status.GAP,
     "the policy declares e-mail address, and phone number is found in it"),
])
def test_each_contradiction_is_said_in_words(policy: Policy, given: ProposalRecord, rule: str, status: Status, words: str) -> None:
    [found] = contradictions(policy, [given])
    assert (found.rule, found.status, found.message) == (rule, status, words)
    assert found.remedy
    assert str(given.proposal.column) == str(ColumnRef.parse(f'{found.table}."{found.column}"'))


@pytest.mark.parametrize("given", [
    record(OTHER, EMAIL),  # open, and the policy does not speak of it
    record(OTHER, EMAIL, Decision.REJECTED, decided=EMAIL),  # the same evidence that the person has seen
    record(OTHER, EMAIL, Decision.CONFIRMED, decided=EMAIL),
    record(OTHER, "user.name.first", Decision.CONFIRMED, decided="user.name"),  # nearer, and no other kind
    record(OTHER, PHONE, Decision.CONFIRMED, decided=EMAIL, also=(EMAIL,)),  # both are in it
    record(OTHER, EMAIL, Decision.CONFIRMED, decided=PHONE, current=False),  # discovery does not say so any more
    record("crm.devices.device", PHONE, Decision.REJECTED, decided=PHONE),  # a person and the policy agree
    record(OTHER, PHONE, Decision.CONFIRMED, decided="user.content.private"),  # a text may hold anything
    record("crm.subscriptions.email", EMAIL),
])
def test_what_agrees_or_was_judged_already_is_no_contradiction(policy: Policy, given: ProposalRecord) -> None:
    assert contradictions(policy, [given]) == []


def test_a_proved_identifier_contradicts_a_person_and_the_policy_at_once(policy: Policy) -> None:
    found = contradictions(policy, [record("crm.devices.device", IBAN, Decision.REJECTED, decided=IBAN, proved=True)])
    assert [f.rule for f in found] == ["contradiction.not_personal", "contradiction.rejected"]
    assert {f.owner for f in found} == {"marketing"}
    assert [f.rule for f in contradictions(None, [record(OTHER, IBAN, Decision.REJECTED, decided=IBAN, proved=True)])] == ["contradiction.rejected"]


def tag(column: str, *categories: str) -> TagRecord:
    return TagRecord("dbt:schema.yml", ColumnRef.parse(column), categories)


SEEN = [ColumnRef.parse(c) for c in (OTHER, "crm.devices.device", "crm.subscriptions.email", "crm.customers.name")]


@pytest.mark.parametrize(("given", "known", "expected"), [
    (tag("crm.customers.gone", EMAIL), [], ["tags.column_missing"]),
    (tag(OTHER, EMAIL), [record(OTHER, PHONE)], ["tags.found_other"]),
    (tag(OTHER), [record(OTHER, PHONE)], ["tags.found_other"]),
    (tag(OTHER, EMAIL), [], ["tags.not_found"]),
    (tag(OTHER, EMAIL), [record(OTHER, EMAIL, Decision.REJECTED, decided=EMAIL)], ["tags.rejected"]),
    (tag(OTHER, EMAIL), [record(OTHER, PHONE, Decision.CONFIRMED, decided=PHONE)], ["tags.confirmed_other"]),
    (tag(OTHER), [record(OTHER, PHONE, Decision.CONFIRMED, decided=PHONE)], ["tags.confirmed_other"]),
    (tag("crm.subscriptions.email", PHONE), [record("crm.subscriptions.email", EMAIL)], ["tags.declared_other", "tags.found_other"]),
    (tag("crm.devices.device", EMAIL), [record("crm.devices.device", EMAIL)], ["tags.not_personal"]),
    (tag(OTHER, EMAIL), [record(OTHER, EMAIL)], []),
    (tag(OTHER, "user"), [record(OTHER, EMAIL)], []),
    (tag(OTHER), [], []),
    (tag(OTHER, "system.operations"), [record(OTHER, EMAIL, Decision.REJECTED, decided=EMAIL)], []),
    (tag("crm.subscriptions.email", "user.contact"), [record("crm.subscriptions.email", EMAIL)], []),
])
def test_each_disagreement_of_a_tag_is_a_gap(policy: Policy, given: TagRecord, known: list[ProposalRecord], expected: list[str]) -> None:
    found = tag_findings(policy, known, [given], SEEN)
    assert [f.rule for f in found] == expected
    assert all(f.status is Status.GAP and f.message.startswith("dbt:schema.yml says ") and f.remedy for f in found)


def test_before_anybody_has_looked_a_tag_says_nothing_against_discovery(policy: Policy) -> None:
    assert tag_findings(policy, [], [tag(OTHER, EMAIL), tag("crm.customers.gone", EMAIL)], []) == []
