"""`governance request` and `governance hold`. Identifiers of people come by prompt or standard input, never as arguments."""

from __future__ import annotations

import getpass
import re
import sys
from datetime import UTC, datetime

import click

from governance.cli.show import as_json, document, table
from governance.disposal import holding
from governance.disposal import requests as asked
from governance.disposal.resolve import BY_VALUE, resolve
from governance.domain.counts import counted
from governance.domain.errors import GovernanceError
from governance.installation import installed
from governance.ledger.requests import ERASURE, STANDING

_PAIR = re.compile(r"([a-z_]+)\s*[=:]\s*(.+)\Z")
_FORMS = (*BY_VALUE, "name")


def read_pairs(forms: tuple[str, ...], ask: str) -> list[tuple[str, str]]:
    """``form=value`` lines from standard input until an empty line. The value is never printed back, not even in errors."""
    if sys.stdin.isatty():
        click.echo(f"{ask} as form=value, one a line, empty line to end. Forms: {', '.join(forms)}", err=True)
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(iter(sys.stdin.readline, ""), start=1):
        if not line.strip():
            break
        match = _PAIR.match(line.strip())
        if not match or match[1] not in forms:
            raise GovernanceError("is not form=value with a known form", where=f"standard input, line {number}",
                                  fix=f"forms are {', '.join(forms)}")
        pairs.append((match[1], match[2].strip()))
    return pairs


@click.group()
def request() -> None:
    """Requests of data subjects."""


@request.command("open")
@click.option("--kind", type=click.Choice([ERASURE, *STANDING]), default=ERASURE, show_default=True,
              help="restriction, objection: nothing is erased, and data of the person is not used until the request is ended.")
@click.option("--subject-kind", "subject_kinds", multiple=True, required=True, help="Who they are to us; may be repeated.")
@click.option("--as", "user", help="Your user id; default: the user of this shell.")
@as_json
def request_open(kind: str, subject_kinds: tuple[str, ...], user: str | None, as_json: bool) -> None:
    """Open a request. Reads ``form=value`` lines from standard input, with ``reply_to=`` and ``proof=`` among them."""
    pairs = read_pairs((*_FORMS, "reply_to", "proof"), "identifiers")
    given = [(f, v) for f, v in pairs if f not in ("reply_to", "proof")]
    extra = dict(p for p in pairs if p[0] in ("reply_to", "proof"))
    with installed() as installation, installation.tools() as tools:
        opened = asked.open_request(tools, installation.keys, installation.policy, kind=kind, subject_kinds=subject_kinds,
                                    identifiers=given, reply_to=extra.get("reply_to", ""), proof=extra.get("proof", ""),
                                    opened_by=user or getpass.getuser(), now=datetime.now(UTC))
        found = asked.stand(tools, installation.keys, installation.policy, opened.request) if kind in STANDING else None
    if as_json:
        document(opened)
        return
    click.echo(f"{opened.request} is open; an answer is due on {opened.due_on:%Y-%m-%d} ({opened.regime})")
    if found is None:
        click.echo(f"next: governance plan request {opened.request}")
    elif found:
        click.echo(f"in force for {counted(found, 'subject')}: releases leave them out and feeds write nothing for them, until "
                   f"governance request end {opened.request}")
    else:
        click.echo("nobody we know is named by this; it is looked for again whenever data is used")


@request.command("end")
@click.argument("request_id")
@click.option("--as", "user", help="Your user id; default: the user of this shell.")
def request_end(request_id: str, user: str | None) -> None:
    """End a restriction or an objection: data of the person may be used again. Who it was is forgotten."""
    with installed() as installation, installation.tools() as tools:
        asked.end(tools, installation.keys, request_id, user or getpass.getuser())
    click.echo(f"{request_id} is ended")


@request.command("list")
@as_json
def request_list(as_json: bool) -> None:
    """All requests with their deadlines."""
    with installed() as installation:
        records = installation.ledger.requests()
    if as_json:
        document(records)
        return
    table("requests", ("request", "kind", "as", "received", "due", "state", "detail"),
          [(r.id, r.kind, ", ".join(r.subject_kinds), f"{r.received_at:%Y-%m-%d}", f"{r.due_at:%Y-%m-%d} {r.regime}", r.state,
            r.detail) for r in records])


@request.command("show")
@click.argument("request_id")
@as_json
def request_show(request_id: str, as_json: bool) -> None:
    """One request and its plans."""
    with installed() as installation:
        record = installation.ledger.request(request_id)
        plans = installation.ledger.plans(kind="request", name=request_id)
    if as_json:
        document({"request": record, "plans": plans})
        return
    click.echo(f"{record.id}: {record.kind} as {', '.join(record.subject_kinds)}, {record.state} {record.detail}\n"
               f"received {record.received_at:%Y-%m-%d}, due {record.due_at:%Y-%m-%d} ({record.regime}), "
               f"opened by {record.opened_by}")
    table("plans", ("digest", "rows", "state", "detail"), [(p.digest[:12], p.rows, p.state, p.detail) for p in plans])


@click.group()
def hold() -> None:
    """Legal holds: what they cover is left alone by every job until they are lifted."""


@hold.command("place")
@click.argument("hold_id")
@click.option("--name", required=True)
@click.option("--reason", required=True)
@click.option("--subject-kind", required=True)
@click.option("--as", "user", help="Your user id; default: the user of this shell.")
@as_json
def hold_place(hold_id: str, name: str, reason: str, subject_kind: str, user: str | None, as_json: bool) -> None:
    """Place a legal hold. Reads ``key=value`` (subject keys) or identifier lines from standard input.

    Returns once no batch that missed the hold can write any more, and says what such batches had already removed.
    """
    pairs = read_pairs((*_FORMS, "key"), "subjects")
    keys = [v for f, v in pairs if f == "key"]
    identifiers = [(f, v) for f, v in pairs if f != "key"]
    with installed() as installation, installation.warehouse() as warehouse:
        if identifiers:
            found = resolve(warehouse, installation.policy.policy, warehouse.schema(), subject_kind, identifiers)
            keys += found.keys
        if not keys:
            raise GovernanceError("names nobody", where=f"hold {hold_id}", fix="give key=... or enough identifiers")
        placed = holding.place(warehouse, installation.ledger, hold=hold_id, name=name, reason=reason,
                               placed_by=user or getpass.getuser(), members=[(subject_kind, k) for k in keys])
    if as_json:
        document(placed)
    else:
        click.echo(f"hold {hold_id} is in force for {placed.members} subject{'s' if placed.members != 1 else ''}; "
                   f"{placed.removed:,} frozen rows of theirs were already gone, {placed.waiting:,} wait untouched")


@hold.command("lift")
@click.argument("hold_id")
@click.option("--as", "user", help="Your user id; default: the user of this shell.")
def hold_lift(hold_id: str, user: str | None) -> None:
    """Lift a legal hold. What it kept back is done by the next apply of the same plan, or by the next plan."""
    with installed() as installation, installation.warehouse() as warehouse:
        holding.lift(warehouse, installation.ledger, hold_id, user or getpass.getuser())
        waiting = [p.digest[:12] for p in installation.ledger.plans(state="applied")]
    click.echo(f"hold {hold_id} is lifted" + "".join(f"\nnext: governance apply {digest}" for digest in waiting))


@hold.command("list")
@as_json
def hold_list(as_json: bool) -> None:
    """Holds, those in force first."""
    with installed() as installation:
        records = installation.ledger.holds(in_force=False)
    if as_json:
        document(records)
        return
    table("legal holds", ("hold", "name", "reason", "scope", "placed by", "placed", "lifted"),
          [(h.id, h.name, h.reason, h.scope, h.placed_by, f"{h.placed_at:%Y-%m-%d}",
            f"{h.lifted_at:%Y-%m-%d} by {h.lifted_by}" if h.lifted_at else "in force") for h in records])


