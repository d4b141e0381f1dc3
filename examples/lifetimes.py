"""Judge one row at a time: which purposes are over, which cells are due, which rows go. Slow and plain on purpose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from examples.clock import is_before
from examples.endstate import is_ended
from examples.rules import RULES, After, Cell, Consent, Row
from examples.spec import BY_NAME, Reference, tables_of

LEDGERS = {"customer": ("crm.consents", "customer_id"), "visitor": ("web.cookie_consents", "visitor_id")}


class Judge:
    """All rows of one moment. `held`: (kind, key) under a legal hold. `asked`: who one request is about, None by schedule."""

    def __init__(
        self,
        rows: dict[str, list[Row]],
        engine: str,
        as_of: datetime,
        held: set[tuple[str, str]],
        asked: set[tuple[str, str]] | None = None,
        asked_terms: tuple[str, ...] = (),
    ) -> None:
        self.all, self.as_of, self.held, self.asked, self.asked_terms = rows, as_of, held, asked, asked_terms
        self._index: dict[tuple[str, str], dict[Any, list[Row]]] = {}
        self._goes: dict[tuple[str, int], bool] = {}
        self._over: dict[tuple[str, int, str], bool | None] = {}
        self._children: dict[str, list[tuple[str, Reference]]] = defaultdict(list)
        for spec in tables_of(engine):
            for ref in spec.references:
                self._children[ref.table].append((spec.name, ref))
        self._living = {table: self.living_pairs(table) for table, _ in LEDGERS.values()}

    def rows(self, table: str, column: str, value: Any) -> list[Row]:
        """Rows of `table` with `value` in `column`; none for null."""
        place = (table, column)
        if place not in self._index:
            found: dict[Any, list[Row]] = defaultdict(list)
            for row in self.all[table]:
                found[row[column]].append(row)
            self._index[place] = found
        return [] if value is None else self._index[place].get(value, [])

    # ---- subjects ----------------------------------------------------------------------------------------------

    def subject(self, table: str, row: Row, name: str) -> tuple[str, Any]:
        kind, find = RULES[table].subjects[name]
        return kind, find(self, row)

    def subjects(self, table: str, row: Row) -> Iterator[tuple[str, str]]:
        for name in RULES[table].subjects:
            kind, key = self.subject(table, row, name)
            if key is not None:
                yield kind, str(key)

    def is_held(self, table: str, row: Row) -> bool:
        return bool(self.held) and any(s in self.held for s in self.subjects(table, row))

    def touches(self, table: str, row: Row) -> bool:
        return any(s in (self.asked or ()) for s in self.subjects(table, row))

    # ---- purposes ----------------------------------------------------------------------------------------------

    def living_pairs(self, ledger: str) -> set[tuple[Any, str]]:
        """(subject, preference) with a consent given by now and not withdrawn by now. Visitors by their cookie."""
        now = self.as_of.astimezone(UTC).replace(tzinfo=None)
        column = "customer_id" if ledger == "crm.consents" else "visitor_id"
        living = set()
        for row in self.all[ledger]:
            if row["granted_at"] <= now and (row["withdrawn_at"] is None or row["withdrawn_at"] > now):
                key = row[column]
                if ledger != "crm.consents":
                    found = self.rows("web.visitors", "visitor_id", key)
                    key = found[0]["cookie_id"] if found else None
                living.add((key, row["preference"]))
        return living

    def dead(self, life: After | Consent, table: str, row: Row, cell: Cell) -> bool | None:
        """Whether the purpose is over by its dates or by the lack of consent; None when nobody can say."""
        if isinstance(life, Consent):
            kind, key = self.subject(table, row, cell.subject)
            return key is None or kind not in LEDGERS or (key, life.preference) not in self._living[LEDGERS[kind][0]]
        moments = life.when(self, row)
        if moments is not None:
            return all(is_before(m, self.as_of, life.keep) for m in moments)
        if life.latest is None or row[life.latest[0]] is None:
            return None
        return is_before(row[life.latest[0]], self.as_of, life.latest[1])

    # ---- cells -------------------------------------------------------------------------------------------------

    def over(self, table: str, row: Row, column: str) -> bool | None:
        place = (table, id(row), column)
        if place not in self._over:
            self._over[place] = self._judge(table, row, RULES[table].columns[column])
        return self._over[place]

    def _judge(self, table: str, row: Row, cell: Cell) -> bool | None:
        mine = self._own(table, row, cell)
        if not cell.copy_of:
            return mine
        if self._source_over(table, row, cell.copy_of):
            return True
        return mine if cell.lives or self.asked is not None else False

    def _own(self, table: str, row: Row, cell: Cell) -> bool | None:
        if self.asked is not None:
            kind, key = self.subject(table, row, cell.subject)
            if (kind, str(key)) not in self.asked:
                return False
            return all(
                self.dead(life, table, row, cell) is True for life in cell.lives if isinstance(life, After) and life.survives
            )
        if cell.unjudged:
            return None
        answers = [self.dead(life, table, row, cell) for life in cell.lives]
        if not answers:
            return None
        return False if False in answers else None if None in answers else True

    def _source_over(self, table: str, row: Row, column: str) -> bool:
        """No original any more, or its cell has ended or is due."""
        source, here, there = RULES[table].copies
        for original in self.rows(source, there, row[here]):
            end = RULES[source].columns[column].end
            if not is_ended(end, original[column]) and self.over(source, original, column) is not True:
                return False
        return True

    def due_columns(self, table: str, row: Row) -> list[str]:
        return [
            c for c, cell in RULES[table].columns.items() if not is_ended(cell.end, row[c]) and self.over(table, row, c) is True
        ]

    def gap_columns(self, table: str, row: Row) -> list[str]:
        return [
            c for c, cell in RULES[table].columns.items() if self.over(table, row, c) is None and not is_ended(cell.end, row[c])
        ]

    # ---- rows --------------------------------------------------------------------------------------------------

    def goes(self, table: str, row: Row, ignore_own_hold: bool = False) -> bool:
        """Whether the row is deleted."""
        if not ignore_own_hold and self.is_held(table, row):
            return False
        place = (table, id(row))
        if place not in self._goes:
            self._goes[place] = self._row(table, row)
        return self._goes[place]

    def _row(self, table: str, row: Row) -> bool:
        rule = RULES.get(table)
        if rule is None or rule.observe or rule.deletes is False:
            return False
        if isinstance(rule.deletes, str):
            return any(
                self.goes(rule.deletes, parent) for parent in self._parents(table, row, rule.deletes)
            ) and not self._blocked(table, row)
        if self.asked is not None and not self.touches(table, row):
            return False
        if not rule.columns or not all(
            is_ended(cell.end, row[c]) or self.over(table, row, c) is True for c, cell in rule.columns.items()
        ):
            return False
        return not self._blocked(table, row)

    def _parents(self, table: str, row: Row, parent: str) -> list[Row]:
        return [p for ref in BY_NAME[table].references if ref.table == parent for p in self.rows(parent, ref.to, row[ref.column])]

    def _blocked(self, table: str, row: Row) -> bool:
        """Whether a row that stays refers to this one."""
        for child, ref in self._children[table]:
            if ref.on_delete == "SET NULL":
                continue
            follows = child in RULES and RULES[child].deletes == table
            for found in self.rows(child, ref.column, row[ref.to]):
                stays = (self.is_held(child, found) or self._blocked(child, found)) if follows else not self.goes(child, found)
                if stays:
                    return True
        return False

    # ---- words -------------------------------------------------------------------------------------------------

    def why(self, table: str, row: Row) -> str:
        """The purposes that were over, for people who read the truth."""
        if self.asked is not None:
            return "request"
        rule = RULES[table]
        names = sorted({life.purpose for c in self.due_columns(table, row) for life in rule.columns[c].lives})
        return (
            f"goes with {rule.deletes}"
            if isinstance(rule.deletes, str) and not names
            else ", ".join(names) or "copy, or nothing personal left"
        )

    def survivors(self, table: str, row: Row) -> Iterator[tuple[str, str]]:
        """Columns of the people who asked that an obligation keeps: (column, purpose)."""
        for column, cell in RULES[table].columns.items():
            kind, key = self.subject(table, row, cell.subject)
            if (
                (kind, str(key)) in (self.asked or ())
                and not is_ended(cell.end, row[column])
                and self.over(table, row, column) is not True
            ):
                keeps = sorted(
                    {
                        x.purpose
                        for x in cell.lives
                        if isinstance(x, After) and x.survives and self.dead(x, table, row, cell) is not True
                    }
                )
                yield column, ", ".join(keeps)
