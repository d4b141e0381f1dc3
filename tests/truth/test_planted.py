"""The demo world is reproducible, its truth agrees with itself, and the declared policy says what the truth was told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from examples.endstate import digits, identifiers_in
from examples.generate import AS_OF, build, main
from examples.load import load
from examples.rules import RULES, After, Cell, Consent
from examples.spec import tables_of
from examples.truth import carry_out, schedule
from governance.domain.clock import Period
from governance.policy.load import LoadedPolicy, load_policy
from governance.policy.model import EndState
from tests.truth.reading import read

ROWS = 3_000


def generate(url: str, home: Path) -> None:
    main(["--warehouse", url, "--stores", str(home / "stores"), "--truth", str(home / "truth"), "--rows", str(ROWS)])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world on DuckDB: demo.duckdb, stores and truth below one folder."""
    home = tmp_path_factory.mktemp("world")
    generate(f"duckdb:///{home}/demo.duckdb", home)
    return home


@pytest.fixture(scope="module")
def loaded() -> LoadedPolicy:
    return load_policy(Path(__file__).parents[2] / "policy")


def truth(home: Path, name: str) -> Any:
    return json.loads((home / "truth" / f"{name}.json").read_text(encoding="utf-8"))


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    (one, _), (again, _), (other, _) = build(ROWS, 7, AS_OF), build(ROWS, 7, AS_OF), build(ROWS, 8, AS_OF)
    assert all(one[name].equals(again[name]) for name in one)
    assert not one["crm.customers"].equals(other["crm.customers"])


def test_what_was_generated_stands_in_the_warehouse(world: Path) -> None:
    counts = truth(world, "summary")["rows"]
    assert {name: len(rows) for name, rows in read(f"duckdb:///{world}/demo.duckdb")} == counts
    assert set(counts) == {t.name for t in tables_of("duckdb")}


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"])
def test_after_one_disposal_nothing_more_is_due(engine: str) -> None:
    tables, world = build(ROWS, 7, AS_OF)
    rows = {spec.name: tables[spec.name].to_pylist() for spec in tables_of(engine)}
    held = {(h["kind"], k) for h in world.holds for k in h["subject_keys"]}
    fates, _, kept, _ = schedule(rows, engine, AS_OF, held)
    assert fates
    assert kept
    later, _, _, _ = schedule(carry_out(rows, fates, engine), engine, AS_OF, held)
    assert {(table, str(key)) for table, key in later} == set()


@pytest.mark.postgres
def test_common_tables_have_the_same_truth_on_both_engines(world: Path, new_postgres: Callable[[], str], tmp_path: Path) -> None:
    url = new_postgres()
    generate(url, tmp_path)
    here, there = truth(world, "summary"), truth(tmp_path, "summary")
    for part in ("rows", "deleted", "rows_with_cells", "cells", "gaps"):
        assert {t: n for t, n in there[part].items() if t in here["rows"]} == here[part], part
    assert {name: len(rows) for name, rows in read(url)} == there["rows"]


def test_every_canary_stands_where_it_was_planted(world: Path) -> None:
    canaries = truth(world, "canaries")
    assert len(canaries) >= 10
    rows = dict(read(f"duckdb:///{world}/demo.duckdb"))
    files = [p.read_bytes() for p in (world / "stores").rglob("*.png")]
    for canary in canaries:
        value, column = canary["value"], canary["column"]
        if column == "delivery_photo":
            assert any(value.encode() in body for body in files), canary["because"]
        else:
            assert any(value in (row[column] or "") for row in rows[canary["table"]]), canary["because"]


def test_every_request_is_about_somebody_whose_identifiers_are_there(world: Path) -> None:
    texts = [v for _, rows in read(f"duckdb:///{world}/demo.duckdb") for r in rows for v in r.values() if isinstance(v, str)]
    texts += [p.read_bytes().decode("utf-8", "ignore") for p in (world / "stores").rglob("*.png")]
    lowered = "\n".join(texts).lower()
    squeezed = {d for t in texts if len(d := digits(t)) >= 9}
    for request in truth(world, "requests"):
        assert request["rows_deleted"] or request["rows_with_cells"], request["id"]
        for value in request["absent"]:
            assert value.lower() in lowered or any(value in d for d in squeezed), (request["id"], value)


def test_boundary_cases_cover_what_disposal_must_get_right(world: Path) -> None:
    labels = " | ".join(case["label"] for case in truth(world, "boundaries"))
    for words in (
        "exactly on the cutoff",
        "one second before",
        "29 February",
        "held child of a due parent",
        "without a key",
        "withdrawn",
        "without a date",
        "never shipped",
        "original is gone",
    ):
        assert words in labels, words


def test_what_nobody_can_judge_is_never_due(world: Path) -> None:
    due = {
        (r["table"], r["key"]): json.loads(r["cells"]) for r in pq.read_table(world / "truth" / "retention.parquet").to_pylist()
    }
    gaps = pq.read_table(world / "truth" / "gaps.parquet").to_pylist()
    assert gaps
    for gap in gaps:
        assert not set(gap["columns"]) & set(due.get((gap["table"], gap["key"]), {}))


def test_identifiers_are_found_in_every_spelling_the_generator_uses() -> None:
    for text in ("+994 50 123 45 67", "050-123-45-67", "(050) 123 4567", "994501234567", "ad.soyad12@poct.example"):
        assert identifiers_in(f"Salam, {text} yazın") == [text]
    assert identifiers_in("Sifariş KG-2024-0001234, 5 gün") == []


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(ValueError, match="--warehouse takes duckdb"):
        load("mysql://nowhere", {}, print)


# ---- the two tellings of the same rules ------------------------------------------------------------------------------

_ENDS = {
    "null": "null",
    "constant": "constant",
    "prefix": "generalize",
    "step": "generalize",
    "year": "truncate",
    "pseudonym": "pseudonymize",
    "redact": "redact",
    "json": "redact",
    "file": "file",
}


def same_end(cell: Cell, end: EndState | None) -> bool:
    kind, _, argument = cell.end.partition(":")
    if end is None or end.kind != _ENDS[kind]:
        return False
    said = {"constant": end.value, "prefix": end.prefix, "step": end.step, "json": ",".join(end.paths), "file": end.store}.get(
        kind, argument
    )
    return str(said) == argument


OURS = ("golden", "fraud")  # made and filled by the product, held against the truth of feeds instead


def test_policy_and_truth_name_the_same_columns_with_the_same_lives(loaded: LoadedPolicy) -> None:
    declared = {(f"{ref.table.schema}.{ref.table.table}", ref.name): (ref, field) for ref, field in loaded.personal_columns()
                if ref.table.schema not in OURS}
    told = {(table, column): cell for table, rule in RULES.items() for column, cell in rule.columns.items()}
    assert declared.keys() == told.keys()
    for place, cell in told.items():
        ref, field = declared[place]
        governance = field.governance
        assert field.data_categories == (cell.category, *cell.also), place
        assert (governance.role, governance.subject) == (cell.role, cell.subject), place
        assert same_end(cell, governance.end_state), place
        assert (governance.purposes == "unjudged") == cell.unjudged, place
        assert str(governance.derived_from or "").rpartition(".")[2] == cell.copy_of, place
        schedules = loaded.schedules(ref)
        dated = sorted((str(s.keep), p.survives_request) for p, s in schedules if not s.until_withdrawn)
        assert dated == sorted((str(Period.parse(x.keep)), x.survives) for x in cell.lives if isinstance(x, After)), place
        chosen = sorted(p.preference or "" for p, s in schedules if s.until_withdrawn)
        assert chosen == sorted(x.preference for x in cell.lives if isinstance(x, Consent)), place


def test_policy_and_truth_agree_on_which_rows_go(loaded: LoadedPolicy) -> None:
    tables = {f"{t.ref.schema}.{t.ref.table}": t for t in loaded.tables()}
    for name, rule in RULES.items():
        found = tables[name]
        declared = found.collection.governance
        goes_with = declared.deletable["with"] if isinstance(declared.deletable, dict) else None
        assert (f"{goes_with.schema}.{goes_with.table}" if goes_with else declared.deletable) == rule.deletes, name
        assert (found.dataset.governance.mode.is_ == "observe") == rule.observe, name
        assert {k: p.kind for k, p in declared.subjects.items()} == {k: kind for k, (kind, _) in rule.subjects.items()}, name
