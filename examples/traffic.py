"""Web traffic, support, fraud signals, the copies (staging, history, marts) and what PostgreSQL alone has."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from examples.crm import Base, Columns, chosen
from examples.vectors import DAY, Dice, at, glue, on, padded, seconds, text, where, words

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)",
    "Mozilla/5.0 (Linux; Android 15; SM-A556B) AppleWebKit/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15",
)
PAGES = ("/", "/mehsullar", "/sebet", "/kampaniya/yay", "/izleme", "/haqqimizda")


def web(seed: int, base: Base, sizes: dict[str, int], now: int) -> dict[str, Columns]:
    found: dict[str, Columns] = {}
    n, dice = sizes["web.visitors"], Dice(seed, "web.visitors")
    cookie = dice.uuids(n)
    first = dice.between(seconds(2023), now, n)
    last = dice.between(first, now, n)
    known = dice.chance(0.4, n)
    found["web.visitors"] = {
        "visitor_id": np.arange(1, n + 1),
        "cookie_id": cookie,
        "customer_id": where(known, dice.whole(1, base.n + 1, n)),
        "user_agent": dice.pick(AGENTS, n),
        "first_seen": at(first),
        "last_seen": at(last, ~dice.chance(0.01, n)),
    }
    visitors = n

    n, dice = sizes["web.cookie_consents"], Dice(seed, "web.cookie_consents")
    who = np.arange(n) % visitors
    granted = dice.between(first[who], last[who], n)
    found["web.cookie_consents"] = {
        "consent_id": np.arange(1, n + 1),
        "visitor_id": who + 1,
        "preference": dice.pick(["interest_ads", "statistics"], n, (4, 1)),
        "granted_at": at(granted),
        "withdrawn_at": at(dice.between(granted + 60, now - DAY, n), dice.chance(0.35, n)),
    }

    n, dice = sizes["web.sessions"], Dice(seed, "web.sessions")
    who = dice.whole(0, visitors, n)
    started = dice.between(first[who], np.maximum(last[who], first[who] + 1), n)
    devices = Dice(seed, "devices").uuids(max(base.n // 2, 10))
    found["web.sessions"] = {
        "session_id": np.arange(1, n + 1),
        "visitor_id": who + 1,
        "started_at": at(started).cast(pa.timestamp("us", tz="UTC")),
        "ip_address": dice.ips(n),
        "device_id": devices.take(pa.array(who % len(devices))),
        "user_agent": dice.pick(AGENTS, n),
        "landing_page": dice.pick(PAGES, n),
        "page_hash": dice.hexes(n, 40),
    }

    n, dice = sizes["web.clicks"], Dice(seed, "web.clicks")
    who = dice.whole(0, visitors, n)
    moment = dice.between(now - 200 * DAY, now, n)
    twice = np.flatnonzero(dice.chance(0.01, n))
    who[twice] = who[np.maximum(twice - 1, 0)]
    page, element = dice.index(len(PAGES), n), dice.index(3, n)
    for column in (moment, page, element):  # a double click: the same row again, to the last column
        column[twice] = column[np.maximum(twice - 1, 0)]
    found["web.clicks"] = {
        "cookie_id": cookie.take(pa.array(who)),
        "clicked_at": at(moment),
        "page": pa.array(PAGES).take(pa.array(page)),
        "element": pa.array(["buy", "menu", "banner"]).take(pa.array(element)),
    }

    n, dice = sizes["web.location_pings"], Dice(seed, "web.location_pings")
    who = dice.whole(0, base.n, n)
    found["web.location_pings"] = {
        "ping_id": np.arange(1, n + 1),
        "customer_id": who + 1,
        "device_id": devices.take(pa.array(who % len(devices))),
        "latitude": np.round(dice.rng.uniform(40.30, 40.48, n), 6),
        "longitude": np.round(dice.rng.uniform(49.70, 50.05, n), 6),
        "seen_at": at(dice.between(now - 700 * DAY, now, n)),
    }

    n, dice = sizes["web.page_views"], Dice(seed, "web.page_views")
    found["web.page_views"] = {
        "view_id": np.arange(1, n + 1),
        "viewed_at": at(dice.between(now - 250 * DAY, now, n)),
        "cookie_id": cookie.take(pa.array(dice.whole(0, visitors, n))),
        "ip_address": dice.ips(n),
        "page": dice.pick(PAGES, n),
    }
    return found


def support(seed: int, base: Base, sizes: dict[str, int], now: int) -> dict[str, Columns]:
    found: dict[str, Columns] = {}
    n, dice = sizes["support.tickets"], Dice(seed, "support.tickets")
    who = dice.whole(0, base.n, n)
    take = pa.array(who)
    known = ~dice.chance(0.05, n)
    opened = dice.between(seconds(2021), now - DAY, n)
    closed = np.minimum(opened + dice.whole(3600, 20 * DAY, n), now - 60)
    name, phone, email = base.who.full.take(take), base.phone.take(take), base.email.take(take)
    kind = dice.index(5, n, (40, 20, 20, 15, 5))
    bodies = [
        dice.pick(
            ["Bağlama gecikir, nə vaxt çatacaq?", "Где мой заказ? Прошло 5 дней.", "Kargom nerede?", "The box arrived wet."], n
        ),
        glue("Salam, mənə ", phone, " nömrəsinə zəng edin, sifariş gecikir"),
        glue("Cavabı ", email, " ünvanına göndərin, xahiş edirəm"),
        glue("Mən ", name, " telefon ", phone, " pulumu geri qaytarın"),
        glue("Здравствуйте, это ", name, ". Посылка повреждена"),
    ]
    body = pa.array(bodies[0])
    for number in range(1, 5):
        body = chosen(kind == number, bodies[number], body)
    found["support.tickets"] = {
        "ticket_id": np.arange(1, n + 1),
        "customer_id": where(known, who + 1),
        "topic": dice.pick(["delivery", "refund", "account", "product"], n),
        "body": body,
        "contact": glue(
            '{"name":"',
            name,
            '","phone":"',
            phone,
            '","email":"',
            email,
            '","lang":"',
            base.who.language.take(take),
            '","source":"app"}',
        ),
        "caller_phone": where(dice.chance(0.5, n), phone),
        "opened_at": at(opened),
        "closed_at": at(closed, ~dice.chance(0.06, n)),
    }

    m, dice = sizes["support.messages"], Dice(seed, "support.messages")
    ticket = dice.whole(0, n, m)
    kind = dice.index(4, m, (55, 20, 15, 10))
    take = pa.array(ticket)
    message = chosen(
        kind == 0,
        dice.pick(["Təşəkkürlər.", "Kuryer yoldadır.", "Спасибо, получил.", "Yarın teslim edilecek."], m),
        chosen(
            kind == 1,
            glue("Nömrəm: ", phone.take(take), " saat 6-dan sonra"),
            chosen(kind == 2, glue("Yazın: ", email.take(take), " cavab gözləyirəm"), glue("Hörmətlə, ", name.take(take))),
        ),
    )
    found["support.messages"] = {
        "message_id": np.arange(1, m + 1),
        "ticket_id": ticket + 1,
        "author": dice.pick(["customer", "agent"], m),
        "body": message,
        "sent_at": at(np.minimum(opened[ticket] + dice.whole(60, 20 * DAY, m), now - 30)),
    }

    n, dice = sizes["finance.fraud_signals"], Dice(seed, "finance.fraud_signals")
    who = dice.whole(0, base.n, n)
    raised = dice.between(now - 3 * 365 * DAY, now - DAY, n)
    found["finance.fraud_signals"] = {
        "signal_id": np.arange(1, n + 1),
        "customer_id": where(dice.chance(0.8, n), who + 1),
        "device_id": dice.uuids(n),
        "ip_address": dice.ips(n),
        "email_seen": base.email.take(pa.array(who)),
        "score": dice.whole(1, 100, n),
        "source": dice.pick(["velocity", "device farm", "chargeback"], n),
        "raised_at": at(raised),
        "cleared_at": at(np.minimum(raised + dice.whole(1, 60, n) * DAY, now - 60), dice.chance(0.5, n)),
    }
    return found


def copies(seed: int, base: Base, sizes: dict[str, int], now: int, customers: Columns) -> dict[str, Columns]:
    """Tables that hold what others hold: loads, snapshots, marts."""
    found: dict[str, Columns] = {}
    n, dice = sizes["staging.customers_load"], Dice(seed, "staging.customers_load")
    who = dice.rng.permutation(base.n)[:n]
    n, take = len(who), pa.array(who)
    found["staging.customers_load"] = {
        "customer_id": who + 1,
        "customer_no": base.number.take(take),
        "ad_soyad": base.who.full.take(take),
        "mobil": base.phone.take(take),
        "e_poct": base.email.take(take),
        "loaded_at": at(dice.between(now - 30 * DAY, now, n)),
        "batch": glue("B", text(dice.whole(1, 9, n))),
    }

    n, dice = sizes["history.customers_scd"], Dice(seed, "history.customers_scd")
    who = dice.whole(0, base.n, n)
    take = pa.array(who)
    start = dice.between(base.created[who], base.ended[who], n)
    old = dice.chance(0.5, n)
    found["history.customers_scd"] = {
        "scd_id": np.arange(1, n + 1),
        "customer_id": who + 1,
        "email": chosen(old, glue("old.", base.email.take(take)), base.email.take(take)),
        "phone": base.phone.take(take),
        "city": dice.pick(words("cities"), n),
        "valid_from": at(start),
        "valid_to": at(dice.between(start, now, n), old),
    }

    n, dice = sizes["mart.customer_360"], Dice(seed, "mart.customer_360")
    who = dice.rng.permutation(base.n)[:n]
    n, take = len(who), pa.array(who)
    found["mart.customer_360"] = {
        "customer_id": who + 1,
        "full_name": base.who.full.take(take),
        "email": base.email.take(take),
        "birth_year": 1970 + (base.birth[who] // (365.2425 * DAY)).astype("int64"),
        "favourite_category": dice.pick(["ev", "texnika", "geyim", "kitab"], n),
        "last_order_on": on(dice.between(seconds(2020), now, n), dice.chance(0.8, n)),
        "interest_segment": where(dice.chance(0.3, n), dice.pick(["gənc ailə", "texno həvəskar", "endirim axtaran"], n)),
        "orders_count": dice.whole(0, 40, n),
        "refreshed_at": at(np.full(n, now - 3600)),
    }

    n, dice = sizes["mart.daily_sales"], Dice(seed, "mart.daily_sales")
    cities = words("cities")
    day = seconds(2024) + (np.arange(n) // len(cities)) * DAY
    found["mart.daily_sales"] = {
        "day": on(day),
        "city": pa.array(cities).take(pa.array(np.arange(n) % len(cities))),
        "orders": dice.whole(10, 90, n),
        "revenue": dice.money(500, 9000, n),
        "iso_week": glue("2024-W", padded(np.arange(n) % 52 + 1, 2)),
    }

    n, dice = sizes["crm.loyalty_cards"], Dice(seed, "crm.loyalty_cards")
    who = dice.whole(0, base.n, n)
    issued = dice.between(base.created[who], base.ended[who], n)
    found["crm.loyalty_cards"] = {
        "card_id": np.arange(1, n + 1),
        "customer_id": who + 1,
        "card_number": glue("9944", padded(who + 1, 9)),
        "issued_at": at(issued),
        "expires_on": on(issued + 3 * 365 * DAY, ~dice.chance(0.05, n)),
    }
    n, dice = sizes["crm.store_visits"], Dice(seed, "crm.store_visits")
    mac = dice.hexes(n, 12)
    pairs = [pa.compute.utf8_slice_codeunits(mac, i, i + 2) for i in range(0, 12, 2)]
    found["crm.store_visits"] = {
        "visit_id": np.arange(1, n + 1),
        "customer_id": where(dice.chance(0.7, n), dice.whole(1, base.n + 1, n)),
        "device_mac": pa.compute.binary_join_element_wise(*pairs, ":"),
        "store_id": dice.whole(1, sizes["shop.stores"] + 1, n),
        "visited_at": at(dice.between(now - 3 * 365 * DAY, now, n)),
    }
    n, dice = sizes["finance.risk_scores"], Dice(seed, "finance.risk_scores")
    found["finance.risk_scores"] = {
        "score_id": np.arange(1, n + 1),
        "customer_id": dice.whole(1, base.n + 1, n),
        "ip_address": dice.ips(n),
        "score": dice.whole(1, 100, n),
        "scored_at": at(dice.between(now - 3 * 365 * DAY, now, n)),
    }
    n, dice = sizes["audit.customer_changes"], Dice(seed, "audit.customer_changes")
    who = dice.whole(0, base.n, n)
    take = pa.array(who)
    found["audit.customer_changes"] = {
        "change_id": np.arange(1, n + 1),
        "customer_id": who + 1,
        "operation": pa.array(["UPDATE"] * n, pa.string()),
        "full_name": base.who.full.take(take),
        "email": base.email.take(take),
        "phone": base.phone.take(take),
        "changed_at": at(dice.between(base.created[who], now, n)),
    }
    return found
