"""What PostgreSQL says about its tables: nine queries over pg_catalog, however many tables there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import TextClause, text

from governance.domain.names import TableRef
from governance.domain.schema import Column, Family, ForeignKey, Hazard, HazardKind, OnDelete, Schema, Table

Run = Callable[[TextClause], Sequence[Any]]

_KINDS = {"r": "table", "f": "table", "p": "partitioned", "v": "view", "m": "materialized view"}
_ON_DELETE = {"a": OnDelete.REFUSE, "r": OnDelete.REFUSE, "c": OnDelete.CASCADE, "n": OnDelete.SET_NULL,
              "d": OnDelete.SET_DEFAULT}
_COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "every statement"}
_FAMILIES = {
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "citext", "char"), Family.TEXT),
    **dict.fromkeys(("int2", "int4", "int8", "oid"), Family.INTEGER),
    **dict.fromkeys(("numeric", "float4", "float8"), Family.NUMBER),
    "bool": Family.BOOLEAN, "date": Family.DATE, "timestamp": Family.TIMESTAMP, "timestamptz": Family.MOMENT,
    "json": Family.JSON, "jsonb": Family.JSON, "uuid": Family.UUID, "bytea": Family.BINARY,
}

# Ours: outside the system's schemas and the control schema, not a partition, not temporary.
_OURS = """
    r.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT r.relispartition AND r.relpersistence <> 't'
    AND s.nspname NOT IN ('information_schema', 'governance') AND s.nspname !~ '^pg_'
"""
_TABLES = "(pg_catalog.pg_class r JOIN pg_catalog.pg_namespace s ON s.oid = r.relnamespace)"


def _query(sql: str) -> TextClause:
    """`sql` with TABLES for all relations and their schemas, and OURS for the condition that they are of interest."""
    return text(sql.replace("TABLES", _TABLES).replace("OURS", _OURS))


TABLES = _query("""
    SELECT r.oid, s.nspname, r.relname, r.relkind::text, r.relrowsecurity, pg_catalog.obj_description(r.oid, 'pg_class')
    FROM TABLES WHERE OURS""")

# A domain counts as the type under it; a domain that is not null makes its columns so.
COLUMNS = _query("""
    WITH RECURSIVE domain AS (
        SELECT t.oid, t.typbasetype AS base, t.typtypmod AS modifier, t.typnotnull AS required
        FROM pg_catalog.pg_type t WHERE t.typtype = 'd'
        UNION ALL
        SELECT d.oid, t.typbasetype, CASE WHEN d.modifier <> -1 THEN d.modifier ELSE t.typtypmod END, d.required OR t.typnotnull
        FROM domain d JOIN pg_catalog.pg_type t ON t.oid = d.base WHERE t.typtype = 'd'
    ), resolved AS (
        SELECT d.oid, d.base, d.modifier, d.required
        FROM domain d JOIN pg_catalog.pg_type t ON t.oid = d.base WHERE t.typtype <> 'd'
    )
    SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
           b.typname, a.attnotnull OR coalesce(d.required, false),
           a.attidentity = 'a' OR a.attgenerated <> '',
           CASE WHEN b.typname IN ('varchar', 'bpchar') AND coalesce(d.modifier, a.atttypmod) > 4
                THEN coalesce(d.modifier, a.atttypmod) - 4 END,
           pg_catalog.col_description(a.attrelid, a.attnum), a.attnum
    FROM TABLES JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN resolved d ON d.oid = a.atttypid
    JOIN pg_catalog.pg_type b ON b.oid = coalesce(d.base, a.atttypid)
    WHERE OURS ORDER BY a.attrelid, a.attnum""")

# Checks of domains bind the columns that use them, with VALUE standing for the column.
CONSTRAINTS = _query("""
    SELECT c.conrelid, c.contype::text, c.conname, c.conkey::int[], c.confrelid, c.confkey::int[], c.confdeltype::text,
           CASE WHEN c.contype IN ('c', 'x') THEN pg_catalog.pg_get_constraintdef(c.oid) END
    FROM TABLES JOIN pg_catalog.pg_constraint c ON c.conrelid = r.oid
    WHERE c.contype IN ('p', 'u', 'f', 'c', 'x') AND c.conparentid = 0 AND OURS
    UNION ALL
    SELECT a.attrelid, 'c', c.conname, NULL, 0, NULL, ' ', pg_catalog.pg_get_constraintdef(c.oid)
    FROM TABLES JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_constraint c ON c.contypid = a.atttypid AND c.contype = 'c' WHERE OURS""")

# Key columns only; for an index over expressions the columns it depends on. One over a part of the rows, or of a kind that answers other
# questions than which rows have a value, finds no row for us.
INDEXES = _query("""
    SELECT i.indrelid, i.indisunique AND NOT i.indisprimary, (i.indkey::int[])[0:i.indnkeyatts - 1],
           i.indpred IS NOT NULL OR (SELECT m.amname FROM pg_catalog.pg_class x JOIN pg_catalog.pg_am m ON m.oid = x.relam
                                     WHERE x.oid = i.indexrelid) NOT IN ('btree', 'hash'),
           (SELECT array_agg(DISTINCT d.refobjsubid ORDER BY d.refobjsubid) FROM pg_catalog.pg_depend d
            WHERE i.indexprs IS NOT NULL AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
              AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0)
    FROM TABLES JOIN pg_catalog.pg_index i ON i.indrelid = r.oid WHERE i.indisvalid AND i.indislive AND OURS""")

# What acts on a partition acts on its table: it is told with the partition's name before its own.
TRIGGERS = _query("""
    SELECT r.oid, CASE WHEN o.oid <> r.oid THEN o.relname || '.' ELSE '' END || t.tgname,
           pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled = 'D'
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class o ON o.oid = t.tgrelid
    JOIN TABLES ON r.oid = coalesce(pg_catalog.pg_partition_root(o.oid), o.oid)
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND OURS""")

RULES = _query("""
    SELECT r.oid, CASE WHEN o.oid <> r.oid THEN o.relname || '.' ELSE '' END || w.rulename, pg_catalog.pg_get_ruledef(w.oid)
    FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class o ON o.oid = w.ev_class
    JOIN TABLES ON r.oid = coalesce(pg_catalog.pg_partition_root(o.oid), o.oid)
    WHERE w.rulename <> '_RETURN' AND OURS""")

POLICIES = _query("""
    SELECT p.polrelid, p.polname, p.polcmd::text, p.polpermissive
    FROM TABLES JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid WHERE r.relrowsecurity AND OURS""")

# Through views too: a materialized view over a view over the table keeps a copy all the same.
COPIES = _query("""
    WITH RECURSIVE reads AS (
        SELECT DISTINCT w.ev_class AS reader, d.refobjid AS source
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid AND w.ev_class <> d.refobjid
             AND w.rulename = '_RETURN'
        WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
    ), reaches AS (
        SELECT reader, source FROM reads
        UNION
        SELECT o.reader, i.source FROM reaches o JOIN reads i ON i.reader = o.source
    )
    SELECT DISTINCT r.oid, n.nspname, m.relname
    FROM reaches h JOIN TABLES ON r.oid = coalesce(pg_catalog.pg_partition_root(h.source), h.source)
    JOIN pg_catalog.pg_class m ON m.oid = h.reader AND m.relkind = 'm'
    JOIN pg_catalog.pg_namespace n ON n.oid = m.relnamespace WHERE OURS""")

# A publication names its tables; a logical slot decodes every table of the database.
REPLICATION = _query("""
    SELECT DISTINCT r.oid, p.pubname, 'is published'
    FROM pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace m ON m.nspname = p.schemaname
    JOIN pg_catalog.pg_class o ON o.relnamespace = m.oid AND o.relname = p.tablename
    JOIN TABLES ON r.oid = coalesce(pg_catalog.pg_partition_root(o.oid), o.oid) WHERE OURS
    UNION ALL
    SELECT r.oid, l.slot_name, 'is read by a logical replication slot (' || l.plugin || ')'
    FROM TABLES CROSS JOIN pg_catalog.pg_replication_slots l
    WHERE l.slot_type = 'logical' AND NOT l.temporary AND l.database = current_database() AND r.relkind IN ('r', 'p') AND OURS""")


def read_schema(run: Run) -> Schema:
    """The schema, from the rows `run` gives for each query. All queries must see one snapshot."""
    tables = run(TABLES)
    refs = {oid: TableRef(schema, name) for oid, schema, name, *_ in tables}
    numbered, columns = _columns(run(COLUMNS))
    indexes = _grouped(run(INDEXES))
    constraints = _grouped(run(CONSTRAINTS))
    hazards = _hazards(run, {oid: row_security for oid, _, _, _, row_security, _ in tables})
    found = []
    for oid, _, _, kind, _, comment in tables:
        names = numbered[oid]
        leading = [_names(names, key) for _, key, partial, depends in indexes[oid] if not partial and not depends]
        own = constraints[oid]
        found.append(Table(
            refs[oid], _KINDS[kind], tuple(columns[oid]),
            primary_key=next((_names(names, key) for type_, _, key, *_ in own if type_ == "p"), ()),
            foreign_keys=tuple(sorted(
                ForeignKey(name, _names(names, key), refs[other], _names(numbered[other], there), _ON_DELETE[deletion],
                           any(set(index[:len(key)]) == set(_names(names, key)) for index in leading))
                for type_, name, key, other, there, deletion, _ in own if type_ == "f" and other in refs)),
            uniques=_uniques(names, indexes[oid]),
            checks=tuple(sorted({definition for type_, *_, definition in own if type_ in "cx"})),
            hazards=tuple(sorted(hazards[oid])), comment=comment, indexes=tuple(sorted(set(leading)))))
    return Schema.of(found)


def _columns(rows: Sequence[Any]) -> tuple[dict[int, dict[int, str]], dict[int, list[Column]]]:
    numbered: dict[int, dict[int, str]] = defaultdict(dict)
    columns: dict[int, list[Column]] = defaultdict(list)
    for oid, name, spelling, base, required, generated, length, comment, number in rows:
        numbered[oid][number] = name
        columns[oid].append(Column(name, spelling, _FAMILIES.get(base, Family.OTHER), not required, generated, length, comment))
    return numbered, columns


def _uniques(names: dict[int, str], indexes: Iterable[Sequence[Any]]) -> tuple[tuple[str, ...], ...]:
    """Unique constraints and indexes, those over expressions by the columns they read. Partial ones can refuse a value too."""
    found = set()
    for unique, key, _, depends in indexes:
        if unique:
            found.add(_names(names, depends or key))
    return tuple(sorted(found - {()}))


def _hazards(run: Run, row_security: dict[int, bool]) -> dict[int, list[Hazard]]:
    found: dict[int, list[Hazard]] = defaultdict(list)
    for oid, name, definition, disabled in run(TRIGGERS):
        found[oid].append(Hazard(HazardKind.TRIGGER, name, f"{definition} (disabled)" if disabled else definition))
    for oid, name, definition in run(RULES):
        found[oid].append(Hazard(HazardKind.RULE, name, definition))
    for oid, name, command, permissive in run(POLICIES):
        what = "shows" if permissive else "narrows"
        found[oid].append(Hazard(HazardKind.ROW_SECURITY, name, f"{what} rows for {_COMMANDS[command]}"))
    for oid, enabled in row_security.items():
        if enabled and not any(h.kind is HazardKind.ROW_SECURITY for h in found[oid]):
            found[oid].append(Hazard(HazardKind.ROW_SECURITY, "no policy", "hides every row from everybody but the owner"))
    for oid, schema, name in run(COPIES):
        found[oid].append(Hazard(HazardKind.MATERIALIZED_VIEW, str(TableRef(schema, name)), "holds a copy until it is refreshed"))
    for oid, name, detail in run(REPLICATION):
        found[oid].append(Hazard(HazardKind.REPLICATION, name, detail))
    return found


def _names(names: dict[int, str], numbers: Sequence[int] | None) -> tuple[str, ...]:
    return tuple(names[n] for n in numbers or ())


def _grouped(rows: Sequence[Any]) -> dict[int, list[Sequence[Any]]]:
    """Rows without their first field, by that field."""
    found: dict[int, list[Sequence[Any]]] = defaultdict(list)
    for oid, *rest in rows:
        found[oid].append(rest)
    return found
