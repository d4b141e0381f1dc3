"""The LINK step: records of a source to subjects, by exact keyed tokens, then by a model. Ties wait in a queue for a person."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import polars as pl
from sqlalchemy import Select, select

from governance.domain.errors import PolicyError
from governance.domain.plan import Step
from governance.domain.receipt import Receipt
from governance.domain.schema import Family
from governance.keys import Keys
from governance.policy.linking import LinkModel
from governance.policy.model import Policy
from governance.policy.sources import Source
from governance.reconciliation import sql_link as sql
from governance.reconciliation.blocks import fields_of, frequent_columns, with_blocks
from governance.reconciliation.decide import NOBODY, Decision, Outcome, Scored, decide
from governance.reconciliation.gates import Counts, Gate, basis, stop
from governance.reconciliation.golden import conflict, link
from governance.reconciliation.steps import Batch, Progress, Work, carry_out
from governance.reconciliation.subjects import Known, cells, refresh, shares, sharing
from governance.reconciliation.tables import source_record
from governance.reconciliation.tokens import LINKING, exact, of_model, prepared
from governance.reconciliation.tokens import fields_of as wanted_of

_LEAST = 0.001  # a candidate below this probability is nobody's tie
_LINK_TYPES = {"weight": Family.NUMBER, "probability": Family.NUMBER, "at": Family.TIMESTAMP}


def link_records(work: Work, step: Step, on_batch: Progress = lambda step, receipt: None) -> list[Receipt]:
    """Link every record of the source that is linked to nobody and waits for nobody. Safe to repeat at any time."""
    known = known_subjects(work)
    refresh(work.warehouse, known, work.now)
    return carry_out(work, step, due(work.source), lambda w, s, rows: _think(w, s, known, rows), on_batch)


def due(source: Source) -> Select[Any]:
    """Records of the source that are linked to nobody and wait for nobody."""
    return select(source_record.c.record).where(sql.open_records(source.key))


def known_subjects(work: Work) -> Known:
    """The subjects that the source's records may be about. PolicyError when no golden record is declared for their kind."""
    golden = next((g for g in work.policy.golden if g.kind == work.source.subject_kind), None)
    if golden is None:
        raise PolicyError(f"no golden record is declared for {work.source.subject_kind}", where=f"source {work.source.key}",
                          fix="declare it under `golden:`")
    return Known(work.policy, work.warehouse.schema(), golden, linking_key(work.tools.keys))


def linking_key(keys: Keys) -> bytes:
    """The key of tokens, made on first use: without it the tokens that stand are only forgotten and made again."""
    keys.create(LINKING)
    return keys.read(LINKING)


def model_of(policy: Policy, source: Source) -> LinkModel | None:
    return next((m for m in policy.link_models if m.key == source.link.model), None)


def decisions(work: Work, known: Known, folded: Mapping[str, str]) -> dict[str, Decision]:
    """A decision per record; `folded` maps records to the JSON of their folded values."""
    source, model = work.source, model_of(work.policy, work.source)
    forms = (*exact(source.link.exact), *(of_model(model) if model else ()))
    names = wanted_of(forms, [model] if model else [])
    told = [json.loads(text or "{}") for text in folded.values()]
    frame = prepared(pl.DataFrame({"_id": list(folded), **{n: pl.Series([t.get(n) for t in told], dtype=pl.String) for n in names}},
                                  schema_overrides={"_id": pl.String}), names)
    shared = sharing(work.warehouse, known, frame, forms)
    found: dict[str, dict[str, set[str]]] = {}
    for record, form, subject in shared.rows.filter(pl.col("form").str.starts_with("exact ")).iter_rows():
        found.setdefault(record, {}).setdefault(form, set()).add(subject)
    scored = _scored(work, known, model, frame.filter(~pl.col("_id").is_in(list(found))), shared.rows, shared.total) if model else {}
    name = f"model {model.key} v{model.version}" if model else ""
    return {record: decide(source.link, {f: frozenset(s) for f, s in found.get(record, {}).items()}, scored.get(record, ()), name)
            for record in folded}


def _scored(work: Work, known: Known, model: LinkModel, records: pl.DataFrame, shared: pl.DataFrame,
            total: int) -> dict[str, list[Scored]]:
    """Only subjects that share a block with a record are read in clear."""
    from governance.reconciliation.splink_model import score

    near = shared.join(records.select(pl.col("_id").alias("record")), on="record", how="semi")
    candidates = near["subject"].unique().sort().to_list()
    if not candidates:
        return {}
    people = cells(work.warehouse, known, candidates)
    wanted = [pl.col("_id"), *(pl.col(c) for c in dict.fromkeys((*fields_of(model), *frequent_columns(model))))]
    left, right = (with_blocks(f.with_columns(pl.lit(None, pl.String).alias(c) for c in fields_of(model) if c not in f.columns)
                               .select(wanted), model) for f in (people, records))
    often = shares(work.warehouse, known, pl.concat([left, right]), frequent_columns(model), total)
    found: dict[str, list[Scored]] = {}
    for record, subject, weight, probability in score(model, right, left, total, often, _LEAST).iter_rows():
        found.setdefault(record, []).append(Scored(subject, weight, probability))
    return found


def _think(work: Work, step: Step, known: Known, rows: Sequence[Any]) -> list[Batch]:
    batches: dict[int, list[Any]] = {}
    for row in rows:
        batches.setdefault(int(row[0]), []).append(row)
    refused = basis(work.policy, work.source)
    made = {} if refused else decisions(work, known, {row[1]: row[4] for row in rows})
    return [Batch(number, len(mine), lambda stack, mine=mine: _write(work, stack, refused, mine, made))  # type: ignore[misc]
            for number, mine in batches.items()]


def _write(work: Work, stack: ExitStack, refused: str, rows: Sequence[Any],
           made: Mapping[str, Decision]) -> tuple[Counts, int]:
    counts: Counts = Counter()
    records = {row[1] for row in rows}
    if refused:
        stop(counts, Gate.BASIS, refused, records)
        return counts, 0
    out = work.erased([(row[1], row[5]) for row in rows])
    stop(counts, Gate.SUPPRESSION, "on the do-not-return list", out)
    links, conflicts = [], []
    for record in sorted(records - out):
        decision = made.get(record, NOBODY)
        told = decision.reason if decision.outcome is Outcome.CONFLICT else decision.outcome.value
        counts[Gate.LINK.value, f"{decision.outcome}: {told}" if told != decision.outcome else told] += 1
        if decision.outcome is Outcome.LINKED:
            links.append((link_id(record, work.plan), record, work.source.key, decision.subject, decision.reason, decision.weight,
                          decision.probability, None, work.plan, work.naive))
        elif decision.outcome is Outcome.CONFLICT:
            conflicts += [(link_id(record, work.plan), subject, record, work.source.key, decision.reason, probability, work.plan,
                           work.naive, "") for subject, probability in decision.candidates]
    append_links(work, stack, links)
    if conflicts:
        staged = stack.enter_context(work.stage(sql.CONFLICTS, conflicts, probability=Family.NUMBER, at=Family.TIMESTAMP))
        work.warehouse.execute(sql.append(conflict, sql.CONFLICTS, staged), name="link.conflicts")
    return counts, len(links)


def append_links(work: Work, stack: ExitStack, rows: Sequence[Sequence[Any]]) -> None:
    """Append links (in the order of `sql.LINKS`) and let their records lead to the subjects. Inside a transaction."""
    if not rows:
        return
    staged = stack.enter_context(work.stage(sql.LINKS, rows, **_LINK_TYPES))
    work.warehouse.execute(sql.append(link, sql.LINKS, staged), name="link.links")
    work.warehouse.execute(sql.move_records(staged), name="link.move_records")


def link_id(record: str, plan: str) -> str:
    """The same record under the same plan is linked once."""
    return f"{record}@{plan[:12]}"
