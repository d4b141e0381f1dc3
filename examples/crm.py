"""Customers, their addresses, consents, subscriptions and documents; business partners and sole traders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from examples.people import People, addresses, emails, fins, ibans, people, postcodes
from examples.vectors import DAY, Dice, at, glue, on, padded, seconds, text, where, words

Columns = dict[str, Any]
VERSIONS = ("2023-04", "2026-01")


@dataclass(frozen=True)
class Base:
    """What other tables need of the customers: arrays over row numbers 0..n-1 (customer_id = row number + 1)."""

    who: People
    email: pa.Array
    phone: pa.Array
    number: pa.Array
    created: np.ndarray
    ended: np.ndarray  # seconds; as_of where the account is open
    birth: np.ndarray

    @property
    def n(self) -> int:
        return len(self.created)


def customers(seed: int, n: int, now: int) -> tuple[Base, Columns]:
    dice = Dice(seed, "crm.customers")
    who = people(dice, n)
    ids = np.arange(1, n + 1)
    created = dice.between(seconds(2018), now - 5 * DAY, n)
    closed = dice.chance(0.14, n)
    closed_at = dice.between(created + DAY, now - DAY, n)
    dead = dice.chance(0.006, n)
    deceased = dice.between(created + DAY, now - DAY, n)
    end = np.where(closed, closed_at, np.where(dead, deceased, now))
    # Most people were here lately, some not for years.
    seen = np.maximum(created, end - (dice.rng.random(n) ** 3 * (end - created)).astype("int64"))
    birth = dice.between(seconds(1948), seconds(2012), n)
    phone, email = dice.phones(n), emails(dice, who, ids)
    number = glue("K-", padded(ids, 8))
    base = Base(who, email, phone, number, created, end, birth)
    return base, {
        "customer_id": ids,
        "customer_no": number,
        "first_name": who.first,
        "last_name": who.last,
        "full_name": who.full,
        "email": email,
        "phone": phone,
        "birth_date": on(birth),
        "gender": who.gender,
        "city": dice.pick(words("cities"), n),
        "username": glue(who.local, padded(dice.whole(0, 9999, n), 2)),
        "social_handle": where(dice.chance(0.03, n), glue("@", who.local, text(dice.whole(1, 99, n)))),
        "language": who.language,
        "created_at": at(created),
        "last_seen_at": at(seen, ~dice.chance(0.004, n)),
        "closed_at": at(closed_at, closed),
        "deceased_on": on(deceased, dead),
        "policy_version": where(created > seconds(2026), np.full(n, VERSIONS[1]), VERSIONS[0]),
        "status": where(closed, np.full(n, "closed"), "open"),
    }


def around_customers(seed: int, base: Base, sizes: dict[str, int], now: int, files: int) -> dict[str, Columns]:
    found: dict[str, Columns] = {}

    def owners(dice: Dice, n: int) -> tuple[np.ndarray, np.ndarray]:
        who = dice.whole(0, base.n, n)
        return who, who + 1

    n, dice = sizes["crm.addresses"], Dice(seed, "crm.addresses")
    who, ids = owners(dice, n)
    made = dice.between(base.created[who], base.ended[who], n)
    replaced = dice.chance(0.35, n)
    found["crm.addresses"] = {
        "address_id": np.arange(1, n + 1),
        "customer_id": ids,
        "street": addresses(dice, n),
        "postcode": postcodes(dice, n),
        "city": dice.pick(words("cities"), n),
        "country": dice.pick(["AZ", "TR", "GE"], n, (95, 3, 2)),
        "created_at": at(made),
        "replaced_at": at(dice.between(made, now, n), replaced),
    }

    n, dice = sizes["crm.consents"], Dice(seed, "crm.consents")
    # Consents are given in turn so that a customer has at most one row per preference.
    preferences = np.array(["newsletter", "sms", "interest_ads", "personalization", "location"])
    order = np.arange(n)
    who = order % base.n
    preference = preferences[(order // base.n + who) % 5]
    granted = dice.between(base.created[who], base.ended[who], n)
    # Most people who close their account withdraw what they once allowed; others do so at some other time.
    closing = (base.ended[who] < now) & dice.chance(0.85, n)
    withdrawn = closing | dice.chance(0.25, n)
    withdrawn_at = np.where(closing, np.maximum(base.ended[who], granted + 60), dice.between(granted + 60, now - DAY, n))
    found["crm.consents"] = {
        "consent_id": order + 1,
        "customer_id": who + 1,
        "preference": pa.array(preference.tolist()),
        "granted_at": at(granted),
        "withdrawn_at": at(withdrawn_at, withdrawn),
        "policy_version": where(granted > seconds(2026), np.full(n, VERSIONS[1]), VERSIONS[0]),
        "channel": dice.pick(["web", "app", "store"], n),
        "ip_address": where(dice.chance(0.8, n), dice.ips(n)),
    }

    n, dice = sizes["crm.subscriptions"], Dice(seed, "crm.subscriptions")
    # Nine in ten follow a consent, some of which were withdrawn since; the rest nobody can explain.
    asked = np.flatnonzero(np.isin(preference, ("newsletter", "sms")))
    asked = asked[dice.whole(0, len(asked), n)]
    stray = dice.chance(0.1, n)
    who = np.where(stray, dice.whole(0, base.n, n), order[asked] % base.n)
    news = np.where(stray, dice.chance(0.5, n), preference[asked] == "newsletter")
    ids, picked = who + 1, pa.array(who)
    found["crm.subscriptions"] = {
        "subscription_id": np.arange(1, n + 1),
        "customer_id": ids,
        "channel": where(news, np.full(n, "newsletter"), "sms"),
        "email": where(news, base.email.take(picked)),
        "phone": where(~news, base.phone.take(picked)),
        "subscribed_at": at(dice.between(base.created[who], base.ended[who], n)),
        "source": dice.pick(["checkout", "app", "footer"], n),
    }

    n, dice = sizes["crm.identity_documents"], Dice(seed, "crm.identity_documents")
    who, ids = owners(dice, n)
    issued = dice.between(seconds(2012), now, n)
    scans = np.arange(n) < files
    number = glue(dice.pick(["AA", "AZE", "C"], n), text(dice.whole(1_000_000, 9_999_999, n)))
    found["crm.identity_documents"] = {
        "document_id": np.arange(1, n + 1),
        "customer_id": ids,
        "doc_type": dice.pick(["passport", "id_card"], n),
        "holder_name": base.who.full.take(pa.array(who)),
        "passport_number": number,
        "fin": fins(dice, n),
        "issued_on": on(issued),
        "expires_on": on(issued + 10 * 365 * DAY, ~dice.chance(0.02, n)),
        "scan_path": where(scans, glue(text(2020 + np.arange(n) % 6), "/", dice.hexes(n, 16), ".png")),
        "verified": dice.chance(0.9, n),
    }

    n, dice = sizes["history.subscription_history"], Dice(seed, "history.subscription_history")
    who, ids = owners(dice, n)
    news = dice.chance(0.6, n)
    found["history.subscription_history"] = {
        "history_id": np.arange(1, n + 1),
        "customer_id": ids,
        "channel": where(news, np.full(n, "newsletter"), "sms"),
        "address": where(news, base.email.take(pa.array(who)), base.phone.take(pa.array(who))),
        "action": dice.pick(["subscribed", "unsubscribed"], n),
        "changed_at": at(dice.between(base.created[who], now, n)),
    }
    return found


def partners(seed: int, sizes: dict[str, int], now: int) -> dict[str, Columns]:
    found: dict[str, Columns] = {}
    n, dice = sizes["crm.partners"], Dice(seed, "crm.partners")
    found["crm.partners"] = {
        "partner_id": np.arange(1, n + 1),
        "company_name": glue(dice.pick(words("companies"), n), " ", text(np.arange(1, n + 1))),
        "voen": text(dice.whole(1_000_000_001, 1_999_999_999, n)),
        "city": dice.pick(words("cities"), n),
        "since": on(dice.between(seconds(2018), now, n)),
    }
    partner_count = n

    n, dice = sizes["crm.partner_contacts"], Dice(seed, "crm.partner_contacts")
    who = people(dice, n)
    since = dice.between(seconds(2018), now - 90 * DAY, n)
    left = dice.chance(0.4, n)
    phone = dice.phones(n)
    found["crm.partner_contacts"] = {
        "contact_id": np.arange(1, n + 1),
        "partner_id": dice.whole(1, partner_count + 1, n),
        "full_name": who.full,
        "email": glue(who.local, "@firma", text(np.arange(1, n + 1)), ".example.com"),
        "phone": phone,
        "position": dice.pick(["satınalma meneceri", "mühasib", "direktor", "anbar müdiri"], n),
        "whatsapp": where(dice.chance(0.4, n), phone),
        "since": on(since),
        "active_until": on(dice.between(since, now, n), left),
    }

    n, dice = sizes["crm.sole_traders"], Dice(seed, "crm.sole_traders")
    who = people(dice, n)
    started = dice.between(seconds(2018), now - 90 * DAY, n)
    trader_name, trader_iban = glue(who.full, " fərdi sahibkar"), ibans(dice, n)
    found["crm.sole_traders"] = {
        "trader_id": np.arange(1, n + 1),
        "full_name": trader_name,
        "voen": text(dice.whole(2_000_000_001, 2_999_999_999, n)),
        "phone": dice.phones(n),
        "iban": trader_iban,
        "started_on": on(started),
        "contract_ended_on": on(dice.between(started, now, n), dice.chance(0.3, n)),
    }
    traders = n

    n, dice = sizes["finance.payouts"], Dice(seed, "finance.payouts")
    to = dice.whole(0, traders, n)
    found["finance.payouts"] = {
        "payout_id": np.arange(1, n + 1),
        "trader_id": to + 1,
        "payee_name": trader_name.take(pa.array(to)),
        "iban": trader_iban.take(pa.array(to)),
        "amount": dice.money(50, 4000, n),
        "paid_on": on(dice.between(seconds(2019), now, n)),
    }

    n, dice = sizes["logistics.couriers"], Dice(seed, "logistics.couriers")
    who = people(dice, n)
    hired = dice.between(seconds(2018), now - 90 * DAY, n)
    found["logistics.couriers"] = {
        "courier_id": np.arange(1, n + 1),
        "full_name": who.full,
        "phone": dice.phones(n),
        "fin": fins(dice, n),
        "vehicle_plate": glue(
            padded(dice.whole(1, 99, n), 2), "-", dice.pick(["AB", "BC", "KA", "ZR"], n), "-", padded(dice.whole(1, 999, n), 3)
        ),
        "hired_on": on(hired),
        "left_on": on(dice.between(hired, now, n), dice.chance(0.4, n)),
    }
    return found


def combined(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def chosen(mask: np.ndarray, yes: pa.Array, no: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(mask), yes, no)
