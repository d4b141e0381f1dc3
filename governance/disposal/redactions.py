"""Words of one person in text about several: which rows hold them, and the text without them.

Only the words of the person who asked are cut; a name is judged only in rows linked to that person, while identifiers
that belong to nobody else (an e-mail address, a document number) are looked for in every text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select

from governance.disposal.lifetimes import Scope
from governance.disposal.targets import Group
from governance.domain.fold import phone_key
from governance.domain.patterns import cut
from governance.warehouse import Warehouse
from governance.warehouse.functions import as_text, contains, digits


@dataclass(frozen=True, slots=True)
class Terms:
    """`words` are cut from text linked to the person; `unique` also from text of others. `phones` are compared by digits."""

    words: tuple[str, ...] = field(repr=False)
    unique: tuple[str, ...] = field(repr=False, default=())
    unique_phones: tuple[str, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row whose text holds words of the person. `mask` sums the bits of the groups it was found in."""

    key_int: int | None
    key_text: str | None = field(repr=False)
    mask: int
    subjects: str = field(repr=False)


def text_groups(scope: Scope) -> list[Group]:
    return [g for g in scope.target.groups if g.end is not None and g.end.kind == "redact" and not g.end.paths]


def rows_with_terms(warehouse: Warehouse, scope: Scope, terms: Terms) -> list[TextRow]:
    """Rows of the table that stay and whose text holds a word of the person."""
    groups = text_groups(scope)
    if not groups or not scope.target.enforced:
        return []
    linked = {g.bit: scope.asked(scope.path_of(g)) for g in groups}
    cells = [scope.row.c[name] for g in groups for name in g.names]
    elsewhere = or_(false(), *(_holds(as_text(cell), terms) for cell in cells))
    columns = [scope.key_int.label("key_int"), scope.key_text.label("key_text"), scope.subjects_text.label("subjects"),
               *(flag.label(f"linked_{bit}") for bit, flag in linked.items()),
               *(as_text(scope.row.c[name]).label(f"text_{g.bit}_{n}") for g in groups for n, name in enumerate(g.names))]
    deletes = scope.deletes
    query = select(*columns).select_from(scope.joined).where(or_(elsewhere, *linked.values()), ~func.coalesce(deletes, false()))
    found: list[TextRow] = []
    for row in warehouse.rows(query, name="disposal.texts"):
        values: Mapping[str, Any] = dict(zip([c.name for c in columns], row, strict=True))
        mask = 0
        for g in groups:
            words = terms.words if values[f"linked_{g.bit}"] else ()
            texts = [values[f"text_{g.bit}_{n}"] for n in range(len(g.names))]
            if any(t is not None and without(t, words, terms) != t for t in texts):
                mask |= g.bit
        if mask:
            found.append(TextRow(values["key_int"], values["key_text"], mask, values["subjects"] or ""))
    return found


def without(text: str, words: tuple[str, ...], terms: Terms) -> str:
    """`text` without `words` and without what is unique to the person. Applying it twice changes nothing."""
    return cut(text, (*words, *terms.unique, *terms.unique_phones))


def _holds(text: ColumnElement[str], terms: Terms) -> ColumnElement[bool]:
    lowered = func.lower(text)
    found = [contains(lowered, word.lower()) for word in terms.unique]
    found += [contains(digits(text), phone_key(phone)) for phone in terms.unique_phones]
    return func.coalesce(or_(false(), *found), false())
