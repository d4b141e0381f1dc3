"""Whether everything the policy names exists: keys, people, tables, columns, files. Tables are judged in `tables`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from governance.policy.deadline import country_calendar
from governance.policy.known import Known
from governance.policy.mistakes import Mistake, nearest
from governance.policy.model import Purpose
from governance.policy.read import Where

# Lists whose entries are told apart by one key.
_KEYS = {"people": "user", "published": "version", "subject_kinds": "key", "purposes": "key", "record_classes": "key",
         "regimes": "key", "holidays": "key", "recipients": "key", "consents": "key", "stores": "key", "dataset": "fides_key"}


def references(known: Known) -> Iterator[Mistake]:
    """Every name outside datasets that leads nowhere."""
    yield from _twice(known)
    yield from _company(known)
    yield from _texts(known)
    yield from _purposes(known)
    yield from _record_classes(known)
    yield from _regimes(known)
    yield from _recipients(known)
    yield from _subjects(known)
    yield from _consents(known)
    yield from _links(known)


def rests_on_consent(purpose: Purpose) -> bool:
    return "consent" in purpose.legal_basis.values()


def repeated(known: Known, path: Where, what: str, names: Iterable[str]) -> Iterator[Mistake]:
    """Entries of the list at `path` that say again what an earlier one says."""
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        if name in first:
            earlier = known.loaded.where(*path, first[name])
            yield known.mistake((*path, number), f"{what} `{name}` stands twice, also at {earlier}", "keep one of the two")
        first.setdefault(name, number)


def _twice(known: Known) -> Iterator[Mistake]:
    policy = known.loaded.policy
    for name, key in _KEYS.items():
        entries: tuple[Any, ...] = getattr(policy, name)
        yield from repeated(known, (name,), key, (getattr(e, key) for e in entries))
    for number, record_class in enumerate(policy.record_classes):
        yield from repeated(known, ("record_classes", number, "schedules"), "schedule for purpose",
                            (s.purpose for s in record_class.schedules))


def _company(known: Known) -> Iterator[Mistake]:
    policy, organization = known.loaded.policy, known.loaded.policy.organization
    for name in ("time_zone", "warehouse_time_zone"):
        zone = getattr(organization, name)
        if not _is_zone(zone):
            yield known.mistake(("organization", name), f"there is no time zone `{zone}`",
                                nearest(zone, available_timezones(), "write one such as Asia/Baku"))
    for number, key in enumerate(organization.regimes):
        yield from known.among(("organization", "regimes", number), "regime", key, (r.key for r in policy.regimes))
    yield from known.among(("organization", "policy_version"), "published version", organization.policy_version,
                           (p.version for p in policy.published))
    for kind, users in policy.approvals.approvers.items():
        path: Where = ("approvals", "approvers", kind)
        for number, user in enumerate(users):
            yield from person(known, (*path, number), user)
        if len(set(users)) < policy.approvals.people:
            yield known.mistake(path, f"{kind} needs {policy.approvals.people} approvers and names {len(set(users))}",
                                "name more people, or lower `people:`")


def person(known: Known, path: Where, user: str) -> Iterator[Mistake]:
    """`user` has to be a person with a role."""
    found = known.loaded.person(user)
    if found is None:
        yield from known.among(path, "person", user, (p.user for p in known.loaded.policy.people))
    elif not found.roles:
        yield known.mistake(path, f"`{user}` has no role", f"give `{user}` a role under `people:`")


def _texts(known: Known) -> Iterator[Mistake]:
    for number, text in enumerate(known.loaded.policy.published):
        path: Where = ("published", number)
        file = known.loaded.folder / text.file
        if not file.is_file():
            yield known.mistake((*path, "file"), f"there is no file {text.file}",
                                "put the published text there, or correct the name")
            continue
        actual = hashlib.sha256(file.read_bytes()).hexdigest()
        if actual != text.sha256.lower():
            yield known.mistake((*path, "sha256"), f"{text.file} is not the text that was published: its sha256 is {actual}",
                                "restore the file; a changed text is a new version with its own date")


def _purposes(known: Known) -> Iterator[Mistake]:
    policy = known.loaded.policy
    preferences = {name for ledger in policy.consents for name in ledger.preferences}
    for number, purpose in enumerate(policy.purposes):
        path: Where = ("purposes", number)
        for regime in purpose.legal_basis:
            yield from known.among((*path, "legal_basis", regime), "regime", regime, (r.key for r in policy.regimes))
        if purpose.preference is not None and purpose.preference not in preferences:
            yield known.mistake((*path, "preference"), f"no consent ledger holds the preference `{purpose.preference}`",
                                nearest(purpose.preference, preferences, "add it to `preferences:` of a consent ledger"))


def _record_classes(known: Known) -> Iterator[Mistake]:
    policy = known.loaded.policy
    for number, record_class in enumerate(policy.record_classes):
        for place, schedule in enumerate(record_class.schedules):
            path: Where = ("record_classes", number, "schedules", place)
            purpose = known.loaded.purpose(schedule.purpose)
            if purpose is None:
                yield from known.among((*path, "purpose"), "purpose", schedule.purpose, (p.key for p in policy.purposes))
            elif rests_on_consent(purpose) and not schedule.until_withdrawn:
                yield known.mistake(path, f"purpose `{purpose.key}` rests on consent and must live until it is withdrawn",
                                    "write `until_withdrawn: true` instead of `trigger:`")
            elif schedule.until_withdrawn and not rests_on_consent(purpose):
                yield known.mistake(path, f"purpose `{purpose.key}` does not rest on consent, so nobody can withdraw it",
                                    "write `trigger:` and `keep:`, or give the purpose the legal basis consent")


def _regimes(known: Known) -> Iterator[Mistake]:
    policy = known.loaded.policy
    calendars = {c.key for c in policy.holidays}
    for number, regime in enumerate(policy.regimes):
        path: Where = ("regimes", number)
        yield from repeated(known, (*path, "deadlines"), "deadline for", (d.request for d in regime.deadlines))
        if regime.holidays is not None and regime.holidays not in calendars and country_calendar(regime.holidays) is None:
            yield known.mistake((*path, "holidays"), f"`{regime.holidays}` is neither a declared calendar nor a country code",
                                nearest(regime.holidays, calendars, "write a code such as AZ, or declare it under `holidays:`"))


def _recipients(known: Known) -> Iterator[Mistake]:
    for number, recipient in enumerate(known.loaded.policy.recipients):
        for place, key in enumerate(recipient.purposes):
            yield from known.among(("recipients", number, "purposes", place), "purpose", key,
                                   (p.key for p in known.loaded.policy.purposes))
        if not recipient.purposes:
            yield known.mistake(("recipients", number), f"recipient `{recipient.key}` gets data for no purpose",
                                "name its purposes")


def _subjects(known: Known) -> Iterator[Mistake]:
    for number, kind in enumerate(known.loaded.policy.subject_kinds):
        path: Where = ("subject_kinds", number)
        table = kind.identity.table
        yield from known.of_table((*path, "identity", "table"), table, ())
        if known.columns(table) is not None:
            yield from known.of_table((*path, "identity", "key"), table, (kind.identity.key,))
            for place, identifier in enumerate(kind.identifiers):
                yield from known.of_table((*path, "identifiers", place, "column"), table, (identifier.column,))
        unique = {i.form for i in kind.identifiers if i.unique}
        for place, forms in enumerate(kind.resolve_by):
            at = (*path, "resolve_by", place)
            for form in forms:
                yield from known.among(at, "identifier of the form", form, (i.form for i in kind.identifiers))
            if len(forms) < 2 and not unique & set(forms):
                yield known.mistake(at, f"{', '.join(forms) or 'nothing'} alone cannot say who somebody is: it is shared",
                                    "add a second identifier, or resolve by a unique one")


def _consents(known: Known) -> Iterator[Mistake]:
    for number, ledger in enumerate(known.loaded.policy.consents):
        path: Where = ("consents", number)
        yield from known.of_table((*path, "table"), ledger.table, ())
        yield from known.subject((*path, "subject"), ledger.table, ledger.subject)
        if known.columns(ledger.table) is None:
            continue
        for name in ("preference_column", "granted_at", "withdrawn_at", "policy_version"):
            column = getattr(ledger, name)
            if column is not None:
                yield from known.of_table((*path, name), ledger.table, (column,))


def _links(known: Known) -> Iterator[Mistake]:
    for number, link in enumerate(known.loaded.policy.links):
        path: Where = ("links", number)
        for place, kind in enumerate(link.kinds):
            yield from known.among((*path, "kinds", place), "subject kind", kind,
                                   (k.key for k in known.loaded.policy.subject_kinds))
        yield from known.of_table((*path, "table"), link.table, link.columns)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
