"""What is computed outside the warehouse and staged beside the source: labels, classes, pseudonyms, shifts, redacted texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
from sqlalchemy import FromClause

from governance.depersonalization import sql
from governance.depersonalization.counting import Counted
from governance.depersonalization.labelling import labelled
from governance.depersonalization.outside import kind_of
from governance.depersonalization.pseudonyms import DomainKey, shifts, tokens
from governance.depersonalization.source import Source
from governance.domain.patterns import redact
from governance.domain.schema import Family
from governance.warehouse import StagedColumn, Warehouse

TEXT = Family.TEXT
_TOKENS = pa.schema([("spelled", pa.string()), ("token", pa.string())])
_SHIFTS = pa.schema([("subject_key", pa.string()), ("days", pa.int64())])
_TEXTS_KEPT = 4096


@contextmanager
def staged(warehouse: Warehouse, source: Source, found: FromClause, fitted: Counted,
           keys: Mapping[str, DomainKey]) -> Iterator[sql.Staged]:
    """Everything `sql.published` joins, until the block ends. `found` are the rows that may leave."""
    with ExitStack() as stack:
        labels, kept = stack.enter_context(labelled(warehouse, source, found, fitted))
        linked = {n: _tokens(stack, warehouse, found, n, keys[str(c.declared.transform.domain)])
                  for n, c in enumerate(source.columns) if c.kind == "pseudonymize"}
        moved = {n: _shifts(stack, warehouse, found, keys[str(c.declared.transform.domain)], c.declared.transform.days or 1)
                 for n, c in enumerate(source.columns) if c.kind == "shift"}
        redacted = tuple(n for n, c in enumerate(source.columns) if c.kind == "redact")
        texts = _texts(stack, warehouse, source, found, redacted) if redacted else None
        yield sql.Staged(labels, kept, linked, moved, texts, redacted)


def _tokens(stack: ExitStack, warehouse: Warehouse, found: FromClause, number: int, key: DomainKey) -> FromClause:
    values = list(warehouse.batches(sql.spellings(found, number), name="release.values"))
    batches = (pa.record_batch([batch.column(0), tokens(key, batch.column(0))], schema=_TOKENS) for batch in values)
    return stack.enter_context(warehouse.stage_batches(_TOKENS, batches))


def _shifts(stack: ExitStack, warehouse: Warehouse, found: FromClause, key: DomainKey, days: int) -> FromClause:
    people = list(warehouse.batches(sql.subjects(found), name="release.subjects"))
    batches = (pa.record_batch([batch.column(0), shifts(key, batch.column(0), days)], schema=_SHIFTS) for batch in people)
    return stack.enter_context(warehouse.stage_batches(_SHIFTS, batches))


def _texts(stack: ExitStack, warehouse: Warehouse, source: Source, found: FromClause, numbers: Sequence[int]) -> FromClause:
    """Texts without identifiers: those every pattern finds, and those of the row and of the person behind it."""
    governed = source.loaded.governed(source.table.ref)
    terms = [f.name for f in governed.collection.fields if f.is_personal and f.governance.role == "identifier"
             and source.table.column(f.name) is not None] if governed else []
    query = sql.texts(source, found, numbers, kind_of(source), terms)
    columns = [StagedColumn("row_key", TEXT), *(StagedColumn(f"x{n}", TEXT) for n in numbers)]
    read = list(warehouse.batches(query, name="release.texts"))  # a tenth of the memory of as many rows
    rows = (row for batch in read for row in zip(*(cells.to_pylist() for cells in batch.columns), strict=True))
    return stack.enter_context(warehouse.stage(columns, _redacted(rows, len(numbers))))


def _redacted(rows: Iterable[Sequence[Any]], count: int) -> Iterator[list[Any]]:
    """One row per key; an identity that stands in several rows adds all its words. Equal texts about one person are redacted once."""
    once = lru_cache(maxsize=_TEXTS_KEPT)(redact)
    for key, of_key in groupby(rows, key=itemgetter(0)):
        same = list(of_key)
        words = tuple(sorted({str(word) for row in same for word in row[1 + count:] if word}))
        yield [key, *(None if text is None else once(text, words) for text in same[0][1:1 + count])]
