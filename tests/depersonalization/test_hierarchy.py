"""Ladders: what they refuse, and that every rung is a coarsening of the one before."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.depersonalization.hierarchy import Ladder, date_ladder, geo_ladder, interval_ladder, prefix_ladder
from governance.depersonalization.hierarchy_file import file_ladder
from governance.domain.errors import PlanRefused, PolicyError

PLACES = "Baku;Absheron;AZ;*\nSumqayit;Absheron;AZ;*\nGanja;West;AZ;*\nTbilisi;Kartli;GE;*\n"


def _file(folder: Path, text: str, name: str = "places.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _coarsens(ladder: Ladder, values: pl.Series) -> None:
    for level in range(ladder.height):
        fine, coarse = ladder.labels(values, level), ladder.labels(values, level + 1)
        parents = pl.DataFrame({"fine": fine, "coarse": coarse}).group_by("fine").agg(pl.col("coarse").n_unique())
        assert parents["coarse"].max() == 1, f"level {level} of {ladder.kind}"
        assert len(coarse) == len(values)


numbers = st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False), st.integers(-10**6, 10**6).map(float),
                    st.integers(-10**4, 10**4).map(lambda n: n / 20))
steps = st.lists(st.integers(2, 5), max_size=3)


@given(values=st.lists(numbers, min_size=1, max_size=60), first=st.sampled_from(["0.05", "1", "2.5", "7"]), factors=steps,
       origin=st.sampled_from([0, "0.5", -3]))
def test_every_interval_lies_in_one_wider_interval(values: list[float | None], first: str, factors: list[int], origin: object) -> None:
    widths = [pl.Series([first]).cast(pl.Decimal(10, 3))[0]]
    for factor in factors:
        widths.append(widths[-1] * factor)
    ladder = interval_ladder("n", [str(w) for w in widths], origin=origin)  # type: ignore[arg-type]
    _coarsens(ladder, pl.Series("n", values, dtype=pl.Float64))


@given(values=st.lists(numbers, min_size=1, max_size=60))
def test_bounds_of_an_interval_hold_its_value(values: list[float | None]) -> None:
    ladder, series = interval_ladder("n", ["0.05", "0.5", 10]), pl.Series("n", values, dtype=pl.Float64)
    for level in (1, 2, 3):
        low, high = ladder.bounds(series, level) or (series, series)
        inside = (low - 1e-6 <= series) & (series < high + 1e-6)
        assert inside.drop_nulls().all()
        assert low.is_null().to_list() == series.is_null().to_list()


@given(days=st.lists(st.one_of(st.none(), st.dates(date(1, 1, 1), date(9989, 12, 31))), min_size=1, max_size=60))
def test_every_date_unit_lies_in_one_coarser_unit(days: list[date | None]) -> None:
    ladder, series = date_ladder("d"), pl.Series("d", days, dtype=pl.Date)
    _coarsens(ladder, series)
    for level in range(1, ladder.height):
        low, high = ladder.bounds(series, level) or (series, series)
        assert ((low <= series) & (series < high)).drop_nulls().all()


@given(texts=st.lists(st.one_of(st.none(), st.text(max_size=8)), min_size=1, max_size=60))
def test_every_prefix_starts_with_one_shorter_prefix(texts: list[str | None]) -> None:
    _coarsens(prefix_ladder("t", [5, 3, 1]), pl.Series("t", texts, dtype=pl.String))


@given(points=st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=60))
def test_every_cell_lies_in_one_larger_cell(points: list[tuple[float, float]]) -> None:
    _coarsens(geo_ladder("g", ["0.01", "0.1", 1]), pl.Series("g", [f"{lat:.5f},{lon:.5f}" for lat, lon in points]))


def test_a_hierarchy_file_says_its_labels_and_keeps_unknown_unknown_up_to_the_top(tmp_path: Path) -> None:
    ladder = file_ladder("city", _file(tmp_path, PLACES))
    cities = pl.Series("city", ["Ganja", None, "Baku", "Sumqayit"])
    assert ladder.height == 3
    assert ladder.labels(cities, 0).to_list() == ["Ganja", None, "Baku", "Sumqayit"]
    assert ladder.labels(cities, 1).to_list() == ["West", None, "Absheron", "Absheron"]
    assert ladder.labels(cities, 3).to_list() == ["*"] * 4
    assert ladder.table(cities, 2).rows() == [("Ganja", "AZ"), (None, None), ("Baku", "AZ"), ("Sumqayit", "AZ")]
    _coarsens(ladder, cities)


def test_labels_read_as_people_write_them() -> None:
    day = pl.Series("d", [date(2024, 5, 6)])
    units = [date_ladder("d").labels(day, n)[0] for n in range(7)]
    assert units == ["2024-05-06", "2024-05-06", "2024-05", "2024-Q2", "2024", "2020s", "*"]
    assert interval_ladder("n", [5, 20]).labels(pl.Series([23, -1]), 1).to_list() == ["[20, 25)", "[-5, 0)"]
    assert prefix_ladder("p", [4]).labels(pl.Series(["AZ1000"]), 1).to_list() == ["AZ10*"]
    assert geo_ladder("g", ["0.01"]).labels(pl.Series(["40.4093, 49.8671"]), 1).to_list() == ["40.4,49.86"]


def test_integers_beyond_the_precision_of_floats_keep_their_interval() -> None:
    low, high = interval_ladder("n", [1, 2]).bounds(pl.Series("n", [2**60 + 1]), 1) or (None, None)
    assert (low[0], high[0]) == (2**60 + 1, 2**60 + 2)  # type: ignore[index]


@pytest.mark.parametrize(("text", "line", "says"), [
    ("Baku;Absheron;AZ\nGanja;West;AZ\nSumqayit;Absheron;TR\n", 3, "not monotone: in line 1 this label of level 1"),
    ("Baku;Absheron;*\nGanja;West\n", 2, "the line has 2 levels, the first has 3"),
    ("Baku;Absheron;*\nBaku;Absheron;*\n", 2, "the value stands in line 1 already"),
    ("Baku\nGanja\n", 1, "no level above the values"),
])
def test_a_file_that_is_no_hierarchy_is_refused_with_its_line_and_no_value(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(PolicyError) as refused:
        file_ladder("city", path)
    assert says in refused.value.problem
    assert refused.value.where == f"{path}:{line}"
    assert refused.value.fix
    assert not any(word in str(refused.value) for word in ("Baku", "Absheron", "Ganja", "West"))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        file_ladder("city", tmp_path / "none.csv")
    with pytest.raises(PolicyError, match="empty"):
        file_ladder("city", _file(tmp_path, ""))
    (tmp_path / "bytes.csv").write_bytes(b"Bak\xfc;x\n")
    with pytest.raises(PolicyError, match="UTF-8"):
        file_ladder("city", tmp_path / "bytes.csv")


def test_values_a_file_does_not_list_are_counted_and_not_named(tmp_path: Path) -> None:
    ladder = file_ladder("city", _file(tmp_path, PLACES))
    with pytest.raises(PlanRefused, match="2 values of city are not in its hierarchy") as refused:
        ladder.labels(pl.Series("city", ["Baku", "Lankaran", "Quba", "Quba", None]), 1)
    assert "Lankaran" not in str(refused.value)


def test_text_in_an_interval_is_refused_and_not_named() -> None:
    with pytest.raises(PlanRefused, match="1 values are no numbers") as refused:
        interval_ladder("n", [5, 10]).labels(pl.Series("n", ["12", "secret", None]), 1)
    assert "secret" not in str(refused.value)


def test_not_a_number_is_unknown() -> None:
    strange = pl.Series("n", [float("nan"), float("inf"), 1.2])
    assert interval_ladder("n", ["0.5"]).labels(strange, 1).to_list() == [None, None, "[1.0, 1.5)"]


@pytest.mark.parametrize("make", [
    lambda: interval_ladder("n", [5, 12]), lambda: interval_ladder("n", [10, 5]), lambda: interval_ladder("n", []),
    lambda: interval_ladder("n", [0]),
    lambda: prefix_ladder("n", [2, 4]), lambda: prefix_ladder("n", [2, 0]), lambda: date_ladder("n", ["year", "month"]),
    lambda: date_ladder("n", ["week", "month"]), lambda: geo_ladder("n", [1, "0.1"]),
    lambda: interval_ladder("n", [5], lowest=2, highest=1),
    lambda: interval_ladder("n", [5], highest=3),
])
def test_steps_that_do_not_coarsen_are_refused(make: object) -> None:
    with pytest.raises(PolicyError):
        make()  # type: ignore[operator]


def test_a_table_of_labels_has_one_row_per_distinct_value() -> None:
    days = pl.Series("d", [date(2024, 1, 1) + timedelta(days=n % 3) for n in range(9)])
    table = date_ladder("d", ["month"]).table(days, 1)
    assert table.columns == ["value", "label", "low", "high"]
    assert len(table) == 3
    assert table["value"].dtype == pl.Date
