"""Needles: something personal in one row of a thousand, in free text and in JSON documents.

    python -m benchmarks.discovery.sparse [--rows 1000 --rows 10000] [--mode full] [--json] [--keep]

Each column holds one kind in one row of a thousand among sentences about orders, sums, goods and dates; a control column of the same
sentences holds none, and hard controls hold order numbers, tracking numbers and part numbers instead. Found means that the kind
is the category or among the further kinds of the proposal.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.discovery import checkdigits as check
from benchmarks.discovery import ours
from benchmarks.discovery.figures import NOTHING, Verdict
from benchmarks.discovery.kinds import Draw
from benchmarks.discovery.kinds_content import CARD, IBAN, MAIL, NAME, PASSPORT, PHONE, STREET, document, put, sentence, value
from benchmarks.discovery.people import SCRIPTS, Person, people, person, said, words
from benchmarks.record import keep, timed

NATIONAL = "user.government_id.national_identification_number"
EVERY = 1000
# Each with what has to be found; names once from lists and once such as no list has.
PLANTED = {
    "phone": PHONE,
    "email": MAIL,
    "card": CARD,
    "iban": IBAN,
    "passport": PASSPORT,
    "street": STREET,
    "national number": NATIONAL,
    "name, common": NAME,
    "name, rare": NAME,
}
WITHIN = {NAME: ("user.name",), STREET: ("user.contact.address",), NATIONAL: ("user.government_id",), PASSPORT: ("user.government_id",)}


def filler(rng: random.Random, language: str) -> str:
    """A sentence about an order: numbers, sums, dates and goods, and nobody."""
    goods = words(language)["goods"]
    parts = [
        rng.choice(said("sentences")[language][""]),
        f"{rng.choice(goods)} x{rng.randrange(1, 9)}",
        f"{rng.random() * 900:.2f}",
        f"#{rng.randrange(10**6, 10**7)}",
        f"{rng.randrange(1, 29):02d}.{rng.randrange(1, 13):02d}.2026",
        rng.choice(said("opinion")[language]),
    ]
    return "; ".join(rng.sample(parts, rng.choice([2, 3, 4])))


def national(rng: random.Random, language: str) -> str:
    return {
        "az": lambda: check.pattern(rng, "9A9A9AA"),
        "ru": lambda: check.snils(rng),
        "tr": lambda: check.tckn(rng),
        "de": lambda: check.steuer_id(rng),
        "en": lambda: check.pattern(rng, "AA999999") + rng.choice("ABCD"),
    }[language]()


NUMBER_SAID = {"az": "FİN {v}", "ru": "СНИЛС {v}", "tr": "TC kimlik no {v}", "en": "NI number {v}", "de": "Steuer-ID {v}"}


def needle(rng: random.Random, language: str, planted: str) -> str:
    key = PLANTED[planted]
    if key == NATIONAL:
        return NUMBER_SAID[language].format(v=national(rng, language))
    who = person(rng, language, {"name, rare": 1.0, "name, common": 0.0}.get(planted, 0.1))
    return sentence(Draw(rng, language, [who]), who, key)


HARD: dict[str, Callable[[random.Random], str]] = {
    "control: order numbers of 16 digits": lambda rng: check.pattern(rng, "2026999999999999"),
    "control: tracking numbers": lambda rng: check.pattern(rng, "RA999999999") + "DE",
    "control: part numbers": lambda rng: check.pattern(rng, "9999-999-999"),
    "control: EAN": check.ean13,
}


def texts(
    rng: random.Random, language: str, rows: int, planted: str | None, hard: Callable[[random.Random], str] | None = None
) -> list[str]:
    made = [filler(rng, language) for _ in range(rows)]
    for block in range(0, rows, EVERY):
        if planted:
            at = rng.randrange(block, min(block + EVERY, rows))
            made[at] = f"{made[at]} {needle(rng, language, planted)}"
    if hard:
        made = [f"{m} {hard(rng)}" if rng.random() < 0.3 else m for m in made]
    return made


def documents(rng: random.Random, language: str, rows: int, planted: str | None) -> list[str]:
    """JSON with the kind under a path that says nothing, three levels down and inside a list."""
    crowd: list[Person] = people(rng, language, 1)
    draw = Draw(rng, language, crowd)
    made: list[dict[str, Any]] = [document(draw) for _ in range(rows)]
    for block in range(0, rows, EVERY):
        if planted:
            who = person(rng, language, 0.0)
            told = national(rng, language) if PLANTED[planted] == NATIONAL else value(draw, who, PLANTED[planted])
            put(made[rng.randrange(block, min(block + EVERY, rows))], "ext.q.x7", [{"k": 3, "v": told}])
    return [json.dumps(m, ensure_ascii=False) for m in made]


def columns(rng: random.Random, language: str, rows: int) -> dict[str, tuple[str, str | None, list[str]]]:
    """Heading to what it is, what has to be found, and the values."""
    told: dict[str, tuple[str, str | None, list[str]]] = {}
    for place, (planted, key) in enumerate(PLANTED.items()):
        told[f"note_{place}"] = (f"text: {planted}", key, texts(rng, language, rows, planted))
        if planted != "name, rare":
            told[f"doc_{place}"] = (f"JSON: {planted}", key, documents(rng, language, rows, planted))
    told["note_none"] = ("control: text", None, texts(rng, language, rows, None))
    told["doc_none"] = ("control: JSON", None, documents(rng, language, rows, None))
    for place, (name, hard) in enumerate(HARD.items()):
        told[f"note_hard_{place}"] = (name, None, texts(rng, language, rows, None, hard))
    return told


def found(verdict: Verdict, key: str) -> bool:
    accepted = WITHIN.get(key, (key,))
    return any(k == a or k.startswith(a + ".") for k in filter(None, [verdict.category, *verdict.also]) for a in accepted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=ours.MODES)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true", help="write RESULTS.md")
    given = parser.parse_args()
    sizes = given.rows or [1000, 10_000]
    modes = [given.mode] if given.mode or not ours.has_modes() else list(ours.MODES)
    told: dict[tuple[str, str], list[tuple[bool, str]]] = defaultdict(list)
    order: list[str] = []
    spent: dict[str, float] = defaultdict(float)
    for rows in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            truth = written(Path(scratch) / "s.duckdb", given.seed, rows)
            for mode in modes:
                head = f"{rows:,} rows" + (f", {mode}" if mode else "")
                order.append(head)
                with timed() as taken:
                    verdicts = ours.verdicts(Path(scratch) / "s.duckdb", mode)
                spent[head] = taken.cpu
                for (table, heading), (name, key) in truth.items():
                    verdict = verdicts.get((table, heading), NOTHING)
                    right = found(verdict, key) if key else verdict.category is None
                    told[name, head].append((right, f"{table}.{heading}: {verdict.category or 'nothing'} {list(verdict.also)}"))
    names = list(dict.fromkeys(name for name, _ in told))
    rows_out = [[name, *(sum(r for r, _ in told[name, head]) / len(told[name, head]) for head in order)] for name in names]
    notes = [
        f"five languages, one row of {EVERY:,}; seed {given.seed}; share of columns whose kind is found, for controls the share left alone",
        "CPU seconds: " + ", ".join(f"{head} {seconds:.1f}" for head, seconds in spent.items()),
    ]
    if given.json:
        print(
            json.dumps(
                {"rows": rows_out, "wrong": {f"{n}|{h}": [w for r, w in v if not r] for (n, h), v in told.items()}},
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        print("what", *order, sep=" | ")
        for row in rows_out:
            print(*(f"{v:.2f}" if isinstance(v, float) else v for v in row), sep=" | ")
        print(*notes, sep="\n")
    if given.keep:
        command = "python -m benchmarks.discovery.sparse --keep" + "".join(f" --rows {n}" for n in given.rows or [])
        keep("discovery_sparse", "Needles: one row of a thousand", command, ("what", *order), rows_out, notes)


def written(path: Path, seed: int, rows: int) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Write one table a language; (table, heading) to what it is and what has to be found."""
    truth: dict[tuple[str, str], tuple[str, str | None]] = {}
    with duckdb.connect(str(path)) as database:
        database.execute("CREATE SCHEMA notes")
        for language in SCRIPTS:
            told = columns(random.Random(f"{seed}/{language}/{rows}"), language, rows)
            database.register("given", pa.table({h: v for h, (_, _, v) in told.items()}))
            database.execute(f"CREATE TABLE notes.{language} AS SELECT * FROM given")
            database.unregister("given")
            truth |= {(f"notes.{language}", h): (name, key) for h, (name, key, _) in told.items()}
    return truth


if __name__ == "__main__":
    main()
