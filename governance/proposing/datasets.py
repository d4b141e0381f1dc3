"""The proposed datasets as YAML: one for each schema of the database, with what a person has to decide beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.domain.names import TableRef
from governance.domain.proposal import Proposal
from governance.domain.schema import Column, Table
from governance.domain.taxonomy import words
from governance.policy.model import EndState
from governance.proposing.endings import ending
from governance.proposing.names import slug
from governance.proposing.propose import Proposed
from governance.proposing.spelling import listed, spelled, tell, told
from governance.proposing.subjects import Path

Lines = Iterator[str]


def dataset(proposed: Proposed, schema: str, key: str, organization: str, owner: str) -> Lines:
    """The dataset file of one schema, line by line."""
    tables = [t for t in proposed.schema.tables if t.ref.schema == schema]
    personal = [t for t in tables if t.ref in proposed.personal]
    rest = [t for t in tables if t.kind in ("table", "partitioned") and t.ref not in proposed.personal]
    yield f"# Schema {told(schema)} as discovery found it. A proposal: every line of it is yours to correct."
    yield "# Decide next, table by table:"
    yield "#   1. Is the category right? Take the field out if the column is not personal, and name it under `not_personal:`."
    yield "#   2. What is it used for? Replace `purposes: unjudged` by purposes of purposes.yaml, and give the table a record class."
    yield "#   3. Does `subject:` lead to the right person? May whole rows go (`deletable: true`)?"
    yield "#   4. Columns under `unjudged:` looked like nothing personal. Once you have looked, move their names to `not_personal:` and add"
    yield "#      `confirmed_by:` with your user id."
    yield "# Until then the columns count as unjudged: kept, and reported. In `observe` nothing is ever changed."
    yield "dataset:"
    yield f"  - fides_key: {spelled(key)}"
    yield f"    name: {spelled(schema)}"
    yield f"    organization_fides_key: {spelled(organization)}"
    yield "    meta:"
    yield "      governance:"
    yield f"        schema: {spelled(schema)}"
    yield f"        owner: {spelled(owner)}"
    yield '        clause: "unjudged: quote the sentence of the published text that covers this data"'
    yield "        mode: {is: observe}"
    yield "        collection_points: []  # where it is collected: web site, app, point of sale"
    yield f"        engines: [{proposed.engine}]"
    yield "    collections:" if personal or rest else "    collections: []"
    for table in personal:
        yield ""
        yield from _collection(proposed, table)
    if rest:
        yield ""
        yield "      # Nothing personal was found in the tables below."
    for table in rest:
        yield from _nothing_found(proposed, table)
    yield from _left_out(tables)


def _collection(proposed: Proposed, table: Table) -> Lines:
    found = {p.column.name: p for p in proposed.personal[table.ref]}
    ways = proposed.paths.get(table.ref, ())
    yield f"      - name: {spelled(table.ref.table)}"
    yield from _notes(proposed, table, ways)
    governance = list(_governance(proposed, table, ways[0] if ways else None, [c for c in table.names if c not in found]))
    if governance:
        yield "        meta:"
        yield "          governance:"
        yield from ("            " + line for line in governance)
    yield "        fields:"
    for column in table.columns:
        if column.name in found:
            yield from _field(proposed, table, column, found[column.name], ways[0].kind if ways else None)


def _notes(proposed: Proposed, table: Table, ways: Sequence[Path]) -> Lines:
    kind = next((k for k in proposed.kinds if k.table == table.ref), None)
    if kind is not None:
        yield f"        # Its rows are taken for people: subject kind {kind.key}, known by {told(kind.column)}."
    elif not ways:
        yield "        # No path leads from here to a person, so no request can end these cells: declare `subjects:`, or say why not."
        shared = sorted({str(r.table) for r in proposed.references if r.parent == table.ref})
        if shared:
            yield f"        # Rows of {', '.join(map(told, shared))} refer to it, and nothing says that each has a row of its own."
    for path in ways[:1]:
        for r in path.through:
            how = "a foreign key" if r.declared else f"values alone say so: {r.found} of {r.compared} compared"
            yield f"        # To {path.kind} over {told(r.table)} ({tell(r.columns)}) and {told(r.parent)} ({tell(r.referred)}): {how}."
    for path in ways[1:]:
        far = f"over {len(path.through)} join{'s' if len(path.through) > 1 else ''}" if path.through else f"by {told(path.key)}"
        yield f"        # {path.kind} can be reached too, {far}."
    for line in _undeclared(proposed, table):
        yield f"        # {line}"
    for hazard in table.hazards:
        yield f"        # Look at the {hazard.kind} {told(hazard.name)} before you enforce anything here."


def _undeclared(proposed: Proposed, table: Table) -> Lines:
    for r in proposed.references:
        if r.table == table.ref and not r.declared:
            yield (f"{tell(r.columns)} refers to {told(r.parent)} ({tell(r.referred)}) by its values, {r.found} of {r.compared} "
                   "compared, and no foreign key says so.")


def _governance(proposed: Proposed, table: Table, path: Path | None, rest: Sequence[str]) -> Lines:
    if path is not None:
        yield f"subjects: {{{spelled(path.kind)}: {_spelled_path(path)}}}"
    key = proposed.keys.get(table.ref)
    if not table.primary_key and key:
        yield f"row_key: {listed(key)}  # tells all rows apart today; the database does not promise it"
    if rest:
        yield f"unjudged: {listed(rest)}"


def _spelled_path(path: Path) -> str:
    hops = []
    for r, back in zip(path.through, path.backwards, strict=True):
        there, here = (r.columns, r.referred) if back else (r.referred, r.columns)
        where = ", ".join(f"{spelled(a)}: {spelled(b)}" for a, b in zip(there, here, strict=True))
        hops.append(f"{{table: {spelled(str(r.table if back else r.parent))}, where: {{{where}}}}}")
    through = f", through: [{', '.join(hops)}]" if hops else ""
    return f"{{kind: {spelled(path.kind)}, key: {spelled(path.key)}{through}}}"


def _field(proposed: Proposed, table: Table, column: Column, found: Proposal, subject: str | None) -> Lines:
    end = ending(column, table, proposed.schema)
    yield f"          - name: {spelled(column.name)}  # {words(found.category)}, confidence {found.confidence:.2f}"
    yield f"            data_categories: {listed((found.category, *found.also))}"
    said = [f"role: {found.role}", "purposes: unjudged"]
    if subject is not None:
        said.append(f"subject: {spelled(subject)}")
    if end is not None:
        said.append(f"end_state: {spelled_end(end)}")
    without = "" if end is not None else "  # nothing fits here: the row has to go, or the column to change"
    yield f"            meta: {{governance: {{{', '.join(said)}}}}}{without}"


def spelled_end(end: EndState) -> str:
    given = [("value", end.value), ("domain", end.domain)]
    more = "".join(f", {name}: {spelled(value)}" for name, value in given if value is not None)
    return f"{{kind: {spelled(end.kind)}{more}}}"


def _nothing_found(proposed: Proposed, table: Table) -> Lines:
    yield f"      - name: {spelled(table.ref.table)}"
    if table.ref in proposed.unread:
        yield f"        # Not looked at, because this account may not read it: {told(proposed.unread[table.ref])}."
    for r in _undeclared(proposed, table):
        yield f"        # {r}"
    governance = list(_governance(proposed, table, None, table.names))
    if governance:
        yield f"        meta: {{governance: {{{governance[-1]}}}}}"
    yield "        fields: []"


def _left_out(tables: Sequence[Table]) -> Lines:
    copies = [t for t in tables if t.kind == "materialized view"]
    if copies:
        yield ""
    for table in copies:
        yield f"# {told(table.ref)} is a materialized view: a copy until it is refreshed. Declare it, or refresh it after each disposal."


def dataset_keys(schemas: Sequence[str]) -> dict[str, str]:
    """A key and file name for each schema."""
    found: dict[str, str] = {}
    for schema in schemas:
        found[schema] = slug(schema, taken=found.values())
    return found


def schemas_of(proposed: Proposed) -> list[str]:
    refs: list[TableRef] = [t.ref for t in proposed.schema.tables if t.kind != "view"]
    return sorted({ref.schema for ref in refs})
