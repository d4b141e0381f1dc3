"""Block keys: which records are compared at all, and how frequent what they agree on is. Columns in, columns out.

A frame has one column per canonical field with its normalized value as text (null or empty: not given).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from governance.policy.linking import Comparison, LinkModel

NAME = "name_key"
SEPARATOR = "\x1f"


def block_column(number: int) -> str:
    return f"block_{number}"


def fields_of(model: LinkModel) -> tuple[str, ...]:
    """Every canonical field the model looks at, each once, in a fixed order."""
    named = [field.partition(":")[0] for block in model.block_on for field in block]
    every = dict.fromkeys([*(f for c in model.comparisons for f in c.fields), *named])
    return tuple(f for f in every if f != NAME)


def frequent_columns(model: LinkModel) -> tuple[str, ...]:
    """Columns whose frequency among all subjects the model wants to know."""
    return tuple(dict.fromkeys(frequent_column(c) for c in model.comparisons if c.frequent))


def frequent_column(comparison: Comparison) -> str:
    return NAME if comparison.kind == "name" else comparison.fields[0]


def with_blocks(frame: pl.DataFrame, model: LinkModel) -> pl.DataFrame:
    """`frame` (with all `fields_of` the model and the name key) with a block column per set of `block_on`. A block with a missing
    part is null: missing values agree with nothing."""
    return frame.with_columns(joined(block).alias(block_column(n)) for n, block in enumerate(model.block_on))


def name_key(given: str, family: str) -> pl.Expr:
    """All words of both parts in alphabetical order, so that parts that changed places give the same key."""
    whole = pl.concat_str([pl.col(given), pl.col(family)], separator=" ", ignore_nulls=True)
    return pl.when(whole != "").then(whole.str.split(" ").list.sort().list.join(" "))


def joined(fields: Sequence[str]) -> pl.Expr:
    """The values of `fields` as one text, null when any is missing. ``family_name:4`` is the first four characters."""
    return pl.concat_str([part(field) for field in fields], separator=SEPARATOR, ignore_nulls=False)


def part(field: str) -> pl.Expr:
    name, _, length = field.partition(":")
    return pl.col(name).str.slice(0, int(length)) if length else pl.col(name)


def shares_of(frame: pl.DataFrame, columns: Iterable[str]) -> dict[str, pl.DataFrame]:
    """How frequent each value of a column is among the rows that have one."""
    return {c: frame.filter(pl.col(c).is_not_null()).group_by(c).agg(pl.len().alias("n")).select(
        pl.col(c).alias("value"), (pl.col("n") / pl.col("n").sum()).alias("share")) for c in columns}
