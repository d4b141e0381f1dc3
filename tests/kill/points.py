"""Statement boundaries: before and after every execute and every commit of every SQLAlchemy engine in this process, and
before every removal of a file.

New statements join by themselves, because the points come from driver events and not from a list. Points between two
commits leave the same durable state when a process dies there, so each belongs to an epoch: the commits and removals before.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event


class Points:
    """Counts boundaries and calls `at(number, what)` at each."""

    def __init__(self, at: Callable[[int, str], None]) -> None:
        self.at, self.number, self.epoch, self.listening = at, 0, 0, False
        self.last: dict[int, int] = {}  # the last point of each epoch
        self._wrapped: set[int] = set()

    def listen(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)
        event.listen(Engine, "engine_connect", self._connected)
        sys.addaudithook(self._audited)
        self.listening = True

    def stop(self) -> None:
        event.remove(Engine, "before_cursor_execute", self._before)
        event.remove(Engine, "after_cursor_execute", self._after)
        event.remove(Engine, "engine_connect", self._connected)
        self.listening = False

    def _pass(self, what: str) -> None:
        self.number += 1
        self.last[self.epoch] = self.number
        self.at(self.number, what)

    def _audited(self, what: str, arguments: tuple[Any, ...]) -> None:
        if self.listening and what in ("os.remove", "os.rename"):
            self._pass(f"before {what}")
            self.epoch += 1

    def _before(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self._pass(f"before {statement[:60]}")

    def _after(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self._pass(f"after {statement[:60]}")

    def _connected(self, connection: Any) -> None:
        dialect = connection.engine.dialect
        if id(dialect) in self._wrapped:
            return
        self._wrapped.add(id(dialect))
        commit = dialect.do_commit

        def committing(dbapi_connection: Any) -> None:
            self._pass("before COMMIT")
            commit(dbapi_connection)
            self.epoch += 1
            self._pass("after COMMIT")

        dialect.do_commit = committing


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a forked child; its exit status (negative for a signal). Nothing of the parent's state is changed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def killing_at(number: int) -> Points:
    """Points that end this process with SIGKILL at boundary `number`."""
    def at(passed: int, what: str) -> None:
        if passed == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return Points(at)


def killing_when(wanted: Callable[[str], bool]) -> Points:
    """Points that end this process with SIGKILL at the first boundary that `wanted` recognizes by its words."""
    def at(passed: int, what: str) -> None:
        if wanted(what):
            os.kill(os.getpid(), signal.SIGKILL)

    return Points(at)
