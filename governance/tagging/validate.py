"""Validate: the catalog of the warehouse against a suite of expectations. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from governance.domain.clock import Period
from governance.domain.errors import PolicyError, ViolationFound
from governance.domain.findings import Finding, Status
from governance.domain.names import ColumnRef
from governance.domain.schema import Schema
from governance.ledger.proposals import ProposalRecord
from governance.policy.load import LoadedPolicy
from governance.policy.model import Collection, Policy
from governance.suites.judge import run_suite
from governance.suites.suite import load_suite
from governance.tagging.catalog import Row, catalog, frame_of, governed, schedules_of
from governance.tagging.judge import judge
from governance.tagging.sql import Ended, Moment, consented_columns, count_unconsented, is_null, repeats_rows
from governance.warehouse import Warehouse

SUITE = "catalog.yaml"


def validate(warehouse: Warehouse, loaded: LoadedPolicy, proposals: Iterable[ProposalRecord], suite_dir: Path, as_of: datetime,
             *, ended: Ended = is_null) -> list[Finding]:
    """What `expectations/catalog.yaml` says of every column, violations first. `as_of` is aware.

    `ended` tells which cells have already become what they should and no longer count as data.
    """
    suite = load_suite(suite_dir / SUITE)
    frame = frame_of(read_catalog(warehouse, loaded.policy, proposals, as_of, ended=ended))
    return judge(run_suite(suite, frame), frame)


def read_catalog(warehouse: Warehouse, policy: Policy, proposals: Iterable[ProposalRecord], as_of: datetime, *,
                 ended: Ended = is_null) -> list[Row]:
    """The catalog of a live warehouse, consents counted."""
    schema = warehouse.schema()
    return catalog(policy, schema, proposals, count_consents(warehouse, policy, schema, as_of, ended=ended))


def count_consents(warehouse: Warehouse, policy: Policy, schema: Schema, as_of: datetime, *,
                   ended: Ended = is_null) -> dict[ColumnRef, tuple[int, int]]:
    """Per column that rests on consent alone: (rows with data, rows among them without a living consent)."""
    moment = Moment(as_of, policy.organization)
    counts: dict[ColumnRef, tuple[int, int]] = {}
    for ref, (_, collection) in sorted(governed(policy).items()):
        table = schema.get(ref)
        columns = consented_columns(collection, table, _preferences(policy, collection)) if table else []
        if table is None or not columns:
            continue
        for consented in columns:
            if consented.path is not None and repeats_rows(schema, consented.path):
                raise PolicyError("its path to a subject may lead to several rows", where=ref.column(consented.column.name),
                                  fix="lead the path over a primary or unique key")
        query = count_unconsented(schema, table, columns, policy.consents, moment, ended)
        found = [int(n) for n in warehouse.frame(query, name="tagging.count_unconsented").iloc[0]]
        for place, consented in enumerate(columns):
            counts[ref.column(consented.column.name)] = (found[2 * place], found[2 * place + 1])
    return counts


def _preferences(policy: Policy, collection: Collection) -> dict[str, tuple[tuple[str, Period], ...]]:
    """Column -> preferences, for columns all of whose purposes live until consent is withdrawn."""
    preference = {p.key: p.preference for p in policy.purposes}
    found: dict[str, tuple[tuple[str, Period], ...]] = {}
    for declared in collection.fields:
        purposes = declared.governance.purposes
        if not declared.is_personal or isinstance(purposes, str) or not purposes:
            continue
        schedules = schedules_of(policy, collection, declared)
        if all(p in schedules and schedules[p].until_withdrawn for p in purposes):
            found[declared.name] = tuple((name, schedules[p].keep) for p in purposes if (name := preference.get(p)))
    return found


def refuse_violations(findings: Iterable[Finding], most: int = 20) -> None:
    """ViolationFound names the columns that break the policy; quiet when none does."""
    violations = [f for f in findings if f.status == Status.VIOLATION]
    if not violations:
        return
    named = [f"{f.table}.{f.column}: {f.message}" if f.table else f.message for f in violations]
    more = [f"and {len(named) - most} more"] if len(named) > most else []
    raise ViolationFound("\n  ".join([f"{len(named)} violations", *named[:most], *more]), where="catalog",
                         fix="; ".join(dict.fromkeys(f.remedy for f in violations[:most] if f.remedy)) or None)
