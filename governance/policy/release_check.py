"""Judge the declared releases: do the columns exist, may they be used for this, and is each fit to leave."""

from __future__ import annotations

from collections.abc import Iterator

from governance.policy.known import Known
from governance.policy.load import LoadedPolicy
from governance.policy.mistakes import Mistake
from governance.policy.model import Collection, DatasetField
from governance.policy.read import Where
from governance.policy.references import repeated
from governance.policy.releases import Release, ReleaseColumn

IDENTIFIER, QUASI, SENSITIVE, OTHER = "identifier", "quasi_identifier", "sensitive", "other"
_MAY_LEAVE_OF_IDENTIFIERS = ("pseudonymize", "drop", "redact")
_NO_AGGREGATE = ("pseudonymize", "shift", "redact")


def role_of(loaded: LoadedPolicy, release: Release, column: ReleaseColumn) -> str:
    """The column's part in telling people apart in this release: identifier, quasi_identifier, sensitive or other.

    Whatever is generalized is a quasi-identifier; a personal column of no declared role is treated as one.
    """
    field = declared_field(loaded, release, column)
    if column.transform.kind == "pseudonymize" or (field is not None and field.is_personal and field.governance.role == IDENTIFIER):
        return IDENTIFIER
    if column.role is not None and not column.transform.climbs:
        return column.role
    if column.transform.climbs:
        return QUASI
    if field is None or not field.is_personal:
        return OTHER
    return field.governance.role or QUASI


def declared_field(loaded: LoadedPolicy, release: Release, column: ReleaseColumn) -> DatasetField | None:
    return loaded.field(release.table_of(column).column(column.source))


def releases(known: Known) -> Iterator[Mistake]:
    """Everything wrong with releases, release by release and column by column."""
    policy = known.loaded.policy
    yield from repeated(known, ("releases",), "release", (r.key for r in policy.releases))
    yield from repeated(known, ("releases",), "target", (str(r.target) for r in policy.releases))
    for number, release in enumerate(policy.releases):
        path: Where = ("releases", number)
        yield from _names(known, path, release)
        yield from _columns(known, path, release)


def _names(known: Known, path: Where, release: Release) -> Iterator[Mistake]:
    policy = known.loaded.policy
    roles = {role for p in policy.people for role in p.roles}
    if release.owner not in roles:
        yield from known.among((*path, "owner"), "person or role", release.owner, {p.user for p in policy.people} | roles)
    for place, key in enumerate(release.purposes):
        yield from known.among((*path, "purposes", place), "purpose", key, (p.key for p in policy.purposes))
    for place, key in enumerate(release.recipients):
        recipient = known.loaded.recipient(key)
        if recipient is None:
            yield from known.among((*path, "recipients", place), "recipient", key, (r.key for r in policy.recipients))
        elif missing := [p for p in release.purposes if p not in recipient.purposes]:
            yield known.mistake((*path, "recipients", place), f"recipient `{key}` gets no data for {', '.join(missing)}",
                                "name the purpose with the recipient, or leave the recipient out")
    if release.store is not None:
        yield from known.among((*path, "store"), "store", release.store, (s.key for s in policy.stores))
    if known.loaded.governed(release.target) is not None:
        yield known.mistake((*path, "target"), f"{release.target} is a table of a dataset, and publishing would replace it",
                            "name a schema of its own, for example releases")
    yield from known.of_table((*path, "source"), release.source, ())
    found = known.loaded.governed(release.source)
    if found is not None:
        yield from known.among((*path, "subject"), f"subject of {release.source}", release.subject, found.collection.governance.subjects)


def _columns(known: Known, path: Where, release: Release) -> Iterator[Mistake]:
    names = [name for c in release.leaving for name in (c.name, f"{c.name}_low", f"{c.name}_high")[: 3 if c.transform.climbs else 1]]
    if release.aggregate is not None:
        names.append(release.aggregate.subjects)
    yield from repeated(known, (*path, "columns"), "column", names)
    for number, column in enumerate(release.columns):
        yield from _column(known, (*path, "columns", number), release, column)
    sensitive = next((c for c in release.leaving if c.name == release.model.sensitive), None)
    if release.model.sensitive is not None:
        if sensitive is None:
            yield from known.among((*path, "model", "sensitive"), "column of the release", release.model.sensitive,
                                   (c.name for c in release.leaving))
        elif role_of(known.loaded, release, sensitive) in (IDENTIFIER, QUASI):
            yield known.mistake((*path, "model", "sensitive"), f"`{sensitive.name}` tells people apart and cannot be what is protected",
                                "name a column that is neither pseudonymized nor generalized")
    if not any(role_of(known.loaded, release, c) == QUASI for c in release.leaving):
        yield known.mistake((*path, "columns"), "no column is a quasi-identifier, so k would promise nothing",
                            "give at least one column `role: quasi_identifier` or a generalization")


def _column(known: Known, path: Where, release: Release, column: ReleaseColumn) -> Iterator[Mistake]:
    start = release.source
    for place, step in enumerate(column.through):
        yield from known.of_table((*path, "through", place, "table"), step.table, step.where)
        yield from known.of_table((*path, "through", place, "where"), start, step.where.values())
        start = step.table
    if known.columns(start) is None:
        return
    reads = [column.source, *([column.transform.longitude] if column.transform.longitude else [])]
    yield from known.of_table((*path, "from") if column.from_ else (*path, "name"), start, reads)
    if not column.leaves:
        return
    for name in reads:
        yield from _purpose(known, path, release, start, name)
    yield from _fit(known, path, release, column)


def _purpose(known: Known, path: Where, release: Release, start: object, name: str) -> Iterator[Mistake]:
    """A column may be used only for what it was collected for."""
    found = next((t for t in known.loaded.tables() if t.ref == start), None)
    if found is None or name not in (known.columns(found.ref) or ()):
        return
    field = found.collection.field(name)
    if field is None:
        if name not in found.collection.governance.not_personal:
            yield known.mistake(path, f"nobody has said whether {found.ref.column(name)} is personal and what it is for",
                                "declare it under `fields:` with purposes, or under `not_personal:`")
        return
    if not field.is_personal:
        return
    tags = field.governance.purposes
    missing = release.purposes if isinstance(tags, str) else [p for p in release.purposes if p not in tags]
    if missing:
        yield known.mistake(path, f"{found.ref.column(name)} carries no purpose tag {', '.join(missing)}",
                            "leave the column out, or have the purpose declared for it with its legal basis and retention")


def _fit(known: Known, path: Where, release: Release, column: ReleaseColumn) -> Iterator[Mistake]:
    role, kind = role_of(known.loaded, release, column), column.transform.kind
    if role == IDENTIFIER and kind not in _MAY_LEAVE_OF_IDENTIFIERS:
        yield known.mistake((*path, "transform"), f"`{column.name}` identifies people and would leave by {kind}",
                            "pseudonymize it, redact it or drop it")
    if role == QUASI and kind in ("shift", "redact"):
        yield known.mistake((*path, "transform"), f"`{column.name}` tells people apart in groups, and {kind} makes no groups",
                            "generalize it, keep it, round it or drop it")
    if kind == "keep" and _is_subject_key(known, release, column):
        yield known.mistake((*path, "transform"), f"`{column.name}` is the key of a person and would leave as it is",
                            "pseudonymize it or drop it")
    if release.aggregate is not None and (kind in _NO_AGGREGATE or role != QUASI):
        yield known.mistake(path, f"`{column.name}` cannot stand in a release of counts",
                            "a release with `aggregate:` holds quasi-identifiers only; leave the column out")
    if column.transform.file is not None and not (known.loaded.folder / column.transform.file).is_file():
        yield known.mistake((*path, "transform", "file"), f"there is no file {column.transform.file}",
                            "put the hierarchy there, one line per value, or correct the name")


def _is_subject_key(known: Known, release: Release, column: ReleaseColumn) -> bool:
    ref = release.table_of(column)
    governed = known.loaded.governed(ref)
    kinds = {(k.identity.table, k.identity.key) for k in known.loaded.policy.subject_kinds}
    return (ref, column.source) in kinds or (governed is not None and column.source in subject_keys(governed.collection))


def subject_keys(collection: Collection) -> set[str]:
    """Columns of a table that hold a subject key themselves."""
    return {path.key for path in collection.governance.subjects.values() if not path.through}
