"""Airflow can start a second try while the first still runs, and four tasks side by side: nothing is lost, nothing done twice."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from governance import jobs
from governance.domain.errors import GovernanceError, Locked, WarehouseUnavailable
from governance.installation import Installation
from governance.ledger import Ledger
from tests.disposal import shop
from tests.disposal.conftest import make_shop
from tests.kill.points import Points, in_child
from tests.kill.scenarios import CONTEXT, agree
from tests.kill.worlds import World

pytestmark = pytest.mark.kill
MANY = 2_000
REFUSED = 75  # exit status of a try that was told to come again

# A fourth table that no key connects with the others, so that a plan of many rows has four independent chunks.
letters = sa.Table("letters", sa.MetaData(schema="shop"), sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
                   sa.Column("customer_id", sa.BigInteger), sa.Column("email", sa.Text))
POLICY = shop.POLICY + """
      - name: letters
        meta: {governance: {record_class: newsletter, deletable: true, not_personal: [id, customer_id], confirmed_by: engineer,
               subjects: {customer: {kind: customer, key: customer_id}}}}
        fields:
          - {name: email, data_categories: [user.contact.email], meta: {governance: {role: identifier, subject: customer,
             purposes: [marketing.communications.email]}}}
"""


@pytest.fixture
def busy(new_world: Callable[[Path], str], tmp_path: Path) -> tuple[World, str, Sequence[int]]:
    """A shop with thousands of due rows in four chunks, planned, approved and frozen: (world, digest, chunks)."""
    folder, url = tmp_path / "world", new_world(tmp_path / "world")
    told = tmp_path / "plan"

    def make() -> None:
        made = make_shop(url, folder, text=POLICY)
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        numbers = range(1_000, 1_000 + MANY)
        with engine.begin() as connection:
            letters.create(connection)
            for table, rows in {
                letters: [{"id": n, "customer_id": n, "email": f"l{n}@example.org"} for n in numbers],
                shop.copies: [{"customer_id": n, "email": f"c{n}@example.org"} for n in numbers],
                shop.subscriptions: [{"code": f"x{n}", "customer_id": n, "email": f"x{n}@example.org"} for n in numbers],
            }.items():
                for start in range(0, MANY, 500):
                    connection.execute(sa.insert(table).values(rows[start:start + 500]))
        engine.dispose()
        plan = jobs.disposal_plan(made.installation, CONTEXT)
        agree(made.installation, plan)
        jobs.disposal_freeze(made.installation, CONTEXT, plan["digest"])
        made.installation.close()
        told.write_text(" ".join([plan["digest"], *(str(c["chunk"]) for c in plan["chunks"])]))

    assert in_child(make) == 0
    digest, *chunks = told.read_text().split()
    assert len(chunks) == 4
    return World(folder, url), digest, [int(c) for c in chunks]


def started(work: Callable[[], object]) -> int:
    """A forked child at work; its process id. It ends with REFUSED when it was told to come again."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except (Locked, WarehouseUnavailable):
            status = REFUSED
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return child


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def task(world: World, digest: str, chunk: int, points: Points | None = None, tries: int = 1) -> Callable[[], None]:
    """One mapped task with its tries, each over an installation of its own."""
    def work() -> None:
        for number in range(1, tries + 1):
            installation = Installation(world.settings())
            if points is not None:
                points.listen()
            try:
                jobs.disposal_apply(installation, CONTEXT, digest, chunk)
                return
            except GovernanceError as error:
                if not error.retryable or number == tries:
                    raise
                time.sleep(0.2)
            finally:
                if points is not None:
                    points.stop()
                installation.close()

    return work


def everything_done_once(world: World, digest: str) -> None:
    """Looked at in a child, so that this process never opens the warehouse."""
    def look() -> None:
        installation = Installation(world.settings())
        jobs.disposal_verify(installation, CONTEXT, digest)
        ledger = installation.ledger
        assert ledger.first_break() is None
        assert ledger.plan_record(digest).state == "verified"
        for result in ledger.verification(digest) or []:
            assert (result["done"], result["left"], result["gone"]) == (result["planned"], 0, 0), result
        assert ledger.open_leases() == ()
        installation.close()
        engine = sa.create_engine(world.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            receipts = connection.execute(sa.text("select count(*), sum(changed), sum(matched) from governance.receipt")).one()
            assert connection.scalar(sa.text("select count(*) from shop.letters")) == 0
            assert connection.scalar(sa.text("select count(*) from shop.subscriptions")) == 1
        engine.dispose()
        kept = sa.create_engine(world.settings().ledger_url, poolclass=sa.NullPool)
        with kept.connect() as connection:
            assert connection.execute(sa.text("select count(*), sum(changed), sum(matched) from receipt")).one() == receipts
        kept.dispose()

    assert in_child(look) == 0


def chunk_of(world: World, digest: str, table: str) -> int:
    with Ledger.open(world.settings().ledger_url) as ledger:
        return next(s.chunk for s in ledger.plan(digest).steps if str(s.table) == table)


def test_of_two_tries_of_one_task_the_second_is_refused_while_the_first_works(
        busy: tuple[World, str, Sequence[int]], tmp_path: Path) -> None:
    world, digest, _ = busy
    chunk = chunk_of(world, digest, "shop.letters")
    inside = tmp_path / "inside a batch"
    go_on = tmp_path / "go on"

    def at(number: int, what: str) -> None:
        if what.startswith("after DELETE FROM") and "letters" in what and not inside.exists():
            inside.touch()
            _until(go_on.exists)

    first = started(task(world, digest, chunk, Points(at)))
    _until(inside.exists)
    assert ended(started(task(world, digest, chunk))) == REFUSED
    go_on.touch()
    assert ended(first) == 0
    assert ended(started(task(world, digest, chunk))) == 0  # a third finds nothing to do
    for other in {*busy[2]} - {chunk}:
        assert ended(started(task(world, digest, other))) == 0
    everything_done_once(world, digest)


def test_two_tries_started_together_do_everything_once(busy: tuple[World, str, Sequence[int]]) -> None:
    world, digest, chunks = busy
    for chunk in chunks:
        both = [started(task(world, digest, chunk)) for _ in range(2)]
        assert {ended(child) for child in both} <= {0, REFUSED}
        assert ended(started(task(world, digest, chunk))) == 0
    everything_done_once(world, digest)


def test_of_two_tries_in_threads_of_one_process_one_is_refused(busy: tuple[World, str, Sequence[int]]) -> None:
    world, digest, _ = busy
    chunk = chunk_of(world, digest, "shop.letters")

    def work() -> None:
        refused: list[str] = []

        def second() -> None:
            try:
                task(world, digest, chunk)()
            except Locked as error:
                refused.append(error.problem)

        def at(number: int, what: str) -> None:
            if threading.current_thread() is threading.main_thread() and not refused and "letters" in what:
                other = threading.Thread(target=second)
                other.start()
                other.join(60)

        task(world, digest, chunk, Points(at))()
        assert refused == ["another try of the same work is still running"]

    assert in_child(work) == 0


def test_four_tasks_side_by_side_on_one_ledger_and_one_warehouse_all_succeed(busy: tuple[World, str, Sequence[int]]) -> None:
    world, digest, chunks = busy
    # DuckDB gives its file to one process at a time: there the pool has one slot, and whoever comes too early tries again.
    tries = 1 if world.url.startswith("postgresql") else 1_000
    children = [started(task(world, digest, chunk, tries=tries)) for chunk in chunks]
    assert [ended(child) for child in children] == [0, 0, 0, 0]
    everything_done_once(world, digest)


def test_a_task_is_never_refused_because_another_chunk_is_just_starting(
        busy: tuple[World, str, Sequence[int]], tmp_path: Path) -> None:
    world, digest, (one, two, *_) = busy
    if not world.url.startswith("postgresql"):
        pytest.skip("DuckDB opens its file for one process at a time")
    inside, go_on = tmp_path / "has a lock", tmp_path / "go on"

    def at(number: int, what: str) -> None:
        if what.startswith("after SELECT pg_try_advisory_lock") and not inside.exists():
            inside.touch()
            _until(go_on.exists)

    first = started(task(world, digest, one, Points(at)))
    _until(inside.exists)
    assert ended(started(task(world, digest, two))) == 0
    go_on.touch()
    assert ended(first) == 0


def _until(ready: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.01)
