"""The swap test: two columns of a table exchange their contents and keep their headings. The verdicts should follow the contents."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.discovery.kinds import KINDS
from benchmarks.discovery.truth import Column, Table, Truth

# Words and dates whose meaning the heading gives, and numbers that say nothing: who swaps these fools a person too.
_SILENT = {
    "dob",
    "dob_as_text",
    "created_at",
    "due_date",
    "old_date",
    "city",
    "country",
    "region",
    "patronymic",
    "maiden_name",
    "mother_name",
    "lookup_city",
    "lookup_country",
    "postcode",
    "gender",
}


def tells(c: Column) -> bool:
    return c.kind not in _SILENT and KINDS[c.kind].opaque and not c.truths["opaque"].optional and not c.truths["clear"].optional


def swapped(made: Sequence[Table], seed: int = 5) -> tuple[list[Table], dict[tuple[str, str], Truth]]:
    """Tables with one pair exchanged, and for the exchanged columns (table, heading) what the heading used to mean."""
    rng = random.Random(seed)
    out: list[Table] = []
    before: dict[tuple[str, str], Truth] = {}
    for t in made:
        usable = [i for i, c in enumerate(t.columns) if tells(c)]
        pairs = [(i, j) for i in usable for j in usable if i < j and differ(t.columns[i].truths["clear"], t.columns[j].truths["clear"])]
        if not pairs:
            continue
        i, j = rng.choice(pairs)
        columns = list(t.columns)
        a, b = columns[i], columns[j]
        columns[i], columns[j] = replace(b, headings=a.headings), replace(a, headings=b.headings)
        out.append(Table(t.shape, t.language, t.names, columns))
        name = t.names["clear"]
        before[name, a.headings["clear"]], before[name, b.headings["clear"]] = a.truths["clear"], b.truths["clear"]
    return out, before


def differ(a: Truth, b: Truth) -> bool:
    """One of them at least is personal, and no verdict is right for both."""
    return (a.personal or b.personal) and not (a.category and b.accepts(a.category)) and not (b.category and a.accepts(b.category))
