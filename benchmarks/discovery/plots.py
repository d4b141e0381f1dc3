"""Plain plots as SVG, without a library: lines and points on a square, with a legend and labelled axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 620, 420, 80, 60, 40, 20
COLOURS = ("#1b6ca8", "#c8553d", "#4a7c59", "#8d5a97", "#b8860b", "#444444", "#008b8b")


def lines(
    path: Path,
    title: str,
    across: str,
    up: str,
    drawn: Mapping[str, Sequence[tuple[float, float]]],
    logarithmic: bool = False,
    diagonal: bool = False,
) -> None:
    """Write one plot. With `logarithmic` both axes are powers of ten; values of zero are then left out."""
    points = {name: [(x, y) for x, y in told if not logarithmic or (x > 0 and y > 0)] for name, told in drawn.items()}
    xs, ys = ([p[k] for told in points.values() for p in told] for k in (0, 1))
    if not xs:
        return
    scale = math.log10 if logarithmic else float
    x0, x1 = _ends(xs, logarithmic, diagonal)
    y0, y1 = _ends(ys, logarithmic, diagonal)

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (scale(x) - scale(x0)) / (scale(x1) - scale(x0)) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - (scale(y) - scale(y0)) / (scale(y1) - scale(y0)) * (HEIGHT - BOTTOM - TOP),
        )

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{WIDTH / 2}" y="20" text-anchor="middle" font-size="15">{escape(title)}</text>',
    ]
    for value in _ticks(x0, x1, logarithmic):
        x, y = at(value, y0)
        out.append(
            f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{y:.1f}" stroke="#e4e4e4"/>'
            f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{_said(value)}</text>'
        )
    for value in _ticks(y0, y1, logarithmic):
        x, y = at(x0, value)
        out.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#e4e4e4"/>'
            f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{_said(value)}</text>'
        )
    if diagonal:
        (ax, ay), (bx, by) = at(x0, y0), at(x1, y1)
        out.append(f'<line x1="{ax}" y1="{ay}" x2="{bx}" y2="{by}" stroke="#999" stroke-dasharray="5 4"/>')
    for place, (name, told) in enumerate(points.items()):
        colour = COLOURS[place % len(COLOURS)]
        spots = [at(x, y) for x, y in told]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in spots)}"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in spots]
        out.append(f'<text x="{LEFT + 12}" y="{TOP + 16 + 16 * place}" fill="{colour}">{escape(name)}</text>')
    out.append(f'<text x="{(WIDTH + LEFT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">{escape(across)}</text>')
    out.append(f'<text transform="translate(18 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text></svg>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(out) + "\n", encoding="utf-8")


def _ends(values: Sequence[float], logarithmic: bool, unit: bool) -> tuple[float, float]:
    if unit:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if logarithmic:
        a, b = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return 10.0**a, 10.0 ** (b if b > a else a + 1)
    return 0.0, high or 1.0


def _ticks(low: float, high: float, logarithmic: bool) -> list[float]:
    if logarithmic:
        return [10.0**n for n in range(round(math.log10(low)), round(math.log10(high)) + 1)]
    return [low + (high - low) * n / 5 for n in range(6)]


def _said(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"
