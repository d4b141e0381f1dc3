"""Dirt as it is in real columns: nulls, padding, wrong case, placeholders, a few wrong values."""

from __future__ import annotations

import random
from typing import Any

PLACEHOLDERS = ("N/A", "-", "", "test", "n/a", "yoxdur", "нет", "unknown", "---", "0", "?")
WRONG = ("see notes", "xxxx", "12", "asdf", "TEST TEST", "#REF!", "нет данных")


def dirty(rng: random.Random, values: list[Any]) -> list[Any]:
    """Most values as they were; no column loses more than four of ten."""
    nulls = rng.choice([0.0, 0.0, 0.02, 0.1, 0.3])
    placeholders = rng.choice([0.0, 0.0, 0.0, 0.02, 0.06])
    padding = rng.choice([0.0, 0.0, 0.0, 0.03, 0.1])
    wrong = rng.choice([0.0, 0.0, 0.0, 0.01])
    made: list[Any] = []
    few = rng.sample(PLACEHOLDERS, 2)
    for value in values:
        r = rng.random()
        if r < nulls:
            made.append(None)
            continue
        if isinstance(value, str):
            r = rng.random()
            if r < placeholders:
                value = rng.choice(few)
            elif r < placeholders + wrong:
                value = rng.choice(WRONG)
            elif r > 1 - padding:
                value = rng.choice([f" {value}", f"{value} ", f"{value}  ", value.upper()])
        made.append(value)
    return made
