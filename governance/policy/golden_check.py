"""Whether golden records and link models hold together, and that what detects fraud never serves marketing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from governance.policy.known import Known
from governance.policy.mistakes import Mistake
from governance.policy.read import Where
from governance.policy.references import repeated

MARKETING, FRAUD, OWN = "marketing", "fraud", "own"
VALUES = "golden.field_value"


def golden_records(known: Known) -> Iterator[Mistake]:
    policy = known.loaded.policy
    yield from repeated(known, ("golden",), "golden record", (g.key for g in policy.golden))
    yield from repeated(known, ("golden",), "golden record of one subject kind", (g.kind for g in policy.golden))
    yield from repeated(known, ("link_models",), "link model", (m.key for m in policy.link_models))
    kinds = {g.kind for g in policy.golden}
    names = [OWN, *(s.key for s in policy.sources)]
    for number, golden in enumerate(policy.golden):
        path: Where = ("golden", number)
        yield from known.among((*path, "kind"), "subject kind", golden.kind, (k.key for k in policy.subject_kinds))
        identity = next((k.identity.table for k in policy.subject_kinds if k.key == golden.kind), None)
        if identity is not None:
            columns = [*golden.compared.values(), *(f.own for f in golden.fields if f.own)]
            columns += [golden.own_observed] if golden.own_observed else []
            yield from known.of_table((*path, "compared"), identity, dict.fromkeys(columns))
        yield from repeated(known, (*path, "fields"), "field", (f.name for f in golden.fields))
        for place, field in enumerate(golden.fields):
            at: Where = (*path, "fields", place)
            for nth, purpose in enumerate(field.purposes):
                yield from known.among((*at, "purposes", nth), "purpose", purpose, (p.key for p in policy.purposes))
            for nth, source in enumerate(field.sources):
                yield from known.among((*at, "sources", nth), "source", source, names)
            yield from _ends_with_consent(known, at, field.purposes)
    for number, one in enumerate(policy.sources):
        if one.subject_kind not in kinds:
            yield known.mistake(("sources", number, "subject_kind"), f"no golden record is declared for {one.subject_kind}",
                                "declare one under `golden:`")
        if one.link.model is not None:
            yield from known.among(("sources", number, "link", "model"), "link model", one.link.model, (m.key for m in policy.link_models))
    yield from fraud_never_markets(known)


def _ends_with_consent(known: Known, path: Where, purposes: Iterable[str]) -> Iterator[Mistake]:
    """A value that lives by consent has to end with it: the column that keeps such values knows each of their purposes."""
    policy = known.loaded.policy
    regimes = policy.organization.regimes
    by_consent = {p.key for p in policy.purposes if any(p.legal_basis.get(r) == "consent" for r in regimes)}
    kept = next((f.governance.purposes for d in policy.dataset for c in d.collections if str(d.ref(c)) == VALUES
                 for f in c.fields if f.name == "consented"), None)
    if kept is None or isinstance(kept, str):
        return
    for purpose in sorted((set(purposes) & by_consent) - set(kept)):
        yield known.mistake((*path, "purposes"), f"values for `{purpose}` would not end when consent is withdrawn",
                            f"add it to the purposes of {VALUES}.consented")


def fraud_never_markets(known: Known) -> Iterator[Mistake]:
    """No column in the schema ``fraud``, no copy of one and no release of one may serve marketing."""
    policy = known.loaded.policy
    for i, dataset in enumerate(policy.dataset):
        for j, collection in enumerate(dataset.collections):
            for k, field in enumerate(collection.fields):
                source = field.governance.derived_from
                of_fraud = dataset.governance.schema_ == FRAUD or (source is not None and source.table.schema == FRAUD)
                purposes = () if isinstance(field.governance.purposes, str) else field.governance.purposes
                if of_fraud and _markets(purposes):
                    yield known.mistake(("dataset", i, "collections", j, "fields", k), f"fraud data may not serve `{_markets(purposes)}`",
                                        "take the purpose out; what detects fraud is never used for marketing")
    for number, release in enumerate(policy.releases):
        tables = {release.source, *(release.table_of(c) for c in release.columns)}
        if _markets(release.purposes) and any(t.schema == FRAUD for t in tables):
            yield known.mistake(("releases", number, "purposes"), f"a release of fraud data may not serve `{_markets(release.purposes)}`",
                                "take the columns or the purpose out")


def _markets(purposes: Iterable[str]) -> str:
    """The first purpose that is marketing, empty when there is none."""
    return next((p for p in purposes if p == MARKETING or p.startswith(f"{MARKETING}.")), "")
