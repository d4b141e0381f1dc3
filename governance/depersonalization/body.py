"""What the card of a version says, as plain values: counts, levels, risks, distributions. No value of a person, no group below k."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from governance.depersonalization.lattice import add_up
from governance.depersonalization.measures import Measures
from governance.depersonalization.plan import Prepared, done_to
from governance.depersonalization.risk import risks
from governance.ledger.releases import ReleaseRecord

_MOST_LABELS = 12


def body_of(ready: Prepared, measures: Measures, as_of: datetime, before: ReleaseRecord | None) -> dict[str, Any]:
    """The card of a version that is about to be shown; `before` is the version it replaces."""
    source, counted, release = ready.source, ready.counted, ready.source.release
    solution = counted.solution
    sizes = counted.classes.filter(counted.classes["_kept"])["_subjects"].to_list()
    found = risks(sizes)
    done = dict(done_to(source, solution.levels))
    made: dict[str, Any] = {
        "title": release.name, "clause": release.clause, "owner": release.owner, "description": release.description,
        "purposes": list(release.purposes), "roles": list(release.roles), "recipients": list(release.recipients),
        "source": str(release.source), "subject": source.path.kind, "target": str(release.target), "as_of": as_of.isoformat(),
        "model": {"k": release.model.k, "l": release.model.l, "sensitive": release.model.sensitive,
                  "max_suppressed": release.model.max_suppressed},
        "aggregate": release.aggregate.subjects if release.aggregate else None,
        "keys": {key.domain: key.version for key in ready.keys.values()},
        "levels": {ladder.name: level for ladder, level in zip(source.ladders, solution.levels, strict=True)},
        "heights": {ladder.name: ladder.height for ladder in source.ladders},
        "columns": [{"name": c.name, "from": str(c.table.ref.column(c.live.name)), "role": c.role, "transform": c.kind,
                     "done": done[c.name], "description": c.declared.description} for c in source.columns],
        "dropped": [{"name": c.name, "from": str(release.table_of(c).column(c.source))} for c in release.columns if not c.leaves],
        "rows": counted.rows, "subjects": counted.subjects, "published_rows": ready.rows,
        "suppressed_rows": solution.suppressed_rows, "suppressed_subjects": solution.suppressed_subjects,
        "left_out": [{"because": s.because, "rows": s.rows, "subjects": s.subjects} for s in counted.left_out],
        "classes": solution.classes, "k_reached": measures.k, "l_reached": measures.l, "loss": round(solution.loss, 4),
        "risks": {"prosecutor": found.prosecutor, "journalist": found.journalist, "marketer": found.marketer},
        "sizes": list(_sizes(sizes)), "marginals": list(_marginals(ready)),
        "unique_share": measures.unique_rows / measures.rows if measures.rows else 0.0,
        "in_several_classes": measures.in_several_classes,
        "max_unique_share": source.loaded.policy.organization.max_unique_share,
        "free_text": any(c.kind == "redact" for c in source.columns), "store": release.store,
    }
    return made | {"changes": _changes(made, before)}


def _sizes(sizes: list[int]) -> Iterator[dict[str, Any]]:
    """How many classes and people fall into each doubling of the class size."""
    low = min(sizes, default=1)
    while sizes and low <= max(sizes):
        inside = [s for s in sizes if low <= s < 2 * low]
        if inside:
            yield {"from": low, "to": 2 * low - 1, "classes": len(inside), "subjects": sum(inside)}
        low *= 2


def _marginals(ready: Prepared) -> Iterator[dict[str, Any]]:
    """Per quasi-identifier: the share of rows of each label among those that might leave and among those that did, in whole percent.

    Labels without a published class are one group: each may be smaller than k.
    """
    import polars as pl

    classes, histogram = ready.counted.classes, ready.counted.histogram
    levels = ready.counted.solution.levels
    for ladder, level in zip(ready.source.ladders, levels, strict=True):
        values, code = histogram.coded[ladder.name]
        rows = add_up(code, histogram.cells["_rows"].to_numpy(), len(values))
        labelled = pl.DataFrame({"label": ladder.labels(values, level), "rows": rows})
        before = dict(labelled.group_by("label").agg(pl.col("rows").sum()).iter_rows())
        after = dict(classes.filter(pl.col("_kept")).group_by(ladder.name).agg(pl.col("_rows").sum()).iter_rows())
        total, left = sum(before.values()), sum(after.values())
        shown = sorted(after, key=lambda label: (-after[label], str(label)))[:_MOST_LABELS]
        groups = [{"label": "unknown" if label is None else label, "before": round(100 * before[label] / total),
                   "after": round(100 * after[label] / left)} for label in sorted(shown, key=str)]
        rest_before, rest_after = total - sum(before[s] for s in shown), left - sum(after[s] for s in shown)
        if rest_before:
            groups.append({"label": "all others", "before": round(100 * rest_before / total), "after": round(100 * rest_after / left)})
        yield {"column": ladder.name, "level": level, "groups": groups}


def _changes(made: Mapping[str, Any], before: ReleaseRecord | None) -> dict[str, Any]:
    """Why the counts are others than those of the version before."""
    if before is None:
        return {"since": None, "lines": []}
    was, lines = before.body, []
    for name, words in (("rows", "rows that may leave"), ("subjects", "people behind them"),
                        ("suppressed_rows", "rows in classes too small"), ("published_rows", "rows published"), ("classes", "classes")):
        if made[name] != was[name]:
            lines.append(f"{words}: {was[name]:,} before, {made[name]:,} now")
    reasons = {s["because"]: s["rows"] for s in was["left_out"]}
    for stays in made["left_out"]:
        if stays["rows"] != reasons.pop(stays["because"], 0):
            lines.append(f"left out because {stays['because']}: {_rows_of(was, stays['because']):,} before, {stays['rows']:,} now")
    lines += [f"left out because {because}: {rows:,} before, none now" for because, rows in reasons.items() if rows]
    lines += [f"{name}: level {was['levels'].get(name, '-')} before, {level} now" for name, level in made["levels"].items()
              if was["levels"].get(name) != level]
    lines += [f"pseudonyms of {domain} come from another key: version {was['keys'][domain]} before, {version} now"
              for domain, version in made["keys"].items() if was["keys"].get(domain, version) != version]
    return {"since": before.version, "lines": lines}


def _rows_of(body: Mapping[str, Any], because: str) -> int:
    return next((int(s["rows"]) for s in body["left_out"] if s["because"] == because), 0)
