"""What each kind of step does to one batch. Everything slow is prepared before its transaction, but for what cannot be undone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from governance.disposal import sql
from governance.disposal.endstates import PSEUDONYM
from governance.disposal.redactions import without
from governance.disposal.targets import Group, Target
from governance.disposal.work import Job
from governance.domain.errors import PlanRefused
from governance.domain.patterns import REDACTED
from governance.domain.plan import Action, Step
from governance.domain.schema import Family
from governance.keys import Keys, keyed_hash
from governance.stores import Stores
from governance.warehouse import StagedColumn, Warehouse
from governance.warehouse.functions import json_steps

Act = Callable[[Warehouse], int]
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # JSON may hold it, no text of an engine does


def act(warehouse: Warehouse, stores: Stores, keys: Keys | None, job: Job, step: Step, batch: int, mask: int) -> Act:
    """Prepare one batch; the result runs inside the batch's transaction and returns rows changed."""
    target, plan = job.context.targets[step.table], job.plan.digest
    groups = sql.due_groups(mask, job.groups(step))
    match step.action:
        case Action.DELETE:
            cascading = [(child, key) for child, key in job.context.schema.referring(step.table)
                         if key.on_delete == "cascade" and child.ref != step.table]
            return lambda w: w.execute(sql.delete_rows(target, plan, step.number, batch, cascading), name="disposal.delete_rows")
        case Action.END:
            return lambda w: w.execute(sql.end_cells(target, groups, plan, step.number, batch), name="disposal.end_cells")
        case Action.UNLINK:
            columns = step.groups[0].columns
            return lambda w: w.execute(sql.null_cells(target, columns, plan, step.number, batch), name="disposal.unlink")
        case Action.FILE:
            return _remove_files(stores, target, groups, plan, step, batch)
        case Action.REWRITE:
            return _rewrite(warehouse, keys, job, target, groups, step, batch)
        case other:
            raise PlanRefused(f"a step that is to {other} is not one of disposal", where=f"plan {plan[:12]}", fix="make a new plan")


def _remove_files(stores: Stores, target: Target, groups: Sequence[Group], plan: str, step: Step, batch: int) -> Act:
    """Files go before their rows: removed with all versions and asked for again; then the cells are nulled.

    A file that a row which stays still points to keeps its bytes; only the reference goes. All of it inside the transaction:
    the fence has been passed there, so no legal hold can be confirmed between the check and the loss of a file.
    """
    columns = [(g, c) for g in groups for c in g.columns]
    names = [c.name for _, c in columns]
    nullable = [c.name for _, c in columns if c.nullable]

    def run(w: Warehouse) -> int:
        cells = list(w.rows(sql.cells_of_batch(target, names, plan, step.number, batch), name="disposal.file_cells"))
        for place, (group, column) in enumerate(columns):
            assert group.end is not None
            store = stores.named(group.end.store or "")
            wanted = sorted({row[3 + place] for row in cells if row[3 + place]})
            if not wanted:
                continue
            with w.stage([StagedColumn("ref", Family.TEXT)], [(ref,) for ref in wanted]) as staged:
                shared = {row[0] for row in w.rows(
                    sql.files_wanted_elsewhere(target, column.name, staged, plan, step.number), name="disposal.files_elsewhere")}
            for ref in wanted:
                if ref not in shared:
                    store.remove(ref)
        if not nullable:
            return len(cells)
        return w.execute(sql.null_cells(target, nullable, plan, step.number, batch), name="disposal.null_files")

    return run


def _rewrite(warehouse: Warehouse, keys: Keys | None, job: Job, target: Target, groups: Sequence[Group], step: Step,
             batch: int) -> Act:
    plan = job.plan.digest
    columns = [(g, c) for g in groups for c in g.columns]
    names = [c.name for _, c in columns]
    rows = list(warehouse.rows(sql.cells_of_batch(target, names, plan, step.number, batch), name="disposal.rewrite_cells"))
    secrets = {g.bit: _disposable_key(keys, job, g) for g, c in columns if g.end is not None and g.end.kind == "pseudonymize"}
    fresh = [(row[0], row[1], *(rewritten(row[3 + n], g, job, step, secrets.get(g.bit)) for n, (g, _) in enumerate(columns)))
             for row in rows]
    staged_columns = [StagedColumn("key_int", Family.INTEGER), StagedColumn("key_text", Family.TEXT),
                      *(StagedColumn(f"v{n}", Family.TEXT) for n in range(len(columns)))]

    def run(w: Warehouse) -> int:
        if not fresh:
            return 0
        with w.stage(staged_columns, fresh) as staged:
            return w.execute(sql.rewrite_cells(target, [c for _, c in columns], staged), name="disposal.rewrite")

    return run


def key_name(job: Job, domain: str) -> str:
    """The pseudonym key of one plan and domain. It lives only while the plan is carried out."""
    return f"pseudonym/{domain}.{job.plan.digest[:16]}"


def _disposable_key(keys: Keys | None, job: Job, group: Group) -> bytes:
    assert group.end is not None
    if keys is None:
        raise PlanRefused("pseudonymizing needs a place for its key", where="GOVERNANCE_SECRETS", fix="governance doctor --fix")
    name = key_name(job, group.end.domain or "default")
    keys.create(name)
    return keys.read(name)


def destroy_pseudonym_keys(keys: Keys, job: Job) -> int:
    """Once a plan is done its pseudonyms must not be linkable any more: pseudonymizing is disposal only without the key."""
    domains = {g.end.domain or "default" for target in job.context.targets.values() for g in target.groups
               if g.end is not None and g.end.kind == "pseudonymize"}
    return sum(keys.destroy(key_name(job, domain)) for domain in sorted(domains))


def rewritten(value: Any, group: Group, job: Job, step: Step, key: bytes | None = None) -> str | None:
    """The end value of one cell as text; null stays null, and a pseudonym stays the pseudonym it is."""
    assert group.end is not None
    if value is None:
        return None
    if job.by_terms(step):
        assert job.terms is not None
        return without(str(value), job.terms.words, job.terms)
    if group.end.paths:
        return without_paths(str(value), group.end.paths)
    assert key is not None
    text = str(value)
    return text if re.match(PSEUDONYM, text) else f"psn_v1_{keyed_hash(key, group.end.domain or 'default', text)[:32]}"


def without_paths(text: str, paths: Sequence[str]) -> str:
    """A JSON document without what stands at `paths` (``$.contact.phone``, ``$.items[0]``); everything else as it was.

    Text that is no JSON the engines could look into is over as a whole: a JSON string that says so stands in its place.
    """
    try:
        document = json.loads(text, parse_constant=_refuse)
        for path in paths:
            _take_out(document, json_steps(path))
        left = json.dumps(document, ensure_ascii=False)
        left.encode()  # half a surrogate pair is in no text of an engine
    except (ValueError, RecursionError):
        return json.dumps(REDACTED)
    return json.dumps(REDACTED) if _NUL.search(left) else left


def _take_out(place: Any, steps: Sequence[str]) -> None:
    *parents, last = steps
    for step in parents:
        place = _inside(place, step)
    if isinstance(place, dict):
        place.pop(last, None)
    elif isinstance(place, list) and last.isdecimal() and int(last) < len(place):
        place[int(last)] = None  # taking it out would move the others into its place


def _inside(place: Any, step: str) -> Any:
    if isinstance(place, dict):
        return place.get(step)
    return place[int(step)] if isinstance(place, list) and step.isdecimal() and int(step) < len(place) else None


def _refuse(constant: str) -> None:
    raise ValueError("NaN and infinity are no JSON")
