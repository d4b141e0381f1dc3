"""Requests of data subjects: opened, resolved, planned, carried out like any plan, and closed only by a verification that
found nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from governance.disposal import elsewhere, sql_work, vault
from governance.disposal.apply import Tools
from governance.disposal.holding import wait_for_writers
from governance.disposal.lifetimes import Context
from governance.disposal.redactions import Terms
from governance.disposal.resolve import Resolved, fold, remember, resolve
from governance.disposal.vault import Sealed
from governance.disposal.verify import Verified
from governance.disposal.work import Job
from governance.domain.counts import counted
from governance.domain.errors import GovernanceError, ResidualFound
from governance.keys import SUPPRESSION, Keys, keyed_hash
from governance.ledger.requests import ERASURE, STANDING
from governance.policy.deadline import due_on
from governance.policy.load import LoadedPolicy


@dataclass(frozen=True, slots=True)
class Opened:
    request: str
    due_on: date
    regime: str


def open_request(tools: Tools, keys: Keys, loaded: LoadedPolicy, *, kind: str, subject_kinds: Sequence[str],
                 identifiers: Sequence[tuple[str, str]], reply_to: str, proof: str, opened_by: str, now: datetime) -> Opened:
    """Seal what the person said into the vault, then enter the request. The earliest deadline of all regimes applies."""
    if kind not in (ERASURE, *STANDING):
        raise GovernanceError(f"{kind} requests cannot be opened yet", where="request open",
                              fix="one of " + ", ".join((ERASURE, *STANDING)))
    known = {k.key for k in loaded.policy.subject_kinds}
    for name in subject_kinds:
        if name not in known:
            raise GovernanceError("is not a declared subject kind", where=name, fix="one of " + ", ".join(sorted(known)))
    if not any(fold(form, value) for form, value in identifiers):
        raise GovernanceError("no identifier was given", where="request open", fix="give at least one, as form=value lines")
    # An answer has to reach somebody, and it must be certain that it is the person whose data goes.
    for name, value, example in (("reply_to", reply_to, "by post"), ("proof", proof, "identity card seen at the counter")):
        if not value.strip():
            raise GovernanceError(f"{name} is missing", where="request open", fix=f"add a line such as {name}={example}")
    received = now.astimezone(ZoneInfo(loaded.policy.organization.time_zone)).date()
    due, regime = deadline(loaded, kind, received)
    request = _next_id(tools, received.year)
    vault.put(tools.warehouse, keys, request, Sealed(tuple(identifiers), reply_to, proof))
    zone = ZoneInfo(loaded.policy.organization.time_zone)
    end_of_day = datetime.combine(due, time.max, zone).astimezone(UTC).replace(microsecond=0)
    tools.ledger.open_request(request, kind, tuple(subject_kinds), regime, now, end_of_day, opened_by)
    return Opened(request, due, regime)


def stand(tools: Tools, keys: Keys, loaded: LoadedPolicy, request: str) -> int:
    """Put a restriction or an objection in force: from now on releases leave its subjects out and nothing is written for them.
    Subjects found now. Where there are none it stays `received`, and is looked for again whenever data is used.
    """
    record = tools.ledger.request(request)
    if record.kind not in STANDING:
        raise GovernanceError(f"is a request for {record.kind}, which is planned and carried out", where=request,
                              fix=f"governance plan request {request}")
    sealed, schema = vault.get(tools.warehouse, keys, request), tools.warehouse.schema()
    resolved = [resolve(tools.warehouse, loaded.policy, schema, kind, sealed.identifiers) for kind in record.subject_kinds]
    found = sum(len(r.keys) for r in resolved)
    if found:
        remember(tools.warehouse, request, resolved)
        wait_for_writers(tools.warehouse, tools.ledger, f"request {request}")
        tools.ledger.set_request_state(request, "resolved", f"in force for {counted(found, 'subject')}")
    else:
        tools.ledger.set_request_state(request, "received", "names nobody we know so far")
    return found


def end(tools: Tools, keys: Keys, request: str, by: str) -> None:
    """End a restriction or an objection, and forget who it was about. The same again is harmless."""
    record = tools.ledger.request(request)
    if record.kind not in STANDING:
        raise GovernanceError(f"is a request for {record.kind}, which ends by being carried out", where=request,
                              fix=f"governance plan request {request}")
    tools.ledger.set_request_state(request, "closed", f"ended by {by}")
    if keys.exists(f"vault/{request}"):
        vault.destroy(tools.warehouse, keys, request)


def deadline(loaded: LoadedPolicy, kind: str, received: date) -> tuple[date, str]:
    """(the day an answer is due, the regime that says so): the earliest applies."""
    organization = loaded.policy.organization
    answers = [(due_on(regime, kind, received, loaded.policy.holidays), regime.key)
               for regime in loaded.policy.regimes if regime.key in organization.regimes
               if any(d.request == kind for d in regime.deadlines)]
    if not answers:
        raise GovernanceError(f"no regime has a deadline for {kind} requests", where="policy", fix="declare it under `regimes:`")
    return min(answers)


def _next_id(tools: Tools, year: int) -> str:
    prefix = f"REQ-{year}-"
    numbers = [int(r.id.removeprefix(prefix)) for r in tools.ledger.requests() if r.id.startswith(prefix)]
    return f"{prefix}{max(numbers, default=0) + 1:04d}"


def identify(tools: Tools, keys: Keys, context: Context, request: str, kinds: Sequence[str]) -> tuple[list[Resolved], Terms]:
    """Resolve the request's identifiers, freeze its subjects and seal the words that resolution found."""
    sealed = vault.get(tools.warehouse, keys, request)
    resolved = [resolve(tools.warehouse, context.policy, context.schema, kind, sealed.identifiers) for kind in kinds]
    remember(tools.warehouse, request, resolved)
    words = tuple(sorted({w for r in resolved for w in r.words}))
    unique = tuple(sorted({u for r in resolved for u in r.unique}))
    vault.put(tools.warehouse, keys, request, replace(sealed, words=words, unique=unique))
    return resolved, terms_of(words, unique)


def terms(tools: Tools, keys: Keys, request: str) -> Terms:
    sealed = vault.get(tools.warehouse, keys, request)
    return terms_of(sealed.words, sealed.unique)


def terms_of(words: Sequence[str], unique: Sequence[tuple[str, str]]) -> Terms:
    return Terms(tuple(words), tuple(v for f, v in unique if f != "phone"), tuple(v for f, v in unique if f == "phone"))


def suppress(tools: Tools, keys: Keys, request: str, kinds: Sequence[str], now: datetime) -> int:
    """Enter the person on the suppression list, as keyed hashes, before anything is erased. Hashes entered.

    Whoever writes records of feeds reads the list inside its transaction, under a lease: those that have read it without this
    person are waited for, so that the erasure sees what they wrote.
    """
    sealed = vault.get(tools.warehouse, keys, request)
    version = keys.versions(SUPPRESSION)[-1:] or ["v1"]
    key = keys.read(f"{SUPPRESSION}/{version[0]}")
    pairs = {(form, fold(form, value)) for form, value in (*sealed.identifiers, *sealed.unique)}
    folded = sorted(pair for pair in pairs if pair[1])
    hashes = [(kind, form, version[0], keyed_hash(key, form, value)) for kind in kinds for form, value in folded]
    tools.ledger.suppress(hashes, request, now, None)
    wait_for_writers(tools.warehouse, tools.ledger, f"request {request}")
    return len(hashes)


def judge(tools: Tools, keys: Keys, job: Job, verified: Verified, request: str) -> None:
    """Whether anything of the person is left: in what was looked at again, or as an identifier anywhere else.

    ResidualFound says where. With rows under a legal hold the request goes on waiting; otherwise nothing is in the way of
    closing it.
    """
    sealed = vault.get(tools.warehouse, keys, request)
    found = elsewhere.search(tools.warehouse, job.context, sealed.unique)
    if verified.residual or found or any(f.status == "violation" for f in verified.findings):
        tools.ledger.set_state(job.plan.digest, "residual", counted(verified.residual, "row remains", "rows remain"))
        tools.ledger.set_request_state(request, "residual", "rows remain")
        places = [f"{r.table} {r.action}: {counted(r.residual, 'row')}" for r in verified.results if r.residual]
        places += [f"{f.table}.{f.column}: {f.message}" for f in (*found, *verified.findings)]
        raise ResidualFound("rows of the person remain: " + "; ".join(places), where=request,
                            fix="look at each place, correct the policy if a path is missing, then plan the request again")
    if verified.held:
        waiting = counted(verified.held, "row waits", "rows wait")
        tools.ledger.set_request_state(request, "applying", f"{waiting} for a legal hold to be lifted")
    else:
        tools.ledger.set_request_state(request, "applying", "verified: nothing left; its bytes are removed next")


def forget(tools: Tools, keys: Keys, request: str, digest: str) -> None:
    """Remove what names the person: the vault entry with its key, the resolved subjects, the work set. Hashes stay.

    What the person said stays sealed while a recipient has yet to be told: nobody could say whom it is about otherwise.
    """
    if tools.ledger.notices(source=request, state="due"):
        vault.forget_subjects(tools.warehouse, request)  # `governance notices sent` destroys the rest
    elif keys.exists(f"vault/{request}"):
        vault.destroy(tools.warehouse, keys, request)
    tools.warehouse.execute(sql_work.purge_work(digest), name="disposal.purge_work")


def survivors(job: Job) -> list[Mapping[str, Any]]:
    """What an obligation keeps, for the page and the certificate."""
    return [{"table": str(k.table), "columns": list(k.columns), "because": k.because, "rows": k.rows} for k in job.plan.kept]


