"""Two feeds of third parties about some customers, with the dirt of real files, and the truth about every record.

The loyalty programme sends a CSV as a spreadsheet saves it (UTF-16, semicolons) and, by mistake, the same records again in
another order and encoding; the fraud bureau sends compressed JSON lines. Erased people are in both. Shares nothing with the
product: spellings are made by tables of its own.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from examples.planted import World

Row = dict[str, Any]
HEADER = ("Üzv nömrəsi", "Ad", "Soyad", "E-poçt", "Telefon", "Doğum tarixi", "Şəhər", "Seqment", "Yenilənib", "Filial")
SEGMENTS = ("gold", "silver", "bronze", "new")
MOVED_TO = ("Gəncə", "Sumqayıt", "Şəki", "Quba", "Lənkəran")
SIGNALS = ("chargeback", "stolen_card", "many_accounts", "refused_delivery")
_ASCII = str.maketrans("əƏçÇşŞğĞıİöÖüÜ", "eEcCsSgGiIoOuU")
_CYRILLIC = (("yev", "ев"), ("ye", "е"), ("ya", "я"), ("yu", "ю"), ("ə", "а"), ("c", "дж"), ("ç", "ч"), ("x", "х"), ("ş", "ш"), ("ğ", "г"),
             ("j", "ж"), ("q", "г"), ("h", "г"), ("y", "й"), ("ı", "ы"), ("ö", "о"), ("ü", "у"))
_REST = dict(zip("abdefgiklmnoprstuvz", "абдефгиклмнопрстувз", strict=True))


@dataclass(frozen=True)
class Said:
    """What must become of one record. `about`: the customer's id, ``tie`` (several fit), or None (nobody we know).

    `key` is the record's number at the third party, `line` where it stands in the first file. `values` are what a link may write.
    """

    source: str
    key: str
    line: int
    fate: str  # accepted, quarantined, rejected
    because: str
    about: int | str | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class Feed:
    """Lines of a file as they are written, and what must become of each."""

    lines: list[str] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def add(self, line: str, source: str, key: str, fate: str, because: str, about: int | str | None = None, **values: str) -> None:
        self.said.append(Said(source, key, len(self.lines) + 1, fate, because, about, {k: v for k, v in values.items() if v}))
        self.lines.append(line)


def write_feeds(folder: Path, truth: Path | None, tables: dict[str, pa.Table], world: World, as_of: datetime, seed: int) -> int:
    """Write the files of both sources, all finished a day before `as_of`, and ``feeds.json`` with the truth; number of records."""
    shutil.rmtree(folder, ignore_errors=True)
    loyalty, fraud = loyalty_feed(tables, world, as_of, seed), fraud_feed(tables, world, as_of, seed)
    body = "\r\n".join([*loyalty.lines, ""])
    again = "\n".join([loyalty.lines[0], *reversed(loyalty.lines[1:]), ""])
    files = {
        "loyalty/members-2026-09.csv": body.encode("utf-16"),
        "loyalty/members-2026-09 (1).csv": body.encode("utf-16"),  # sent twice
        "loyalty/members-2026-09-by-name.csv": again.encode("utf-8-sig"),  # the same in another order
        "loyalty/members-2026-10.csv.part": body[:900].encode("utf-16"),  # on its way
        "loyalty/members-cut.csv.gz": gzip.compress(again.encode(), mtime=0)[:-40],  # the line broke
        "fraud-bureau/cases-2026-09.jsonl.gz": gzip.compress("\n".join([*fraud.lines, ""]).encode(), mtime=0),
    }
    when = (as_of - timedelta(days=1)).timestamp()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (when, when))
    if truth is not None:
        said = [asdict(s) for s in (*loyalty.said, *fraud.said)]
        truth.mkdir(parents=True, exist_ok=True)
        told = {"records": said, "refused": ["members-cut.csv.gz"], "twice": ["members-2026-09-by-name.csv", "members-2026-09.csv"]}
        (truth / "feeds.json").write_text(json.dumps(told, ensure_ascii=False, indent=1))
    return len(loyalty.said) + len(fraud.said)


# ---- who is in them ----------------------------------------------------------------------------------------------------

def known(tables: dict[str, pa.Table], world: World, as_of: datetime) -> list[Row]:
    """Customers with an open account who were seen lately: nothing of theirs is due. Nobody who was planted for another story."""
    planted = {row["customer_id"] for row in world.rows.get("crm.customers", ())}
    lately = as_of.replace(tzinfo=None) - timedelta(days=400)
    return [row for row in tables["crm.customers"].to_pylist()
            if row["customer_id"] not in planted and row["status"] == "open" and row["closed_at"] is None and row["deceased_on"] is None
            and row["email"] and row["phone"] and row["last_seen_at"] is not None and row["last_seen_at"].replace(tzinfo=None) > lately]


def erased(world: World) -> list[tuple[Row, str]]:
    """Planted customers who asked for erasure by an e-mail address, as they were, with the address they gave."""
    customers = {str(row["customer_id"]): row for row in world.rows.get("crm.customers", ())}
    found = []
    for request in world.requests:
        email = next((i["value"] for i in request["identifiers"] if i["form"] == "email"), None)
        if email and "customer" in request["kinds"]:
            found += [(customers[key], email) for key in request["subjects"].get("customer", ()) if key in customers]
    return found


def spelled(dice: random.Random, name: str) -> str:
    """The name as somebody else types it: as it is, in capitals, in ASCII or in Cyrillic."""
    way = dice.random()
    if way < 0.45 or any("а" <= c <= "я" for c in name.lower()):
        return name
    if way < 0.6:
        return name.translate(_ASCII)
    if way < 0.7:
        return name.translate(_ASCII).upper()
    return cyrillic(name) if way < 0.85 else f" {name}  "


def cyrillic(name: str) -> str:
    text = name.replace("İ", "i").replace("I", "ı").lower()
    for latin, letters in _CYRILLIC:
        text = text.replace(latin, letters)
    text = "".join(_REST.get(c, c) for c in text)
    return text[:1].upper() + text[1:]


def phone_of(dice: random.Random, phone: str) -> str:
    digits = "".join(c for c in phone if c.isdigit())[-9:]
    a, b, c, d = digits[:2], digits[2:5], digits[5:7], digits[7:]
    return dice.choice((f"+994 {a} {b} {c} {d}", f"0{a}-{b}-{c}-{d}", f"(0{a}) {b} {c}{d}", f"994{digits}"))


def day(dice: random.Random, value: Any) -> str:
    return value.strftime(dice.choice(("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y"))) if value is not None else ""


def crossed(rows: list[Row]) -> tuple[set[str], set[str]]:
    """E-mail addresses and phone numbers that several customers have: nothing may be said of whose they are."""
    seen: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for row in rows:
        for place, value in enumerate(((row["email"] or "").lower(), "".join(c for c in row["phone"] or "" if c.isdigit())[-9:])):
            seen[place][value] = seen[place].get(value, 0) + 1
    emails, phones = ({value for value, n in found.items() if n > 1 or not value} for found in seen)
    return emails, phones


# ---- the loyalty programme ---------------------------------------------------------------------------------------------

def loyalty_feed(tables: dict[str, pa.Table], world: World, as_of: datetime, seed: int) -> Feed:
    dice, feed = random.Random(f"{seed} loyalty"), Feed([";".join(HEADER)])
    emails, phones = crossed(tables["crm.customers"].to_pylist())
    people = [r for r in known(tables, world, as_of) if r["email"].lower() not in emails
              and "".join(c for c in r["phone"] if c.isdigit())[-9:] not in phones]
    dice.shuffle(people)
    for row in people[40:400]:
        loyal(feed, dice, row, as_of)
    if people:
        dirt(feed, dice, people[:40], as_of)
    alike(feed, dice, people[400:424], as_of)
    for number, (row, email) in enumerate(erased(world)):
        cells = cells_of(dice, row, as_of, email=f" {email.upper()} ")
        feed.add(joined(f"E{number:05d}", cells), "loyalty", f"E{number:05d}", "rejected", "on the do-not-return list")
    for number in range(40):
        first, last = dice.choice(("Zaur", "Sevda", "Ramin", "Şəfa")), dice.choice(("Tanınmazov", "Yadov", "Kimsəyev"))
        row = {"first_name": first, "last_name": last, "email": f"nobody{number}@unknown.example", "phone": f"+99460777{number:04d}",
               "birth_date": None, "city": "Bakı"}
        feed.add(joined(f"U{number:05d}", cells_of(dice, row, as_of)), "loyalty", f"U{number:05d}", "accepted", "nobody we know")
    return feed


def loyal(feed: Feed, dice: random.Random, row: Row, as_of: datetime) -> None:
    """A customer, found by address or by phone and name."""
    key = f"M{row['customer_id']:07d}"
    moved = dice.choice(MOVED_TO) if dice.random() < 0.3 else row["city"] or ""
    by_phone = dice.random() < 0.3
    cells = cells_of(dice, row, as_of, email="" if by_phone else dice.choice((row["email"], row["email"].upper())), city=moved)
    feed.add(joined(key, cells), "loyalty", key, "accepted", "found by phone and name" if by_phone else "found by address",
             row["customer_id"], city=moved, segment=cells["segment"])


def alike(feed: Feed, dice: random.Random, people: list[Row], as_of: datetime) -> None:
    """Records that look like a customer's and may not be taken for it: one customer's address with the name and number of another,
    and namesakes who are no customers. And records that only a comparison of everything finds: a slip in the name and no address."""
    for number in range(len(people[:8]) // 2):
        key, (one, other) = f"T{number:05d}", people[2 * number:2 * number + 2]
        feed.add(joined(key, cells_of(dice, other, as_of, email=one["email"])), "loyalty", key, "accepted", "two customers fit", "tie")
    for number, row in enumerate(people[8:16]):
        key = f"N{number:05d}"
        stranger = row | {"email": f"namesake{number}@unknown.example", "phone": f"+99460888{number:04d}", "birth_date": None}
        feed.add(joined(key, cells_of(dice, stranger, as_of, city="Naxçıvan")), "loyalty", key, "accepted", "a namesake")
    for number, row in enumerate(r for r in people[16:] if r["birth_date"] is not None and len(r["last_name"]) > 5):
        key, last = f"S{number:05d}", row["last_name"]
        slip = last[:3] + last[4] + last[3] + last[5:]
        cells = cells_of(dice, row, as_of, email="", first=row["first_name"], last=slip)
        feed.add(joined(key, cells), "loyalty", key, "accepted", "found by comparing", row["customer_id"])


def cells_of(dice: random.Random, row: Row, as_of: datetime, **given: str) -> dict[str, str]:
    seen = as_of - timedelta(days=dice.randrange(2, 60), hours=dice.randrange(24))
    return {"first": spelled(dice, row["first_name"]), "last": spelled(dice, row["last_name"]), "email": row["email"] or "",
            "phone": phone_of(dice, row["phone"]), "born": day(dice, row["birth_date"]), "city": row["city"] or "",
            "segment": dice.choice(SEGMENTS), "seen": f"{seen:%Y-%m-%d %H:%M:%S}", "branch": str(dice.randrange(40)), **given}


def joined(key: str, cells: dict[str, str]) -> str:
    values = [key, *(cells[c] for c in ("first", "last", "email", "phone", "born", "city", "segment", "seen", "branch"))]
    return ";".join(f'"{v}"' if ";" in v or '"' in v else v for v in values)


def dirt(feed: Feed, dice: random.Random, people: list[Row], as_of: datetime) -> None:
    """One of each way in which files go wrong, a few times over."""
    rows = cycle(people)  # a small world has few

    def add(key: str, fate: str, because: str, row: Row, about: int | None = None, cut: int = 0, **given: str) -> str:
        line = joined(key, cells_of(dice, row, as_of, **given))
        line = line[:line.rindex(";", 0, len(line) - cut)] if cut else line
        feed.add(line, "loyalty", key, fate, because, about)
        return line

    for number in range(4):
        add(f"D1{number:04d}", "quarantined", "phone: is not a phone number", next(rows), phone="yoxdur 12")
        add(f"D2{number:04d}", "quarantined", "email: is not an e-mail address", next(rows), email="anar(at)mail")
        add(f"D3{number:04d}", "quarantined", "given_name: is not a name", next(rows), first="=cmd|' /C calc'!A0")
        add(f"D4{number:04d}", "quarantined", "loyalty.segment_known", next(rows), segment="platin")
        row = next(rows)
        add(f"D5{number:04d}", "accepted", "a wrong date is left out", row, row["customer_id"], born="31.02.1990")
        add("", "rejected", "has no record key", next(rows))
        add(f"D7{number:04d}", "rejected", "has fewer cells than the first line", next(rows), cut=1)
        row = next(rows)
        line = add(f"D8{number:04d}", "accepted", "the first of two", row, row["customer_id"])
        feed.add(line, "loyalty", f"D8{number:04d}", "rejected", "stands in the file before")
        row = next(rows)
        quoted = '"' + "x" * 3 + joined(f"D9{number:04d}", cells_of(dice, row, as_of))
        feed.add(quoted, "loyalty", "", "rejected", "its quotes do not end")


# ---- the fraud bureau --------------------------------------------------------------------------------------------------

def fraud_feed(tables: dict[str, pa.Table], world: World, as_of: datetime, seed: int) -> Feed:
    dice, feed = random.Random(f"{seed} fraud"), Feed()
    emails, _ = crossed(tables["crm.customers"].to_pylist())
    people = [r for r in known(tables, world, as_of) if r["email"].lower() not in emails]
    dice.shuffle(people)

    def case(key: str, row: Row, **given: Any) -> str:
        noticed = as_of - timedelta(days=dice.randrange(1, 30))
        person = {"first": spelled(dice, row["first_name"]), "last": spelled(dice, row["last_name"]), "email": row["email"],
                  "phone": phone_of(dice, row["phone"])}
        record = {"case": key, "person": person, "signal": dice.choice(SIGNALS), "score": round(dice.random(), 2),
                  "noticed": noticed.isoformat(), "until": (noticed + timedelta(days=60)).isoformat(), "officer": "unread"}
        return json.dumps(record | given, ensure_ascii=False)

    for number, row in enumerate(people[:90]):
        key = f"C{number:05d}"
        feed.add(case(key, row), "fraud_bureau", key, "accepted", "found by address", row["customer_id"])
    for number, row in enumerate(people[90:96]):
        key = f"C1{number:04d}"
        feed.add(case(key, row, score=17), "fraud_bureau", key, "quarantined", "fraud.score_at_most_one")
    for number, row in enumerate(people[96:100]):
        feed.add(case(f"C2{number:04d}", row)[:-25], "fraud_bureau", "", "rejected", "is not JSON")
    for number, (row, email) in enumerate(erased(world)):
        key = f"C3{number:04d}"
        feed.add(case(key, row | {"email": email}), "fraud_bureau", key, "rejected", "on the do-not-return list")
    return feed
