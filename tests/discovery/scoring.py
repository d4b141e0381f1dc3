"""Loading labelled tables into a warehouse and scoring what discovery says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from governance.domain.names import quote
from governance.domain.proposal import Proposal
from tests.discovery.world import Example


def duckdb_with(path: Path, examples: Iterable[Example]) -> str:
    """The URL of a new DuckDB file that holds the tables of `examples`."""
    with duckdb.connect(str(path)) as connection:
        for example in examples:
            height = max(len(c.values) for c in example.columns)
            frame = pd.DataFrame(
                {
                    f"c{k}": pd.Series(c.values + [None] * (height - len(c.values)), dtype="object")
                    for k, c in enumerate(example.columns)
                }
            )
            connection.register("frame", frame)
            casts = ", ".join(f"cast(c{k} as {c.type}) as {_quoted(c.name)}" for k, c in enumerate(example.columns))
            connection.execute(f"create table {_quoted(example.name)} as select {casts} from frame")
            connection.unregister("frame")
    return f"duckdb:///{path}"


def _quoted(name: str) -> str:
    return '"' + quote(name).strip('"').replace('"', '""') + '"' if '"' not in name else '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Score:
    right: int
    wrong: int
    missed: int
    mistakes: tuple[str, ...]

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.wrong + self.missed)

    def __add__(self, other: Score) -> Score:
        return Score(
            self.right + other.right, self.wrong + other.wrong, self.missed + other.missed, self.mistakes + other.mistakes
        )


def typed(examples: Sequence[Example], proposals: Iterable[Proposal], name: str = "") -> Score:
    """By column: right when the category is; a personal column under another category is both wrong and missed."""
    said = {(p.column.table.table, p.column.name): p for p in proposals}
    right = wrong = missed = 0
    mistakes = []
    for example in examples:
        for column in example.columns:
            proposal = said.get((example.name, column.name))
            got = proposal.category if proposal else None
            if got == column.category:
                right += got is not None
                continue
            wrong += got is not None
            missed += column.category is not None
            mistakes.append(f"{name} {example.name}.{column.name}: {column.category} judged {got}")
    return Score(right, wrong, missed, tuple(mistakes))
