"""`governance plan`, `approve`, `apply`, `verify`, `why`, `stop`, `go`: the one shape of every job, from a shell."""

from __future__ import annotations

import getpass
import shutil
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import click

from governance import golden_jobs, jobs
from governance.approvals import shown
from governance.cli.show import as_json, document, progress, table
from governance.domain.counts import counted
from governance.domain.errors import GovernanceError
from governance.domain.names import ColumnRef, TableRef
from governance.domain.plan import Plan, Step
from governance.installation import Installation, installed

CONTEXT = jobs.RunContext(task_id="shell")
AS = click.option("--as", "user", help="Your user id; default: the user of this shell.")
# How plans of other capabilities are carried out and looked at: what it gave, and the sentence to say.
Carried = Callable[[Installation, str], tuple[dict[str, Any], str]]
APPLIES: dict[str, Carried] = {}
VERIFIES: dict[str, Carried] = {}


@click.group()
def plan() -> None:
    """Make a plan: frozen, counted, sealed by a digest. Nothing is changed."""


@plan.command("retention")
@click.option("--dry-run", is_flag=True, help="Ask nobody for approval.")
@as_json
def plan_retention(dry_run: bool, as_json: bool) -> None:
    """What is due by schedule."""
    with installed() as installation:
        result = jobs.disposal_plan(installation, CONTEXT, dry_run=dry_run)
        _print_plan(installation, result, as_json, dry_run)


@plan.command("request")
@click.argument("request_id")
@click.option("--dry-run", is_flag=True, help="Ask nobody for approval, change no state.")
@as_json
def plan_request(request_id: str, dry_run: bool, as_json: bool) -> None:
    """What an erasure request of a data subject reaches."""
    with installed() as installation:
        plans = jobs.requests_plan(installation, CONTEXT, dry_run=dry_run, request=request_id)["plans"]
        if not plans:
            raise GovernanceError("a search found nothing left, only the closing was interrupted", where=request_id,
                                  fix="governance verify with the digest that `governance request show` gives")
        [result] = plans
        _print_plan(installation, result, as_json, dry_run)
    if not as_json and "subjects" in result:
        click.echo(_found(result["subjects"], result["candidates"]))


def _found(subjects: int, candidates: int) -> str:
    """Whom the identifiers of a request led to; candidates share one of them and are left alone."""
    if not subjects:
        return "these identifiers lead to nobody: what is enough stands under `resolve_by:` of the subject kind"
    shared = f"; {candidates:,} more share an identifier and are left alone" if candidates else ""
    return f"about {subjects:,} subject key{'s' if subjects != 1 else ''}{shared}"


def _print_plan(installation: Installation, result: dict[str, Any], as_json: bool, dry_run: bool) -> None:
    made = installation.ledger.plan(result["digest"])
    if as_json:
        document({**result, "plan": made})
        return
    print_plan(made)
    if not made.rows:
        click.echo("nothing to do")
    elif dry_run:
        needs = f"it would wait for approval: {result['approval']['why']}" if result["approval"]["needed"] else "it would need no approval"
        click.echo(f"a dry run: nobody was asked and nothing was changed; {needs}")
    elif result["approval"]["needed"]:
        click.echo(f"waits for approval: {result['approval']['why']}\n  by one of {', '.join(result['approval']['approvers'])}: "
                   f"governance approve {made.digest[:12]}")
    else:
        click.echo(f"next: governance apply {made.digest[:12]}")


def print_made(installation: Installation, result: dict[str, Any], as_json: bool, dry_run: bool) -> None:
    """A plan that was just made, as people or programs read it."""
    _print_plan(installation, result, as_json, dry_run)


def print_plan(made: Plan) -> None:
    """A plan as lines to read: what happens to which rows, and under each step why."""
    click.secho(f"{made.kind} plan {made.digest[:12]} {made.name}".rstrip() + f", as of {made.as_of:%Y-%m-%d %H:%M} UTC, "
                f"policy {made.policy_version} ({made.policy_digest[:12]})", bold=True)
    for step in made.steps:
        if step.rows:
            print_step(step)
    if made.kept:
        table("kept", ("table", "columns", "rows", "because"),
              [(str(k.table), ", ".join(k.columns) or "whole rows", k.rows, k.because) for k in made.kept])
    if made.findings:
        table("gaps: nobody can judge these, so they are kept", ("table", "columns", "rows", "why"),
              [(f.table, f.column, f.rows or 0, f.message) for f in made.findings])


def print_step(step: Step) -> None:
    of = f" of {step.of:,}" if step.of else ""
    note = f" ({step.note})" if step.note else ""
    click.echo(f"{step.number:>4}  {step.action:<8}{step.table!s:<30}{step.rows:>9,}{of} rows{note}")
    for group in step.groups:
        if group.cells:
            _wrapped(f"{', '.join(group.columns)} -> {group.end_state}: {group.cells:,}", "        ")
    behind = [r for g in step.groups if g.cells or step.action == "delete" for r in g.reasons]
    reasons = dict.fromkeys(str(r).rsplit(" (", 1)[0] for r in behind)
    if reasons:
        _wrapped("because " + "; ".join(reasons), "          ")


def _wrapped(text: str, indent: str) -> None:
    width = max(80, shutil.get_terminal_size().columns)
    click.echo(textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False))


@click.command("approve")
@click.argument("digest")
@click.option("--reject", is_flag=True, help="Reject instead.")
@click.option("--note", default="", help="A sentence for the record; no names of data subjects.")
@AS
@as_json
def approve(digest: str, reject: bool, note: str, user: str | None, as_json: bool) -> None:
    """Approve or reject a plan from a shell. The user is recorded as unauthenticated, which policies refuse by default."""
    with installed() as installation:
        made = installation.ledger.plan(digest)
        accepts = installation.policy.policy.approvals.accept_unauthenticated
        record = installation.ledger.decide(made.digest, not reject, user or getpass.getuser(), False, "shell", note,
                                            accept_unauthenticated=accepts)
        if record.state in ("approved", "rejected"):
            installation.ledger.set_state(made.digest, record.state, f"by {user or getpass.getuser()}, unauthenticated")
        result = {"digest": made.digest, "state": record.state}
    document(result) if as_json else click.echo(f"plan {made.digest[:12]} is {record.state}")


@click.command("apply")
@click.argument("digest")
@click.option("--chunk", type=int, help="Only this independent part of the plan.")
@as_json
def apply(digest: str, chunk: int | None, as_json: bool) -> None:
    """Carry out an approved plan. Interrupt it at any time; the same command goes on where it stopped."""
    with installed() as installation:
        made = installation.ledger.plan(digest)
        if made.kind in APPLIES:
            result, said = APPLIES[made.kind](installation, made.digest)
            document(result) if as_json else click.echo(said)
            return
        frozen = jobs.disposal_freeze(installation, CONTEXT, made.digest)
        with progress() as bar:
            task = bar.add_task("applying", total=frozen["rows"] or None, visible=sys.stderr.isatty() and not as_json)

            def on_batch(step: Any, receipt: Any) -> None:
                bar.update(task, advance=receipt.matched, description=f"{step.action} {step.table}")

            result = jobs.disposal_apply(installation, CONTEXT, made.digest, chunk, on_batch)
    if as_json:
        document(result)
    elif not result["changed"]:
        click.echo("nothing to do: everything planned was done before, or is held")
    else:
        click.echo(f"{counted(result['changed'], 'row')} changed in {counted(result['batches'], 'batch', 'batches')}\n"
                   f"next: governance verify {made.digest[:12]}")


@click.command("verify")
@click.argument("digest")
@as_json
def verify(digest: str, as_json: bool) -> None:
    """Look at the data again and compare with the plan. Exit 3 when something that should be gone is there."""
    with installed() as installation:
        made = installation.ledger.plan(digest)
        if made.kind in VERIFIES:
            result, said = VERIFIES[made.kind](installation, made.digest)
            document({**result, "steps": installation.ledger.verification(made.digest)}) if as_json else click.echo(said)
            return
        closes = made.kind == "request"
        result = jobs.close_one(installation, CONTEXT, made.digest) if closes else jobs.disposal_verify(
            installation, CONTEXT, made.digest)
        steps = installation.ledger.verification(made.digest) or []
    if as_json:
        document({**result, "steps": steps})
        return
    table(f"plan {made.digest[:12]} looked at again",
          ("step", "do", "table", "planned", "done", "held", "gone", "residual", "outcome"),
          [(s["step"], s["action"], s["table"], s["planned"], s["done"], s["held"], s["gone"], s["residual"], s["outcome"])
           for s in steps if s["planned"] or s["residual"]], empty="every step found nothing")
    held = f"{counted(result['held'], 'row waits', 'rows wait')} for a legal hold to be lifted"
    click.echo(held if result["held"] else "nothing is left")


@click.command("why")
@click.argument("table_name", metavar="TABLE")
@click.argument("column")
@as_json
def why(table_name: str, column: str, as_json: bool) -> None:
    """Why one cell is still there; of a golden record, where its value comes from. The row's key is asked for, or read from standard
    input; it may be a person's number."""
    key = click.prompt("key of the row", hide_input=False, err=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    from governance.disposal.why import why as judge

    try:
        ref = ColumnRef(TableRef.parse(table_name), column)
    except ValueError as error:
        raise GovernanceError(str(error), where="TABLE", fix="write schema.table") from None
    with installed() as installation:
        shown_golden = golden_jobs.golden_of(installation, str(ref.table))
        if shown_golden is not None:
            origin = golden_jobs.why_golden(installation, shown_golden, column, key)
            document(origin) if as_json else table(f"{ref}: where its value comes from", ("what", "is"), list(origin.items()))
            return
        with installation.warehouse(read_only=True) as warehouse:
            context = installation.context(warehouse, jobs.moment(installation, CONTEXT))
            answer = judge(warehouse, context, ref, key)
    if as_json:
        document(answer)
        return
    table(f"{answer.column}: {answer.verdict}; end state {answer.end_state}; its row {answer.row}", ("purpose", "is", "lives"),
          answer.purposes, empty="no purposes are declared")


@click.command("stop")
@click.option("--reason", required=True)
@AS
def stop(reason: str, user: str | None) -> None:
    """Let no batch start any more, in any job, until `governance go`."""
    with installed() as installation:
        installation.ledger.stop(reason, user or getpass.getuser())
    click.echo("stopped: no batch starts until `governance go`")


@click.command("go")
@AS
def go(user: str | None) -> None:
    """Lift `governance stop`."""
    with installed() as installation:
        installation.ledger.go(user or getpass.getuser())
    click.echo("going on; clear or rerun what was stopped")


@plan.command("show")
@click.argument("digest")
@as_json
def plan_show(digest: str, as_json: bool) -> None:
    """A saved plan."""
    with installed() as installation:
        made = installation.ledger.plan(digest)
        record = installation.ledger.plan_record(digest)
        result = shown(installation, made)
    if as_json:
        document({**result, "state": record.state, "plan": made})
        return
    print_plan(made)
    click.echo(f"state: {record.state}{' (' + record.detail + ')' if record.detail else ''}")


@plan.command("list")
@as_json
def plan_list(as_json: bool) -> None:
    """All plans, latest first."""
    with installed() as installation:
        records = installation.ledger.plans()
    if as_json:
        document(records)
        return
    table("plans", ("digest", "kind", "name", "as of", "rows", "state", "detail"),
          [(r.digest[:12], str(r.kind), r.name, f"{r.as_of:%Y-%m-%d %H:%M}", r.rows, r.state, r.detail) for r in records])


stop_group = (stop, go)
