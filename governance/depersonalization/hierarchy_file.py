"""Hierarchy files in ARX's form, read and refused: one line per value, `value;level 1;level 2;...`, the last level usually `*`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from governance.depersonalization.hierarchy import TOP, Ladder, Rung, checked, text
from governance.domain.errors import PlanRefused, PolicyError

if TYPE_CHECKING:
    from polars import Series

    Lines = Sequence[tuple[int, tuple[str, ...]]]


def file_ladder(name: str, path: Path, *, delimiter: str = ";", lowest: int = 0, highest: int | None = None) -> Ladder:
    """The ladder of column `name` from a UTF-8 hierarchy file. PolicyError with file and line for what is no hierarchy.

    Values are compared as text. A null stays null up to a last level that is the same for all, where it gets that label too.
    """
    lines = _read(path, delimiter)
    _refuse(path, lines)
    levels = len(lines[0][1])
    if levels < 2:
        raise PolicyError("the hierarchy has no level above the values", where=f"{path}:{lines[0][0]}",
                          fix=f"write value{delimiter}level 1{delimiter}..., with {TOP} as the last level")
    rungs: list[Rung] = []
    for level in range(1, levels):
        labels = {row[0]: row[level] for _, row in lines}
        whole = next(iter(labels.values())) if level == levels - 1 and len(set(labels.values())) == 1 else None
        rungs.append(partial(_looked_up, of=labels, path=path, column=name, whole=whole))
    numeric = all(_is_number(row[0]) for _, row in lines)
    return checked(Ladder(name, "file", tuple(rungs), (None,) * len(rungs), numeric, lowest, highest), path)


def _read(path: Path, delimiter: str) -> Lines:
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened, delimiter=delimiter, strict=True)
            return [(reader.line_num, tuple(cell.strip() for cell in row)) for row in reader if row]
    except OSError as error:
        problem = f"the hierarchy file cannot be read ({type(error).__name__})"
        raise PolicyError(problem, where=path, fix="put a readable file there") from None
    except (UnicodeDecodeError, csv.Error):
        raise PolicyError("the hierarchy file is not UTF-8 text with delimiters", where=path, fix="save it as UTF-8 CSV") from None


def _refuse(path: Path, lines: Lines) -> None:
    if not lines:
        raise PolicyError("the hierarchy file is empty", where=path, fix="write one line per value")
    width = len(lines[0][1])
    seen: dict[str, int] = {}
    parents: list[dict[str, tuple[str, int]]] = [{} for _ in range(width)]
    for line, row in lines:
        where = f"{path}:{line}"
        if len(row) != width:
            raise PolicyError(f"the line has {len(row)} levels, the first has {width}", where=where, fix="give every line the same levels")
        if row[0] in seen:
            raise PolicyError(f"the value stands in line {seen[row[0]]} already", where=where, fix="keep one of the two lines")
        seen[row[0]] = line
        for level in range(1, width - 1):
            parent, first = parents[level].setdefault(row[level], (row[level + 1], line))
            if parent != row[level + 1]:
                problem = f"the hierarchy is not monotone: in line {first} this label of level {level} has another one of level {level + 1}"
                raise PolicyError(problem, where=where, fix=f"give the label one parent, or make it two labels of level {level}")


def _looked_up(values: Series, *, of: dict[str, str], path: Path, column: str, whole: str | None) -> Series:
    import polars as pl

    spelled = text(values)
    # A dictionary beats polars' own replacing here, because what is looked up is a column's distinct values.
    found = pl.Series(values.name, [of.get(value) for value in spelled.to_list()], dtype=pl.String)
    missing = spelled.filter(found.is_null() & spelled.is_not_null()).n_unique()
    if missing:
        raise PlanRefused(f"{missing} values of {column} are not in its hierarchy", where=path,
                          fix="add a line for each; SELECT DISTINCT of the column shows them")
    return found if whole is None else found.fill_null(whole)


def _is_number(spelled: str) -> bool:
    try:
        return Decimal(spelled).is_finite()
    except ArithmeticError:
        return False
