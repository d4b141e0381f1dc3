"""How the command line prints: a table for people or one JSON document for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from governance.domain.canonical import plain

F = TypeVar("F", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")


def document(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "nothing") -> None:
    """A table on standard output; numbers are set to the right and grouped by thousands."""
    rows = [tuple(row) for row in rows]
    if not rows:
        click.echo(f"{title}: {empty}")
        return
    shown = Table(title=title, title_justify="left", header_style="bold", expand=False)
    for place, name in enumerate(columns):
        numeric = all(isinstance(row[place], int) and not isinstance(row[place], bool) for row in rows)
        shown.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(f"{v:,}" if isinstance(v, int) and not isinstance(v, bool) else str(v) for v in row))
    console = Console()
    Console(width=max(console.width, 110)).print(shown)


def progress() -> Progress:
    """A progress bar on standard error, so that output stays clean."""
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                    console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
