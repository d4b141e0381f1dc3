"""Hard negatives of words and dates: goods, companies, places as such, titles that sound like people, opinions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from benchmarks.discovery import checkdigits as check
from benchmarks.discovery.kinds import Draw, kind
from benchmarks.discovery.kinds_person import dates_as_text, phone_of, postcode_of, street_of
from benchmarks.discovery.people import said, words

# ---- words -------------------------------------------------------------------------------------------------------------

_MODELS = ("Pro", "Max 3", "XL", "Lite", "2000", "500 ml", "1 kg", "Classic", "Set", "Mini")
_BRANDS = (
    "Bosch",
    "Vestel",
    "Philips",
    "Karl Lagerfeld",
    "Hugo Boss",
    "Calvin Klein",
    "Tommy Hilfiger",
    "Johnson",
    "Nestle",
    "Samsung",
    "Beko",
    "Azersun",
    "Дымов",
    "Dr. Oetker",
    "Paul Smith",
    "Jack Daniels",
    "Мария",
    "Marc O'Polo",
    "Siemens",
    "Coca-Cola",
    "Максидом",
    "Mavi",
)


@kind("product_name")
def product_name(draw: Draw) -> list[str]:
    goods = draw.words("goods")[:100]
    return draw.each(lambda: draw.rng.choice(goods) + (f" {draw.rng.choice(_MODELS)}" if draw.rng.random() < 0.4 else ""))


@kind("company_name")
def company_name(draw: Draw) -> list[str]:
    """Many companies are called after people."""
    language = draw.base
    lists, legal = words(language), said("legal")[language]
    made = []
    for _ in range(min(draw.n, 60)):
        r = draw.rng.random()
        core = (
            draw.rng.choice(lists["last_m"])
            if r < 0.4
            else f"{draw.rng.choice(lists['words']).title()} {draw.rng.choice(['Trade', 'Group', 'Logistik', 'Inşaat', 'Media', 'Servis'])}"
        )
        core = f"{core} & {draw.rng.choice(lists['last_m'])}" if 0.3 < r < 0.4 else core
        # A sole trader's name is a person's: none of those here.
        form = draw.rng.choice([f for f in legal if f != "ИП"])
        made.append(f"{form} «{core}»" if language == "ru" else f"{core} {form}")
    return draw.few(made)


@kind("brand")
def brand(draw: Draw) -> list[str]:
    return draw.few(_BRANDS)


@kind("store_name")
def store_name(draw: Draw) -> list[str]:
    cities = draw.words("cities")[:20]
    head = {"az": "Filial", "ru": "Магазин", "tr": "Şube", "en": "Store", "de": "Filiale"}[draw.base]
    return draw.each(lambda: f"{head} {draw.rng.choice(cities)} {draw.rng.randrange(1, 5)}")


_LISTS = ("category_name", "status", "department", "weekday", "grade", "answer", "course", "subject")


def _listed(name: str) -> None:
    @kind(name, dirt=False)
    def made(draw: Draw) -> list[str]:
        return draw.few(said(name)[draw.base])


for _name in _LISTS:
    _listed(_name)


@kind("color")
def color(draw: Draw) -> list[str]:
    return draw.few(draw.words("colors"))


@kind("hex_color")
def hex_color(draw: Draw) -> list[str]:
    return draw.each(lambda: f"#{draw.rng.getrandbits(24):06x}")


@kind("log_level", dirt=False)
def log_level(draw: Draw) -> list[str]:
    return draw.few(["INFO", "WARN", "ERROR", "DEBUG", "FATAL"], [10, 3, 2, 4, 0.2])


@kind("currency", dirt=False)
def currency(draw: Draw) -> list[str]:
    return draw.few(["AZN", "RUB", "TRY", "EUR", "USD", "GBP"])


@kind("unit", dirt=False)
def unit(draw: Draw) -> list[str]:
    return draw.few(["kg", "pcs", "l", "m", "XL", "M", "S", "42", "38"])


@kind("flag", dirt=False)
def flag(draw: Draw) -> list[Any]:
    return draw.few(draw.rng.choice([[True, False], [0, 1], ["Y", "N"], ["M", "S"]]))


@kind("cron", dirt=False)
def cron(draw: Draw) -> list[str]:
    return draw.few(["0 3 * * *", "*/15 * * * *", "0 0 1 * *", "30 2 * * 1-5", "@daily"])


@kind("bank_name")
def bank_name(draw: Draw) -> list[str]:
    return draw.few(
        {
            "az": ["Kapital Bank", "ABB", "PAŞA Bank", "Unibank"],
            "ru": ["Сбербанк", "ВТБ", "Альфа-Банк", "Тинькофф"],
            "tr": ["Ziraat Bankası", "Akbank", "Garanti BBVA", "İş Bankası"],
            "en": ["Barclays", "Lloyds", "Wells Fargo", "J.P. Morgan"],
            "de": ["Sparkasse", "Commerzbank", "Deutsche Bank", "Berenberg"],
        }[draw.base]
    )


@kind("job_lookup", concept="job_title", dirt=False)
def job_lookup(draw: Draw) -> list[str]:
    jobs = draw.words("jobs")
    return [jobs[i % len(jobs)] for i in range(draw.n)]


@kind("lookup_city")
def lookup_city(draw: Draw) -> list[str]:
    cities = draw.words("cities")
    return [cities[i % len(cities)] for i in range(draw.n)]


@kind("lookup_country")
def lookup_country(draw: Draw) -> list[str]:
    names = draw.words("countries")
    return [names[i % len(names)] for i in range(draw.n)]


@kind("lookup_postcode", concept="postcode", dirt=False)
def lookup_postcode(draw: Draw) -> list[str]:
    language = draw.base
    return draw.each(lambda: postcode_of(draw.rng, language))


@kind("street_name")
def street_name(draw: Draw) -> list[str]:
    """A register of streets: many are called after people."""
    streets = draw.words("streets")
    return [streets[i % len(streets)] for i in range(draw.n)]


@kind("book_title")
def book_title(draw: Draw) -> list[str]:
    return draw.few(said("books")[draw.base])


@kind("review")
def review(draw: Draw) -> list[str]:
    phrases = said("opinion")[draw.base]
    return draw.each(
        lambda: (
            ", ".join(draw.rng.sample(phrases, draw.rng.choice([1, 2, 3])))
            + draw.rng.choice([".", "!", "", f" {draw.rng.randrange(1, 6)}/5"])
        )
    )


@kind("url")
def url(draw: Draw) -> list[str]:
    hosts, parts = ("www.example.com", "shop.example.org", "cdn.example.net"), ("p", "item", "blog", "c")
    return draw.each(lambda: f"https://{draw.rng.choice(hosts)}/{draw.rng.choice(parts)}/{draw.rng.randrange(10**6)}")


@kind("file_name")
def file_name(draw: Draw) -> list[str]:
    names, ends = ("product", "banner", "catalog", "export", "IMG", "report"), ("jpg", "png", "pdf", "xlsx", "webp")
    return draw.each(lambda: f"{draw.rng.choice(names)}_{draw.rng.randrange(10**5)}.{draw.rng.choice(ends)}")


@kind("http_path")
def http_path(draw: Draw) -> list[str]:
    first, second = ("api/v1", "static", "catalog", "cart"), ("items", "list", "css", "search", "pay")
    return draw.each(lambda: f"/{draw.rng.choice(first)}/{draw.rng.choice(second)}/{draw.rng.randrange(9999)}")


# ---- dates -------------------------------------------------------------------------------------------------------------


@kind("created_at", dirt=False)
def created_at(draw: Draw) -> list[Any]:
    days = draw.each(lambda: datetime(2020, 1, 1) + timedelta(seconds=draw.rng.randrange(6 * 365 * 86400)))
    way = draw.rng.choice(["timestamp", "date", "text"])
    if way == "text":
        return dates_as_text(draw, [d.date() for d in days])
    return days if way == "timestamp" else [d.date() for d in days]


@kind("due_date", dirt=False)
def due_date(draw: Draw) -> list[Any]:
    days = draw.each(lambda: date(2025, 1, 1) + timedelta(days=draw.rng.randrange(4 * 365)))
    return dates_as_text(draw, days) if draw.rng.random() < 0.4 else days


@kind("old_date", concept="created_at", dirt=False, mistakable="user.demographic.date_of_birth")
def old_date(draw: Draw) -> list[Any]:
    """Founding dates and contracts of companies: as old as people."""
    return draw.each(lambda: date(1975, 1, 1) + timedelta(days=draw.rng.randrange(45 * 365)))


# ---- of organizations: reasonable people differ ------------------------------------------------------------------------


@kind("company_email", "user.contact.email", concept="email", alternatives=("user.contact", "user.contact.organization"), optional=True)
def company_email(draw: Draw) -> list[str]:
    boxes, firms = ("info", "sales", "office", "satis", "hello"), ("trade", "firma", "zavod", "group")
    return draw.each(lambda: f"{draw.rng.choice(boxes)}@{draw.rng.choice(firms)}{draw.rng.randrange(900)}.example.com")


@kind(
    "company_phone",
    "user.contact.phone_number",
    concept="phone",
    alternatives=("user.contact.fax_number", "user.contact.organization"),
    optional=True,
)
def company_phone(draw: Draw) -> list[str]:
    language = draw.base
    return draw.each(lambda: phone_of(draw.rng, language, "+"))


@kind(
    "company_address",
    "user.contact.address",
    concept="address",
    alternatives=("user.contact.address.street", "user.contact.organization"),
    optional=True,
)
def company_address(draw: Draw) -> list[str]:
    return [f"{street_of(draw.rng, p)}, {p.city}" for p in draw.people]


@kind(
    "company_city",
    "user.contact.address.city",
    concept="city",
    alternatives=("user.contact.organization", "user.contact.address"),
    optional=True,
)
def company_city(draw: Draw) -> list[str]:
    return [p.city for p in draw.people]


@kind("company_iban", "user.financial.bank_account", concept="iban", alternatives=("user.financial",), optional=True)
def company_iban(draw: Draw) -> list[str]:
    return draw.each(lambda: check.iban(draw.rng, {"az": "AZ", "ru": "AZ", "tr": "TR", "en": "GB", "de": "DE"}[draw.base]))


@kind("employer", "user.contact.organization", concept="company_name", alternatives=("user.workplace",), optional=True)
def employer(draw: Draw) -> list[str]:
    return company_name(draw)
