"""Quarantined records again: those that a person repaired, or that a changed policy now accepts, leave the quarantine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import polars as pl

from governance.domain.errors import GovernanceError
from governance.domain.receipt import Receipt
from governance.policy.sources import Source
from governance.reconciliation import judge as by
from governance.reconciliation import sql
from governance.reconciliation.judge import ACCEPTED, REJECTED, SAME_KEY, STATUS, expected, objects, without
from governance.reconciliation.load import Loading, Progress, commit, owners, record_rows
from governance.reconciliation.read import BATCH, BROKEN, LINE
from governance.reconciliation.suppression import erased
from governance.reconciliation.tools import Tools
from governance.suites.suite import Expectation, Rows, Suite, Unique

FILE = "_file"
_SOURCE = ("record", "record_key", "file", "line", "raw", "reasons", "observed_at", "repaired_at")


def passing(tools: Tools, source: Source, now: datetime) -> pl.DataFrame:
    """Quarantined records of `source` that would be accepted now, judged, in the order of their ids."""
    rows = list(tools.warehouse.rows(sql.quarantined_of(source.key), name="reconcile.quarantined"))
    parts = [_judged(tools, source, rows[n:n + BATCH], now) for n in range(0, len(rows), BATCH)]
    return pl.concat(parts) if parts else pl.DataFrame()


def _judged(tools: Tools, source: Source, rows: Sequence[Sequence[object]], now: datetime) -> pl.DataFrame:
    held = pl.DataFrame(rows, schema=list(_SOURCE), orient="row", schema_overrides={"raw": pl.String, "repaired_at": pl.Datetime("us")})
    raw = objects(held["raw"], [f.field for f in source.fields])
    batch = raw.with_columns(held["line"].alias(LINE), pl.lit(None, pl.String).alias(BROKEN))
    # Each is judged as if it had just come; what it was called and when it was seen stays as it was.
    judged = by.judge(batch, source, "", now, now).with_columns(
        held["record"].alias(by.RECORD), held["file"].alias(FILE), held["observed_at"].cast(pl.Datetime("us")).alias(by.OBSERVED),
        _open(held, source, tools.suite(source)).alias("open"))
    fine = judged.filter((pl.col(STATUS) == ACCEPTED) & ~pl.col("open"))
    suite = _of_cells(tools.suite(source))
    if suite is not None and not fine.is_empty():
        numbered = fine.with_columns(pl.int_range(fine.height, dtype=pl.Int64).alias(LINE))
        wanted = [f for f in source.fields if f.field in {c for e in suite.expectations for c in e.columns}]
        part = numbered.select(LINE, *(by.typed(f) for f in wanted))
        broken, _ = expected(suite, [part], f"source {source.key}, quarantine")
        fine = fine.filter(~numbered[LINE].is_in(list(broken)))
    return without(fine, erased(tools, source, fine)).filter(pl.col(STATUS) != REJECTED).drop("open")


def _open(held: pl.DataFrame, source: Source, suite: Suite) -> pl.Series:
    """Whether only a person can say that the record may go: another record has its key, or what has to be unique is not."""
    rules = [SAME_KEY, *(e.rule for e in suite.expectations if isinstance(e.expect, Unique))]
    told = pl.any_horizontal(pl.col("reasons").str.contains(rule, literal=True) for rule in rules)
    return held.select((told & pl.col("repaired_at").is_null()).alias("open"))["open"]


def _of_cells(suite: Suite) -> Suite | None:
    """The expectations that are about one record, behind the count of rows every suite begins with."""
    cells: tuple[Expectation, ...] = tuple(e for e in suite.expectations if not isinstance(e.expect, Rows | Unique))
    if not cells:
        return None
    first = suite.expectations[0].model_copy(update={"expect": Rows(rows=1)})
    return suite.model_copy(update={"expectations": (first, *cells)})


def replay(tools: Tools, loading: Loading, done: set[int], on_batch: Progress) -> list[Receipt]:
    """Move every record that passes from quarantine to the source records; each batch in one transaction. What was moved before
    is in quarantine no more, so there is nothing to remember. At most as many as were planned."""
    written: list[Receipt] = []
    while True:
        fine = passing(tools, loading.source, loading.now).head(BATCH)
        if fine.is_empty():
            return written
        number = max(done, default=0) + 1
        written.append(commit(tools, loading, number, fine.height, partial(_move, tools, loading, fine)))
        done.add(number)
        on_batch(loading.step, written[-1])


def _move(tools: Tools, loading: Loading, fine: pl.DataFrame) -> int:
    fine = without(fine, erased(tools, loading.source, fine)).filter(pl.col(STATUS) != REJECTED)
    rows = record_rows(loading, fine, owners(tools, loading.source, fine), ACCEPTED)
    with tools.warehouse.stage(sql.RECORD_COLUMNS, rows.select([c.name for c in sql.RECORD_COLUMNS]).iter_rows()) as staged:
        tools.warehouse.execute(sql.store_records(staged), name="reconcile.store_accepted")
        tools.warehouse.execute(sql.forget_quarantined(staged), name="reconcile.forget_quarantined")
    tools.warehouse.execute(sql.end_replaced(loading.source.key, loading.now), name="reconcile.end_replaced")
    return fine.height


def repair(tools: Tools, record: str, field: str | None, value: str | None, by_whom: str) -> str:
    """Put `value` into a field of a quarantined record, or (no field) let it go as it is. GovernanceError for an unknown one.

    What was changed is evidence, without the value: a person answers for it. Returns the key of the record's source.
    """
    row = next(iter(list(tools.warehouse.rows(sql.quarantined(record), name="reconcile.quarantined"))), None)
    if row is None:
        raise GovernanceError("is not in quarantine", where=record, fix="governance feed quarantine list")
    source, raw = tools.source(str(row[0])), json.loads(row[1] or "{}")
    if field is not None and source.field(field) is None:
        raise GovernanceError(f"source {source.key} has no field {field}", where=record,
                              fix="one of " + ", ".join(f.field for f in source.fields))
    if field is not None:
        raw[field] = value
    at = datetime.now(UTC)
    tools.ledger.record("feed.repaired", {"record": record, "source": source.key, "field": field or "", "by": by_whom})
    tools.warehouse.execute(sql.repair(record, json.dumps(raw, ensure_ascii=False), at.replace(tzinfo=None), by_whom),
                            name="reconcile.repair")
    return source.key
