"""What devices and browsers leave, and places."""

from __future__ import annotations

import math
import string
import uuid
from typing import Any

from benchmarks.discovery import checkdigits as check
from benchmarks.discovery.kinds import Draw, Filled, kind

DEVICE = "user.device"
PRECISE, LOCATION = "user.location.precise", "user.location"
TOWNS = {"az": (40.41, 49.87), "ru": (55.75, 37.62), "tr": (41.01, 28.98), "en": (51.51, -0.13), "de": (52.52, 13.40)}


def new_uuid(draw: Draw) -> str:
    return str(uuid.UUID(int=draw.rng.getrandbits(128), version=4))


_NETS = (5, 31, 37, 46, 78, 85, 91, 94, 176, 178, 185, 188, 213)


@kind("ip", "user.device.ip_address", broader=(DEVICE,))
def ip(draw: Draw) -> list[str]:
    six = draw.rng.choices([0.0, 1.0, 0.3], [6, 2, 2])[0]

    def one() -> str:
        r = draw.rng
        if r.random() < six:
            return "2a0" + f"{r.randrange(1, 10)}:" + ":".join(f"{r.randrange(65536):x}" for _ in range(7))
        return f"{r.choice(_NETS)}.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}"

    made = draw.each(one)
    return [f"{m}:{draw.rng.randrange(1024, 65000)}" for m in made] if draw.rng.random() < 0.08 and not six else made


@kind("mac", "user.device.device_id", broader=(DEVICE,))
def mac(draw: Draw) -> list[str]:
    gap = draw.rng.choice([":", "-", ":"])
    made = draw.each(lambda: gap.join(f"{draw.rng.randrange(256):02x}" for _ in range(6)))
    return [m.upper() for m in made] if draw.rng.random() < 0.5 else made


@kind("imei", "user.device.device_id", broader=(DEVICE,))
def imei(draw: Draw) -> list[Any]:
    made = draw.each(lambda: check.imei(draw.rng))
    return [int(m) for m in made] if draw.rng.random() < 0.3 else made


@kind(
    "ad_id",
    "user.device.device_id",
    alternatives=("user.device.cookie_id", "user.unique_id.pseudonymous"),
    broader=(DEVICE, "user.unique_id"),
    opaque=False,
)
def ad_id(draw: Draw) -> list[str]:
    made = draw.each(lambda: new_uuid(draw))
    made = [m.upper() for m in made] if draw.rng.random() < 0.5 else made
    return ["00000000-0000-0000-0000-000000000000" if draw.rng.random() < 0.08 else m for m in made]


@kind("device_id", "user.device.device_id", broader=(DEVICE, "user.unique_id"), opaque=False)
def device_id(draw: Draw) -> list[str]:
    return draw.each(lambda: f"{draw.rng.getrandbits(64):016x}")


@kind(
    "cookie_ga",
    "user.device.cookie_id",
    alternatives=("user.device.cookie",),
    broader=(DEVICE, "user.unique_id.pseudonymous"),
    concept="cookie",
)
def cookie_ga(draw: Draw) -> list[str]:
    head = draw.rng.choice(["GA1.2.", "GA1.1.", ""])
    made = draw.each(lambda: f"{head}{draw.rng.randrange(10**8, 2 * 10**9)}.{draw.rng.randrange(1_500_000_000, 1_790_000_000)}")
    return made if head or draw.rng.random() < 0.5 else [m if draw.rng.random() < 0.5 else "GA1.2." + m for m in made]


@kind(
    "cookie_fb",
    "user.device.cookie_id",
    alternatives=("user.device.cookie",),
    broader=(DEVICE, "user.unique_id.pseudonymous"),
    concept="cookie",
)
def cookie_fb(draw: Draw) -> list[str]:
    return draw.each(lambda: f"fb.1.{draw.rng.randrange(1_500_000_000_000, 1_790_000_000_000)}.{draw.rng.randrange(10**8, 2 * 10**9)}")


@kind(
    "cookie_plain",
    "user.device.cookie_id",
    alternatives=("user.device.cookie",),
    broader=(DEVICE, "user.unique_id.pseudonymous", "user.unique_id"),
    concept="cookie",
    opaque=False,
)
def cookie_plain(draw: Draw) -> list[str]:
    return draw.each(lambda: new_uuid(draw)) if draw.rng.random() < 0.5 else draw.each(lambda: f"{draw.rng.getrandbits(128):032x}")


@kind(
    "session",
    "user.device.cookie_id",
    alternatives=("user.device.cookie", "user.unique_id.pseudonymous", "user.authorization.credentials", "user.authorization"),
    broader=(DEVICE, "user.unique_id", "user.behavior", "user.telemetry"),
    optional=True,
    opaque=False,
)
def session(draw: Draw) -> list[str]:
    letters = string.ascii_lowercase + string.digits
    return draw.each(lambda: "".join(draw.rng.choice(letters) for _ in range(26)))


_UA = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{m} like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.{m} Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
    "okhttp/4.{m}.0",
    "Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B)",
    "Mozilla/5.0 (Linux; Android 14; Pixel {m}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Mobile Safari/537.36",
)


@kind("user_agent", "user.device", alternatives=("user.telemetry", "user.device.device_id", "user.behavior.browsing_history"))
def user_agent(draw: Draw) -> list[str]:
    return draw.each(lambda: draw.rng.choice(_UA).format(v=draw.rng.randrange(100, 140), m=draw.rng.randrange(1, 9)))


def points(draw: Draw, spread: float = 0.08) -> list[tuple[float, float]]:
    town = TOWNS[draw.base]
    return draw.each(lambda: (town[0] + draw.rng.gauss(0, spread), town[1] + draw.rng.gauss(0, spread)))


@kind("coordinates", PRECISE, broader=(LOCATION, "user.location.imprecise"), concept="location")
def coordinates(draw: Draw) -> list[str]:
    way = draw.rng.choice(["{0:.6f}, {1:.6f}", "{0:.5f},{1:.5f}", "({0:.6f} {1:.6f})", "{0:.4f};{1:.4f}"])
    return [way.format(a, b) for a, b in points(draw)]


@kind("wkt", PRECISE, broader=(LOCATION, "user.location.imprecise"), concept="location")
def wkt(draw: Draw) -> list[str]:
    return [f"POINT({b:.6f} {a:.6f})" if draw.rng.random() < 0.9 else f"SRID=4326;POINT({b:.6f} {a:.6f})" for a, b in points(draw)]


@kind("dms", PRECISE, broader=(LOCATION, "user.location.imprecise"), concept="location")
def dms(draw: Draw) -> list[str]:
    def one(value: float, sides: str) -> str:
        size = abs(value)
        return f"{int(size)}°{int(size * 60) % 60:02d}'{size * 3600 % 60:04.1f}\"{sides[value < 0]}"

    return [f"{one(a, 'NS')} {one(b, 'EW')}" for a, b in points(draw)]


@kind("lat", PRECISE, broader=(LOCATION, "user.location.imprecise"), dirt=False)
def lat(draw: Draw) -> list[float]:
    return [round(a, 6) for a, _ in points(draw)]


@kind("lon", PRECISE, broader=(LOCATION, "user.location.imprecise"), dirt=False)
def lon(draw: Draw) -> list[float]:
    return [round(b, 6) for _, b in points(draw)]


@kind("geohash", PRECISE, alternatives=("user.location.imprecise", LOCATION))
def geohash(draw: Draw) -> Filled:
    length = draw.rng.choice([6, 7, 8, 9])
    return Filled([hashed(a, b, length) for a, b in points(draw)])


def hashed(lat_: float, lon_: float, length: int) -> str:
    """The geohash of a point."""
    letters, bits, low, high = "0123456789bcdefghjkmnpqrstuvwxyz", [], [-90.0, -180.0], [90.0, 180.0]
    value = (lat_, lon_)
    for step in range(length * 5):
        axis = 1 - step % 2
        middle = (low[axis] + high[axis]) / 2
        above = value[axis] >= middle
        (low if above else high)[axis] = middle
        bits.append(above)
    return "".join(letters[sum(b << (4 - i) for i, b in enumerate(bits[at : at + 5]))] for at in range(0, len(bits), 5))


def near(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.dist(a, b)


@kind(
    "passport_scan",
    "user.government_id",
    alternatives=("user.government_id.passport_number", "user.content.private", "user.content"),
    broader=("user.content.self_image",),
)
def passport_scan(draw: Draw) -> list[str]:
    r = draw.rng
    name = {"az": "pasport", "ru": "pasport", "tr": "pasaport", "en": "passport", "de": "reisepass"}[draw.base]
    way = r.choice(["s3://kyc/{name}/{n}_{who}.jpg", "/uploads/{name}_scan_{n}.pdf", "{name}-{who}-{n}.png"])
    return [way.format(name=name, n=r.randrange(10**5, 10**6), who=p.surname) for p in draw.people]


@kind(
    "photo",
    "user.content.self_image",
    alternatives=("user.content.private", "user.content"),
    broader=("user.biometric", "user.content.public"),
)
def photo(draw: Draw) -> Filled:
    r = draw.rng
    told = r.random() < 0.6
    way = "avatars/{who}_{n}.jpg" if told else r.choice(["/img/d/{n}/front_door.jpg", "pod/2026/03/{n}.jpeg"])
    return Filled([way.format(n=r.randrange(10**5, 10**6), who=p.handle) for p in draw.people], opaque=told, optional=not told)


@kind(
    "signature",
    "user.biometric",
    alternatives=("user.content.private", "user.content", "user.content.self_image", "user.authorization.biometric", "user.government_id"),
    broader=("user.name",),
)
def signature(draw: Draw) -> list[str]:
    return [f"/sign/{draw.rng.randrange(10**6)}/signature_{p.surname}.svg" for p in draw.people]
