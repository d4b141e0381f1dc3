"""The record of processing activities, written from the policy: purpose by purpose, as plain values and as Markdown.

The name of the document is the law's (GDPR article 30; example, ask counsel).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from governance.domain.canonical import dumps
from governance.domain.names import ColumnRef
from governance.domain.taxonomy import CATEGORIES
from governance.domain.taxonomy import words as category_words
from governance.policy.load import GovernedTable, LoadedPolicy
from governance.policy.model import DatasetField, Purpose
from governance.policy.words import deadline_words, end_words, joined, schedule_words, trigger_words

Plain = dict[str, Any]


def record(loaded: LoadedPolicy) -> Plain:
    """The record as JSON types; lists are ordered, so the same policy gives the same record."""
    policy = loaded.policy
    uses = [(table, field, purposes_of(loaded, table.ref.column(field.name))) for table in loaded.tables()
            for _, field in table.fields() if field.is_personal]
    return {
        "organization": policy.organization.name, "contact": policy.organization.contact,
        "policy_version": policy.organization.policy_version, "policy_digest": loaded.digest,
        "regimes": [{"key": r.key, "name": r.name, "citation": r.citation,
                     "deadlines": {d.request: deadline_words(d) for d in r.deadlines}} for r in policy.regimes],
        "purposes": [_purpose(loaded, p, [(t, f) for t, f, keys in uses if p.key in keys]) for p in policy.purposes],
        "without_purpose": sorted(str(t.ref.column(f.name)) for t, f, keys in uses if not keys),
        "security": _security(loaded),
        "not_covered": [{"what": u.what, "horizon": u.horizon.words, "because": u.because}
                        for u in policy.organization.not_covered],
    }


def purposes_of(loaded: LoadedPolicy, column: ColumnRef) -> tuple[str, ...]:
    """The purposes of a column and, for a copy, those of the column it was copied from. Ordered by key."""
    found: set[str] = set()
    seen: set[ColumnRef] = set()
    source: ColumnRef | None = column
    while source is not None and source not in seen:
        seen.add(source)
        field = loaded.field(source)
        if field is None:
            break
        if not isinstance(field.governance.purposes, str):
            found |= set(field.governance.purposes)
        source = field.governance.derived_from
    return tuple(sorted(found))


def _purpose(loaded: LoadedPolicy, purpose: Purpose, uses: list[tuple[GovernedTable, DatasetField]]) -> Plain:
    categories = sorted({c for _, f in uses for c in f.data_categories if c.split(".")[0] == "user"})
    special = {f.governance.special_category for _, f in uses if f.governance.special_category}
    special |= {c for c in categories if c in CATEGORIES and CATEGORIES[c].special}
    return {
        "key": purpose.key, "name": purpose.name, "clause": purpose.clause, "description": purpose.description,
        "legal_basis": dict(sorted(purpose.legal_basis.items())), "citation": purpose.citation,
        "preference": purpose.preference, "survives_request": purpose.survives_request,
        "data_categories": [{"key": c, "words": category_words(c)} for c in categories],
        "special_categories": sorted(special),
        "subject_kinds": _kinds(loaded, uses),
        "datasets": _datasets(uses),
        "recipients": [{"key": r.key, "name": r.name, "country": r.country, "basis": r.basis, "notify": r.notify}
                       for r in loaded.policy.recipients if purpose.key in r.purposes],
        "retention": _retention(loaded, purpose, uses),
        "ends_as": sorted({end_words(f.governance.end_state, t.collection.governance.deletable) for t, f in uses}),
    }


def _kinds(loaded: LoadedPolicy, uses: Iterable[tuple[GovernedTable, DatasetField]]) -> list[str]:
    keys = {path.kind for t, f in uses if (path := t.collection.governance.subjects.get(f.governance.subject or ""))}
    return [kind.name for kind in loaded.policy.subject_kinds if kind.key in keys]


def _datasets(uses: Iterable[tuple[GovernedTable, DatasetField]]) -> list[Plain]:
    found: dict[str, Plain] = {}
    for table, field in uses:
        declared = table.dataset.governance
        entry = found.setdefault(table.dataset.fides_key, {
            "key": table.dataset.fides_key, "name": table.dataset.name, "owner": declared.owner, "mode": declared.mode.is_,
            "collection_points": list(declared.collection_points), "columns": []})
        entry["columns"].append(str(table.ref.column(field.name)))
    return [{**entry, "columns": sorted(entry["columns"])} for _, entry in sorted(found.items())]


def _retention(loaded: LoadedPolicy, purpose: Purpose, uses: Iterable[tuple[GovernedTable, DatasetField]]) -> list[Plain]:
    """How long, per record class; what each trigger means per table; copies live as long as what they copy."""
    found: dict[str, Plain] = {}
    for table, field in uses:
        record_class = loaded.record_class(table.record_class(field) or "")
        schedule = next((s for s in record_class.schedules if s.purpose == purpose.key), None) if record_class else None
        if record_class is None or schedule is None or purpose.key not in field.governance.purposes:
            continue
        entry = found.setdefault(record_class.key, {"record_class": record_class.name, "keep": schedule_words(schedule),
                                                    "citation": schedule.citation, "triggers": {}})
        trigger = table.collection.governance.triggers.get(schedule.trigger or "")
        if trigger is not None:
            entry["triggers"][str(table.ref)] = trigger_words(trigger)
    return [{**entry, "triggers": dict(sorted(entry["triggers"].items()))} for _, entry in sorted(found.items())]


def _security(loaded: LoadedPolicy) -> list[str]:
    """What the policy itself says about who may change data, where files are, and who vouches for the rest."""
    policy = loaded.policy
    who = [f"{kind}: {joined(users, 'or')}" for kind, users in sorted(policy.approvals.approvers.items())]
    people = "one person agrees" if policy.approvals.people == 1 else f"{policy.approvals.people} people agree"
    notes = [f"before a plan above {policy.approvals.approve_above:.3g} of a table changes data, {people} ({'; '.join(who)})"]
    notes += [f"files of store {s.key} ({s.clause})" for s in policy.stores]
    notes += [f"{joined(c.by)}: attested by {c.attested_by} on {c.attested_on} until {c.expires_on}" for c in policy.controls
              if c.status == "attested" and c.attested_by]
    return list(dict.fromkeys(notes))


# ---- Markdown ------------------------------------------------------------------------------------------------------

def render(entry: Plain) -> str:
    """The record as Markdown, ends with a line break."""
    lines = [f"# Record of processing activities: {entry['organization']}", "",
             f"Contact {entry['contact']}. Policy version {entry['policy_version']}, digest `{entry['policy_digest']}`.",
             "Generated from the declared policy. Legal citations are examples, ask counsel.", "", "## Laws", ""]
    lines += [f"* {r['name']} ({r['citation']}): " + "; ".join(f"{request} within {within}" for request, within
                                                              in r["deadlines"].items()) for r in entry["regimes"]]
    for purpose in entry["purposes"]:
        lines += ["", f"## {purpose['name']}", "", *_about(purpose), "", *_where(purpose)]
    if entry["without_purpose"]:
        lines += ["", "## Personal columns nobody has judged", "", *(f"* `{c}`" for c in entry["without_purpose"])]
    lines += ["", "## Security", "", *(f"* {note}" for note in entry["security"])]
    if entry["not_covered"]:
        lines += ["", "## What disposal does not reach", "",
                  *(f"* {u['what']}: kept {u['horizon']}, {u['because']}" for u in entry["not_covered"])]
    return "\n".join(lines) + "\n"


def _about(purpose: Plain) -> list[str]:
    basis = joined(f"{b.replace('_', ' ')} ({regime})" for regime, b in purpose["legal_basis"].items())
    law = f", {purpose['citation']}" if purpose["citation"] else ""
    choice = f"; people choose by the preference {purpose['preference']}" if purpose["preference"] else ""
    stays = "; outlives an erasure request" if purpose["survives_request"] else ""
    special = [category_words(c) for c in purpose["special_categories"]]
    rows = [("Key", f"`{purpose['key']}`"), ("Promised in", purpose["clause"]), ("Description", purpose["description"]),
            ("Legal basis", basis + law + choice + stays), ("Data", joined(c["words"] for c in purpose["data_categories"])),
            ("Special categories", joined(special) if special else ""), ("About", joined(purpose["subject_kinds"])),
            ("Recipients", "; ".join(f"{r['name']} ({r['country']}, {r['basis']}; told: {r['notify']})"
                                     for r in purpose["recipients"]) or "nobody outside"),
            ("Kept", "; ".join(_kept(r) for r in purpose["retention"]) or "no longer than what it was copied from"
             if purpose["datasets"] else "no column serves this purpose"),
            ("Then", joined(purpose["ends_as"], "or") if purpose["ends_as"] else "")]
    return ["| | |", "|---|---|", *(f"| {name} | {_cell(value)} |" for name, value in rows if value)]


def _kept(retention: Plain) -> str:
    means = "; ".join(f"{table}: {words}" for table, words in retention["triggers"].items())
    law = f", {retention['citation']}" if retention["citation"] else ""
    return f"{retention['record_class']}: {retention['keep']}{law}" + (f" ({means})" if means else "")


def _where(purpose: Plain) -> list[str]:
    if not purpose["datasets"]:
        return []
    return ["| Dataset | Owner | Mode | Collected at | Columns |", "|---|---|---|---|---|",
            *(f"| {_cell(d['name'])} | {_cell(d['owner'])} | {d['mode']} | {_cell(joined(d['collection_points']))} | "
              f"{_cell(', '.join(f'`{c}`' for c in d['columns']))} |" for d in purpose["datasets"])]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def as_json(entry: Plain) -> str:
    """The record as canonical JSON."""
    return dumps(entry)
