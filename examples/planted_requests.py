"""People who ask for erasure, each with data in many places, and what must survive with its reason."""

from __future__ import annotations

import json
from datetime import date, timedelta

from examples.planted import Somebody, World, contact_json, customer, order, stranger

SHOWN = "+994 10 299 55 44"  # somebody else's number inside texts: it stays


def plant(world: World) -> None:
    everything(world)
    also_partner(world)
    recipient_only(world)
    cookie_only(world)
    family_phone(world)
    namesake(world)
    contact(world)
    document(world)


def ask(
    world: World,
    ident: str,
    label: str,
    kinds: list[str],
    identifiers: list[dict[str, str]],
    subjects: dict[str, list[str]],
    absent: list[str],
    **more: object,
) -> None:
    """`identifiers`: form and value as the person states them. `absent`: values that must be found nowhere afterwards."""
    world.requests.append(
        {
            "id": ident,
            "label": label,
            "kinds": kinds,
            "identifiers": identifiers,
            "subjects": subjects,
            "absent": absent,
            "shared": [],
            **more,
        }
    )


def keys(*values: object) -> list[str]:
    return [str(v) for v in values]


def everything(world: World) -> None:
    who = customer(world, "Aytən", "Səmədzadə", "103000001")
    friend = customer(world, "Dilarə", "Rəfiqə", "103000002")
    cookie = world.canary("c0ffee00-1111-4222-8333-qx7aaaa00001", "web.visitors", "cookie_id", "erased")
    recent, _ = order(
        world,
        who,
        who,
        world.ago(40),
        delivered=world.ago(33),
        paid=world.ago(40),
        device_id=world.canary("qx7-device-aytan", "shop.orders", "device_id", "erased"),
        note=f"Aytən Səmədzadə, {who.phone(0)}, üçüncü mərtəbə",
        photo="2026/qx7aytan.png",
    )
    world.file_text["2026/qx7aytan.png"] = f"Aytən Səmədzadə {who.phone(1)}"
    order(world, who, friend, world.ago(20), delivered=world.ago(15), paid=world.ago(20))
    order(world, friend, who, world.ago(22), delivered=world.ago(16), paid=world.ago(22))
    world.add(
        "shop.order_items",
        "item_id",
        order_id=recent,
        product_id=3,
        quantity=1,
        unit_price=7,
        gift_message=world.canary("Özümə hədiyyə, qx7-aytan-gift", "shop.order_items", "gift_message", "erased"),
        added_at=world.ago(40),
    )
    world.add(
        "shop.invoices",
        "invoice_id",
        order_id=recent,
        invoice_no="INV-P-1",
        customer_name=who.full,
        billing_address="Fakturalı küçəsi 3",
        tax_id="5QX7AYT",
        issued_on=world.ago(40).date(),
        amount=12,
    )
    world.add(
        "shop.Geri qaytarma",
        "id",
        order=recent,
        **{"Müştəri adı": who.full, "Əlaqə nömrəsi": who.phone(3), "return reason": "zədəli", "resolved_on": world.ago(9).date()},
    )
    world.add(
        "crm.addresses",
        "address_id",
        customer_id=who.id,
        street="Aytən evi küçəsi 11",
        postcode="AZ1077",
        city="Bakı",
        country="AZ",
        created_at=world.ago(900),
    )
    for preference in ("newsletter", "sms", "personalization", "location"):
        world.add(
            "crm.consents",
            "consent_id",
            customer_id=who.id,
            preference=preference,
            granted_at=world.ago(300),
            policy_version="2023-04",
            channel="web",
            ip_address="46.228.3.3",
        )
    world.add(
        "crm.subscriptions",
        "subscription_id",
        customer_id=who.id,
        channel="newsletter",
        email=who.email,
        subscribed_at=world.ago(300),
        source="app",
    )
    world.add(
        "history.subscription_history",
        "history_id",
        customer_id=who.id,
        channel="newsletter",
        address=who.email,
        action="subscribed",
        changed_at=world.ago(300),
    )
    ticket = world.add(
        "support.tickets",
        "ticket_id",
        customer_id=who.id,
        topic="delivery",
        caller_phone=who.phone(2),
        opened_at=world.ago(30),
        closed_at=world.ago(28),
        body=f"Salam, mən {who.full}, nömrəm {who.phone(1)}, qonşumun nömrəsi {SHOWN}, poçtum {who.email}",
        contact=contact_json(who, "app"),
    )
    world.add(
        "support.messages",
        "message_id",
        ticket_id=ticket,
        author="customer",
        body=f"Yenə mən: {who.phone(3)} və ya {who.email.upper()}",
        sent_at=world.ago(29),
    )
    world.add(
        "finance.fraud_signals",
        "signal_id",
        customer_id=who.id,
        device_id="qx7-device-aytan",
        ip_address="46.228.3.4",
        email_seen=who.email,
        score=4,
        source="velocity",
        raised_at=world.ago(35),
    )
    world.add(
        "shop.pos_receipts",
        "receipt_id",
        store_id=1,
        customer_id=who.id,
        receipt_no="ZP1",
        sold_at=world.ago(60),
        amount=3,
        loyalty_phone=who.phone(0),
        loyalty_card="9944103000001",
    )
    world.add(
        "web.location_pings",
        "ping_id",
        customer_id=who.id,
        device_id="qx7-device-aytan",
        latitude=40.377777,
        longitude=49.892222,
        seen_at=world.ago(3),
    )
    visitor = world.add(
        "web.visitors",
        "visitor_id",
        cookie_id=cookie,
        customer_id=who.id,
        user_agent="Mozilla/5.0 qx7",
        first_seen=world.ago(300),
        last_seen=world.ago(2),
    )
    world.add("web.cookie_consents", "consent_id", visitor_id=visitor, preference="interest_ads", granted_at=world.ago(300))
    world.add(
        "web.sessions",
        "session_id",
        visitor_id=visitor,
        started_at=world.ago(2),
        ip_address="46.228.3.5",
        device_id="qx7-device-aytan",
        user_agent="Mozilla/5.0 qx7",
        landing_page="/",
        page_hash="1" * 40,
    )
    world.add("web.clicks", cookie_id=cookie, clicked_at=world.ago(2), page="/sebet", element="buy")
    world.add(
        "staging.customers_load",
        customer_id=who.id,
        customer_no=who.number,
        ad_soyad=who.full,
        mobil=who.phone(1),
        e_poct=who.email,
        loaded_at=world.ago(1),
        batch="B1",
    )
    world.add(
        "staging.orders_raw",
        "load_id",
        order_id=recent,
        loaded_at=world.ago(5),
        checksum="2" * 32,
        payload=json.dumps(
            {"no": "P1", "buyer": {"name": who.full, "email": who.email, "phone": who.phone(0)}, "lines": 1, "app": "3.2"},
            ensure_ascii=False,
        ),
    )
    world.add(
        "history.customers_scd",
        "scd_id",
        customer_id=who.id,
        email="old." + who.email,
        phone=who.phone(1),
        city="Bakı",
        valid_from=world.ago(900),
        valid_to=world.ago(300),
    )
    world.add(
        "mart.customer_360",
        customer_id=who.id,
        full_name=who.full,
        email=who.email,
        birth_year=1988,
        favourite_category="ev",
        interest_segment="texno həvəskar",
        orders_count=2,
        refreshed_at=world.ago(1),
    )
    world.add("web.page_views", "view_id", viewed_at=world.ago(2), cookie_id=cookie, ip_address="46.228.3.6", page="/")
    world.add(
        "crm.loyalty_cards",
        "card_id",
        customer_id=who.id,
        card_number="9944103000001",
        issued_at=world.ago(500),
        expires_on=date(2027, 1, 1),
    )
    world.add(
        "crm.store_visits", "visit_id", customer_id=who.id, device_mac="02:42:ac:qx:07:01", store_id=1, visited_at=world.ago(12)
    )
    world.add("finance.risk_scores", "score_id", customer_id=who.id, ip_address="46.228.3.7", score=77, scored_at=world.ago(12))
    world.add(
        "audit.customer_changes",
        "change_id",
        customer_id=who.id,
        operation="UPDATE",
        full_name=who.full,
        email="eski." + who.email,
        phone=who.phone(0),
        changed_at=world.ago(100),
    )
    ask(
        world,
        "R-2026-0001",
        "a customer with data everywhere",
        ["customer", "recipient", "visitor"],
        [
            {"form": "email", "value": who.email},
            {"form": "phone", "value": who.phone(1)},
            {"form": "name", "value": who.full},
            {"form": "cookie", "value": cookie},
        ],
        {"customer": keys(who.id), "recipient": keys(who.recipient), "visitor": [cookie]},
        [who.email, who.digits, who.number, cookie, "Aytən evi küçəsi 11", "qx7-device-aytan", "qx7-aytan-gift", "9944103000001"],
    )


def also_partner(world: World) -> None:
    who = customer(world, "Rövşən", "Tağızadə", "103000003")
    order(world, who, who, world.ago(50), delivered=world.ago(44), paid=world.ago(50))
    kept = world.add(
        "crm.partner_contacts",
        "contact_id",
        partner_id=1,
        customer_id=who.id,
        full_name=who.full,
        email="r.tagizade@firma1.example.com",
        phone="+994 10 300 99 03",
        position="direktor",
        since=date(2021, 5, 1),
    )
    ask(
        world,
        "R-2026-0002",
        "a customer who is also a partner's contact asks as customer only",
        ["customer", "recipient"],
        [{"form": "email", "value": who.email}, {"form": "name", "value": who.full}, {"form": "phone", "value": who.phone(0)}],
        {"customer": keys(who.id), "recipient": keys(who.recipient)},
        [who.email, who.digits, who.number],
        survives_other_kind=[
            {
                "table": "crm.partner_contacts",
                "key": {"contact_id": kept},
                "because": "another kind of subject, linked, not named by the request",
            }
        ],
    )


def recipient_only(world: World) -> None:
    buyer = customer(world, "Göndərən", "Alıcı", "103000004")
    to = stranger(world, "Мария Воронцова", "103000005")
    order(
        world,
        buyer,
        to,
        world.ago(30),
        delivered=world.ago(25),
        paid=world.ago(30),
        note=f"Мария Воронцова ждёт, {to.phone(0)}, код 4",
        photo="2026/qx7maria.png",
    )
    world.file_text["2026/qx7maria.png"] = "Мария Воронцова qx7-maria-photo"
    order(world, buyer, to, world.ago(3))
    ask(
        world,
        "R-2026-0003",
        "a recipient who never signed up; the buyer stays",
        ["recipient"],
        [{"form": "name", "value": "Воронцова Мария"}, {"form": "phone", "value": to.phone(3)}],
        {"recipient": keys(to.recipient)},
        [to.digits, "Мария Воронцова", "qx7-maria-photo"],
    )


def cookie_only(world: World) -> None:
    cookie = world.canary("c0ffee00-2222-4222-8333-qx7aaaa00002", "web.visitors", "cookie_id", "erased")
    visitor = world.add(
        "web.visitors", "visitor_id", cookie_id=cookie, user_agent="Opera/99", first_seen=world.ago(200), last_seen=world.ago(1)
    )
    for days in (1, 100):
        world.add(
            "web.sessions",
            "session_id",
            visitor_id=visitor,
            started_at=world.ago(days),
            ip_address="188.253.44.7",
            device_id="qx7-device-visitor",
            user_agent="Opera/99",
            landing_page="/",
            page_hash="3" * 40,
        )
        world.add("web.clicks", cookie_id=cookie, clicked_at=world.ago(days), page="/", element="menu")
    world.add("web.page_views", "view_id", viewed_at=world.ago(1), cookie_id=cookie, ip_address="188.253.44.7", page="/izleme")
    ask(
        world,
        "R-2026-0004",
        "a visitor known by a cookie only",
        ["visitor"],
        [{"form": "cookie", "value": cookie}],
        {"visitor": [cookie]},
        [cookie, "qx7-device-visitor"],
    )


def family_phone(world: World) -> None:
    she = customer(world, "Nərgiz", "Qədimova", "103000006")
    he = customer(world, "Toğrul", "Qədimov", "103000006", email="togrul.qedimov@planted.example", gender="m")
    for who in (she, he):
        order(world, who, who, world.ago(35), delivered=world.ago(30), paid=world.ago(35))
        world.add(
            "support.tickets",
            "ticket_id",
            customer_id=who.id,
            topic="refund",
            body=f"{who.full}, evin nömrəsi {who.phone(0)}",
            contact=contact_json(who, "web"),
            caller_phone=who.phone(0),
            opened_at=world.ago(12),
            closed_at=world.ago(11),
        )
    ask(
        world,
        "R-2026-0005",
        "two people share a phone; one asks",
        ["customer", "recipient"],
        [{"form": "email", "value": she.email}, {"form": "name", "value": she.full}, {"form": "phone", "value": she.phone(0)}],
        {"customer": keys(she.id), "recipient": keys(she.recipient)},
        [she.email, she.number],
        shared=[she.digits],
        stays=[
            {"table": "crm.customers", "key": {"customer_id": he.id}},
            {"table": "shop.recipients", "key": {"recipient_id": he.recipient}},
        ],
    )


def namesake(world: World) -> None:
    one = customer(world, "Vüsal", "Dadaşov", "103000007", gender="m")
    two = customer(world, "Vüsal", "Dadaşov", "103000008", email="v.dadasov.2@planted.example", gender="m")
    for who in (one, two):
        order(world, who, who, world.ago(28), delivered=world.ago(23), paid=world.ago(28))
    ask(
        world,
        "R-2026-0006",
        "a namesake exists and stays",
        ["customer", "recipient"],
        [
            {"form": "name", "value": "Vusal Dadasov"},
            {"form": "phone", "value": one.phone(3)},
            {"form": "email", "value": one.email},
        ],
        {"customer": keys(one.id), "recipient": keys(one.recipient)},
        [one.email, one.digits, one.number],
        shared=["Vüsal Dadaşov"],
        stays=[
            {"table": "crm.customers", "key": {"customer_id": two.id}},
            {"table": "shop.recipients", "key": {"recipient_id": two.recipient}},
        ],
    )


def contact(world: World) -> None:
    ident = world.add(
        "crm.partner_contacts",
        "contact_id",
        partner_id=2,
        full_name="Emre Öztürkoğlu",
        email="emre.qx7@firma2.example.com",
        phone="+994 10 300 00 09",
        position="mühasib",
        since=date(2022, 2, 2),
    )
    ask(
        world,
        "R-2026-0007",
        "a partner's contact",
        ["partner_contact"],
        [{"form": "email", "value": "Emre.QX7@firma2.example.com"}],
        {"partner_contact": keys(ident)},
        ["emre.qx7@firma2.example.com", "103000009", "Emre Öztürkoğlu"],
    )


def document(world: World) -> None:
    who: Somebody = customer(world, "Ulduz", "Sənədli", "103000010")
    scan = "2024/qx7ulduz.png"
    world.file_text[scan] = "Ulduz Sənədli AA9777777"
    kept = world.add(
        "crm.identity_documents",
        "document_id",
        customer_id=who.id,
        doc_type="passport",
        holder_name=who.full,
        passport_number="AA9777777",
        fin="7QX7ULD",
        issued_on=date(2018, 6, 1),
        expires_on=(world.now + timedelta(days=200)).date(),
        scan_path=scan,
        verified=True,
    )
    order(world, who, who, world.ago(45), delivered=world.ago(41), paid=world.ago(45))
    ask(
        world,
        "R-2026-0008",
        "an identity document outlives the request by law",
        ["customer", "recipient"],
        [{"form": "email", "value": who.email}, {"form": "name", "value": who.full}, {"form": "phone", "value": who.phone(2)}],
        {"customer": keys(who.id), "recipient": keys(who.recipient)},
        [who.email, who.digits, who.number],
        survives_rows=[{"table": "crm.identity_documents", "key": {"document_id": kept}, "because": "identification"}],
    )
