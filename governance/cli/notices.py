"""`governance notices`: recipients that have to be told of an erasure or a withdrawal, and who told them."""

from __future__ import annotations

import click

from governance import jobs
from governance.cli.show import as_json, document, table
from governance.disposal import notices as owing
from governance.disposal import vault
from governance.domain.errors import GovernanceError
from governance.installation import Installation, installed
from governance.ledger.notices import NoticeRecord


@click.group()
def notices() -> None:
    """What recipients of data have to be told after an erasure or a withdrawal."""


@notices.command("list")
@click.option("--due", "only_due", is_flag=True, help="Only what nobody was told yet.")
@as_json
def notices_list(only_due: bool, as_json: bool) -> None:
    """Notices with their recipients, the one due first in front. No person is named."""
    with installed() as installation:
        records = installation.ledger.notices(state="due" if only_due else None)
        how = {r.key: r.notify for r in installation.policy.policy.recipients}
    if as_json:
        document(records)
        return
    table("notices", ("notice", "cause", "recipient", "tables", "due", "state", "how"),
          [(n.id, n.cause, n.recipient, ", ".join(n.tables), f"{n.due_at:%Y-%m-%d}",
            f"sent {n.sent_at:%Y-%m-%d} by {n.sent_by}" if n.sent_at else n.state, how.get(n.recipient, "")) for n in records])


@notices.command("letter")
@click.argument("notice_id")
@click.option("--as", "user", required=True, help="Your user id; that you read who it is about is recorded.")
def notices_letter(notice_id: str, user: str) -> None:
    """Write to standard output what to tell the recipient. For an erasure it names the person: send it, then delete it."""
    with installed() as installation:
        record = installation.ledger.notice(notice_id)
        click.echo("\n".join(_letter(installation, record, user)))


def _letter(installation: Installation, record: NoticeRecord, user: str) -> list[str]:
    recipient = installation.policy.recipient(record.recipient)
    if recipient is None:
        raise GovernanceError("is not declared any more", where=record.recipient, fix="declare the recipient again, or tell them by hand")
    head = [f"To: {recipient.name} ({recipient.country}), {recipient.notify}", f"Due: {record.due_at:%Y-%m-%d}"]
    if record.cause == "withdrawal":
        ledgers = [f"{c.table} ({', '.join(sorted(c.preferences))})" for c in installation.policy.policy.consents]
        return [*head, "Consents were withdrawn or are not there. From now on use only what these consents allow, and erase the rest:",
                *(f"  {place}" for place in ledgers)]
    with installation.warehouse(read_only=True) as warehouse:
        sealed = vault.get(warehouse, installation.keys, record.source)
    installation.ledger.record("notice.read", {"notice": record.id, "by": user})
    return [*head, f"Erase the person of request {record.source}, known by:",
            *(f"  {form}: {value}" for form, value in sorted({*sealed.identifiers, *sealed.unique}))]


@notices.command("sent")
@click.argument("notice_ids", nargs=-1, required=True)
@click.option("--as", "user", required=True, help="Who told the recipient.")
@as_json
def notices_sent(notice_ids: tuple[str, ...], user: str, as_json: bool) -> None:
    """Record that recipients were told. After the last notice of a closed request its sealed identifiers are destroyed."""
    with installed() as installation:
        for notice_id in notice_ids:
            installation.ledger.notice(notice_id)
        records = [installation.ledger.notice_sent(notice_id, user) for notice_id in notice_ids]
        for request in sorted({r.source for r in records if r.cause == "erasure"}):
            with installation.tools() as tools:
                owing.forget_told(tools, installation.keys, request)
        for digest in sorted({r.plan for r in records if r.cause == "erasure"}):
            jobs.certify(installation, installation.ledger.plan(digest))
    document(records) if as_json else click.echo("\n".join(
        f"{r.id}: {r.recipient} was told, says {r.sent_by}" for r in records))
