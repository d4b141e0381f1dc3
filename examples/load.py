"""Write generated tables into an engine: Arrow for DuckDB, COPY for PostgreSQL. Schemas are made anew every time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from examples.spec import TableSpec, tables_of

Progress = Callable[[str], None]
TYPES = {
    "duckdb": {
        "int": "BIGINT",
        "text": "VARCHAR",
        "num": "DECIMAL(12,2)",
        "date": "DATE",
        "ts": "TIMESTAMP",
        "tstz": "TIMESTAMPTZ",
        "json": "JSON",
        "float": "DOUBLE",
        "bool": "BOOLEAN",
    },
    "postgresql": {
        "int": "bigint",
        "text": "text",
        "num": "numeric(12,2)",
        "date": "date",
        "ts": "timestamp",
        "tstz": "timestamptz",
        "json": "jsonb",
        "float": "double precision",
        "bool": "boolean",
    },
}
ARROW = {
    "int": pa.int64(),
    "text": pa.string(),
    "num": pa.decimal128(12, 2),
    "date": pa.date32(),
    "ts": pa.timestamp("us"),
    "tstz": pa.timestamp("us", tz="UTC"),
    "json": pa.string(),
    "float": pa.float64(),
    "bool": pa.bool_(),
}


# Roles belong to the whole server, and another load may be making it right now.
_ANALYST = "DO $$ BEGIN CREATE ROLE analyst; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"


def engine_of(url: str) -> str:
    """``duckdb`` or ``postgresql``; ValueError for any other URL."""
    name = url.split(":", 1)[0].split("+", 1)[0]
    if name not in TYPES:
        raise ValueError(f"--warehouse takes duckdb:///path or postgresql+psycopg://..., got a URL that begins with {name!r}")
    return name


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def full(spec: TableSpec) -> str:
    return f"{quoted(spec.schema)}.{quoted(spec.table)}"


def ddl(spec: TableSpec, engine: str) -> str:
    """CREATE TABLE with primary and, on DuckDB, foreign keys (PostgreSQL gets them after the rows, with their indexes)."""
    parts = [
        f"{quoted(name)} {TYPES[engine][kind.rstrip('!')]}{' NOT NULL' if kind.endswith('!') else ''}"
        for name, kind in spec.columns.items()
    ]
    if spec.key:
        parts.append(f"PRIMARY KEY ({', '.join(map(quoted, spec.key))})")
    if engine == "duckdb":
        parts += [f"FOREIGN KEY ({quoted(r.column)}) REFERENCES {_named(r.table)} ({quoted(r.to)})" for r in spec.references]
    tail = f" PARTITION BY RANGE ({quoted(spec.partition_by)})" if spec.partition_by else ""
    return f"CREATE TABLE {full(spec)} ({', '.join(parts)}){tail}"


def _named(name: str) -> str:
    schema, table = name.split(".", 1)
    return f"{quoted(schema)}.{quoted(table)}"


def load(url: str, tables: Mapping[str, pa.Table], progress: Progress) -> dict[str, int]:
    """Create every table of the engine and fill it; rows per table."""
    engine = engine_of(url)
    return (_load_duckdb if engine == "duckdb" else _load_postgres)(url, tables, progress)


def _load_duckdb(url: str, tables: Mapping[str, pa.Table], progress: Progress) -> dict[str, int]:
    import duckdb

    path = Path(url.removeprefix("duckdb:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    Path(f"{path}.wal").unlink(missing_ok=True)
    counts = {}
    connection = duckdb.connect(str(path), config={"threads": 2})
    try:
        connection.execute("SET preserve_insertion_order = true")
        for schema in sorted({t.schema for t in tables_of("duckdb")}):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        for spec in tables_of("duckdb"):
            rows = tables[spec.name]
            connection.execute(ddl(spec, "duckdb"))
            connection.register("incoming", rows)
            names = ", ".join(map(quoted, spec.columns))
            connection.execute(f"INSERT INTO {full(spec)} ({names}) SELECT {names} FROM incoming")  # noqa: S608 - names of our own spec
            connection.unregister("incoming")
            counts[spec.name] = rows.num_rows
            progress(f"{spec.name}: {rows.num_rows:,} rows")
        connection.execute("CHECKPOINT")
    finally:
        connection.close()
    return counts


def _load_postgres(url: str, tables: Mapping[str, pa.Table], progress: Progress) -> dict[str, int]:
    import psycopg

    counts = {}
    specs = tables_of("postgresql")
    with psycopg.connect(re.sub(r"^postgresql\+\w+", "postgresql", url)) as connection, connection.cursor() as cursor:
        cursor.execute(_ANALYST.encode())
        for schema in sorted({t.schema for t in specs}):
            cursor.execute(f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE".encode())
            cursor.execute(f"CREATE SCHEMA {quoted(schema)}".encode())
        for spec in specs:
            rows = tables[spec.name]
            cursor.execute(ddl(spec, "postgresql").encode())
            if spec.partition_by:
                _partitions(cursor, spec)
            names = ", ".join(map(quoted, spec.columns))
            with cursor.copy(f"COPY {full(spec)} ({names}) FROM STDIN (FORMAT csv)".encode()) as copy:
                for batch in rows.to_batches(max_chunksize=50_000):
                    sink = pa.BufferOutputStream()
                    pacsv.write_csv(
                        pa.Table.from_batches([batch]), sink, pacsv.WriteOptions(include_header=False, quoting_style="needed")
                    )
                    copy.write(sink.getvalue().to_pybytes())
            counts[spec.name] = rows.num_rows
            progress(f"{spec.name}: {rows.num_rows:,} rows")
        for spec in specs:
            for ref in spec.references:
                cursor.execute(f"CREATE INDEX ON {full(spec)} ({quoted(ref.column)})".encode())
                action = f" ON DELETE {ref.on_delete}" if ref.on_delete else ""
                cursor.execute(
                    (
                        f"ALTER TABLE {full(spec)} ADD FOREIGN KEY ({quoted(ref.column)}) "
                        f"REFERENCES {_named(ref.table)} ({quoted(ref.to)}){action}"
                    ).encode()
                )
        for statement in EXTRAS:
            cursor.execute(statement.encode())
        connection.commit()
        connection.autocommit = True
        cursor.execute(b"ANALYZE")
    return counts


def _partitions(cursor, spec: TableSpec) -> None:  # type: ignore[no-untyped-def]
    """One partition a year, named as database people name them."""
    for year in range(2019, 2028):
        cursor.execute(
            (
                f"CREATE TABLE {_named(f'{spec.name}_{year}')} PARTITION OF {full(spec)} "
                f"FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
            ).encode()
        )


# Things that act behind a disposal's back, as real databases have them.
EXTRAS = (
    "CREATE SEQUENCE audit.customer_changes_id START 1000000000",
    "ALTER TABLE audit.customer_changes ALTER change_id SET DEFAULT nextval('audit.customer_changes_id')",
    """CREATE FUNCTION audit.keep_old_customer() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         INSERT INTO audit.customer_changes (customer_id, operation, full_name, email, phone, changed_at)
         VALUES (OLD.customer_id, TG_OP, OLD.full_name, OLD.email, OLD.phone, now() AT TIME ZONE 'UTC');
         RETURN NULL;
       END $$""",
    """CREATE TRIGGER customers_keep_old AFTER UPDATE OR DELETE ON crm.customers
       FOR EACH ROW EXECUTE FUNCTION audit.keep_old_customer()""",
    "ALTER TABLE finance.risk_scores ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY high_scores_only ON finance.risk_scores USING (score >= 50)",
)
