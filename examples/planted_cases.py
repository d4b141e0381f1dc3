"""Boundary cases of scheduled disposal, each with the fate we expect, said by hand."""

from __future__ import annotations

from datetime import date, timedelta

from examples.planted import SECOND, World, customer, edge, edge_day, order, stranger

RECIPIENT = ("recipient_address", "recipient_name", "recipient_phone")


def plant(world: World) -> None:
    moments(world)
    days(world)
    open_triggers(world)
    gaps(world)
    consents(world)
    whole_rows(world)
    holds(world)
    copies(world)
    postgres(world)


def moments(world: World) -> None:
    """Exactly on the cutoff stays, one second before goes."""
    who, other = customer(world, "Sərhəd", "Kəsimov", "102000001"), stranger(world, "Sona Hədəfli", "102000002")
    for shift, label, ends in ((0, "exactly on the cutoff", False), (-1, "one second before the cutoff", True)):
        moment = edge(world, "P90D", shift)
        ident, _ = order(world, who, other, moment - timedelta(hours=2), cancelled=moment, paid=moment)
        world.say(
            f"order cancelled {label} of 90 days",
            "shop.orders",
            {"order_id": ident},
            "ends" if ends else "stays",
            RECIPIENT if ends else (),
        )
    for shift, label, ends in ((0, "exactly on the cutoff", False), (-1, "one second before the cutoff", True)):
        ident, parcel = order(
            world,
            who,
            other,
            edge(world, "P1Y", shift),
            delivered=world.ago(10),
            paid=world.ago(11),
            device_id=f"edge-device-{shift}",
        )
        world.say(
            f"order placed {label} of one year: device and IP",
            "shop.orders",
            {"order_id": ident},
            "ends" if ends else "stays",
            ("device_id", "ip_address") if ends else (),
        )
        world.say("parcel delivered ten days ago", "shop.shipments", {"shipment_id": parcel}, "stays")
    keeper, _ = order(world, who, other, world.ago(10), delivered=world.ago(5))
    for shift, label, fate in ((0, "exactly on the cutoff", "ends"), (-1, "one second before the cutoff", "delete")):
        ident = world.add(
            "shop.payments",
            "payment_id",
            order_id=keeper,
            method="transfer",
            amount=5,
            payer_name=who.full,
            card_masked="5103 **** **** 1111",
            iban="AZ21NABZ00000000137010001944",
            reference=f"TRXE{shift}",
            paid_at=edge(world, "P5Y", shift),
        )
        world.say(
            f"payment {label} of five years",
            "shop.payments",
            {"payment_id": ident},
            fate,
            ("card_masked",) if fate == "ends" else (),
        )
    cookie = world.add(
        "web.visitors",
        "visitor_id",
        cookie_id="edge-visitor-cookie-0001",
        user_agent="Edge/1",
        first_seen=world.ago(800),
        last_seen=world.ago(3),
    )
    for shift, label, fate in ((0, "exactly on the cutoff", "ends"), (-1, "one second before the cutoff", "delete")):
        ident = world.add(
            "web.sessions",
            "session_id",
            visitor_id=cookie,
            started_at=edge(world, "P14M", shift),
            ip_address="37.26.1.1",
            device_id="edge-visit",
            user_agent="Edge/1",
            landing_page="/",
            page_hash="0" * 40,
        )
        world.say(
            f"session (zoned timestamp) {label} of 14 months",
            "web.sessions",
            {"session_id": ident},
            fate,
            ("device_id", "ip_address") if fate == "ends" else (),
        )


def days(world: World) -> None:
    """Date columns compare whole days; 29 February is a day like any other."""
    who = customer(world, "Fevral", "Uzunov", "102000003")
    for shift, label, fate in ((0, "on the cutoff day", "stays"), (-1, "the day before the cutoff", "delete")):
        day = edge_day(world, "P31M", shift)
        ident = world.add(
            "crm.identity_documents",
            "document_id",
            customer_id=who.id,
            doc_type="passport",
            holder_name=who.full,
            passport_number=f"AA90000{10 + shift}",
            fin="7ABCDE1",
            issued_on=date(2014, 2, 28),
            expires_on=day,
            verified=True,
        )
        leap = " (29 February)" if (day.month, day.day) == (2, 29) else ""
        world.say(f"document expired {label} of 31 months{leap}", "crm.identity_documents", {"document_id": ident}, fate)
    ident = world.add(
        "crm.identity_documents",
        "document_id",
        customer_id=who.id,
        doc_type="passport",
        holder_name=who.full,
        passport_number="AA9000029",
        fin="7ABCDE2",
        issued_on=date(2014, 2, 28),
        expires_on=date(2024, 2, 29),
        verified=True,
    )
    world.say(
        "document expired on 29 February 2024",
        "crm.identity_documents",
        {"document_id": ident},
        "delete" if date(2024, 2, 29) < edge_day(world, "P31M") else "stays",
    )
    born = customer(
        world,
        "İlmar",
        "Sıçrayışov",
        "102000004",
        birth_date=date(2012, 2, 29),
        closed_at=world.ago(400),
        status="closed",
        recipient=False,
    )
    keep(world, born.id)
    world.say(
        "minor born on 29 February, account closed over a year ago, kept by a document",
        "crm.customers",
        {"customer_id": born.id},
        "ends",
        ("birth_date", "city", "customer_no", "email", "first_name", "full_name", "gender", "last_name", "username"),
    )


def keep(world: World, customer_id: int) -> None:
    """An identity document that must be kept refers to the customer, so that the customer's row stays."""
    world.add(
        "crm.identity_documents",
        "document_id",
        customer_id=customer_id,
        doc_type="id_card",
        holder_name="Sənəd Sahibi",
        passport_number=f"AA8{customer_id % 1000000}",
        fin="7KEEPER",
        issued_on=date(2020, 1, 1),
        expires_on=date(2030, 1, 1),
        verified=True,
    )


def open_triggers(world: World) -> None:
    """No date yet: open until the latest moment where declared."""
    who, to = customer(world, "Açıq", "Gözləyən", "102000005"), stranger(world, "Leyli Yolda", "102000006")
    for shift, label, ends in ((0, "stays", False), (-1, "ends at the latest", True)):
        ident, _ = order(world, who, to, edge(world, "P1Y", shift), shipped=False, contact_email=None)
        world.say(
            f"order never shipped, one year old: {label}",
            "shop.orders",
            {"order_id": ident},
            "ends" if ends else "stays",
            (*RECIPIENT, "device_id", "ip_address") if ends else (),
        )
    ident, _ = order(world, who, to, world.ago(200), delivered=world.ago(190), paid=world.ago(199))
    second = world.add(
        "shop.shipments",
        "shipment_id",
        order_id=ident,
        recipient_id=to.recipient,
        courier_id=2,
        tracking_no="KRGP-OPEN",
        shipped_at=world.ago(189),
        recipient_name=to.full,
        recipient_phone=to.phone(0),
        address="Sifariş küçəsi 9",
        weight_grams=10,
    )
    world.say("two parcels, one never arrived: the latest is null, nothing ends", "shop.orders", {"order_id": ident}, "stays", ())
    world.say("the parcel that never arrived", "shop.shipments", {"shipment_id": second}, "stays")
    away = customer(world, "Çoxdan", "Getmiş", "102000007", last_seen_at=edge(world, "P3Y", -1), recipient=False)
    world.say(
        "account never closed, last seen one second over three years ago", "crm.customers", {"customer_id": away.id}, "delete"
    )
    near = customer(world, "Azca", "Qalmış", "102000008", last_seen_at=edge(world, "P3Y"), gender=None, recipient=False)
    world.say("account never closed, last seen exactly three years ago", "crm.customers", {"customer_id": near.id}, "stays")


def gaps(world: World) -> None:
    """Nobody can judge: kept and reported."""
    who, to = customer(world, "Boşluq", "Naməlum", "102000009"), stranger(world, "Gül Naməlumova", "102000010")
    ident, _ = order(world, who, to, world.ago(2500), delivered=world.ago(2490))
    pay = world.add(
        "shop.payments",
        "payment_id",
        order_id=ident,
        method="card",
        amount=3,
        payer_name=who.full,
        card_masked="4098 **** **** 2222",
        reference="TRXGAP",
    )
    world.say("payment without a date", "shop.payments", {"payment_id": pay}, "gap", ("card_masked", "payer_name"))
    world.say(
        "old order whose payment has no date: e-mail cannot be judged, the rest ends, the row is referred to",
        "shop.orders",
        {"order_id": ident},
        "ends",
        (*RECIPIENT, "buyer_name", "device_id", "ip_address"),
        gap=["contact_email"],
    )
    back = world.add(
        "shop.Geri qaytarma",
        "id",
        order=ident,
        **{"Müştəri adı": who.full, "Əlaqə nömrəsi": who.phone(1), "return reason": "zədəli"},
    )
    world.say(
        "return without a date, in a table with hostile names",
        "shop.Geri qaytarma",
        {"id": back},
        "gap",
        ("Müştəri adı", "Əlaqə nömrəsi"),
    )
    unseen = customer(
        world, "Görünməz", "Qonaq", "102000011", last_seen_at=None, gender=None, recipient=False, social_handle="@gorunmez"
    )
    world.say(
        "account with no date at all",
        "crm.customers",
        {"customer_id": unseen.id},
        "gap",
        (
            "birth_date",
            "city",
            "customer_no",
            "email",
            "first_name",
            "full_name",
            "last_name",
            "phone",
            "social_handle",
            "username",
        ),
    )
    handle = customer(
        world, "Ləqəb", "Daşıyan", "102000012", closed_at=world.ago(900), status="closed", social_handle="@leqeb", recipient=False
    )
    world.say(
        "closed account with an unjudged column: all else ends, the row stays",
        "crm.customers",
        {"customer_id": handle.id},
        "ends",
        ("birth_date", "city", "customer_no", "email", "first_name", "full_name", "gender", "last_name", "phone", "username"),
        gap=["social_handle"],
    )
    visitor = world.add(
        "web.visitors", "visitor_id", cookie_id="gap-visitor-cookie-0001", user_agent="Gap/1", first_seen=world.ago(700)
    )
    world.say(
        "visitor never seen again and without a date", "web.visitors", {"visitor_id": visitor}, "gap", ("cookie_id", "user_agent")
    )


def consents(world: World) -> None:
    who = customer(world, "Razı", "Olmayan", "102000013")

    def consent(preference: str, granted: float, withdrawn: object = None) -> None:
        world.add(
            "crm.consents",
            "consent_id",
            customer_id=who.id,
            preference=preference,
            granted_at=world.ago(granted),
            withdrawn_at=withdrawn,
            policy_version="2023-04",
            channel="web",
        )

    consent("newsletter", 500, world.now)
    sub = world.add(
        "crm.subscriptions",
        "subscription_id",
        customer_id=who.id,
        channel="newsletter",
        email=who.email,
        subscribed_at=world.ago(500),
        source="app",
    )
    world.say("newsletter consent withdrawn at this very moment", "crm.subscriptions", {"subscription_id": sub}, "delete")
    consent("sms", 500, world.ago(100))
    consent("sms", 50)
    sub = world.add(
        "crm.subscriptions",
        "subscription_id",
        customer_id=who.id,
        channel="sms",
        phone=who.phone(0),
        subscribed_at=world.ago(50),
        source="app",
    )
    world.say("SMS consent withdrawn and given again", "crm.subscriptions", {"subscription_id": sub}, "stays")
    consent("personalization", 400, world.now + SECOND)
    mart = world.add(
        "mart.customer_360",
        customer_id=who.id,
        full_name=who.full,
        email=who.email,
        birth_year=1988,
        favourite_category="ev",
        orders_count=3,
        refreshed_at=world.ago(1),
    )
    world.say("personalization withdrawn one second from now", "mart.customer_360", {"customer_id": who.id}, "stays")
    ping = world.add(
        "web.location_pings",
        "ping_id",
        customer_id=who.id,
        device_id="ping-device",
        latitude=40.4,
        longitude=49.8,
        seen_at=world.ago(3),
    )
    world.say("location never consented to", "web.location_pings", {"ping_id": ping}, "delete")
    assert mart
    cookie = world.add(
        "web.visitors",
        "visitor_id",
        cookie_id="consent-visitor-0001",
        user_agent="Old/1",
        first_seen=world.ago(900),
        last_seen=world.ago(500),
    )
    world.add("web.cookie_consents", "consent_id", visitor_id=cookie, preference="interest_ads", granted_at=world.ago(900))
    world.say(
        "visitor long gone whose consent to interest-based ads lives",
        "web.visitors",
        {"visitor_id": cookie},
        "ends",
        ("user_agent",),
    )


def whole_rows(world: World) -> None:
    """Rows that go with all that hangs on them, and rows that stay as a shell."""
    gone, to = (
        customer(world, "Tam", "Silinən", "102000014", closed_at=world.ago(2300), status="closed"),
        stranger(world, "Ayna Köhnə", "102000015"),
    )
    world.canary("+994 10 200 00 14", "crm.customers", "phone", "customer deleted by schedule")
    world.add(
        "crm.addresses",
        "address_id",
        customer_id=gone.id,
        street=world.canary("Kanareyka küçəsi 9471", "crm.addresses", "street", "goes with its customer"),
        postcode="AZ1009",
        city="Bakı",
        country="AZ",
        created_at=world.ago(2500),
    )
    world.add(
        "crm.consents",
        "consent_id",
        customer_id=gone.id,
        preference="newsletter",
        granted_at=world.ago(2500),
        withdrawn_at=world.ago(2300),
        ip_address="5.191.9.9",
    )
    ident, parcel = order(
        world,
        gone,
        to,
        world.ago(2400),
        delivered=world.ago(2390),
        paid=world.ago(2400),
        note=world.canary("qx7vandal, qapı kodu 0000", "shop.shipments", "courier_note", "parcel of a deleted order"),
    )
    item = world.add(
        "shop.order_items",
        "item_id",
        order_id=ident,
        product_id=1,
        quantity=1,
        unit_price=9,
        gift_message=world.canary("Sevimli Ayna, qx7gift", "shop.order_items", "gift_message", "item of a deleted order"),
        added_at=world.ago(2400),
    )
    for table, key in (
        ("crm.customers", {"customer_id": gone.id}),
        ("shop.orders", {"order_id": ident}),
        ("shop.shipments", {"shipment_id": parcel}),
        ("shop.order_items", {"item_id": item}),
        ("shop.recipients", {"recipient_id": to.recipient}),
        ("shop.recipients", {"recipient_id": gone.recipient}),
    ):
        # The customer's own recipient row never got a parcel: open until a year after it was made.
        world.say("customer gone for six years, with everything", table, key, "delete")
    for _ in range(2):
        world.add("web.clicks", cookie_id="qx7-click-cookie", clicked_at=world.ago(150), page="/", element="buy")
    world.canary("qx7-click-cookie", "web.clicks", "cookie_id", "two equal rows without a key, both due")
    world.say(
        "two equal rows in a table without a key",
        "web.clicks",
        {"cookie_id": "qx7-click-cookie", "clicked_at": world.ago(150).isoformat(), "page": "/", "element": "buy"},
        "delete",
    )
    shell, to = customer(world, "Qabıq", "Qalan", "102000016"), stranger(world, "Mehri Çatan", "102000017")
    ident, parcel = order(
        world,
        shell,
        to,
        world.ago(420),
        delivered=world.ago(410),
        paid=world.ago(419),
        note="Qapının arxasında. Əlaqə: "
        + world.canary("+994 10 299 77 66", "shop.shipments", "courier_note", "phone in a due note")
        + ", ikinci qapı",
        photo="2019/qx7photo0000.png",
    )
    world.file_text["2019/qx7photo0000.png"] = world.canary(
        "qx7-photo-text", "shop.shipments", "delivery_photo", "file of a due parcel"
    )
    world.say(
        "parcel 410 days ago: cells end, the note is redacted, the photo goes",
        "shop.shipments",
        {"shipment_id": parcel},
        "ends",
        ("address", "courier_note", "delivery_photo", "recipient_name", "recipient_phone"),
    )
    world.say(
        "its order, kept for tax",
        "shop.orders",
        {"order_id": ident},
        "ends",
        (*RECIPIENT, "contact_email", "device_id", "ip_address"),
    )


def holds(world: World) -> None:
    held, to = (
        customer(world, "Həbs", "Edilən", "102000018", closed_at=world.ago(2300), status="closed"),
        stranger(world, "Nisə Saxlanan", "102000019"),
    )
    ident, parcel = order(world, held, to, world.ago(2450), delivered=world.ago(2440), paid=world.ago(2450))
    for table, key in (
        ("crm.customers", {"customer_id": held.id}),
        ("shop.orders", {"order_id": ident}),
        ("shop.shipments", {"shipment_id": parcel}),
    ):
        world.say("rows of a customer under a legal hold", table, key, "held")
    world.holds.append(
        {
            "id": "H-2026-01",
            "name": "Bakı court, case on a lost parcel",
            "reason": "court order (example)",
            "kind": "customer",
            "subject_keys": [str(held.id)],
        }
    )
    parent, kept = (
        customer(world, "Valideyn", "Sifarişli", "102000020", closed_at=world.ago(2300), status="closed", recipient=False),
        stranger(world, "Övlad Saxlanan", "102000021"),
    )
    ident, parcel = order(world, parent, kept, world.ago(2460), delivered=world.ago(2450), paid=world.ago(2460))
    item = world.add(
        "shop.order_items",
        "item_id",
        order_id=ident,
        product_id=2,
        quantity=1,
        unit_price=4,
        gift_message=None,
        added_at=world.ago(2460),
    )
    world.holds.append(
        {
            "id": "H-2026-02",
            "name": "Insurance claim of a recipient",
            "reason": "claim in progress (example)",
            "kind": "recipient",
            "subject_keys": [str(kept.recipient)],
        }
    )
    world.say("child under a legal hold", "shop.shipments", {"shipment_id": parcel}, "held")
    # The order names the held recipient too, so a hold on that recipient covers the order itself.
    world.say("order whose recipient is under a legal hold", "shop.orders", {"order_id": ident}, "held")
    world.say("item of an order that stays", "shop.order_items", {"item_id": item}, "stays")
    courier = stranger(world, "Ara Alıcı", "102000022")
    order2, _ = order(world, parent, courier, world.ago(2470), delivered=world.ago(2465), paid=world.ago(2470))
    child = world.add(
        "shop.shipments",
        "shipment_id",
        order_id=order2,
        recipient_id=kept.recipient,
        courier_id=3,
        tracking_no="KRGP-HELD",
        shipped_at=world.ago(2469),
        delivered_at=world.ago(2464),
        recipient_name=kept.full,
        recipient_phone=kept.phone(1),
        address="Saxlanan küçəsi 1",
        weight_grams=1,
    )
    world.say("held child of a due parent", "shop.shipments", {"shipment_id": child}, "held")
    world.say(
        "due parent of a held child: its cells end, the row stays",
        "shop.orders",
        {"order_id": order2},
        "ends",
        (*RECIPIENT, "buyer_name", "contact_email", "device_id", "ip_address"),
    )


def copies(world: World) -> None:
    """A copy lives no longer than what it was copied from."""
    old = customer(world, "Nüsxə", "Əsli", "102000023", closed_at=world.ago(800), status="closed", recipient=False)
    keep(world, old.id)
    world.say(
        "original that ends",
        "crm.customers",
        {"customer_id": old.id},
        "ends",
        ("birth_date", "city", "customer_no", "email", "first_name", "full_name", "gender", "last_name", "phone", "username"),
    )
    key = world.add(
        "history.customers_scd",
        "scd_id",
        customer_id=old.id,
        email="old." + old.email,
        phone=old.phone(1),
        city="Bakı",
        valid_from=world.ago(2000),
        valid_to=world.ago(1000),
    )
    world.say("snapshot of an original that ends", "history.customers_scd", {"scd_id": key}, "delete")
    lost = world.add(
        "history.customers_scd",
        "scd_id",
        customer_id=899_999_999,
        email="orphan@planted.example",
        phone="+994 10 200 99 99",
        city="Quba",
        valid_from=world.ago(2000),
    )
    world.say("snapshot whose original is gone", "history.customers_scd", {"scd_id": lost}, "delete")
    live = customer(world, "Nüsxə", "Diri", "102000024", recipient=False)
    key = world.add(
        "history.customers_scd",
        "scd_id",
        customer_id=live.id,
        email="old." + live.email,
        phone=live.phone(1),
        city="Bakı",
        valid_from=world.ago(2000),
    )
    world.say("snapshot of a living original", "history.customers_scd", {"scd_id": key}, "stays")


def postgres(world: World) -> None:
    """Cascade and SET NULL, in tables that PostgreSQL alone has."""
    gone = customer(world, "Kaskad", "Silinən", "102000025", closed_at=world.ago(1500), status="closed", recipient=False)
    world.say("closed account with nothing else on DuckDB", "crm.customers", {"customer_id": gone.id}, "delete")
    card = world.add(
        "crm.loyalty_cards",
        "card_id",
        customer_id=gone.id,
        card_number="9944102000025",
        issued_at=world.ago(2000),
        expires_on=edge_day(world, "P1Y", -3),
    )
    visit = world.add(
        "crm.store_visits", "visit_id", customer_id=gone.id, device_mac="02:42:ac:11:00:25", store_id=1, visited_at=world.ago(20)
    )
    world.say("goes by ON DELETE CASCADE", "crm.loyalty_cards", {"card_id": card}, "delete")
    world.say(
        "ON DELETE SET NULL does not block; its key is nulled", "crm.store_visits", {"visit_id": visit}, "ends", ("customer_id",)
    )
    score = world.add(
        "finance.risk_scores", "score_id", customer_id=gone.id, ip_address="188.253.9.25", score=10, scored_at=world.ago(700)
    )
    world.say("row that row security hides from others than the owner", "finance.risk_scores", {"score_id": score}, "delete")
