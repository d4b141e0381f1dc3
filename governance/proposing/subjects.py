"""Which tables stand for people, how they can be named, and how the other tables lead to them. Pure; all of it a proposal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.discovery.headers import SUBJECTS, says, tokens
from governance.domain.names import TableRef
from governance.domain.proposal import Proposal
from governance.domain.schema import Schema, Table
from governance.domain.taxonomy import within
from governance.proposing.names import names_table, slug, stem
from governance.proposing.references import Keys, Reference, identifies

FARTHEST = 4  # joins of a path
Personal = Mapping[TableRef, Sequence[Proposal]]
# How a person can be named, by the category of a column.
FORMS = (("user.name", "name"), ("user.contact.email", "email"), ("user.contact.phone_number", "phone"),
         ("user.government_id", "document"), ("user.account.username", "text"), ("user.unique_id", "customer_number"),
         ("user.device.cookie_id", "cookie"), ("user.device.device_id", "device"))
_ALONE = ("email", "document", "text", "customer_number", "cookie", "device")  # enough alone, if nobody shares it


@dataclass(frozen=True, slots=True)
class Named:
    """A column that a person can name. `unique`: no two rows of the table share a value today."""

    form: str
    column: str
    unique: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A proposed subject kind. `rows` and `referring` (tables that refer to it) say how much it matters."""

    key: str
    name: str
    table: TableRef
    column: str
    named: tuple[Named, ...]
    resolve_by: tuple[tuple[str, ...], ...]
    rows: int
    referring: int


@dataclass(frozen=True, slots=True)
class Path:
    """From a row over references to the key of a kind. `key` is a column of the last table, of the first without `through`."""

    kind: str
    key: str
    through: tuple[Reference, ...] = ()
    backwards: tuple[bool, ...] = ()

    @property
    def declared(self) -> bool:
        return all(r.declared for r in self.through)


def form_of(category: str) -> str | None:
    return next((form for parent, form in FORMS if within(category, parent)), None)


# ---- kinds ---------------------------------------------------------------------------------------------------------

def identity_tables(schema: Schema, personal: Personal, references: Sequence[Reference]) -> list[Table]:
    """Tables whose rows are people, each once: not those that only say more about people of another table."""
    people = {t.ref: t for t in schema.tables if t.kind in ("table", "partitioned") and _is_people(personal.get(t.ref, ()))}
    leading: dict[TableRef, list[Reference]] = defaultdict(list)
    for r in references:
        leading[r.table].append(r)
    own = [t for t in people.values()
           if not any(r.parent in people and _belongs(t, r) for r in leading[t.ref])]
    return own or list(people.values())


def _is_people(found: Sequence[Proposal]) -> bool:
    """A name with something to reach or tell the person by, or an identifier that is enough alone."""
    kinds = {p.category for p in found}
    named = any(within(k, "user.name") for k in kinds)
    told = any(within(k, parent) for k in kinds for parent in (
        "user.contact", "user.government_id", "user.demographic.date_of_birth", "user.account.username"))
    alone = any(within(k, parent) for k in kinds for parent in (
        "user.contact.email", "user.government_id", "user.account.username", "user.device.cookie_id"))
    return (named and told) or alone


def _belongs(table: Table, reference: Reference) -> bool:
    """Whether a table of people only says more about those it refers to: one row for each, or called after them and itself
    called like no people."""
    if reference.one:
        return True
    called = len(reference.columns) == 1 and names_table(reference.columns[0], reference.parent.table)
    return called and not says(tokens(table.ref.table), SUBJECTS)


def others_named(schema: Schema, personal: Personal, paths: Mapping[TableRef, Sequence[Path]]) -> list[Table]:
    """Tables with names of people from which no path leads to anybody: their rows are people of their own, known by a number."""
    return [t for t in schema.tables if not paths.get(t.ref)
            and any(within(p.category, "user.name") for p in personal.get(t.ref, ()))]


def key_of(table: Table, keys: Keys, references: Sequence[Reference]) -> str | None:
    """The one column that stands for a person: what most tables refer to, else the key, else a unique column."""
    referred = [r.referred[0] for r in references if r.parent == table.ref and len(r.referred) == 1]
    if referred:
        return max(sorted(set(referred)), key=referred.count)
    for key in (table.primary_key, keys.get(table.ref, ()), *table.uniques):
        if len(key) == 1:
            return key[0]
    return None


def kind_of(table: Table, key: str, found: Sequence[Proposal], unique: frozenset[str], rows: int,
            references: Sequence[Reference], taken: Sequence[str]) -> Kind:
    """The kind that `table` stands for. `unique` are its columns in which no value stands twice today."""
    named = [Named(form, p.column.name, p.column.name in unique and form not in ("name", "phone"))
             for p in _in_order(table, found) if (form := form_of(p.category))]
    if not any(n.form == "customer_number" for n in named):
        named.append(Named("customer_number", key, True))
    forms = {n.form for n in named}
    enough: list[tuple[str, ...]] = [(f,) for f in _ALONE if any(n.form == f and n.unique for n in named)]
    if "name" in forms:
        enough += [("name", f) for f in ("phone", "email", "document") if f in forms and (f,) not in enough]
    words = stem(table.ref.table)
    made = slug(*words, taken=taken) if words else slug("subject", taken=taken)
    referring = len({r.table for r in references if r.parent == table.ref})
    return Kind(made, " ".join(words).capitalize() or table.ref.table, table.ref, key, tuple(named), tuple(enough), rows, referring)


def _in_order(table: Table, found: Sequence[Proposal]) -> list[Proposal]:
    place = {name: n for n, name in enumerate(table.names)}
    return sorted(found, key=lambda p: place[p.column.name])


# ---- paths ---------------------------------------------------------------------------------------------------------

def paths(start: Table, schema: Schema, kinds: Sequence[Kind], references: Mapping[TableRef, Sequence[Reference]]) -> list[Path]:
    """The shortest path from `start` to each kind it can reach, best first. Every join leads to one row at most; no path goes
    on through people of another kind. `references` are by both of their tables."""
    identities = {k.table: k for k in kinds}
    if start.ref in identities:
        return [Path(identities[start.ref].key, identities[start.ref].column)]
    found: dict[str, Path] = {}
    edge: list[tuple[TableRef, tuple[Reference, ...], tuple[bool, ...]]] = [(start.ref, (), ())]
    seen = {start.ref}
    for _ in range(FARTHEST):
        further: list[tuple[TableRef, tuple[Reference, ...], tuple[bool, ...]]] = []
        for at, walked, turned in edge:
            for r in _from(at, references.get(at, ()), schema):
                back = r.table != at
                there = r.table if back else r.parent
                kind = identities.get(there)
                if kind is not None:
                    path = _arrive(kind, r, back, walked, turned, schema)
                    if path is not None:
                        found.setdefault(kind.key, path)
                elif there not in seen and _leads_to_one(r, back, schema):
                    seen.add(there)
                    further.append((there, (*walked, r), (*turned, back)))
        edge = further
    by_key = {k.key: k for k in kinds}
    return sorted(found.values(), key=lambda p: (_rank(p, start, by_key), p.kind))


def _from(at: TableRef, references: Sequence[Reference], schema: Schema) -> list[Reference]:
    """References to walk from a table, the likeliest first: declared, called after the table they lead to, never null."""
    def weight(r: Reference) -> tuple[bool, bool, bool, Reference]:
        table = schema.get(r.table)
        nullable = table is None or any((c := table.column(n)) is None or c.nullable for n in r.columns)
        return (not r.declared, not (len(r.columns) == 1 and names_table(r.columns[0], r.parent.table)), nullable, r)

    forwards = [r for r in references if r.table == at]
    backwards = [r for r in references if r.parent == at and r.table != at]
    return sorted(forwards, key=weight) + sorted(backwards, key=weight)


def _arrive(kind: Kind, r: Reference, back: bool, walked: tuple[Reference, ...], turned: tuple[bool, ...],
            schema: Schema) -> Path | None:
    """The path that ends with `r` at the kind's own table; without a last join where the key itself is referred to. None where
    the join may lead to several rows."""
    if not back and r.referred == (kind.column,):
        return Path(kind.key, r.columns[0], walked, turned)
    if not _leads_to_one(r, back, schema):
        return None
    return Path(kind.key, kind.column, (*walked, r), (*turned, back))


def _leads_to_one(r: Reference, back: bool, schema: Schema) -> bool:
    """Whether the database itself makes sure that the join leads to one row at most."""
    table = schema.get(r.table if back else r.parent)
    return table is not None and identifies(table, r.columns if back else r.referred)


def _rank(path: Path, start: Table, kinds: Mapping[str, Kind]) -> tuple[bool, int, int, int]:
    """People before others: those the table is called after or refers to by their own name, near, many, often referred to."""
    kind = kinds[path.kind]
    own_name = names_table(path.key, kind.table.table) if not path.through else any(
        len(r.columns) == 1 and names_table(r.columns[0], kind.table.table) for r in path.through)
    return (not own_name, len(path.through), -kind.rows, -kind.referring)
