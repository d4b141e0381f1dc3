"""`governance evidence`, `report`, `doctor`: show what happened and prove it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from governance import jobs
from governance.cli.show import as_json, document, table
from governance.domain.errors import EvidenceBroken
from governance.installation import installed


@click.group()
def evidence() -> None:
    """The hash-chained evidence: verify it, export it, write a certificate."""


@evidence.command("verify")
@as_json
def evidence_verify(as_json: bool) -> None:
    """Check every link of the chain and the anchors outside. Exit 1 names the first entry that was altered."""
    from governance.ledger.anchor import check_anchors

    with installed() as installation:
        broken = installation.ledger.first_break()
        if broken is not None:
            raise EvidenceBroken("was altered, dropped or reordered", where=f"evidence entry {broken.seq}",
                                 fix="compare with an export or certificate made before")
        target = installation.settings.anchor
        anchors = check_anchors(installation.ledger, target, place=installation.anchors()) if target else None
        head = installation.ledger.head()
    result = {"entries": head.seq if head else 0, "head": head.digest if head else None, "anchors": anchors}
    document(result) if as_json else click.echo(
        f"{result['entries']:,} entries, intact; {f'head {head.digest[:16]}' if head else 'no head yet'}; "
        f"{_anchors_words(anchors)}")


def _anchors_words(anchors: int | None) -> str:
    """None: no place is set; 0: nothing was written there yet."""
    if anchors is None:
        return "GOVERNANCE_ANCHOR is not set: a cut tail would not show"
    if not anchors:
        return "nothing is anchored yet: a cut tail would not show"
    return f"{anchors:,} anchor{'s agree' if anchors != 1 else ' agrees'}"


@evidence.command("anchor")
@as_json
def evidence_anchor(as_json: bool) -> None:
    """Write the chain's head to GOVERNANCE_ANCHOR, after checking the earlier anchors there. Nothing is written for a forged chain."""
    with installed() as installation:
        line = jobs.attest_anchor(installation, jobs.RunContext(task_id="shell"))
    document(line) if as_json else click.echo(f"anchored: evidence 1 to {line['seq']:,}, head {line['digest'][:16]}")


@evidence.command("export")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: standard output.")
def evidence_export(out: Path | None) -> None:
    """The whole chain as JSON lines, for the stand-alone verifier."""
    with installed() as installation:
        lines = installation.ledger.export()
        if out is None:
            for line in lines:
                click.echo(line)
            return
        with out.open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
    click.echo(f"written to {out}", err=True)


@evidence.command("certificate")
@click.argument("digest")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def evidence_certificate(digest: str, out: Path) -> None:
    """A self-contained certificate of one plan. Verify it anywhere: python verify_offline.py FILE."""
    with installed() as installation:
        jobs.write_certificate(installation, installation.ledger.plan(digest), out)
    click.echo(f"written to {out}")


@click.command("report")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; default: GOVERNANCE_REPORTS.")
@click.option("--processing", is_flag=True, help="The record of processing activities, from the policy alone.")
@as_json
def report(out: Path | None, processing: bool, as_json: bool) -> None:
    """Write the report: found, validated, planned, approved by whom, done, counted, verified. HTML and Markdown."""
    from governance.domain.errors import SettingsError
    from governance.report.write import write_processing, write_report

    with installed() as installation:
        folder = out or installation.settings.reports_dir
        if folder is None:
            raise SettingsError("is not set", where="GOVERNANCE_REPORTS", fix="export GOVERNANCE_REPORTS=..., or give --out")
        if processing:
            path = write_processing(installation.policy, folder)
        else:
            path = write_report(installation.ledger, installation.policy, folder, anchor=installation.settings.anchor)
    document({"path": str(path)}) if as_json else click.echo(f"open {path}")


@click.command("doctor")
@click.option("--fix", is_flag=True, help="Create what is missing: keys, ledger tables, control tables, folders.")
@click.option("--airflow", is_flag=True, help="Ask the program airflow for its pool too; takes some seconds.")
@click.option("--grants", "verb", type=click.Choice(["discover", "plan", "apply", "reconcile", "release"]),
              help="Print the least rights this verb needs on a server, as lines for psql, and nothing else.")
@click.option("--role", help="The account the lines are for; default: governance_ and the verb.")
@as_json
@click.pass_context
def doctor(ctx: click.Context, fix: bool, airflow: bool, verb: str | None, role: str | None, as_json: bool) -> None:
    """What is wrong with this installation, each with the line to type.

    With --grants only the warehouse is needed, and the policy folder for every verb but discover.
    """
    from governance.doctor import examine

    if verb is not None:
        lines = _grants(verb, role or f"governance_{verb}")
        document(lines) if as_json else click.echo("\n".join(lines))
        return
    with installed() as installation:
        checks = examine(installation, fix=fix, airflow=airflow)
    words = {True: "ok", False: "wrong", None: "not yet"}
    if as_json:
        document(checks)
    else:
        table("installation", ("what", "is", "detail", "type"), [(c.what, words[c.ok], c.detail, c.fix) for c in checks])
    ctx.exit(1 if any(c.ok is False for c in checks) else 0)


def _grants(verb: str, role: str) -> list[str]:
    from governance.doctor import script
    from governance.policy.check import load_checked
    from governance.settings import need
    from governance.warehouse.connect import connect

    folder = os.environ.get("GOVERNANCE_POLICY_DIR")
    warehouse = connect(need(os.environ, "GOVERNANCE_WAREHOUSE_URL", "postgresql+psycopg://..."), read_only=True)
    try:
        return script(warehouse, load_checked(Path(folder)) if folder and verb != "discover" else None, verb, role)
    finally:
        warehouse.close()
