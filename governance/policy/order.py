"""The order tables are worked in, and the parts of a plan that nothing connects. Both are the same for the same policy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from governance.domain.errors import PolicyError


class Named(Protocol):
    """Anything that can be sorted: table references, column references, words."""

    def __lt__(self, other: Any, /) -> bool: ...
    def __hash__(self) -> int: ...


N = TypeVar("N", bound=Named)


def disposal_order(waits_for: Mapping[N, Set[N]], wished: Collection[tuple[N, N]] = ()) -> tuple[N, ...]:
    """Order tables so that each comes after everything it waits for. PolicyError names the loop when there is one.

    `wished` edges (waiting, awaited) of `waits_for` are given up where they are part of a loop: nothing goes that they would
    keep apart. Ties break by name: the same policy always yields the same plan, and the same plan digest for the approver.
    """
    left = {node: set(others) for node, others in waits_for.items()}
    while loop := cycle(left):
        dropped = next((edge for edge in pairwise(loop) if edge in wished), None)
        if dropped is None:
            raise PolicyError(f"disposal order is circular: {in_words(loop)}", where="policy",
                              fix="drop one of these references, `deletable: with` or `derived_from`")
        left[dropped[0]].discard(dropped[1])
    sorter = TopologicalSorter(left)
    sorter.prepare()
    order: list[N] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return tuple(order)


def cycle(waits_for: Mapping[N, Set[N]]) -> tuple[N, ...]:
    """One loop ``(a, b, a)`` that starts at its smallest member and goes from each to one it waits for; empty without one."""
    tidy = {node: sorted(waits_for[node]) for node in sorted(waits_for)}
    try:
        TopologicalSorter(tidy).prepare()
    except CycleError as error:
        loop = list(error.args[1])[:0:-1]  # graphlib walks from the awaited to the waiting
        start = loop.index(min(loop))
        turned = loop[start:] + loop[:start]
        return (*turned, turned[0])
    return ()


def in_words(loop: Iterable[object]) -> str:
    """``a -> b -> a``"""
    return " -> ".join(map(str, loop))


def components(nodes: Iterable[N], edges: Collection[tuple[N, N]]) -> tuple[tuple[N, ...], ...]:
    """The connected parts of an undirected graph, members ordered by name, parts by their first member.

    Every end of an edge belongs to a part, whether it is among `nodes` or not.
    """
    leader: dict[N, N] = {node: node for node in nodes}

    def lead(node: N) -> N:
        leader.setdefault(node, node)
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for one, other in edges:
        first, second = sorted((lead(one), lead(other)))
        leader[second] = first
    parts: dict[N, list[N]] = {}
    for node in sorted(leader):
        parts.setdefault(lead(node), []).append(node)
    return tuple(tuple(parts[first]) for first in sorted(parts))
