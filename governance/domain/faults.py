"""Errors nobody foresaw, told without their text, which may quote a row."""

from __future__ import annotations

import traceback
from pathlib import PurePath


def reduced(error: BaseException) -> str:
    """An error without its text: ``KeyError in governance/disposal/plan.py, line 120 (make_plan)``."""
    name = type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "governance" in PurePath(frame.filename).parts]
    if not frames:
        return f"{name} outside the product"
    parts = PurePath(frames[-1].filename).parts
    place = "/".join(parts[len(parts) - 1 - parts[::-1].index("governance"):])
    return f"{name} in {place}, line {frames[-1].lineno} ({frames[-1].name}): a fault of the product, please report that line"
