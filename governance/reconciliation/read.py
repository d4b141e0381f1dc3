"""From plain bytes to records: batches of raw texts by canonical field, or the reason why a record cannot be read.

Nothing is interpreted here: every value stays the text it was. Lines count from 1, as an editor shows them.
"""

from __future__ import annotations

import csv
import io
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import polars as pl

from governance.domain.errors import FeedRefused
from governance.policy.sources import Source
from governance.reconciliation.dialect import delimiter_of, encoding_of, tidy
from governance.reconciliation.files import Spooled

BATCH = 20_000
LINE, BROKEN = "_line", "_broken"
MOST_LINES = 64  # of one record; more is a quote that nobody closed
_RAISE = "raise `limits:` of the source, if that is right"
NUL = "\ufffd"  # what stands for a character that no engine can store


@dataclass(frozen=True, slots=True)
class Shape:
    """What was found out about a file: `undeclared` columns are counted, never read."""

    encoding: str
    delimiter: str
    undeclared: int


def read(spooled: Spooled, source: Source, size: int = BATCH) -> Iterator[pl.DataFrame]:
    """Batches of records: a text column per canonical field (null: not given), `_line`, and `_broken` (null, or why the
    record cannot be read). FeedRefused when the whole file cannot be taken. Batches end at the same records every time.
    """
    where = f"source {source.key}, {spooled.file.ref}"
    spooled.content.seek(0)
    match source.format.kind:
        case "csv":
            rows = _csv(spooled.content, source, where)
        case "jsonl":
            rows = _jsonl(spooled.content, source, where)
        case _:
            rows = _parquet(spooled.content, source, where)
    names = [f.field for f in source.fields]
    schema: dict[str, Any] = {LINE: pl.Int64, BROKEN: pl.String, **dict.fromkeys(names, pl.String)}
    batch: list[tuple[Any, ...]] = []
    for total, row in enumerate(rows, 1):
        if total > source.limits.rows:
            raise FeedRefused(f"has more than {source.limits.rows:,} records", where=where, fix=_RAISE)
        batch.append(row)
        if len(batch) == size:
            yield _framed(batch, schema)
            batch = []
    if batch:
        yield _framed(batch, schema)


def _framed(batch: Sequence[tuple[Any, ...]], schema: Mapping[str, Any]) -> pl.DataFrame:
    frame = pl.DataFrame(batch, schema=dict(schema), orient="row")
    texts = [n for n in schema if n not in (LINE, BROKEN)]
    return frame.with_columns(pl.when(pl.col(n).str.strip_chars() != "").then(pl.col(n)).alias(n) for n in texts)


# ---- CSV ---------------------------------------------------------------------------------------------------------------

class _Lines:
    """Physical lines, handed to the reader one by one, which may be put back when a quote swallowed them."""

    def __init__(self, text: IO[str], limit: int, where: str) -> None:
        self.text, self.limit, self.where = text, limit, where
        self.back: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        self.last = "\n"

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES:
            raise _Unclosed
        line = self.back.popleft() if self.back else self.text.readline(self.limit)
        if not line:
            raise StopIteration
        if len(line) >= self.limit and not line.endswith(("\n", "\r")):
            raise FeedRefused(f"has a line of more than {self.limit:,} characters", where=self.where,
                              fix="correct `format:`, or raise `record_bytes:` of the source")
        self.taken.append(line)
        self.last = line
        return line

    def begin(self) -> int:
        """Forget the record before; the number of the line the next one begins on."""
        self.number += len(self.taken)
        self.taken = []
        return self.number + 1

    def give_up(self) -> None:
        """All but the first line of this record are read again."""
        self.back.extendleft(reversed(self.taken[1:]))
        self.taken = self.taken[:1]


class _Unclosed(Exception):
    pass


def _csv(content: IO[bytes], source: Source, where: str) -> Iterator[tuple[Any, ...]]:
    encoding = encoding_of(content, source, where)
    text = io.TextIOWrapper(content, encoding, newline="")
    try:
        lines = _Lines(text, source.limits.record_bytes, where)
        yield from _csv_rows(lines, source, where)
    finally:
        if not content.closed:  # who stops reading early may have closed it
            text.detach()


def _csv_rows(lines: _Lines, source: Source, where: str) -> Iterator[tuple[Any, ...]]:
    first = next(lines, "")
    lines.back.appendleft(first)
    lines.taken = []
    dialect = {"delimiter": delimiter_of([first], source), "quotechar": source.format.quote, "strict": True}
    csv.field_size_limit(source.limits.record_bytes)
    header = next(csv.reader(lines, **dialect), [])  # type: ignore[arg-type]
    places = _places(header, source, where)
    reader = csv.reader(lines, **dialect)  # type: ignore[arg-type]
    names = [f.field for f in source.fields]
    nothing = (None,) * len(names)
    broken_last = False
    while True:
        number = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            break
        except (csv.Error, _Unclosed):
            lines.give_up()
            reader = csv.reader(lines, **dialect)  # type: ignore[arg-type]
            broken_last = True
            yield (number, "its quotes do not end", *nothing)
            continue
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            continue
        broken_last = len(cells) != len(header)
        if broken_last:
            yield (number, f"has {'fewer' if len(cells) < len(header) else 'more'} cells than the first line", *nothing)
        else:
            yield (number, None, *(None if p is None else cells[p].replace("\0", NUL) for p in places))
    if broken_last and not lines.last.endswith(("\n", "\r")):
        raise _cut_off(where)


def _places(header: Sequence[str], source: Source, where: str) -> list[int | None]:
    """Where each declared field stands. Names in the file are never repeated: a file without a first line has people there."""
    there = [tidy(name) for name in header]
    wanted = [tidy(f.name) for f in source.fields]
    known = set(there) & set(wanted)
    if not known:
        raise FeedRefused("the first line does not name the declared fields", where=where,
                          fix="ask the source for a first line with names, or correct `format:` and `fields:`")
    missing = [f.name for f, name in zip(source.fields, wanted, strict=True) if name not in known and _needed(source, f.field)]
    if missing:
        more = len(set(there) - set(wanted))
        renamed = f"; {more} columns that nobody declared are there instead" if more else ""
        raise FeedRefused(f"has no column {', '.join(missing)}{renamed}", where=where,
                          fix="ask the source what changed, or correct `fields:` of the source")
    twice = sorted({name for name in known if there.count(name) > 1})
    if twice:
        raise FeedRefused(f"names a column twice: {', '.join(f.name for f in source.fields if tidy(f.name) in twice)}", where=where,
                          fix="ask the source which of the two counts")
    return [there.index(name) if name in known else None for name in wanted]


def _needed(source: Source, field: str) -> bool:
    found = source.field(field)
    return field in source.record_key or (found is not None and found.required)


# ---- JSON lines --------------------------------------------------------------------------------------------------------

def _jsonl(content: IO[bytes], source: Source, where: str) -> Iterator[tuple[Any, ...]]:
    encoding = encoding_of(content, source, where)
    text = io.TextIOWrapper(content, encoding, newline=None)
    paths = [f.name.split(".") for f in source.fields]
    nothing = (None,) * len(paths)
    limit, number, broken, ended = source.limits.record_bytes, 0, 0, True
    readable: set[str] = set()
    try:
        while line := text.readline(limit):
            number += 1
            ended = line.endswith("\n")
            if len(line) >= limit and not ended:
                raise FeedRefused(f"has a line of more than {limit:,} characters", where=where,
                                  fix="correct `format:`, or raise `record_bytes:` of the source")
            if not line.strip():
                continue
            problem, cells = _object(line, paths)
            if problem is not None:
                broken += 1
                if not ended:
                    raise _cut_off(where)
                yield (number, problem, *nothing)
                continue
            readable |= {f.field for f, cell in zip(source.fields, cells, strict=True) if cell is not None}
            yield (number, None, *cells)
    finally:
        if not content.closed:  # who stops reading early may have closed it
            text.detach()
    missing = [f.name for f in source.fields if _needed(source, f.field) and f.field not in readable]
    if number and missing:
        raise FeedRefused(f"no record has {', '.join(missing)}", where=where,
                          fix="ask the source what changed, or correct `fields:` of the source")


def _object(line: str, paths: Sequence[Sequence[str]]) -> tuple[str | None, tuple[str | None, ...]]:
    try:
        found = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return "is not JSON", ()
    if not isinstance(found, dict):
        return "is not a JSON object", ()
    return None, tuple(_text(_at(found, path)) for path in paths)


def _at(found: Any, path: Sequence[str]) -> Any:
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case str():
            # A lone half of a pair is no character that can be stored.
            return value.replace("\0", NUL).encode("utf-8", "replace").decode()
        case bool():
            return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


# ---- Parquet -----------------------------------------------------------------------------------------------------------

def _parquet(content: IO[bytes], source: Source, where: str) -> Iterator[tuple[Any, ...]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(content)
        groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    except (pa.ArrowException, OSError):
        raise FeedRefused("is not Parquet that can be read", where=where,
                          fix="ask the source for the file again; it may be cut off") from None
    if sum(g.total_byte_size for g in groups) > source.limits.bytes or file.metadata.num_rows > source.limits.rows:
        raise FeedRefused("is larger than declared", where=where, fix=_RAISE)
    columns = list(file.schema_arrow.names)
    places = _places(columns, source, where)
    chosen = [columns[p] for p in places if p is not None]
    number = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH, columns=chosen):
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
            frame = frame.select(pl.col(c).cast(pl.String, strict=False).str.replace_all("\0", NUL, literal=True) for c in chosen)
            for row in frame.iter_rows():
                number += 1
                cells = iter(row)
                yield (number, None, *(None if p is None else next(cells) for p in places))
    except (pa.ArrowException, OSError):
        raise FeedRefused("ends in the middle", where=where, fix="ask the source for the file again; nothing of it was taken") from None


def _cut_off(where: str) -> FeedRefused:
    return FeedRefused("ends in the middle of a record", where=where, fix="ask the source for the file again; nothing of it was taken")
