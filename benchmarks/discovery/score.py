"""Precision and recall of discovery by column on the generated tables, by style of headings, language and kind.

    python -m benchmarks.discovery.score [--seed 1] [--tables 245] [--rows 5000] [--style clear --style opaque] [--mode full]
                                         [--details FILE.json] [--json] [--keep] [--no-swap]

`--details` writes every mistake with table, heading, truth, verdict, explanation and four values (all invented). Without
`--keep` nothing is written to RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.discovery import generator, ours, plots
from benchmarks.discovery.figures import HEADINGS, Case, by, confusions, line, reliability, wrong
from benchmarks.discovery.swap import swapped
from benchmarks.discovery.truth import STYLES, Table
from benchmarks.record import keep, timed

PLOTS = Path(__file__).resolve().parents[1] / "results" / "plots"


def measured(made: Sequence[Table], styles: Sequence[str], folder: Path, mode: str | None) -> tuple[list[Case], float]:
    """Every column of every style with the product's verdict, and the CPU seconds of discovery."""
    paths, cases, seconds = generator.write(made, folder), [], 0.0
    for style in styles:
        with timed() as taken:
            said = ours.verdicts(paths[style], mode)
        seconds += taken.cpu
        cases += ours.cases(made, style, said)
    return cases, seconds


def swap_test(made: Sequence[Table], folder: Path, mode: str | None) -> dict[str, float]:
    """Of the columns that exchanged contents: verdicts right for the contents, and verdicts right only for the heading."""
    changed, before = swapped(made)
    folder.mkdir(exist_ok=True)
    said = ours.verdicts(generator.write(changed, folder)["clear"], mode)
    cases = [c for c in ours.cases(changed, "clear", said) if (c.table.partition(".")[2], c.column) in before]
    follow = sum(not wrong(c) for c in cases)
    fooled = 0
    for c in cases:
        old = before[c.table.partition(".")[2], c.column]
        fooled += wrong(c) and (
            old.accepts(c.verdict.category) if c.verdict.category and old.category else not c.found and not old.personal
        )
    return {"columns": len(cases), "follow contents": follow / (len(cases) or 1), "follow the heading": fooled / (len(cases) or 1)}


def mistakes(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """What a person who improves discovery reads, by kind."""
    told = [
        {
            "style": c.style,
            "language": c.language,
            "shape": c.shape,
            "table": c.table,
            "column": c.column,
            "kind": c.truth.kind,
            "truth": c.truth.category if c.truth.personal else None,
            "accepted": [*c.truth.alternatives, *c.truth.broader],
            "inside": list(c.truth.also),
            "said": c.verdict.category,
            "also": list(c.verdict.also),
            "confidence": c.verdict.confidence,
            "explanation": c.verdict.explanation,
            "values": list(c.sample),
            "mistake": "wrong" if wrong(c) else "edited",
        }
        for c in cases
        if c.counted and (wrong(c) or (c.truth.personal and not c.unedited))
    ]
    return sorted(told, key=lambda e: (e["mistake"] != "wrong", e["kind"], e["style"], e["table"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=int, default=generator.TABLES)
    parser.add_argument("--rows", type=int, default=5000, help="most rows of a table")
    parser.add_argument("--style", action="append", choices=STYLES)
    parser.add_argument("--mode", choices=ours.MODES)
    parser.add_argument("--details", type=Path, help="write every mistake to this file")
    parser.add_argument("--json", action="store_true", help="print the figures for programs")
    parser.add_argument("--keep", action="store_true", help="write RESULTS.md")
    parser.add_argument("--no-swap", action="store_true")
    given = parser.parse_args()
    styles = given.style or list(STYLES)
    made = generator.tables(given.seed, given.tables, given.rows)
    with tempfile.TemporaryDirectory() as scratch:
        cases, seconds = measured(made, styles, Path(scratch), given.mode)
        swap = {} if given.no_swap else swap_test(made, Path(scratch) / "swap", given.mode)
    if given.details:
        given.details.write_text(json.dumps(mistakes(cases), indent=1, ensure_ascii=False), encoding="utf-8")
    report(cases, seconds, swap, given)


def report(cases: Sequence[Case], seconds: float, swap: dict[str, float], given: argparse.Namespace) -> None:
    parts = [line("all", cases)] + [line(f"{name} headings", some) for name, some in by(cases, lambda c: c.style).items()]
    parts += [
        line(f"{name}, {style}", some)
        for (name, style), some in {tuple(k.split("|")): v for k, v in by(cases, lambda c: f"{c.language}|{c.style}").items()}.items()
    ]
    kinds = {k: v for k, v in by(cases, lambda c: c.truth.kind).items() if line(k, v).columns}
    bins, error = reliability(cases)
    worst = confusions(cases)
    notes = [
        f"seed {given.seed}, {len({c.table for c in cases})} tables in all styles, {len(cases):,} columns, {seconds:.1f} CPU s of discovery"
        + (f", mode {given.mode}" if given.mode and ours.has_modes() else ""),
        f"expected calibration error of confidence {error:.3f}: "
        + ", ".join(f"{b.mean:.2f} said, {b.share:.2f} right ({len(b.confidences)})" for b in bins),
    ]
    if swap:
        notes.append(
            f"swap test: of {swap['columns']} columns that exchanged contents, {swap['follow contents']:.3f} of the verdicts "
            f"follow the contents, {swap['follow the heading']:.3f} the heading"
        )
    notes.append("worst: " + "; ".join(f"{kind} taken for {said} ({n})" for kind, said, n in worst[:12]))
    per_kind = kind_rows(kinds)
    if given.json:
        print(
            json.dumps(
                {
                    "lines": [dict(zip(HEADINGS_JSON, p.cells(), strict=True)) for p in parts],
                    "kinds": per_kind,
                    "confusions": worst,
                    "ece": error,
                    "swap": swap,
                    "cpu_seconds": seconds,
                },
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        print(*HEADINGS, sep=" | ")
        for part in parts:
            print(*(f"{v:.3f}" if isinstance(v, float) else v for v in part.cells()), sep=" | ")
        print(*notes, sep="\n")
        print("by kind, worst first: " + "; ".join(f"{name} {share:.2f} of {n}" for name, n, share in per_kind if share < 1))
        print("confusions: " + "; ".join(f"{kind} as {said} {n}" for kind, said, n in worst[:80]))
    if given.keep:
        plots.lines(
            PLOTS / "discovery_reliability.svg",
            "Confidence and share of right proposals",
            "confidence said",
            "share right",
            {"proposals": [(b.mean, b.share) for b in bins]},
            diagonal=True,
        )
        command = f"python -m benchmarks.discovery.score --keep --seed {given.seed} --tables {given.tables}" + (
            f" --mode {given.mode}" if given.mode else ""
        )
        keep("discovery", "Discovery by column, generated tables in five languages", command, HEADINGS, [p.cells() for p in parts], notes)
        keep(
            "discovery_kinds",
            "Discovery by kind, generated tables",
            command,
            ("kind", "columns", "share right"),
            per_kind,
            ["A personal column is right when its kind is; another when nothing is said. Worst first."],
        )


HEADINGS_JSON = (
    "name",
    "columns",
    "typed_precision",
    "typed_recall",
    "typed_f1",
    "precision",
    "recall",
    "f1",
    "direct_recall",
    "accepted_unedited",
)


def kind_rows(kinds: dict[str, list[Case]]) -> list[tuple[str, int, float]]:
    told = []
    for name, cases in kinds.items():
        counted = [c for c in cases if c.counted]
        told.append((name, len(counted), sum(not wrong(c) for c in counted) / len(counted)))
    return sorted(told, key=lambda e: (e[2], e[0]))


if __name__ == "__main__":
    main()
