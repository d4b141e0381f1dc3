"""What is settled before SQL says the same as the engine would have said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest
import sqlalchemy as sa
from sqlalchemy import Boolean, ColumnElement, and_, cast, column, false, literal, null, or_, select, true

from governance.disposal.settled import both, either, opposite, settled, surely

Truth = ColumnElement[bool]
Ask = Callable[..., tuple[bool | None, ...]]
ROW = select(literal(True).label("t"), literal(False).label("f"), cast(null(), Boolean).label("n")).subquery()
# Constants, constants wrapped the way SQLAlchemy wraps them, and values that only the engine knows.
TRUTHS: tuple[Truth, ...] = (true(), false(), or_(true(), true()), and_(false(), false()), or_(false(), false()), cast(null(), Boolean),
                             ROW.c.t, ROW.c.f, ROW.c.n)


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    engine = sa.create_engine("duckdb:///:memory:")
    with engine.connect() as connection:
        yield lambda *truths: tuple(connection.execute(select(*truths).select_from(ROW)).one())
    engine.dispose()


def test_all_any_not_and_surely_mean_what_sql_means(ask: Ask) -> None:
    for one, two in product(TRUTHS, TRUTHS):
        ours = ask(both(one, two), either(one, two), opposite(one), surely(one))
        theirs = ask(and_(one, two), or_(one, two), ~one, sa.func.coalesce(one, false()))
        assert ours == theirs, (str(one), str(two))


def test_what_follows_from_constants_is_a_constant() -> None:
    unknown: Truth = column("c", Boolean())
    assert settled(both(unknown, false())) is False
    assert settled(either(unknown, or_(true(), true()))) is True
    assert settled(opposite(either(false(), false()))) is True
    assert settled(either()) is False
    assert settled(both()) is True
    assert settled(unknown) is None
