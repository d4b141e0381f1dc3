"""How many depersonalized rows are still unique over the quasi-identifiers that were left in them."""

from __future__ import annotations

from sqlalchemy import and_, func, select

from governance.disposal.lifetimes import Scope
from governance.disposal.targets import Target
from governance.warehouse import Warehouse

_COARSE = ("generalize", "truncate")
_EMPTY = ("null", "constant", "file")  # says nothing about anybody once it has ended


def remaining(target: Target) -> tuple[str, ...]:
    """Columns of a row done with that may still single somebody out, in the order of the table.

    All declared quasi-identifiers that keep a value of their own, judged personal or not, and every cell that was made
    coarser in place, whatever its role.
    """
    names = {f.name for f in target.collection.fields if f.governance.role == "quasi_identifier"}
    for group in target.groups:
        kind = group.end.kind if group.end is not None else ""
        if kind in _COARSE:
            names.update(group.names)
        elif kind in _EMPTY:
            names.difference_update(group.names)
    return tuple(name for name in target.table.names if name in names)


def unique_share(warehouse: Warehouse, scope: Scope) -> tuple[float, tuple[str, ...], int] | None:
    """(share of rows that are alone in their equivalence class, the columns, rows looked at).

    Looked at are rows in which no personal cell is left with a reason to stay: what remains of them is no longer personal
    only if it does not single anyone out. None when nothing of the kind is left in the table or no such row.
    """
    columns = remaining(scope.target)
    if not columns:
        return None
    over = and_(*(scope.ended(g) for g in scope.target.groups if g.end is not None), scope.all_over)
    cells = [scope.row.c[name] for name in columns]
    classes = select(func.count().label("size")).select_from(scope.joined).where(over).group_by(*cells).subquery()
    query = select(func.coalesce(func.sum(classes.c.size), 0), func.count().filter(classes.c.size == 1))
    (rows, alone), = warehouse.rows(query, name="disposal.uniqueness")
    return (int(alone) / int(rows), columns, int(rows)) if rows else None
