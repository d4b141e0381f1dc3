"""Whether an end state leaves the person recognizable: a prefix that may be the whole value, words redaction does not know."""

from __future__ import annotations

from collections.abc import Iterable

from governance.domain.patterns import matches
from governance.domain.proposal import Role
from governance.domain.taxonomy import role, within
from governance.policy.model import DatasetField, EndState

# How many characters a whole value of a kind may have at least. Kept as long as that, a prefix can be all of it.
_SHORTEST = {
    "user.name": 2, "user.contact.email": 6, "user.contact.phone_number": 7, "user.contact.address": 5,
    "user.government_id": 7, "user.financial.bank_account": 10, "user.financial.credit_card": 12, "user.device.ip_address": 7,
    "user.account.username": 3, "user.unique_id": 3, "user.device.cookie_id": 6, "user.device.device_id": 6,
    "user.location.precise": 5, "user.contact.fax_number": 7,
}
# Kinds that `redact` finds in a text by their form. Names and addresses have none.
_REDACTED = ("user.contact.email", "user.contact.phone_number", "user.contact.fax_number", "user.government_id",
             "user.financial", "user.device", "user.content", "user.payment")


def recognizable(field: DatasetField) -> str:
    """How the end state leaves a person recognizable, in words; empty when it does not."""
    end = field.governance.end_state
    if end is None:
        return ""
    kept = end.length or end.prefix
    for category in field.data_categories:
        shortest = _shortest(category)
        if kept and shortest and kept >= shortest and _identifies(field, category):
            return f"keeps {kept} characters, and a whole value of {category} may have {shortest}"
    if end.kind == "redact" and not end.paths and field.data_categories and not _has_form(field.data_categories):
        return f"finds no form to cut in {', '.join(field.data_categories)}: names and addresses have none"
    if end.kind == "constant" and _is_identifier(end):
        return f"puts an identifier there ({', '.join(sorted(matches(str(end.value))))})"
    return ""


def _identifies(field: DatasetField, category: str) -> bool:
    return (field.governance.role or role(category)) == Role.IDENTIFIER


def _shortest(category: str) -> int:
    return next((n for parent, n in _SHORTEST.items() if within(category, parent)), 0)


def _has_form(categories: Iterable[str]) -> bool:
    return any(within(c, parent) for c in categories for parent in _REDACTED)


def _is_identifier(end: EndState) -> bool:
    return isinstance(end.value, str) and bool(matches(end.value))
