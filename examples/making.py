"""The generator at work: it says when the warehouse stands, and goes on telling the truth about every row in the background."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

from examples.home import LOADED, CommandFailed, Home

Say = Callable[[str], None]
POLITE = 10  # the truth is needed last, so it takes what time others leave


class Making:
    """One generator. `total` is its line about what it made, once the warehouse stands."""

    def __init__(self, home: Home, say: Say) -> None:
        self.total, self._last, self._say = "", "", say
        self._process = home.generate()
        self._stands = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until_it_stands(self) -> str:
        """The line about the total. CommandFailed when the generator ended before."""
        self._stands.wait()
        if self._process.poll():
            raise CommandFailed(f"the generator failed: {self._last}")
        return self.total

    def wait(self) -> None:
        """Until the truth is told. CommandFailed when that failed."""
        self._reader.join()
        if self._process.wait():
            raise CommandFailed(f"the generator failed: {self._last}")

    def stop(self) -> None:
        """End it, whatever it has come to. Does nothing once it has ended."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._last = line.strip().partition("  ")[2] or line.strip()
            if self._last == LOADED:
                os.setpriority(os.PRIO_PROCESS, self._process.pid, POLITE)
                self._stands.set()
                continue
            self._say(self._last)
            self.total = self._last if " rows in " in self._last else self.total
        self._process.wait()
        self._stands.set()
