"""Rows of an engine as a pandas frame, typed by their values and the same on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd


def frame_of(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """One column per name, also when there are no rows or two names are equal. Whole numbers and booleans stay so
    beside nulls.
    """
    turned = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
    frame = pd.DataFrame({number: _typed(values) for number, values in enumerate(turned)}, index=range(len(rows)))
    frame.columns = pd.Index(list(columns), dtype=object)
    return frame


def _typed(values: Sequence[Any]) -> Any:
    kinds = {type(v) for v in values if v is not None}
    if None in values and kinds == {int} and all(v is None or -(2**63) <= v < 2**63 for v in values):
        return pd.array(list(values), dtype="Int64")
    if None in values and kinds == {bool}:
        return pd.array(list(values), dtype="boolean")
    return pd.Series(list(values), dtype=object).infer_objects()
