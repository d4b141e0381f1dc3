"""A hold never loses a race: every lease numbered after it knows of it."""

from __future__ import annotations

import multiprocessing
import threading
import time
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event

import pytest

from governance.domain.errors import GovernanceError, LedgerUnavailable, Paused
from governance.ledger import Ledger
from tests.ledger.samples import make_plan, receipt


def place(ledger: Ledger, hold: str = "H-1", members: int = 3) -> list[int]:
    return [lease.number for lease in ledger.place_hold(hold, "Claim 17", "court order", "leyla", "3 subjects", members)]


def test_a_lease_names_the_holds_in_force(ledger: Ledger) -> None:
    assert ledger.open_lease("p", 1, 1).holds == ()
    place(ledger, "H-2")
    place(ledger, "H-1")
    assert ledger.open_lease("p", 1, 2).holds == ("H-1", "H-2")
    ledger.lift_hold("H-2", "leyla")
    assert ledger.open_lease("p", 1, 3).holds == ("H-1",)
    assert [h.hold_id for h in ledger.holds()] == ["H-1"]
    assert [h.hold_id for h in ledger.holds(in_force=False)] == ["H-2", "H-1"]


def test_placing_returns_the_leases_open_at_that_moment(ledger: Ledger) -> None:
    numbers = [ledger.open_lease("p", 1, batch).number for batch in range(4)]
    assert numbers == [1, 2, 3, 4]
    ledger.end_lease(2)
    assert place(ledger) == [1, 3, 4]
    ledger.open_lease("p", 1, 5)
    ledger.end_lease(3)
    assert place(ledger) == [1, 4]  # again: only what could not know of it and is still open
    assert [lease.number for lease in ledger.open_leases()] == [1, 4, 5]
    assert sum(e.kind == "hold.placed" for e in ledger.entries()) == 1


def test_fencing_numbers_only_grow(ledger: Ledger, ledger_url: str) -> None:
    assert ledger.open_lease("p", 1, 1).number == 1
    ledger.end_lease(1)
    with Ledger.open(ledger_url) as other:
        assert other.open_lease("q", 1, 1).number == 2
        assert [lease.plan for lease in other.open_leases("q")] == ["q"]
        assert other.open_leases("p") == ()


def test_leases_end_once_and_only_if_given_out(ledger: Ledger) -> None:
    ledger.open_lease("p", 1, 1)
    ledger.end_lease(1)
    ledger.end_lease(1)
    with pytest.raises(GovernanceError, match="no such lease"):
        ledger.end_lease(2)


def test_leases_of_a_dead_try_end_together(ledger: Ledger) -> None:
    for plan in "ppqp":
        ledger.open_lease(plan, 1, 1)
    assert ledger.end_leases("p", up_to=2) == 2
    assert [lease.number for lease in ledger.open_leases()] == [3, 4]


def test_a_batch_ends_and_the_next_begins_at_once_and_knows_of_holds_placed_meanwhile(ledger: Ledger) -> None:
    plan = make_plan(10)
    first = ledger.open_lease(plan.digest, 1, 1)
    place(ledger, "H-1")
    done = receipt(plan, 1, 1)
    following = ledger.conclude([done], first.number, (1, 2))
    assert following is not None
    assert (following.number, following.batch, following.holds) == (first.number + 1, 2, ("H-1",))
    assert [lease.number for lease in ledger.open_leases()] == [following.number]
    assert ledger.receipts(plan.digest) == [done]
    assert ledger.conclude([receipt(plan, 1, 2)], following.number) is None
    assert ledger.open_leases() == ()


def test_what_was_done_is_copied_though_everything_was_stopped_meanwhile(ledger: Ledger) -> None:
    plan = make_plan(10)
    lease = ledger.open_lease(plan.digest, 1, 1)
    ledger.stop("wrong shipments reported", "ayla")
    done = receipt(plan, 1, 1)
    assert ledger.conclude([done], lease.number, (1, 2)) is None
    assert ledger.receipts(plan.digest) == [done]
    assert ledger.open_leases() == ()


def test_stop_is_honoured_when_a_lease_is_taken(ledger: Ledger) -> None:
    assert ledger.stopped() is None
    ledger.stop("wrong shipments reported", "ayla")
    assert ledger.stopped() == "wrong shipments reported"
    with pytest.raises(Paused, match=r"wrong shipments reported\n  fix: governance go"):
        ledger.open_lease("p", 1, 1)
    assert ledger.open_leases() == ()
    ledger.go("ayla")
    ledger.go("ayla")
    assert ledger.stopped() is None
    assert ledger.open_lease("p", 1, 1).number == 1
    assert [e.kind for e in ledger.entries()] == ["control.stopped", "control.resumed"]
    assert "wrong shipments" not in "".join(ledger.export())


def test_holds_unknown_or_lifted(ledger: Ledger) -> None:
    with pytest.raises(GovernanceError, match="no such legal hold"):
        ledger.lift_hold("H-9", "leyla")
    place(ledger)
    ledger.lift_hold("H-1", "leyla")
    ledger.lift_hold("H-1", "leyla")
    with pytest.raises(GovernanceError, match="was lifted"):
        place(ledger)
    assert [e.kind for e in ledger.entries()] == ["hold.placed", "hold.lifted"]
    assert "court order" not in "".join(ledger.export())


def _take(url: str, writer: int, stop: Event, seen: SimpleQueue[tuple[int, tuple[str, ...]]]) -> None:
    with Ledger.open(url) as ledger:
        batch = 0
        while not stop.is_set():
            batch += 1
            lease = ledger.open_lease(f"plan{writer}", 1, batch)
            seen.put((lease.number, lease.holds))
            if batch % 3:
                ledger.end_lease(lease.number)


def test_no_lease_slips_past_a_hold(ledger: Ledger, ledger_url: str) -> None:
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    seen: SimpleQueue[tuple[int, tuple[str, ...]]] = context.SimpleQueue()
    taken: dict[int, tuple[str, ...]] = {}

    def drain() -> None:
        while (item := seen.get())[0]:
            assert item[0] not in taken
            taken[item[0]] = item[1]

    takers = [context.Process(target=_take, args=(ledger_url, w, stop, seen)) for w in range(3)]
    for taker in takers:
        taker.start()
    reader = threading.Thread(target=drain)
    reader.start()
    returned: dict[str, list[int]] = {}
    for n in range(10):
        time.sleep(0.03)
        returned[f"H-{n:02}"] = place(ledger, f"H-{n:02}")
    time.sleep(0.05)
    stop.set()
    for taker in takers:
        taker.join()
    seen.put((0, ()))
    reader.join()
    assert [taker.exitcode for taker in takers] == [0, 0, 0]
    assert sorted(taken) == list(range(1, len(taken) + 1))
    assert any(returned.values())
    for record in ledger.holds():
        blind = [number for number, holds in taken.items() if record.id not in holds]
        assert blind == [n for n in taken if n <= record.last_lease]
        assert set(returned[record.id]) <= set(blind)
    last = ledger.holds()[-1].last_lease
    assert last < max(taken), "some leases must come after the last hold, or nothing was tested"


def _keep_locked(url: str, locked: Event, stop: Event) -> None:
    with Ledger.open(url) as ledger, ledger.writing():
        locked.set()
        stop.wait(20)


def test_a_locked_ledger_is_unavailable_and_readers_do_not_wait(ledger_url: str, backend: str) -> None:
    context = multiprocessing.get_context("fork")
    locked, stop = context.Event(), context.Event()
    keeper = context.Process(target=_keep_locked, args=(ledger_url, locked, stop))
    keeper.start()
    assert locked.wait(20)
    try:
        with Ledger.open(f"{ledger_url}{'&' if '?' in ledger_url else '?'}timeout=0.2") as ledger:
            assert ledger.head() is None
            with pytest.raises(LedgerUnavailable, match="is locked by another"):
                ledger.record("step", {})
    finally:
        stop.set()
        keeper.join()
