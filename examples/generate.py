"""Generate the demo warehouse, its files and the planted truth.

python -m examples.generate --warehouse duckdb:///demo.duckdb --stores stores --truth truth --rows 200000 --seed 7
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from examples import commerce, crm, traffic
from examples.feeds import write_feeds
from examples.home import LOADED
from examples.load import engine_of, load
from examples.planted import World, plant
from examples.spec import BY_NAME, TABLES
from examples.stores import write_files
from examples.vectors import arrow

AS_OF = datetime(2026, 10, 1, 6, tzinfo=UTC)

# Rows of each table in proportion to each other; small tables have a fixed size.
SHARES = {
    "crm.customers": 0.045,
    "crm.addresses": 0.05,
    "crm.consents": 0.12,
    "crm.subscriptions": 0.03,
    "crm.identity_documents": 0.008,
    "shop.recipients": 0.045,
    "shop.orders": 0.10,
    "shop.order_items": 0.16,
    "shop.payments": 0.10,
    "shop.Geri qaytarma": 0.005,
    "shop.pos_receipts": 0.045,
    "shop.shipments": 0.097,
    "web.visitors": 0.03,
    "web.cookie_consents": 0.025,
    "web.sessions": 0.06,
    "web.clicks": 0.045,
    "web.location_pings": 0.03,
    "support.tickets": 0.02,
    "support.messages": 0.03,
    "shop.invoices": 0.06,
    "finance.fraud_signals": 0.006,
    "staging.customers_load": 0.01,
    "staging.orders_raw": 0.012,
    "history.customers_scd": 0.02,
    "history.subscription_history": 0.012,
    "mart.customer_360": 0.02,
    "shop.reviews": 0.005,
    "web.page_views": 0.02,
    "crm.loyalty_cards": 0.01,
    "crm.store_visits": 0.01,
    "finance.risk_scores": 0.005,
    "audit.customer_changes": 0.005,
}
FIXED = {
    "shop.stores": 40,
    "shop.products": 600,
    "logistics.pickup_points": 50,
    "crm.partners": 300,
    "crm.partner_contacts": 700,
    "crm.sole_traders": 120,
    "logistics.couriers": 90,
    "finance.payouts": 600,
    "mart.daily_sales": 1200,
}
WHOLE = sum(share for name, share in SHARES.items() if not BY_NAME[name].only)
MOST_FILES = 400


def sizes(rows: int) -> dict[str, int]:
    return {t.name: FIXED.get(t.name) or max(int(rows * SHARES[t.name] / WHOLE), 20) for t in TABLES}


def build(rows: int, seed: int, as_of: datetime) -> tuple[dict[str, pa.Table], World]:
    """All tables in memory, planted rows last, and what was planted."""
    now, size = int(as_of.timestamp()), sizes(rows)
    files = min(MOST_FILES, max(rows // 500, 10))
    base, customers = crm.customers(seed, size["crm.customers"], now)
    columns: dict[str, dict[str, Any]] = {"crm.customers": customers}
    columns |= crm.around_customers(seed, base, size, now, files)
    columns |= crm.partners(seed, size, now)
    columns |= commerce.reference_tables(seed, size, now)
    columns |= commerce.commerce(seed, base, size, now, files)
    columns |= traffic.web(seed, base, size, now)
    columns |= traffic.support(seed, base, size, now)
    columns |= traffic.copies(seed, base, size, now, customers)
    world = plant(as_of)
    tables = {spec.name: arrow(spec, columns[spec.name], world.rows.get(spec.name, ())) for spec in TABLES}
    return tables, world


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.generate", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--warehouse", required=True, help="duckdb:///path or postgresql+psycopg://user@host/database")
    parser.add_argument("--stores", type=Path, required=True, help="folder for passport scans and delivery photos")
    parser.add_argument("--feeds", type=Path, help="folder for the files that third parties send")
    parser.add_argument("--truth", type=Path, help="folder for the planted truth; leave it out for benchmarks")
    parser.add_argument("--only-truth", action="store_true", help="of a warehouse made earlier with the same rows, seed and clock")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--as-of", type=datetime.fromisoformat, default=AS_OF, help="the company's clock, with a zone")
    given = parser.parse_args(argv)
    if given.as_of.tzinfo is None:
        parser.error("--as-of needs a zone, for example 2026-10-01T06:00:00+00:00")
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", file=sys.stderr, flush=True)

    engine = engine_of(given.warehouse)
    say(f"making about {given.rows:,} rows, seed {given.seed}, as of {given.as_of.isoformat()}")
    tables, world = build(given.rows, given.seed, given.as_of)
    if not given.only_truth:
        counts = load(given.warehouse, tables, say)
        say(f"{sum(counts.values()):,} rows in {len(counts)} tables")
        written = write_files(given.stores, tables, world)
        say(f"{written} files in {given.stores}")
    if given.feeds:  # the same files every time
        records = write_feeds(given.feeds, given.truth, tables, world, given.as_of, given.seed)
        say(f"{records:,} records of third parties in {given.feeds}")
    if given.truth:
        from examples.truth import write_planted, write_truth

        write_planted(given.truth, world)
        say(LOADED)
        write_truth(given.truth, tables, world, engine, given.as_of, given.seed, say)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
