"""Unique identifiers must reach zero everywhere: search columns of their kind in rows that no path links to the person."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from governance.disposal.lifetimes import Context, Scope
from governance.disposal.resolve import equal, fold
from governance.domain.findings import Finding, Status
from governance.domain.schema import Family
from governance.warehouse import Warehouse

_CATEGORIES = {
    "email": ("user.contact.email", "user.account.username"),
    "phone": ("user.contact.phone_number",),
    "document": ("user.government_id",),
    "cookie": ("user.device.cookie_id", "user.device.cookie"),
    "device": ("user.device",),
}


def search(warehouse: Warehouse, context: Context, unique: tuple[tuple[str, str], ...]) -> list[Finding]:
    """A violation per column that still holds an identifier nobody else can have. Held rows and rows kept by an obligation
    of the person are judged elsewhere and left out."""
    found: list[Finding] = []
    for target in context.targets.values():
        scope = Scope(context, target)
        for field in target.collection.fields:
            values = [(form, fold(form, value)) for form, value in unique
                      if any(c.startswith(_CATEGORIES.get(form, ("-",))) for c in field.data_categories)]
            column = target.table.column(field.name)
            if not values or column is None or column.family is not Family.TEXT:
                continue
            cell = scope.row.c[field.name]
            tests = or_(*(equal(cell, form, value) for form, value in values))
            linked = scope.asked_by_any
            held = scope.held
            query = select(func.count()).select_from(scope.joined).where(tests, ~linked, ~held)
            rows = int(warehouse.scalar(query, name="disposal.elsewhere") or 0)
            if rows:
                found.append(Finding(Status.VIOLATION, "request.identifier_elsewhere", str(target.ref), field.name,
                                     f"{rows:,} rows that no declared path links to the person hold an identifier only they have",
                                     "declare a subject path for the table, or `derived_from:`", rows, target.owner))
    return found
