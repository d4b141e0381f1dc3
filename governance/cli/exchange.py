"""`governance catalog export|import`: what is known of each column in the formats of other tools, and what those say of it."""

from __future__ import annotations

import csv
import getpass
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import make_url

from governance.cli.discover import entry_of, place_words
from governance.cli.show import as_json, document
from governance.discover_jobs import declared_policy, disagreeing_tags
from governance.domain.counts import counted
from governance.domain.errors import GovernanceError
from governance.installation import Installation, installed
from governance.ledger.proposals import ProposalRecord
from governance.ledger.tags import TagRecord
from governance.policy.mistakes import PolicyMistakes
from governance.policy.read import read_document
from governance.tagging.annotations import Annotations
from governance.tagging.from_dbt import read_dbt
from governance.tagging.from_fides import read_fides
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


# ---- import --------------------------------------------------------------------------------------------------------

@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--format", "form", type=click.Choice(["fides", "dbt"]), required=True,
              help="fides: a fideslang document; dbt: a property file with sources, models, seeds or snapshots.")
@click.option("--schema", help="The schema of the warehouse, where the file does not say it: dbt models, fideslang datasets.")
@click.option("--as", "user", help="Your user id; default: the user of this shell.")
@as_json
def catalog_import(path: Path, form: str, schema: str | None, user: str | None, as_json: bool) -> None:
    """Take over what a file of another tool says of columns, as declared tags.

    Tags stand beside decisions and never in their place. Importing a file of the same name again replaces what it said before. Where it
    disagrees with discovery, with a person or with the policy, that is said here and in every report until it is settled.
    """
    with installed() as installation:
        said = _read(installation, path, form, schema)
        if said.mistakes or said.joined.mistakes:
            raise PolicyMistakes([*said.joined.mistakes, *said.mistakes], where=path)
        origin = f"{form}:{path.name}"
        annotations = sorted(said.found.values())
        installation.ledger.save_tags(
            origin, [TagRecord(origin, a.column, a.categories, a.purposes) for a in annotations], user or getpass.getuser())
        policy, _ = declared_policy(installation)
        findings = [f for f in disagreeing_tags(installation, policy) if f.message.startswith(f"{origin} says ")]
    if as_json:
        document({"origin": origin, "columns": len(annotations), "passed_over": said.passed_over, "findings": findings})
        return
    for mistake in said.passed_over:
        click.echo(f"passed over: {mistake}")
    for finding in findings:
        click.echo(f"{place_words(finding)}{finding.message}\n    fix: {finding.remedy}")
    click.echo(f"{counted(len(annotations), 'column')} of {origin} kept as declared tags; {counted(len(findings), 'disagreement')}")


def _read(installation: Installation, path: Path, form: str, schema: str | None) -> Annotations:
    if not path.is_file():
        raise GovernanceError("there is no such file", where=path, fix="name the file that the other tool keeps")
    said = Annotations(read_document(path, path.name), path.name)
    if "document" not in said.joined.data:
        if not said.joined.mistakes:
            said.wrong(("document",), "is empty", "name a file that says something")
    elif form == "fides":
        policy, _ = declared_policy(installation)
        read_fides(said, {d.fides_key: d.governance.schema_ for d in policy.dataset} if policy else {}, schema)
    else:
        read_dbt(said, schema)
    return said
