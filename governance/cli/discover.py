"""`governance discover`: what is personal in a warehouse, and how closely it was looked at."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import click

from governance import jobs
from governance.cli.show import as_json, document, progress, table
from governance.domain.errors import GovernanceError
from governance.domain.findings import Finding
from governance.domain.names import TableRef
from governance.domain.proposal import Proposal
from governance.installation import installed
from governance.settings import Settings, need
from governance.warehouse.connect import connect

CONTEXT = jobs.RunContext(task_id="shell")
mode = click.option("--mode", type=click.Choice(["quick", "full"]), default="full", show_default=True,
                    help="full looks at every value; quick at a bounded part of the rows, and says what it may have missed.")


@click.command("discover")
@click.option("--table", "names", multiple=True, help="Only this table (schema.table); may be repeated.")
@mode
@click.option("--all", "everything", is_flag=True, help="Look again at tables that did not change since the last full look, too.")
@click.option("--keep/--no-keep", default=None, help="Keep proposals in the ledger; default: when GOVERNANCE_LEDGER_URL is set.")
@as_json
@click.pass_context
def discover(ctx: click.Context, names: tuple[str, ...], mode: str, everything: bool, keep: bool | None, as_json: bool) -> None:
    """Find personal data in a warehouse. Needs no policy folder, and reads from an account that can create nothing.

    The company's own recognizers are those of `recognizers` in GOVERNANCE_POLICY_DIR. Standard error says how closely it looked. With a
    ledger, a full run looks only at tables that changed.

    Exit 0 whatever it finds; 3 only for drift: a column that appeared, vanished or changed type since the last run.
    """
    from governance.discover_jobs import drifted, whole_run

    keeps = keep if keep is not None else bool(os.environ.get("GOVERNANCE_LEDGER_URL")) and not names
    try:
        wanted = [TableRef.parse(name) for name in names] or None
    except ValueError as error:
        raise GovernanceError(str(error), where="--table", fix="write schema.table") from None
    if not keeps:
        _print(*_only_look(wanted, mode), as_json)
        return
    with progress() as bar, installed(Settings.from_env()) as installation:
        task = bar.add_task("scanning", total=None, visible=sys.stderr.isatty())
        done = whole_run(installation, CONTEXT, mode, everything, wanted, lambda _, n, of: bar.update(task, completed=n, total=of))
    _print(done.proposals, done.looks_in_words, as_json)
    for finding in done.findings if not as_json else ():
        kind = "drift" if finding in drifted(done.findings) else "contradiction"
        click.echo(f"{kind}: {place_words(finding)}{finding.message}", err=True)
    ctx.exit(3 if drifted(done.findings) else 0)


def recognizer_folder() -> Path | None:
    """The company's own recognizers, where the environment names a policy folder; the folder need not be there."""
    folder = os.environ.get("GOVERNANCE_POLICY_DIR")
    return Path(folder) / "recognizers" if folder else None


def _only_look(wanted: Collection[TableRef] | None, mode: str) -> tuple[Sequence[Proposal], Sequence[str]]:
    """Without a ledger: nothing is remembered, so everything is looked at."""
    from governance.discovery import load, look_at
    from governance.discovery.looks import told

    url = need(os.environ, "GOVERNANCE_WAREHOUSE_URL", "duckdb:////srv/warehouse.duckdb or postgresql+psycopg://...")
    own = recognizer_folder()
    custom = load(own) if own else ()
    warehouse = connect(url, read_only=True)
    try:
        with progress() as bar:
            task = bar.add_task("scanning", total=None, visible=sys.stderr.isatty())
            found = look_at(warehouse, tables=wanted, custom=custom, mode=mode,
                            on_progress=lambda _, n, of: bar.update(task, completed=n, total=of))
    finally:
        warehouse.close()
    return found.proposals, told([t.look for t in found.tables])


def _print(found: Sequence[Proposal], looks: Sequence[str], as_json: bool) -> None:
    if as_json:
        document([entry_of(p) for p in found])
    else:
        table("personal columns", ("table", "column", "category", "also", "role", "confidence"),
              [(str(p.column.table), p.column.name, p.category, ", ".join(p.also), str(p.role), f"{p.confidence:.2f}")
               for p in found])
    for sentence in looks:
        click.echo(sentence, err=True)


def place_words(finding: Finding) -> str:
    """``schema.table.column: `` before what a finding says, nothing for one about the whole."""
    return f"{finding.table}{'.' + finding.column if finding.column else ''}: " if finding.table else ""


def entry_of(proposal: Proposal) -> dict[str, Any]:
    """One column as `--json` gives it to programs; the keys are a contract."""
    return {"table": str(proposal.column.table), "column": proposal.column.name, "category": proposal.category,
            "also": list(proposal.also), "role": str(proposal.role), "confidence": round(proposal.confidence, 4),
            "explanation": proposal.explanation}
