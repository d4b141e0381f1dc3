"""The WRITE step: what linked records say becomes field values, or fraud signals, once every gate is passed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from governance.domain.plan import Step
from governance.domain.receipt import Receipt
from governance.domain.schema import Family, Schema
from governance.policy.linking import Golden
from governance.reconciliation import sql_link, sql_write
from governance.reconciliation.consents import living
from governance.reconciliation.fraud import signal
from governance.reconciliation.gates import Counts, Gate, allow, basis, stop
from governance.reconciliation.golden import field_value
from governance.reconciliation.golden import signal as signal_table
from governance.reconciliation.link import known_subjects
from governance.reconciliation.steps import Batch, Progress, Work, carry_out

_VALUE_TYPES = {"confidence": Family.NUMBER, "observed_at": Family.TIMESTAMP, "written_at": Family.TIMESTAMP}
_SIGNAL_TYPES = {"score": Family.NUMBER, "observed_at": Family.TIMESTAMP, "written_at": Family.TIMESTAMP, "expires_at": Family.TIMESTAMP}
REPLACED = "a later record took its place"


def write_values(work: Work, step: Step, on_batch: Progress = lambda step, receipt: None) -> list[Receipt]:
    """Write what linked records of the source say and was not written yet. Safe to repeat at any time."""
    known = known_subjects(work)

    def think(work: Work, step: Step, rows: Sequence[Any]) -> list[Batch]:
        batches: dict[int, list[Any]] = {}
        for row in rows:
            batches.setdefault(int(row[0]), []).append(row)
        return [Batch(number, len(mine), lambda stack, mine=mine: _write(work, stack, known.golden, known.schema, mine))  # type: ignore[misc]
                for number, mine in batches.items()]

    return carry_out(work, step, sql_write.due(work.source.key, work.source.signals is not None), think, on_batch)


def _write(work: Work, stack: ExitStack, golden: Golden, schema: Schema, rows: Sequence[Any]) -> tuple[Counts, int]:
    """All gates in their order, inside the transaction that writes. Counts and the records of which something was written."""
    counts: Counts = Counter()
    ended = [row[1] for row in rows if row[7] is not None]
    if ended:
        staged = stack.enter_context(work.stage(["record"], [(r,) for r in ended]))
        work.warehouse.execute(sql_write.end_values(staged, work.plan, REPLACED, work.naive), name="write.end_values")
        counts[Gate.DONE.value, "ended: " + REPLACED] += len(ended)
    current = {row[1]: row for row in rows if row[7] is None}
    refused = basis(work.policy, work.source)
    if refused:
        stop(counts, Gate.BASIS, refused, current)
        return counts, len(ended)
    _remove(current, counts, Gate.SUPPRESSION, "on the do-not-return list", work.erased([(r, row[5]) for r, row in current.items()]))
    links = _links(work, stack, current, golden, counts)
    subjects = stack.enter_context(work.stage(["subject_key"], [(s,) for s in sorted({link[1] for link in links.values()})]))
    consents = living(work.warehouse, schema, work.policy, golden.kind, subjects, work.now)
    if work.source.signals is not None:
        prepared = _signals(work, current, links, counts)
    else:
        prepared = _values(work, golden, current, links, consents, counts)
    # The list is read again where nobody can enter it any more without waiting for this transaction.
    again = work.erased([(r, current[r][5]) for r in {p[0] for p in prepared}])
    stop(counts, Gate.AGAIN, "came on the do-not-return list meanwhile", again)
    kept = [row for record, row in prepared if record not in again]
    counts[Gate.DONE.value, "signals" if work.source.signals else "values"] += len(kept)
    if kept and work.source.signals is not None:
        staged = stack.enter_context(work.stage(sql_write.SIGNALS, kept, **_SIGNAL_TYPES))
        work.warehouse.execute(sql_link.append(signal_table, sql_write.SIGNALS, staged), name="write.signals")
    elif kept:
        staged = stack.enter_context(work.stage(sql_write.VALUES, kept, **_VALUE_TYPES))
        work.warehouse.execute(sql_link.append(field_value, sql_write.VALUES, staged), name="write.values")
    return counts, len(ended) + len({record for record, _ in prepared if record not in again})


def _remove(current: dict[str, Any], counts: Counts, gate: Gate, reason: str, stopped: set[str]) -> None:
    gone = stopped & current.keys()
    stop(counts, gate, reason, gone)
    for record in gone:
        del current[record]


def _links(work: Work, stack: ExitStack, current: dict[str, Any], golden: Golden, counts: Counts) -> dict[str, tuple[str, str, float]]:
    """record -> (link, subject, confidence), of links that stand and subjects who have not asked us to stop."""
    staged = stack.enter_context(work.stage(["record"], [(r,) for r in current]))
    found = {record: (link, str(subject), 1.0 if probability is None else float(probability)) for record, link, subject, probability
             in list(work.warehouse.rows(sql_write.standing(staged), name="write.links"))}
    _remove(current, counts, Gate.LINK, "no link stands any more", current.keys() - found.keys())
    people = stack.enter_context(work.stage(["subject_key"], [(s,) for s in sorted({f[1] for f in found.values()})]))
    asking = {str(row[0]) for row in list(work.warehouse.rows(sql_link.asking(golden.kind, people), name="write.asking"))}
    _remove(current, counts, Gate.LINK, "a request of the subject is open", {r for r, f in found.items() if f[1] in asking})
    return {record: f for record, f in found.items() if record in current}


def _values(work: Work, golden: Golden, current: Mapping[str, Any], links: Mapping[str, tuple[str, str, float]],
            consents: Mapping[str, Mapping[str, str]], counts: Counts) -> list[tuple[str, tuple[Any, ...]]]:
    made = []
    for record, (link, subject, confidence) in sorted(links.items()):
        clean = json.loads(current[record][5] or "{}")
        for field in golden.fields:
            value = clean.get(field.name)
            if not value or work.source.field(field.name) is None:
                continue
            allowed = allow(work.policy, work.source, field, consents.get(subject, {}))
            if allowed.gate is not None:
                counts[allowed.gate.value, f"{field.name}: {allowed.reason}"] += 1
                continue
            plain, consented = (None, value) if allowed.needs_consent else (value, None)
            made.append((record, (f"{link}#{field.name}", subject, field.name, plain, consented, work.source.key, record, link,
                                  "|" + "|".join(allowed.purposes) + "|", "|".join(allowed.consents), confidence,
                                  current[record][6], work.naive, work.plan, None, "")))
    return made


def _signals(work: Work, current: Mapping[str, Any], links: Mapping[str, tuple[str, str, float]],
             counts: Counts) -> list[tuple[str, tuple[Any, ...]]]:
    assert work.source.signals is not None
    made = []
    for record, (link, subject, _) in sorted(links.items()):
        observed: datetime = current[record][6]
        found = signal(work.source.signals, json.loads(current[record][5] or "{}"), observed)
        if found is None:
            counts[Gate.FIELD.value, "names no kind of signal"] += 1
        elif found.expires_at <= work.naive:
            counts[Gate.FIELD.value, "expired before it came"] += 1
        else:
            made.append((record, (f"{link}#signal", subject, found.kind, found.score, work.source.key, record, link, observed, work.naive,
                                  found.expires_at, work.plan)))
    return made
