"""How the demo tells what it does: a line per event with the seconds so far, and a summary at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text


def counted(number: int, one: str, more: str = "") -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


@dataclass
class Story:
    """Lines go to standard output at once, with or without a terminal."""

    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    began: float = field(default_factory=time.monotonic)
    rows: list[tuple[str, str, float]] = field(default_factory=list)

    def say(self, text: str, style: str = "") -> None:
        # One line at a time: the generator tells its progress from a thread of its own.
        self.console.print(Text.assemble((f"{time.monotonic() - self.began:6.1f} s  ", "dim"), (text, style)))

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Announce a stage and keep its seconds and its outcome for the summary."""
        self.console.rule(f"[bold]{name}", align="left", style="dim")
        stage, began = Stage(self), time.monotonic()
        yield stage
        self.rows.append((name, stage.outcome, time.monotonic() - began))

    def seconds(self) -> dict[str, float]:
        """Seconds per stage, in order, and of all."""
        return {name: round(seconds, 1) for name, _, seconds in self.rows} | {"all": round(time.monotonic() - self.began, 1)}

    def summary(self) -> None:
        table = Table(title="What happened", title_justify="left", show_lines=False)
        table.add_column("stage")
        table.add_column("outcome", overflow="fold")
        table.add_column("seconds", justify="right")
        for name, outcome, seconds in self.rows:
            table.add_row(name, outcome, f"{seconds:.0f}")
        table.add_row("all", "", f"{time.monotonic() - self.began:.0f}", style="bold")
        self.console.print()
        self.console.print(table)


@dataclass
class Stage:
    """`outcome` is the sentence that the summary shows."""

    story: Story
    outcome: str = "done"

    def say(self, text: str) -> None:
        self.story.say(text)
