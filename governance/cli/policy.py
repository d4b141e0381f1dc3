"""`governance policy`: check, diff, approve."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from governance.cli.show import as_json, document, table
from governance.installation import installed


@click.group()
def policy() -> None:
    """The declared policy: check it, compare two versions, have it approved."""


@policy.command("check")
@click.option("--policy", "folder", type=click.Path(path_type=Path, file_okay=False), help="Default: GOVERNANCE_POLICY_DIR.")
@click.option("--schema/--no-schema", default=True, help="Also compare with the live warehouse when its URL is set.")
@as_json
@click.pass_context
def check_command(ctx: click.Context, folder: Path | None, schema: bool, as_json: bool) -> None:
    """Load the policy and judge it, in itself and against the live schema, and try the company's own recognizers on their examples.
    All mistakes at once, each with its place.

    Exit 1 for mistakes only; what a person should look at and columns nobody has judged are shown and stop nothing.
    """
    import os

    from governance.discovery.recognizer import examine_folder
    from governance.policy.check import examine
    from governance.policy.load import load_leniently
    from governance.policy.mistakes import PolicyMistakes
    from governance.settings import need
    from governance.warehouse.connect import connect

    where = folder or Path(need(os.environ, "GOVERNANCE_POLICY_DIR", "the folder with the declared policy"))
    loaded, misspelled = load_leniently(where)
    _, of_recognizers = examine_folder(where / "recognizers")
    if loaded is None:
        raise PolicyMistakes([*misspelled, *of_recognizers], where=where.resolve().name)
    live, engine = None, None
    url = os.environ.get("GOVERNANCE_WAREHOUSE_URL", "")
    if schema and url:
        warehouse = connect(url, read_only=True)
        try:
            live, engine = warehouse.schema(), warehouse.capabilities.engine
        finally:
            warehouse.close()
    found = examine(loaded, live, engine)
    mistakes = sorted({*misspelled, *found.mistakes, *of_recognizers})
    if as_json:
        document({"digest": loaded.digest, "mistakes": mistakes, "look": found.look, "unjudged": found.unjudged})
    else:
        for title, group in (("to look at", found.look), ("not judged by anybody yet", found.unjudged), ("mistakes", mistakes)):
            click.echo("".join(f"{m}\n" for m in (f"{title}:", *group)) if group else "", nl=False)
        against = "and the live schema" if live is not None else "(not compared with a warehouse)"
        click.echo(f"policy {loaded.digest[:12]} {against}: {len(mistakes) or 'no'} mistake{'s' if len(mistakes) != 1 else ''}, "
                   f"{len(found.look)} to look at, {len(found.unjudged)} not judged")
    ctx.exit(1 if mistakes else 0)


@policy.command("diff")
@click.argument("before", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("after", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--counts/--no-counts", default=True, help="Count today's rows in the warehouse when its URL is set.")
@as_json
def diff_command(before: Path, after: Path, counts: bool, as_json: bool) -> None:
    """What changes between two policies, in words, with the rows of today that newly lose something."""
    import os

    from governance.cli.counts import newly_due
    from governance.policy.diff import diff
    from governance.policy.load import load_policy

    a, b = load_policy(before), load_policy(after)
    counting = newly_due(a, b) if counts and os.environ.get("GOVERNANCE_WAREHOUSE_URL") else None
    changes = diff(a, b, counting)
    if as_json:
        document({"before": a.digest, "after": b.digest, "changes": changes})
        return
    if not changes:
        click.echo("the two policies say the same")
    for change in changes:
        click.echo(str(change))


@policy.command("approve")
@click.option("--as", "user", required=True, help="Who approves; recorded as unauthenticated.")
@as_json
def approve_command(user: str, as_json: bool) -> None:
    """Approve the policy as it stands. A shell cannot prove who types: the policy must accept unauthenticated approvals."""
    with installed() as installation:
        approvals = installation.policy.policy.approvals
        digest = installation.policy.digest
        installation.ledger.ask(digest, "policy", "a new version of the declared policy", approvals.approvers.get("policy", ()),
                                approvals.people, datetime.now(UTC) + timedelta(days=30))
        record = installation.ledger.decide(digest, True, user, False, "shell",
                                            accept_unauthenticated=approvals.accept_unauthenticated)
    if as_json:
        document({"digest": digest, "state": record.state})
    else:
        table("policy approval", ("digest", "state"), [(digest[:12], record.state)])
