"""Charts as inline SVG: no script, no style attribute, readable in greyscale: every kind has its own pattern and number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from governance.report.model import PlanDone, RequestLine, Validated
from governance.report.words import count, day

WIDTH = 720
_LEFT, _RIGHT, _ROW, _BAR = 205, 165, 26, 14
_MOST_BARS = 14

# Kinds of rows in the order they are stacked; the class gives the pattern in the style sheet.
KINDS = (("done", "disposed of"), ("gone", "already gone"), ("held", "under legal hold"), ("kept", "kept for a reason"),
         ("left", "left to do"))

# Once per page, before the charts that refer to them.
PATTERNS = Markup(
    '<svg class="patterns" aria-hidden="true"><defs>'
    '<pattern id="p-held" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" class="paper"/><rect width="2.5" height="6" class="ink"/></pattern>'
    '<pattern id="p-gone" width="5" height="5" patternUnits="userSpaceOnUse">'
    '<rect width="5" height="5" class="paper"/><circle cx="2.5" cy="2.5" r="1.1" class="ink"/></pattern>'
    '</defs></svg>'
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One table: how many rows of each kind, in the order of `KINDS`."""

    label: str
    parts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.parts)


def bars_of(plans: Iterable[PlanDone]) -> list[Bar]:
    """Rows per table over all plans that were begun, largest first; what does not fit is one bar of its own."""
    tables: dict[str, list[int]] = {}
    for plan in plans:
        if not plan.begun:
            continue
        for step in plan.steps:
            if step.tally:
                row = tables.setdefault(step.table, [0] * len(KINDS))
                for place, number in enumerate((step.tally.done, step.tally.gone, step.tally.held, 0, step.tally.left)):
                    row[place] += number
        for kept in plan.kept:
            tables.setdefault(kept.table, [0] * len(KINDS))[2 if kept.because == "legal hold" else 3] += kept.rows
    bars = sorted((Bar(t, tuple(parts)) for t, parts in tables.items() if any(parts)), key=lambda b: (-b.total, b.label))
    if len(bars) <= _MOST_BARS:
        return bars
    rest = bars[_MOST_BARS - 1:]
    return [*bars[: _MOST_BARS - 1],
            Bar(f"{count(len(rest), 'more table')}", tuple(sum(b.parts[n] for b in rest) for n in range(len(KINDS))))]


def rows_chart(plans: Sequence[PlanDone]) -> Markup:
    """Bars of rows per table: disposed of, gone, held, kept, left. Empty when there is nothing to draw."""
    bars = bars_of(plans)
    if not bars:
        return Markup()
    scale = (WIDTH - _LEFT - _RIGHT) / max(b.total for b in bars)
    used = [place for place in range(len(KINDS)) if any(b.parts[place] for b in bars)]
    lines = [_legend([KINDS[p] for p in used], 8)]
    for number, bar in enumerate(bars):
        top, left = 34 + number * _ROW, float(_LEFT)
        lines.append(_text(_LEFT - 10, top + 11, bar.label, "label end"))
        for place in used:
            if width := bar.parts[place] * scale:
                lines.append(_rect(left, top, max(width, 1.5), KINDS[place][0]))
                left += max(width, 1.5)
        shown = ", ".join(f"{bar.parts[p]:,} {KINDS[p][0]}" for p in used if bar.parts[p])
        lines.append(_text(left + 8, top + 11, shown if len(shown) < 25 else f"{bar.total:,} rows", "number"))
    said = "; ".join(f"{b.label}: " + ", ".join(f"{b.parts[p]:,} {KINDS[p][1]}" for p in used if b.parts[p]) for b in bars)
    return _svg("Rows per table", said, 34 + len(bars) * _ROW + 6, lines, "rows")


def findings_chart(validations: Sequence[Validated]) -> Markup:
    """Violations and gaps before and after: first and last validation of the period."""
    if not validations:
        return Markup()
    shown = [("before", validations[0]), ("after", validations[-1])] if len(validations) > 1 else [("now", validations[0])]
    most = max(1, *(n for _, v in shown for n in (v.violation, v.gap)))
    scale = (WIDTH - _LEFT - _RIGHT) / most
    lines, said, row = [], [], 0
    for kind, words in (("violation", "violations"), ("gap", "gaps")):
        for when, validated in shown:
            number = getattr(validated, kind)
            top = 8 + row * _ROW + (10 if kind == "gap" else 0)
            lines.append(_text(_LEFT - 10, top + 11, f"{words} {when}", "label end"))
            lines.append(_rect(_LEFT, top, max(number * scale, 1.5), kind))
            lines.append(_text(_LEFT + max(number * scale, 1.5) + 8, top + 11, f"{number:,}", "number"))
            said.append(f"{words} {when}: {number:,}")
            row += 1
    return _svg("Findings of validation", "; ".join(said), 8 + row * _ROW + 16, lines, "findings")


def deadlines_chart(requests: Sequence[RequestLine], today: date) -> Markup:
    """One line per request from its arrival to its deadline, a dot where it was closed, and a line for today."""
    if not requests:
        return Markup()
    shown = sorted(requests, key=lambda r: (r.is_open is False, r.due, r.request))[:_MOST_BARS]
    first = min(r.received for r in shown)
    latest = max(r.due for r in shown)
    last = max(latest, *(r.closed or r.due for r in shown), min(today, latest + timedelta(days=14)))
    span = max((last - first).days, 1)
    wide = WIDTH - _LEFT - _RIGHT

    def at(moment: date) -> float:
        return _LEFT + wide * min(max((moment - first).days / span, 0), 1)

    height = 30 + len(shown) * _ROW + 24
    lines: list[Markup] = []
    if first <= today <= last:
        lines.append(Markup('<line x1="{0:.1f}" x2="{0:.1f}" y1="20" y2="{1}" class="today"/>').format(at(today), height - 22))
        lines.append(_text(at(today), 14, "today", "number middle"))
    for number, request in enumerate(shown):
        top = 30 + number * _ROW
        end = request.closed or min(today, last)
        lines.append(_text(_LEFT - 10, top + 11, request.request, "label end"))
        lines.append(Markup('<line x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}" class="span"/>').format(
            at(request.received), at(request.due), top + 7, top + 7))
        begin = at(request.received)
        lines.append(_rect(begin, top + 3, max(at(end) - begin, 1.5), "left" if request.is_open else "done", 8))
        lines.append(Markup('<path d="M{0:.1f} {1} v14" class="due"/>').format(at(request.due), top))
        lines.append(_text(WIDTH - _RIGHT + 12, top + 11, _ending(request, today), "number"))
    lines.append(_text(_LEFT, height - 6, day(first), "number"))
    lines.append(_text(_LEFT + wide, height - 6, day(last), "number end"))
    said = "; ".join(f"{r.request}: received {day(r.received)}, due {day(r.due)}, {_ending(r, today)}" for r in shown)
    return _svg("Requests and their deadlines", said, height, lines, "deadlines")


def _ending(request: RequestLine, today: date) -> str:
    left = (request.due - (request.closed or today)).days
    early = f"{count(abs(left), 'day')} {'early' if left > 0 else 'late'}" if left else "on the day"
    if request.closed:
        return f"closed {early}"
    return f"{count(left, 'day')} left" if left > 0 else "due today" if left == 0 else f"{count(-left, 'day')} late"


def _legend(kinds: Iterable[tuple[str, str]], top: int) -> Markup:
    parts, left = [], float(_LEFT)
    for kind, words in kinds:
        parts += [_rect(left, top - 2, 12, kind, 12), _text(left + 18, top + 8, words, "number")]
        left += 34 + 6.2 * len(words)
    return Markup().join(parts)


def _rect(left: float, top: float, width: float, kind: str, height: int = _BAR) -> Markup:
    return Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" class="bar {}"/>').format(left, top, width, height, kind)


def _text(left: float, top: float, words: str, kind: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{}" class="{}">{}</text>').format(left, top, kind, _cut(words))


def _cut(words: str, most: int = 34) -> str:
    """A long name keeps its end: ``…history.customer_addresses``."""
    return words if len(words) <= most else "…" + words[1 - most:]


def _svg(title: str, said: str, height: int, lines: Iterable[Markup], key: str) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-labelledby="t-{} d-{}"><title id="t-{}">{}</title>'
                  '<desc id="d-{}">{}</desc>{}</svg>').format(
        WIDTH, height, key, key, key, title, key, said, Markup().join(lines))
