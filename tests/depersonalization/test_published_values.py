"""What the engine publishes, joined and counted in one statement, is what each value alone becomes. On both engines, nulls included."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from governance.depersonalization.hierarchy import date_ladder, interval_ladder, prefix_ladder
from governance.depersonalization.pseudonyms import DomainKey
from governance.domain.patterns import redact
from tests.depersonalization.world import SUITE, World, make_world, publish

RELEASES = """
releases:
  - key: mixed
    name: Orders, every transform
    clause: C10
    owner: engineer
    purposes: [analytics.reporting]
    source: shop.orders
    subject: buyer
    target: releases.mixed
    store: releases
    model: {k: 2, max_suppressed: 0.9}
    columns:
      - {name: who, from: customer_id, transform: {kind: pseudonymize, domain: customer}}
      - {name: order_key, from: id, transform: {kind: pseudonymize, domain: order}}
      - {name: spent, from: total, transform: {kind: interval, widths: [12.5, 50], lowest: 1, highest: 1}, role: quasi_identifier}
      - {name: north, from: latitude, transform: {kind: interval, widths: [0.5, 5], lowest: 2, highest: 2}, role: quasi_identifier}
      - {name: town, from: city, through: [{table: shop.customers, where: {id: customer_id}}],
         transform: {kind: prefix, lengths: [2], lowest: 1, highest: 1}}
      - {name: month, from: placed_at, transform: {kind: date, units: [month], lowest: 1, highest: 1}, role: quasi_identifier}
      - {name: sort, from: kind, transform: {kind: keep}, role: quasi_identifier}
      - {name: exact, from: total, transform: {kind: keep}, role: sensitive}
      - {name: moved, from: placed_at, transform: {kind: shift, domain: customer, days: 9}, role: sensitive}
      - {name: note, transform: {kind: redact}}
"""


@pytest.fixture
def published(warehouse_url: str, tmp_path: Path) -> World:
    made = make_world(warehouse_url, tmp_path / "world", RELEASES)
    (made.folder / "expectations" / "releases" / "mixed.yaml").write_text(SUITE.format(name="mixed", k=2))
    made.run("UPDATE shop.orders SET total = NULL WHERE mod(id, 3) = 0", "UPDATE shop.orders SET kind = NULL WHERE mod(id, 4) = 0",
             "UPDATE shop.orders SET placed_at = NULL WHERE mod(id, 30) = 0",
             "UPDATE shop.orders SET latitude = NULL WHERE customer_id < 9",
             "UPDATE shop.customers SET city = NULL WHERE mod(id, 6) = 0", "UPDATE shop.orders SET note = NULL WHERE mod(id, 7) = 0")
    publish(made, "mixed")
    return made


def _source(world: World) -> list[tuple[Any, ...]]:
    return world.read("SELECT o.id, o.customer_id, o.total, o.latitude, c.city, o.placed_at, o.kind, o.note, c.name, c.email "
                      "FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id")


def _day(moment: datetime | None) -> Any:
    from zoneinfo import ZoneInfo

    return None if moment is None else moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo("Asia/Baku")).date()


def _labels(world: World) -> dict[str, dict[Any, Any]]:
    """Per quasi-identifier value -> label, each value alone."""
    rows = _source(world)
    spent, north = interval_ladder("spent", ["12.5", 50]), interval_ladder("north", ["0.5", 5])
    town, month = prefix_ladder("town", [2]), date_ladder("month", ["month"])
    total = {None if v is None else float(v): spent.labels(pl.Series([v], dtype=pl.Float64), 1)[0] for v in
             {None if row[2] is None else float(row[2]) for row in rows}}
    return {"spent": total, "north": {v: north.labels(pl.Series([v], dtype=pl.Float64), 2)[0] for v in {row[3] for row in rows}},
            "town": {v: town.labels(pl.Series([v], dtype=pl.String), 1)[0] for v in {row[4] for row in rows}},
            "month": {v: month.labels(pl.Series([v], dtype=pl.Date), 1)[0] for v in {_day(row[5]) for row in rows}}}


def test_every_published_cell_is_what_its_value_alone_becomes(published: World) -> None:
    keys = {domain: DomainKey(domain, 1, published.installation.keys.read(f"release-{domain}/v1")) for domain in ("customer", "order")}
    labels = _labels(published)
    expected: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    people: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for number, buyer, total, latitude, city, at, kind, note, name, email in _source(published):
        day, amount = _day(at), None if total is None else float(total)
        of = (labels["spent"][amount], labels["north"][latitude], labels["town"][city], labels["month"][day], kind)
        moved = None if day is None else day.toordinal() + keys["customer"].shift(str(buyer), 9)
        text = None if note is None else redact(note, sorted({name, email}))
        expected[of].append((keys["customer"].token(str(buyer)), keys["order"].token(str(number)), amount, moved, text))
        people[of].add(str(buyer))
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for who, order, *of, exact, moved, note in published.read(
            "SELECT who, order_key, spent, north, town, month, sort, exact, moved, note FROM releases.mixed"):
        found[tuple(of)].append((who, order, None if exact is None else float(exact), None if moved is None else moved.toordinal(), note))
    kept = {of for of, who in people.items() if len(who) >= 2}
    assert set(found) == kept
    assert {of: sorted(rows, key=repr) for of, rows in found.items()} == {of: sorted(expected[of], key=repr) for of in kept}
    assert any(None in of for of in kept)  # unknown is a class of its own, and was published
    assert len(kept) < len(people)  # and some classes were too small


def test_bounds_are_those_of_the_label_and_null_for_the_unknown(published: World) -> None:
    rows = published.read("SELECT spent, spent_low, spent_high, month, month_low, month_high FROM releases.mixed")
    for spent, low, high, month, first, last in rows:
        assert (spent is None) == (low is None) == (high is None)
        assert (month is None) == (first is None) == (last is None)
        if spent is not None:
            assert [float(low), float(high)] == [float(part) for part in re.findall(r"[\d.]+", spent)]
        if month is not None:
            assert month == f"{first:%Y-%m}"
            assert 28 <= (last - first).days <= 31
    assert {row[0] is None for row in rows} == {row[3] is None for row in rows} == {True, False}


def test_the_file_holds_the_rows_of_the_table_in_their_order(published: World) -> None:
    [path] = (published.folder / "stores").rglob("*.parquet")
    file = pq.read_table(path)
    rows = published.read("SELECT * FROM releases.mixed")
    told = [tuple(row.values()) for row in file.to_pylist()]
    plain = [tuple(float(v) if hasattr(v, "as_tuple") else v for v in row) for row in rows]
    as_floats = [tuple(float(v) if hasattr(v, "as_tuple") else v for v in row) for row in told]
    assert Counter(as_floats) == Counter(plain)
    assert [row[:2] for row in told] == sorted(row[:2] for row in told)
