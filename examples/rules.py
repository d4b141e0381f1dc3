"""How long what may stay in the demo warehouse, written down by hand a second time: plain Python, no policy file is read.

`policy/` says the same in YAML for the product. The two were written apart so that they can disagree, and tests compare
what the product does with what this table says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

Row = dict[str, Any]
Moment = datetime | date


class Look(Protocol):
    """What a trigger may ask of the world."""

    def rows(self, table: str, column: str, value: Any) -> list[Row]: ...


# A trigger gives the moments that must all lie before the cutoff, or None when it has no date.
When = Callable[[Look, Row], tuple[Moment, ...] | None]


@dataclass(frozen=True, slots=True)
class After:
    """Alive until `keep` after the trigger. `latest` = (column, keep): the end of an open trigger; without it null is a gap."""

    purpose: str
    when: When
    keep: str
    latest: tuple[str, str] | None = None
    survives: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """Alive while the subject's consent lives."""

    purpose: str
    preference: str


@dataclass(frozen=True, slots=True)
class Cell:
    """`end`: null, constant:X, prefix:N, step:N, year, pseudonym, redact, json:$.a,$.b or file:store."""

    category: str
    role: str
    subject: str
    end: str
    lives: tuple[After | Consent, ...] = ()
    copy_of: str = ""
    unjudged: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """`subjects`: name -> (kind, function of a row giving the key). `deletes`: True, False, or the table it goes with."""

    subjects: dict[str, tuple[str, Callable[[Look, Row], Any]]]
    columns: dict[str, Cell]
    deletes: bool | str = False
    copies: tuple[str, str, str] = ("", "", "")  # source table, column here, column there
    observe: bool = False


def here(column: str) -> When:
    return lambda look, row: None if row[column] is None else (row[column],)


def through(table: str, there: str, mine: str, column: str) -> When:
    """All related rows, none without a date, at least one."""

    def find(look: Look, row: Row) -> tuple[Moment, ...] | None:
        found = [r[column] for r in look.rows(table, there, row[mine])]
        return tuple(found) if found and None not in found else None

    return find


def first(*parts: When) -> When:
    def find(look: Look, row: Row) -> tuple[Moment, ...] | None:
        return next((found for part in parts if (found := part(look, row)) is not None), None)

    return find


def greatest(*parts: When) -> When:
    def find(look: Look, row: Row) -> tuple[Moment, ...] | None:
        found = [part(look, row) for part in parts]
        return None if None in found else tuple(m for f in found if f for m in f)

    return find


def own(kind: str, column: str) -> tuple[str, Callable[[Look, Row], Any]]:
    return kind, lambda look, row: row[column]


def over(kind: str, mine: str, table: str, there: str, key: str) -> tuple[str, Callable[[Look, Row], Any]]:
    """The key found over one row of another table."""

    def find(look: Look, row: Row) -> Any:
        found = look.rows(table, there, row[mine]) if row[mine] is not None else []
        return found[0][key] if found else None

    return kind, find


ID, QUASI, SENSITIVE = "identifier", "quasi_identifier", "sensitive"
NAME, FIRST, LAST = "user.name", "user.name.first", "user.name.last"
EMAIL, PHONE, STREET = "user.contact.email", "user.contact.phone_number", "user.contact.address.street"
POSTCODE, CITY = "user.contact.address.postal_code", "user.contact.address.city"
DEVICE, COOKIE, IP = "user.device.device_id", "user.device.cookie_id", "user.device.ip_address"
PASSPORT, NATIONAL = "user.government_id.passport_number", "user.government_id.national_identification_number"
IBAN, CARD = "user.financial.bank_account", "user.financial.credit_card"
AGENT, PRECISE = "user.device", "user.location.precise"
BIRTH, GENDER, ACCOUNT = "user.demographic.date_of_birth", "user.demographic.gender", "user.unique_id"

NEWS, SMS = Consent("newsletter", "newsletter"), Consent("sms", "sms")
PERSONAL, LOCATION = Consent("personalization", "personalization"), Consent("location", "location")
ADS, OFFERS = Consent("interest ads", "interest_ads"), Consent("partner offers", "partner_offers")

CUSTOMER = {"customer": own("customer", "customer_id")}
BUYER_OVER_ORDER = {"buyer": over("customer", "order_id", "shop.orders", "order_id", "buyer_id")}


def _account(keep: str, purpose: str) -> After:
    return After(purpose, first(here("deceased_on"), here("closed_at")), keep, ("last_seen_at", "P3Y"))


ACC, MSG, FRD_ACCOUNT = _account("P1Y", "account"), _account("P30D", "service messages"), _account("P2Y", "fraud prevention")
STATISTICS = _account("P1Y", "statistics")
DONE = first(here("cancelled_at"), through("shop.shipments", "order_id", "order_id", "delivered_at"))
FUL = After("fulfilment", DONE, "P90D", ("placed_at", "P1Y"))
DEL = After("delivery", DONE, "P30D", ("placed_at", "P1Y"))
MSG_ORDER = After(
    "service messages",
    greatest(
        through("shop.payments", "order_id", "order_id", "paid_at"),
        through("shop.shipments", "order_id", "order_id", "delivered_at"),
    ),
    "P180D",
)
ARRIVED = After("delivery", first(here("delivered_at"), here("returned_at")), "P90D", ("shipped_at", "P1Y"))
FRD_PARCEL = After("fraud prevention", first(here("delivered_at"), here("returned_at")), "P60D", ("shipped_at", "P1Y"))
LAST_PARCEL = After(
    "delivery", through("shop.shipments", "recipient_id", "recipient_id", "shipped_at"), "P120D", ("created_at", "P1Y")
)
MOVED = After(
    "delivery",
    first(here("replaced_at"), through("crm.customers", "customer_id", "customer_id", "closed_at")),
    "P1Y",
    ("created_at", "P5Y"),
)
EXPIRED = After("identification", here("expires_on"), "P31M", survives=True)
GIFT = After("fulfilment", through("shop.shipments", "order_id", "order_id", "delivered_at"), "P90D", ("added_at", "P1Y"))
CLOSED = After("support", here("closed_at"), "P2Y", ("opened_at", "P3Y"))
B2B = After("partnership", here("active_until"), "P1Y", ("since", "P10Y"))
TRADE = After("partnership", here("contract_ended_on"), "P3Y", ("started_on", "P20Y"))
EMPLOYED = After("employment", here("left_on"), "P5Y", ("hired_on", "P50Y"))


def tax(column: str) -> After:
    return After("tax", here(column), "P5Y", survives=True)


def fraud(column: str, keep: str = "P1Y") -> After:
    return After("fraud prevention", here(column), keep)


def improve(column: str, keep: str) -> After:
    return After("improvement", here(column), keep)


PLACED_TAX, PLACED_FRD = tax("placed_at"), fraud("placed_at")


def copy(category: str, role: str, of: str) -> Cell:
    return Cell(category, role, "customer", "null", copy_of=of)


RULES: dict[str, Table] = {
    "crm.customers": Table(
        CUSTOMER,
        {
            "customer_no": Cell(ACCOUNT, ID, "customer", "null", (ACC,)),
            "first_name": Cell(FIRST, ID, "customer", "null", (ACC,)),
            "last_name": Cell(LAST, ID, "customer", "null", (ACC,)),
            "full_name": Cell(NAME, ID, "customer", "constant:[former customer]", (ACC,)),
            "email": Cell(EMAIL, ID, "customer", "null", (ACC, MSG, NEWS)),
            "phone": Cell(PHONE, ID, "customer", "null", (ACC, MSG, SMS, FRD_ACCOUNT)),
            "birth_date": Cell(BIRTH, QUASI, "customer", "null", (ACC, STATISTICS, PERSONAL)),
            "gender": Cell(GENDER, QUASI, "customer", "null", (PERSONAL,)),
            "city": Cell(CITY, QUASI, "customer", "null", (ACC, STATISTICS, LOCATION)),
            "username": Cell("user.account.username", ID, "customer", "null", (ACC,)),
            "social_handle": Cell("user.account.username", ID, "customer", "null", unjudged=True),
        },
        True,
    ),
    "crm.addresses": Table(
        CUSTOMER,
        {
            "street": Cell(STREET, ID, "customer", "null", (MOVED,)),
            "postcode": Cell(POSTCODE, QUASI, "customer", "prefix:4", (MOVED,)),
            "city": Cell(CITY, QUASI, "customer", "null", (MOVED,)),
        },
        "crm.customers",
    ),
    "crm.consents": Table(CUSTOMER, {"ip_address": Cell(IP, ID, "customer", "null", (fraud("granted_at"),))}, "crm.customers"),
    "crm.subscriptions": Table(
        CUSTOMER,
        {"email": Cell(EMAIL, ID, "customer", "null", (NEWS,)), "phone": Cell(PHONE, ID, "customer", "null", (SMS,))},
        True,
    ),
    "crm.identity_documents": Table(
        CUSTOMER,
        {
            "holder_name": Cell(NAME, ID, "customer", "null", (EXPIRED,)),
            "passport_number": Cell(PASSPORT, ID, "customer", "null", (EXPIRED,)),
            "fin": Cell(NATIONAL, ID, "customer", "null", (EXPIRED,)),
            "scan_path": Cell("user.government_id", ID, "customer", "file:passports", (EXPIRED,)),
        },
        True,
    ),
    "crm.partner_contacts": Table(
        {"contact": own("partner_contact", "contact_id")},
        {
            "full_name": Cell(NAME, ID, "contact", "null", (B2B,)),
            "email": Cell(EMAIL, ID, "contact", "null", (B2B,)),
            "phone": Cell(PHONE, ID, "contact", "null", (B2B,)),
            "position": Cell("user.job_title", QUASI, "contact", "null", (B2B,)),
        },
        True,
    ),
    "crm.sole_traders": Table(
        {"trader": own("sole_trader", "trader_id")},
        {
            "full_name": Cell(NAME, ID, "trader", "null", (TRADE,)),
            "voen": Cell(NATIONAL, ID, "trader", "null", (TRADE,)),
            "phone": Cell(PHONE, ID, "trader", "null", (TRADE,)),
            "iban": Cell(IBAN, ID, "trader", "null", (TRADE,)),
        },
        True,
    ),
    "logistics.couriers": Table(
        {"courier": own("courier", "courier_id")},
        {
            "full_name": Cell(NAME, ID, "courier", "constant:[former courier]", (EMPLOYED,)),
            "phone": Cell(PHONE, ID, "courier", "null", (EMPLOYED,)),
            "fin": Cell(NATIONAL, ID, "courier", "null", (EMPLOYED,)),
            "vehicle_plate": Cell("user.government_id.vehicle_registration", ID, "courier", "null", (EMPLOYED,)),
        },
        True,
    ),
    "shop.recipients": Table(
        {"recipient": own("recipient", "recipient_id")},
        {
            "name": Cell(NAME, ID, "recipient", "null", (LAST_PARCEL,)),
            "phone": Cell(PHONE, ID, "recipient", "null", (LAST_PARCEL,)),
            "address": Cell(STREET, ID, "recipient", "null", (LAST_PARCEL,)),
        },
        True,
    ),
    "shop.orders": Table(
        {"buyer": own("customer", "buyer_id"), "recipient": own("recipient", "recipient_id")},
        {
            "buyer_name": Cell(NAME, ID, "buyer", "null", (PLACED_TAX,)),
            "contact_email": Cell(EMAIL, ID, "buyer", "null", (FUL, MSG_ORDER)),
            "recipient_name": Cell(NAME, ID, "recipient", "constant:[delivered]", (FUL, DEL)),
            "recipient_phone": Cell(PHONE, ID, "recipient", "null", (FUL, DEL)),
            "recipient_address": Cell(STREET, ID, "recipient", "null", (FUL, DEL)),
            "device_id": Cell(DEVICE, ID, "buyer", "null", (PLACED_FRD,)),
            "ip_address": Cell(IP, ID, "buyer", "null", (PLACED_FRD,)),
        },
        True,
    ),
    "shop.order_items": Table(
        BUYER_OVER_ORDER, {"gift_message": Cell("user.content", SENSITIVE, "buyer", "null", (GIFT,), also=(NAME,))}, "shop.orders"
    ),
    "shop.payments": Table(
        BUYER_OVER_ORDER,
        {
            "payer_name": Cell(NAME, ID, "buyer", "null", (tax("paid_at"),)),
            "card_masked": Cell(CARD, QUASI, "buyer", "prefix:4", (fraud("paid_at"),)),
            "iban": Cell(IBAN, ID, "buyer", "null", (tax("paid_at"),)),
        },
        True,
    ),
    "shop.Geri qaytarma": Table(
        {"buyer": over("customer", "order", "shop.orders", "order_id", "buyer_id")},
        {
            "Müştəri adı": Cell(NAME, ID, "buyer", "null", (After("fulfilment", here("resolved_on"), "P6M"),)),
            "Əlaqə nömrəsi": Cell(PHONE, ID, "buyer", "null", (After("fulfilment", here("resolved_on"), "P6M"),)),
        },
        True,
    ),
    "shop.pos_receipts": Table(
        CUSTOMER,
        {
            "loyalty_phone": Cell(PHONE, ID, "customer", "null", (After("account", here("sold_at"), "P1Y"), PERSONAL)),
            "loyalty_card": Cell(ACCOUNT, ID, "customer", "null", (After("account", here("sold_at"), "P1Y"), PERSONAL)),
        },
    ),
    "shop.shipments": Table(
        {"recipient": own("recipient", "recipient_id"), "courier": own("courier", "courier_id"), **BUYER_OVER_ORDER},
        {
            "recipient_name": Cell(NAME, ID, "recipient", "null", (ARRIVED,)),
            "recipient_phone": Cell(PHONE, ID, "recipient", "null", (ARRIVED,)),
            "address": Cell(STREET, ID, "recipient", "null", (ARRIVED,)),
            "courier_note": Cell(PHONE, SENSITIVE, "recipient", "redact", (ARRIVED,), also=(NAME, "user.content")),
            "delivery_photo": Cell("user.content", SENSITIVE, "recipient", "file:delivery_photos", (FRD_PARCEL,)),
        },
        "shop.orders",
    ),
    "web.visitors": Table(
        {"visitor": own("visitor", "cookie_id")},
        {
            "cookie_id": Cell(COOKIE, ID, "visitor", "null", (improve("last_seen", "P13M"), ADS)),
            "user_agent": Cell(AGENT, QUASI, "visitor", "null", (improve("last_seen", "P13M"),)),
        },
        True,
    ),
    "web.cookie_consents": Table(
        {"visitor": over("visitor", "visitor_id", "web.visitors", "visitor_id", "cookie_id")}, {}, "web.visitors"
    ),
    "web.sessions": Table(
        {"visitor": over("visitor", "visitor_id", "web.visitors", "visitor_id", "cookie_id")},
        {
            "ip_address": Cell(IP, ID, "visitor", "null", (fraud("started_at"),)),
            "device_id": Cell(DEVICE, ID, "visitor", "null", (fraud("started_at"),)),
            "user_agent": Cell(AGENT, QUASI, "visitor", "null", (improve("started_at", "P14M"),)),
        },
        True,
    ),
    "web.clicks": Table(
        {"visitor": own("visitor", "cookie_id")},
        {"cookie_id": Cell(COOKIE, ID, "visitor", "null", (improve("clicked_at", "P60D"),))},
        True,
    ),
    "web.location_pings": Table(
        CUSTOMER,
        {
            "device_id": Cell(DEVICE, ID, "customer", "null", (LOCATION,)),
            "latitude": Cell(PRECISE, QUASI, "customer", "null", (LOCATION,)),
            "longitude": Cell(PRECISE, QUASI, "customer", "null", (LOCATION,)),
        },
        True,
    ),
    "support.tickets": Table(
        CUSTOMER,
        {
            "body": Cell(PHONE, SENSITIVE, "customer", "redact", (CLOSED,), also=(EMAIL, NAME, "user.content")),
            "contact": Cell(EMAIL, ID, "customer", "json:$.name,$.phone,$.email", (CLOSED,), also=(PHONE, NAME)),
            "caller_phone": Cell(PHONE, ID, "customer", "null", (CLOSED,)),
        },
    ),
    "support.messages": Table(
        {"customer": over("customer", "ticket_id", "support.tickets", "ticket_id", "customer_id")},
        {
            "body": Cell(
                PHONE,
                SENSITIVE,
                "customer",
                "null",
                (After("support", here("sent_at"), "P2Y"),),
                also=(EMAIL, NAME, "user.content"),
            )
        },
        True,
    ),
    "shop.invoices": Table(
        BUYER_OVER_ORDER,
        {
            "customer_name": Cell(NAME, ID, "buyer", "null", (tax("issued_on"),)),
            "billing_address": Cell(STREET, ID, "buyer", "null", (tax("issued_on"),)),
            "tax_id": Cell(NATIONAL, ID, "buyer", "null", (tax("issued_on"),)),
        },
        True,
    ),
    "finance.fraud_signals": Table(
        CUSTOMER,
        {
            "device_id": Cell(DEVICE, ID, "customer", "null", (fraud("raised_at"),)),
            "ip_address": Cell(IP, ID, "customer", "null", (fraud("raised_at"),)),
            "email_seen": Cell(EMAIL, ID, "customer", "null", (fraud("raised_at"),)),
        },
        True,
    ),
    "finance.payouts": Table(
        {"trader": own("sole_trader", "trader_id")},
        {
            "payee_name": Cell(NAME, ID, "trader", "null", (tax("paid_on"),)),
            "iban": Cell(IBAN, ID, "trader", "null", (tax("paid_on"),)),
        },
        False,
        observe=True,
    ),
    "staging.customers_load": Table(
        CUSTOMER,
        {
            "customer_no": copy(ACCOUNT, ID, "customer_no"),
            "ad_soyad": copy(NAME, ID, "full_name"),
            "mobil": copy(PHONE, ID, "phone"),
            "e_poct": copy(EMAIL, ID, "email"),
        },
        True,
        ("crm.customers", "customer_id", "customer_id"),
    ),
    "staging.orders_raw": Table(
        BUYER_OVER_ORDER,
        {
            "payload": Cell(
                EMAIL,
                ID,
                "buyer",
                "json:$.buyer.name,$.buyer.email,$.buyer.phone",
                (After("fulfilment", here("loaded_at"), "P30D"),),
                also=(PHONE, NAME),
            )
        },
        True,
    ),
    "history.customers_scd": Table(
        CUSTOMER,
        {"email": copy(EMAIL, ID, "email"), "phone": copy(PHONE, ID, "phone"), "city": copy(CITY, QUASI, "city")},
        True,
        ("crm.customers", "customer_id", "customer_id"),
    ),
    "history.subscription_history": Table(
        CUSTOMER,
        {"address": Cell(EMAIL, ID, "customer", "null", (After("defence of claims", here("changed_at"), "P1Y"),), also=(PHONE,))},
        True,
    ),
    "mart.customer_360": Table(
        CUSTOMER,
        {
            "full_name": copy(NAME, ID, "full_name"),
            "email": Cell(EMAIL, ID, "customer", "null", (PERSONAL, NEWS), copy_of="email"),
            "birth_year": Cell(BIRTH, QUASI, "customer", "step:20", (PERSONAL,)),
            "last_order_on": Cell("user.behavior.purchase_history", SENSITIVE, "customer", "year", (PERSONAL,)),
            "favourite_category": Cell("user.behavior.purchase_history", QUASI, "customer", "null", (PERSONAL,)),
            "interest_segment": Cell("user.behavior", SENSITIVE, "customer", "null", (OFFERS,)),
        },
        True,
        ("crm.customers", "customer_id", "customer_id"),
    ),
    # ---- PostgreSQL only
    "web.page_views": Table(
        {"visitor": own("visitor", "cookie_id")},
        {
            "cookie_id": Cell(COOKIE, ID, "visitor", "null", (improve("viewed_at", "P90D"),)),
            "ip_address": Cell(IP, ID, "visitor", "null", (improve("viewed_at", "P90D"),)),
        },
        True,
    ),
    "crm.loyalty_cards": Table(
        CUSTOMER,
        {"card_number": Cell(ACCOUNT, ID, "customer", "null", (After("account", here("expires_on"), "P1Y"),))},
        "crm.customers",
    ),
    "crm.store_visits": Table(CUSTOMER, {"device_mac": Cell(DEVICE, ID, "customer", "null", (fraud("visited_at"),))}),
    "finance.risk_scores": Table(CUSTOMER, {"ip_address": Cell(IP, ID, "customer", "null", (fraud("scored_at"),))}, True),
    "audit.customer_changes": Table(
        CUSTOMER,
        {"full_name": copy(NAME, ID, "full_name"), "email": copy(EMAIL, ID, "email"), "phone": copy(PHONE, ID, "phone")},
        True,
        ("crm.customers", "customer_id", "customer_id"),
    ),
}

# Found in the warehouse, declared nowhere: the first `validate` must say so.
UNDECLARED: dict[str, tuple[str, str]] = {"crm.partner_contacts.whatsapp": (PHONE, ID)}


def personal_columns() -> Iterable[tuple[str, str, Cell]]:
    return ((table, column, cell) for table, rule in RULES.items() for column, cell in rule.columns.items())
