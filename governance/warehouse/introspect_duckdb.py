"""What DuckDB says about its tables. It has no triggers, rules, row security or replication, so there are no hazards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import TextClause, text

from governance.domain.names import TableRef
from governance.domain.schema import Column, Family, ForeignKey, Schema, Table

Run = Callable[[TextClause], Sequence[Any]]


def _query(sql: str) -> TextClause:
    return text(sql.replace("OURS", "database_name = current_database() AND schema_name <> 'governance'"))


COLUMNS = _query("SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
                 "WHERE OURS AND NOT internal ORDER BY schema_name, table_name, column_index")
TABLES = _query("SELECT schema_name, table_name, 'table', comment, sql FROM duckdb_tables() "
                "WHERE OURS AND NOT internal AND NOT temporary "
                "UNION ALL SELECT schema_name, view_name, 'view', comment, '' FROM duckdb_views() "
                "WHERE OURS AND NOT internal AND NOT temporary")
CONSTRAINTS = _query("SELECT schema_name, table_name, constraint_type, constraint_name, constraint_column_names, "
                     "constraint_text, referenced_table, referenced_column_names FROM duckdb_constraints() WHERE OURS")
# A unique index over an expression is given by its text; its columns are found by name in it.
INDEXES = _query("SELECT schema_name, table_name, expressions FROM duckdb_indexes() WHERE OURS AND is_unique AND NOT is_primary")

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_FAMILIES = {
    "VARCHAR": Family.TEXT, "BOOLEAN": Family.BOOLEAN, "DATE": Family.DATE, "JSON": Family.JSON, "UUID": Family.UUID,
    "BLOB": Family.BINARY, "TIMESTAMP WITH TIME ZONE": Family.MOMENT, "FLOAT": Family.NUMBER, "DOUBLE": Family.NUMBER,
    **dict.fromkeys(_WHOLE, Family.INTEGER), **dict.fromkeys(_TIMESTAMPS, Family.TIMESTAMP),
}


def read_schema(run: Run) -> Schema:
    """The schema, from the rows `run` gives for each query."""
    columns: dict[TableRef, list[Column]] = defaultdict(list)
    tables = {TableRef(schema, name): (kind, comment, generated_columns(sql)) for schema, name, kind, comment, sql in run(TABLES)}
    for schema, table, name, spelling, nullable, comment in run(COLUMNS):
        ref = TableRef(schema, table)
        if ref in tables:  # leaves out temporary tables
            columns[ref].append(Column(name, spelling, _family(spelling), nullable, name in tables[ref][2], comment=comment))
    constraints: dict[TableRef, list[Any]] = defaultdict(list)
    for schema, table, *constraint in run(CONSTRAINTS):
        constraints[TableRef(schema, table)].append(constraint)
    uniques: dict[TableRef, set[tuple[str, ...]]] = defaultdict(set)
    for schema, table, expressions in run(INDEXES):
        ref = TableRef(schema, table)
        uniques[ref].add(index_columns(expressions, [c.name for c in columns[ref]]))
    return Schema.of(_table(ref, tables[ref], columns[ref], constraints[ref], uniques[ref]) for ref in tables)


def _table(ref: TableRef, facts: tuple[str, str | None, frozenset[str]], columns: list[Column], constraints: list[Any],
           uniques: set[tuple[str, ...]]) -> Table:
    kind, comment, _ = facts
    of = {wanted: [c for c in constraints if c[0] == wanted] for wanted in ("PRIMARY KEY", "FOREIGN KEY", "UNIQUE", "CHECK")}
    return Table(
        ref, kind, tuple(columns),
        primary_key=next((tuple(c[2]) for c in of["PRIMARY KEY"]), ()),
        # A foreign key stays within its schema here, and its columns always have an index of their own.
        foreign_keys=tuple(sorted(ForeignKey(name, tuple(own), TableRef(ref.schema, there), tuple(referred))
                                  for _, name, own, _, there, referred in of["FOREIGN KEY"])),
        uniques=tuple(sorted({tuple(c[2]) for c in of["UNIQUE"]} | uniques - {()})),
        checks=tuple(sorted({c[3] for c in of["CHECK"]})), comment=comment)


def _family(spelling: str) -> Family:
    return Family.NUMBER if spelling.startswith("DECIMAL(") and spelling.endswith(")") else _FAMILIES.get(spelling, Family.OTHER)


def index_columns(expressions: str, names: Sequence[str]) -> tuple[str, ...]:
    """The columns in an index's expressions (``[x, lower("e mail")]``), in the table's order."""
    inside = {word for word, _, _ in _words(expressions)}
    return tuple(n for n in names if n in inside)


def generated_columns(sql: str) -> frozenset[str]:
    """The columns a CREATE TABLE as DuckDB prints it declares GENERATED ALWAYS: its catalog functions do not say."""
    found: set[str] = set()
    item: list[str] = []  # the words of one column: its name and what is not in quotes
    for word, in_quotes, depth in [*_words(sql), (",", False, 1)]:
        if depth != 1:
            continue
        if word == "," and not in_quotes:
            if any(item[i:i + 3] == ["GENERATED", "ALWAYS", "AS"] for i in range(1, len(item))):
                found.add(item[0])
            item = []
        elif not item or not in_quotes:
            item.append(word)
    return frozenset(found)


def _words(sql: str) -> Iterator[tuple[str, bool, int]]:
    """(word, whether it was in quotes, depth of parentheses) for names, keywords and commas; text is left out."""
    depth, position = 0, 0
    while position < len(sql):
        character = sql[position]
        if character in "'\"":
            end = position + 1
            while end < len(sql) and (sql[end] != character or sql[end:end + 2] == character * 2):
                end += 2 if sql[end] == character else 1
            if character == '"':
                yield sql[position + 1:end].replace('""', '"'), True, depth
            position = end + 1
        elif character.isalnum() or character == "_":
            end = position
            while end < len(sql) and (sql[end].isalnum() or sql[end] in "_$"):
                end += 1
            yield sql[position:end], False, depth
            position = end
        else:
            depth += (character == "(") - (character == ")")
            if character == ",":
                yield ",", False, depth
            position += 1
