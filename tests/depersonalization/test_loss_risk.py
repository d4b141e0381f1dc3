"""Loss and risk against their definitions and against figures published for UCI Adult."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.depersonalization import histogram
from governance.depersonalization.hierarchy import Ladder
from governance.depersonalization.hierarchy_file import file_ladder
from governance.depersonalization.loss import average_class_size, discernibility, ncp, penalties
from governance.depersonalization.risk import risks
from governance.depersonalization.solve import Model, classes, solve

ADULT = Path(__file__).resolve().parents[3] / "shared" / "data" / "adult"
QUASI = ("sex", "age", "race", "marital-status", "education", "native-country", "workclass", "salary-class")
sizes = st.lists(st.integers(1, 50), min_size=1, max_size=30)


@given(sizes=sizes)
def test_the_marketer_expects_one_hit_per_class_and_the_prosecutor_looks_at_the_smallest(sizes: list[int]) -> None:
    found = risks(sizes)
    assert found.marketer == pytest.approx(len(sizes) / sum(sizes))
    assert found.prosecutor == found.journalist == pytest.approx(1 / min(sizes))
    assert found.unique == pytest.approx(sizes.count(1) / sum(sizes))
    assert found.marketer <= found.prosecutor


@given(sizes=sizes, more=st.data())
def test_a_larger_population_lowers_every_risk_but_the_prosecutors(sizes: list[int], more: st.DataObject) -> None:
    population = [n + more.draw(st.integers(0, 100)) for n in sizes]
    alone, among = risks(sizes), risks(sizes, population)
    assert among.prosecutor == alone.prosecutor
    assert among.journalist == pytest.approx(1 / min(population))
    assert among.journalist <= alone.journalist
    assert among.marketer <= alone.marketer + 1e-12


def test_nothing_published_is_no_risk_and_impossible_classes_are_refused() -> None:
    assert risks([]).prosecutor == risks([]).marketer == 0.0
    for bad in (([0, 2], None), ([3], [2]), ([3], [3, 4])):
        with pytest.raises(ValueError):
            risks(*bad)


@given(sizes=sizes, suppressed=st.integers(0, 40))
def test_discernibility_is_the_sum_over_rows(sizes: list[int], suppressed: int) -> None:
    rows = [n for n in sizes for _ in range(n)] + [sum(sizes) + suppressed] * suppressed
    assert discernibility(np.array(sizes), suppressed) == sum(rows)
    assert average_class_size(np.array(sizes)) == pytest.approx(sum(sizes) / len(sizes))


def test_penalties_by_hand() -> None:
    two_of_four = penalties(np.array([0, 0, 1, 2]), None)
    assert two_of_four.tolist() == pytest.approx([1 / 3, 0, 0])
    ages = penalties(np.array([0, 0, 1, 1]), np.array([20.0, 25.0, 30.0, 60.0]))
    assert ages.tolist() == pytest.approx([5 / 40, 30 / 40])
    unknown = penalties(np.array([0, 1, 1]), np.array([np.nan, 1.0, 3.0]))
    assert unknown.tolist() == pytest.approx([0, 1])
    assert penalties(np.array([0, 0]), np.array([np.nan, 4.0])).tolist() == [1.0]
    assert penalties(np.array([0]), None).tolist() == [0.0]


def test_a_suppressed_row_costs_all_of_itself() -> None:
    half = (np.array([0.5, 0.0]), np.array([2, 1]))
    none = (np.array([0.0]), np.array([3]))
    assert ncp([half, none], 1) == pytest.approx((1.0 + 2 * 1) / 8)
    assert ncp([], 3) == 0.0


@pytest.fixture(scope="module")
def adult() -> pl.DataFrame:
    if not ADULT.is_dir():
        pytest.skip("UCI Adult is not beside the project (../shared/data/adult)")
    return pl.read_csv(ADULT / "adult.csv", separator=";", infer_schema=False).with_columns(pl.all().str.strip_chars())


def ladders(names: tuple[str, ...] = QUASI) -> list[Ladder]:
    return [file_ladder(name, ADULT / f"adult_hierarchy_{name}.csv") for name in names]


def test_adult_is_as_risky_as_published(adult: pl.DataFrame) -> None:
    """ARX's test of its risk models: average re-identification risk 0.6465751607983555 over all nine columns, before anything is done."""
    everything = (*QUASI, "occupation")
    found = classes(histogram.count(adult, everything), ladders(everything), (0,) * 9, Model(1))
    assert risks(found["_subjects"].to_numpy()).marketer == pytest.approx(0.6465751607983555, abs=1e-15)


def test_adult_loses_no_more_than_the_optimum_arx_finds(adult: pl.DataFrame) -> None:
    """ARX, full domain, k=5, 4 % suppressed: NCP 0.2166 at 3.9 %; l=2 over occupation suppresses 26 people more at the same levels."""
    k = solve(histogram.count(adult, QUASI), ladders(), Model(5, max_suppressed=0.04))
    assert (k.levels, round(k.loss, 4), k.suppressed_subjects, k.classes, k.k_reached) == ((0, 3, 0, 1, 1, 1, 1, 0), 0.2166, 1178, 370, 5)
    both = solve(histogram.count(adult, QUASI, sensitive="occupation"), ladders(), Model(5, 2, "occupation", 0.04))
    assert (both.levels, round(both.loss, 4), both.suppressed_subjects, both.classes, both.l_reached) == (k.levels, 0.2173, 1204, 368, 2)


def test_adult_has_the_discernibility_published_for_t(adult: pl.DataFrame) -> None:
    """ARX's test of t-closeness: k=5, t=0.2 over occupation, full domain, nobody suppressed: 456,853,172."""
    counted, model = histogram.count(adult, QUASI, sensitive="occupation"), Model(5, sensitive="occupation", t=0.2)
    found = solve(counted, ladders(), model)
    sizes = classes(counted, ladders(), found.levels, model)["_rows"].to_numpy()
    assert (found.levels, discernibility(sizes, found.suppressed_rows)) == ((1, 4, 1, 1, 3, 2, 2, 1), 456_853_172)
