"""Content in which other kinds are: free text, JSON documents, arrays and nested columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from benchmarks.discovery import checkdigits as check
from benchmarks.discovery.kinds import KINDS, Draw, Filled, kind
from benchmarks.discovery.kinds_ids import passport_of
from benchmarks.discovery.kinds_person import address_of, full, phone_of, street_of
from benchmarks.discovery.people import Person, said
from governance.domain.taxonomy import identifying

NAME, MAIL, PHONE, CARD = "user.name", "user.contact.email", "user.contact.phone_number", "user.financial.credit_card"
STREET, PASSPORT, IBAN = "user.contact.address.street", "user.government_id.passport_number", "user.financial.bank_account"


def value(draw: Draw, p: Person, key: str) -> str:
    """A value of `p` of the kind `key`, as it is written inside a sentence."""
    rng = draw.rng
    country = {"az": "AZ", "ru": "AZ", "tr": "TR", "en": "GB", "de": "DE"}[p.language]
    made = {
        NAME: lambda: full(p, rng.choice(["gf", "gf", "fg"])),
        MAIL: lambda: address_of(rng, p),
        PHONE: lambda: phone_of(rng, p.language, rng.choice(["+", "local", "dots"])),
        CARD: lambda: check.card(rng),
        STREET: lambda: street_of(rng, p),
        PASSPORT: lambda: passport_of(draw, p, False),
        IBAN: lambda: check.iban(rng, country),
    }
    return made[key]()


def sentence(draw: Draw, p: Person, key: str) -> str:
    return draw.rng.choice(said("sentences")[p.language][key]).format(v=value(draw, p, key) if key else "")


def ordered(keys: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The most identifying kind, and the rest."""
    first, *rest = sorted(set(keys), key=lambda k: (-identifying(k), k))
    return first, tuple(rest)


def _text(draw: Draw, keys: Sequence[str], share: float) -> Filled:
    made = []
    for at, p in enumerate(draw.people):
        parts = [sentence(draw, p, "")]
        # Each kind is there at least once, so that its truth holds in the smallest table.
        parts += [sentence(draw, p, k) for place, k in enumerate(keys) if draw.rng.random() < share or at == place]
        draw.rng.shuffle(parts)
        made.append(" ".join(parts))
    first, rest = ordered(keys)
    return Filled(made, first, rest)


def some(draw: Draw, keys: Sequence[str] = (NAME, MAIL, PHONE, CARD, STREET, PASSPORT, IBAN)) -> list[str]:
    return draw.rng.sample(list(keys), draw.rng.choice([1, 2, 2, 3]))


@kind("text_dense", NAME, concept="free_text", alternatives=("user.content.private", "user.content"))
def text_dense(draw: Draw) -> Filled:
    return _text(draw, some(draw), draw.rng.uniform(0.3, 0.8))


@kind("text_thin", NAME, concept="free_text", alternatives=("user.content.private", "user.content"))
def text_thin(draw: Draw) -> Filled:
    """Something personal in two to six rows of a hundred."""
    return _text(draw, some(draw), draw.rng.uniform(0.02, 0.06))


@kind("text_plain", concept="free_text")
def text_plain(draw: Draw) -> list[str]:
    return [" ".join(sentence(draw, p, "") for _ in range(draw.rng.choice([1, 2]))) for p in draw.people]


PATHS = {
    NAME: ("customer.name", "contact.full_name", "buyer.fio", "n"),
    MAIL: ("customer.email", "contact.mail", "e"),
    PHONE: ("customer.phone", "contact.tel", "p"),
    STREET: ("ship.street", "address.line1", "a"),
    CARD: ("payment.pan", "pay.card"),
    PASSPORT: ("kyc.passport", "doc.no"),
    IBAN: ("refund.iban", "bank.acc"),
}


def put(into: dict[str, Any], path: str, what: Any) -> None:
    *outer, last = path.split(".")
    for name in outer:
        into = into.setdefault(name, {})
    into[last] = what


def document(draw: Draw) -> dict[str, Any]:
    rng = draw.rng
    return {
        "v": rng.choice([1, 2]),
        "items": [{"sku": f"A-{rng.randrange(9999)}", "qty": rng.randrange(1, 5), "price": round(rng.random() * 90, 2)}],
        "ts": rng.randrange(1_700_000_000, 1_780_000_000),
        "ok": rng.random() < 0.9,
    }


def _json(draw: Draw, keys: Sequence[str], share: float) -> Filled:
    paths, made = {k: draw.rng.choice(PATHS[k]) for k in keys}, []
    for at, p in enumerate(draw.people):
        one = document(draw)
        for place, key in enumerate(keys):
            if draw.rng.random() < share or at == place:
                put(one, paths[key], value(draw, p, key))
        made.append(json.dumps(one, ensure_ascii=draw.rng.random() < 0.1))
    first, rest = ordered(keys)
    return Filled(made, first, rest)


@kind("json_dense", NAME, concept="json", alternatives=("user.content.private", "user.content"), dirt=False)
def json_dense(draw: Draw) -> Filled:
    return _json(draw, some(draw), 0.9)


@kind("json_thin", NAME, concept="json", alternatives=("user.content.private", "user.content"), dirt=False)
def json_thin(draw: Draw) -> Filled:
    return _json(draw, some(draw), 0.05)


@kind("json_plain", concept="json", dirt=False)
def json_plain(draw: Draw) -> list[str]:
    return draw.each(lambda: json.dumps(document(draw)))


@kind("array_contacts", MAIL, concept="list_contacts", dirt=False)
def array_contacts(draw: Draw) -> Filled:
    key = draw.rng.choice([MAIL, PHONE])
    return Filled([[value(draw, p, key) for _ in range(draw.rng.choice([1, 1, 2, 3]))] for p in draw.people], key, ())


@kind("array_plain", concept="category_name", dirt=False)
def array_plain(draw: Draw) -> list[list[str]]:
    tags = draw.words("goods")[:30]
    return draw.each(lambda: draw.rng.sample(tags, 2))


@kind("struct_contact", NAME, concept="struct_person", dirt=False)
def struct_contact(draw: Draw) -> Filled:
    keys = (PHONE, NAME)
    return Filled(
        [{"a": {"b": value(draw, p, NAME)}, "t": [value(draw, p, PHONE)], "n": draw.rng.randrange(9)} for p in draw.people], *ordered(keys)
    )


@kind("struct_plain", concept="json", dirt=False)
def struct_plain(draw: Draw) -> list[dict[str, Any]]:
    return draw.each(
        lambda: {
            "w": round(draw.rng.random() * 5, 2),
            "dims": [draw.rng.randrange(9), draw.rng.randrange(9)],
            "color": draw.rng.choice(draw.words("colors")),
        }
    )


assert KINDS, "makers register themselves"
