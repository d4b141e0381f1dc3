"""How closely a warehouse was looked at, in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from governance.discovery.sample import Look, Mode
from governance.domain.counts import counted

if TYPE_CHECKING:
    from governance.ledger.looks import LookRecord

RARE = 0.001  # the share of rows about which it is said how probably they were missed


def remembered(records: Iterable[LookRecord]) -> list[Look]:
    """What the ledger remembers of looks, as discovery speaks of them."""
    return [Look(r.table, Mode(r.mode), r.rows, r.looked, r.more) for r in records]


def missed(looks: Sequence[Look], rate: float = RARE) -> float:
    """The highest probability, over all tables, that something in `rate` of the rows was not seen; 0 when everything was looked at."""
    return max((look.missed(rate) for look in looks), default=0.0)


def summary(looks: Sequence[Look], unchanged: int = 0) -> str:
    """``every row of 12 tables was looked at, 9 of them unchanged since before; ...``. `unchanged` of the tables were not read again."""
    partly = [look for look in looks if not look.is_whole]
    whole = len(looks) - len(partly)
    told = []
    if whole or not looks:
        of = f", {unchanged:,} of them unchanged since they were" if unchanged else ""
        told.append(f"every row of {counted(whole, 'table')} was looked at{of}")
    if partly:
        told.append(f"of {counted(len(partly), 'table')} a part of the rows was looked at: what stands in one of a thousand rows was "
                    f"missed with a probability of up to {missed(partly):.1%}")
    return "; ".join(told)


def told(looks: Sequence[Look], unchanged: int = 0) -> list[str]:
    """One sentence per table that was looked at in part, and one about all."""
    return [*(look.words for look in looks if not look.is_whole), summary(looks, unchanged)]
