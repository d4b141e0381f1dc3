"""Is anybody back who was erased? The identity tables against the suppression list, by keyed hash."""

from __future__ import annotations

from sqlalchemy import select

from governance.disposal.apply import Tools
from governance.disposal.resolve import fold
from governance.domain.findings import Finding, Status
from governance.domain.schema import Schema
from governance.keys import SUPPRESSION, Keys, keyed_hash
from governance.policy.model import Policy
from governance.warehouse.functions import as_text, table_of


def returned(tools: Tools, keys: Keys, policy: Policy, schema: Schema) -> list[Finding]:
    """A violation per identity column that holds unique identifiers of the suppression list. Shared ones are not judged."""
    listed = {(form, version) for _, form, version, _ in tools.ledger.suppression_keys()}
    found: list[Finding] = []
    for kind in policy.subject_kinds:
        table = schema.get(kind.identity.table)
        if table is None:
            continue
        for identifier in kind.identifiers:
            versions = sorted(v for form, v in listed if form == identifier.form)
            if not identifier.unique or not versions or identifier.form == "customer_number":
                continue
            cell = as_text(table_of(table).c[identifier.column])
            values = [fold(identifier.form, str(row[0])) for row in tools.warehouse.rows(
                select(cell).distinct().where(cell.is_not(None)), name="attest.identifiers")]
            back = 0
            for version in versions:
                key = keys.read(f"{SUPPRESSION}/{version}")
                hashes = [keyed_hash(key, identifier.form, value) for value in values if value]
                back += len(tools.ledger.suppressed(kind.key, identifier.form, version, hashes))
            if back:
                found.append(Finding(Status.VIOLATION, "attest.erased_person_back", str(table.ref), identifier.column,
                                     f"{back:,} people of the do-not-return list are here again",
                                     "find the load that brought them, then open a request for each", back))
    return found
