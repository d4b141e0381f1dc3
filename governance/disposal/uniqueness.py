"""How many depersonalized rows are still unique over what was left of them."""

from __future__ import annotations

from sqlalchemy import and_, func, select

from governance.disposal.lifetimes import Scope
from governance.warehouse import Warehouse

_COARSE = ("generalize", "truncate")


def unique_share(warehouse: Warehouse, scope: Scope) -> tuple[float, tuple[str, ...], int] | None:
    """(share of rows that are alone in their equivalence class, the columns, rows looked at).

    Looked at are rows in which no personal cell is left with a reason to stay: what remains of them is no longer personal
    only if it does not single anyone out. None when the table has no coarsened column or no such row.
    """
    coarse = [(g, name) for g in scope.target.groups if g.end is not None and g.end.kind in _COARSE for name in g.names]
    if not coarse:
        return None
    columns = tuple(name for _, name in coarse)
    over = and_(*(scope.ended(g) for g in scope.target.groups if g.end is not None), scope.all_over)
    cells = [scope.row.c[name] for name in columns]
    classes = select(func.count().label("size")).select_from(scope.joined).where(over).group_by(*cells).subquery()
    query = select(func.coalesce(func.sum(classes.c.size), 0), func.count().filter(classes.c.size == 1))
    (rows, alone), = warehouse.rows(query, name="disposal.uniqueness")
    return (int(alone) / int(rows), columns, int(rows)) if rows else None
