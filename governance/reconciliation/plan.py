"""Plan to reconcile one source: which files, how many of their records would be accepted, and what follows. Nothing is stored
but what the ledger has to remember of files: their digests, counts and why one was refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from governance.domain.errors import FeedRefused, FeedUnsettled
from governance.domain.findings import Finding, Status
from governance.domain.plan import Action, Kept, Kind, Plan, Step
from governance.keys import SUPPRESSION, keyed_hash
from governance.ledger.feeds import TAKEN
from governance.policy.sources import Source
from governance.reconciliation.conflicts import decided
from governance.reconciliation.files import digest_of, listed, spooled, store_of
from governance.reconciliation.judge import Counts, Examined, examine
from governance.reconciliation.replay import passing
from governance.reconciliation.steps import steps_after
from governance.reconciliation.suppression import erased
from governance.reconciliation.tables import QUARANTINE, SOURCE_RECORD
from governance.reconciliation.tools import Tools
from governance.stores import FileStore, StoredFile

CHUNK = 0  # everything of a source happens in order


@dataclass(frozen=True, slots=True)
class Judged:
    """A file of the source and what would become of its records; `refused` says why none of them is taken."""

    file: StoredFile
    digest: str
    size: int
    examined: Examined | None
    content: str = ""
    state: str = "planned"
    detail: str = ""


def make_plan(tools: Tools, source: Source, as_of: datetime) -> Plan:
    """Judge every new file of `source` and plan to take it in, to replay what waits in quarantine, to link and to write.

    A file that cannot be taken is a violation among the plan's findings; the other files are planned all the same.
    """
    store = store_of(tools.stores, source)
    ready, later = listed(store, source)
    now = as_of.replace(tzinfo=None)
    found: list[Judged] = []
    waits, before = len(later), 0
    for file in sorted(ready, key=lambda f: (f.changed_at, f.ref)):
        try:
            judged = _file(tools, store, source, file, now, found)
        except FeedUnsettled:
            waits += 1
            continue
        if judged is None:
            before += 1
            continue
        found.append(judged)
        _remember(tools, source, judged)
    steps = list(_steps(tools, source, [f for f in found if f.state == "planned"], now))
    return Plan(kind=Kind.RECONCILE, name=source.key, as_of=as_of, policy_digest=tools.loaded.digest,
                policy_version=tools.loaded.policy.organization.policy_version, schema_digest=tools.warehouse.schema().digest,
                steps=tuple(steps), kept=tuple(_kept(found, waits, before)), findings=tuple(_findings(source, found)))


def _file(tools: Tools, store: FileStore, source: Source, file: StoredFile, now: datetime, others: list[Judged]) -> Judged | None:
    """The file judged; None when its bytes were taken before, under whatever name."""
    try:
        with spooled(store, file, source) as content:
            known = tools.ledger.feed(source.key, content.digest)
            if (known is not None and known.state in TAKEN) or any(o.digest == content.digest for o in others):
                return None
            try:
                examined = examine(content, source, tools.suite(source), now, lambda judged: erased(tools, source, judged))
            except FeedRefused as error:
                return Judged(file, content.digest, content.size, None, state="refused", detail=error.problem)
    except FeedRefused as error:
        digest = digest_of(store, file)
        return Judged(file, digest, file.size, None, state="refused", detail=error.problem)
    seal = _sealed(tools, source, examined.content)
    twin = next((o for o in others if o.content == seal), None)
    taken = next((f for f in tools.ledger.feeds(source.key) if f.content == seal and f.state in ("loading", "loaded")), None)
    if examined.counts.records and (twin or taken):
        digest = twin.digest if twin else taken.digest if taken else ""
        return Judged(file, content.digest, content.size, examined, seal, "duplicate", f"the records of {digest[:12]} in another order")
    return Judged(file, content.digest, content.size, examined, seal)




def _sealed(tools: Tools, source: Source, content: str) -> str:
    """A keyed hash of what a file says, so that the ledger cannot be asked whether a certain record was in it."""
    version = (tools.keys.versions(SUPPRESSION) or ["v1"])[0]
    return f"{version}:{keyed_hash(tools.keys.read(f'{SUPPRESSION}/{version}'), f'feed {source.key}', content)}"


def _remember(tools: Tools, source: Source, judged: Judged) -> None:
    counts = judged.examined.counts if judged.examined else None
    numbers = (counts.accepted, counts.quarantined, counts.rejected) if counts else None
    if judged.state == "duplicate" and counts:
        numbers = (0, 0, counts.records)
    tools.ledger.keep_feed(source.key, judged.digest, judged.file.ref, judged.size, judged.state, judged.detail, counts=numbers,
                           content=judged.content or None, reasons=counts.reasons if counts else None)


def _steps(tools: Tools, source: Source, planned: list[Judged], now: datetime) -> Iterator[Step]:
    """One step per file, in the order in which they came; then quarantine; then links and values."""
    number, accepted = 0, 0
    for judged in planned:
        number += 1
        counts = judged.examined.counts if judged.examined else Counts()
        accepted += counts.accepted
        yield Step(number, CHUNK, SOURCE_RECORD, Action.LOAD, (), counts.records, 0, note=f"{judged.digest} {told(counts)}")
    again = passing(tools, source, now).height
    if again:
        number += 1
        yield Step(number, CHUNK, QUARANTINE, Action.LOAD, (), again, 0, note="replayed from quarantine")
    waiting = accepted + again + decided(tools, source)
    if waiting:
        yield from steps_after(source, number + 1, CHUNK, waiting)


def told(counts: Counts) -> str:
    return f"{counts.accepted:,} accepted, {counts.quarantined:,} quarantined, {counts.rejected:,} rejected"


def _kept(found: list[Judged], waits: int, before: int) -> Iterator[Kept]:
    doubled = sum(1 for f in found if f.state == "duplicate") + before
    for files, because in ((doubled, "taken before"), (waits, "still being written, left for later")):
        if files:
            yield Kept(SOURCE_RECORD, (), f"{files} file{'s' if files > 1 else ''} {because}", 0)


def _findings(source: Source, found: list[Judged]) -> Iterator[Finding]:
    for judged in found:
        if judged.state == "refused":
            yield Finding(Status.VIOLATION, "reconcile.refused", str(SOURCE_RECORD), "", f"file {judged.digest[:12]} {judged.detail}",
                          f"governance feed list {source.key}", None, source.owner)
