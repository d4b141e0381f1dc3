"""SIGKILL at every statement boundary of disposal, then the same again: nothing is lost, doubled or falsely reported.

KILL_POINTS=all tries every boundary (hours), KILL_POINTS=commits the last boundary before every commit and every removal of
a file (what lies between two commits is undone by the engines, so it leaves the same state); otherwise a sample of those
that moves with the day, so that CI meets them all in time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from governance.ledger import Ledger
from tests.kill.points import Points, in_child, killing_at
from tests.kill.scenarios import SCENARIOS, state_of
from tests.kill.worlds import World, prepared

pytestmark = pytest.mark.kill
SAMPLE = 12


def counted(world: World, scenario: str, folder: Path, sample: int = SAMPLE) -> tuple[Sequence[int], dict[str, Any]]:
    """The boundaries to try, and the state an uninterrupted run ends in."""
    copy = world.copy(folder)
    tally = folder.parent / "points"

    def work() -> None:
        points = Points(lambda number, what: None)
        copy.run(scenario, points)
        tally.write_text(json.dumps([points.number, sorted(points.last.values())]))

    assert in_child(work) == 0
    state = state_of(copy.url, copy.folder, copy.ledger_url)
    copy.drop()
    total, last = json.loads(tally.read_text())
    assert total > 100
    match os.environ.get("KILL_POINTS"):
        case "all":
            return range(1, total + 1), state
        case "commits":
            return last, state
    step = max(1, len(last) // sample)
    return last[date.today().toordinal() % step::step], state


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_a_kill_at_any_statement_then_the_same_again_ends_in_the_same_place(
        scenario: str, new_world: Callable[[Path], str], tmp_path: Path) -> None:
    survives(prepared(tmp_path / "world", new_world(tmp_path / "world"), scenario), scenario, tmp_path)


@pytest.mark.postgres
def test_a_kill_is_survived_with_the_ledger_on_postgresql_too(new_postgres: Callable[[], str], tmp_path: Path) -> None:
    world = prepared(tmp_path / "world", new_postgres(), "request", new_postgres())
    survives(world, "request", tmp_path, sample=6)


def survives(world: World, scenario: str, tmp_path: Path, sample: int = SAMPLE) -> None:
    """Kill, the same again, and compare with an uninterrupted run, at each of the boundaries to try."""
    chosen, calm = counted(world, scenario, tmp_path / "calm", sample)
    for number in chosen:
        copy = killed_at(world, scenario, number, tmp_path)
        assert in_child(lambda copy=copy: copy.run(scenario)) == 0, f"the rerun after boundary {number} failed"
        assert state_of(copy.url, copy.folder, copy.ledger_url) == calm, f"after a kill at boundary {number}"
        truthful(copy, number)
        copy.drop()


def killed_at(world: World, scenario: str, number: int, folder: Path) -> World:
    """A copy of the world in which the scenario was killed at boundary `number`.

    How many statements a run takes depends a little on the machine (a server may be slower to answer, an idle connection be
    opened anew), so near its end a boundary may not be reached; then a somewhat earlier one is tried, so that a kill it is.
    """
    for earlier in (0, 10, 40, 160):
        copy = world.copy(folder / f"at{number}-{earlier}")
        status = in_child(lambda copy=copy, earlier=earlier: copy.run(scenario, killing_at(max(1, number - earlier))))
        if status == -9:
            return copy
        assert status == 0, f"the run failed before boundary {number - earlier}"
        copy.drop()
    raise AssertionError(f"boundary {number} was not reached")


def truthful(world: World, number: int) -> None:
    """Receipts say what happened: the chain is whole, books balance, nothing that was removed is called not found."""
    ledger = Ledger.open(world.settings().ledger_url)
    try:
        assert ledger.first_break() is None
        for record in ledger.plans():
            if record.state in ("waiting", "planned"):
                continue
            assert record.state == "verified", (number, record)
            plan = ledger.plan(record.digest)
            for step, result in zip(plan.steps, ledger.verification(record.digest) or [], strict=True):
                assert result["done"] + result["left"] + result["held"] + result["gone"] == result["planned"], (number, result)
                assert (result["outcome"] == "nothing_found") == (step.rows == 0), (number, result)
    finally:
        ledger.close()
