"""A legal hold placed at statement boundaries of a running disposal: whatever stood there when `place` returned stays.

KILL_POINTS=commits places one at the last boundary before every commit and every removal of a file, KILL_POINTS=all at every
boundary; otherwise at a sample of those that moves with the day.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from governance import jobs
from governance.disposal import holding
from governance.domain.errors import GovernanceError, WarehouseUnavailable
from governance.installation import Installation
from governance.ledger import Ledger
from governance.warehouse.connect import connect
from tests.disposal import shop
from tests.kill.points import Points, in_child, killing_when
from tests.kill.scenarios import CONTEXT, SCENARIOS, state_of
from tests.kill.test_kill import counted
from tests.kill.worlds import World, prepared

pytestmark = pytest.mark.kill
HELD = {"schedule": ("1", "2"), "request": ("1",)}
SAMPLE = 5
PAUSE = 0.3  # seconds that the disposal stands still at the boundary while the hold is being placed


def rows_of(world: World, subjects: Sequence[str]) -> dict[str, list[str]]:
    """Every row that leads to one of the subjects, and the bytes of the files they point to."""
    keys = [int(s) for s in subjects]
    orders = sa.select(shop.orders.c.id).where(shop.orders.c.customer_id.in_(keys))
    mine = {shop.customers: shop.customers.c.id.in_(keys), shop.items: shop.items.c.order_id.in_(orders),
            shop.shipments: shop.shipments.c.order_id.in_(orders)}
    mine |= {t: t.c.customer_id.in_(keys) for t in (shop.orders, shop.subscriptions, shop.copies, shop.scans)}
    engine = sa.create_engine(world.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = {t.name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(t).where(where)))
                 for t, where in mine.items()}
        paths = connection.scalars(sa.select(shop.scans.c.path).where(mine[shop.scans], shop.scans.c.path.is_not(None))).all()
    engine.dispose()
    files = world.folder / "stores" / "scans"
    found["files"] = sorted(f"{p} {(files / p).read_bytes().hex()}" for p in paths if (files / p).exists())
    return found


def patiently(work: Callable[[], Any]) -> Any:
    """Run again what may be run again, as Airflow does."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return work()
        except GovernanceError as error:
            if not error.retryable or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Placer(threading.Thread):
    """Places a hold over its own connections and notes what stood there when `place` returned."""

    def __init__(self, world: World, subjects: Sequence[str], wait: float) -> None:
        super().__init__(daemon=True)
        self.world, self.subjects, self.wait = world, subjects, wait
        self.returned, self.noted = threading.Event(), threading.Event()
        self.stood: dict[str, list[str]] | None = None
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            patiently(self.place)
            self.returned.set()
            self.stood = patiently(self.look)
        except BaseException as error:
            self.failure = error
        finally:
            self.returned.set()
            self.noted.set()

    def look(self) -> dict[str, list[str]]:
        try:
            return rows_of(self.world, self.subjects)
        except sa.exc.DBAPIError:  # DuckDB's file is just being rewritten: nobody can open it, no row changes
            failure = WarehouseUnavailable("the file is being rewritten", where="warehouse")
        raise failure

    def place(self) -> None:
        with closing(connect(self.world.url)) as warehouse, Ledger.open(self.world.settings().ledger_url) as ledger:
            holding.place(warehouse, ledger, hold="H1", name="case", reason="court", placed_by="officer",
                          members=[("customer", s) for s in self.subjects], wait=self.wait)


When = Callable[[int, str], bool]


def disposed_around(world: World, scenario: str, when: When, wait: float) -> Placer:
    """Dispose; at the first boundary that `when` recognizes by number and words, stand still and let a hold be placed."""
    placer = Placer(world, HELD[scenario], wait)
    mine = threading.get_ident()

    def at(passed: int, what: str) -> None:
        if threading.get_ident() != mine:
            return
        if placer.ident is None and when(passed, what):
            placer.start()
            placer.noted.wait(PAUSE)
        elif placer.returned.is_set():
            placer.noted.wait(PAUSE)  # between its return and its look, nothing may begin

    installation = Installation(world.settings())
    points = Points(at)
    points.listen()
    try:
        SCENARIOS[scenario](installation, patiently)
    finally:
        points.stop()
        installation.close()
    assert placer.ident is not None, "the boundary was not reached"
    placer.join(60)
    assert placer.failure is None, placer.failure
    return placer


def nothing_held_was_lost(world: World, scenario: str, when: When, wait: float) -> None:
    """Dispose with a hold placed on the way, compare; then lift it and dispose of what it kept back."""
    placer = disposed_around(world, scenario, when, wait)
    assert rows_of(world, HELD[scenario]) == placer.stood
    lifted_and_ended(world, scenario)


def lifted_and_ended(world: World, scenario: str) -> None:
    installation = Installation(world.settings())
    books_balance(installation.ledger)
    with installation.warehouse() as warehouse:
        holding.lift(warehouse, installation.ledger, "H1", "officer")
    for record in installation.ledger.plans(state="applied"):  # exactly the rows that were kept back
        plan = installation.ledger.plan(record.digest)
        again = sum(jobs.disposal_apply(installation, CONTEXT, plan.digest, chunk)["changed"] for chunk in plan.chunks)
        assert again > 0, record
        jobs.disposal_verify(installation, CONTEXT, plan.digest)
    SCENARIOS[scenario](installation, patiently)
    books_balance(installation.ledger)
    installation.close()


def books_balance(ledger: Ledger) -> None:
    assert ledger.first_break() is None
    for record in ledger.plans():
        assert record.state != "stale", record
        for result in ledger.verification(record.digest) or []:
            assert result["done"] + result["left"] + result["held"] + result["gone"] == result["planned"], result
            assert result["residual"] == 0, result


def data(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if "receipts" not in name}


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_what_stood_when_place_returned_stays_and_lifting_ends_exactly_that(
        scenario: str, new_world: Callable[[Path], str], tmp_path: Path) -> None:
    world = prepared(tmp_path / "world", new_world(tmp_path / "world"), scenario)
    chosen, calm = counted(world, scenario, tmp_path / "calm", SAMPLE)
    for number in chosen:
        copy = world.copy(tmp_path / f"hold{number}")
        wait = 0.0 if number % 2 else 5.0  # raise the fence at once, or let the batch end
        work = partial(nothing_held_was_lost, copy, scenario, lambda passed, what, number=number: passed >= number, wait)
        assert in_child(work) == 0, f"at boundary {number}"
        assert data(state_of(copy.url, copy.folder, copy.ledger_url)) == data(calm), f"after a hold placed at boundary {number} was lifted"
        copy.drop()


def test_a_hold_placed_just_before_a_file_goes_waits_for_it_or_saves_it(
        new_world: Callable[[Path], str], tmp_path: Path) -> None:
    world = prepared(tmp_path / "world", new_world(tmp_path / "world"), "schedule")
    seen: list[str] = []

    def removing(passed: int, what: str) -> bool:
        seen.append(what)
        return what == "before os.remove" and any(w.startswith("after SELECT anon_1.key_int") for w in seen)

    assert in_child(lambda: nothing_held_was_lost(world, "schedule", removing, wait=0.0)) == 0


def test_a_file_that_a_held_row_shares_with_a_free_one_keeps_its_bytes(
        new_world: Callable[[Path], str], tmp_path: Path) -> None:
    world = prepared(tmp_path / "world", new_world(tmp_path / "world"), "schedule")

    def work() -> None:
        engine = sa.create_engine(world.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("insert into shop.scans values (3, 3, '2.png', timestamp '2025-08-01')")
        engine.dispose()
        before = rows_of(world, ["1"])["files"]
        placer = disposed_around(world, "schedule", lambda passed, what: "governance.frozen" in what and "INSERT" in what, 5.0)
        assert rows_of(world, HELD["schedule"]) == placer.stood
        assert rows_of(world, ["1"])["files"] == before
        assert rows_of(world, ["3"])["scans"] == []
        lifted_and_ended(world, "schedule")
        assert not (world.folder / "stores" / "scans" / "2.png").exists()

    assert in_child(work) == 0


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_a_batch_killed_with_its_lease_open_neither_keeps_a_hold_waiting_nor_writes_after_it(
        scenario: str, new_world: Callable[[Path], str], tmp_path: Path) -> None:
    world = prepared(tmp_path / "world", new_world(tmp_path / "world"), scenario)
    _, calm = counted(world, scenario, tmp_path / "calm", 1)
    in_batch = killing_when(lambda what: what.startswith(('after UPDATE "shop"', 'after DELETE FROM "shop"',
                                                          "after UPDATE shop", "after DELETE FROM shop")))
    assert in_child(lambda: world.run(scenario, in_batch)) == -9

    def place_then_go_on() -> None:
        with Ledger.open(world.settings().ledger_url) as ledger:
            assert len(ledger.open_leases()) == 1
        placer = Placer(world, HELD[scenario], wait=1.0)
        began = time.monotonic()
        placer.run()
        assert placer.failure is None, placer.failure
        assert 1.0 <= time.monotonic() - began < 20
        installation = Installation(world.settings())
        SCENARIOS[scenario](installation)
        installation.close()
        assert rows_of(world, HELD[scenario]) == placer.stood
        lifted_and_ended(world, scenario)

    assert in_child(place_then_go_on) == 0
    assert data(state_of(world.url, world.folder, world.ledger_url)) == data(calm)


def test_a_hold_in_force_takes_no_other_subjects_under_its_name(new_world: Callable[[Path], str], tmp_path: Path) -> None:
    world = prepared(tmp_path / "world", new_world(tmp_path / "world"), "schedule")

    def work() -> None:
        for subjects in (["1"], ["1"]):  # again after a failure is fine
            placer = Placer(world, subjects, wait=0.0)
            placer.run()
            assert placer.failure is None
        placer = Placer(world, ["2"], wait=0.0)
        placer.run()
        assert "covers other subjects" in str(placer.failure)
        engine = sa.create_engine(world.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("select subject_key from governance.hold_member").scalars().all() == ["1"]
        engine.dispose()

    assert in_child(work) == 0
