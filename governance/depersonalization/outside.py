"""Who stays out of a release: whoever was erased, has asked to be, or has no living consent to its purposes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Select

from governance.depersonalization import sql
from governance.depersonalization.source import Source
from governance.depersonalization.tools import Tools
from governance.domain.errors import PlanRefused
from governance.domain.fold import fold
from governance.domain.schema import Family, Schema
from governance.keys import SUPPRESSION, keyed_hash
from governance.policy.load import LoadedPolicy
from governance.policy.model import Purpose, SubjectKind
from governance.warehouse import StagedColumn

LISTED = "on the do-not-return list"
ASKED = "asked for {kind}, and the request is open"
_COLUMNS = (StagedColumn("subject_key", Family.TEXT), StagedColumn("because", Family.TEXT))
_AT_ONCE = 50_000

Asked = Mapping[str, Iterable[str]]  # why -> subject keys


@contextmanager
def outside(tools: Tools, source: Source, as_of: datetime, asked: Asked) -> Iterator[sql.Outside]:
    """Everybody who stays out, staged; `asked` are the people behind open requests."""
    people: dict[str, str] = {}
    for because, keys in asked.items():
        people |= {key: because for key in keys if key not in people}
    for key in listed(tools, source.loaded, source.schema, kind_of(source)):
        people.setdefault(key, LISTED)
    with tools.warehouse.stage(_COLUMNS, sorted(people.items())) as staged:
        yield sql.Outside(staged, tuple(_consents(source, as_of)))


def kind_of(source: Source) -> SubjectKind:
    kind = source.loaded.subject_kind(source.path.kind)
    if kind is None:
        raise PlanRefused(f"there is no subject kind {source.path.kind}", where=f"release {source.release.key}",
                          fix="governance policy check")
    return kind


def listed(tools: Tools, loaded: LoadedPolicy, schema: Schema, kind: SubjectKind) -> set[str]:
    """Keys of subjects whose unique identifiers are on the do-not-return list: whoever was erased and came back."""
    forms = [i.form for i in kind.identifiers if i.unique]
    versions: dict[str, list[str]] = {}
    for of_kind, form, version, _ in tools.ledger.suppression_keys():
        # A customer number may be given to somebody else; the other identifiers are a person's own.
        if of_kind == kind.key and form in forms and form != "customer_number":
            versions.setdefault(form, []).append(version)
    if not versions:
        return set()
    secrets = {v: tools.keys.read(f"{SUPPRESSION}/{v}") for vs in versions.values() for v in vs}
    found: set[str] = set()
    batch: list[tuple[str, ...]] = []

    def judge() -> None:
        for place, form in enumerate(forms, start=1):
            for version in versions.get(form, ()):
                by_hash: dict[str, set[str]] = {}
                for row in batch:
                    folded = fold(form, row[place]) if row[place] else ""
                    if row[0] is not None and folded:
                        by_hash.setdefault(keyed_hash(secrets[version], form, folded), set()).add(row[0])
                for hit in tools.ledger.suppressed(kind.key, form, version, by_hash):
                    found.update(by_hash[hit])
        batch.clear()

    for row in tools.warehouse.rows(sql.identities(schema, kind), name="release.identities"):
        batch.append(tuple(row))
        if len(batch) >= _AT_ONCE:
            judge()
    judge()
    return found


def _consents(source: Source, as_of: datetime) -> Iterator[tuple[str, Select[Any]]]:
    """For every purpose that rests on consent: the words for those without one, and the keys of those with one."""
    policy = source.loaded.policy
    for key in source.release.purposes:
        purpose = source.loaded.purpose(key)
        if purpose is None or not rests_on_consent(source.loaded, purpose):
            continue
        ledgers = [g for g in policy.consents if g.subject.kind == source.path.kind and purpose.preference in g.preferences]
        if len(ledgers) != 1 or purpose.preference is None:
            raise PlanRefused(f"{len(ledgers)} consent ledgers say whether {source.path.kind} subjects consent to {key}",
                              where=f"release {source.release.key}", fix="declare exactly one with this preference under `consents:`")
        yield (f"no living consent to {purpose.name}",
               sql.living_consents(source.schema, ledgers[0], purpose.preference, as_of, policy.organization))


def rests_on_consent(loaded: LoadedPolicy, purpose: Purpose) -> bool:
    """In any regime that applies to the company."""
    return any(purpose.legal_basis.get(regime) == "consent" for regime in loaded.policy.organization.regimes)
