"""Publishing a table: built beside the old one as ``target__vN``, shown by a view that is switched in one transaction.

A view over a renamed table would keep showing the old one, so `target` is the view and its tables carry versions. Versions are
known by their comment; one that a killed run left behind goes with the next success.
"""

from __future__ import annotations

from collections.abc import Iterable

from governance.domain.errors import WarehouseError
from governance.domain.names import TableRef
from governance.domain.schema import RELEASED, Schema

_LONGEST_NAME = 63  # bytes PostgreSQL keeps of a name; it cuts the rest in silence


def mark(target: TableRef, *, released: bool = False) -> str:
    """The comment that says whose version a table is."""
    return f"{RELEASED}, a version of {target}" if released else f"governance: a version of {target}"


def shows(target: TableRef) -> str:
    """The comment of the view that shows a release."""
    return f"{RELEASED}, {target}"


def versions(schema: Schema, target: TableRef) -> tuple[TableRef, ...]:
    """Every version of `target` there is."""
    marks = (mark(target), mark(target, released=True))
    return tuple(t.ref for t in (*schema.tables, *schema.releases) if t.ref.schema == target.schema and t.comment in marks)


def next_version(schema: Schema, target: TableRef, at_least: int = 1) -> TableRef:
    """The first free name after all versions, not below `at_least`. WarehouseError when something else bears the target's name."""
    shown = schema.get(target)
    if shown is not None and (shown.kind != "view" or not versions(schema, target)):
        raise WarehouseError(f"is a {shown.kind} that was not published from here, and publishing would replace it", where=target,
                             fix="publish under another name, or drop it first")
    number = max(at_least, 1 + max((_number(ref.table) for ref in versions(schema, target)), default=0))
    taken = {t.ref for t in (*schema.tables, *schema.releases)}
    while (ref := TableRef(target.schema, version_name(target.table, number))) in taken:
        number += 1
    return ref


def version_name(table: str, number: int) -> str:
    """`table` with its version, cut to what every engine keeps of a name."""
    ending = f"__v{number}"
    room = _LONGEST_NAME - len(ending)
    return table.encode()[:room].decode(errors="ignore") + ending


def _number(name: str) -> int:
    ending = name.rpartition("__v")[2]
    return int(ending) if ending.isdecimal() else 0


def old_versions(schema: Schema, target: TableRef, keep: TableRef) -> Iterable[TableRef]:
    return (ref for ref in versions(schema, target) if ref != keep)
