"""Who is on the do-not-return list: records by the keyed hashes of their identifiers, asked from the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from governance.keys import SUPPRESSION, Keys, keyed_hash
from governance.ledger import Ledger
from governance.policy.model import SubjectKind
from governance.policy.sources import Source

_NAMES = ("given_name", "family_name", "full_name")


def identifiers(source: Source, keys: Mapping[str, str]) -> dict[str, str]:
    """Identifier forms and values of a record, folded as requests fold them: e-mail, phone, whole name, document numbers."""
    found: dict[str, str] = {}
    names: list[str] = []
    for field in source.fields:
        value = keys.get(field.field)
        if not value:
            continue
        if field.form in _NAMES:
            names += value.split(" ")
        elif field.form in ("email", "phone"):
            found.setdefault(field.form, value)
    if names:
        found["name"] = " ".join(sorted(names))
    return found


def suppressed(ledger: Ledger, keys: Keys, source: Source, kind: SubjectKind, records: Sequence[tuple[str, str]]) -> set[str]:
    """Which of `records` (id, JSON of folded values) are about somebody who was erased, whatever kind they were to us.

    A record is about them when all identifiers of one of the sets that are enough to say who somebody is (`resolve_by`) are on
    the list: an e-mail alone, a name only together with its phone. Something shared alone suppresses nobody.
    """
    listed = {(form, version) for _, form, version, _ in ledger.suppression_keys()}
    if not listed:
        return set()
    secrets = {version: keys.read(f"{SUPPRESSION}/{version}") for _, version in listed}
    told = {record: identifiers(source, json.loads(folded or "{}")) for record, folded in records}
    hits: dict[str, set[str]] = {}
    for form, version in listed:
        hashes: dict[str, list[str]] = {}
        for record, found in told.items():
            if form in found:
                hashes.setdefault(keyed_hash(secrets[version], form, found[form]), []).append(record)
        for hashed in ledger.suppressed(None, form, version, hashes):
            for record in hashes[hashed]:
                hits.setdefault(record, set()).add(form)
    enough = [set(forms) for forms in kind.resolve_by]
    return {record for record, forms in hits.items() if any(e <= forms for e in enough)}
