"""What is known before the engine is asked: truths that fold as far as they are settled, and mean what SQL means."""

from __future__ import annotations

from sqlalchemy import ColumnElement, False_, True_, and_, false, func, or_, true
from sqlalchemy.sql.elements import AsBoolean

Truth = ColumnElement[bool]


def settled(truth: Truth) -> bool | None:
    """True or false when that is known without asking the engine, else None."""
    inner: object = truth.element if isinstance(truth, AsBoolean) else truth
    return True if isinstance(inner, True_) else False if isinstance(inner, False_) else None


def both(*truths: Truth) -> Truth:
    """All of them. What is settled leaves nothing for the engine to do."""
    if any(settled(t) is False for t in truths):
        return false()
    rest = [t for t in truths if settled(t) is None]
    return and_(*rest) if rest else true()


def either(*truths: Truth) -> Truth:
    """Any of them; false for none."""
    if any(settled(t) is True for t in truths):
        return true()
    rest = [t for t in truths if settled(t) is None]
    return or_(*rest) if rest else false()


def opposite(truth: Truth) -> Truth:
    known = settled(truth)
    return ~truth if known is None else false() if known else true()


def surely(truth: Truth) -> Truth:
    """`truth`, with null as false."""
    return truth if settled(truth) is not None else func.coalesce(truth, false())
