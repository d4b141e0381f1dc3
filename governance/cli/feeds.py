"""`governance feed` and `governance plan reconcile`: files of third parties, and records that wait in quarantine."""

from __future__ import annotations

import getpass
import json
import sys
from typing import Any

import click

from governance import reconcile_jobs
from governance.cli.plans import APPLIES, CONTEXT, VERIFIES, plan, print_made
from governance.cli.show import as_json, document, table
from governance.domain.counts import counted
from governance.domain.errors import GovernanceError
from governance.domain.plan import Kind
from governance.installation import Installation, installed


@plan.command("reconcile")
@click.argument("source")
@click.option("--dry-run", is_flag=True, help="Ask nobody for approval.")
@as_json
def plan_reconcile(source: str, dry_run: bool, as_json: bool) -> None:
    """What the new files of a source would bring: records accepted, quarantined and rejected, then links and values."""
    with installed() as installation:
        result = reconcile_jobs.reconcile_plan(installation, CONTEXT, source, dry_run=dry_run)
        print_made(installation, result, as_json, dry_run)


def _apply(installation: Installation, digest: str) -> tuple[dict[str, Any], str]:
    result = reconcile_jobs.reconcile_apply(installation, CONTEXT, digest)
    return result, (f"{counted(result['changed'], 'record')} of {result['source']} taken in, linked or written, in "
                    f"{counted(result['batches'], 'batch', 'batches')}\nnext: governance verify {digest[:12]}")


def _verify(installation: Installation, digest: str) -> tuple[dict[str, Any], str]:
    result = reconcile_jobs.reconcile_verify(installation, CONTEXT, digest)
    gates = "".join(f"\n  {g['number']:>9,}  {g['gate'][2:]}: {g['reason']}" for g in result["gates"])
    return result, f"every record of {result['source']} is accounted for{gates}"


APPLIES[Kind.RECONCILE], VERIFIES[Kind.RECONCILE] = _apply, _verify


@click.group()
def feed() -> None:
    """Files of third parties and what became of their records."""


@feed.command("list")
@click.argument("source", required=False)
@as_json
def feed_list(source: str | None, as_json: bool) -> None:
    """Every file that was seen: accepted, quarantined and rejected records add up to its records."""
    with installed() as installation:
        found = [f for f in reconcile_jobs.attention(installation) if source in (None, f["source"])]
    if as_json:
        document(found)
        return
    shown = ("source", "file", "name", "state", "records", "accepted", "quarantined", "rejected", "detail")
    table("feeds", shown, [tuple("" if f[c] is None else f[c] for c in shown) for f in found], empty="no file was seen yet")
    reasons = [(f["source"], f["file"], reason, number) for f in found for reason, number in f["reasons"].items()]
    if reasons:
        table("why", ("source", "file", "reason", "records"), reasons)


@feed.group()
def quarantine() -> None:
    """Records that wait for a person, or for a change of the policy."""


@quarantine.command("list")
@click.argument("source", required=False)
@as_json
def quarantine_list(source: str | None, as_json: bool) -> None:
    """Which records wait and why; nothing of the records themselves."""
    with installed() as installation, reconcile_jobs.reconcile_tools(installation) as tools:
        found = reconcile_jobs.quarantined(tools, source)
    if as_json:
        document(found)
        return
    table("quarantine", ("record", "reasons", "until", "repaired by"),
          [(f["record"], f["reasons"], f["until"], f["repaired_by"] or "") for f in found], empty="nothing waits")


@quarantine.command("show")
@click.argument("record")
@as_json
def quarantine_show(record: str, as_json: bool) -> None:
    """One record as it came. It is about a person: look at it only to repair it."""
    with installed() as installation, reconcile_jobs.reconcile_tools(installation) as tools:
        raw, reasons = reconcile_jobs.quarantined_record(tools, record)
    if as_json:
        document({"record": record, "reasons": reasons, "fields": raw})
        return
    table(f"{record}: {reasons}", ("field", "as it came"), [(k, json.dumps(v, ensure_ascii=False)) for k, v in raw.items()])


@quarantine.command("repair")
@click.argument("record")
@click.option("--field", help="The field to correct; its value is asked for, or read from standard input. Without it, the record "
              "may go as it is.")
def quarantine_repair(record: str, field: str | None) -> None:
    """Correct one field of a record, in your name. It goes with the next `governance plan reconcile`."""
    value = None
    if field is not None:
        value = click.prompt(field, err=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        if not value.strip():
            raise GovernanceError("no value was given", where=field, fix="type it, or send it as one line on standard input")
    with installed() as installation, reconcile_jobs.reconcile_tools(installation) as tools:
        source = reconcile_jobs.repair_record(tools, record, field, value, getpass.getuser())
    click.echo(f"repaired\nnext: governance plan reconcile {source}")


@quarantine.command("replay")
@click.argument("source")
@as_json
def quarantine_replay(source: str, as_json: bool) -> None:
    """Plan to take in what was repaired, or what a changed policy accepts now (together with files that are new)."""
    with installed() as installation:
        result = reconcile_jobs.reconcile_plan(installation, CONTEXT, source)
        print_made(installation, result, as_json, False)
