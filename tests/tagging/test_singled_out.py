"""Whom quasi-identifiers single out, measured on real engines and compared with counting by hand."""

# ruff: noqa: E501 -- tables of examples
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.domain.names import TableRef
from governance.domain.proposal import Decision, Role
from governance.ledger.looks import UniquenessRecord
from governance.ledger.proposals import ProposalRecord
from governance.policy.model import Hop, SubjectPath
from governance.tagging.uniqueness import MOST_ALONE, MOST_TOGETHER, Measured, measure, sentences, to_measure
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from tests.tagging.tagging_world import POLICY, load
from tests.tagging.test_catalog import proposed

REF = TableRef("s", "visits")
Row = tuple[int | None, str | None, str | None, str | None]
ROWS = st.lists(st.tuples(st.integers(1, 6) | st.none(), *[st.sampled_from(["a", "b", "c", None])] * 3), max_size=14)


def by_hand(rows: Sequence[Row], columns: Sequence[int], people: bool) -> tuple[int, int]:
    """(all, singled out), counted the slow way."""
    if people:
        classes: dict[tuple[object, ...], set[int]] = defaultdict(set)
        for row in rows:
            values = tuple(row[c] for c in columns)
            if row[0] is not None and any(v is not None for v in values):
                classes[values].add(row[0])
        alone = {next(iter(who)) for who in classes.values() if len(who) == 1}
        return len({row[0] for row in rows if row[0] is not None}), len(alone)
    sizes: dict[tuple[object, ...], int] = defaultdict(int)
    for row in rows:
        values = tuple(row[c] for c in columns)
        if any(v is not None for v in values):
            sizes[values] += 1
    return len(rows), sum(n == 1 for n in sizes.values())


def fill(url: str, rows: Sequence[Row]) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    metadata = sa.MetaData(schema="s")
    people = sa.Table("people", metadata, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False), sa.Column("login", sa.BigInteger))
    visits = sa.Table("visits", metadata, sa.Column("login", sa.BigInteger), *(sa.Column(n, sa.Text) for n in ("city", "gender", "born")))
    with engine.begin() as connection:
        connection.exec_driver_sql("drop schema if exists s cascade")
        connection.exec_driver_sql("create schema s")
        metadata.create_all(connection)
        connection.execute(people.insert(), [{"id": n, "login": n * 10} for n in range(1, 7)])
        if rows:
            connection.execute(visits.insert(), [{"login": w * 10 if w else None, "city": a, "gender": b, "born": c} for w, a, b, c in rows])
    engine.dispose()


PATHS = {"rows": None, "key": SubjectPath(kind="customer", key="login"),
         "joined": SubjectPath(kind="customer", key="id", through=(Hop(table=TableRef("s", "people"), where={"login": "login"}),))}


@pytest.mark.parametrize("path", PATHS)
@given(rows=ROWS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_people_are_counted_once_and_as_by_hand(warehouse: Warehouse, warehouse_url: str, path: str, rows: list[Row]) -> None:
    warehouse.close()
    fill(warehouse_url, rows)
    with closing(connect(warehouse_url, read_only=True)) as opened:
        schema = opened.schema()
        table = schema.get(REF)
        assert table is not None
        found = measure(opened, schema, Measured(table, ("city", "gender", "born"), PATHS[path]))
    assert len(found) <= 6
    places = {"city": 1, "gender": 2, "born": 3}
    for m in found:
        assert (m.total, m.single) == by_hand(rows, [places[c] for c in m.columns], path != "rows"), m.columns
    assert [m.columns for m in found if len(m.columns) != 2] == [("city",), ("gender",), ("born",), ("city", "gender", "born")]


def test_a_handful_of_statements_is_all_however_many_columns(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    names = [f"q{n}" for n in range(20)]
    engine = sa.create_engine(warehouse_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("create schema s")
        connection.exec_driver_sql(f"create table s.visits ({', '.join(f'{n} text' for n in names)})")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        schema = opened.schema()
        table = schema.get(REF)
        assert table is not None
        asked = to_measure(None, schema, table, [record(f"s.visits.{n}") for n in names])
        found = measure(opened, schema, asked)
    assert len(asked.columns) == MOST_TOGETHER
    assert len(found) <= MOST_ALONE + 3
    assert {(m.total, m.single) for m in found} == {(0, 0)}


def record(column: str, decision: Decision = Decision.OPEN, *, current: bool = True) -> ProposalRecord:
    made = proposed(column, "user.demographic.gender", decision, current=current)
    return replace(made, proposal=replace(made.proposal, role=Role.QUASI_IDENTIFIER))


def test_the_policy_says_what_is_a_quasi_identifier_and_whose_it_is(warehouse: Warehouse, warehouse_url: str, tmp_path: Path) -> None:
    from tests.tagging.tagging_world import build

    warehouse.close()
    build(warehouse_url)
    text = POLICY.replace("{name: phone, data_categories: [user.contact.phone_number], meta: {governance: {role: identifier",
                          "{name: phone, data_categories: [user.contact.phone_number], meta: {governance: {role: quasi_identifier")
    policy = load(tmp_path, text).policy
    with closing(connect(warehouse_url, read_only=True)) as opened:
        schema = opened.schema()
        table = schema.get(TableRef("crm", "subscriptions"))
        assert table is not None
        asked = to_measure(policy, schema, table, [record("crm.subscriptions.device"), record("crm.subscriptions.code"),
                                                   record("crm.subscriptions.customer_id", Decision.REJECTED)])
        assert asked.columns == ("code", "phone"), "the policy's role counts more than a proposal's, a rejection more than both"
        assert asked.kind == "customer"
        found = measure(opened, schema, asked)
        assert asked.is_known(found)
        assert not to_measure(policy, schema, table, [record("crm.subscriptions.code", current=False)]).is_known(found)
    assert [(m.columns, m.total, m.single) for m in found] == [(("code",), 6, 6), (("phone",), 6, 6), (("code", "phone"), 6, 6)]


def test_a_sentence_says_whom_the_columns_single_out() -> None:
    table = TableRef("shop", "customers")
    records = [UniquenessRecord(table, ("city",), "customer", 1_204, 12), UniquenessRecord(table, ("born",), "customer", 1_204, 722),
               UniquenessRecord(table, ("city", "born", "gender"), "customer", 1_204, 1_047),
               UniquenessRecord(TableRef("web", "visits"), ("city",), "", 10, 1)]
    assert sentences(records, {"customer": "customer"}) == [
        "shop.customers: 3 columns (city, born, gender) single out 87% of 1,204 subjects (customer); born alone 60%",
        "web.visits: city singles out 10% of 10 rows"]
