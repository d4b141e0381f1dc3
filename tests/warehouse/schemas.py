"""Small schemas and questions the warehouse tests share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.schema import CreateSchema, CreateTable

from governance.domain.names import TableRef
from governance.domain.schema import Table
from governance.warehouse import Warehouse
from governance.warehouse.ddl import new_table
from governance.warehouse.functions import table_of

# Names that mean something in SQL, in a driver or in SQLAlchemy. The schema's and the table's are as bad as the columns'.
HOSTILE_SCHEMA = 'Sxem "ə".1; DROP'
HOSTILE_TABLE = 'Müştəri "tələb".%(x)s:ad'
HOSTILE_COLUMNS = (
    "select", "user", 'a"b', "a.b", "a b", "p%c", "%(x)s", "%s", ":name", "c::d", "Ə.ı", "İD", "MiXed", "$1", "?", "x'y",
    "(z)", "[w]", "a,b", "a;b", "--", "/*", "back\\slash", "{k}",
)


def run(warehouse: Warehouse, *statements: str) -> None:
    for statement in statements:
        warehouse.execute(text(statement), name="test.arrange")


def hostile(warehouse: Warehouse) -> TableRef:
    """An empty table whose every name is hostile; all columns are text."""
    from sqlalchemy import Text

    ref = TableRef(HOSTILE_SCHEMA, HOSTILE_TABLE)
    table = new_table(ref, [(name, Text()) for name in HOSTILE_COLUMNS])
    warehouse.execute(CreateSchema(table.schema), name="test.arrange")  # type: ignore[arg-type]
    warehouse.execute(CreateTable(table), name="test.arrange")
    return ref


def fill(warehouse: Warehouse, table: Table, *rows: tuple[Any, ...]) -> None:
    made = table_of(table)
    values = [dict(zip(table.names, row, strict=True)) for row in rows]
    warehouse.execute(insert(made).values(values), name="test.fill")


def found(warehouse: Warehouse, name: str) -> Table:
    """The table `name` (schema.table) as the warehouse describes it."""
    table = warehouse.schema().get(TableRef.parse(name))
    assert table is not None
    return table


def everything(warehouse: Warehouse, ref: TableRef) -> list[tuple[Any, ...]]:
    table = warehouse.schema().get(ref)
    assert table is not None
    return sorted((tuple(r) for r in warehouse.rows(select(table_of(table)), name="test.read")), key=repr)
