"""Shop, logistics and the invoices: orders with buyer and recipient, shipments, payments, receipts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from examples.crm import VERSIONS, Base, Columns, chosen
from examples.people import People, addresses, emails, fins, ibans, people
from examples.vectors import DAY, Dice, at, glue, on, padded, seconds, text, where, words

NOTES = (
    "Qapıda saxlayın",
    "Zəng etmədən gəlməyin",
    "Həyətdə it var",
    "Домофон не работает",
    "Left with the guard",
    "Bağlama zədəsiz təhvil verildi",
)


def reference_tables(seed: int, sizes: dict[str, int], now: int) -> dict[str, Columns]:
    """Stores, products, reviews, pickup points: nobody's personal data, though much of it looks like it."""
    found: dict[str, Columns] = {}
    n, dice = sizes["shop.stores"], Dice(seed, "shop.stores")
    city = dice.pick(words("cities"), n)
    found["shop.stores"] = {
        "store_id": np.arange(1, n + 1),
        "name": glue("Kargo Market ", city, " ", text(np.arange(1, n + 1))),
        "city": city,
        "address": addresses(dice, n),
        "phone": glue("012 4", padded(dice.whole(0, 99, n), 2), " ", padded(dice.whole(0, 9999, n), 4)),
        "opened_on": on(dice.between(seconds(2010), now, n)),
    }
    n, dice = sizes["shop.products"], Dice(seed, "shop.products")
    body = dice.whole(476_000_000_000, 476_999_999_999, n)
    found["shop.products"] = {
        "product_id": np.arange(1, n + 1),
        "sku": glue("SKU-", padded(dice.whole(0, 10**8, n), 8)),
        "ean13": text(_ean13(body)),
        "name": glue(dice.pick(words("products"), n), " ", text(np.arange(1, n + 1))),
        "brand": dice.pick(words("companies"), n),
        "price": dice.money(2, 900, n),
        "created_at": at(dice.between(seconds(2018), now, n)),
    }
    products = n
    n, dice = sizes["shop.reviews"], Dice(seed, "shop.reviews")
    found["shop.reviews"] = {
        "review_id": np.arange(1, n + 1),
        "product_id": dice.whole(1, products + 1, n),
        "stars": dice.whole(1, 6, n),
        "body": dice.pick(
            [
                "Çox yaxşı məhsuldur, tövsiyə edirəm.",
                "Отличное качество, доставка за 2 дня.",
                "Rəngi şəkildəkindən fərqlidir.",
                "Kaliteli ürün, 5 yıldız.",
                "Broke after 3 weeks, battery lasts 40 minutes.",
                "Qiymətinə görə normaldır.",
            ],
            n,
        ),
        "posted_on": on(dice.between(seconds(2019), now, n)),
    }
    n, dice = sizes["logistics.pickup_points"], Dice(seed, "logistics.pickup_points")
    city = dice.pick(words("cities"), n)
    found["logistics.pickup_points"] = {
        "point_id": np.arange(1, n + 1),
        "name": glue("Təhvil məntəqəsi ", city, " ", text(np.arange(1, n + 1))),
        "city": city,
        "phone": glue("012 5", padded(dice.whole(0, 99, n), 2), " ", padded(dice.whole(0, 9999, n), 4)),
        "latitude": np.round(dice.rng.uniform(38.5, 41.8, n), 5),
        "longitude": np.round(dice.rng.uniform(45.0, 50.3, n), 5),
    }
    return found


def _ean13(body: np.ndarray) -> np.ndarray:
    digits = (body[:, None] // 10 ** np.arange(11, -1, -1)) % 10
    check = (10 - (digits * np.where(np.arange(12) % 2, 3, 1)).sum(axis=1) % 10) % 10
    return body * 10 + check


def recipients(seed: int, base: Base, n: int, now: int) -> tuple[Columns, dict[str, Any]]:
    """Every buyer who orders for himself stands here too; the rest never signed up."""
    dice = Dice(seed, "shop.recipients")
    own = min(base.n, n * 2 // 3)
    strangers = n - own
    others = people(dice, strangers)
    name = pa.concat_arrays([base.who.full.slice(0, own), others.full])
    phone = pa.concat_arrays([base.phone.slice(0, own), dice.phones(strangers)])
    created = np.concatenate([base.created[:own], dice.between(seconds(2019), now, strangers)])
    street = addresses(dice, n)
    ids = np.arange(1, n + 1)
    columns: Columns = {
        "recipient_id": ids,
        "customer_id": where(ids <= own, ids),
        "name": name,
        "phone": phone,
        "address": street,
        "created_at": at(created),
    }
    return columns, {"own": own, "n": n, "name": name, "phone": phone, "address": street}


def commerce(seed: int, base: Base, sizes: dict[str, int], now: int, files: int) -> dict[str, Columns]:
    found: dict[str, Columns] = {}
    columns, to = recipients(seed, base, sizes["shop.recipients"], now)
    found["shop.recipients"] = columns

    n, dice = sizes["shop.orders"], Dice(seed, "shop.orders")
    buyer = dice.whole(0, base.n, n)
    guest = dice.chance(0.05, n)
    own = dice.chance(0.62, n) & (buyer < to["own"]) & ~guest
    recipient = np.where(own, buyer, dice.whole(to["own"], to["n"], n))
    placed = dice.between(base.created[buyer], base.ended[buyer], n)
    cancelled = dice.chance(0.05, n)
    cancelled_at = np.minimum(placed + dice.whole(600, 3 * DAY, n), now - 60)
    device = Dice(seed, "devices").uuids(max(base.n // 2, 10))
    guests: People = people(dice, n)
    pick = pa.array(buyer)
    rpick = pa.array(recipient)
    email = chosen(guest, emails(dice, guests, np.arange(1, n + 1) + 10**8), base.email.take(pick))
    buyer_name = chosen(guest, guests.full, base.who.full.take(pick))
    ids = np.arange(1, n + 1)
    device_of = device.take(pa.array(buyer % len(device)))
    found["shop.orders"] = {
        "order_id": ids,
        "order_no": glue("KG-", text(2019 + ids % 8), "-", padded(ids, 7)),
        "buyer_id": where(~guest, buyer + 1),
        "recipient_id": recipient + 1,
        "placed_at": at(placed),
        "cancelled_at": at(cancelled_at, cancelled),
        "status": where(cancelled, np.full(n, "cancelled"), "placed"),
        "buyer_name": buyer_name,
        "contact_email": email,
        "recipient_name": to["name"].take(rpick),
        "recipient_phone": to["phone"].take(rpick),
        "recipient_address": to["address"].take(rpick),
        "device_id": where(dice.chance(0.9, n), device_of),
        "ip_address": dice.ips(n),
        "total": dice.money(3, 1500, n),
        "policy_version": where(placed > seconds(2026), np.full(n, VERSIONS[1]), VERSIONS[0]),
    }

    m, dice = sizes["shop.order_items"], Dice(seed, "shop.order_items")
    order = np.sort(dice.whole(0, n, m))
    gift = dice.chance(0.04, m)
    message = glue(
        dice.pick(["Ad günün mübarək, ", "С днём рождения, ", "Sevgilərlə, ", "With love, "], m),
        to["name"].take(rpick).take(pa.array(order)),
        "!",
    )
    found["shop.order_items"] = {
        "item_id": np.arange(1, m + 1),
        "order_id": order + 1,
        "product_id": dice.whole(1, sizes["shop.products"] + 1, m),
        "quantity": dice.whole(1, 5, m),
        "unit_price": dice.money(2, 300, m),
        "gift_message": where(gift, message),
        "added_at": at(placed[order]),
    }

    m, dice = sizes["shop.payments"], Dice(seed, "shop.payments")
    order = np.concatenate([np.arange(min(n, m)), dice.whole(0, n, max(m - n, 0))])
    method = dice.index(3, m, (60, 25, 15))
    paid = np.minimum(placed[order] + dice.whole(0, DAY, m), now - 1)
    found["shop.payments"] = {
        "payment_id": np.arange(1, m + 1),
        "order_id": order + 1,
        "method": pa.array(["card", "cash", "transfer"]).take(pa.array(method)),
        "amount": dice.money(3, 1500, m),
        "payer_name": buyer_name.take(pa.array(order)),
        "card_masked": where(
            method == 0, glue(dice.pick(["4169", "5103", "4098"], m), " **** **** ", padded(dice.whole(0, 10**4, m), 4))
        ),
        "iban": where(method == 2, ibans(dice, m)),
        "reference": glue("TRX", padded(dice.whole(0, 10**12, m), 12)),
        "paid_at": at(paid, ~dice.chance(0.01, m)),
    }

    m, dice = sizes["shop.Geri qaytarma"], Dice(seed, "shop.Geri qaytarma")
    order = dice.whole(0, n, m)
    found["shop.Geri qaytarma"] = {
        "id": np.arange(1, m + 1),
        "order": order + 1,
        "Müştəri adı": buyer_name.take(pa.array(order)),
        "Əlaqə nömrəsi": chosen(guest[order], dice.phones(m), base.phone.take(pick).take(pa.array(order))),
        "return reason": dice.pick(["ölçü uyğun deyil", "zədəli", "fikrini dəyişdi"], m),
        "resolved_on": on(np.minimum(placed[order] + dice.whole(5, 40, m) * DAY, now - DAY), ~dice.chance(0.06, m)),
    }

    m, dice = sizes["shop.pos_receipts"], Dice(seed, "shop.pos_receipts")
    who = dice.whole(0, base.n, m)
    loyal = dice.chance(0.4, m)
    sold = dice.between(seconds(2019), now, m)
    found["shop.pos_receipts"] = {
        "receipt_id": np.arange(1, m + 1),
        "store_id": dice.whole(1, sizes["shop.stores"] + 1, m),
        "customer_id": where(loyal, who + 1),
        "receipt_no": glue("Z", padded(dice.whole(0, 10**10, m), 10)),
        "sold_at": at(sold),
        "amount": dice.money(1, 400, m),
        "loyalty_phone": where(loyal, base.phone.take(pa.array(who))),
        "loyalty_card": where(loyal, glue("9944", padded(who + 1, 9))),
    }

    m, dice = sizes["shop.shipments"], Dice(seed, "shop.shipments")
    order = np.concatenate([np.flatnonzero(~cancelled), dice.whole(0, n, max(m - int((~cancelled).sum()), 0))])[:m]
    m = len(order)
    shipped = np.minimum(placed[order] + dice.whole(DAY // 4, 2 * DAY, m), now - 60)
    delivered = shipped + dice.whole(DAY, 12 * DAY, m)
    fate = dice.index(3, m, (955, 20, 25))  # delivered, returned, neither
    arrived = (fate == 0) & (delivered < now)
    returned = (fate == 1) & (delivered + 5 * DAY < now)
    at_door = rpick.take(pa.array(order))
    note = dice.pick(NOTES, m)
    phone = to["phone"].take(at_door)
    kind = dice.index(4, m, (70, 20, 6, 4))
    told = glue(note, ". Əlaqə: ", phone, ", ikinci qapı")
    named = glue("Təhvil aldı ", to["name"].take(at_door), ", tel ", phone, " (sifariş hazırdır)")
    photos = np.flatnonzero(arrived)[-files:] if files else np.array([], dtype="int64")
    pictured = np.zeros(m, dtype=bool)
    pictured[photos] = True
    found["shop.shipments"] = {
        "shipment_id": np.arange(1, m + 1),
        "order_id": order + 1,
        "recipient_id": recipient[order] + 1,
        "courier_id": where(~dice.chance(0.02, m), dice.whole(1, sizes["logistics.couriers"] + 1, m)),
        "tracking_no": glue("KRG", padded(dice.whole(0, 10**9, m), 9), "AZ"),
        "shipped_at": at(shipped),
        "delivered_at": at(delivered, arrived),
        "returned_at": at(delivered + 5 * DAY, returned),
        "recipient_name": to["name"].take(at_door),
        "recipient_phone": phone,
        "address": to["address"].take(at_door),
        "courier_note": chosen(kind == 0, pa.nulls(m, pa.string()), chosen(kind == 1, note, chosen(kind == 2, told, named))),
        "delivery_photo": where(pictured, glue(text(2019 + order % 8), "/", dice.hexes(m, 16), ".png")),
        "weight_grams": dice.whole(50, 20_000, m),
    }

    m, dice = sizes["shop.invoices"], Dice(seed, "shop.invoices")
    order = dice.rng.permutation(n)[:m] if m <= n else np.arange(n)
    m = len(order)
    found["shop.invoices"] = {
        "invoice_id": np.arange(1, m + 1),
        "order_id": order + 1,
        "invoice_no": glue("INV", padded(np.arange(1, m + 1), 9)),
        "customer_name": buyer_name.take(pa.array(order)),
        "billing_address": addresses(dice, m),
        "tax_id": where(dice.chance(0.15, m), fins(dice, m)),
        "issued_on": on(placed[order]),
        "amount": dice.money(3, 1500, m),
    }

    m, dice = sizes["staging.orders_raw"], Dice(seed, "staging.orders_raw")
    order = dice.whole(0, n, m)
    take = pa.array(order)
    loaded = dice.between(now - 120 * DAY, now, m)
    found["staging.orders_raw"] = {
        "load_id": np.arange(1, m + 1),
        "order_id": order + 1,
        "payload": glue(
            '{"no":"',
            text(order + 1),
            '","buyer":{"name":"',
            buyer_name.take(take),
            '","email":"',
            email.take(take),
            '","phone":"',
            chosen(guest[order], dice.phones(m), base.phone.take(pick).take(take)),
            '"},"lines":',
            text(dice.whole(1, 6, m)),
            ',"app":"3.2"}',
        ),
        "loaded_at": at(loaded),
        "checksum": dice.hexes(m, 32),
    }
    return found
