"""Profile a table and take a bounded sample of its distinct values, in as few statements as the engine's limits allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from governance.discovery import sql
from governance.discovery.sample import Sample, TableScan
from governance.domain.schema import Column, Family, Table
from governance.warehouse import Warehouse

SAMPLED = 400  # distinct values per column
SUSPECTS = 200  # of long texts, besides
_PROFILED_AT_ONCE = 200  # four expressions a column; PostgreSQL returns at most 1,664
_SAMPLED_AT_ONCE = 25
_LONG_TEXT = 15.0  # mean characters from which a text may hold a sentence
_READABLE = frozenset(Family) - {Family.BINARY}
_SAMPLED_FAMILIES = _READABLE - {Family.BOOLEAN}


def scan(warehouse: Warehouse, table: Table, *, sampled: int = SAMPLED) -> TableScan:
    """The samples of `table`. Nothing is created in the warehouse and no value is written anywhere.

    Statements: one per 200 columns for the profile, one per 25 for the values, one per 25 columns of long text.
    WarehouseError when the account may not read the table.
    """
    columns = [c for c in table.columns if c.family in _READABLE]
    samples: dict[str, Sample] = {}
    rows = statements = 0
    for some in _chunks(columns, _PROFILED_AT_ONCE):
        [found] = list(warehouse.rows(sql.profile(table, some), name="discovery.profile"))
        statements += 1
        rows = int(found[0])
        for k, c in enumerate(some):
            filled, shortest, longest, mean = found[1 + 4 * k : 5 + 4 * k]
            samples[c.name] = Sample(
                c,
                table.ref,
                (),
                rows,
                int(filled),
                0,
                int(shortest or 0),
                int(longest or 0),
                float(mean or 0.0),
                key=_is_key(table, c),
                refers=any(c.name in f.columns for f in table.foreign_keys),
            )
    wanted = [c for c in columns if c.family in _SAMPLED_FAMILIES and samples[c.name].filled]
    for some in _chunks(wanted, _SAMPLED_AT_ONCE):
        statements += 1
        values: dict[int, list[str]] = {}
        distinct: dict[int, int] = {}
        for k, value, _held, distincts in warehouse.rows(sql.distinct_values(table, some, sampled), name="discovery.values"):
            values.setdefault(int(k), []).append(str(value).strip())
            distinct[int(k)] = int(distincts)
        for k, c in enumerate(some):
            samples[c.name] = replace(
                samples[c.name], values=tuple(v for v in values.get(k, ()) if v), distinct=distinct.get(k, 0)
            )
    long = [
        c
        for c in wanted
        if samples[c.name].distinct > sampled
        and samples[c.name].mean_length >= _LONG_TEXT
        and c.family in (Family.TEXT, Family.JSON, Family.OTHER)
        and any(" " in v or v[:1] in "{[" for v in samples[c.name].values)
    ]
    for some in _chunks(long, _SAMPLED_AT_ONCE):
        statements += 1
        suspects: dict[int, list[str]] = {}
        for k, value, *_ in warehouse.rows(sql.suspect_values(table, some, SUSPECTS), name="discovery.suspects"):
            suspects.setdefault(int(k), []).append(str(value).strip())
        for k, c in enumerate(some):
            samples[c.name] = replace(samples[c.name], suspects=tuple(suspects.get(k, ())))
    return TableScan(table.ref, rows, tuple(samples[c.name] for c in columns), statements)


def _is_key(table: Table, c: Column) -> bool:
    return table.primary_key == (c.name,) or (c.name,) in table.uniques


def _chunks(columns: Sequence[Column], size: int) -> Iterator[Sequence[Column]]:
    for start in range(0, len(columns), size):
        yield columns[start : start + size]
