"""`governance init`: propose a policy folder from a database nobody prepared."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from governance.cli.discover import mode, recognizer_folder
from governance.cli.show import as_json, document, progress, table
from governance.settings import need
from governance.warehouse.connect import connect


@click.command("init")
@click.option("--warehouse", "url", help="The database; default: GOVERNANCE_WAREHOUSE_URL, which keeps a password out of sight.")
@click.option("--out", "folder", type=click.Path(path_type=Path), required=True, help="A new or empty folder for the policy.")
@click.option("--schema", "schemas", multiple=True, help="Only this schema of the database; may be repeated.")
@click.option("--name", default="Our company", show_default=True, help="The company's name.")
@click.option("--as", "user", help="Your user id, the first owner; default: the user of this shell.")
@click.option("--recognizers", "recognizers", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="The company's own recognizers, taken over into the new folder; default: those of GOVERNANCE_POLICY_DIR.")
@mode
@as_json
def init(url: str | None, folder: Path, schemas: tuple[str, ...], name: str, user: str | None, recognizers: Path | None, mode: str,
         as_json: bool) -> None:
    """Propose a policy folder from a live database.

    Only reads: an account with SELECT and nothing else is enough, and no ledger is needed. Everything proposed is in observe
    and unjudged until people decide. Nothing is overwritten.
    """
    from governance.discovery import load, look_at
    from governance.discovery.looks import told as looks_told
    from governance.proposing.folder import Company, refuse_full, write
    from governance.proposing.propose import propose, readable

    refuse_full(folder)
    chosen = url or need(os.environ, "GOVERNANCE_WAREHOUSE_URL", "duckdb:////srv/warehouse.duckdb or postgresql+psycopg://...")
    own = recognizers or recognizer_folder()
    custom = load(own) if own else ()
    warehouse = connect(chosen, read_only=True)
    try:
        schema = warehouse.schema()
        with stages() as show:
            tables, unread = readable(warehouse, schema, schemas)
            found = look_at(warehouse, tables=[t.ref for t in tables], custom=custom, mode=mode,
                            on_progress=lambda ref, done, of: show("looking for personal data", done, of))
            proposed = propose(warehouse, _only(schema, schemas), list(found.proposals), unread, on_stage=show)
    finally:
        warehouse.close()
    today = datetime.now(UTC).date()
    taken = {f"recognizers/{path.name}": path.read_text(encoding="utf-8-sig") for path in (own.glob("*.y*ml") if own else ())}
    loaded = write(proposed, Company(name, user or getpass.getuser(), today), folder, taken)
    told = summary(proposed)
    for sentence in looks_told([t.look for t in found.tables]):
        click.echo(sentence, err=True)
    if as_json:
        document({"folder": str(folder), "policy": loaded.digest, **told})
        return
    _print(told, folder)


def _only(schema: Any, schemas: tuple[str, ...]) -> Any:
    from governance.domain.schema import Schema

    return Schema(tuple(t for t in schema.tables if not schemas or t.ref.schema in schemas))


@contextmanager
def stages() -> Iterator[Any]:
    """A progress bar on standard error, one line for each stage."""
    with progress() as bar:
        known: dict[str, Any] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in known:
                known[what] = bar.add_task(what, total=of, visible=sys.stderr.isatty())
            bar.update(known[what], completed=done)

        yield show


def summary(proposed: Any) -> dict[str, Any]:
    """What was found, in figures and names of tables; no value of a row."""
    reached = {ref: ways[0] for ref, ways in proposed.paths.items() if ways}
    return {
        "tables": sum(t.kind != "view" for t in proposed.schema.tables), "columns": proposed.columns,
        "personal": proposed.found, "unjudged": proposed.columns,
        "subject_kinds": [{"kind": k.key, "table": str(k.table), "key": k.column, "rows": k.rows,
                           "resolve_by": [list(f) for f in k.resolve_by]} for k in proposed.kinds],
        "references": {"declared": sum(r.declared for r in proposed.references),
                       "found": [{"table": str(r.table), "columns": list(r.columns), "refers_to": str(r.parent),
                                  "referred": list(r.referred), "compared": r.compared, "found": r.found}
                                 for r in proposed.references if not r.declared]},
        "personal_tables": [{"table": str(ref), "columns": len(found),
                             "subject": reached[ref].kind if ref in reached else None,
                             "joins": len(reached[ref].through) if ref in reached else None}
                            for ref, found in proposed.personal.items()],
        "without_path": [str(ref) for ref in proposed.pathless],
        "unread": [{"table": str(ref), "why": why} for ref, why in proposed.unread.items()],
    }


def _print(told: dict[str, Any], folder: Path) -> None:
    table("subject kinds proposed", ("kind", "table", "rows", "known by"),
          [(k["kind"], k["table"], k["rows"], " or ".join(" and ".join(f) for f in k["resolve_by"]))
           for k in told["subject_kinds"]])
    table("tables with personal data", ("table", "columns", "leads to"),
          [(t["table"], t["columns"], _leads_to(t["subject"], t["joins"])) for t in told["personal_tables"]])
    for one in told["unread"]:
        click.echo(f"not looked at: {one['table']}: {one['why']}")
    found = told["references"]
    click.echo(f"{told['tables']:,} tables with {told['columns']:,} columns; {told['personal']:,} found personal, all of them unjudged "
               f"until a person decides; references: {found['declared']:,} declared, {len(found['found']):,} found by their values\n"
               f"written to {folder}; nothing is enforced\n"
               f"next: export GOVERNANCE_POLICY_DIR={folder}; governance policy check")


def _leads_to(subject: str | None, joins: int | None) -> str:
    if subject is None:
        return "nobody: declare a path"
    return f"{subject} over {joins} join{'s' if joins != 1 else ''}" if joins else subject
