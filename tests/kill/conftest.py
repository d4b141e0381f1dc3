"""Databases that can be copied between a kill and the next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_world(request: pytest.FixtureRequest) -> Callable[[Path], str]:
    """A function that gives the URL of a new, empty warehouse for a world in a folder."""
    if request.param == "duckdb":
        return lambda folder: f"duckdb:///{folder}/warehouse.duckdb"
    new = request.getfixturevalue("new_postgres")
    return lambda folder: str(new())
