"""Peers and the product on the same generated tables in the same run.

    python -m benchmarks.discovery.peers [--tables 70] [--values 40] [--seconds 240] [--only NAME ...] [--details FOLDER] [--keep]

Each peer is installed by pip in an environment of its own under the folder of temporary files. Peers read the first `--values`
values that are not null of each column; the product reads the same cells, and once more the whole tables. A peer that is too
slow is stopped after `--seconds` a style, and its row says how many columns it judged. Dates, URLs, UUIDs and organizations that
a peer labels are not taken for claims of personal data, which is gentle to it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.discovery import generator, ours
from benchmarks.discovery.figures import Case, Verdict, line
from benchmarks.discovery.peer_tools import PEERS, asked
from benchmarks.discovery.score import mistakes
from benchmarks.discovery.truth import STYLES, Column, Table
from benchmarks.record import keep, timed

HEADINGS = ("who", "headings", "columns", "typed precision", "recall", "F1", "binary precision", "recall", "F1", "cells a CPU second")


def texts(made: Sequence[Table], style: str, most: int) -> dict[str, dict[str, list[str]]]:
    """Table to column to its first values that are not null, as text."""
    return {
        f"{generator.SCHEMA}.{t.names[style]}": {c.headings[style]: [str(v) for v in c.values if v is not None][:most] for c in t.columns}
        for t in made
    }


def shortened(made: Sequence[Table], most: int) -> list[Table]:
    """Tables with the cells that peers read: each column's first values that are not null, filled up with nulls."""
    cut = []
    for t in made:
        columns = []
        for c in t.columns:
            kept = [v for v in c.values if v is not None][:most]
            columns.append(Column(c.kind, c.headings, [*kept, *[None] * (most - len(kept))], c.truths))
        cut.append(Table(t.shape, t.language, t.names, columns))
    return cut


def row(who: str, style: str, cases: Sequence[Case], speed: float) -> list[object]:
    told = line(who, cases)
    return [who, style, told.columns, *told.typed, *told.binary, round(speed)]


def product(
    made: Sequence[Table], styles: Sequence[str], who: str, cells: Mapping[str, int]
) -> tuple[list[list[object]], dict[str, list[Case]]]:
    rows, all_cases = [], {}
    with tempfile.TemporaryDirectory() as scratch:
        paths = generator.write(made, Path(scratch))
        for style in styles:
            with timed() as taken:
                said = ours.verdicts(paths[style])
            all_cases[style] = ours.cases(made, style, said)
            rows.append(row(who, style, all_cases[style], cells[style] / taken.cpu))
    return rows, all_cases


def cases_of(made: Sequence[Table], style: str, said: dict[tuple[str, str], Verdict], tables: set[str]) -> list[Case]:
    return [c for c in ours.cases(made, style, said) if c.table in tables]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=int, default=70)
    parser.add_argument("--values", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--only", nargs="*", choices=[p.name for p in PEERS])
    parser.add_argument("--details", type=Path, help="a folder for every peer's mistakes")
    parser.add_argument("--keep", action="store_true", help="write RESULTS.md")
    given = parser.parse_args()
    made = generator.tables(given.seed, given.tables)
    told = {style: texts(made, style, given.values) for style in STYLES}
    cells = {style: sum(len(v) for t in told[style].values() for v in t.values()) for style in STYLES}
    rows, _ = product(shortened(made, given.values), STYLES, "ours, the same cells", cells)
    whole = {style: sum(t.rows * len(t.columns) for t in made) for style in STYLES}
    rows += product(made, STYLES, "ours, whole tables", whole)[0]
    notes = []
    for peer in PEERS:
        if given.only is not None and peer.name not in given.only:
            continue
        for way, meaning in peer.ways.items():
            for style in STYLES:
                answer = asked(peer, way, told[style], given.seconds)
                if answer.failed:
                    notes.append(f"{peer.name} could not be had here: {answer.failed}")
                    break
                cases = cases_of(made, style, answer.verdicts, answer.tables)
                rows.append(row(f"{peer.name} {answer.version}, {meaning}", style, cases, answer.cells / answer.cpu))
                print(*rows[-1], sep=" | ", flush=True)
                if given.details:
                    given.details.mkdir(parents=True, exist_ok=True)
                    (given.details / f"{peer.name}-{way or 'only'}-{style}.json").write_text(
                        json.dumps(mistakes(cases), indent=1, ensure_ascii=False)
                    )
        if peer.notes:
            notes.append(f"{peer.name}: {peer.notes}")
    notes.append(
        f"{given.tables} tables, the first {given.values} values of each column; "
        f"a row with fewer columns was stopped after {given.seconds:.0f} s"
    )
    notes.append("labels of peers for dates, URLs, UUIDs, organizations and numbers as such are not counted against them")
    for one in rows:
        print(*(f"{v:.3f}" if isinstance(v, float) else v for v in one), sep=" | ")
    print(*notes, sep="\n")
    if given.keep:
        keep(
            "discovery_peers",
            "Discovery: peers on the same tables",
            f"python -m benchmarks.discovery.peers --keep --tables {given.tables} --values {given.values}",
            HEADINGS,
            rows,
            notes,
        )


if __name__ == "__main__":
    main()
