"""Plan a disposal: what is due, counts per step, before anything is touched. Reads only.

The same code plans by schedule and by request; a request gives the staged keys of its subjects and the words that must
not remain in text about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select

from governance.disposal import sql
from governance.disposal.lifetimes import Context, Scope, blockers
from governance.disposal.redactions import Terms, rows_with_terms, text_groups
from governance.disposal.targets import Group, Target
from governance.domain.errors import PlanRefused
from governance.domain.findings import Finding, Status
from governance.domain.names import TableRef
from governance.domain.plan import Action, CellGroup, Ended, Kept, Kind, Plan, Reason, Step
from governance.policy.load import LoadedPolicy
from governance.policy.order import components, disposal_order
from governance.warehouse import Warehouse

Progress = Callable[[str], None]
_AT_ONCE = 12  # tables; a statement over more of them is long to read when it fails, and saves nothing that counts
SMALL = 5_000  # rows that are not worth a second task
PHASES = (Action.FILE, Action.REWRITE, Action.END, Action.UNLINK, Action.DELETE)


@dataclass(frozen=True)
class Draft:
    """A step before it has a number."""

    table: TableRef
    action: Action
    groups: tuple[CellGroup, ...]
    rows: int
    of: int
    note: str = ""


@dataclass(frozen=True)
class Measured:
    """One table's share of a plan."""

    drafts: tuple[Draft, ...]
    kept: tuple[Kept, ...]
    findings: tuple[Finding, ...]


def make_plan(warehouse: Warehouse, loaded: LoadedPolicy, context: Context, *, kind: Kind, name: str = "",
              terms: Terms | None = None, on_table: Progress = lambda table: None) -> Plan:
    """The plan for `context`. Equal data, policy and clock give an equal digest.

    PlanRefused lists every trigger, rule and row-security policy on a target that the policy does not name.
    """
    refuse_hazards(context)
    order = ordered(context)
    measured: dict[TableRef, Measured] = dict.fromkeys(order, Measured((), (), ()))
    for some in at_once(context, [ref for ref in order if concerned(context, context.targets[ref])]):
        for ref in some:
            on_table(str(ref))
        measures = [Measure.of(context, context.targets[ref]) for ref in some]
        counted = counts_of(warehouse, [m.query for m in measures], "disposal.measure")
        for measure, counts in zip(measures, counted, strict=True):
            measured[measure.target.ref] = _measured(warehouse, loaded, context, measure, counts, terms)
    drafts = [draft for ref in order for draft in measured[ref].drafts]
    return Plan(
        kind=kind, name=name, as_of=context.as_of, policy_digest=loaded.digest,
        policy_version=loaded.policy.organization.policy_version, schema_digest=context.schema.digest,
        steps=number(context, drafts, warehouse.capabilities.writers), holds=context.planned_holds,
        kept=tuple(sorted(k for m in measured.values() for k in m.kept)),
        findings=tuple(sorted(f for m in measured.values() for f in m.findings)),
    )


def ordered(context: Context) -> tuple[TableRef, ...]:
    """Tables so that every table comes after those whose rows refer to it or go with it. Where rows of one of two tables never
    go, their order is a wish: foreign keys of a strange database may run in circles."""
    waits: dict[TableRef, set[TableRef]] = {ref: set() for ref in context.targets}
    going = {ref for ref, target in context.targets.items() if target.collection.governance.deletable}
    wished: set[tuple[TableRef, TableRef]] = set()
    for child in context.schema.tables:
        for ref in {key.references for key in child.foreign_keys} - {child.ref}:
            if ref in waits and child.ref in waits:
                waits[ref].add(child.ref)
                if ref not in going or child.ref not in going:
                    wished.add((ref, child.ref))
    return disposal_order(waits, wished)


def late_tables(context: Context) -> frozenset[TableRef]:
    """Tables that triggers named by policy write into while other steps run."""
    return frozenset(allowed.writes_to for target in context.targets.values()
                     for allowed in target.collection.governance.allows if allowed.writes_to is not None)


def refuse_hazards(context: Context) -> None:
    """Stop when a trigger, rule, view or row-security policy on a target is not named in the policy."""
    unknown = [
        f"{target.ref}: {hazard.kind} {hazard.name}"
        for target in context.targets.values() if target.enforced
        for hazard in target.table.hazards
        if hazard.name not in {allowed.name for allowed in target.collection.governance.allows}
    ]
    if unknown:
        raise PlanRefused("the database may copy, change or hide rows by itself: " + "; ".join(unknown), where="plan",
                          fix="look at each, then name it under `allows:` of its table, with `because:` and `approved_by:`")


def number(context: Context, drafts: Sequence[Draft], writers: int) -> tuple[Step, ...]:
    """Drafts as numbered steps: chunks of tables that nothing connects, and inside a chunk files, cells, links, rows."""
    late = late_tables(context)
    tables = sorted({d.table for d in drafts})
    edges = {(ref, key.references) for ref in tables for key in context.targets[ref].table.foreign_keys
             if key.references in context.targets}
    edges |= {(target.ref, allowed.writes_to) for target in context.targets.values()
              for allowed in target.collection.governance.allows
              if allowed.writes_to is not None and allowed.writes_to in context.targets}
    chunk_of = packed(components(tables, edges), drafts, writers)
    # sorted() keeps the foreign-key order of `drafts` inside each phase.
    arranged = sorted(drafts, key=lambda d: (chunk_of[d.table], d.table in late, PHASES.index(d.action)))
    return tuple(Step(n, chunk_of[d.table], d.table, d.action, d.groups, d.rows, d.of, d.table in late, d.note)
                 for n, d in enumerate(arranged, start=1))


def packed(parts: Sequence[Sequence[TableRef]], drafts: Sequence[Draft], writers: int) -> dict[TableRef, int]:
    """Tables to chunk numbers. Connected tables share a chunk; a thousand small tables do not become a thousand tasks.

    One chunk for little work, else up to four for each process that may write, the largest parts spread first.
    """
    rows: dict[TableRef, int] = {}
    for draft in drafts:
        rows[draft.table] = rows.get(draft.table, 0) + draft.rows
    weights = sorted(((sum(rows.get(ref, 0) for ref in part), part) for part in parts), key=lambda p: (-p[0], p[1]))
    most = 1 if sum(rows.values()) < SMALL else 4 * writers
    bins = [0] * max(1, min(most, len(weights)))
    found: dict[TableRef, int] = {}
    for weight, part in weights:
        lightest = bins.index(min(bins))
        bins[lightest] += weight
        found |= dict.fromkeys(part, lightest)
    return found


# ---- one table -----------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Measure:
    """How one table is counted: its rows as they would be judged in enforce, and the columns that a foreign key would null."""

    target: Target
    scope: Scope
    unlinked: tuple[str, ...]
    query: Select[Any]

    @classmethod
    def of(cls, context: Context, target: Target, *, free_only: bool = False) -> Measure:
        seen = replace_mode(target)
        scope = Scope.concerned(with_target(context, seen), seen)
        keys, unlinked = sql.unlinking(scope, context.targets)
        columns = tuple(c for key in keys for c in key.columns)
        return cls(target, scope, columns, sql.measure(scope, unlinked, free_only=free_only))


def at_once(context: Context, tables: Sequence[TableRef]) -> Iterator[Sequence[TableRef]]:
    """Tables that are counted in one statement: a request looks at few rows of each, and waits longer for answers than for counts."""
    size = _AT_ONCE if context.by_request else 1
    return (tables[first:first + size] for first in range(0, len(tables), size))


def counts_of(warehouse: Warehouse, queries: Sequence[Select[Any]], name: str) -> list[dict[str, int]]:
    """The one row of counts that each query gives, by the names of its columns."""
    rows = {int(n): values for n, *values in warehouse.few(sql.together(queries), name=name)}
    return [{column.name: int(value or 0) for column, value in zip(query.selected_columns, rows[n], strict=False)}
            for n, query in enumerate(queries)]


def _measured(warehouse: Warehouse, loaded: LoadedPolicy, context: Context, measure: Measure, counts: Mapping[str, int],
              terms: Terms | None) -> Measured:
    target = measure.target
    texts = _text_rows(warehouse, measure.scope, terms)
    if not target.enforced:
        rows = counts["deletes"] + counts["ends"] + counts["files"] + counts["rewrites"]
        kept = (Kept(target.ref, (), "dataset is in observe", rows),) if rows else ()
        return Measured((), kept, _gaps(context, target, counts))
    drafts = _drafts(context, target, counts, texts, measure.unlinked, loaded)
    return Measured(tuple(drafts), tuple(_kept(context, target, counts)), _gaps(context, target, counts))


def concerned(context: Context, target: Target) -> bool:
    """Whether a plan has to look at the table at all."""
    if not context.by_request:
        return bool(target.groups) or target.goes_with is not None
    governance = target.collection.governance
    assert context.subjects is not None
    asked = any(context.subjects(path.kind) is not None for path in governance.subjects.values())
    copies = any(g.lifetime.derived_from is not None for g in target.groups)
    free_text = any(g.end is not None and g.end.kind == "redact" for g in target.groups)
    return asked or copies or free_text or target.goes_with is not None


def replace_mode(target: Target) -> Target:
    """The target as if it were enforced, so that observe shows what enforce would do."""
    if target.enforced:
        return target
    mode = target.dataset.governance.mode.model_copy(update={"is_": "enforce"})
    governance = target.dataset.governance.model_copy(update={"mode": mode})
    meta = target.dataset.meta.model_copy(update={"governance": governance})
    return replace(target, dataset=target.dataset.model_copy(update={"meta": meta}))


def with_target(context: Context, target: Target) -> Context:
    if context.targets[target.ref] is target:
        return context
    return replace(context, targets={**context.targets, target.ref: target})


def _text_rows(warehouse: Warehouse, scope: Scope, terms: Terms | None) -> dict[int, int]:
    """How many rows of each text group hold a word of the person who asked, by the group's bit."""
    if terms is None:
        return {}
    found = rows_with_terms(warehouse, scope, terms)
    counts: dict[int, int] = {}
    for row in found:
        for group in scope.target.groups:
            if row.mask & group.bit:
                counts[group.bit] = counts.get(group.bit, 0) + 1
    if found:
        counts[0] = len(found)
    return counts


def _drafts(context: Context, target: Target, counts: Mapping[str, int], texts: Mapping[int, int], unlinked: Sequence[str],
            loaded: LoadedPolicy) -> list[Draft]:
    scope = Scope(context, target)
    of = 0 if context.by_request else counts["total"]

    def cells(groups: Sequence[Group], found: Mapping[int, int] | None = None) -> tuple[CellGroup, ...]:
        return tuple(CellGroup(g.bit, g.names, g.end.words if g.end else "delete", g.lifetime.subject or "",
                               reasons(context, target, g),
                               counts[f"due_{g.bit}"] if found is None else found.get(g.bit, 0)) for g in groups)

    files = [g for g in target.groups if g.is_file]
    rewritten = [g for g in target.groups if sql.rewrites_by_schedule(scope, g)]
    in_text = text_groups(scope) if context.by_request else []
    in_sql = [g for g in target.groups if sql.ends_in_sql(scope, g)]
    drafts: list[Draft] = []
    if files:
        drafts.append(Draft(target.ref, Action.FILE, cells(files), counts["files"], of))
    if rewritten:
        drafts.append(Draft(target.ref, Action.REWRITE, cells(rewritten), counts["rewrites"], of))
    if in_text and texts.get(0):
        drafts.append(Draft(target.ref, Action.REWRITE, cells(in_text, texts), texts[0], of, note="words of one person"))
    if in_sql:
        drafts.append(Draft(target.ref, Action.END, cells(in_sql), counts["ends"], of))
    if unlinked:
        ended = Ended.REQUEST if context.by_request else Ended.ACHIEVED
        reason = Reason(ended, "reference", f"foreign key @ {loaded.policy.organization.policy_version}", "referred row goes")
        group = CellGroup(1, tuple(unlinked), "null", "", (reason,), counts["unlinks"])
        drafts.append(Draft(target.ref, Action.UNLINK, (group,), counts["unlinks"], of, note="set null by a foreign key"))
    if target.deletable or target.goes_with is not None:
        note = f"goes with {target.goes_with}" if target.goes_with else ""
        drafts.append(Draft(target.ref, Action.DELETE, cells(target.groups, {}), counts["deletes"], of, note=note))
    return drafts


def reasons(context: Context, target: Target, group: Group) -> tuple[Reason, ...]:
    """Why the group's cells are over, purpose by purpose."""
    version = context.policy.organization.policy_version
    rule = f"{group.lifetime.record_class or target.ref} @ {version}"
    found: list[Reason] = []
    if group.lifetime.derived_from is not None:
        ended = Ended.REQUEST if context.by_request else Ended.ACHIEVED
        found.append(Reason(ended, f"copy of {group.lifetime.derived_from}", rule, "source ended"))
    for purpose, schedule in group.lifetime.purposes:
        if context.by_request and not purpose.survives_request:
            found.append(Reason(Ended.REQUEST, purpose.key, rule))
        elif schedule.until_withdrawn:
            day = "" if str(schedule.keep) == "P0D" else context.cutoff(schedule.keep).day.isoformat()
            found.append(Reason(Ended.DISAPPEARED, purpose.key, rule, "consent", day))
        else:
            found.append(Reason(Ended.ACHIEVED, purpose.key, rule, schedule.trigger or "",
                                context.cutoff(schedule.keep).day.isoformat()))
    return tuple(found)


def _kept(context: Context, target: Target, counts: Mapping[str, int]) -> list[Kept]:
    kept: list[Kept] = []
    if counts["referred"]:
        names = sorted({str(child.ref) for child, _, follows in blockers(context, target) if not follows})
        kept.append(Kept(target.ref, (), "referenced by " + ", ".join(names), counts["referred"]))
    for group in target.groups:
        if group.end is None and counts[f"due_{group.bit}"]:
            kept.append(Kept(target.ref, group.names, "row stays and no end state is declared", counts[f"due_{group.bit}"]))
        if context.by_request and counts[f"kept_{group.bit}"]:
            duties = [p for p, _ in group.lifetime.purposes if p.survives_request]
            because = "; ".join(f"{p.key} ({p.citation})" if p.citation else p.key for p in duties) or "its source stays"
            kept.append(Kept(target.ref, group.names, because, counts[f"kept_{group.bit}"]))
    if counts["held"]:
        kept.append(Kept(target.ref, (), "legal hold", counts["held"]))
    return kept


def _gaps(context: Context, target: Target, counts: Mapping[str, int]) -> tuple[Finding, ...]:
    if context.by_request:
        return ()
    found = []
    for group in target.groups:
        rows = counts[f"kept_{group.bit}"]
        if not rows:
            continue
        if group.lifetime.unjudged:
            rule, message = "disposal.unjudged", "nobody has said which purposes these cells serve"
        else:
            triggers = sorted({s.trigger for _, s in group.lifetime.purposes if s.trigger})
            rule, message = "disposal.trigger_unknown", f"no date for {', '.join(triggers) or 'its source'}"
        found.append(Finding(Status.GAP, rule, str(target.ref), ", ".join(group.names), f"{message}: {rows:,} rows kept",
                             "declare purposes, or a trigger that is open with `at_latest:`", rows, target.owner))
    return tuple(found)


