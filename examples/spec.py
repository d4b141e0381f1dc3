"""The tables of the demo warehouse: columns, keys and references, the same on every engine. No rows here.

Types: ``int`` (64 bit), ``text``, ``num`` (two decimals), ``date``, ``ts`` (no zone, UTC), ``tstz``, ``json``, ``float``,
``bool``. A trailing ``!`` means NOT NULL.
Foreign keys stay within a schema, because DuckDB knows no others; columns that lead to
other schemas (orders.buyer_id, tickets.customer_id) are keys by convention only, as in many warehouses.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key of one column. `on_delete` is only ever set on tables that PostgreSQL alone has."""

    column: str
    table: str
    to: str
    on_delete: str = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """`name` is ``schema.table``. `only` names the one engine that has it, empty for all."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    only: str = ""
    partition_by: str = ""
    check: str = ""

    @property
    def schema(self) -> str:
        return self.name.split(".", 1)[0]

    @property
    def table(self) -> str:
        return self.name.split(".", 1)[1]

    def type_of(self, column: str) -> str:
        return self.columns[column].rstrip("!")


def _columns(text: str) -> dict[str, str]:
    """``name type`` pairs, one per line or parted by commas; a name with spaces stands in double quotes."""
    found: dict[str, str] = {}
    for part in text.replace("\n", ",").split(","):
        part = part.strip()
        if part:
            name, kind = part.rsplit(" ", 1)
            found[name.strip('"')] = kind
    return found


def _refs(*triples: tuple[str, ...]) -> tuple[Reference, ...]:
    return tuple(Reference(*t) for t in triples)


CUSTOMERS, ORDERS = "crm.customers", "shop.orders"

# Parents before children.
TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        "shop.stores", _columns("store_id int!, name text!, city text, address text, phone text, opened_on date"), ("store_id",)
    ),
    TableSpec(
        "shop.products",
        _columns("product_id int!, sku text!, ean13 text, name text!, brand text, price num, created_at ts"),
        ("product_id",),
    ),
    TableSpec(
        "shop.reviews",
        _columns("review_id int!, product_id int!, stars int, body text, posted_on date"),
        ("review_id",),
        _refs(("product_id", "shop.products", "product_id")),
    ),
    TableSpec(
        "logistics.pickup_points",
        _columns("point_id int!, name text!, city text, phone text, latitude float, longitude float"),
        ("point_id",),
    ),
    TableSpec(
        CUSTOMERS,
        _columns("""
        customer_id int!, customer_no text, first_name text, last_name text, full_name text, email text, phone text
        birth_date date, gender text, city text, username text, social_handle text, language text, created_at ts!
        last_seen_at ts, closed_at ts, deceased_on date, policy_version text, status text!"""),
        ("customer_id",),
    ),
    TableSpec(
        "crm.addresses",
        _columns("""
        address_id int!, customer_id int!, street text, postcode text, city text, country text, created_at ts!
        replaced_at ts"""),
        ("address_id",),
        _refs(("customer_id", CUSTOMERS, "customer_id")),
    ),
    TableSpec(
        "crm.consents",
        _columns("""
        consent_id int!, customer_id int!, preference text!, granted_at ts!, withdrawn_at ts, policy_version text
        channel text, ip_address text"""),
        ("consent_id",),
        _refs(("customer_id", CUSTOMERS, "customer_id")),
    ),
    TableSpec(
        "crm.subscriptions",
        _columns("""
        subscription_id int!, customer_id int!, channel text!, email text, phone text, subscribed_at ts!, source text"""),
        ("subscription_id",),
        _refs(("customer_id", CUSTOMERS, "customer_id")),
    ),
    TableSpec(
        "crm.identity_documents",
        _columns("""
        document_id int!, customer_id int!, doc_type text!, holder_name text, passport_number text, fin text, issued_on date
        expires_on date, scan_path text, verified bool"""),
        ("document_id",),
        _refs(("customer_id", CUSTOMERS, "customer_id")),
    ),
    TableSpec("crm.partners", _columns("partner_id int!, company_name text!, voen text, city text, since date"), ("partner_id",)),
    TableSpec(
        "crm.partner_contacts",
        _columns("""
        contact_id int!, partner_id int!, customer_id int, full_name text, email text, phone text, position text, whatsapp text
        since date!, active_until date"""),
        ("contact_id",),
        _refs(("partner_id", "crm.partners", "partner_id")),
    ),
    TableSpec(
        "crm.sole_traders",
        _columns("""
        trader_id int!, full_name text, voen text, phone text, iban text, started_on date!, contract_ended_on date"""),
        ("trader_id",),
    ),
    TableSpec(
        "logistics.couriers",
        _columns("""
        courier_id int!, full_name text!, phone text, fin text, vehicle_plate text, hired_on date!, left_on date"""),
        ("courier_id",),
    ),
    TableSpec(
        "shop.recipients",
        _columns("""
        recipient_id int!, customer_id int, name text, phone text, address text, created_at ts!"""),
        ("recipient_id",),
    ),
    TableSpec(
        ORDERS,
        _columns("""
        order_id int!, order_no text!, buyer_id int, recipient_id int!, placed_at ts!, cancelled_at ts, status text!
        buyer_name text, contact_email text, recipient_name text!, recipient_phone text, recipient_address text
        device_id text, ip_address text, total num, policy_version text"""),
        ("order_id",),
        _refs(("recipient_id", "shop.recipients", "recipient_id")),
    ),
    TableSpec(
        "shop.order_items",
        _columns("""
        item_id int!, order_id int!, product_id int!, quantity int!, unit_price num, gift_message text, added_at ts!"""),
        ("item_id",),
        _refs(("order_id", ORDERS, "order_id"), ("product_id", "shop.products", "product_id")),
    ),
    TableSpec(
        "shop.payments",
        _columns("""
        payment_id int!, order_id int!, method text!, amount num, payer_name text, card_masked text, iban text
        reference text, paid_at ts"""),
        ("payment_id",),
        _refs(("order_id", ORDERS, "order_id")),
    ),
    TableSpec(
        "shop.Geri qaytarma",
        _columns("""
        id int!, order int!, "Müştəri adı" text, "Əlaqə nömrəsi" text, "return reason" text, resolved_on date"""),
        ("id",),
        _refs(("order", ORDERS, "order_id")),
    ),
    TableSpec(
        "shop.pos_receipts",
        _columns("""
        receipt_id int!, store_id int!, customer_id int, receipt_no text!, sold_at ts!, amount num, loyalty_phone text
        loyalty_card text"""),
        ("receipt_id",),
        _refs(("store_id", "shop.stores", "store_id")),
    ),
    TableSpec(
        "shop.shipments",
        _columns("""
        shipment_id int!, order_id int!, recipient_id int!, courier_id int, tracking_no text!, shipped_at ts!, delivered_at ts
        returned_at ts, recipient_name text, recipient_phone text, address text, courier_note text, delivery_photo text
        weight_grams int"""),
        ("shipment_id",),
        _refs(("order_id", ORDERS, "order_id"), ("recipient_id", "shop.recipients", "recipient_id")),
    ),
    TableSpec(
        "web.visitors",
        _columns("""
        visitor_id int!, cookie_id text, customer_id int, user_agent text, first_seen ts!, last_seen ts"""),
        ("visitor_id",),
    ),
    TableSpec(
        "web.cookie_consents",
        _columns("""
        consent_id int!, visitor_id int!, preference text!, granted_at ts!, withdrawn_at ts"""),
        ("consent_id",),
        _refs(("visitor_id", "web.visitors", "visitor_id")),
    ),
    TableSpec(
        "web.sessions",
        _columns("""
        session_id int!, visitor_id int!, started_at tstz!, ip_address text, device_id text, user_agent text, landing_page text
        page_hash text"""),
        ("session_id",),
        _refs(("visitor_id", "web.visitors", "visitor_id")),
    ),
    TableSpec("web.clicks", _columns("cookie_id text, clicked_at ts, page text, element text")),
    TableSpec(
        "web.location_pings",
        _columns("""
        ping_id int!, customer_id int!, device_id text, latitude float, longitude float, seen_at ts!"""),
        ("ping_id",),
    ),
    TableSpec(
        "support.tickets",
        _columns("""
        ticket_id int!, customer_id int, topic text!, body text, contact json, caller_phone text, opened_at ts!, closed_at ts"""),
        ("ticket_id",),
    ),
    TableSpec(
        "support.messages",
        _columns("message_id int!, ticket_id int!, author text!, body text, sent_at ts!"),
        ("message_id",),
        _refs(("ticket_id", "support.tickets", "ticket_id")),
    ),
    TableSpec(
        "shop.invoices",
        _columns("""
        invoice_id int!, order_id int!, invoice_no text!, customer_name text, billing_address text, tax_id text, issued_on date
        amount num"""),
        ("invoice_id",),
        _refs(("order_id", ORDERS, "order_id")),
    ),
    TableSpec(
        "finance.fraud_signals",
        _columns("""
        signal_id int!, customer_id int, device_id text, ip_address text, email_seen text, score int, source text, raised_at ts!
        cleared_at ts"""),
        ("signal_id",),
    ),
    TableSpec(
        "finance.payouts",
        _columns("""
        payout_id int!, trader_id int!, payee_name text, iban text, amount num, paid_on date!"""),
        ("payout_id",),
    ),
    TableSpec(
        "staging.customers_load",
        _columns("""
        customer_id int, customer_no text, ad_soyad text, mobil text, e_poct text, loaded_at ts, batch text"""),
    ),
    TableSpec(
        "staging.orders_raw", _columns("load_id int!, order_id int, payload json, loaded_at ts!, checksum text"), ("load_id",)
    ),
    TableSpec(
        "history.customers_scd",
        _columns("""
        scd_id int!, customer_id int!, email text, phone text, city text, valid_from ts!, valid_to ts"""),
        ("scd_id",),
    ),
    TableSpec(
        "history.subscription_history",
        _columns("""
        history_id int!, customer_id int!, channel text!, address text, action text!, changed_at ts!"""),
        ("history_id",),
    ),
    TableSpec(
        "mart.customer_360",
        _columns("""
        customer_id int!, full_name text, email text, birth_year int, last_order_on date, favourite_category text
        interest_segment text, orders_count int, refreshed_at ts"""),
        ("customer_id",),
    ),
    TableSpec("mart.daily_sales", _columns("day date!, city text!, orders int, revenue num, iso_week text"), ("day", "city")),
    # ---- PostgreSQL only -------------------------------------------------------------------------------------------
    TableSpec(
        "web.page_views",
        _columns("view_id int!, viewed_at ts!, cookie_id text, ip_address text, page text"),
        ("view_id", "viewed_at"),
        only="postgresql",
        partition_by="viewed_at",
    ),
    TableSpec(
        "crm.loyalty_cards",
        _columns("card_id int!, customer_id int!, card_number text, issued_at ts!, expires_on date"),
        ("card_id",),
        _refs(("customer_id", CUSTOMERS, "customer_id", "CASCADE")),
        only="postgresql",
    ),
    TableSpec(
        "crm.store_visits",
        _columns("visit_id int!, customer_id int, device_mac text, store_id int, visited_at ts!"),
        ("visit_id",),
        _refs(("customer_id", CUSTOMERS, "customer_id", "SET NULL")),
        only="postgresql",
    ),
    TableSpec(
        "finance.risk_scores",
        _columns("score_id int!, customer_id int!, ip_address text, score int, scored_at ts!"),
        ("score_id",),
        only="postgresql",
    ),
    TableSpec(
        "audit.customer_changes",
        _columns("""
        change_id int!, customer_id int!, operation text!, full_name text, email text, phone text, changed_at ts!"""),
        ("change_id",),
        only="postgresql",
    ),
)

BY_NAME = {t.name: t for t in TABLES}


def tables_of(engine: str) -> tuple[TableSpec, ...]:
    return tuple(t for t in TABLES if t.only in ("", engine))
