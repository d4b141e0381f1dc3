"""SIGKILL at every statement boundary of disposal, then the same again: nothing is lost, doubled or falsely reported.

KILL_POINTS=all tries every boundary (hours), KILL_POINTS=commits the last boundary before every commit and every removal of
a file (what lies between two commits is undone by the engines, so it leaves the same state); otherwise a sample of those
that moves with the day, so that CI meets them all in time.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from governance.installation import Installation
from governance.ledger import Ledger
from governance.settings import Settings
from tests.disposal import shop
from tests.disposal.conftest import make_shop
from tests.kill.points import Points, in_child, killing_at
from tests.kill.scenarios import SCENARIOS, open_request, state_of

pytestmark = pytest.mark.kill
SAMPLE = 12


class World:
    """A shop that can be copied: a folder, and a database that is a file in it or a template on a server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def settings(self) -> Settings:
        return Settings(self.url, f"sqlite:///{self.folder}/ledger.sqlite", self.folder / "policy", self.folder / "secrets",
                        self.folder / "stores", self.folder / "reports", str(self.folder / "anchors.jsonl"), shop.AS_OF)

    def copy(self, folder: Path) -> World:
        shutil.copytree(self.folder, folder)
        url = sa.make_url(self.url)
        if url.get_backend_name() == "duckdb":
            return World(folder, f"duckdb:///{folder}/warehouse.duckdb")
        name = f"copy_{folder.name}_{os.getpid()}"
        admin = sa.create_engine(url.set(database="postgres"), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{url.database}"'))
        admin.dispose()
        return World(folder, url.set(database=name).render_as_string(hide_password=False))

    def drop(self) -> None:
        shutil.rmtree(self.folder)
        url = sa.make_url(self.url)
        if url.get_backend_name() != "duckdb":
            admin = sa.create_engine(url.set(database="postgres"), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)'))
            admin.dispose()

    def run(self, scenario: str, points: Points | None = None) -> None:
        installation = Installation(self.settings())
        if points is not None:
            points.listen()
        try:
            SCENARIOS[scenario](installation)
        finally:
            if points is not None:
                points.stop()
            installation.close()


def prepared(folder: Path, url: str, scenario: str) -> World:
    """The world as it is before the scenario, made in a child so that this process never opens it."""
    def make() -> None:
        made = make_shop(url, folder)
        if scenario == "request":
            open_request(made.installation)
        made.installation.close()

    assert in_child(make) == 0
    return World(folder, url)


def counted(world: World, scenario: str, folder: Path) -> tuple[Sequence[int], dict[str, Any]]:
    """The boundaries to try, and the state an uninterrupted run ends in."""
    copy = world.copy(folder)
    tally = folder.parent / "points"

    def work() -> None:
        points = Points(lambda number, what: None)
        copy.run(scenario, points)
        tally.write_text(json.dumps([points.number, sorted(points.last.values())]))

    assert in_child(work) == 0
    state = state_of(copy.url, copy.folder)
    copy.drop()
    total, last = json.loads(tally.read_text())
    assert total > 100
    match os.environ.get("KILL_POINTS"):
        case "all":
            return range(1, total + 1), state
        case "commits":
            return last, state
    step = max(1, len(last) // SAMPLE)
    return last[date.today().toordinal() % step::step], state


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_a_kill_at_any_statement_then_the_same_again_ends_in_the_same_place(
        scenario: str, new_world: Callable[[Path], str], tmp_path: Path) -> None:
    world = prepared(tmp_path / "world", new_world(tmp_path / "world"), scenario)
    chosen, calm = counted(world, scenario, tmp_path / "calm")
    for number in chosen:
        copy = world.copy(tmp_path / f"at{number}")
        killed = in_child(lambda copy=copy, number=number: copy.run(scenario, killing_at(number)))
        assert killed == -9, f"boundary {number} was not reached"
        assert in_child(lambda copy=copy: copy.run(scenario)) == 0, f"the rerun after boundary {number} failed"
        assert state_of(copy.url, copy.folder) == calm, f"after a kill at boundary {number}"
        truthful(copy, number)
        copy.drop()


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
