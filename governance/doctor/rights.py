"""The least rights each verb needs on a server, from the policy and the live schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from governance.doctor.sql import Right, create_role, grants, held, see_all_rows, who
from governance.domain.errors import GovernanceError
from governance.domain.names import TableRef
from governance.domain.schema import HazardKind, OnDelete, Schema, Table
from governance.policy.load import GovernedTable, LoadedPolicy
from governance.policy.model import Hop
from governance.warehouse import CONTROL_SCHEMA, Warehouse
from governance.warehouse.control import metadata

VERBS = ("discover", "plan", "apply", "reconcile", "release")
_AT_ONCE = 400  # questions in one statement
_MAINTAIN_FROM = 170000
_OURS = {"reconcile": ("golden", "fraud"), "release": ()}  # empty: the policy says where


def needed(verb: str, loaded: LoadedPolicy | None, schema: Schema, *, maintain: bool = True) -> tuple[Right, ...]:
    """The rights `verb` needs, in the order they are granted. `maintain`: the server knows the right MAINTAIN.

    discover: SELECT on every table and view. plan: SELECT on what is governed, on the tables that refer to it and on those of
    paths, and the rows of a request in our own tables. apply: to end the declared cells, delete the rows that may go, and our
    own tables; verify also vacuums.
    """
    if verb == "discover" or loaded is None:
        return _sorted(_read(t.ref for t in schema.tables))
    read = list(_read(sorted(_looked_at(loaded, schema))))
    if verb == "plan":
        return _sorted([*read, *_control({"request_subject": ("SELECT", "INSERT", "DELETE"), "vault": ("SELECT", "INSERT", "DELETE")})])
    all_of_it = ("SELECT", "INSERT", "UPDATE", "DELETE", *(("MAINTAIN",) if maintain else ()))
    everything = {t.name: all_of_it for t in metadata.sorted_tables}
    staged = Right("database", "", "", "TEMPORARY")
    if verb == "apply":
        return _sorted([staged, *read, *_control(everything), *_changes(loaded, schema, maintain)])
    return _sorted([staged, *read, *_control(everything), *_made(_OURS[verb] or _released(loaded), schema)])


def missing(warehouse: Warehouse, rights: Sequence[Right]) -> list[Right]:
    """Those of `rights` that the account of `warehouse` does not have."""
    lacking: list[Right] = []
    for start in range(0, len(rights), _AT_ONCE):
        some = rights[start:start + _AT_ONCE]
        [answers] = warehouse.few(held(some), name="doctor.rights")
        lacking += [right for right, has in zip(some, answers, strict=True) if not has]
    return lacking


def script(warehouse: Warehouse, loaded: LoadedPolicy | None, verb: str, role: str) -> list[str]:
    """The least grants for `verb` as lines for psql. GovernanceError where the engine has no accounts."""
    if not warehouse.capabilities.accounts:
        raise GovernanceError("has no accounts: who may open the file may do everything", where="the warehouse",
                              fix="give the file to the user that runs the jobs, and let others read a copy")
    [(_, database, version)] = warehouse.few(who(), name="doctor.who")
    schema = warehouse.schema()
    if verb != "discover" and loaded is None:
        raise GovernanceError("is not set, so nobody can say which tables are governed", where="GOVERNANCE_POLICY_DIR",
                              fix="export GOVERNANCE_POLICY_DIR=..., or print the grants for discover")
    maintain = int(version) >= _MAINTAIN_FROM
    lines = [f"-- The least rights for {verb}, in the database {database}. Run as the owner of the tables.",
             create_role(role) + "  -- give it a password your way", *grants([Right("database", "", "", "CONNECT")], database, role)]
    if verb not in ("discover", "plan"):
        lines.insert(1, "-- First, once, as the owner: governance doctor --fix   (creates the schema governance)")
    lines += grants(needed(verb, loaded, schema, maintain=maintain), database, role)
    if verb == "apply" and not maintain:
        lines.append("-- verify vacuums what was changed: before PostgreSQL 17 only the owner of a table may, so make the role a "
                     "member of the owner's, or run verify as the owner")
    if any(h.kind is HazardKind.ROW_SECURITY for t in _tables(loaded, schema) for h in t.hazards):
        lines.append(see_all_rows(role) + "  -- row-level security would hide rows, and a hidden row must not count as erased")
    return lines


def _tables(loaded: LoadedPolicy | None, schema: Schema) -> list[Table]:
    return [t for t in schema.tables if loaded is None or loaded.governed(t.ref) is not None]


def _sorted(rights: Iterable[Right]) -> tuple[Right, ...]:
    """Without repetitions; schemas before the tables in them."""
    found = set(rights)
    found |= {Right("schema", r.schema, "", "USAGE") for r in found if r.schema}
    return tuple(sorted(found, key=lambda r: (("database", "schema", "table").index(r.on), r)))


def _read(refs: Iterable[TableRef]) -> Iterator[Right]:
    return (Right("table", ref.schema, ref.table, "SELECT") for ref in refs)


def _control(rights: Mapping[str, tuple[str, ...]]) -> Iterator[Right]:
    """Our own tables: all can be read, some be written."""
    for table in metadata.sorted_tables:
        for right in rights.get(table.name, ("SELECT",)):
            yield Right("table", CONTROL_SCHEMA, table.name, right)


def _looked_at(loaded: LoadedPolicy, schema: Schema) -> set[TableRef]:
    """Governed tables, those that refer to them, and those on paths, of consents and of links."""
    governed = [t for t in loaded.tables() if schema.get(t.ref)]
    found = {t.ref for t in governed}
    found |= {child.ref for ref in tuple(found) for child, _ in schema.referring(ref)}
    found |= {hop.table for table in governed for hop in _hops(table)}
    policy = loaded.policy
    found |= {k.identity.table for k in policy.subject_kinds} | {c.table for c in policy.consents} | {x.table for x in policy.links}
    return {ref for ref in found if schema.get(ref)}


def _hops(table: GovernedTable) -> Iterator[Hop]:
    governance = table.collection.governance
    for path in governance.subjects.values():
        yield from path.through
    for trigger in governance.triggers.values():
        for part in (trigger, *trigger.greatest_of, *trigger.first_of):
            yield from part.through


def _changes(loaded: LoadedPolicy, schema: Schema, maintain: bool) -> Iterator[Right]:
    for table in loaded.tables():
        live = schema.get(table.ref)
        if live is None or table.dataset.governance.mode.is_ != "enforce":
            continue
        ending = {f.name for f in table.collection.fields if f.is_personal and f.governance.end_state is not None}
        ending |= {c for key in live.foreign_keys if key.on_delete is OnDelete.SET_NULL for c in key.columns}
        if ending:
            yield Right("table", table.ref.schema, table.ref.table, "UPDATE", tuple(n for n in live.names if n in ending))
        if table.collection.governance.deletable:
            yield Right("table", table.ref.schema, table.ref.table, "DELETE")
        if maintain and (ending or table.collection.governance.deletable):
            yield Right("table", table.ref.schema, table.ref.table, "MAINTAIN")


def _released(loaded: LoadedPolicy) -> tuple[str, ...]:
    return tuple(sorted({release.target.schema for release in loaded.policy.releases}))


def _made(schemas: Iterable[str], live: Schema) -> Iterator[Right]:
    """Schemas whose tables the role makes itself and so owns; what others made there already it may read and write."""
    for name in schemas:
        there = [t.ref for t in live.tables if t.ref.schema == name]
        if not there:
            yield Right("database", "", "", "CREATE")
            continue
        yield Right("schema", name, "", "CREATE")
        for ref in there:
            yield from (Right("table", name, ref.table, right) for right in ("SELECT", "INSERT", "UPDATE", "DELETE"))
