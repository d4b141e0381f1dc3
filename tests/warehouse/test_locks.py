"""A lock is held by one, refused to all others at once, and ends with its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import literal, select

from governance.domain.errors import Locked
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect

_HOLDER = """
import sys, time
from governance.warehouse.connect import connect
warehouse = connect(sys.argv[1])
with warehouse.lock("plan 1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_try_is_refused_at_once_and_let_in_afterwards(warehouse_url: str) -> None:
    with closing(connect(warehouse_url)) as one, closing(connect(warehouse_url)) as two:
        with one.lock("plan 1"):
            began = time.monotonic()
            with pytest.raises(Locked) as caught, two.lock("plan 1"):
                pass
            assert time.monotonic() - began < 2
            assert caught.value.retryable
            with two.lock("plan 2"):
                pass
            with pytest.raises(Locked), one.lock("plan 1"):
                pass
        with two.lock("plan 1"), two.transaction():
            assert two.scalar(select(literal(1)), name="work") == 1


def test_a_lock_ends_with_a_failing_block(warehouse: Warehouse) -> None:
    with pytest.raises(KeyError), warehouse.lock("plan 1"):
        raise KeyError
    with warehouse.lock("plan 1"):
        pass


def test_of_many_threads_exactly_one_holds_the_lock(warehouse_url: str) -> None:
    opened = [connect(warehouse_url) for _ in range(6)]

    def attempt(warehouse: Warehouse) -> int:
        try:
            with warehouse.lock("plan 1"):
                time.sleep(0.5)
                return 1
        except Locked:
            return 0

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, opened)) == 1
    for warehouse in opened:
        warehouse.close()


def test_a_lock_of_another_process_holds_until_it_is_killed(postgres_url: str) -> None:
    holder = [sys.executable, "-c", _HOLDER, postgres_url]
    with subprocess.Popen(holder, stdout=subprocess.PIPE, text=True) as other, closing(connect(postgres_url)) as warehouse:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Locked), warehouse.lock("plan 1"):
            pass
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        _eventually(lambda: _try(warehouse))


def _try(warehouse: Warehouse) -> bool:
    try:
        with warehouse.lock("plan 1"):
            return True
    except Locked:
        return False


def _eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)
