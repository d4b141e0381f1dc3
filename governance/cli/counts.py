"""Rows of today behind a change of policy, for `policy diff`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, or_, select

from governance.disposal.lifetimes import Context, Scope
from governance.disposal.targets import targets
from governance.domain.names import TableRef
from governance.policy.load import LoadedPolicy
from governance.settings import clock, need
from governance.warehouse.connect import connect


def newly_due(before: LoadedPolicy, after: LoadedPolicy) -> Callable[[TableRef, Sequence[str]], int | None]:
    """A function (table, columns) -> rows of which a cell is due today under `after`, less those due under `before`."""
    url = need(os.environ, "GOVERNANCE_WAREHOUSE_URL", "the warehouse to count in")
    as_of = clock(os.environ) or datetime.now(UTC)

    def count(loaded: LoadedPolicy, ref: TableRef, columns: Sequence[str]) -> int:
        warehouse = connect(url, read_only=True)
        try:
            schema = warehouse.schema()
            if schema.get(ref) is None:
                return 0
            context = Context(loaded.policy, schema, targets(loaded, schema, warehouse.capabilities.engine), as_of)
            target = context.targets.get(ref)
            if target is None:
                return 0
            scope = Scope(context, target)
            groups = [g for g in target.groups if not columns or set(columns) & set(g.names)]
            if not groups:
                return 0
            due = or_(*(scope.due(g) for g in groups))
            return int(warehouse.scalar(select(func.count()).select_from(scope.joined).where(due), name="policy.newly_due"))
        finally:
            warehouse.close()

    def rows(ref: TableRef, columns: Sequence[str]) -> int | None:
        return max(0, count(after, ref, columns) - count(before, ref, columns))

    return rows
