"""The solver against brute force in plain Python: rows, sets of subjects, every node of the lattice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.depersonalization import histogram, lattice
from governance.depersonalization.hierarchy import date_ladder, interval_ladder, prefix_ladder
from governance.depersonalization.search import Search
from governance.depersonalization.solve import Model, Solution, classes, solve
from governance.domain.errors import ModelUnmet, PlanRefused

Row = tuple[int | None, int | None, str | None, str | None]  # subject, age, code, sensitive
LADDERS = (interval_ladder("age", [2, 4]), prefix_ladder("code", [2, 1]))
COLUMNS = ("subject", "age", "code", "ill")

rows_of = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 12)), st.one_of(st.none(), st.integers(0, 9)),
                             st.one_of(st.none(), st.sampled_from(["AA1", "AA2", "AB1", "BA1", "BB2"])),
                             st.one_of(st.none(), st.sampled_from("xyz"))), min_size=1, max_size=40)
models = st.builds(Model, k=st.integers(1, 4), l=st.one_of(st.none(), st.integers(1, 3)), sensitive=st.just("ill"),
                   max_suppressed=st.sampled_from([0.0, 0.1, 0.25, 0.5]))


def frame(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"subject": pl.Int64, "age": pl.Int64, "code": pl.String, "ill": pl.String}, orient="row")


def counted(rows: Sequence[Row], sensitive: str | None = "ill") -> histogram.Histogram:
    return histogram.count(frame(rows), ("age", "code"), sensitive=sensitive, subject="subject")


def labelled(rows: Sequence[Row], levels: Sequence[int]) -> list[tuple[str | None, ...]]:
    table = frame(rows)
    columns = [ladder.labels(table[ladder.name], level).to_list() for ladder, level in zip(LADDERS, levels, strict=True)]
    return list(zip(*columns, strict=True))


def brute(rows: Sequence[Row], levels: Sequence[int], model: Model) -> Solution | None:
    """What a node gives, by definition; None when it does not meet the model."""
    labels, found = labelled(rows, levels), defaultdict(list)
    for label, row in zip(labels, rows, strict=True):
        found[label].append(row)
    kept, lost = {}, []
    for label, members in found.items():
        subjects = {row[0] for row in members} - {None}
        values = {row[3] for row in members if row[0] is not None} - {None}
        if len(subjects) >= model.k and (model.l is None or len(values) >= model.l):
            kept[label] = (len(subjects), len(values))
        else:
            lost += members
    everybody, losing = {row[0] for row in rows} - {None}, {row[0] for row in lost} - {None}
    if len(losing) > model.max_suppressed * len(everybody) + 1e-9:
        return None
    penalty = [_penalties(rows, c, level) for c, level in enumerate(levels)]
    both = zip(labels, rows, strict=True)
    loss = sum(2.0 if label not in kept else penalty[0][row[1]] + penalty[1][row[2]] for label, row in both) / (2 * len(rows))
    return Solution(tuple(levels), len(kept), min((n for n, _ in kept.values()), default=0),
                    None if model.l is None else min((n for _, n in kept.values()), default=0), len(losing), len(lost), loss, 0, 0)


def _penalties(rows: Sequence[Row], column: int, level: int) -> dict[object, float]:
    values = list({row[1 + column] for row in rows})
    series = pl.Series(values, dtype=pl.Int64 if column == 0 else pl.String)
    labels = dict(zip(values, LADDERS[column].labels(series, level).to_list(), strict=True))
    penalty: dict[object, float] = {}
    numbers = [v for v in values if v is not None]
    for value in values:
        share = [v for v in values if labels[v] == labels[value]]
        if len(values) == 1 or len(share) == 1:
            penalty[value] = 0.0
        elif column == 1:
            penalty[value] = (len(share) - 1) / (len(values) - 1)
        elif None in share:
            penalty[value] = 1.0
        else:
            penalty[value] = (max(share) - min(share)) / (max(numbers) - min(numbers))  # type: ignore[type-var, operator]
    return penalty


NODES = list(product(range(LADDERS[0].height + 1), range(LADDERS[1].height + 1)))


@settings(max_examples=150, deadline=None)
@given(rows=rows_of, model=models)
def test_what_is_found_meets_the_model_and_nothing_that_does_loses_less(rows: list[Row], model: Model) -> None:
    possible = [found for node in NODES if (found := brute(rows, node, model)) is not None]
    if not possible:
        with pytest.raises(ModelUnmet):
            solve(counted(rows), LADDERS, model)
        return
    found = solve(counted(rows), LADDERS, model)
    assert found.loss == pytest.approx(min(other.loss for other in possible), abs=1e-9)
    same = brute(rows, found.levels, model)
    assert same is not None
    assert (found.classes, found.k_reached, found.l_reached, found.suppressed_subjects, found.suppressed_rows) == (
        same.classes, same.k_reached, same.l_reached, same.suppressed_subjects, same.suppressed_rows)
    assert found.classes == 0 or found.k_reached >= model.k
    assert found.tried <= found.nodes == len(NODES)


@settings(max_examples=60, deadline=None)
@given(rows=rows_of, model=models, node=st.sampled_from(NODES))
def test_locked_levels_are_kept_or_refused_and_never_changed(rows: list[Row], model: Model, node: tuple[int, int]) -> None:
    expected = brute(rows, node, model)
    if expected is None:
        with pytest.raises(ModelUnmet, match="locked"):
            solve(counted(rows), LADDERS, model, locked=node)
    else:
        found = solve(counted(rows), LADDERS, model, locked=node)
        assert found.levels == node
        assert found.loss == pytest.approx(expected.loss, abs=1e-9)
        assert (found.classes, found.suppressed_rows) == (expected.classes, expected.suppressed_rows)


@settings(max_examples=60, deadline=None)
@given(rows=rows_of, model=models, node=st.sampled_from(NODES))
def test_classes_are_those_of_the_rows(rows: list[Row], model: Model, node: tuple[int, int]) -> None:
    labels, expected = labelled(rows, node), defaultdict(list)
    for label, row in zip(labels, rows, strict=True):
        expected[label].append(row)
    found = classes(counted(rows), LADDERS, node, model)
    assert len(found) == len(expected)
    for age, code, subjects, size, values, kept in found.iter_rows():
        members = expected[(age, code)]
        assert (subjects, size) == (len({row[0] for row in members} - {None}), len(members))
        assert values == len({row[3] for row in members if row[0] is not None} - {None})
        assert kept == (subjects >= model.k and (model.l is None or values >= model.l))


@settings(max_examples=60, deadline=None)
@given(rows=rows_of, model=models, node=st.sampled_from(NODES))
def test_a_coarser_generalization_suppresses_nobody_more(rows: list[Row], model: Model, node: tuple[int, int]) -> None:
    def losing(levels: tuple[int, int]) -> int:
        table = classes(counted(rows), LADDERS, levels, model)
        return int(table.filter(~pl.col("_kept"))["_rows"].sum())

    for c in (0, 1):
        if node[c] < LADDERS[c].height:
            assert losing((node[0] + (c == 0), node[1] + (c == 1))) <= losing(node)


@settings(max_examples=60, deadline=None)
@given(rows=rows_of, model=models, order=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_to_the_last_digit(rows: list[Row], model: Model, order: Random) -> None:
    shuffled = list(rows)
    order.shuffle(shuffled)
    assert outcome(shuffled, model) == outcome(rows, model)


def outcome(rows: Sequence[Row], model: Model) -> Solution | str:
    try:
        return solve(counted(rows), LADDERS, model)
    except ModelUnmet as unmet:
        return str(unmet)


@settings(max_examples=60, deadline=None)
@given(rows=rows_of, k=st.integers(1, 3), t=st.sampled_from([0.0, 0.2, 0.4, 0.7, 1.0]))
def test_no_class_is_farther_from_the_whole_than_t_and_nothing_nearer_loses_less(rows: list[Row], k: int, t: float) -> None:
    rows = [(n, *row[1:]) for n, row in enumerate(rows)]
    model = Model(k, sensitive="ill", t=t)

    def far(members: Sequence[Row]) -> float:
        known, whole = [row[3] for row in members if row[3]], [row[3] for row in rows if row[3]]
        return sum(abs(known.count(v) / len(known) - whole.count(v) / len(whole)) for v in "xyz") / 2 if known else 0.0

    possible = []
    for node in NODES:
        found = defaultdict(list)
        for label, row in zip(labelled(rows, node), rows, strict=True):
            found[label].append(row)
        whole = brute(rows, node, Model(k, sensitive="ill"))
        if whole is not None and all(far(members) <= t + 1e-12 for members in found.values()):
            possible.append(whole.loss)
    if possible:
        assert solve(counted(rows), LADDERS, model).loss == pytest.approx(min(possible), abs=1e-9)
    else:
        with pytest.raises(ModelUnmet):
            solve(counted(rows), LADDERS, model)


def test_a_subject_with_many_rows_counts_once_in_a_class() -> None:
    rows: list[Row] = [(1, 1, "AA1", "x"), (1, 2, "AA1", "y"), (1, 3, "AA2", "z"), (2, 1, "AA1", "x")]
    with pytest.raises(ModelUnmet, match=r"none of 16 generalizations meets k=3 .* suppress 2"):
        solve(counted(rows), LADDERS, Model(3, sensitive="ill"))
    found = solve(counted(rows), LADDERS, Model(2, sensitive="ill"))
    assert (found.k_reached, found.suppressed_rows) == (2, 0)


def test_without_a_subject_every_row_is_one() -> None:
    rows: list[Row] = [(1, 1, "AA1", "x")] * 3
    plain = histogram.count(frame(rows), ("age", "code"))
    assert solve(plain, LADDERS, Model(3)).k_reached == 3
    assert plain.subjects == plain.rows == 3


def test_rows_without_a_subject_make_nobody_safer() -> None:
    rows: list[Row] = [(1, 1, "AA1", "x"), (2, 1, "AA1", "x"), (None, 1, "AA1", "y"), (None, 1, "AA1", "y")]
    with pytest.raises(ModelUnmet):
        solve(counted(rows), LADDERS, Model(3, sensitive="ill"))
    with pytest.raises(ModelUnmet):
        solve(counted(rows), LADDERS, Model(2, 2, "ill"))


def test_levels_outside_lowest_and_highest_are_not_chosen() -> None:
    rows: list[Row] = [(n, n, "AA1", "x") for n in range(8)]
    ladders = (interval_ladder("age", [2, 4], lowest=1, highest=2), prefix_ladder("code", [2, 1], lowest=2))
    found = solve(counted(rows), ladders, Model(1, sensitive="ill"))
    assert (found.levels, found.nodes) == ((1, 2), 4)
    with pytest.raises(PlanRefused, match="locked levels"):
        solve(counted(rows), ladders, Model(1, sensitive="ill"), locked=(0, 2))


def test_a_release_without_quasi_identifiers_is_one_class() -> None:
    rows: list[Row] = [(n, 1, "AA1", "x") for n in range(4)]
    one = histogram.count(frame(rows), (), sensitive="ill", subject="subject")
    assert solve(one, (), Model(4, sensitive="ill")).classes == 1
    with pytest.raises(ModelUnmet):
        solve(one, (), Model(5, sensitive="ill"))


def test_no_rows_are_published_as_no_rows() -> None:
    found = solve(counted([]), LADDERS, Model(5, sensitive="ill"))
    assert (found.classes, found.k_reached, found.suppressed_rows, found.loss) == (0, 0, 0, 0.0)


@pytest.mark.parametrize("bad", [{"k": 0}, {"k": 2, "max_suppressed": 1.5}, {"k": 2, "l": 2}, {"k": 2, "l": 0, "sensitive": "ill"},
                                 {"k": 2, "t": 0.2}, {"k": 2, "t": 0.2, "sensitive": "ill", "max_suppressed": 0.1}])
def test_a_model_that_is_none_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(PlanRefused):
        Model(**bad)  # type: ignore[arg-type]


def test_ladders_of_other_columns_are_refused() -> None:
    rows: list[Row] = [(1, 1, "AA1", "x")]
    with pytest.raises(PlanRefused, match="ladders"):
        solve(counted(rows), LADDERS[:1], Model(1, sensitive="ill"))
    with pytest.raises(PlanRefused, match="sensitive"):
        solve(counted(rows), LADDERS, Model(1))




@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), k=st.integers(2, 12), l=st.sampled_from([None, 2, 3]), share=st.sampled_from([0.0, 0.02, 0.1, 0.4]),
       rows=st.sampled_from([30, 200, 800]))
def test_striking_out_never_strikes_the_best(seed: int, k: int, l: int | None, share: float, rows: int) -> None:  # noqa: E741
    """Over a lattice too large for plain Python: the search beside judging each of its 80 nodes, skewed data, people with several rows."""
    draw = np.random.default_rng(seed)
    table = pl.DataFrame({
        "subject": draw.integers(0, max(1, rows * 2 // 3), rows), "age": (90 * draw.random(rows) ** 2).astype(np.int64),
        "code": [f"{a}{b}{c}" for a, b, c in draw.integers(0, 3, (rows, 3))], "day": draw.integers(0, 300, rows).astype("datetime64[D]"),
        "ill": draw.choice(list("wxyz"), rows, p=[0.7, 0.1, 0.1, 0.1])})
    ladders = (interval_ladder("age", [5, 10, 30]), prefix_ladder("code", [2, 1]), date_ladder("day", ["month", "quarter"]))
    names = [ladder.name for ladder in ladders]
    found = histogram.count(table, names, sensitive="ill", subject="subject")
    columns, cells = lattice.columns_of(found, ladders), lattice.table_of(found)
    every = list(product(*(ladder.allowed for ladder in ladders)))
    one = Search(columns, cells, k, l, int(share * found.subjects))
    judged = [node for node in (one.judge(at) for at in every) if node is not None]
    best = Search(columns, cells, k, l, int(share * found.subjects)).run([0] * 3, [ladder.height for ladder in ladders])
    assert (best is None) == (not judged)
    if best is not None:
        assert best.loss == pytest.approx(min(node.loss for node in judged), abs=1e-12)
