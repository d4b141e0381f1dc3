"""Look at the data again, not at the bookkeeping: what should be gone, and whether anything else went with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from governance.disposal.apply import Tools, census, connected, copy_receipts, count
from governance.disposal.lifetimes import Scope
from governance.disposal.plan import Measure, at_once, counts_of
from governance.disposal.redactions import rows_with_terms
from governance.disposal.uniqueness import unique_share
from governance.disposal.work import Job, books
from governance.domain.findings import Finding, Status
from governance.domain.names import TableRef
from governance.domain.plan import Action, Step
from governance.domain.receipt import Outcome, Tally


@dataclass(frozen=True, slots=True)
class Result:
    """One step looked at again. `residual` rows still match although nothing holds them."""

    step: int
    table: str
    action: str
    tally: Tally
    residual: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Verified:
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Everything planned is gone, nothing is held back, and nothing unexplained went."""
        return all(r.outcome in (Outcome.ERASED, Outcome.DEPERSONALIZED, Outcome.NOTHING_FOUND) for r in self.results) \
            and not any(f.status is Status.VIOLATION for f in self.findings)

    @property
    def residual(self) -> int:
        return sum(r.residual for r in self.results)

    @property
    def held(self) -> int:
        return sum(r.tally.held for r in self.results)


def verify(tools: Tools, job: Job) -> Verified:
    """Count again what was due at the plan's moment, table by table, with the holds in force now."""
    receipts = copy_receipts(tools, job.plan)
    done: dict[int, tuple[int, int]] = {}
    for receipt in receipts:
        changed, gone = done.get(receipt.step, (0, 0))
        done[receipt.step] = (changed + receipt.changed, gone + receipt.gone)
    tallies = books(tools.warehouse, job.plan, done)
    remaining = _remaining(tools, job)
    results = tuple(_result(step, tallies[step.number], remaining[step.table].get(_place(job, step), 0), tallies, job)
                    for step in job.plan.steps)
    findings = (*_unexplained(tools, job, done), *_unbalanced(results), *_too_unique(tools, job))
    return Verified(results, tuple(sorted(findings)))


def _place(job: Job, step: Step) -> str:
    return "texts" if job.by_terms(step) else str(step.action)


def _remaining(tools: Tools, job: Job) -> dict[TableRef, dict[str, int]]:
    """Per table of the plan the rows that still match each action, those under a hold left out."""
    context, found = job.context, {}
    for some in at_once(context, sorted({s.table for s in job.plan.steps})):
        queries = [Measure.of(context, context.targets[ref], free_only=True).query for ref in some]
        for ref, counts in zip(some, counts_of(tools.warehouse, queries, "disposal.verify"), strict=True):
            found[ref] = {str(Action.DELETE): counts["deletes"], str(Action.END): counts["ends"], str(Action.FILE): counts["files"],
                          str(Action.REWRITE): counts["rewrites"], str(Action.UNLINK): counts["unlinks"]}
            if job.terms is not None:
                found[ref]["texts"] = len(rows_with_terms(tools.warehouse, Scope(context, context.targets[ref]), job.terms))
    return found


def _result(step: Step, tally: Tally, found: int, tallies: Mapping[int, Tally], job: Job) -> Result:
    # Rows that wait behind a hold on another row are due and untouched; they are held, not residual.
    waiting = sum(tallies[s.number].held for s in job.plan.steps if s.table == step.table)
    residual = max(0, found - waiting) + tally.left
    if residual:
        outcome = Outcome.RESIDUAL
    elif tally.held:
        outcome = Outcome.HELD
    elif not tally.done and not tally.gone:
        outcome = Outcome.NOTHING_FOUND
    else:
        outcome = Outcome.ERASED if step.action in (Action.DELETE, Action.FILE) else Outcome.DEPERSONALIZED
    return Result(step.number, str(step.table), str(step.action), tally, residual, outcome)


def _unbalanced(results: tuple[Result, ...]) -> list[Finding]:
    return [Finding(Status.VIOLATION, "disposal.unbalanced", r.table, "",
                    f"step {r.step}: done {r.tally.done:,} + left {r.tally.left:,} + held {r.tally.held:,} + "
                    f"gone {r.tally.gone:,} is not planned {r.tally.planned:,}",
                    "look at governance.work and governance.receipt of this plan")
            for r in results if not r.tally.balanced]


def _unexplained(tools: Tools, job: Job, done: Mapping[int, tuple[int, int]]) -> list[Finding]:
    """Rows that left a connected table although no step removed them: a cascade, a trigger or somebody else."""
    before = census(tools.warehouse, job.plan, "before")
    if not before:
        return []
    after = count(tools.warehouse, job, "after")
    found = []
    for ref in connected(job):
        removed = sum(done.get(s.number, (0, 0))[0] for s in job.plan.steps if s.table == ref and s.action is Action.DELETE)
        missing = before.get(str(ref), 0) - after.get(str(ref), 0) - removed
        if missing > 0:
            found.append(Finding(Status.VIOLATION, "disposal.unexplained_rows", str(ref), "",
                                 f"{missing:,} rows went that no step of the plan removed",
                                 "look for cascades, triggers and other writers", missing))
    return found


def _too_unique(tools: Tools, job: Job) -> list[Finding]:
    """Generalized or truncated cells that still single people out."""
    limit = job.context.policy.organization.max_unique_share
    found = []
    for step in job.plan.steps:
        if step.action is not Action.END:
            continue
        target = job.context.targets[step.table]
        measured = unique_share(tools.warehouse, Scope(job.context, target))
        if measured is not None and measured[0] > limit:
            share, columns, rows = measured
            found.append(Finding(Status.VIOLATION, "disposal.residual_uniqueness", str(step.table), ", ".join(columns),
                                 f"{share:.1%} of {rows:,} depersonalized rows are still unique; the policy allows {limit:.1%}",
                                 "generalize further, or null one of these columns", rows, target.owner))
    return found


