"""Disposal order and connected parts, compared with slow and simple references."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.domain.errors import PolicyError
from governance.domain.names import TableRef
from governance.policy.order import components, cycle, disposal_order

NODES = "abcdefg"
graphs = st.dictionaries(st.sampled_from(NODES), st.sets(st.sampled_from(NODES), max_size=3), max_size=7)


def reaches(graph: dict[str, set[str]], start: str, goal: str) -> bool:
    """Whether one step or more lead from `start` to `goal`."""
    seen: set[str] = set()
    left = set(graph.get(start, ()))
    while left:
        node = left.pop()
        if node == goal:
            return True
        if node not in seen:
            seen.add(node)
            left |= graph.get(node, set())
    return False


@given(graphs)
def test_every_table_comes_after_all_it_waits_for_or_the_loop_is_named(graph: dict[str, set[str]]) -> None:
    circular = any(reaches(graph, node, node) for node in graph)
    if circular:
        with pytest.raises(PolicyError, match=r"circular: (\w) -> .*\1\n|circular: (\w) -> .*\2$"):
            disposal_order(graph)
        loop = cycle(graph)
        assert loop[0] == loop[-1] == min(loop)
        assert all(other in graph[one] for one, other in pairwise(loop))
        return
    order = disposal_order(graph)
    assert sorted(order) == sorted({*graph, *(n for others in graph.values() for n in others)})
    assert all(order.index(other) < order.index(node) for node, others in graph.items() for other in others)
    assert cycle(graph) == ()


@given(graphs, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_the_graph_is_written(graph: dict[str, set[str]], random: object) -> None:
    shuffled = list(graph.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    same = {node: {*sorted(others, reverse=True)} for node, others in shuffled}
    assert cycle(same) == cycle(graph)
    if not cycle(graph):
        assert disposal_order(same) == disposal_order(graph)


def test_tables_that_wait_for_nothing_go_by_name() -> None:
    def ref(name: str) -> TableRef:
        return TableRef("shop", name)

    waits = {ref("customers"): {ref("orders"), ref("clicks")}, ref("orders"): {ref("lines")}}
    assert [r.table for r in disposal_order(waits)] == ["clicks", "lines", "orders", "customers"]


def test_a_loop_is_told_as_a_to_b_to_a() -> None:
    with pytest.raises(PolicyError, match="disposal order is circular: a -> b -> a"):
        disposal_order({"b": {"a"}, "a": {"b"}, "c": {"a"}})


@given(st.sets(st.sampled_from(NODES)), st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=9))
def test_parts_are_what_edges_connect_and_nothing_more(nodes: set[str], edges: list[tuple[str, str]]) -> None:
    parts = components(nodes, edges)
    both_ways: dict[str, set[str]] = {}
    for one, other in edges:
        both_ways.setdefault(one, set()).add(other)
        both_ways.setdefault(other, set()).add(one)
    everything = nodes | set(both_ways)
    assert sorted(n for part in parts for n in part) == sorted(everything)
    part_of = {n: place for place, part in enumerate(parts) for n in part}
    for one in everything:
        for other in everything:
            assert (part_of[one] == part_of[other]) == (one == other or reaches(both_ways, one, other))
    assert list(parts) == sorted(tuple(sorted(part)) for part in parts)
    assert components(nodes, [(b, a) for a, b in reversed(edges)]) == parts


def test_a_wish_is_given_up_only_where_it_closes_a_loop() -> None:
    loop = {"a": {"b"}, "b": {"a", "c"}, "c": set[str]()}
    order = disposal_order(loop, wished={("a", "b"), ("b", "c")})
    assert order.index("c") < order.index("b"), "a wish outside the loop is kept"
    assert order.index("a") < order.index("b"), "what is no wish is kept"
    with pytest.raises(PolicyError, match="a -> b -> a"):
        disposal_order(loop, wished={("b", "c")})
