"""Every end state the engines compute is recognized from its value alone, and applying it twice changes nothing, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.disposal.endstates import end_expression, ended, type_of
from governance.domain.schema import Column, Family
from governance.policy.model import EndState
from governance.warehouse import StagedColumn, Warehouse
from governance.warehouse.connect import connect

ENDS: list[tuple[Family, EndState]] = [
    *((family, EndState(kind="null")) for family in (Family.TEXT, Family.INTEGER, Family.NUMBER, Family.DATE, Family.TIMESTAMP,
                                                     Family.MOMENT, Family.BOOLEAN)),
    (Family.TEXT, EndState(kind="file", store="scans")),
    (Family.TEXT, EndState(kind="constant", value="-")),
    (Family.TEXT, EndState(kind="constant", value="silindi ə")),
    (Family.INTEGER, EndState(kind="constant", value=0)),
    (Family.TEXT, EndState(kind="truncate", length=3)),
    (Family.DATE, EndState(kind="truncate", unit="year")),
    (Family.DATE, EndState(kind="truncate", unit="month")),
    (Family.TIMESTAMP, EndState(kind="truncate", unit="year")),
    (Family.MOMENT, EndState(kind="truncate", unit="month")),
    (Family.TEXT, EndState(kind="generalize", prefix=1)),
    (Family.TEXT, EndState(kind="generalize", prefix=4)),
    (Family.INTEGER, EndState(kind="generalize", step=10)),
    (Family.INTEGER, EndState(kind="generalize", step=7)),
    (Family.NUMBER, EndState(kind="generalize", step=25)),
    (Family.TEXT, EndState(kind="redact")),
]

_pieces = st.sampled_from([
    "anar@example.org", "A*b*c", "050-111-22-33", "+994 50 111 22 33", "*", "**", " ", "Ə", "ılğım", "[redacted]", "[", "]", "10.0.0.1",
    "4169 7388 1234 5678", "AZE1234567", "FIN 5ABC12D", "zəng edin", "İ", "’", "0", "-", "\n", "e\u0301"])
_texts = st.lists(_pieces | st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6), max_size=6)
_days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
_moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 12, 31))
VALUES: dict[Family, st.SearchStrategy[Any]] = {
    Family.TEXT: _texts.map("".join),
    Family.INTEGER: st.integers(-(2**62), 2**62) | st.integers(-100, 100),
    Family.NUMBER: st.decimals(Decimal("-1e9"), Decimal("1e9"), places=2),
    Family.BOOLEAN: st.booleans(),
    Family.DATE: _days,
    Family.TIMESTAMP: _moments,
    Family.MOMENT: _moments.map(lambda m: m.replace(tzinfo=UTC)),
}


@pytest.fixture(scope="module")
def engines(new_postgres: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Warehouse]]:
    import duckdb

    path: Path = tmp_path_factory.mktemp("ends") / "warehouse.duckdb"
    duckdb.connect(str(path)).close()
    with closing(connect(f"duckdb:///{path}")) as one, closing(connect(new_postgres())) as two:
        yield [one, two]


def twice(warehouse: Warehouse, family: Family, end: EndState, values: list[Any]) -> list[tuple[Any, Any, bool, bool]]:
    """(f(x), f(f(x)), whether f(x) has ended, whether x had) for each value."""
    column = Column("v", "", family, True)

    def applied(cell: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.cast(end_expression(cell, column, end), type_of(column))

    with warehouse.stage([StagedColumn("n", Family.INTEGER), StagedColumn("v", family)], list(enumerate(values))) as staged:
        once = sa.select(staged.c.n, staged.c.v, applied(staged.c.v).label("f")).subquery()
        again = sa.select(once.c.f, applied(once.c.f), ended(once.c.f, column, end), ended(once.c.v, column, end)).order_by(once.c.n)
        return [tuple(row) for row in warehouse.rows(again, name="test.ends")]


@pytest.mark.postgres
@pytest.mark.parametrize(("family", "end"), ENDS, ids=[f"{family} {end.words}" for family, end in ENDS])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_end_state_is_recognized_and_applying_it_twice_changes_nothing(
        engines: list[Warehouse], family: Family, end: EndState, data: st.DataObject) -> None:
    values = [None, *data.draw(st.lists(VALUES[family], min_size=1, max_size=12))]
    answers = [twice(warehouse, family, end, values) for warehouse in engines]
    for rows in answers:
        for value, (once, again, over, before) in zip(values, rows, strict=True):
            assert once == again
            assert over is True
            assert before is not None
            assert value is not None or (before is True and (once is None or end.kind == "constant"))
            if before:
                assert once == value or value is None  # what has ended is not changed any more
    assert [row[0] for row in answers[0]] == [row[0] for row in answers[1]]
