"""Why is this cell still here? One cell, purpose by purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from governance.disposal.lifetimes import Context, Scope
from governance.domain.errors import GovernanceError
from governance.domain.names import ColumnRef
from governance.warehouse import Warehouse
from governance.warehouse.functions import as_text


@dataclass(frozen=True, slots=True)
class Answer:
    """`verdict` is stays, due, ended, gap or held. `purposes` lists (purpose, alive | over | unknown, the rule in words)."""

    column: str
    verdict: str
    purposes: tuple[tuple[str, str, str], ...]
    end_state: str
    row: str


def why(warehouse: Warehouse, context: Context, column: ColumnRef, key: str) -> Answer:
    """Judge the cell of the row whose primary key, as text, is `key`."""
    target = context.targets.get(column.table)
    group = target.group_of(column.name) if target else None
    if target is None or group is None:
        raise GovernanceError("is not declared as personal", where=column, fix="declare its category and purposes in the policy")
    if len(target.key.columns) != 1 or target.key.kind == "digest":
        raise GovernanceError("has no key of one column, so one cell cannot be named", where=column.table,
                              fix="look at the counts of `governance plan retention` instead")
    scope = Scope(context, target)
    path = scope.path_of(group)
    flags: list[ColumnElement[Any]] = [scope.due(group).label("due"), scope.cell_ended(column.name, group).label("ended"),
                                       scope.gap(group).label("gap"), scope.held.label("held"), scope.deletes.label("deletes")]
    rules: list[tuple[str, str]] = []
    for purpose, schedule in group.lifetime.purposes:
        flags.append(scope.dead(purpose, schedule, path).label(f"p{len(rules)}"))
        rule = "until consent is withdrawn" if schedule.until_withdrawn else f"{schedule.keep.words} after {schedule.trigger}"
        rules.append((purpose.key, rule))
    query = select(*flags).select_from(scope.joined).where(as_text(scope.row.c[target.key.columns[0]]) == key)
    rows = list(warehouse.rows(query, name="disposal.why"))
    if not rows:
        raise GovernanceError("has no row with that key", where=column.table, fix="check the key")
    due, ended, gap, held, deletes, *dead = rows[0]
    verdict = "ended" if ended else "held" if held else "gap" if gap else "due" if due else "stays"
    words = {True: "over", False: "alive", None: "unknown"}
    purposes = tuple((key_, words[None if d is None else bool(d)], rule) for (key_, rule), d in zip(rules, dead, strict=True))
    row = "goes" if deletes else "stays"
    return Answer(str(column), verdict, purposes, group.end.words if group.end else "with its row", row)
