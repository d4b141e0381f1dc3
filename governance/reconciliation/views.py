"""Golden records are views over the values that stand: ``golden.<key>`` with a column per field, and ``golden.<key>_provenance``
with the origin of each value it shows. Nothing personal is in their text."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    Double,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from governance.domain.errors import TargetMissing
from governance.domain.names import TableRef
from governance.domain.schema import Schema, Table
from governance.policy.linking import Golden, GoldenField
from governance.policy.model import Policy
from governance.reconciliation import sql_write
from governance.reconciliation.survivorship import OWN, counted, ranked
from governance.reconciliation.tables import SCHEMA
from governance.warehouse import Warehouse
from governance.warehouse.ddl import new_table
from governance.warehouse.functions import as_text, table_of

_ORIGIN = ("source", "record", "link", "purposes", "consent", "confidence", "observed_at", "written_at")


class CreateView(ExecutableDDLElement):
    inherit_cache = False

    def __init__(self, ref: TableRef, query: Select[Any]) -> None:
        self.ref, self.query = ref, query


class DropView(ExecutableDDLElement):
    inherit_cache = False

    def __init__(self, ref: TableRef) -> None:
        self.ref = ref


@compiles(CreateView)
def _create(element: CreateView, compiler: DDLCompiler, **kw: Any) -> str:
    query = compiler.sql_compiler.process(element.query, literal_binds=True)
    return f"CREATE OR REPLACE VIEW {compiler.preparer.format_table(new_table(element.ref, ()))} AS {query}"


@compiles(DropView)
def _drop(element: DropView, compiler: DDLCompiler, **kw: Any) -> str:
    return f"DROP VIEW IF EXISTS {compiler.preparer.format_table(new_table(element.ref, ()))}"


def provenance(golden: Golden, identity: Table | None, key: str) -> Select[Any]:
    """One row per subject and field: the value that survives, and where it comes from."""
    parts: list[Select[Any]] = []
    for field in golden.fields:
        found = _rows(golden, field, identity, key).subquery()
        rows = select(found, counted(found)).subquery()
        order = select(rows, ranked(rows, field).label("place")).subquery()
        parts.append(select(*(order.c[name] for name in ("subject_key", "field", "value", *_ORIGIN))).where(order.c.place == 1))
    whole = union_all(*parts).subquery()
    return select(*whole.c)


def record(golden: Golden, identity: Table | None, key: str) -> Select[Any]:
    """One row per subject that has a value: `subject_key` and a column per field."""
    rows = provenance(golden, identity, key).subquery()
    columns = [func.max(case((rows.c.field == field.name, rows.c.value)), type_=Text()).label(field.name) for field in golden.fields]
    return select(rows.c.subject_key, *columns).group_by(rows.c.subject_key)


def _rows(golden: Golden, field: GoldenField, identity: Table | None, key: str) -> Select[Any]:
    """All values of one field that stand, our own among them."""
    fed = sql_write.values_of().subquery()
    columns = ("subject_key", "field", "value", *_ORIGIN)
    found: Select[Any] = select(*(fed.c[name] for name in columns)).where(fed.c.field == field.name)
    if identity is None or field.own is None:
        return found
    row = table_of(identity)
    seen: Any = cast(row.c[golden.own_observed], TIMESTAMP()) if golden.own_observed else cast(null(), TIMESTAMP())
    seen = func.coalesce(seen, cast(literal("1970-01-01 00:00:00", Text()), TIMESTAMP()))
    nothing = literal("", Text())
    own: Select[Any] = select(
        as_text(row.c[key]).label("subject_key"), literal(field.name, Text()).label("field"), as_text(row.c[field.own]).label("value"),
        literal(OWN, Text()).label("source"), nothing.label("record"), nothing.label("link"),
        literal("|" + "|".join(field.purposes) + "|", Text()).label("purposes"), nothing.label("consent"),
        cast(literal(1), Double()).label("confidence"), seen.label("observed_at"), seen.label("written_at")).where(
        row.c[field.own].is_not(None), as_text(row.c[field.own]) != nothing, row.c[key].is_not(None))
    both = union_all(found, own).subquery()
    return select(*both.c)


def view_refs(golden: Golden) -> tuple[TableRef, TableRef]:
    return TableRef(SCHEMA, golden.key), TableRef(SCHEMA, f"{golden.key}_provenance")


def create_views(warehouse: Warehouse, policy: Policy) -> list[str]:
    """Let every golden record be shown as declared now; names of views that were made or changed. Their shape is kept where it fits,
    so that rights on them stay."""
    schema = warehouse.schema()
    made = []
    for golden in policy.golden:
        kind = next(k for k in policy.subject_kinds if k.key == golden.kind)
        identity = _identity(schema, golden, kind.identity.table)
        for ref, query in zip(view_refs(golden), (record(golden, identity, kind.identity.key),
                                                  provenance(golden, identity, kind.identity.key)), strict=True):
            old = schema.get(ref)
            names = tuple(c.name for c in query.selected_columns)
            with warehouse.transaction():
                if old is not None and old.names[:len(old.names)] != names[:len(old.names)]:
                    warehouse.execute(DropView(ref), name="golden.drop_view")
                warehouse.execute(CreateView(ref, query), name="golden.create_view")
            if old is None or old.names != names:
                made.append(str(ref))
    return made


def _identity(schema: Schema, golden: Golden, ref: TableRef) -> Table | None:
    own = [f.own for f in golden.fields if f.own is not None]
    if not own:
        return None
    table = schema.get(ref)
    missing = [name for name in (*own, golden.own_observed or own[0]) if table is None or table.column(name) is None]
    if missing:
        raise TargetMissing("is named by a golden record and not in the warehouse", where=f"{ref}.{missing[0]}",
                            fix=f"correct golden {golden.key} in the policy")
    return table


