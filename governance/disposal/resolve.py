"""Who is it? From the identifiers a person gave to subject keys, kind by kind.

A set of identifier forms that the policy calls sufficient must agree together; a name or a shared phone number alone never
resolves anybody, it only makes candidates that an officer can look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from sqlalchemy import ARRAY, ColumnElement, FromClause, Select, Text, and_, delete, func, insert, literal, or_, select

from governance.disposal.lifetimes import Subjects
from governance.domain.errors import GovernanceError, TargetMissing
from governance.domain.fold import fold as fold
from governance.domain.fold import fold_name
from governance.domain.schema import Schema
from governance.policy.model import Policy, SubjectKind
from governance.warehouse import Warehouse
from governance.warehouse.control import request_subject
from governance.warehouse.functions import as_text, digits, table_of

PHONE_DIGITS = 9
BY_VALUE = ("email", "phone", "customer_number", "document", "cookie", "device", "text")


@dataclass(frozen=True, slots=True)
class Resolved:
    """Subject keys of one kind. `candidates` counts subjects that share an identifier and were not taken."""

    kind: str
    keys: tuple[str, ...] = field(repr=False)
    candidates: int
    words: tuple[str, ...] = field(repr=False)
    unique: tuple[tuple[str, str], ...] = field(repr=False)


def resolve(warehouse: Warehouse, policy: Policy, schema: Schema, kind: str, identifiers: Sequence[tuple[str, str]]) -> Resolved:
    """The subjects of `kind` that the identifiers name. GovernanceError when they are not enough to say who it is."""
    subject = next((k for k in policy.subject_kinds if k.key == kind), None)
    if subject is None:
        raise GovernanceError("is not a declared subject kind", where=kind, fix="name one of `subject_kinds:` of the policy")
    given = {form: fold(form, value) for form, value in identifiers}
    enough = [forms for forms in subject.resolve_by if all(given.get(form) for form in forms)]
    if not enough:
        needed = " or ".join(" and ".join(forms) for forms in subject.resolve_by)
        raise GovernanceError(f"the identifiers given are not enough to say which {subject.name} it is", where=kind,
                              fix=f"ask for {needed}")
    rows = _candidates(warehouse, schema, subject, given)
    taken = [row for row in rows if any(all(_agrees(subject, row, form, given[form]) for form in forms) for forms in enough)]
    keys = tuple(sorted({str(row["key"]) for row in taken}))
    others = {str(row["key"]) for row in rows} - set(keys)
    words, unique = _words(subject, taken, identifiers)
    return Resolved(kind, keys, len(others), words, unique)


def _candidates(warehouse: Warehouse, schema: Schema, subject: SubjectKind, given: Mapping[str, str]) -> list[dict[str, Any]]:
    query, names = candidates(schema, subject, given)
    return [dict(zip(names, row, strict=True)) for row in warehouse.rows(query, name="resolve.candidates")]


def candidates(schema: Schema, subject: SubjectKind, given: Mapping[str, str]) -> tuple[Select[Any], list[str]]:
    """Rows of the identity table that share any identifier that can be compared by value. Values are bound, never in SQL."""
    table = schema.get(subject.identity.table)
    if table is None:
        raise TargetMissing("is the identity table of a subject kind and not in the warehouse", where=subject.identity.table,
                            fix="correct `identity:` in the policy")
    row = table_of(table)
    tests: list[ColumnElement[bool]] = []
    for identifier in subject.identifiers:
        if identifier.form in BY_VALUE and given.get(identifier.form):
            tests.append(equal(row.c[identifier.column], identifier.form, given[identifier.form]))
    names = ["key", *(f"{i.form}:{i.column}" for i in subject.identifiers)]
    cells = [as_text(row.c[subject.identity.key]).label("key"),
             *(as_text(row.c[i.column]).label(name) for i, name in zip(subject.identifiers, names[1:], strict=True))]
    return cast(Select[Any], select(*cells).where(or_(*tests))), names


def equal(cell: ColumnElement[Any], form: str, folded: str) -> ColumnElement[bool]:
    """Whether a cell holds the identifier, compared as its form is compared."""
    match form:
        case "email":
            return func.lower(func.trim(cell)) == folded
        case "phone":
            return func.right(digits(as_text(cell)), PHONE_DIGITS) == folded
    return as_text(cell) == folded


def _agrees(subject: SubjectKind, row: Mapping[str, Any], form: str, folded: str) -> bool:
    values = [row[f"{i.form}:{i.column}"] for i in subject.identifiers if i.form == form]
    if form != "name":
        return any(v is not None and fold(form, str(v)) == folded for v in values)
    # A name may stand in one column or be split over several.
    whole = fold_name(" ".join(str(v) for v in values if v))
    return folded == whole or any(v is not None and fold_name(str(v)) == folded for v in values)


def _words(subject: SubjectKind, rows: Sequence[Mapping[str, Any]],
           identifiers: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    words = {value for _, value in identifiers}
    unique: set[tuple[str, str]] = set()
    sole = {i.form for i in subject.identifiers if i.unique}
    unique |= {(form, value) for form, value in identifiers if form in sole}
    for row in rows:
        for identifier in subject.identifiers:
            value = row[f"{identifier.form}:{identifier.column}"]
            if value is None or not str(value).strip():
                continue
            words.add(str(value))
            if identifier.unique:
                unique.add((identifier.form, str(value)))
    # A bare number is no word to look for in text: it would cut dates and amounts.
    return (tuple(sorted(w for w in words if not (w.isdigit() and len(w) < 7))),
            tuple(sorted((f, v) for f, v in unique if f != "customer_number")))


def remember(warehouse: Warehouse, request: str, resolved: Sequence[Resolved]) -> None:
    """Freeze who the request is about, before its plan."""
    with warehouse.transaction():
        warehouse.execute(delete(request_subject).where(request_subject.c.request == request), name="resolve.clear")
        for found in resolved:
            if found.keys:
                keys = func.unnest(literal(list(found.keys), ARRAY(Text())))
                source = select(literal(request, Text()), literal(found.kind, Text()), keys)
                filled = insert(request_subject).from_select(["request", "kind", "subject_key"], source)
                warehouse.execute(filled, name="resolve.remember")


def subjects_of(request: str, kinds: Sequence[str]) -> Subjects:
    """The frozen subjects of a request as joinable rows, kind by kind."""
    @cache  # one statement asks for it many times
    def rows(kind: str) -> FromClause | None:
        if kind not in kinds:
            return None
        return select(request_subject.c.subject_key).where(
            and_(request_subject.c.request == request, request_subject.c.kind == kind)).subquery()

    return rows
