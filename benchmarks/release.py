"""Publish one release of generated customers, beside one GROUP BY and one write of the same table.

    python -m benchmarks.release [--rows 1000000]

The floor is what any engine has to do: `GROUP BY` the quasi-identifiers and the sensitive column, and write the table once, both in
DuckDB. Ours is the whole job as Airflow runs it: plan (who stays out, histogram, solve), apply (plan again, labels and pseudonyms
staged, a new version built, measured and judged, shown, Parquet with manifest), verify (all of it looked at again). Every stage is
a process of its own, so that its peak of memory is its own. "Solver alone" is the pure part: the histogram read from DuckDB as
Arrow, the search, and one CREATE TABLE that joins the labels. "Nothing" is what a job costs whatever the rows: imports, policy,
ledger, warehouse; apply imports Great Expectations besides. Python keeps compiled modules, as an installed
product does: every stage first runs once on a few rows, unmeasured.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.record import keep, timed

ROOT = Path(__file__).resolve().parent.parent
AS_OF = datetime(2026, 10, 1, 6, tzinfo=UTC)
QUASI = ("born", "gender", "postcode", "spent")
MODEL: dict[str, Any] = {"k": 5, "l": 2, "sensitive": "segment", "max_suppressed": 0.02}
MAKE = """
CREATE SCHEMA shop;
CREATE TABLE shop.customers AS SELECT CAST(i AS BIGINT) AS id, 'name' || i AS name,
  date '1945-01-01' + CAST(21000 * sqrt(random()) AS INT) AS born,
  CASE WHEN random() < .49 THEN 'f' WHEN random() < .98 THEN 'm' END AS gender,
  'AZ' || lpad(CAST(CAST(floor(6000 * pow(random(), 3)) AS INT) AS VARCHAR), 4, '0') AS postcode,
  CAST(floor(100 * pow(random(), 4)) AS BIGINT) * 5 AS spent,
  's' || CAST(floor(6 * random()) AS INT) AS segment
FROM range({rows}) AS t(i);
ALTER TABLE shop.customers ADD PRIMARY KEY (id);
"""
POLICY = """
organization: {key: shop, name: Shop, time_zone: Asia/Baku, policy_version: "1", regimes: [az], contact: privacy desk}
people:
  - {user: officer, roles: [compliance_officer]}
  - {user: engineer, roles: [privacy_engineer]}
approvals: {approvers: {retention: [officer], request: [officer], release: [officer], policy: [officer]}, accept_unauthenticated: true}
published: [{version: "1", file: promise.txt, sha256: PROMISE, published_on: 2026-01-01}]
regimes:
  - {key: az, name: Law on Personal Data, citation: "example, ask counsel", holidays: AZ, deadlines: [{request: erasure, working_days: 7}]}
purposes: [{key: analytics.reporting, name: Statistics, clause: C8, legal_basis: {az: legitimate_interest}}]
record_classes:
  - {key: account, name: Account, clause: C10, schedules: [{purpose: analytics.reporting, trigger: born, keep: P200Y}]}
subject_kinds:
  - {key: customer, name: customer, clause: C1, identity: {table: shop.customers, key: id},
     identifiers: [{form: name, column: name, unique: true}], resolve_by: [[name]]}
stores: [{key: releases, root: releases, clause: C10}]
dataset:
  - fides_key: shop
    name: Shop
    meta: {governance: {schema: shop, owner: engineer, clause: C1, collection_points: [site], mode: {is: observe}}}
    collections:
      - name: customers
        meta: {governance: {record_class: account, not_personal: [id, spent], confirmed_by: engineer,
               subjects: {customer: {kind: customer, key: id}}, triggers: {born: {column: born}}}}
        fields:
          - {name: name, data_categories: [user.name], meta: {governance: &identifier {role: identifier, subject: customer,
             purposes: [analytics.reporting], end_state: {kind: "null"}}}}
          - {name: born, data_categories: [user.demographic.date_of_birth], meta: {governance: &quasi {role: quasi_identifier,
             subject: customer, purposes: [analytics.reporting], end_state: {kind: "null"}}}}
          - {name: gender, data_categories: [user.demographic.gender], meta: {governance: *quasi}}
          - {name: postcode, data_categories: [user.contact.address.postal_code], meta: {governance: *quasi}}
          - {name: segment, data_categories: [user.behavior], meta: {governance: {role: sensitive, subject: customer,
             purposes: [analytics.reporting], end_state: {kind: "null"}}}}
releases:
  - key: customers
    name: Customers for analysts
    clause: C10
    owner: engineer
    purposes: [analytics.reporting]
    source: shop.customers
    subject: customer
    target: releases.customers
    store: releases
    model: MODEL
    columns:
      - {name: customer_key, from: id, transform: {kind: pseudonymize, domain: customer}}
      - {name: born, transform: {kind: date, units: [month, quarter, year, decade]}}
      - {name: gender, transform: {kind: keep}}
      - {name: postcode, transform: {kind: prefix, lengths: [4, 3, 2]}}
      - {name: spent, transform: {kind: interval, widths: [10, 50, 100]}, role: quasi_identifier}
      - {name: segment, transform: {kind: keep}, role: sensitive}
"""
SUITE = """
suite: customers
about: one row per column of the version about to be shown
expectations:
  - {rule: release.not_empty, expect: {rows: 1}, message: no column, remedy: look at the release}
  - {rule: release.k, column: k, expect: {at_least: 5}, message: classes are too small, remedy: generalize further}
"""


def make(folder: Path, rows: int) -> None:
    import duckdb

    from governance.depersonalization.pseudonyms import create_key
    from governance.installation import Installation
    from governance.ledger import Ledger
    from governance.warehouse.connect import connect

    promise = b"We keep what we need and no longer.\n"
    for name in ("policy", "stores", "expectations/releases"):
        (folder / name).mkdir(parents=True)
    (folder / "policy" / "promise.txt").write_bytes(promise)
    text = POLICY.replace("PROMISE", hashlib.sha256(promise).hexdigest()).replace("MODEL", json.dumps(MODEL))
    (folder / "policy" / "policy.yaml").write_text(text)
    (folder / "expectations" / "releases" / "customers.yaml").write_text(SUITE)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("SELECT setseed(0.7)")
        connection.execute(MAKE.format(rows=rows))
    settings = _settings(folder)
    Ledger.migrate(settings.ledger_url)
    installation = Installation(settings)
    installation.keys.create("suppression/v1")
    create_key(installation.keys, "customer")
    warehouse = connect(settings.warehouse_url)
    warehouse.create_control()
    warehouse.close()
    installation.close()


def _settings(folder: Path) -> Any:
    from governance.settings import Settings

    return Settings(f"duckdb:///{folder}/warehouse.duckdb", f"sqlite:///{folder}/ledger.sqlite", folder / "policy",
                    folder / "secrets", folder / "stores", folder / "reports", str(folder / "anchors.jsonl"), as_of=AS_OF,
                    expectations_dir=folder / "expectations")


# ---- the stages, each in a process of its own ----------------------------------------------------------------------

def floor(folder: Path) -> dict[str, Any]:
    import duckdb

    with duckdb.connect(str(folder / "floor.duckdb")) as connection:
        connection.execute(f"ATTACH '{folder}/warehouse.duckdb' AS source (READ_ONLY)")
        connection.execute(f"CREATE TABLE counted AS SELECT {', '.join(QUASI)}, segment, count(*) AS n FROM source.shop.customers "
                           "GROUP BY ALL")
        connection.execute("CREATE TABLE written AS SELECT * FROM source.shop.customers")
    return {}


def nothing(folder: Path) -> dict[str, Any]:
    import polars  # noqa: F401
    import polars_hash  # noqa: F401

    from governance import release_jobs
    from governance.installation import Installation

    installation = Installation(_settings(folder))
    with release_jobs.release_tools(installation) as tools:
        release_jobs.source_of(installation, tools, "customers")
    installation.close()
    return {}


def expectations(folder: Path) -> dict[str, Any]:
    nothing(folder)
    import great_expectations.expectations  # noqa: F401

    return {}


def solver(folder: Path) -> dict[str, Any]:
    import duckdb

    from governance.depersonalization import histogram
    from governance.depersonalization.hierarchy import Ladder, date_ladder, interval_ladder, prefix_ladder
    from governance.depersonalization.solve import Model, classes, solve

    ladders = (date_ladder("born", ["month", "quarter", "year", "decade"]), Ladder("gender", "kept", (), ()),
               prefix_ladder("postcode", [4, 3, 2]), interval_ladder("spent", [10, 50, 100]))
    model = Model(**MODEL)
    with duckdb.connect(str(folder / "solver.duckdb")) as connection:
        connection.execute(f"ATTACH '{folder}/warehouse.duckdb' AS source (READ_ONLY)")
        counted = connection.execute(f"SELECT {', '.join(QUASI)}, segment, count(*) AS _rows, count(*) AS _alone "
                                     "FROM source.shop.customers GROUP BY ALL").pl()
        found = histogram.plain(counted, QUASI, MODEL["sensitive"])
        with timed() as solving:
            solution = solve(found, ladders, model)
        kept = classes(found, ladders, solution.levels, model).filter("_kept")
        connection.register("kept", kept.to_arrow())
        joins = []
        for ladder, level in zip(ladders, solution.levels, strict=True):
            table = ladder.table(found.coded[ladder.name][0], level).select("value", "label")
            connection.register(f"label_{ladder.name}", table.to_arrow())
            joins.append(f"JOIN label_{ladder.name} AS l_{ladder.name} ON l_{ladder.name}.value IS NOT DISTINCT FROM c.{ladder.name}")
        labels = ", ".join(f"l_{name}.label AS {name}" for name in QUASI)
        alike = " AND ".join(f"kept.{name} IS NOT DISTINCT FROM l_{name}.label" for name in QUASI)
        connection.execute(f"CREATE TABLE written AS SELECT c.id, {labels}, c.segment FROM source.shop.customers AS c {' '.join(joins)} "
                           f"SEMI JOIN kept ON {alike}")
        written = connection.execute("SELECT count(*) FROM written").fetchone()
    assert written is not None
    assert written[0] == found.rows - solution.suppressed_rows
    return {"combinations": len(counted), "solving": solving.wall, "solving_cpu": solving.cpu, "tried": solution.tried,
            "nodes": solution.nodes, "levels": solution.levels, "loss": solution.loss, "suppressed": solution.suppressed_rows}


def _job(name: str) -> Callable[[Path], dict[str, Any]]:
    def run(folder: Path) -> dict[str, Any]:
        from governance import jobs
        from governance.installation import Installation

        installation, context = Installation(_settings(folder)), jobs.RunContext("depersonalize", "run", name)
        call = jobs.CATALOGUE[f"depersonalize.{name}"]
        if name == "plan":
            done = call(installation, context, "customers")
            if done["approval"]["needed"]:
                answer = {"user": "officer", "chosen": "Approve", "subject_digest": done["digest"], "delivery": "run"}
                jobs.CATALOGUE["depersonalize.approved"](installation, context, done["digest"], [answer])
            (folder / "digest").write_text(done["digest"])
        else:
            done = call(installation, context, (folder / "digest").read_text())
        installation.close()
        return {"rows": done.get("rows")}
    return run


STAGES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "floor": floor, "nothing": nothing, "expectations": expectations, "solver": solver, "plan": _job("plan"), "apply": _job("apply"),
    "verify": _job("verify")}
TITLES = {"floor": "floor: one GROUP BY, one write", "nothing": "nothing: imports, policy, ledger, warehouse",
          "expectations": "nothing, with Great Expectations imported", "solver": "solver alone: histogram, search, one write",
          "plan": "plan", "apply": "apply", "verify": "verify"}
_FEW = 5_000


def _stage(name: str, folder: Path) -> None:
    with timed() as taken:
        done = STAGES[name](folder)
    print(json.dumps(done | {"wall": taken.wall, "cpu": taken.cpu, "peak": _peak()}))


def _peak() -> float:
    """MB. From /proc where there is one: `ru_maxrss` of a new process begins with what its parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _stages(rows: int, *, told: bool = False) -> dict[str, dict[str, Any]]:
    """What every stage took, each in a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="governance-bench-"))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    took: dict[str, dict[str, Any]] = {}
    try:
        make(folder, rows)
        for name in STAGES:
            command = [sys.executable, "-m", "benchmarks.release", "--stage", name, "--folder", str(folder)]
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{name} failed:\n{done.stderr[-3000:]}")
            took[name] = json.loads(done.stdout.strip().splitlines()[-1])
            if told:
                print(name, took[name], flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--stage", choices=list(STAGES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.stage:
        _stage(chosen.stage, chosen.folder)
        return
    _stages(_FEW)
    took = _stages(chosen.rows, told=True)
    base, pure = took["floor"], took["solver"]

    def beside(name: str, fixed: str) -> str:
        return f"{(took[name]['cpu'] - took[fixed]['cpu']) / base['cpu']:.1f}"

    rows = [(TITLES[name], t["wall"], t["cpu"], t["cpu"] / base["cpu"], f"{t['peak']:,.0f}") for name, t in took.items()]
    notes = [f"{pure['combinations']:,} distinct combinations; k=5, l=2, 2 % may be suppressed; levels {tuple(pure['levels'])}, "
             f"NCP {pure['loss']:.4f}, {pure['suppressed']:,} rows suppressed.",
             f"The search alone: {pure['solving']:.2f} s, {pure['solving_cpu']:.2f} CPU s, {pure['tried']} of {pure['nodes']} "
             "generalizations looked at.",
             "Plan, apply and verify are the jobs as Airflow runs them, imports, pseudonyms, expectations and Parquet included.",
             f"What does not depend on the rows left out, plan took {beside('plan', 'nothing')}, apply {beside('apply', 'expectations')} "
             f"and verify {beside('verify', 'nothing')} times the CPU of the floor."]
    keep("release", f"Publishing a release, duckdb, {chosen.rows:,} generated rows", f"python -m benchmarks.release --rows {chosen.rows}",
         ("stage", "seconds", "CPU s", "CPU of floor", "peak MB"), rows, notes)


if __name__ == "__main__":
    main()
