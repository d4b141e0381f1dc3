"""Living consents of subjects, asked in the moment and the transaction of writing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import TIMESTAMP, ColumnElement, Date, FromClause, Select, and_, func, literal, or_, select

from governance.domain.errors import TargetMissing
from governance.domain.names import TableRef
from governance.domain.schema import Family, Schema, Table
from governance.policy.model import ConsentLedger, Policy
from governance.warehouse import Warehouse
from governance.warehouse.functions import as_text, table_of


def living(warehouse: Warehouse, schema: Schema, policy: Policy, kind: str, staged: FromClause,
           now: datetime) -> dict[str, dict[str, str]]:
    """Subject key -> preference -> reference of the consent (``customer_preferences:newsletter@2026-01-02``), for the staged
    `subject_key`s. Given at or before `now` and not withdrawn by then."""
    found: dict[str, dict[str, str]] = {}
    for ledger in policy.consents:
        if ledger.subject.kind != kind:
            continue
        names = {stored: preference for preference, stored in ledger.preferences.items()}
        for subject, stored, granted in warehouse.rows(query(schema, policy, ledger, staged, now), name="write.consents"):
            if stored in names:
                reference = f"{ledger.key}:{names[stored]}@{granted:%Y-%m-%d}"
                found.setdefault(str(subject), {}).setdefault(names[stored], reference)
    return found


def query(schema: Schema, policy: Policy, ledger: ConsentLedger, staged: FromClause, now: datetime) -> Select[Any]:
    """subject_key, stored preference, when it was given last: of consents that live at `now`."""
    table = _table(schema, ledger.table)
    start: FromClause = table_of(table)
    row, key_row = start, start
    for hop in ledger.subject.through:
        there = table_of(_table(schema, hop.table)).alias()
        on = and_(*(there.c[left] == key_row.c[right] for left, right in hop.where.items()))
        start, key_row = start.join(there, on), there
    key = as_text(key_row.c[ledger.subject.key])
    granted, withdrawn = row.c[ledger.granted_at], row.c[ledger.withdrawn_at]
    stored = row.c[ledger.preference_column]
    told: list[Any] = [key.label("subject_key"), as_text(stored).label("preference"), func.max(granted).label("granted")]
    chosen: Select[Any] = select(*told)
    return chosen.select_from(start).where(
        key.in_(select(staged.c.subject_key)), granted <= _now(table, ledger.granted_at, policy, now),
        or_(withdrawn.is_(None), withdrawn > _now(table, ledger.withdrawn_at, policy, now))).group_by(key, as_text(stored))


def _table(schema: Schema, ref: TableRef) -> Table:
    table = schema.get(ref)
    if table is None:
        raise TargetMissing("holds consents and is not in the warehouse", where=ref, fix="correct `consents:` in the policy")
    return table


def _now(table: Table, name: str, policy: Policy, now: datetime) -> ColumnElement[Any]:
    """`now` as a value of the column's own kind."""
    column = table.column(name)
    match column.family if column else Family.OTHER:
        case Family.DATE:
            return literal(now.astimezone(ZoneInfo(policy.organization.time_zone)).date(), Date())
        case Family.MOMENT:
            return literal(now, TIMESTAMP(timezone=True))
    return literal(now.astimezone(ZoneInfo(policy.organization.warehouse_time_zone)).replace(tzinfo=None), TIMESTAMP())
