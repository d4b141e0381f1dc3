"""Subjects as records are compared with them: tokens of all of them, clear cells only of the few that a feed may be about."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

import polars as pl

from governance.domain.canonical import digest
from governance.domain.errors import Locked, PolicyError, TargetMissing
from governance.domain.schema import Family, Schema, Table
from governance.policy.linking import Golden, LinkModel
from governance.policy.model import Policy, SubjectKind
from governance.policy.sources import SourceField
from governance.reconciliation import sql_link as sql
from governance.reconciliation.golden import compared, token
from governance.reconciliation.normalize import normalize
from governance.reconciliation.tokens import Form, all_forms, fields_of, prepared, tokens
from governance.warehouse import StagedColumn, Warehouse

SLAB = 50_000
MOST_SHARING = 2_000  # a token of more subjects than this says nothing about any of them
_SPELLED = ("given_name", "family_name", "full_name", "email", "phone", "address")


@dataclass(frozen=True)
class Known:
    """What we know of the subjects of one kind, and how it is compared. `key` hashes tokens."""

    policy: Policy
    schema: Schema
    golden: Golden
    key: bytes

    @cached_property
    def kind(self) -> SubjectKind:
        return next(k for k in self.policy.subject_kinds if k.key == self.golden.kind)

    @cached_property
    def table(self) -> Table:
        table = self.schema.get(self.kind.identity.table)
        if table is None:
            raise TargetMissing("is the identity table of a subject kind and not in the warehouse", where=self.kind.identity.table,
                                fix="correct `identity:` in the policy")
        return table

    @cached_property
    def models(self) -> tuple[LinkModel, ...]:
        used = {s.link.model for s in self.policy.sources if s.subject_kind == self.golden.kind}
        return tuple(m for m in self.policy.link_models if m.key in used)

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        return all_forms(self.policy, self.golden.kind)

    @cached_property
    def fields(self) -> tuple[SourceField, ...]:
        """Compared fields that the identity table has, each with the form that sources give it."""
        found = []
        for name in fields_of(self.forms, self.models):
            column = self.golden.compared.get(name)
            if column is None:
                continue
            if self.table.column(column) is None:
                raise TargetMissing("is compared with feeds and not in the table", where=self.table.ref.column(column),
                                    fix=f"correct `compared:` of golden {self.golden.key}")
            found.append(SourceField(name=name, field=name, form=self._form(name)))
        return tuple(found)

    def _form(self, name: str) -> Any:
        forms = {f.form for s in self.policy.sources if s.subject_kind == self.golden.kind for f in s.fields if f.field == name}
        if len(forms) > 1:
            raise PolicyError(f"field {name} has several forms: {', '.join(sorted(forms))}", where="sources",
                              fix="give a field one form in all sources")
        return next(iter(forms), name if name in _SPELLED else "text")

    @cached_property
    def people(self) -> Any:
        """The query for all subjects: key, digest, and cells in the order of `fields`."""
        salt = digest([[f.name for f in self.forms], [(f.field, f.form) for f in self.fields]])[:12]
        return sql.subjects(self.table, self.kind.identity.key, [self.golden.compared[f.field] for f in self.fields], salt)

    def frame(self, rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
        """Rows of `people` as a frame of comparable values: `_id` and the fields."""
        cells = pl.DataFrame(rows, schema=["_id", "digest", *(f.field for f in self.fields)], orient="row",
                             schema_overrides=dict.fromkeys(("_id", "digest", *(f.field for f in self.fields)), pl.String))
        keys = [normalize(cells[f.field], f).key.alias(f.field) for f in self.fields]
        return prepared(cells.select("_id", "digest").with_columns(keys), fields_of(self.forms, self.models))


def refresh(warehouse: Warehouse, known: Known, now: datetime, wait: float = 600.0) -> int:
    """Bring the tokens up to what subjects look like now; how many subjects were read. Safe to repeat at any time.

    Tokens are of all sources, and several may be linked at once: whoever comes second waits, up to `wait` seconds, and finds the work
    done. Locked after that.
    """
    with ExitStack() as held:
        until = time.monotonic() + wait
        while True:
            try:
                held.enter_context(warehouse.lock(f"link.subjects:{known.golden.key}"))
                break
            except Locked:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.2)
        return _refreshed(warehouse, known, now)


def _refreshed(warehouse: Warehouse, known: Known, now: datetime) -> int:
    for table in (token, compared):
        warehouse.execute(sql.gone(known.people, table), name="link.forget_gone")
    read, naive = 0, now.replace(tzinfo=None)
    while rows := list(islice(warehouse.rows(sql.changed(known.people).limit(SLAB), name="link.changed"), SLAB)):
        frame = known.frame(rows)
        made = tokens(frame, known.forms, known.key).unique(["_id", "token"])
        text, whole = StagedColumn("subject_key", Family.TEXT), StagedColumn("token", Family.INTEGER)
        with (warehouse.stage([text, StagedColumn("digest", Family.TEXT)], frame.select("_id", "digest").rows()) as seen,
              warehouse.stage([text, whole], made.select("_id", "token").rows()) as staged, warehouse.transaction()):
            for table in (token, compared):
                warehouse.execute(sql.forget(table, seen), name="link.forget")
            warehouse.execute(sql.remember_tokens(staged, naive), name="link.tokens")
            warehouse.execute(sql.remember_compared(seen, naive), name="link.compared")
        read += len(rows)
        if len(rows) < SLAB:
            break
    return read


@dataclass(frozen=True)
class Shared:
    """Subjects that records share tokens with: (record, form, subject) for each, and how many subjects there are."""

    rows: pl.DataFrame
    total: int


def sharing(warehouse: Warehouse, known: Known, records: pl.DataFrame, forms: Sequence[Form]) -> Shared:
    """Who shares which token with the prepared `records`."""
    made = tokens(records, [f for f in forms if f.kind != "often"], known.key)
    columns = [StagedColumn("record", Family.TEXT), StagedColumn("form", Family.TEXT), StagedColumn("token", Family.INTEGER)]
    with warehouse.stage(columns, made.select("_id", "form", "token").rows()) as staged:
        found = list(warehouse.rows(sql.sharing(staged, MOST_SHARING), name="link.sharing"))
    total = int(warehouse.scalar(sql.count_subjects(), name="link.subjects") or 0)
    return Shared(pl.DataFrame(found, schema={"record": pl.String, "form": pl.String, "subject": pl.String}, orient="row"), total)


def cells(warehouse: Warehouse, known: Known, keys: Sequence[str]) -> pl.DataFrame:
    """The comparable values of these subjects only."""
    with warehouse.stage([StagedColumn("subject_key", Family.TEXT)], [(k,) for k in keys]) as staged:
        rows = list(warehouse.rows(sql.cells_of(known.people, staged), name="link.cells"))
    return known.frame(rows)


def shares(warehouse: Warehouse, known: Known, frame: pl.DataFrame, columns: Sequence[str], total: int) -> Mapping[str, pl.DataFrame]:
    """How frequent the values of `columns` are among all subjects: frames of value and share."""
    found = {}
    for column in columns:
        values = frame.select(pl.col(column).alias("_id")).drop_nulls().unique().with_columns(pl.col("_id").alias(column))
        made = tokens(values, [Form("often", (column,))], known.key)
        with warehouse.stage([StagedColumn("token", Family.INTEGER)], made.select("token").rows()) as staged:
            counted = pl.DataFrame(list(warehouse.rows(sql.numbers(staged), name="link.numbers")),
                                   schema={"token": pl.Int64, "number": pl.Int64}, orient="row")
        joined = made.join(counted, on="token")
        found[column] = joined.select(pl.col("_id").alias("value"), (pl.col("number") / max(total, 1)).alias("share"))
    return found
