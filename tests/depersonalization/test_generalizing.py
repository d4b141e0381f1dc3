"""Every kind of generalization on both engines, checked against the source by hand-written rules."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

from governance import jobs
from tests.depersonalization.world import CONTEXT, SUITE, agree, make_world

RELEASES = """
releases:
  - key: places
    name: Where orders come from
    clause: C10
    owner: engineer
    purposes: [analytics.reporting]
    source: shop.orders
    subject: buyer
    target: releases.places
    model: {k: 3, max_suppressed: 0.8}
    columns:
      - {name: buyer_key, from: customer_id, transform: {kind: pseudonymize, domain: customer}}
      - {name: order_key, from: id, transform: {kind: pseudonymize, domain: order}}
      - {name: spent, from: total, transform: {kind: interval, widths: [40, 120], lowest: 1, highest: 1}}
      - {name: cell, from: latitude, transform: {kind: geo, longitude: longitude, widths: [0.5, 5], lowest: 1, highest: 1}}
      - {name: town, from: city, through: [{table: shop.customers, where: {id: customer_id}}],
         transform: {kind: prefix, lengths: [1], lowest: 1, highest: 1}}
      - {name: day, from: placed_at, transform: {kind: date, units: [quarter], lowest: 1, highest: 1}}
"""


def test_intervals_cells_prefixes_and_quarters_hold_the_values_of_their_rows(warehouse_url: str, tmp_path: Path) -> None:
    world = make_world(warehouse_url, tmp_path / "world", RELEASES)
    (world.folder / "expectations" / "releases" / "places.yaml").write_text(SUITE.format(name="places", k=3))
    plan = jobs.CATALOGUE["depersonalize.plan"](world.installation, CONTEXT, "places")
    agree(world.installation, plan)
    jobs.CATALOGUE["depersonalize.apply"](world.installation, CONTEXT, plan["digest"])
    jobs.CATALOGUE["depersonalize.verify"](world.installation, CONTEXT, plan["digest"])
    from governance.depersonalization.pseudonyms import DomainKey

    key = DomainKey("order", 1, world.installation.keys.read("release-order/v1"))
    source = {key.token(str(i)): rest for i, *rest in world.read(
        "select o.id, o.customer_id, cast(o.total as double precision), o.latitude, o.longitude, c.city, cast(o.placed_at as varchar) "
        "from shop.orders o join shop.customers c on c.id = o.customer_id")}
    published = world.read("select order_key, spent, spent_low, spent_high, cell, town, day, day_low, day_high, buyer_key "
                           "from releases.places")
    people: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for order, spent, low, high, cell, town, day, first, last, buyer in published:
        _, total, latitude, longitude, city, moment = source[order]
        assert low <= total < high
        assert high - low == 40
        assert spent == f"[{low}, {high})"
        corner = [float(part) for part in cell.split(",")]
        assert corner == [math.floor(latitude / 0.5) * 0.5, math.floor(longitude / 0.5) * 0.5]
        assert town == city[0] + "*"
        assert str(first) <= moment[:10] or str(first) <= "2026-04-01"
        assert (last.year * 12 + last.month) - (first.year * 12 + first.month) == 3
        assert day == f"{first.year}-Q{(first.month + 2) // 3}"
        people[spent, cell, town, day].add(buyer)
    assert len(people) > 3
    assert min(map(len, people.values())) >= 3
    body = world.installation.ledger.shown_release("places").body
    assert body["published_rows"] == len(published)
    assert body["published_rows"] + body["suppressed_rows"] == body["rows"] == len(source)
    assert body["in_several_classes"] > 0  # several orders of one person lie in several intervals, and the card says so
