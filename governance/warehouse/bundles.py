"""Keys of many rows in one row of the work set: written once, read as if each stood in a row of its own.

A row for every key costs more to write and to take away again than what is done to the row of the data it names.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Insert, Integer, Subquery, Text, case, func, insert, null, select

from governance.warehouse.control import work

SIZE = 2_000  # keys; one of 20,000 is no faster to read and is written whole again when a hold takes one key out
LISTS = {"key_int": (work.c.keys_int, BigInteger()), "key_text": (work.c.keys_text, Text()),
         "copies": (work.c.copies, Integer()), "subjects": (work.c.subjects, Text())}


def write(*groups: ColumnElement[Any], plan: ColumnElement[str], step: ColumnElement[int], batch: ColumnElement[int],
          part: ColumnElement[int], mask: ColumnElement[int], held: ColumnElement[bool], rows: ColumnElement[int],
          **lists: ColumnElement[Any]) -> Insert:
    """Write one bundle for each group. `lists` are those of its keys, by the names of their columns; what is not named is null."""
    given: dict[str, ColumnElement[Any]] = {"plan": plan, "step": step, "batch": batch, "part": part, "mask": mask, "held": held,
                                            "rows": rows, **lists}
    return insert(work).from_select(list(given), select(*given.values()).group_by(*groups))


def each_key(*conditions: ColumnElement[bool]) -> Subquery:
    """The bundles under `conditions` with a row for each key: plan, step, batch, part, mask, held, key_int, key_text, copies,
    subjects. A list that a bundle does not have gives nulls; `copies` null is one copy."""
    c = work.c
    lists = [func.unnest(stored, type_=kind).label(name) for name, (stored, kind) in LISTS.items()]
    return select(c.plan, c.step, c.batch, c.part, c.mask, c.held, *lists).where(*conditions).subquery()


def keys_only(name: str, *conditions: ColumnElement[bool]) -> Subquery:
    """As `each_key`, only the column `name`: what a join needs."""
    stored, kind = LISTS[name]
    return select(func.unnest(stored, type_=kind).label(name)).where(*conditions).subquery()


def listed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The values of a group as a list, in one order for all lists of a statement; null where every value is null."""
    return case((func.count(value) > 0, func.array_agg(value, type_=ARRAY(value.type))), else_=null())
