"""What is said of each personal column, joined from the people who decided, the declared policy and discovery: what other tools get.

Names, keys of the taxonomy, decisions and confidences; no value of a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from governance.domain.names import ColumnRef
from governance.domain.proposal import Decision
from governance.ledger.proposals import ProposalRecord
from governance.policy.model import DatasetField, Policy
from governance.tagging.catalog import effective_purposes, governed


class Source(StrEnum):
    """Who says of what kind a column is."""

    PERSON = "person"
    POLICY = "policy"
    DISCOVERY = "discovery"


DECLARED = "declared"  # the policy speaks of it and discovery proposed nothing


@dataclass(frozen=True, order=True, slots=True)
class Tagged:
    """One column. `categories`: the most identifying first, empty when a person said that it is not personal. `decision`: open,
    confirmed, rejected or declared. `dataset` is the key of the policy's dataset, empty for a table it does not declare."""

    column: ColumnRef
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    role: str | None
    decision: str
    confidence: float | None
    source: Source
    dataset: str = ""
    title: str = ""
    derived_from: ColumnRef | None = None


def tagged(policy: Policy, found: Iterable[ProposalRecord]) -> list[Tagged]:
    """Every column that was proposed, decided about or is declared personal, ordered by column."""
    records = {r.proposal.column: r for r in found if r.current or r.decision is not Decision.OPEN}
    tables = governed(policy)
    declared = {ref.column(f.name): f for ref, (_, c) in tables.items() for f in c.fields if f.is_personal}
    made = []
    for column in sorted(records.keys() | declared.keys()):
        record, dataset_field = records.get(column), declared.get(column)
        categories, source = _categories(record, dataset_field)
        dataset = tables[column.table][0] if column.table in tables else None
        role = dataset_field.governance.role if dataset_field else None
        made.append(Tagged(
            column, categories, effective_purposes(policy, dataset_field) if dataset_field else (),
            role or (str(record.proposal.role) if record else None), str(record.decision) if record else DECLARED,
            round(record.proposal.confidence, 4) if record else None, source,
            dataset.fides_key if dataset else "", dataset.name if dataset else "",
            dataset_field.governance.derived_from if dataset_field else None))
    return made


def _categories(record: ProposalRecord | None, dataset_field: DatasetField | None) -> tuple[tuple[str, ...], Source]:
    """A person's confirmation counts most, then the policy, then what discovery believes. A rejection does not undo what is declared."""
    if record is not None and record.decision is Decision.CONFIRMED:
        also = record.proposal.also if record.category == record.proposal.category else ()
        return (record.category, *also), Source.PERSON
    if dataset_field is not None:
        return tuple(c for c in dataset_field.data_categories if c.split(".")[0] == "user"), Source.POLICY
    if record is not None and record.decision is Decision.OPEN:
        return (record.proposal.category, *record.proposal.also), Source.DISCOVERY
    return (), Source.PERSON
