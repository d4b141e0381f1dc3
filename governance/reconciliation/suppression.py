"""Who must not return: records of a feed against the do-not-return list, by keyed hash.

A record is about somebody erased when one of their unique identifiers is listed, or all identifiers of a set that the policy
calls enough to say who somebody is. A name or a shared phone number alone judges nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from governance.keys import SUPPRESSION, keyed_hash
from governance.policy.model import SubjectKind
from governance.policy.sources import Source
from governance.reconciliation.judge import RECORD
from governance.reconciliation.normalize import email_keys, name_keys, phone_keys
from governance.reconciliation.tools import Tools

_PARTS = ("given_name", "family_name")


def subject_kind(tools: Tools, source: Source) -> SubjectKind:
    return next(k for k in tools.loaded.policy.subject_kinds if k.key == source.subject_kind)


def forms_of(source: Source) -> Mapping[str, tuple[str, ...]]:
    """Identifier form -> canonical fields that hold it, as they are compared with the identifiers of people."""
    found: dict[str, tuple[str, ...]] = {}
    for form in ("email", "phone"):
        fields = tuple(f.field for f in source.fields if f.form == form)
        found |= {form: fields} if fields else {}
    parts = tuple(f.field for wanted in _PARTS for f in source.fields if f.form == wanted)
    whole = tuple(f.field for f in source.fields if f.form == "full_name")
    found |= {"name": whole or parts} if whole or parts else {}
    for one in source.fields:
        if one.form in ("code", "text") and one.field in ("customer_number", "document", "cookie", "device"):
            found[one.field] = (one.field,)
    return found


def identifiers(frame: pl.DataFrame, source: Source) -> Iterator[tuple[str, pl.Series]]:
    """(form, folded values row by row) of a frame of texts by canonical field; null where none is given."""
    for form, fields in forms_of(source).items():
        match form:
            case "name":
                whole = frame.select(pl.concat_str([pl.col(f) for f in fields], separator=" ", ignore_nulls=True).alias("name"))["name"]
                yield form, name_keys(whole)
            case "email":
                yield from ((form, email_keys(frame[f])) for f in fields)
            case "phone":
                yield from ((form, phone_keys(frame[f])) for f in fields)
            case _:
                yield from ((form, frame[f].str.strip_chars()) for f in fields)


def erased(tools: Tools, source: Source, frame: pl.DataFrame) -> list[str]:
    """Records (by `_record`) of a frame of texts that are about somebody on the list."""
    kind = subject_kind(tools, source)
    listed: dict[str, list[str]] = {}
    for of, form, version, _ in tools.ledger.suppression_keys():
        if of == kind.key:
            listed.setdefault(form, []).append(version)
    if not listed:
        return []
    hits: dict[str, pl.Series] = {}
    for form, values in identifiers(frame, source):
        if form in listed:
            hit = _listed(tools, kind.key, form, listed[form], values)
            hits[form] = hits[form] | hit if form in hits else hit
    nobody = pl.Series([False] * frame.height, dtype=pl.Boolean)
    found = nobody
    for forms in _enough(kind):
        together = nobody if not set(forms) <= hits.keys() else pl.Series([True] * frame.height, dtype=pl.Boolean)
        for form in forms:
            together = together & hits.get(form, nobody)
        found = found | together
    return frame[RECORD].filter(found).to_list()


def _enough(kind: SubjectKind) -> list[tuple[str, ...]]:
    """Sets of forms that say, together, who somebody is."""
    return [*((i.form,) for i in kind.identifiers if i.unique), *kind.resolve_by]


def _listed(tools: Tools, kind: str, form: str, versions: Sequence[str], values: pl.Series) -> pl.Series:
    """Row by row whether the value's hash is on the list under any version of the key."""
    unique = [v for v in values.drop_nulls().unique().to_list() if v]
    found: set[str] = set()
    for version in versions:
        key = tools.keys.read(f"{SUPPRESSION}/{version}")
        hashes = {keyed_hash(key, form, v): v for v in unique}
        found |= {hashes[h] for h in tools.ledger.suppressed(kind, form, version, hashes)}
    return values.is_in(list(found)).fill_null(False)
