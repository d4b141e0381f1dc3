"""Hard negatives that are numbers and codes: some have the very form of personal ones."""

from __future__ import annotations

import hashlib
import string
from typing import Any

from benchmarks.discovery import checkdigits as check
from benchmarks.discovery.checkdigits import digits
from benchmarks.discovery.kinds import Draw, kind
from benchmarks.discovery.kinds_devices import new_uuid, points
from benchmarks.discovery.kinds_person import postcode_of

# ---- numbers of things -------------------------------------------------------------------------------------------------


@kind("row_id", dirt=False)
def row_id(draw: Draw) -> list[Any]:
    start = draw.rng.choice([1, 1000, 45_000_001])
    return list(range(start, start + draw.n))


@kind("row_uuid", dirt=False)
def row_uuid(draw: Draw) -> list[str]:
    return draw.each(lambda: new_uuid(draw))


@kind("order_no", dirt=False)
def order_no(draw: Draw) -> list[str]:
    head = draw.rng.choice(["ORD-", "SO", "W", "2026-", "#"])
    return draw.each(lambda: head + digits(draw.rng, draw.rng.choice([7, 8])))


@kind("order_no_long", concept="order_no", dirt=False)
def order_no_long(draw: Draw) -> list[Any]:
    """Sixteen digits; every second column of them passes Luhn."""
    valid = draw.rng.random() < 0.5
    made = draw.each(
        lambda: check.with_luhn("4" + digits(draw.rng, 14)) if valid and draw.rng.random() < 0.3 else "2026" + digits(draw.rng, 12)
    )
    return [int(m) for m in made] if draw.rng.random() < 0.4 else made


@kind("booking_code", concept="order_no", dirt=False)
def booking_code(draw: Draw) -> list[str]:
    """Six letters and digits, as airlines and hotels give."""
    return draw.each(lambda: "".join(draw.rng.choice("23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(6)))


@kind("invoice_no")
def invoice_no(draw: Draw) -> list[str]:
    way = draw.rng.choice(["INV-{y}-{n:06d}", "RE{y}{n:05d}", "{n:08d}", "AZ{y}/{n:06d}"])
    return draw.each(lambda: way.format(y=draw.rng.choice([2024, 2025, 2026]), n=draw.rng.randrange(1, 99999)))


@kind("tracking_no")
def tracking_no(draw: Draw) -> list[str]:
    way = draw.rng.choice(["s10", "1Z", "14", "12"])
    letters = string.ascii_uppercase + string.digits
    if way == "s10":
        return draw.each(lambda: f"R{draw.rng.choice('ABCR')}{digits(draw.rng, 9)}{draw.rng.choice(['AZ', 'RU', 'TR', 'DE', 'GB'])}")
    if way == "1Z":
        return draw.each(lambda: "1Z" + "".join(draw.rng.choice(letters) for _ in range(16)))
    return draw.each(lambda: digits(draw.rng, int(way)))


@kind("sku")
def sku(draw: Draw) -> list[str]:
    heads = ["".join(draw.rng.choice(string.ascii_uppercase) for _ in range(3)) for _ in range(6)]
    return draw.each(
        lambda: f"{draw.rng.choice(heads)}-{draw.rng.randrange(1000, 99999)}-{draw.rng.choice(['S', 'M', 'L', 'XL', 'BLK', 'RED'])}"
    )


@kind("ean", dirt=False)
def ean(draw: Draw) -> list[Any]:
    made = draw.each(lambda: check.ean13(draw.rng))
    return [int(m) for m in made] if draw.rng.random() < 0.4 else made


@kind("long_id", dirt=False)
def long_id(draw: Draw) -> list[Any]:
    """Eleven to nineteen digits, of banks and tickets."""
    length = draw.rng.choice([11, 12, 16, 18])
    return draw.each(lambda: digits(draw.rng, length, "123456789"))


@kind("epoch", dirt=False)
def epoch(draw: Draw) -> list[Any]:
    size = draw.rng.choice([1, 1000, 1000, 1_000_000])
    return draw.each(lambda: draw.rng.randrange(1_640_000_000, 1_790_000_000) * size + (draw.rng.randrange(size) if size > 1 else 0))


@kind("hash")
def hash_(draw: Draw) -> list[str]:
    make = draw.rng.choice([hashlib.md5, hashlib.sha1, hashlib.sha256])
    return draw.each(lambda: make(str(draw.rng.random()).encode()).hexdigest())


@kind("crc", concept="hash")
def crc(draw: Draw) -> list[str]:
    return draw.each(lambda: f"{draw.rng.getrandbits(32):08x}")


@kind("serial_no")
def serial_no(draw: Draw) -> list[str]:
    letters = string.ascii_uppercase + string.digits
    way = draw.rng.choice(["SN", "LOT-2025-", "AA", ""])
    return draw.each(lambda: way + "".join(draw.rng.choice(letters) for _ in range(10)))


@kind("part_no")
def part_no(draw: Draw) -> list[str]:
    """Numbers of parts that look like telephone numbers."""
    way = draw.rng.choice(
        ["{a:03d}-{b:03d}-{c:04d}", "{a:03d}.{b:03d}.{c:02d}", "{a:03d}.{b:03d}.{c:02d}-1", "A{a:03d} {b:03d} {c:02d} 01"]
    )
    return draw.each(lambda: way.format(a=draw.rng.randrange(100, 1000), b=draw.rng.randrange(1000), c=draw.rng.randrange(100)))


@kind("vin", "user.government_id.vehicle_registration", alternatives=("user.unique_id", "user.device.device_id"), optional=True)
def vin(draw: Draw) -> list[str]:
    return draw.each(lambda: check.vin(draw.rng))


@kind("company_tax_no")
def company_tax_no(draw: Draw) -> list[str]:
    language = draw.base
    if language == "ru":
        return draw.each(lambda: check.inn_company(draw.rng))
    if language == "de":
        return draw.each(lambda: "DE" + digits(draw.rng, 9, "123456789"))
    if language == "en":
        return draw.each(lambda: f"GB{digits(draw.rng, 9, '123456789')}")
    return draw.each(lambda: digits(draw.rng, 10, "123456789"))


@kind("isin")
def isin(draw: Draw) -> list[str]:
    return draw.each(lambda: check.isin(draw.rng))


@kind("ticker", dirt=False)
def ticker(draw: Draw) -> list[str]:
    some = ["AAPL", "MSFT", "SBER", "GAZP", "THYAO", "SAP", "BMW", "VOD", "KO", "T", "DAI", "MARY", "ANNA", "ALI"]
    return draw.few(some)


@kind("bic")
def bic(draw: Draw) -> list[str]:
    return draw.few(
        ["AIIBAZ2X", "IBAZAZ2X", "SABRRUMM", "TCZBTR2A", "AKBKTRIS", "DEUTDEFF", "COBADEFFXXX", "BARCGB22", "NWBKGB2L", "PAHAAZ22"]
    )


@kind("version")
def version(draw: Draw) -> list[str]:
    way = draw.rng.choice(["{a}.{b}.{c}", "{a}.{b}.{c}.{d}", "v{a}.{b}.{c}-rc{d}"])
    return draw.each(
        lambda: way.format(a=draw.rng.randrange(1, 12), b=draw.rng.randrange(30), c=draw.rng.randrange(250), d=draw.rng.randrange(250))
    )


@kind("amount", dirt=False)
def amount(draw: Draw) -> list[Any]:
    made = draw.each(lambda: round(draw.rng.lognormvariate(4, 1.2), 2))
    return [f"{m:,.2f}".replace(",", " ").replace(".", ",") for m in made] if draw.rng.random() < 0.3 else made


@kind("percent", dirt=False)
def percent(draw: Draw) -> list[Any]:
    text = draw.rng.random() < 0.5
    return draw.each(lambda: f"{draw.rng.randrange(0, 80, 5)}%" if text else round(draw.rng.random(), 3))


@kind("quantity", dirt=False)
def quantity(draw: Draw) -> list[int]:
    return draw.each(lambda: int(draw.rng.expovariate(0.1)) + 1)


@kind("score_number", dirt=False)
def score_number(draw: Draw) -> list[float]:
    middle = draw.rng.choice([0.0, 20.0, 50.0])
    return draw.each(lambda: round(draw.rng.gauss(middle, 8), draw.rng.choice([1, 1, 3])))


@kind("population", dirt=False)
def population(draw: Draw) -> list[int]:
    return draw.each(lambda: int(draw.rng.lognormvariate(10, 1.5)))


@kind("duration", dirt=False)
def duration(draw: Draw) -> list[int]:
    return draw.each(lambda: int(draw.rng.lognormvariate(5, 2)))


@kind("http_status", dirt=False)
def http_status(draw: Draw) -> list[int]:
    return draw.few([200, 301, 302, 400, 401, 403, 404, 500, 503], [20, 1, 2, 1, 1, 1, 3, 1, 1])


@kind("store_lat", dirt=False)
def store_lat(draw: Draw) -> list[float]:
    shops = [round(a, 5) for a, _ in points(draw, 0.5)][:25]
    return draw.few(shops)


@kind("store_lon", dirt=False)
def store_lon(draw: Draw) -> list[float]:
    shops = [round(b, 5) for _, b in points(draw, 0.5)][:25]
    return draw.few(shops)


@kind("store_postcode", dirt=False)
def store_postcode(draw: Draw) -> list[str]:
    language = draw.base
    return draw.few([postcode_of(draw.rng, language) for _ in range(25)])
