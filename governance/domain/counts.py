"""Counts in sentences."""

from __future__ import annotations


def counted(number: int, one: str, more: str = "") -> str:
    """``1 row``, ``2,000 rows``, ``0 rows``; `more` where the plural is not a mere s."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"
