"""Quasi-identifiers measured: how many people each singles out, alone and together with others of its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from governance.domain.counts import counted
from governance.domain.names import TableRef
from governance.domain.proposal import Decision, Role
from governance.domain.schema import Schema, Table
from governance.ledger.looks import UniquenessRecord
from governance.ledger.proposals import ProposalRecord
from governance.policy.model import Policy, SubjectPath
from governance.tagging.catalog import governed
from governance.tagging.sql import repeats_rows
from governance.tagging.sql_uniqueness import singled_out
from governance.warehouse import Warehouse

MOST_ALONE, MOST_TOGETHER = 5, 8  # columns measured one by one, and in the largest combination


@dataclass(frozen=True, slots=True)
class Measured:
    """What is to be measured of one table: its quasi-identifiers in its order, and how a row leads to a subject, None where that is
    not known."""

    table: Table
    columns: tuple[str, ...]
    path: SubjectPath | None

    @property
    def kind(self) -> str:
        return self.path.kind if self.path else ""

    def is_known(self, before: Sequence[UniquenessRecord]) -> bool:
        """Whether `before` measured the same columns of the same people."""
        return {c for m in before for c in m.columns} == set(self.columns) and all(m.kind == self.kind for m in before)


def to_measure(policy: Policy | None, schema: Schema, table: Table, found: Iterable[ProposalRecord]) -> Measured:
    """The quasi-identifiers of `table`: what the policy declares so, and what discovery found and nobody rejected."""
    dataset_of = governed(policy) if policy else {}
    collection = dataset_of[table.ref][1] if table.ref in dataset_of else None
    roles: dict[str, str] = {r.proposal.column.name: str(r.proposal.role) for r in found
                             if r.proposal.column.table == table.ref and r.current and r.decision is not Decision.REJECTED}
    declared = {f.name: f for f in collection.fields if f.governance.role} if collection else {}
    roles |= {name: str(f.governance.role) for name, f in declared.items()}
    columns = tuple(name for name in table.names if roles.get(name) == Role.QUASI_IDENTIFIER)[:MOST_TOGETHER]
    if collection is None or not collection.governance.subjects:
        return Measured(table, columns, None)
    named = Counter(f.governance.subject for name, f in declared.items() if name in columns and f.governance.subject)
    subjects = collection.governance.subjects
    for subject in sorted(subjects, key=lambda s: (-named[s], s)):
        if not repeats_rows(schema, subjects[subject]):
            return Measured(table, columns, subjects[subject])
    return Measured(table, columns, None)


def measure(warehouse: Warehouse, schema: Schema, wanted: Measured) -> list[UniquenessRecord]:
    """Each column alone (the first five), then the two and the three that single out most, then all: one statement each."""
    def one(columns: tuple[str, ...]) -> UniquenessRecord:
        [(total, alone)] = warehouse.few(singled_out(schema, wanted.table, columns, wanted.path), name="catalog.uniqueness")
        return UniquenessRecord(wanted.table.ref, columns, wanted.kind, int(total), int(alone))

    alone = [one((name,)) for name in wanted.columns[:MOST_ALONE]]
    best = [m.columns[0] for m in sorted(alone, key=lambda m: -m.single)]
    sizes = [size for size in (2, 3) if size < len(wanted.columns) and size <= len(best)]
    chosen = [set(best[:size]) for size in sizes] + ([set(wanted.columns)] if len(wanted.columns) > 1 else [])
    return alone + [one(tuple(n for n in wanted.columns if n in some)) for some in chosen]


def sentences(records: Iterable[UniquenessRecord], kinds: Mapping[str, str]) -> list[str]:
    """One sentence per table: what its quasi-identifiers single out together, and the strongest of them alone. `kinds` names subject
    kinds."""
    by_table: dict[TableRef, list[UniquenessRecord]] = {}
    for record in records:
        by_table.setdefault(record.table, []).append(record)
    told = []
    for ref, found in sorted(by_table.items()):
        together = max(found, key=lambda m: (len(m.columns), m.share))
        best = max((m for m in found if len(m.columns) == 1), key=lambda m: m.share, default=together)
        kind = kinds.get(together.kind, together.kind)
        whom = f"{counted(together.total, 'subject')} ({kind})" if kind else counted(together.total, "row")
        subject = f"{counted(len(together.columns), 'column')} ({', '.join(together.columns)}) single" if len(together.columns) > 1 else (
            f"{together.columns[0]} singles")
        alone = f"; {best.columns[0]} alone {best.share:.0%}" if best is not together else ""
        told.append(f"{ref}: {subject} out {together.share:.0%} of {whom}{alone}")
    return told


def kind_names(policy: Policy | None) -> dict[str, str]:
    """Subject kind -> its name."""
    return {k.key: k.name for k in policy.subject_kinds} if policy else {}


def entry_of(record: UniquenessRecord) -> dict[str, object]:
    """One measurement for programs."""
    return {"table": str(record.table), "columns": list(record.columns), "kind": record.kind or None, "total": record.total,
            "single": record.single, "share": round(record.share, 4)}
