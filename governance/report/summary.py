"""The first lines of a report: what happened and what needs a person, in the order in which they matter."""

from __future__ import annotations

from collections.abc import Iterator

from governance.domain.findings import Status
from governance.report.model import Line, Mark, PlanDone, Report
from governance.report.words import STATES, count, day, listed, verb

_FINE = ("verified", "closed")
_UNTOUCHED = ("rejected", "expired", "stale")


def summary(report: Report) -> tuple[Line, ...]:
    """One sentence per subject, in an order that is the same in every report."""
    return (*_found(report), *_validated(report), *_plans(report), *_requests(report), *_notices(report),
            *_holds(report), *_attested(report), _chain(report))


def verdict(report: Report) -> tuple[Mark, str]:
    """The one sentence at the top. Never good while anything below is not."""
    lines = summary(report)
    bad = sum(1 for line in lines if line.mark == Mark.BAD)
    waiting = sum(1 for line in lines if line.mark == Mark.WAITING)
    if bad:
        still = f"; {waiting:,} more {verb(waiting, 'is')} still open" if waiting else ""
        return Mark.BAD, f"{count(bad, 'thing')} {verb(bad, 'is')} not as promised{still}."
    if waiting:
        return Mark.WAITING, f"Nothing is broken; {count(waiting, 'thing')} {verb(waiting, 'is')} still open."
    return Mark.GOOD, "Everything this report covers is as promised."


def _found(report: Report) -> Iterator[Line]:
    found = report.found
    if found is None:
        yield Line(Mark.WAITING, "Nothing was searched for personal data in this period.", "found")
        return
    if found.still_open:
        number = found.still_open
        yield Line(Mark.WAITING, f"{count(number, 'column')} found personal {verb(number, 'is')} waiting for a person to confirm "
                   "or reject.", "found")
    else:
        number = found.proposed
        yield Line(Mark.GOOD, f"{count(number, 'column')} of {found.columns_seen:,} searched {verb(number, 'is')} found "
                   "personal, each decided by a person.", "found")
    if found.drift:
        yield Line(Mark.WAITING, f"{count(len(found.drift), 'column')} appeared, vanished or changed type.", "found")
    if found.contradictions:
        number = len(found.contradictions)
        bad = any(f.status == Status.VIOLATION for f in found.contradictions)
        yield Line(Mark.BAD if bad else Mark.WAITING, f"{count(number, 'contradiction')} between what is found and what people, the policy "
                   "or other tools say.", "found")


def _validated(report: Report) -> Iterator[Line]:
    if not report.validations:
        yield Line(Mark.WAITING, "No column was validated in this period.", "validated")
        return
    bad = report.validations[-1].violation
    before = f" (there were {report.validations[0].violation:,})" if len(report.validations) > 1 else ""
    if bad:
        yield Line(Mark.BAD, f"{count(bad, 'finding')} of validation {verb(bad, 'breaks')} the policy{before}.", "validated")
    else:
        yield Line(Mark.GOOD, f"No column breaks the policy{before}.", "validated")
    if report.unjudged:
        owners = listed(sorted({u.owner or "nobody" for u in report.unjudged}), 4)
        yield Line(Mark.WAITING, f"{count(len(report.unjudged), 'column')} nobody has judged; the data stay. Owners: {owners}.",
                   "unjudged")
    else:
        yield Line(Mark.GOOD, "0 columns nobody has judged: each is personal with its purposes, or confirmed not to be.", "unjudged")


def _plans(report: Report) -> Iterator[Line]:
    if not report.plans:
        yield Line(Mark.WAITING, "Nothing was planned for disposal in this period.", "done")
    scheduled = [p for p in report.plans if p.kind == "retention"]
    for plan in scheduled[-3:]:
        yield plan_line(plan)
    if len(scheduled) > 3:
        yield Line(Mark.GOOD if all(p.state in _FINE for p in scheduled[:-3]) else Mark.WAITING,
                   f"{count(len(scheduled) - 3, 'earlier plan')} of scheduled disposal.", "done")
    requests = [p for p in report.plans if p.kind == "request"]
    unclosed = [p for p in requests if p.state not in _FINE]
    if requests and not unclosed:
        rows = sum(p.total.done for p in requests)
        yield Line(Mark.GOOD, f"{count(len(requests), 'plan')} for requests carried out and verified: {count(rows, 'row')} "
                   "changed.", "done")
    for plan in unclosed:
        yield plan_line(plan)


def plan_line(plan: PlanDone) -> Line:
    """One plan in one sentence. `residual` and failures are bad whatever else is true; so are books that do not balance."""
    total = plan.total
    if plan.state in _UNTOUCHED or not plan.begun:
        mark = Mark.GOOD if plan.state in _FINE and not total.planned else Mark.BAD if plan.state == "failed" else Mark.WAITING
        return Line(mark, f"{plan.title}: {count(total.planned, 'row')} planned; {STATES.get(plan.state, plan.state)}.",
                    f"plan-{plan.short}")
    parts = [f"{total.done:,} done"]
    parts += [f"{total.held:,} under legal hold"] if total.held else []
    parts += [f"{total.gone:,} already gone"] if total.gone else []
    parts += [f"{total.left:,} left"] if total.left else []
    faults = [f for f in plan.faults if f.status == Status.VIOLATION]
    good = plan.state in _FINE and plan.balanced and not plan.residual and not total.left and not faults
    bad = plan.state in ("residual", "failed") or not plan.balanced or plan.residual or faults
    looked = "looked at again: nothing left that should be gone" if good else STATES.get(plan.state, plan.state)
    if not plan.balanced:
        looked = "the books do not balance"
    elif faults:
        looked = f"looking at the data again found {count(len(faults), 'fault')}"
    mark = Mark.BAD if bad else Mark.GOOD if good else Mark.WAITING
    return Line(mark, f"{plan.title}: {count(total.planned, 'row')} planned, {', '.join(parts)}; {looked}.", f"plan-{plan.short}")


def _requests(report: Report) -> Iterator[Line]:
    if not report.requests:
        return
    open_ones = [r for r in report.requests if r.is_open]
    late = [r for r in report.requests if r.late(report.today)]
    closed = len(report.requests) - len(open_ones)
    if late:
        yield Line(Mark.BAD, f"{count(len(late), 'request')} {verb(len(late), 'is')} past the deadline: "
                   f"{listed(r.request for r in late)}.", "requests")
    if open_ones:
        soonest = min(open_ones, key=lambda r: r.due)
        yield Line(Mark.WAITING, f"{count(len(open_ones), 'request')} open; the next is due on {day(soonest.due)} "
                   f"({soonest.request}).", "requests")
    elif not late:
        yield Line(Mark.GOOD, f"{count(closed, 'request')} answered in time.", "requests")


def _notices(report: Report) -> Iterator[Line]:
    due = [n for n in report.notices if n.sent is None]
    late = [n for n in due if n.late(report.recorded)]
    if late:
        yield Line(Mark.BAD, f"{count(len(late), 'notice')} to recipients {verb(len(late), 'is')} past the day it was due: "
                   f"{listed(dict.fromkeys(n.recipient for n in late))}.", "notices")
    if len(due) > len(late):
        soonest = min((n for n in due if n not in late), key=lambda n: n.due)
        yield Line(Mark.WAITING, f"{count(len(due) - len(late), 'notice')} to recipients {verb(len(due) - len(late), 'is')} still to be "
                   f"sent; the next is due on {day(soonest.due)} ({soonest.recipient}).", "notices")
    if report.notices and not due:
        yield Line(Mark.GOOD, f"{count(len(report.notices), 'notice')} to recipients sent.", "notices")


def _holds(report: Report) -> Iterator[Line]:
    held = [h for h in report.holds if h.in_force]
    if held:
        yield Line(Mark.GOOD, f"{count(len(held), 'legal hold')} in force: {listed(h.name for h in held)}.", "holds")


def _attested(report: Report) -> Iterator[Line]:
    if report.attested:
        yield Line(Mark.BAD, f"Looking at the data again found {count(len(report.attested), 'thing')} that should not be there.",
                   "evidence")


def _chain(report: Report) -> Line:
    chain = report.chain
    if chain.broken_at is not None:
        return Line(Mark.BAD, f"The evidence chain is broken at entry {chain.broken_at:,}.", "evidence")
    if not chain.entries:
        return Line(Mark.WAITING, "There is no evidence yet.", "evidence")
    if chain.anchored_seq is None:
        return Line(Mark.WAITING, f"The evidence chain is intact ({count(chain.entries, 'entry')}) and not yet anchored outside.",
                    "evidence")
    return Line(Mark.GOOD, f"The evidence chain is intact: {count(chain.entries, 'entry')}, anchored outside up to entry "
                f"{chain.anchored_seq:,}.", "evidence")
