"""The gates every record and every value passes, in this order; each stop is counted with its reason.

1 source basis · 2 suppression · 3 link · 4 consent at the time of writing · 5 field policy · 6 suppression again, inside the
transaction that writes. A record that is stopped is stopped for good in this batch: no later gate looks at it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from governance.policy.linking import GoldenField
from governance.policy.model import Policy, Purpose
from governance.policy.sources import Source

PASSED = ""


class Gate(StrEnum):
    BASIS = "1 source basis"
    SUPPRESSION = "2 suppression"
    LINK = "3 link"
    CONSENT = "4 consent"
    FIELD = "5 field policy"
    AGAIN = "6 suppression again"
    DONE = "7 written"


ORDER = tuple(Gate)
Counts = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Allowed:
    """Purposes a value may be written for, and the references of the consents among them. None of them: `gate` and `reason`."""

    purposes: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    needs_consent: bool = False
    gate: Gate | None = None
    reason: str = PASSED


def basis(policy: Policy, source: Source) -> str:
    """Why nothing of this source may be used at all; empty when it may."""
    missing = [r for r in policy.organization.regimes if r not in source.legal_basis]
    if missing:
        return f"the source has no legal basis under {', '.join(missing)}"
    if not source.agreement.strip():
        return "no agreement with the source is named"
    known = {p.key for p in policy.purposes}
    if not set(source.purposes) <= known:
        return "the source names a purpose that is not declared"
    return PASSED


def by_consent(policy: Policy, purpose: Purpose) -> bool:
    """Whether a purpose lives by consent in any regime that applies."""
    return any(purpose.legal_basis.get(regime) == "consent" for regime in policy.organization.regimes)


def allow(policy: Policy, source: Source, field: GoldenField, living: Mapping[str, str]) -> Allowed:
    """What a value of `field` from `source` may be written for. `living` maps each preference that the subject consents to now
    to the reference of that consent. Gates 4 and 5, in their order."""
    purposes = {p.key: p for p in policy.purposes}
    offered = [purposes[key] for key in source.purposes_of(field.name) if key in purposes]
    alive = [p for p in offered if not by_consent(policy, p) or (p.preference or "") in living]
    if not alive:
        return Allowed(gate=Gate.CONSENT, reason="no living consent for what it is for")
    told = source.field(field.name)
    if field.sensitive and not (told is not None and told.sensitive):
        return Allowed(gate=Gate.FIELD, reason="sensitive, and the source does not name it so")
    kept = [p for p in alive if p.key in field.purposes]
    if not kept:
        return Allowed(gate=Gate.FIELD, reason="not allowed for what the source may be used for")
    consents = tuple(living[p.preference] for p in kept if p.preference and by_consent(policy, p))
    return Allowed(tuple(sorted(p.key for p in kept)), tuple(sorted(set(consents))), all(by_consent(policy, p) for p in kept))


def stop(counts: Counts, gate: Gate, reason: str, records: Collection[str]) -> None:
    """Count records that end at a gate."""
    if records:
        counts[gate.value, reason] += len(records)


def in_order(rows: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """(gate, reason, number) in the order of the gates."""
    return sorted(rows)
