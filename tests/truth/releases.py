"""The demo's releases, judged a second time in plain Python: from the source rows, by hand-written rules, knowing nothing of the product.

For every release: exactly the rows that may leave stand there, k and l hold by brute force, no identifier of the source stands in
any file, and the files say the same as the table.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Rows = list[dict[str, Any]]
POLICY = Path(__file__).parents[2] / "policy" / "releases"
AS_OF = datetime.fromisoformat("2026-10-01T06:00:00")
K, L, STEP = 5, 3, 25
IDENTIFIERS = {
    "crm.customers": ("customer_no", "first_name", "last_name", "full_name", "email", "phone", "username", "social_handle"),
    "shop.orders": ("buyer_name", "contact_email", "recipient_name", "recipient_phone", "recipient_address",
                    "device_id", "ip_address", "order_no"),
    "shop.recipients": ("name", "phone", "address"),
}


def wrong_releases(rows: dict[str, Rows], stores: Path) -> list[str]:
    """Everything that is wrong with the releases, in sentences; empty when they were not published or are right."""
    found: list[str] = []
    for name, judge in (("orders", wrong_orders), ("customers", wrong_customers)):
        tables = [t for t in rows if t.startswith(f"releases.{name}__v")]
        if len(tables) > 1:
            found.append(f"{name}: {len(tables)} versions stand there")
        for table in tables[:1]:
            found += [f"{name}: {words}" for words in judge(rows, rows[table])]
            found += [f"{name}: {words}" for words in wrong_files(rows, rows[table], stores / "releases", name)]
    return found


def born_label(value: str | None, published: Iterable[str | None]) -> str | None:
    """A birth date at the level that the published labels are of."""
    labels = [p for p in published if p is not None]
    if labels and all(p == "*" for p in labels):
        return "*"
    if value is None:
        return None
    year = date.fromisoformat(str(value)[:10]).year
    return f"{year // 10 * 10}s" if any(p.endswith("s") for p in labels) else str(year)


def by_file(file: str, published: Iterable[str | None]) -> Callable[[str | None], str | None]:
    """Values to labels by a hierarchy file, at the finest level that explains all published labels."""
    with (POLICY / file).open(encoding="utf-8", newline="") as lines:
        levels = {row[0]: row for row in csv.reader(lines, delimiter=";")}
    labels = {p for p in published if p is not None}
    level = next(n for n in range(3) if labels <= {row[n] for row in levels.values()})
    return lambda value: ("*" if level == 2 else None) if value is None else levels[value][level]


def wrong_orders(rows: dict[str, Rows], published: Rows) -> list[str]:
    customers = {c["customer_id"]: c for c in rows["crm.customers"]}
    city = by_file("cities.csv", (p["buyer_city"] for p in published))
    people: dict[tuple[Any, ...], set[Any]] = defaultdict(set)
    spent: dict[tuple[Any, ...], set[Any]] = defaultdict(set)
    lines = []
    for order in rows["shop.orders"]:
        if order["buyer_id"] is None:
            continue
        buyer = customers.get(order["buyer_id"], {"birth_date": None, "city": None})
        group = (born_label(buyer["birth_date"], (p["buyer_born"] for p in published)), city(buyer["city"]))
        amount = None if order["total"] is None else int(Decimal(str(order["total"])) / STEP + Decimal("0.5")) * STEP
        people[group].add(order["buyer_id"])
        if amount is not None:
            spent[group].add(amount)
        lines.append((*group, order["status"], amount))
    kept = {g for g in people if len(people[g]) >= K and len(spent[g]) >= L}
    expected = Counter(line for line in lines if line[:2] in kept)
    there = Counter((p["buyer_born"], p["buyer_city"], p["status"], None if p["spent"] is None else int(Decimal(str(p["spent"]))))
                    for p in published)
    wrong = []
    if expected != there:
        wrong.append(f"{(expected - there).total():,} rows are missing and {(there - expected).total():,} may not be there")
    keys: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    values: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for p in published:
        keys[p["buyer_born"], p["buyer_city"]].add(p["buyer_key"])
        values[p["buyer_born"], p["buyer_city"]].add(str(p["spent"]))
    if min(map(len, keys.values()), default=K) < K:
        wrong.append(f"a class has {min(map(len, keys.values()))} people")
    if min(map(len, values.values()), default=L) < L:
        wrong.append(f"a class has {min(map(len, values.values()))} amounts")
    if len({p["order_key"] for p in published}) != len(published):
        wrong.append("two orders have one key")
    if any(p[k] is None or not str(p[k]).startswith(start) for p in published for k, start in (("order_key", "o"), ("buyer_key", "c"))):
        wrong.append("a key is no pseudonym")
    return wrong


def wrong_customers(rows: dict[str, Rows], published: Rows) -> list[str]:
    allowed = {c["customer_id"] for c in rows["crm.consents"] if c["preference"] == "personalization"
               and _moment(c["granted_at"]) <= AS_OF and (c["withdrawn_at"] is None or _moment(c["withdrawn_at"]) > AS_OF)}
    language = by_file("languages.csv", (p["language"] for p in published))
    groups = Counter((born_label(c["birth_date"], (p["born"] for p in published)), c["gender"], language(c["language"]))
                     for c in rows["crm.customers"] if c["customer_id"] in allowed)
    expected = {g: n for g, n in groups.items() if n >= K}
    there = {(p["born"], p["gender"], p["language"]): int(p["people"]) for p in published}
    return [] if expected == there else [f"{len(expected.items() ^ there.items())} groups or counts are not those of the source"]


def wrong_files(rows: dict[str, Rows], published: Rows, store: Path, name: str) -> list[str]:
    manifest = json.loads((store / name / "manifest.json").read_text(encoding="utf-8"))
    wrong = []
    read = [row for file in manifest["files"] for row in pq.read_table(store / file["name"]).to_pylist()]
    if len(read) != len(published) or manifest["rows"] != len(published):
        wrong.append(f"the files hold {len(read):,} rows, the table {len(published):,}")
    stray = {p.relative_to(store).as_posix() for p in (store / name).rglob("*") if p.is_file()} - {f["name"] for f in manifest["files"]}
    if stray != {f"{name}/manifest.json"}:
        wrong.append(f"{len(stray) - 1} files stand there that the manifest does not name")
    values = {str(row[column]) for table, columns in IDENTIFIERS.items() for row in rows.get(table, []) for column in columns
              if row.get(column) is not None and len(str(row[column])) > 5}
    cells = {str(cell) for row in read for cell in row.values() if isinstance(cell, str)}
    if cells & values:
        wrong.append(f"{len(cells & values)} cells hold an identifier of the source")
    body = b"".join((store / file["name"]).read_bytes() for file in manifest["files"])
    if any(value.encode() in body for value in sorted(values)[:5_000]):
        wrong.append("an identifier of the source stands in the bytes of a file")
    return wrong


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(str(text).rstrip("Z"))
