"""Whether sources hold together: purposes, fields, keys, and that fraud data never serves marketing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from governance.domain.names import TableRef
from governance.policy.known import Known
from governance.policy.mistakes import Mistake
from governance.policy.read import Where
from governance.policy.references import repeated
from governance.policy.sources import Source

MARKETING = "marketing"
OURS = (TableRef("golden", "source_record"), TableRef("golden", "quarantine"))


def sources(known: Known) -> Iterator[Mistake]:
    policy = known.loaded.policy
    yield from repeated(known, ("sources",), "source", (s.key for s in policy.sources))
    yield from _declared(known)
    for number, source in enumerate(policy.sources):
        path: Where = ("sources", number)
        yield from known.among((*path, "subject_kind"), "subject kind", source.subject_kind, (k.key for k in policy.subject_kinds))
        if source.subject_kind != policy.sources[0].subject_kind:
            yield known.mistake((*path, "subject_kind"), "sources of one installation are about one subject kind, so that a record's "
                                "`subject_key` means one thing", f"write {policy.sources[0].subject_kind}, or install this source apart")
        yield from _purposes(known, path, source)
        yield from _fields(known, path, source)
        yield from _marketing(known, path, source)
        if PurePosixPath(source.folder).is_absolute() or ".." in PurePosixPath(source.folder).parts:
            yield known.mistake((*path, "folder"), "leads out of the folder of feeds", "write a folder below GOVERNANCE_FEEDS, or s3://")


def _declared(known: Known) -> Iterator[Mistake]:
    """What feeds bring is disposed of and erased like any other data, so its tables have to be declared like any other."""
    if known.loaded.policy.sources:
        for ref in OURS:
            if known.loaded.governed(ref) is None:
                yield known.mistake(("sources",), f"records of sources stand in {ref}, which is in no dataset: nothing would ever end them",
                                    "declare it, with a subject path over `subject_key` and a trigger on `keep_until`")


def _purposes(known: Known, path: Where, source: Source) -> Iterator[Mistake]:
    policy = known.loaded.policy
    for regime in source.legal_basis:
        yield from known.among((*path, "legal_basis", regime), "regime", regime, (r.key for r in policy.regimes))
    for place, key in enumerate(source.purposes):
        yield from known.among((*path, "purposes", place), "purpose", key, (p.key for p in policy.purposes))
    for place, field in enumerate(source.fields):
        for key in sorted(set(field.purposes) - set(source.purposes)):
            yield known.mistake((*path, "fields", place, "purposes"), f"the source itself may not be used for `{key}`",
                                f"one of {', '.join(source.purposes)}, or add it to the source")


def _fields(known: Known, path: Where, source: Source) -> Iterator[Mistake]:
    yield from repeated(known, (*path, "fields"), "canonical field", (f.field for f in source.fields))
    yield from repeated(known, (*path, "fields"), "name in the file", (f.name.casefold() for f in source.fields))
    names = [f.field for f in source.fields]
    for place, key in enumerate(source.record_key):
        yield from known.among((*path, "record_key", place), "field", key, names)
    if source.observed_at is not None:
        yield from known.among((*path, "observed_at"), "field", source.observed_at, names)
        one = source.field(source.observed_at)
        if one is not None and one.form not in ("moment", "date"):
            yield known.mistake((*path, "observed_at"), f"field {one.field} is no moment", "give it the form moment or date")
    if source.signals is not None:
        for name in (source.signals.kind_field, source.signals.score_field, source.signals.expires_field):
            if name is not None:
                yield from known.among((*path, "signals"), "field", name, names)


def _marketing(known: Known, path: Where, source: Source) -> Iterator[Mistake]:
    """Signals serve the prevention of fraud; a feed of them that marketing may use would carry them there."""
    for place, key in enumerate(source.purposes):
        if source.signals is not None and (key == MARKETING or key.startswith(f"{MARKETING}.")):
            yield known.mistake((*path, "purposes", place), f"fraud signals may not serve `{key}`",
                                "take the purpose out; a source with both is two sources")
