"""`governance catalog export`: what is known of each column, in the formats of other tools."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import make_url

from governance.cli.discover import entry_of
from governance.domain.errors import GovernanceError
from governance.installation import Installation, installed
from governance.ledger.proposals import ProposalRecord
from governance.tagging.tagged import tagged
from governance.tagging.to_dbt import dbt
from governance.tagging.to_fides import fides
from governance.tagging.to_openlineage import Place, openlineage


@click.command("export")
@click.option("--format", "form", type=click.Choice(["csv", "fides", "dbt", "openlineage"]), default="csv", show_default=True,
              help="fides: fideslang datasets; dbt: sources with a meta per column; openlineage: datasets with tags and columnLineage.")
@click.option("--out", "path", type=click.Path(path_type=Path, dir_okay=False), help="A file; default: standard output.")
def catalog_export(form: str, path: Path | None) -> None:
    """What is known of each personal column, for other tools: kinds, purposes, decisions, confidence. No value of a row.

    A person's decision counts most, then the declared policy, then what discovery proposes. Equal catalogs give equal bytes.
    """
    with installed() as installation:
        records = installation.ledger.proposals()
        text = _csv(records) if form == "csv" else _formatted(installation, records, form)
    if path is None:
        click.echo(text, nl=False)
        return
    from governance.report.write import put

    if not path.absolute().parent.is_dir():
        raise GovernanceError("there is no such folder", where=path.parent, fix="make it, or name another file with --out")
    click.echo(f"written to {put(path, text)}", err=True)


def _csv(records: Sequence[ProposalRecord]) -> str:
    names = ["table", "column", "category", "also", "role", "confidence", "explanation", "decision"]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    for r in records:
        entry: dict[str, Any] = entry_of(r.proposal)
        writer.writerow({**entry, "also": " ".join(entry["also"]), "decision": str(r.decision)})
    return out.getvalue()


def _formatted(installation: Installation, records: Sequence[ProposalRecord], form: str) -> str:
    tags = tagged(installation.policy.policy, records)
    match form:
        case "fides":
            return fides(tags)
        case "dbt":
            return dbt(tags)
    return openlineage(tags, place_of(installation.settings.warehouse_url))


def place_of(url: str) -> Place:
    """The warehouse in OpenLineage's names: host and port, never an account or a password."""
    parts = make_url(url)
    if parts.get_backend_name() == "postgresql":
        return Place(f"postgres://{parts.host or 'localhost'}:{parts.port or 5432}", parts.database or "")
    return Place("duckdb", Path(parts.database or "").stem)
