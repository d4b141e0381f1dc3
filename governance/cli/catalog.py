"""`governance catalog`, `validate`: what a person decided about personal data, and what breaks the policy."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from typing import Any

import click

from governance import jobs
from governance.cli.discover import CONTEXT, entry_of
from governance.cli.exchange import catalog_export, catalog_import
from governance.cli.show import as_json, document, table
from governance.discover_jobs import decisions_of_policy, declared_policy
from governance.domain.findings import Status
from governance.domain.names import ColumnRef
from governance.domain.proposal import Decision
from governance.installation import installed
from governance.ledger.tags import TagRecord

_RULE = re.compile(r"confidence\s*(>=|>)\s*(0?\.\d+|1(?:\.0*)?|0)\Z")


@click.group()
def catalog() -> None:
    """What discovery proposed and what people decided."""


@catalog.command("show")
@click.option("--open", "only_open", is_flag=True, help="Only what nobody has decided.")
@as_json
def catalog_show(only_open: bool, as_json: bool) -> None:
    """Every proposal with its decision, and the tags that other tools declare of it."""
    with installed() as installation:
        records = installation.ledger.proposals(Decision.OPEN if only_open else None)
        tags: dict[ColumnRef, list[TagRecord]] = {}
        for tag in installation.ledger.tags():
            tags.setdefault(tag.column, []).append(tag)
    if as_json:
        document([{**entry_of(r.proposal), "decision": str(r.decision), "by": r.by, "tags": [
            {"origin": t.origin, "categories": t.categories, "purposes": t.purposes} for t in tags.get(r.proposal.column, ())]}
            for r in records])
        return
    table("catalog", ("table", "column", "category", "confidence", "decision", "by", "declared elsewhere"),
          [(str(r.proposal.column.table), r.proposal.column.name, r.category or r.proposal.category,
            f"{r.proposal.confidence:.2f}", str(r.decision), r.by or "",
            "; ".join(", ".join(t.personal) or "not personal" for t in tags.get(r.proposal.column, ()))) for r in records])


@catalog.command("review")
@click.option("--accept", help="Confirm open proposals by a rule such as 'confidence>=.95'.")
@click.option("--from-policy", is_flag=True, help="Confirm what the policy says is personal, reject what it says is not.")
@click.option("--as", "user", required=True, help="Your user id.")
@as_json
def catalog_review(accept: str | None, from_policy: bool, user: str, as_json: bool) -> None:
    """Decide open proposals: by rule, by the declared policy, or one by one at a prompt."""
    decisions: Sequence[tuple[Any, Decision, str | None]] = ()
    with installed() as installation:
        records = [r for r in installation.ledger.proposals(Decision.OPEN) if r.current]
        if from_policy:
            decisions = decisions_of_policy(installation, records)
        elif accept is not None:
            passes = _rule(accept)
            decisions = [(r.proposal.column, Decision.CONFIRMED, None) for r in records if passes(r.proposal.confidence)]
        else:
            decisions = _ask(records)
        installation.ledger.decide_proposals(decisions, user)
    counts = {str(d): sum(x[1] is d for x in decisions) for d in (Decision.CONFIRMED, Decision.REJECTED)}
    document(counts) if as_json else click.echo(
        f"{counts['confirmed']} confirmed, {counts['rejected']} rejected, {len(records) - len(decisions)} left open")


def _rule(text: str) -> Any:
    match = _RULE.match(text.strip())
    if not match:
        raise click.UsageError(f"--accept takes a rule such as 'confidence>=.95', got {text!r}")
    compare = operator.ge if match[1] == ">=" else operator.gt
    return lambda confidence: compare(confidence, float(match[2]))


def _ask(records: list[Any]) -> list[tuple[Any, Decision, str | None]]:
    answers: list[tuple[Any, Decision, str | None]] = []
    for r in records:
        click.echo(f"{r.proposal.column}: {r.proposal.category} ({r.proposal.confidence:.2f})\n  {r.proposal.explanation}")
        answer = click.prompt("  personal?", type=click.Choice(["yes", "no", "later", "stop"]), default="yes")
        if answer == "stop":
            break
        if answer != "later":
            answers.append((r.proposal.column, Decision.CONFIRMED if answer == "yes" else Decision.REJECTED, None))
    return answers


@catalog.command("uniqueness")
@as_json
def catalog_uniqueness(as_json: bool) -> None:
    """How many people the quasi-identifiers of each table single out, alone and together, as the last full run measured it.

    People are counted where the policy says how a row leads to a subject, else rows.
    """
    from governance.tagging.uniqueness import entry_of as measured
    from governance.tagging.uniqueness import kind_names, sentences

    with installed() as installation:
        records, names = installation.ledger.uniqueness(), kind_names(declared_policy(installation)[0])
    if as_json:
        document([measured(r) for r in records])
        return
    table("quasi-identifiers", ("table", "columns", "counted", "all", "singled out", "share"),
          [(str(r.table), ", ".join(r.columns), names.get(r.kind, r.kind) or "rows", r.total, r.single, f"{r.share:.1%}") for r in records])
    for sentence in sentences(records, names):
        click.echo(sentence)


for command in (catalog_export, catalog_import):
    catalog.add_command(command)


@click.command("validate")
@as_json
@click.pass_context
def validate(ctx: click.Context, as_json: bool) -> None:
    """Judge every column against the expectations. Exit 3 when a column breaks the policy."""
    from governance.domain.errors import ViolationFound

    with installed() as installation:
        try:
            jobs.validate_catalog(installation, CONTEXT)
        except ViolationFound:
            broken = True
        else:
            broken = False
        findings = installation.ledger.findings(source="validate")
    if as_json:
        document(findings)
    else:
        for status in (Status.VIOLATION, Status.GAP):
            table(str(status), ("table", "column", "what", "remedy", "owner"),
                  [(f.table, f.column, f.message, f.remedy, f.owner) for f in findings if f.status is status])
        click.echo(f"{sum(f.status is Status.COMPLIANT for f in findings)} compliant")
    ctx.exit(3 if broken else 0)
