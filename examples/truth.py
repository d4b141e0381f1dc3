"""The planted truth: what must become of every row and cell, computed row by row from the generated values.

Order of the demo: legal holds placed, then scheduled disposal, then the erasure requests.
Reads `examples.rules`, never a policy file.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from examples.endstate import expected
from examples.lifetimes import Judge
from examples.planted import World
from examples.rules import RULES, UNDECLARED, Row, personal_columns
from examples.spec import BY_NAME, tables_of
from examples.truth_notes import HARD_NEGATIVES, VALIDATE

Say = Callable[[str], None]
Key = tuple[Any, ...]
Fates = dict[tuple[str, Key], dict[str, Any]]


def plain(value: Any) -> Any:
    """JSON has no dates or decimals."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def key_columns(table: str) -> tuple[str, ...]:
    """The primary key, or every column where there is none."""
    return BY_NAME[table].key or tuple(BY_NAME[table].columns)


def key_of(table: str, row: Row) -> Key:
    return tuple(row[c] for c in key_columns(table))


def key_json(table: str, key: Key) -> str:
    return json.dumps({c: plain(v) for c, v in zip(key_columns(table), key, strict=True)}, ensure_ascii=False, sort_keys=True)


def schedule(
    rows: dict[str, list[Row]], engine: str, as_of: datetime, held: set[tuple[str, str]]
) -> tuple[Fates, list[Row], list[Row], Judge]:
    """Fates by schedule, gaps and held rows."""
    judge = Judge(rows, engine, as_of, held)
    fates: Fates = {}
    gaps: list[Row] = []
    kept: list[Row] = []
    for table in rows:
        rule = RULES.get(table)
        if rule is None or rule.observe:
            continue
        for row in rows[table]:
            fate = fate_of(judge, table, row)
            unsure = judge.gap_columns(table, row)
            if unsure and not (fate and fate["fate"] == "delete"):
                gaps.append({"table": table, "key": key_of(table, row), "columns": unsure})
            if fate is None:
                continue
            if judge.is_held(table, row):
                kept.append({"table": table, "key": key_of(table, row), "would": fate["fate"]})
            else:
                add(fates, table, row, fate)
    return fates, gaps, kept, judge


def add(fates: Fates, table: str, row: Row, fate: dict[str, Any]) -> None:
    """Rows equal in every column share one entry and are counted."""
    known = fates.setdefault((table, key_of(table, row)), fate)
    known["copies"] = known.get("copies", 0) + 1


def fate_of(judge: Judge, table: str, row: Row) -> dict[str, Any] | None:
    """What a plan wants of the row, legal holds aside: the whole row, cells, or nothing."""
    files = {c: row[c] for c, cell in RULES[table].columns.items() if cell.end.startswith("file:") and row[c]}
    if judge.goes(table, row, ignore_own_hold=True):
        return {"fate": "delete", "cells": {}, "why": judge.why(table, row), "files": list(files.values())}
    due = judge.due_columns(table, row)
    if not due:
        return None
    cells = {c: expected(RULES[table].columns[c].end, row[c], judge.asked_terms) for c in due}
    return {"fate": "ends", "cells": cells, "why": judge.why(table, row), "files": [f for c, f in files.items() if c in cells]}


def carry_out(rows: dict[str, list[Row]], fates: Fates, engine: str) -> dict[str, list[Row]]:
    """The world after these fates; keys that refer to deleted rows become null where the database does so."""
    after = dict(rows)
    for table in {t for t, _ in fates}:
        old, after[table] = rows[table], []
        for row in old:
            fate = fates.get((table, key_of(table, row)))
            if fate is None:
                after[table].append(row)
            elif fate["fate"] == "ends":
                after[table].append(row | {c: e.get("becomes") for c, e in fate["cells"].items()})
    gone = {(t, k) for (t, k), f in fates.items() if f["fate"] == "delete"}
    for spec in tables_of(engine):
        for ref in spec.references:
            if ref.on_delete != "SET NULL":
                continue
            for place, row in enumerate(after[spec.name] if any(t == ref.table for t, _ in gone) else ()):
                if row[ref.column] is not None and (ref.table, (row[ref.column],)) in gone:
                    fate = fates.setdefault(
                        (spec.name, key_of(spec.name, row)), {"fate": "ends", "cells": {}, "why": "", "copies": 1, "files": []}
                    )
                    fate["cells"][ref.column] = {"kind": "equals", "value": None, "becomes": None, "by": "ON DELETE SET NULL"}
                    after[spec.name][place] = row | {ref.column: None}
    return after


def files_of(fates: Fates) -> list[str]:
    """Files that must be gone: of ended cells and of deleted rows."""
    return sorted(f for fate in fates.values() for f in fate["files"])


def subjects_of(judge: Judge, rows: dict[str, list[Row]]) -> dict[tuple[str, str], set[tuple[str, Key]]]:
    """Where each subject has rows."""
    found: dict[tuple[str, str], set[tuple[str, Key]]] = defaultdict(set)
    for table, all_rows in rows.items():
        if table in RULES:
            for row in all_rows:
                for subject in judge.subjects(table, row):
                    found[subject].add((table, key_of(table, row)))
    return found


def write_truth(
    folder: Path, tables: dict[str, pa.Table], world: World, engine: str, as_of: datetime, seed: int, say: Say
) -> None:
    """Compute and write everything; AssertionError when a boundary case said by hand disagrees with the evaluation."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {spec.name: tables[spec.name].to_pylist() for spec in tables_of(engine)}
    say("truth: judging every row in plain Python")
    held = {(h["kind"], k) for h in world.holds for k in h["subject_keys"]}
    fates, gaps, kept, first_judge = schedule(rows, engine, as_of, held)
    agree(world, engine, fates, gaps, kept)
    say(f"truth: {len(fates):,} rows due by schedule, {len(gaps):,} rows with gaps, {len(kept):,} held")
    first_files = files_of(fates)
    withdrawn = sorted(
        {(r["customer_id"], r["preference"]) for r in rows["crm.consents"]} - first_judge.living_pairs("crm.consents")
    )
    after = carry_out(rows, fates, engine)
    where = subjects_of(Judge(after, engine, as_of, held), after)
    answers: list[Row] = []
    request_fates: list[tuple[str, Fates]] = []
    for request in world.requests:
        asked = {(kind, key) for kind, found in request["subjects"].items() for key in found}
        judge = Judge(after, engine, as_of, held, asked=asked, asked_terms=terms_of(request))
        mine: Fates = {}
        survivors: list[Row] = []
        places = {place for subject in asked for place in where[subject]}
        for table in sorted({t for t, _ in places if not RULES[t].observe}):
            for row in after[table]:
                if (table, key_of(table, row)) not in places or not judge.touches(table, row) or judge.is_held(table, row):
                    continue
                if fate := fate_of(judge, table, row):
                    add(mine, table, row, fate)
                if not fate or fate["fate"] != "delete":
                    survivors += [
                        {
                            "table": table,
                            "key": {c: plain(row[c]) for c in key_columns(table)},
                            "column": column,
                            "because": because,
                        }
                        for column, because in judge.survivors(table, row)
                    ]
        after = carry_out(after, mine, engine)
        request_fates.append((request["id"], mine))
        answers.append(
            request
            | {
                "rows_deleted": count(mine, "delete"),
                "rows_with_cells": count(mine, "ends"),
                "files_gone": files_of(mine),
                "survives": survivors,
            }
        )
    _write(folder, tables, world, engine, as_of, seed, fates, request_fates, gaps, kept, answers, first_files, withdrawn, rows)
    say(f"truth: written to {folder}")


def write_planted(folder: Path, world: World) -> None:
    """What a story begins with, before any row is judged: ``holds.json``, and the requests as people make them in ``asked.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("holds", world.holds), ("asked", world.requests)):
        (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False, indent=1, default=plain) + "\n", encoding="utf-8")


def terms_of(request: Row) -> tuple[str, ...]:
    return tuple(i["value"] for i in request["identifiers"] if i["form"] in ("email", "phone", "name"))


def count(fates: Fates, fate: str) -> dict[str, int]:
    return dict(
        sorted(Counter(table for (table, _), f in fates.items() for _ in range(f["copies"]) if f["fate"] == fate).items())
    )


def agree(world: World, engine: str, fates: Fates, gaps: list[Row], kept: list[Row]) -> None:
    """Every statement made by hand against the evaluation."""
    names = {t.name for t in tables_of(engine)}
    unsure = {(g["table"], key_json(g["table"], g["key"])): g["columns"] for g in gaps}
    held = {(k["table"], key_json(k["table"], k["key"])) for k in kept}
    by_key = {(t, key_json(t, k)): f for (t, k), f in fates.items()}
    wrong = []
    for case in world.expect:
        if case["table"] not in names:
            continue
        place = (case["table"], json.dumps(case["key"], ensure_ascii=False, sort_keys=True))
        fate = by_key.get(place)
        got: tuple[str, list[str]] = (
            (fate["fate"], sorted(fate["cells"])) if fate else ("held", []) if place in held else ("stays", [])
        )
        want: tuple[str, list[str]] = (case["fate"], case["columns"])
        unsure_here = sorted(unsure.get(place, []))
        if want[0] == "gap":
            want, got = ("gap", case["columns"]), (("gap" if unsure_here and not fate else got[0]), unsure_here)
        elif "gap" in case and unsure_here != sorted(case["gap"]):
            wrong.append(f"{case['label']}: gap {unsure_here}, said {case['gap']}")
        if case["table"] == "crm.store_visits" and want == ("ends", ["customer_id"]):
            continue  # the database's own doing; checked when fates are carried out
        if got != want:
            wrong.append(f"{case['label']}: evaluated {got}, said by hand {want}")
    if wrong:
        raise AssertionError("the truth contradicts itself:\n" + "\n".join(wrong))


def _records(fates: Fates) -> Iterator[dict[str, Any]]:
    for (table, key), fate in sorted(fates.items(), key=lambda item: (item[0][0], key_json(*item[0]))):
        cells = {c: {k: plain(v) for k, v in e.items()} for c, e in sorted(fate["cells"].items())}
        yield {
            "table": table,
            "key": key_json(table, key),
            "fate": fate["fate"],
            "copies": fate["copies"],
            "cells": json.dumps(cells, ensure_ascii=False, sort_keys=True),
            "why": fate["why"],
        }


def _write(
    folder: Path,
    tables: dict[str, pa.Table],
    world: World,
    engine: str,
    as_of: datetime,
    seed: int,
    fates: Fates,
    requests: list[tuple[str, Fates]],
    gaps: list[Row],
    kept: list[Row],
    answers: list[Row],
    files: list[str],
    withdrawn: list[tuple[int, str]],
    rows: dict[str, list[Row]],
) -> None:
    schema = pa.schema(
        [
            ("table", pa.string()),
            ("key", pa.string()),
            ("fate", pa.string()),
            ("copies", pa.int64()),
            ("cells", pa.string()),
            ("why", pa.string()),
        ]
    )
    pq.write_table(pa.Table.from_pylist(list(_records(fates)), schema=schema), folder / "retention.parquet")
    asked = [{"request": ident, **record} for ident, found in requests for record in _records(found)]
    pq.write_table(
        pa.Table.from_pylist(asked, schema=schema.insert(0, pa.field("request", pa.string()))), folder / "erasure.parquet"
    )
    shown = [{"table": g["table"], "key": key_json(g["table"], g["key"]), "columns": sorted(g["columns"])} for g in gaps]
    pq.write_table(
        pa.Table.from_pylist(
            shown, schema=pa.schema([("table", pa.string()), ("key", pa.string()), ("columns", pa.list_(pa.string()))])
        ),
        folder / "gaps.parquet",
    )
    names = {t.name for t in tables_of(engine)}
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    for (table, _), fate in fates.items():
        cells[table].update(dict.fromkeys(fate["cells"], fate["copies"]))

    def write(name: str, value: Any) -> None:
        (folder / name).write_text(json.dumps(value, ensure_ascii=False, indent=1, default=plain) + "\n", encoding="utf-8")

    write(
        "columns.json",
        {
            "personal": [
                {"table": t, "column": c, "category": cell.category, "also": list(cell.also), "role": cell.role}
                for t, c, cell in personal_columns()
                if t in names
            ]
            + [
                {"table": p.rsplit(".", 1)[0], "column": p.rsplit(".", 1)[1], "category": cat, "also": [], "role": role}
                for p, (cat, role) in UNDECLARED.items()
            ],
            "hard_negatives": [{"column": c, "why": why} for c, why in HARD_NEGATIVES.items() if c.rsplit(".", 1)[0] in names],
        },
    )
    write("boundaries.json", [c for c in world.expect if c["table"] in names])
    write(
        "held.json", [{"table": k["table"], "key": json.loads(key_json(k["table"], k["key"])), "would": k["would"]} for k in kept]
    )
    write("requests.json", answers)
    write("canaries.json", [c for c in world.canaries if c["table"] in names])
    write("files.json", {"gone_by_schedule": files, "gone_by_request": sorted(f for a in answers for f in a["files_gone"])})
    write("withdrawn.json", [{"customer_id": c, "preference": p} for c, p in withdrawn])
    write("validate.json", VALIDATE)
    write(
        "summary.json",
        {
            "engine": engine,
            "as_of": as_of,
            "seed": seed,
            "rows": {t: len(r) for t, r in rows.items()},
            "keys": {t: list(BY_NAME[t].key) for t in rows},
            "columns": {t: list(BY_NAME[t].columns) for t in rows},
            "deleted": count(fates, "delete"),
            "rows_with_cells": count(fates, "ends"),
            "cells": {t: dict(sorted(c.items())) for t, c in sorted(cells.items()) if c},
            "gaps": dict(sorted(Counter(g["table"] for g in gaps).items())),
            "held": len(kept),
            "order": ["holds", "schedule", "requests"],
        },
    )
