"""CPU seconds, cells a CPU second and peak memory of discovery, against a bare scan and the peers.

    python -m benchmarks.discovery.speed [--rows 1000000] [--tables 1000] [--no-peers] [--keep]

The big table has ten text columns: name, e-mail, phone, address, city, free text, UUID, IP address, status, goods. The bare scan is DuckDB
reading every cell (the sum of all lengths). Each measurement runs in a process of its own. Peers read a sample of the same table.
Curves: cost against rows at ten columns, and against columns at ten thousand rows.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.discovery import generator, ours, plots
from benchmarks.discovery.kinds import KINDS, Draw, Filled
from benchmarks.discovery.peer_tools import PEERS, asked
from benchmarks.discovery.people import people
from benchmarks.discovery.score import PLOTS
from benchmarks.record import keep

POOL = 20_000
KINDS_READ = ("full_name", "email", "phone", "address", "city", "text_dense", "row_uuid", "ip", "status", "product_name")
HEADINGS = ("what", "rows", "columns", "tables", "CPU s", "cells a CPU second", "of the bare scan", "clock s", "peak MB")


def pool(seed: int = 1) -> pa.Table:
    """Values of every kind, from which big tables are drawn."""
    rng = random.Random(seed)
    draw = Draw(rng, "mixed", people(rng, "mixed", POOL))
    made: dict[str, list[Any]] = {}
    for name in KINDS_READ:
        told = KINDS[name].make(draw)
        made[name] = [str(v) for v in (told.values if isinstance(told, Filled) else told)]
    return pa.table(made)


def big(path: Path, rows: int, columns: int = len(KINDS_READ), tables: int = 1) -> None:
    """Tables of text drawn from the pool."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as database:
        database.register("given", pool())
        database.execute("CREATE SCHEMA shop")
        database.execute("CREATE TEMP TABLE pool AS SELECT row_number() OVER () - 1 AS place, * FROM given")
        drawn = ", ".join(expression(KINDS_READ[at % len(KINDS_READ)], at) for at in range(columns))
        if tables == 1:
            database.execute(f"CREATE TABLE shop.t0000 AS SELECT {drawn} FROM range({rows}) AS made(r)")
            return
        database.execute(f"CREATE TEMP TABLE whole AS SELECT r, {drawn} FROM range({rows * tables}) AS made(r)")
        for table in range(tables):
            low, high = table * rows, (table + 1) * rows
            database.execute(f'CREATE TABLE shop."t{table:04d}" AS SELECT * EXCLUDE r FROM whole WHERE r >= {low} AND r < {high}')


def expression(kind: str, at: int) -> str:
    """One column in SQL: what is distinct in life is distinct here."""
    number = f"(hash(r + {at * 7919}) % {POOL})::BIGINT"
    value = f"(SELECT list({kind} ORDER BY place) FROM pool)[1 + {number}]"
    made = {
        "email": f"replace({value}, '@', r || '@')",
        "phone": f"left({value}, length({value}) - 5) || lpad((hash(r) % 100000)::VARCHAR, 5, '0')",
        "address": f"{value} || ', ' || (r % 300)",
        "text_dense": f"{value} || ' ' || (SELECT list({kind} ORDER BY place) FROM pool)[1 + (hash(r * 3 + {at}) % {POOL})::BIGINT]",
        "row_uuid": f"(md5('{at}' || r)::UUID)::VARCHAR",
        "ip": "(1 + hash(r) % 220) || '.' || hash(r + 1) % 256 || '.' || hash(r + 2) % 256 || '.' || hash(r + 3) % 255",
    }
    return f"{made.get(kind, value)} AS {kind}_{at}"


def one(path: str, mode: str) -> dict[str, float]:
    """Measure in this process: `scan`, or discovery in a mode (`-` for the function's own)."""
    ours.has_modes()  # imports are not measured
    began, before = time.perf_counter(), time.process_time()
    if mode == "scan":
        with duckdb.connect(path, read_only=True) as database:
            for (table,) in database.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop'").fetchall():
                columns = [c[0] for c in database.execute(f'DESCRIBE shop."{table}"').fetchall()]
                database.execute("SELECT " + ", ".join(f'sum(length("{c}"))' for c in columns) + f' FROM shop."{table}"').fetchall()
        found = 0
    else:
        found = len(ours.verdicts(Path(path), None if mode == "-" else mode))
    return {"cpu": time.process_time() - before, "clock": time.perf_counter() - began, "peak_mb": peak(), "found": found}


def peak() -> float:
    """Most memory of this process in megabytes. Linux hands getrusage's figure down from the parent, so it is read elsewhere there."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(path: Path, mode: str) -> dict[str, float]:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.discovery.speed", "--one", str(path), mode],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path.cwd(),
    )
    return dict(json.loads(ran.stdout.strip().splitlines()[-1]))


def row(what: str, path: Path, mode: str, rows: int, columns: int, tables: int, scan: float | None) -> list[Any]:
    told = measured(path, mode)
    cells = rows * columns * tables
    return [
        what,
        rows,
        columns,
        tables,
        told["cpu"],
        round(cells / told["cpu"]),
        "" if scan is None else told["cpu"] / scan,
        told["clock"],
        round(told["peak_mb"]),
    ]


def modes() -> Sequence[str]:
    return ours.MODES if ours.has_modes() else ("-",)


def name_of(mode: str) -> str:
    return "ours" if mode == "-" else f"ours, {mode}"


def peers(path: Path, rows: int, seconds: float) -> list[list[Any]]:
    with duckdb.connect(str(path), read_only=True) as database:
        frame = database.execute(f"SELECT * FROM shop.t0000 LIMIT {rows}").df()
    texts = {"shop.t0000": {str(c): frame[c].tolist() for c in frame.columns}}
    made = []
    for peer in PEERS:
        way = next(iter(peer.ways))
        told = asked(peer, way, texts, seconds)
        if told.failed:
            made.append([f"{peer.name}: {told.failed}", "", "", "", "", "", "", "", ""])
        else:
            made.append(
                [
                    f"{peer.name} {told.version}",
                    rows,
                    len(frame.columns),
                    1,
                    told.cpu,
                    round(told.cells / told.cpu),
                    "",
                    "",
                    round(told.peak_mb),
                ]
            )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--sample", type=int, default=300, help="rows that peers read")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true", help="write RESULTS.md")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(*given.one)))
        return
    width, rows_out = len(KINDS_READ), []
    by_rows: dict[str, list[tuple[float, float]]] = {}
    by_columns: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "big.duckdb"
        for rows in sorted({1000, 10_000, 100_000, min(1_000_000, given.rows), given.rows}):
            big(path, rows)
            bare = row("bare scan", path, "scan", rows, width, 1, None)
            rows_out.append(bare)
            by_rows.setdefault("bare scan", []).append((rows, bare[4]))
            for mode in modes():
                rows_out.append(row(name_of(mode), path, mode, rows, width, 1, bare[4]))
                by_rows.setdefault(name_of(mode), []).append((rows, rows_out[-1][4]))
            print(*rows_out[-1], sep=" | ", flush=True)
        if not given.no_peers:
            rows_out += peers(path, given.sample, 600)
        for columns in (10, 30, 100, 300):
            big(path, 10_000, columns)
            for mode in modes():
                rows_out.append(row(name_of(mode), path, mode, 10_000, columns, 1, None))
                by_columns.setdefault(name_of(mode), []).append((columns, rows_out[-1][4]))
            print(*rows_out[-1], sep=" | ", flush=True)
        big(path, 1000, width, given.tables)
        bare = row("bare scan", path, "scan", 1000, width, given.tables, None)
        rows_out.append(bare)
        rows_out += [row(name_of(mode), path, mode, 1000, width, given.tables, bare[4]) for mode in modes()]
    for told in rows_out:
        print(*(f"{v:.3f}" if isinstance(v, float) else v for v in told), sep=" | ")
    if given.keep:
        plots.lines(PLOTS / "discovery_rows.svg", "Cost against rows, ten text columns", "rows", "CPU seconds", by_rows, logarithmic=True)
        plots.lines(
            PLOTS / "discovery_columns.svg", "Cost against columns, 10,000 rows", "columns", "CPU seconds", by_columns, logarithmic=True
        )
        notes = [
            "each line in a process of its own; CPU seconds leave the imports before the first call out, peak memory has them in",
            *([] if given.no_peers else [f"peers read {given.sample} rows of the big table"]),
            "plots: results/plots/discovery_rows.svg, results/plots/discovery_columns.svg",
        ]
        keep(
            "discovery_speed",
            "Speed of discovery",
            f"python -m benchmarks.discovery.speed --keep --rows {given.rows} --tables {given.tables}"
            + (" --no-peers" if given.no_peers else ""),
            HEADINGS,
            rows_out,
            notes,
        )


assert generator.KINDS is KINDS, "the generator registers the kinds"


if __name__ == "__main__":
    main()
