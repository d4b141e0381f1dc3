"""Look at a database nobody prepared and say what a policy for it could be. Reads only; values stay in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from governance.domain.errors import WarehouseError, WarehouseUnavailable
from governance.domain.names import TableRef
from governance.domain.proposal import Proposal
from governance.domain.schema import Schema, Table
from governance.proposing import sql
from governance.proposing.keys import row_key
from governance.proposing.references import Keys, Reference, compared, declared, suspected
from governance.proposing.subjects import Kind, Path, form_of, identity_tables, key_of, kind_of, others_named, paths
from governance.warehouse import Warehouse

Stage = Callable[[str, int, int], None]  # what is done, done, of


@dataclass(frozen=True)
class Proposed:
    """What a person is asked to judge. `personal` are discovery's finds by table; `paths` the ways from each of these tables to
    people, best first; `keys` the row keys found where the database declares none; `unread` tables with what hides them."""

    engine: str
    schema: Schema
    personal: Mapping[TableRef, tuple[Proposal, ...]]
    references: tuple[Reference, ...]
    kinds: tuple[Kind, ...]
    paths: Mapping[TableRef, tuple[Path, ...]]
    keys: Keys
    unread: Mapping[TableRef, str]

    @property
    def columns(self) -> int:
        return sum(len(t.columns) for t in self.schema.tables if t.kind != "view")

    @property
    def found(self) -> int:
        return sum(map(len, self.personal.values()))

    @property
    def pathless(self) -> tuple[TableRef, ...]:
        """Tables with personal columns from which nothing leads to a person."""
        return tuple(ref for ref in self.personal if not self.paths.get(ref))


def readable(warehouse: Warehouse, schema: Schema, schemas: Collection[str] = ()) -> tuple[list[Table], dict[TableRef, str]]:
    """The tables to look at, and those this account cannot read with the reason. Views hold nothing themselves."""
    open_to_us: list[Table] = []
    unread: dict[TableRef, str] = {}
    for table in schema.tables:
        if table.kind == "view" or (schemas and table.ref.schema not in schemas):
            continue
        try:
            list(warehouse.rows(sql.may_read(table), name="init.may_read"))
        except WarehouseUnavailable:
            raise
        except WarehouseError as error:
            unread[table.ref] = error.problem.removeprefix("init.may_read: ")
        else:
            open_to_us.append(table)
    return open_to_us, unread


def propose(warehouse: Warehouse, schema: Schema, found: Sequence[Proposal], unread: Mapping[TableRef, str], *,
            on_stage: Stage = lambda what, done, of: None) -> Proposed:
    """A proposal for the tables of `schema`; `found` is what discovery proposed of them."""
    personal: dict[TableRef, list[Proposal]] = defaultdict(list)
    stored = {t.ref for t in schema.tables if t.kind in ("table", "partitioned")}
    for proposal in found:
        if proposal.column.table in stored:
            personal[proposal.column.table].append(proposal)
    tables = [t for t in schema.tables if t.ref in stored and t.ref not in unread]
    keys: dict[TableRef, tuple[str, ...]] = {}
    for done, table in enumerate(tables, start=1):
        if not table.primary_key and (key := row_key(warehouse, table)):
            keys[table.ref] = key
        on_stage("looking for keys", done, len(tables))
    known = declared(schema)
    read = Schema(tuple(tables))
    suspects = list(suspected(read, keys, known, personal))
    done_suspects = iter(range(1, len(suspects) + 1))
    borne_out = compared(warehouse, suspects, personal,
                         lambda _: on_stage("comparing references", next(done_suspects), len(suspects)))
    references = (*known, *borne_out)
    both: dict[TableRef, list[Reference]] = defaultdict(list)
    for r in references:
        both[r.table].append(r)
        both[r.parent].append(r)
    kinds = _kinds(warehouse, identity_tables(read, personal, references), personal, keys, references)
    ways = {t.ref: tuple(paths(t, schema, kinds, both)) for t in tables if t.ref in personal}
    more = others_named(read, personal, ways)
    if more:
        kinds = _kinds(warehouse, more, personal, keys, references, kinds)
        ways = {t.ref: tuple(paths(t, schema, kinds, both)) for t in tables if t.ref in personal}
    ordered = {ref: tuple(sorted(personal[ref])) for ref in sorted(personal)}
    return Proposed(warehouse.capabilities.engine, schema, ordered, references, tuple(kinds), ways, keys, dict(unread))


def _kinds(warehouse: Warehouse, tables: Sequence[Table], personal: Mapping[TableRef, Sequence[Proposal]], keys: Keys,
           references: Sequence[Reference], before: Sequence[Kind] = ()) -> list[Kind]:
    kinds = list(before)
    for table in tables:
        key = key_of(table, keys, references)
        if key is None:
            continue
        found = personal[table.ref]
        asked = [p.column.name for p in found if form_of(p.category)]
        [figures] = warehouse.few(sql.counts(table, asked), name="init.people")
        unique = frozenset(n for n, full, different in zip(asked, figures[1::2], figures[2::2], strict=True) if full == different > 0)
        kinds.append(kind_of(table, key, found, unique, int(figures[0]), references, [k.key for k in kinds]))
    return sorted(kinds, key=lambda k: (-k.rows, k.key))
