"""`governance plan erasure --dry-run`: what an erasure would reach, from an account that can create nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from governance.cli.plans import plan, print_plan
from governance.cli.requests import read_pairs
from governance.cli.show import as_json, document, table
from governance.disposal.resolve import BY_VALUE
from governance.domain.findings import Status
from governance.settings import clock, need
from governance.warehouse.connect import connect


@plan.command("erasure")
@click.option("--dry-run", is_flag=True, help="Must be said: an erasure is carried out from a request only.")
@click.option("--subject-kind", "kinds", multiple=True, required=True, help="Who they are to us; may be repeated.")
@as_json
def plan_erasure(dry_run: bool, kinds: tuple[str, ...], as_json: bool) -> None:
    """Count what an erasure would reach. Reads ``form=value`` lines from standard input; keeps and changes nothing.

    Needs the warehouse and the policy folder, no ledger and no keys, and an account with SELECT only. Datasets in observe are
    judged as if they were enforced.
    """
    from governance.disposal.dry_run import dry_run as rehearse
    from governance.policy.check import load_checked

    if not dry_run:
        raise click.UsageError("add --dry-run, or open a request: governance request open --subject-kind " + kinds[0])
    url = need(os.environ, "GOVERNANCE_WAREHOUSE_URL", "duckdb:////srv/warehouse.duckdb or postgresql+psycopg://...")
    loaded = load_checked(Path(need(os.environ, "GOVERNANCE_POLICY_DIR", "the folder with the declared policy")))
    given = read_pairs((*BY_VALUE, "name"), "identifiers")
    warehouse = connect(url, read_only=True)
    try:
        found = rehearse(warehouse, loaded, clock(os.environ) or datetime.now(UTC), kinds, given)
    finally:
        warehouse.close()
    if as_json:
        document({"plan": found.plan, "digest": found.plan.digest, "rows": found.plan.rows, "subjects": found.subjects,
                  "candidates": found.candidates, "look": found.look})
        return
    _print(found)


def _print(found: Any) -> None:
    print_plan(found.plan)
    for title, status in (("identifiers that no path leads to", Status.VIOLATION), ("look at these before you enforce", Status.GAP)):
        look = [f for f in found.look if f.status is status]
        if look:
            table(title, ("table", "column", "what"), [(f.table, f.column, f.message) for f in look])
    keys = f"{found.subjects:,} subject key{'s' if found.subjects != 1 else ''}"
    shared = f"; {found.candidates:,} more share an identifier and are left alone" if found.candidates else ""
    click.echo(f"dry run: {found.plan.rows:,} rows of {keys} would change{shared}; nothing was changed or kept")
