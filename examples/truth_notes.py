"""What the truth says in words: columns that look personal and are not, and what the first `validate` must find."""

from __future__ import annotations

from typing import Any

HARD_NEGATIVES = {
    "shop.orders.order_no": "order number", "shop.payments.reference": "payment reference of digits", "shop.products.sku": "article number",
    "shop.products.ean13": "EAN-13", "shop.products.name": "product names, one of them a novel with two people's names",
    "shop.products.brand": "company names made of family names", "shop.stores.name": "a shop", "shop.stores.address": "a shop's address",
    "shop.stores.phone": "a shop's telephone", "shop.pos_receipts.receipt_no": "receipt number", "shop.reviews.body": "product reviews without people",
    "shop.Geri qaytarma.return reason": "three fixed reasons", "shop.shipments.tracking_no": "tracking number",
    "shop.shipments.weight_grams": "grams", "logistics.pickup_points.name": "a place", "logistics.pickup_points.phone": "a pickup point's telephone",
    "logistics.pickup_points.latitude": "where a pickup point is", "logistics.pickup_points.longitude": "where a pickup point is",
    "crm.partners.company_name": "companies", "crm.partners.voen": "tax number of companies, ten digits", "shop.invoices.invoice_no": "invoice number",
    "finance.fraud_signals.score": "score", "web.sessions.page_hash": "SHA-1 of a page", "web.sessions.landing_page": "path", "web.clicks.page": "path",
    "staging.orders_raw.checksum": "MD5 of a load", "staging.customers_load.batch": "batch", "mart.daily_sales.city": "aggregate by city",
    "mart.daily_sales.iso_week": "week", "mart.daily_sales.revenue": "amount", "crm.customers.policy_version": "version", "crm.customers.status": "status",
    "support.tickets.topic": "fixed topics",
}

# `rule` is described in words: stable keys belong to the product. `cured`: disposal alone makes it disappear.
VALIDATE: list[dict[str, Any]] = [
    {"status": "violation", "what": "purpose without a legal basis in a regime", "purpose": "functional.service.improve", "regime": "gdpr", "cured": False,
     "columns": ["web.visitors.cookie_id", "web.visitors.user_agent", "web.sessions.user_agent", "web.clicks.cookie_id", "web.page_views.cookie_id", "web.page_views.ip_address"]},
    {"status": "violation", "what": "consent purpose for which nobody has a living consent, and data is there", "purpose": "marketing.advertising.third_party.targeted",
     "cured": True, "columns": ["mart.customer_360.interest_segment"]},
    {"status": "violation", "what": "data of people without a living consent or whose consent was withdrawn", "cured": True,
     "columns": ["crm.subscriptions.email", "crm.subscriptions.phone", "web.location_pings.device_id", "web.location_pings.latitude", "web.location_pings.longitude",
                 "mart.customer_360.favourite_category", "mart.customer_360.birth_year", "mart.customer_360.last_order_on", "mart.customer_360.email", "crm.customers.gender"]},
    {"status": "gap", "what": "column in the database that nobody declared", "cured": False, "columns": ["crm.partner_contacts.whatsapp"]},
    {"status": "gap", "what": "purposes: unjudged", "cured": False, "columns": ["crm.customers.social_handle"]},
    {"status": "gap", "what": "cells whose trigger has no date", "cured": False,
     "columns": ["shop.payments.payer_name", "shop.payments.iban", "shop.payments.card_masked", "shop.orders.contact_email", "shop.Geri qaytarma.Müştəri adı",
                 "shop.Geri qaytarma.Əlaqə nömrəsi", "crm.identity_documents.passport_number", "crm.customers.email", "web.visitors.cookie_id"]},
]
