"""The frozen work set: keys of many rows in one, the same keys whatever a hold takes out of it, and small batches together."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pytest
from duckdb_sqlalchemy import Dialect
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Text, insert, literal, select, text

from governance.disposal import sql_work
from governance.disposal.apply import TOGETHER, Batch, together
from governance.disposal.holding import _hold
from governance.domain.names import TableRef
from governance.domain.plan import Action, Step
from governance.domain.schema import Column, Family, ForeignKey, OnDelete, Schema, Table
from governance.warehouse import Warehouse
from governance.warehouse.bundles import each_key, listed
from governance.warehouse.control import work
from governance.warehouse.functions import as_text, whole_part

PLAN = "p" * 64


def bundled(warehouse: Warehouse, bundles: Sequence[tuple[int, int, list[int], bool]]) -> None:
    """Bundles (batch, part, keys, held) of step 1; the subject of key n is customer n."""
    warehouse.execute(work.delete(), name="test.clear")
    warehouse.execute(insert(work).values([
        {"plan": PLAN, "step": 1, "batch": batch, "part": part, "mask": 0, "held": held, "rows": len(keys), "keys_int": keys,
         "keys_text": None, "copies": None, "subjects": [f"|customer:{key}|" for key in keys]}
        for batch, part, keys, held in bundles]), name="test.bundles")


def standing(warehouse: Warehouse) -> list[tuple[int, int, str, bool]]:
    keys = each_key(work.c.plan == PLAN)
    return sorted(tuple(row) for row in warehouse.few(  # type: ignore[misc]
        select(keys.c.batch, keys.c.key_int, keys.c.subjects, keys.c.held), name="test.keys"))


@pytest.fixture
def ready(warehouse: Warehouse) -> Warehouse:
    warehouse.create_control()
    return warehouse


def test_a_hold_takes_exactly_its_keys_out_of_their_bundles_and_loses_none(ready: Warehouse) -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        keys = data.draw(st.lists(st.integers(0, 10_000), min_size=1, max_size=60, unique=True))
        size = data.draw(st.integers(1, 20))
        already = data.draw(st.sets(st.integers(0, 59)))
        parts = [keys[n:n + size] for n in range(0, len(keys), size)]
        bundled(ready, [(n // 3, n, part, n in already) for n, part in enumerate(parts)])
        before = standing(ready)
        chosen = data.draw(st.sets(st.sampled_from(keys)))
        found = _hold(ready, PLAN, [1], lambda e: e.c.key_int.in_(sorted(chosen)), "test.hold")
        free = {key for _, key, _, held in before if not held}
        assert found == bool(chosen & free)
        assert standing(ready) == sorted((b, key, subject, held or key in chosen) for b, key, subject, held in before)
        tally = {step: (rows, held) for step, rows, held in ready.few(sql_work.tally(PLAN), name="test.tally")}
        assert tally == {1: (len(keys), sum(held or key in chosen for _, key, _, held in before))}

    check()


def test_rows_that_no_hold_covers_are_not_written_again(ready: Warehouse) -> None:
    bundled(ready, [(0, 0, [1, 2, 3], False), (0, 1, [4, 5], False)])
    _hold(ready, PLAN, [1], lambda e: e.c.key_int == 2, "test.hold")
    stored = ready.few(select(work.c.part, work.c.keys_int, work.c.held), name="test.stored")
    assert sorted((part, sorted(keys), held) for part, keys, held in stored) == [
        (0, [1, 3], False), (0, [2], True), (1, [4, 5], False)]


def test_lists_of_one_statement_have_one_order_for_a_million_rows(ready: Warehouse) -> None:
    engine = ready.capabilities.engine
    series = "range(1000000)" if engine == "duckdb" else "generate_series(0, 999999)"
    numbers = text(f"SELECT i AS k, 'v' || i AS v FROM {series} t(i)").columns(k=BigInteger(), v=Text()).subquery()
    part = whole_part(numbers.c.k, 2_000)
    lists = select(part.label("part"), listed(numbers.c.k).label("ks"), listed(numbers.c.v).label("vs")).group_by(part).subquery()
    ready.execute(insert(work).from_select(
        ["plan", "step", "batch", "part", "mask", "held", "rows", "keys_int", "subjects"],
        select(literal(PLAN), literal(1), literal(0), lists.c.part, literal(0), literal(False), literal(2_000), lists.c.ks,
               lists.c.vs)), name="test.fill")
    keys = each_key(work.c.plan == PLAN)
    wrong = select(keys.c.key_int).where(literal("v") + as_text(keys.c.key_int) != keys.c.subjects)
    assert ready.few(wrong, name="test.wrong") == []


@settings(deadline=None)
@given(st.integers(0, 2**62), st.integers(1, 2**40))
def test_whole_part_is_division_without_rest(value: int, divisor: int) -> None:
    spelled = str(select(whole_part(literal(value), divisor)).compile(dialect=Dialect(), compile_kwargs={"literal_binds": True}))
    assert duckdb.sql(spelled).fetchone() == (value // divisor,)


# ---- small batches together ----------------------------------------------------------------------------------------

def table(name: str, refers: Sequence[str] = ()) -> Table:
    keys = tuple(ForeignKey(f"f_{to}", (f"{to}_id",), TableRef("s", to), ("id",), OnDelete.REFUSE, True) for to in refers)
    return Table(TableRef("s", name), "table", (Column("id", "bigint", Family.INTEGER, False),), primary_key=("id",), foreign_keys=keys)


SCHEMA = Schema.of([table("people"), table("orders", ["people"]), table("items", ["orders"]), table("notes", ["people"]), table("lone")])
BATCHES = st.lists(st.builds(
    lambda name, action, rows, n: Batch(Step(n, 0, TableRef("s", name), action, (), rows, 0, False, ""), 0, 0, rows),
    st.sampled_from(["people", "orders", "items", "notes", "lone"]),
    st.sampled_from([Action.DELETE, Action.END, Action.FILE, Action.REWRITE, Action.UNLINK]),
    st.integers(1, 2 * TOGETHER), st.integers(1, 30)), max_size=12)


@given(BATCHES, st.booleans())
def test_batches_share_a_transaction_in_their_order_and_only_when_they_may(batches: list[Batch], related: bool) -> None:
    groups = together(batches, SCHEMA, related=related)
    assert [b for group in groups for b in group] == batches
    for group in groups:
        if len(group) == 1:
            continue
        assert sum(b.rows for b in group) <= TOGETHER
        assert not any(b.alone for b in group)
        names = [b.step.table.table for b in group]
        if not related:
            assert len(set(names)) == len(names)
            assert not any({a, b} in ({"people", "orders"}, {"orders", "items"}, {"people", "notes"}) for a in names for b in names)


def test_children_and_their_parent_share_one_transaction_where_the_engine_can() -> None:
    steps = [Batch(Step(n, 0, TableRef("s", name), Action.DELETE, (), 5, 0, False, ""), 0, 0, 5)
             for n, name in enumerate(["items", "orders", "notes", "people"], start=1)]
    assert [len(g) for g in together(steps, SCHEMA, related=True)] == [4]
    assert [len(g) for g in together(steps, SCHEMA, related=False)] == [1, 2, 1]
