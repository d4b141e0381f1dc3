"""What a policy may name: its own keys, the tables and columns it declares, and those of a live schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from governance.domain.names import TableRef
from governance.domain.schema import Schema
from governance.policy.load import LoadedPolicy
from governance.policy.mistakes import Mistake, Weight, nearest
from governance.policy.model import Hop, SubjectPath
from governance.policy.read import Where


@dataclass(frozen=True)
class Known:
    """The policy and, when there is one, the live schema beside it."""

    loaded: LoadedPolicy
    schema: Schema | None = None

    def mistake(self, path: Where, problem: str, fix: str, weight: Weight = Weight.MISTAKE) -> Mistake:
        return Mistake(self.loaded.where(*path), problem, fix, weight)

    def columns(self, ref: TableRef) -> frozenset[str] | None:
        """The columns of a table: the live ones where the table is live, else the declared ones; None for no such table."""
        live = self.schema.get(ref) if self.schema else None
        if live is not None:
            return frozenset(live.names)
        found = self.loaded.governed(ref)
        if found is None or found.collection.governance.retired:
            return None
        return frozenset((*(f.name for f in found.collection.fields), *found.collection.governance.not_personal,
                          *found.collection.governance.unjudged,
                          *found.collection.governance.row_key))

    def tables(self) -> set[str]:
        live = {str(t.ref) for t in self.schema.tables} if self.schema else set()
        return live | {str(t.ref) for t in self.loaded.tables()}

    # ---- one name ------------------------------------------------------------------------------------------------

    def among(self, path: Where, what: str, key: str, known: Iterable[str]) -> Iterator[Mistake]:
        """`key` has to be one of `known`."""
        names = set(known)
        if key not in names:
            yield self.mistake(path, f"there is no {what} `{key}`", nearest(key, names, f"declare {what} `{key}`, or correct it"))

    def of_table(self, path: Where, ref: TableRef, names: Iterable[str]) -> Iterator[Mistake]:
        """The table has to exist and to have the columns `names`."""
        columns = self.columns(ref)
        if columns is None:
            tables = self.tables()
            retired = self.loaded.governed(ref) is not None
            unknown = nearest(str(ref), tables, "declare the table under a dataset, or correct it")
            fix = "name a table in use" if retired else unknown
            yield self.mistake(path, f"table {ref} is retired" if retired else f"there is no table {ref}", fix)
            return
        for name in names:
            if name not in columns:
                yield self.mistake(path, f"table {ref} has no column `{name}`",
                                   nearest(name, columns, "declare it under `fields:` or `not_personal:`, or correct it"))

    # ---- paths ---------------------------------------------------------------------------------------------------

    def hops(self, path: Where, start: TableRef, hops: Sequence[Hop]) -> Iterator[Mistake]:
        """Every hop joins columns that exist on both sides."""
        for number, hop in enumerate(hops):
            here = (*path, "through", number)
            yield from self.of_table((*here, "table"), hop.table, ())
            for left, right in hop.where.items():
                at = (*here, "where", left)
                if self.columns(hop.table) is not None:
                    yield from self.of_table(at, hop.table, (left,))
                if self.columns(start) is not None:
                    yield from self.of_table(at, start, (right,))
            start = hop.table

    def subject(self, path: Where, start: TableRef, subject: SubjectPath) -> Iterator[Mistake]:
        """The path's kind, hops and key exist."""
        yield from self.among((*path, "kind"), "subject kind", subject.kind, (k.key for k in self.loaded.policy.subject_kinds))
        yield from self.hops(path, start, subject.through)
        last = subject.through[-1].table if subject.through else start
        if self.columns(last) is not None:
            yield from self.of_table((*path, "key"), last, (subject.key,))

    def equated(self, path: Where, here: TableRef, there: TableRef, where: Mapping[str, str]) -> Iterator[Mistake]:
        """`where` equates columns of `here` (left) with columns of `there` (right)."""
        yield from self.of_table((*path, "table"), there, ())
        for left, right in where.items():
            yield from self.of_table((*path, "where", left), here, (left,))
            if self.columns(there) is not None:
                yield from self.of_table((*path, "where", left), there, (right,))
