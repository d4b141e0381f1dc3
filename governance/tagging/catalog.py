"""The catalog: one row per column of the warehouse, with what is declared of it, what discovery found and what a person said.

Pure: it joins a live schema with the declared policy and proposals. No value of a row is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from governance.domain.names import ColumnRef, TableRef
from governance.domain.proposal import Decision
from governance.domain.schema import Column, Schema, Table
from governance.domain.taxonomy import CATEGORIES
from governance.ledger.proposals import ProposalRecord
from governance.policy.model import Collection, Dataset, DatasetField, Policy, Purpose, Schedule

PERSONAL, NOT_PERSONAL, UNJUDGED = "personal", "not_personal", "unjudged"

@dataclass(frozen=True, slots=True)
class Row:
    """One column. Texts are None where there is nothing to say, so that an expectation `present` can tell.

    `missing_*` list what should be there and is not. `disagreement`: found_undeclared (a person confirmed personal, the
    policy says not or nothing), proposed_undeclared (proposed, nobody decided), declared_rejected (declared personal, a
    person rejected the proposal), other_kind (declared and confirmed kinds do not meet).
    `consent_rows` are rows with data, `consent_missing` those among them whose subject has no living consent.
    """

    table: str
    column: str
    type: str
    kind: str
    judged: str
    in_warehouse: str
    category: str | None = None
    role: str | None = None
    special: str = "no"
    special_category: str | None = None
    purposes: str | None = None
    missing_purposes: str | None = None
    legal_basis: str | None = None
    missing_basis: str | None = None
    retention: str | None = None
    missing_retention: str | None = None
    subject: str | None = None
    subject_kind: str | None = None
    owner: str | None = None
    mode: str | None = None
    end_state: str | None = None
    derived_from: str | None = None
    discovered: str | None = None
    decision: str | None = None
    confidence: float | None = None
    explanation: str | None = None
    disagreement: str | None = None
    consent_purposes: str | None = None
    consent_unrecorded: str | None = None
    consent_rows: int | None = None
    consent_missing: int | None = None


COLUMNS = tuple(f.name for f in fields(Row))


def catalog(policy: Policy, schema: Schema, found: Iterable[ProposalRecord] = (),
            consents: Mapping[ColumnRef, tuple[int, int]] | None = None) -> list[Row]:
    """One row per column of `schema` and per declared column that is not there, ordered by table and place.

    `consents` gives (rows with data, rows without a living consent) for columns that rest on consent alone.
    """
    by_column = {r.proposal.column: r for r in found if r.current or r.decision is not Decision.OPEN}
    declared = governed(policy)
    rows: list[Row] = []
    for table in schema.tables:
        dataset, collection = declared.get(table.ref, (None, None))
        for column in table.columns:
            ref = table.ref.column(column.name)
            counts = (consents or {}).get(ref)
            rows.append(_row(policy, table, column, dataset, collection, by_column.get(ref), counts))
    return rows + list(_vanished(policy, declared, schema))


def governed(policy: Policy) -> dict[TableRef, tuple[Dataset, Collection]]:
    """Every table the policy declares and has not retired."""
    return {dataset.ref(c): (dataset, c) for dataset in policy.dataset for c in dataset.collections if not c.governance.retired}


def frame_of(rows: Iterable[Row]) -> pd.DataFrame:
    """The catalog as a frame with the columns `COLUMNS`; an empty one still has them."""
    frame = pd.DataFrame([[getattr(r, name) for name in COLUMNS] for r in rows], columns=list(COLUMNS))
    counts = {"consent_rows": "Int64", "consent_missing": "Int64", "confidence": "Float64"}
    return frame.astype({name: counts.get(name, "str") for name in COLUMNS})


def effective_purposes(policy: Policy, dataset_field: DatasetField, seen: frozenset[ColumnRef] = frozenset()) -> tuple[str, ...]:
    """The column's own purposes and, for a copy, those of the column it was copied from."""
    declared = dataset_field.governance
    own = () if isinstance(declared.purposes, str) else declared.purposes
    source = declared.derived_from
    if source is None or source in seen:
        return own
    there = governed(policy).get(source.table)
    original = there[1].field(source.name) if there else None
    inherited = effective_purposes(policy, original, seen | {source}) if original else ()
    return own + tuple(p for p in inherited if p not in own)


def schedules_of(policy: Policy, collection: Collection, dataset_field: DatasetField) -> dict[str, Schedule]:
    """Purpose key -> how long it lives in the column's record class."""
    name = dataset_field.governance.record_class or collection.governance.record_class
    return {s.purpose: s for rc in policy.record_classes if rc.key == name for s in rc.schedules}


# ---- one row -------------------------------------------------------------------------------------------------------

def _row(policy: Policy, table: Table, column: Column, dataset: Dataset | None, collection: Collection | None,
         found: ProposalRecord | None, counts: tuple[int, int] | None) -> Row:
    dataset_field = collection.field(column.name) if collection else None
    judged = _judged(collection, dataset_field, column.name)
    told: dict[str, Any] = {}
    if dataset_field is not None and collection is not None and dataset_field.is_personal:
        told = _declared(policy, collection, dataset_field)
    owner = dataset.governance.owner if dataset else _owner_of_schema(policy, table.ref.schema)
    return Row(
        table=str(table.ref), column=column.name, type=column.type, kind=table.kind, judged=judged, in_warehouse="yes",
        owner=owner, mode=dataset.governance.mode.is_ if dataset else None,
        discovered=found.category if found else None, decision=found.decision.value if found else None,
        confidence=found.proposal.confidence if found else None, explanation=found.proposal.explanation if found else None,
        disagreement=_disagreement(judged, dataset_field, found),
        consent_rows=counts[0] if counts else None, consent_missing=counts[1] if counts else None, **told)


def _judged(collection: Collection | None, dataset_field: DatasetField | None, name: str) -> str:
    if dataset_field is not None:
        if not dataset_field.is_personal:
            return NOT_PERSONAL
        return UNJUDGED if dataset_field.governance.purposes == "unjudged" else PERSONAL
    return NOT_PERSONAL if collection is not None and name in collection.governance.not_personal else UNJUDGED


def _declared(policy: Policy, collection: Collection, dataset_field: DatasetField) -> dict[str, Any]:
    declared = dataset_field.governance
    known = {p.key: p for p in policy.purposes}
    keys = effective_purposes(policy, dataset_field)
    purposes = [known[k] for k in keys if k in known]
    own = () if isinstance(declared.purposes, str) else declared.purposes
    schedules = schedules_of(policy, collection, dataset_field)
    path = collection.governance.subjects.get(declared.subject) if declared.subject else None
    kind = path.kind if path else _kind_of_source(policy, declared.derived_from)
    category = next((c for c in dataset_field.data_categories if c.split(".")[0] == "user"), None)
    special = declared.special_category or next((c for c in dataset_field.data_categories if _is_special(c)), None)
    consented = [p for p in purposes if p.key in schedules and schedules[p.key].until_withdrawn]
    return {
        "category": category, "role": declared.role, "special": "yes" if special else "no", "special_category": special,
        "purposes": _words(keys), "missing_purposes": _words(k for k in keys if k not in known),
        "legal_basis": _words((_basis_words(r, purposes) for r in policy.organization.regimes), "; "),
        "missing_basis": _words(f"{p.key} under {r}" for p in purposes for r in policy.organization.regimes
                                if r not in p.legal_basis),
        "retention": _retention(own, schedules, declared.derived_from),
        "missing_retention": _words(k for k in own if k not in schedules),
        "subject": declared.subject, "subject_kind": kind, "end_state": _end_words(collection, dataset_field),
        "derived_from": str(declared.derived_from) if declared.derived_from else None,
        "consent_purposes": _words((p.key for p in consented), " or "),
        "consent_unrecorded": _words(p.key for p in consented if path and not _recorded(policy, p, path.kind)),
    }


def _end_words(collection: Collection, dataset_field: DatasetField) -> str | None:
    end, deletable = dataset_field.governance.end_state, collection.governance.deletable
    if end is not None:
        return end.words
    if isinstance(deletable, dict):
        return f"row goes with {deletable['with']}"
    return "row is deleted" if deletable else None


def _kind_of_source(policy: Policy, source: ColumnRef | None, seen: frozenset[ColumnRef] = frozenset()) -> str | None:
    """Whose data a copy is, where its table has no path of its own: that of the column it was copied from."""
    there = governed(policy).get(source.table) if source else None
    original = there[1].field(source.name) if there and source else None
    if there is None or original is None or source is None or source in seen:
        return None
    path = there[1].governance.subjects.get(original.governance.subject or "")
    return path.kind if path else _kind_of_source(policy, original.governance.derived_from, seen | {source})


def _is_special(category: str) -> bool:
    """Whether a law protects the kind or one it belongs to specially: such a column says which part it plays."""
    parts = category.split(".")
    above = (".".join(parts[:n]) for n in range(1, len(parts) + 1))
    return any(key in CATEGORIES and CATEGORIES[key].special for key in above)


def _words(parts: Iterable[str], between: str = ", ") -> str | None:
    return between.join(p for p in parts if p) or None


def _basis_words(regime: str, purposes: Iterable[Purpose]) -> str:
    bases = list(dict.fromkeys(p.legal_basis[regime] for p in purposes if regime in p.legal_basis))
    return f"{regime}: {', '.join(bases)}" if bases else ""


def _retention(keys: Iterable[str], schedules: Mapping[str, Schedule], source: ColumnRef | None) -> str | None:
    parts = [f"{key} {schedule_words(schedules[key])}" for key in keys if key in schedules]
    return _words([*parts, f"no longer than {source}" if source else ""], "; ")


def schedule_words(schedule: Schedule) -> str:
    """``90 days after delivered`` or ``until consent is withdrawn``."""
    if schedule.until_withdrawn:
        return "until consent is withdrawn" + (f", then {schedule.keep.words}" if str(schedule.keep) != "P0D" else "")
    return f"{schedule.keep.words} after {schedule.trigger}"


def _recorded(policy: Policy, purpose: Purpose, kind: str) -> bool:
    return any(ledger.subject.kind == kind and purpose.preference in ledger.preferences for ledger in policy.consents)


def _owner_of_schema(policy: Policy, schema: str) -> str | None:
    """Who owns everything else in the schema, when that is one person."""
    owners = {d.governance.owner for d in policy.dataset if d.governance.schema_ == schema}
    return owners.pop() if len(owners) == 1 else None


def _disagreement(judged: str, dataset_field: DatasetField | None, found: ProposalRecord | None) -> str | None:
    if found is None:
        return None
    personal = dataset_field is not None and dataset_field.is_personal
    match found.decision, personal:
        case Decision.CONFIRMED, False:
            return "found_undeclared"
        case Decision.REJECTED, True:
            return "declared_rejected"
        case Decision.OPEN, False:
            return "proposed_undeclared" if judged == NOT_PERSONAL else None  # unjudged is a gap of its own already
        case Decision.CONFIRMED, True if dataset_field and not meet(dataset_field.data_categories, (found.category, *found.proposal.also)):
            return "other_kind"
    return None


def meet(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a kind of `some` is one of `others`, or above or below it in the taxonomy."""
    others = tuple(others)
    return any(_above(a, b) or _above(b, a) for a in some for b in others)


def _above(upper: str, lower: str) -> bool:
    return lower == upper or lower.startswith(upper + ".")


def _vanished(policy: Policy, declared: Mapping[TableRef, tuple[Dataset, Collection]], schema: Schema) -> Iterator[Row]:
    """Declared columns that are not in the warehouse. A dataset of certain engines only may be absent as a whole table."""
    for ref, (dataset, collection) in sorted(declared.items()):
        table = schema.get(ref)
        if table is None and dataset.governance.engines:
            continue
        there = table.names if table else ()
        for name in (*(f.name for f in collection.fields), *collection.governance.not_personal,
                     *collection.governance.unjudged):
            if name in there:
                continue
            found = collection.field(name)
            told = _declared(policy, collection, found) if found is not None and found.is_personal else {}
            yield Row(table=str(ref), column=name, type="", kind="", judged=_judged(collection, found, name), in_warehouse="no",
                      owner=dataset.governance.owner, mode=dataset.governance.mode.is_, **told)
