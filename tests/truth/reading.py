"""Read whole warehouses as plain rows, on either engine, without the product."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, inspect, quoted_name, select, table, text
from sqlalchemy import column as sa_column
from sqlalchemy.engine import Connection

Rows = list[dict[str, Any]]
OURS = "governance"
_SYSTEM = {"information_schema", "pg_catalog", "pg_toast", "public", "main", "system", "temp"}


def plain(value: Any) -> Any:
    """A value as JSON can hold it, spelled the same whatever the driver makes of it."""
    if isinstance(value, datetime):
        return (value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z") if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def tables(connection: Connection) -> list[tuple[str, str, list[str]]]:
    """(schema, table, columns) of every table, ours included; partitions are read through their parent."""
    if connection.dialect.name == "duckdb":
        query = (
            "SELECT table_schema, table_name, list(column_name ORDER BY ordinal_position) FROM information_schema.columns "
            "JOIN information_schema.tables USING (table_catalog, table_schema, table_name) "
            "WHERE table_type = 'BASE TABLE' AND table_catalog = current_database() GROUP BY ALL ORDER BY ALL"
        )
        return [(s, t, list(c)) for s, t, c in connection.execute(text(query)) if s not in _SYSTEM or s == OURS]
    children = {
        (s, t)
        for s, t in connection.execute(
            text(
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relispartition"
            )
        )
    }
    found = []
    look = inspect(connection)
    for schema in look.get_schema_names():
        if schema in _SYSTEM:
            continue
        found += [
            (schema, name, [c["name"] for c in look.get_columns(name, schema)])
            for name in look.get_table_names(schema)
            if (schema, name) not in children
        ]
    return sorted(found)


def read(url: str) -> Iterator[tuple[str, Rows]]:
    """``schema.table`` and its rows, one table at a time."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "duckdb":
            connection.execute(text("SET TimeZone = 'UTC'"))
        for schema, name, columns in tables(connection):
            source = table(
                quoted_name(name, quote=True),
                *(sa_column(quoted_name(c, quote=True)) for c in columns),
                schema=quoted_name(schema, quote=True),
            )
            rows = connection.execute(select(source)).all()
            yield f"{schema}.{name}", [{c: plain(v) for c, v in zip(columns, row, strict=True)} for row in rows]
    engine.dispose()


def files(root: Path) -> dict[str, str]:
    """Relative path -> SHA-256 of every file."""
    return {
        p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(root.rglob("*")) if p.is_file()
    }


def snapshot(url: str, stores: Path, folder: Path) -> dict[str, int]:
    """Keep what stands now, to be compared with later; rows per table. Ours is not kept."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    with gzip.open(folder / "rows.jsonl.gz", "wt", encoding="utf-8", compresslevel=1) as sink:
        for name, rows in read(url):
            if not name.startswith(OURS + "."):
                counts[name] = len(rows)
                for row in rows:
                    sink.write(json.dumps([name, row], ensure_ascii=False) + "\n")
    (folder / "files.json").write_text(json.dumps({"counts": counts, "files": files(stores)}), encoding="utf-8")
    return counts


def kept(folder: Path) -> tuple[dict[str, Rows], dict[str, str]]:
    """The rows and files of a snapshot."""
    known = json.loads((folder / "files.json").read_text(encoding="utf-8"))
    rows: dict[str, Rows] = {name: [] for name in known["counts"]}
    with gzip.open(folder / "rows.jsonl.gz", "rt", encoding="utf-8") as source:
        for line in source:
            name, row = json.loads(line)
            rows[name].append(row)
    return rows, known["files"]
