"""What becomes of a record: accepted, quarantined with reasons, or rejected; a batch at a time, in columns.

First each record by itself (can it be read, has it a key, is every value of its form), then all of a file together: records
that stand twice, and the expectations of the source. Who is on the do-not-return list is asked last, by `suppressed`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from governance.domain.errors import FeedRefused
from governance.policy.sources import Source, SourceField
from governance.reconciliation.files import Spooled
from governance.reconciliation.normalize import moments, normalize
from governance.reconciliation.read import BROKEN, LINE, read
from governance.suites.suite import Rows, Suite

ACCEPTED, QUARANTINED, REJECTED = "accepted", "quarantined", "rejected"
STATUS, REASONS, FLAGS, RECORD, RECORD_KEY = "_status", "_reasons", "_flags", "_record", "_record_key"
RAW, CLEAN, KEYS, OBSERVED = "_raw", "_clean", "_keys", "_observed"
ERASED, TWICE, SAME_KEY = "on the do-not-return list", "stands in the file before", "another record of the file has its key"
_FORMULA = r"^\s*([=@]|[+\-].*[\p{L}|!])"
_AND = "; "


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What only the whole file shows, by line: reasons to reject or to quarantine, and flags."""

    rejected: Mapping[int, str] = field(default_factory=dict)
    quarantined: Mapping[int, str] = field(default_factory=dict)
    flagged: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """records = accepted + quarantined + rejected. `reasons` counts records by status and reason; words of ours, never a value."""

    accepted: int = 0
    quarantined: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        return self.accepted + self.quarantined + self.rejected

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.accepted + other.accepted, self.quarantined + other.quarantined, self.rejected + other.rejected,
                      dict(Counter(self.reasons) + Counter(other.reasons)))


def judge(batch: pl.DataFrame, source: Source, file: str, arrived: datetime, now: datetime) -> pl.DataFrame:
    """Each record by itself. Beside `_line`: record, record key, status, reasons, flags, raw, clean, keys (JSON), observed (UTC).

    `file` is the digest of the file's bytes; `arrived` and `now` are naive, in UTC. What a source saw it cannot have seen later
    than now.
    """
    normals = {f.field: normalize(batch[f.field], f) for f in source.fields}
    observed = _observed(batch, source, min(arrived, now))
    frame = batch.with_columns(*(n.right.alias(f"{name} right") for name, n in normals.items()), observed.alias(OBSERVED))
    rejecting = [pl.col(BROKEN), *_complaints(source, "reject"),
                 pl.when(pl.col(BROKEN).is_null() & _keyless(source)).then(pl.lit("has no record key"))]
    waiting = [*_complaints(source, "quarantine"),
               pl.when(pl.col(OBSERVED) > now).then(pl.lit(f"{source.observed_at}: lies in the future"))]
    names = [f.field for f in source.fields]
    frame = frame.with_columns(
        pl.concat_str(rejecting, separator=_AND, ignore_nulls=True).alias("rejecting"),
        pl.concat_str(waiting, separator=_AND, ignore_nulls=True).alias("waiting"),
        pl.concat_str(_flags(source), separator=" ", ignore_nulls=True).alias(FLAGS),
        pl.concat_str([pl.col(k).str.strip_chars() for k in source.record_key], separator="\x1f").alias(RECORD_KEY),
        (pl.lit(f"{source.key}:{file[:16]}:") + pl.col(LINE).cast(pl.String)).alias(RECORD),
        pl.struct(names).struct.json_encode().alias(RAW))
    frame = frame.with_columns(n.clean.alias(name) for name, n in normals.items()).with_columns(
        pl.struct(names).struct.json_encode().alias(CLEAN))
    keyed = pl.DataFrame([n.key.alias(name) for name, n in normals.items()])
    frame = frame.with_columns(keyed.select(pl.struct(names).struct.json_encode().alias(KEYS))[KEYS])
    status = (pl.when(pl.col("rejecting") != "").then(pl.lit(REJECTED)).when(pl.col("waiting") != "").then(pl.lit(QUARANTINED))
              .otherwise(pl.lit(ACCEPTED)))
    reasons = pl.when(pl.col("rejecting") != "").then(pl.col("rejecting")).otherwise(pl.col("waiting"))
    return frame.select(LINE, RECORD, RECORD_KEY, status.alias(STATUS), reasons.alias(REASONS), FLAGS, RAW, CLEAN, KEYS, OBSERVED, *names)


def _complaints(source: Source, wrong: str) -> list[pl.Expr]:
    """Per field a sentence, or null. A record that cannot be read has no values to complain of."""
    found: list[pl.Expr] = []
    for one in (f for f in source.fields if f.wrong == wrong):
        found.append(pl.when(~pl.col(f"{one.field} right")).then(pl.lit(f"{one.field}: is not {_FORM_WORDS[one.form]}")))
        if one.required:
            found.append(pl.when(pl.col(one.field).is_null() & pl.col(BROKEN).is_null()).then(pl.lit(f"{one.field}: is missing")))
    return found or [pl.lit(None, pl.String)]


_FORM_WORDS = {"given_name": "a name", "family_name": "a name", "full_name": "a name", "email": "an e-mail address",
               "phone": "a phone number", "date": "a date", "moment": "a moment", "address": "an address",
               "text": "text that can be stored", "code": "a code", "number": "a number"}


def _keyless(source: Source) -> pl.Expr:
    return pl.any_horizontal(pl.col(k).is_null() for k in source.record_key)


def _flags(source: Source) -> list[pl.Expr]:
    """``field:formula`` for text that a spreadsheet would calculate, ``field:left_out`` for a value that was not taken."""
    found: list[pl.Expr] = []
    for one in source.fields:
        if one.form not in ("number", "moment", "date"):
            found.append(pl.when(pl.col(one.field).str.contains(_FORMULA)).then(pl.lit(f"{one.field}:formula")))
        if one.wrong == "leave_out":
            found.append(pl.when(~pl.col(f"{one.field} right")).then(pl.lit(f"{one.field}:left_out")))
    return found or [pl.lit(None, pl.String)]


def _observed(batch: pl.DataFrame, source: Source, arrived: datetime) -> pl.Series:
    plain = pl.Series([arrived], dtype=pl.Datetime("us"))
    if source.observed_at is None:
        return plain.new_from_index(0, batch.height)
    one = source.field(source.observed_at)
    return moments(batch[source.observed_at], one.formats if one else ()).fill_null(arrived)


# ---- the whole file ------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Examined:
    """A file judged but not taken. `content` is a sum over its records that does not depend on their order."""

    counts: Counts
    verdicts: Verdicts
    content: str


def examine(spooled: Spooled, source: Source, suite: Suite | None, now: datetime,
            erased: Callable[[pl.DataFrame], Iterable[str]] = lambda judged: ()) -> Examined:
    """Judge a whole file, batch by batch; of every record only its status and what tells it from others stays in memory, and the
    columns that the suite reads. `erased` names records of a judged batch. FeedRefused when the file cannot be taken as a whole."""
    where = f"source {source.key}, {spooled.file.ref}"
    arrived = spooled.file.changed_at.replace(tzinfo=None)
    seen: dict[int, int] = {}
    again: dict[int, str] = {}
    doubtful: dict[int, str] = {}
    total, slim, parts = 0, list[pl.DataFrame](), list[pl.DataFrame]()
    wanted = [f for f in source.fields if suite and f.field in {c for e in suite.expectations for c in e.columns}]
    for batch in read(spooled, source):
        judged = judge(batch, source, spooled.digest, arrived, now).with_columns(
            pl.col(RAW).hash(7).alias("content"), pl.col(RECORD_KEY).hash(11).alias("key"))
        total += int(judged["content"].cast(pl.Int128).sum())
        for line, key, content in judged.filter(pl.col(STATUS) != REJECTED).select(LINE, "key", "content").iter_rows():
            if key not in seen:
                seen[key] = content
            elif seen[key] == content:
                again[line] = TWICE
            else:
                doubtful[line] = SAME_KEY
        once = judged.filter((pl.col(STATUS) != REJECTED) & ~pl.col(LINE).is_in(list(again)))
        parts.append(once.select(LINE, *(typed(f) for f in wanted)))
        slim.append(without(judged, erased(judged)).select(LINE, STATUS, REASONS, FLAGS))
    broken, flagged = expected(suite, parts, where)
    for line, reason in broken.items():
        doubtful[line] = _AND.join(filter(None, (doubtful.get(line), reason)))
    verdicts = Verdicts(again, doubtful, flagged)
    counts = counted(concluded(pl.concat(slim), verdicts)) if slim else Counts()
    lost = counts.quarantined + counts.rejected - counts.reasons.get(f"{REJECTED}: {ERASED}", 0) - len(again)
    if lost > source.limits.not_accepted * counts.records:
        most = ", ".join(f"{told} ({n:,})" for told, n in sorted(counts.reasons.items(), key=lambda r: -r[1])[:3])
        raise FeedRefused(f"{lost:,} of {counts.records:,} records cannot be accepted: {most}", where=where,
                          fix="the file is probably not what was agreed; ask the source, or correct `fields:`")
    return Examined(counts, verdicts, f"{counts.records}:{total:x}")


def typed(one: SourceField) -> pl.Expr:
    return pl.col(one.field).cast(pl.Float64, strict=False) if one.form == "number" else pl.col(one.field)


def expected(suite: Suite | None, parts: Sequence[pl.DataFrame], where: str) -> tuple[dict[int, str], dict[int, str]]:
    """(lines that break a violation's expectation, lines that break a gap's), each with the rules. FeedRefused when there are
    fewer rows than expected."""
    if suite is None:
        return {}, {}
    from governance.suites.judge import run_suite

    if not parts:
        raise FeedRefused("is empty", where=where, fix="ask the source for the file again")
    frame = pl.concat(parts)
    lines = frame[LINE].to_list()
    broken: dict[int, list[str]] = {}
    flagged: dict[int, list[str]] = {}
    for result in run_suite(suite, frame.to_pandas()):
        if isinstance(result.expectation.expect, Rows) and (not result.holds or frame.is_empty()):
            raise FeedRefused(f"has {len(lines):,} records that can be read: {result.expectation.message}", where=where,
                              fix=result.expectation.remedy)
        kept = broken if result.expectation.otherwise == "violation" else flagged
        for place in result.broken:
            kept.setdefault(lines[place], []).append(result.expectation.rule)
    return {n: _AND.join(rules) for n, rules in broken.items()}, {n: " ".join(rules) for n, rules in flagged.items()}


def concluded(judged: pl.DataFrame, verdicts: Verdicts) -> pl.DataFrame:
    """A judged batch with what the whole file showed."""
    lines = judged[LINE]
    told = {name: pl.Series(name, [by_line.get(n) for n in lines], dtype=pl.String) for name, by_line in (
        ("again", verdicts.rejected), ("doubt", verdicts.quarantined), ("flag", verdicts.flagged))}
    frame = judged.with_columns(**told)
    rejected = pl.col(STATUS) == REJECTED
    reasons = (pl.when(rejected).then(pl.col(REASONS)).when(pl.col("again").is_not_null()).then(pl.col("again"))
               .otherwise(pl.concat_str(pl.when(pl.col(REASONS) != "").then(pl.col(REASONS)), "doubt", separator=_AND, ignore_nulls=True)))
    status = (pl.when(rejected | pl.col("again").is_not_null()).then(pl.lit(REJECTED))
              .when(pl.col("doubt").is_not_null()).then(pl.lit(QUARANTINED)).otherwise(pl.col(STATUS)))
    flags = pl.concat_str(pl.when(pl.col(FLAGS) != "").then(pl.col(FLAGS)), "flag", separator=" ", ignore_nulls=True)
    return frame.with_columns(status.alias(STATUS), reasons.alias(REASONS), flags.alias(FLAGS)).drop("again", "doubt", "flag")


def without(judged: pl.DataFrame, erased: Iterable[str]) -> pl.DataFrame:
    """A judged batch in which the records named are rejected: somebody of the do-not-return list is in them."""
    listed = pl.col(RECORD).is_in(list(erased)) & (pl.col(STATUS) != REJECTED)
    return judged.with_columns(pl.when(listed).then(pl.lit(ERASED)).otherwise(pl.col(REASONS)).alias(REASONS),
                               pl.when(listed).then(pl.lit(REJECTED)).otherwise(pl.col(STATUS)).alias(STATUS))


def counted(judged: pl.DataFrame) -> Counts:
    by_status = {row[0]: int(row[1]) for row in judged[STATUS].value_counts().iter_rows()}
    reasons: Counter[str] = Counter()
    for status, told, count in judged.filter(pl.col(REASONS) != "").group_by(STATUS, REASONS).len().iter_rows():
        reasons.update({f"{status}: {reason}": count for reason in str(told).split(_AND)})
    return Counts(by_status.get(ACCEPTED, 0), by_status.get(QUARANTINED, 0), by_status.get(REJECTED, 0), dict(reasons))


def objects(texts: pl.Series, names: Iterable[str]) -> pl.DataFrame:
    """JSON objects of texts as a frame, one text column per name."""
    kind: Any = pl.Struct(dict.fromkeys(names, pl.String))
    return pl.DataFrame({"object": texts.str.json_decode(kind)}).unnest("object")
