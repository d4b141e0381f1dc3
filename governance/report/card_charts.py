"""The charts of a release's card: distributions before and after, and how large the classes are. Inline SVG, no script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from governance.report.charts import WIDTH

_LEFT, _RIGHT, _ROW = 205, 90, 32


def marginal_chart(marginal: Mapping[str, Any]) -> Markup:
    """Two bars per group, the share of rows before and after, in whole percent."""
    groups: Sequence[Mapping[str, Any]] = marginal["groups"]
    most = max((max(g["before"], g["after"]) for g in groups), default=0) or 1
    scale = (WIDTH - _LEFT - _RIGHT) / most
    lines = []
    for number, group in enumerate(groups):
        top = 4 + number * _ROW
        lines.append(written(_LEFT - 10, top + 16, str(group["label"]), "label end"))
        for place, kind in enumerate(("before", "after")):
            lines.append(rectangle(_LEFT, top + place * 12, max(group[kind] * scale, 1.0), kind, 11))
            lines.append(written(_LEFT + max(group[kind] * scale, 1.0) + 7, top + 10 + place * 12, f"{group[kind]} %", "number"))
    said = "; ".join(f"{g['label']}: {g['before']} % before, {g['after']} % after" for g in groups)
    return drawing(f"Rows by {marginal['column']}", said, 4 + len(groups) * _ROW + 4, lines)


def sizes_chart(sizes: Sequence[Mapping[str, Any]]) -> Markup:
    """How many people stand in classes of which size."""
    if not sizes:
        return Markup()
    scale = (WIDTH - _LEFT - 200) / max(s["subjects"] for s in sizes)
    lines = []
    for number, size in enumerate(sizes):
        top = 4 + number * 24
        wide = max(size["subjects"] * scale, 1.5)
        lines += [written(_LEFT - 10, top + 11, f"{size['from']:,} to {size['to']:,} people", "label end"),
                  rectangle(_LEFT, top, wide, "after", 14),
                  written(_LEFT + wide + 7, top + 11, f"{size['subjects']:,} people in {size['classes']:,}", "number")]
    said = "; ".join(f"{s['from']} to {s['to']} people: {s['classes']} classes" for s in sizes)
    return drawing("Size of the classes", said, 4 + len(sizes) * 24 + 4, lines)


def rectangle(left: float, top: float, width: float, kind: str, height: int) -> Markup:
    return Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" class="bar {}"/>').format(left, top, width, height, kind)


def written(left: float, top: float, words: str, kind: str) -> Markup:
    shown = words if len(words) <= 30 else words[:29] + "…"
    return Markup('<text x="{:.1f}" y="{}" class="{}">{}</text>').format(left, top, kind, shown)


def drawing(title: str, said: str, height: int, lines: Iterable[Markup]) -> Markup:
    key = re.sub(r"[^a-z0-9]+", "-", title.lower())
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-labelledby="t-{} d-{}"><title id="t-{}">{}</title>'
                  '<desc id="d-{}">{}</desc>{}</svg>').format(WIDTH, height, key, key, key, title, key, said, Markup().join(lines))
