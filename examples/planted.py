"""Rows planted among the generated ones: boundaries, requests, legal holds, canaries. Ids begin at 900,000,001.

Planted people use the operator code 10, which the generator never does, so their numbers occur nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from examples.clock import cutoff_day, cutoff_moment
from examples.people import ascii_name

FIRST_ID = 900_000_000
Row = dict[str, Any]
SECOND = timedelta(seconds=1)


@dataclass
class World:
    """What was planted. `expect` are statements made by hand that the evaluated truth must agree with."""

    as_of: datetime
    rows: dict[str, list[Row]] = field(default_factory=dict)
    expect: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    holds: list[Row] = field(default_factory=list)
    canaries: list[Row] = field(default_factory=list)
    file_text: dict[str, str] = field(default_factory=dict)
    last: int = FIRST_ID

    @property
    def now(self) -> datetime:
        return self.as_of.astimezone(UTC).replace(tzinfo=None)

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def add(self, table: str, key: str = "", **columns: Any) -> int:
        """A row with the next id in `key`; the id."""
        self.last += 1
        self.rows.setdefault(table, []).append({key: self.last, **columns} if key else columns)
        return self.last

    def say(self, label: str, table: str, key: Row, fate: str, columns: tuple[str, ...] = (), **more: Any) -> None:
        """`fate`: delete, ends (exactly these columns), stays, gap (these columns), held."""
        self.expect.append({"label": label, "table": table, "key": key, "fate": fate, "columns": sorted(columns), **more})

    def canary(self, value: str, table: str, column: str, because: str) -> str:
        """Remember a value that occurs nowhere else; the value."""
        self.canaries.append({"value": value, "table": table, "column": column, "because": because})
        return value


@dataclass(frozen=True)
class Somebody:
    """A planted customer with a recipient row of their own."""

    id: int
    recipient: int
    first: str
    last: str
    email: str
    digits: str
    number: str

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"

    def phone(self, shape: int = 0) -> str:
        d = self.digits
        return (
            f"+994 {d[:2]} {d[2:5]} {d[5:7]} {d[7:]}",
            f"0{d[:2]}-{d[2:5]}-{d[5:7]}-{d[7:]}",
            f"(0{d[:2]}) {d[2:5]} {d[5:]}",
            f"994{d}",
        )[shape]


def customer(
    world: World, first: str, last: str, digits: str, *, email: str = "", recipient: bool = True, **columns: Any
) -> Somebody:
    email = email or f"{ascii_name(first)}.{ascii_name(last)}@planted.example".lower()
    number = f"K-9{world.last + 1 - FIRST_ID:07d}"
    shown = f"+994 {digits[:2]} {digits[2:5]} {digits[5:7]} {digits[7:]}"
    row: Row = {
        "customer_no": number,
        "first_name": first,
        "last_name": last,
        "full_name": f"{first} {last}",
        "email": email,
        "phone": shown,
        "birth_date": datetime(1988, 3, 14).date(),
        "gender": "f",
        "city": "Bakı",
        "username": email.split("@")[0] + digits[-3:],
        "language": "az",
        "created_at": world.ago(2600),
        "last_seen_at": world.ago(2),
        "policy_version": "2023-04",
        "status": "open",
    }
    ident = world.add("crm.customers", "customer_id", **(row | columns))
    own = (
        world.add(
            "shop.recipients",
            "recipient_id",
            customer_id=ident,
            name=f"{first} {last}",
            phone=shown,
            address=f"Planlı küçəsi {digits[-2:]}, mənzil 7",
            created_at=world.ago(2600),
        )
        if recipient
        else 0
    )
    return Somebody(ident, own, first, last, email, digits, number)


def stranger(world: World, name: str, digits: str) -> Somebody:
    """A recipient who never signed up."""
    shown = f"0{digits[:2]}-{digits[2:5]}-{digits[5:7]}-{digits[7:]}"
    ident = world.add(
        "shop.recipients", "recipient_id", name=name, phone=shown, address="Yad küçəsi 5", created_at=world.ago(900)
    )
    first, last = name.split(" ", 1)
    return Somebody(0, ident, first, last, "", digits, "")


def order(
    world: World,
    buyer: Somebody | None,
    to: Somebody,
    placed: datetime,
    *,
    delivered: datetime | None = None,
    paid: datetime | None = None,
    cancelled: datetime | None = None,
    shipped: bool = True,
    note: str | None = None,
    photo: str | None = None,
    **columns: Any,
) -> tuple[int, int]:
    """An order, one parcel and, when `paid`, its payment; the ids of order and shipment (0 without one)."""
    row: Row = {
        "order_no": f"KG-P-{world.last}",
        "buyer_id": buyer.id if buyer else None,
        "recipient_id": to.recipient,
        "placed_at": placed,
        "cancelled_at": cancelled,
        "status": "cancelled" if cancelled else "placed",
        "buyer_name": buyer.full if buyer else "Qonaq",
        "contact_email": buyer.email if buyer else None,
        "recipient_name": to.full,
        "recipient_phone": to.phone(1),
        "recipient_address": f"Sifariş küçəsi {world.last % 97}",
        "ip_address": "85.132.77.9",
        "device_id": f"dev-{world.last}-aaaa",
        "total": 12,
        "policy_version": "2023-04",
    }
    ident = world.add("shop.orders", "order_id", **(row | columns))
    parcel = 0
    if shipped and not cancelled:
        parcel = world.add(
            "shop.shipments",
            "shipment_id",
            order_id=ident,
            recipient_id=to.recipient,
            courier_id=1,
            tracking_no=f"KRGP{world.last}AZ",
            shipped_at=placed + timedelta(hours=20),
            delivered_at=delivered,
            recipient_name=to.full,
            recipient_phone=to.phone(2),
            address=f"Sifariş küçəsi {world.last % 97}",
            courier_note=note,
            delivery_photo=photo,
            weight_grams=500,
        )
    if paid:
        world.add(
            "shop.payments",
            "payment_id",
            order_id=ident,
            method="card",
            amount=12,
            payer_name=row["buyer_name"],
            card_masked="4169 **** **** 0007",
            reference=f"TRXP{world.last}",
            paid_at=paid,
        )
    return ident, parcel


def plant(as_of: datetime) -> World:
    from examples import planted_cases, planted_requests

    world = World(as_of)
    planted_cases.plant(world)
    planted_requests.plant(world)
    return world


def contact_json(who: Somebody, canary: str) -> str:
    return json.dumps(
        {"name": who.full, "phone": who.phone(0), "email": who.email, "lang": "az", "source": canary}, ensure_ascii=False
    )


def edge(world: World, keep: str, seconds: int = 0) -> datetime:
    return cutoff_moment(world.as_of, keep) + timedelta(seconds=seconds)


def edge_day(world: World, keep: str, days: int = 0):  # type: ignore[no-untyped-def]
    return cutoff_day(world.as_of, keep) + timedelta(days=days)
