"""`governance conflicts`: records of feeds that only a person can decide, in the person's name."""

from __future__ import annotations

import getpass

import click

from governance import golden_jobs
from governance.cli.show import as_json, document, table
from governance.installation import installed


@click.group()
def conflicts() -> None:
    """Records of feeds that may be about several subjects, or are likely about one but not certainly."""


@conflicts.command("list")
@as_json
def conflicts_list(as_json: bool) -> None:
    """What waits for a decision: ids and subject keys only, the oldest first."""
    with installed() as installation:
        found = golden_jobs.conflicts_list(installation)
    if as_json:
        document(found)
        return
    shown = [(c["conflict"], c["source"], c["since"], c["reason"], ", ".join(
        k["subject"] + (f" ({k['probability']:.0%})" if k["probability"] is not None else "") for k in c["candidates"])) for c in found]
    table("conflicts", ("conflict", "source", "since", "why", "candidates"), shown, empty="nothing waits for a decision")


@conflicts.command("decide")
@click.argument("conflict")
@click.option("--subject", help="Key of the candidate that the record is about.")
@click.option("--nobody", is_flag=True, help="The record is about none of the candidates.")
@click.option("--as", "user", help="Your user id; default: the user of this shell.")
def conflicts_decide(conflict: str, subject: str | None, nobody: bool, user: str | None) -> None:
    """Decide one conflict. Your name and the outcome are evidence; what the record says is written by the next reconcile."""
    if (subject is None) == (not nobody):
        raise click.UsageError("give either --subject KEY or --nobody")
    with installed() as installation:
        result = golden_jobs.conflicts_decide(installation, conflict, subject, user or getpass.getuser())
    click.echo(f"{result['outcome']}\nnext: governance plan reconcile {result['source']}")


@conflicts.command("unlink")
@click.argument("record")
@click.option("--as", "user", help="Your user id; default: the user of this shell.")
def conflicts_unlink(record: str, user: str | None) -> None:
    """Take a link back: golden records are as if the record had never been linked, and no later run links it again."""
    with installed() as installation:
        ended = golden_jobs.conflicts_unlink(installation, record, user or getpass.getuser())
    click.echo("unlinked" if ended else "no link of this record stands")
