"""Compare what feeds became with the planted truth about every record. Knows nothing of the product: plain rows on both sides.

python -m tests.truth.feeds --warehouse URL --truth DIR [--as-of MOMENT]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.truth.reading import Rows, read

ERASED = "on the do-not-return list"
WRITTEN = {"loyalty": {"city": False, "segment": True}}  # field -> whether it needs the person's consent to personalization
LONGEST = timedelta(days=90)  # that a signal may stay


@dataclass
class Feeds:
    """`wrong`: every difference, without values of people. Pairs are of a record and a customer."""

    wrong: list[str] = field(default_factory=list)
    fates: Counter[str] = field(default_factory=Counter)
    right_pairs: int = 0
    pairs: int = 0
    planted_pairs: int = 0
    values: int = 0
    signals: int = 0

    @property
    def precision(self) -> float:
        return self.right_pairs / self.pairs if self.pairs else 1.0

    @property
    def recall(self) -> float:
        return self.right_pairs / self.planted_pairs if self.planted_pairs else 1.0

    def summary(self) -> str:
        told = ", ".join(f"{n:,} {fate}" for fate, n in sorted(self.fates.items()))
        return "\n".join([f"records: {told}", f"links: precision {self.precision:.4f}, recall {self.recall:.4f} of {self.planted_pairs:,}",
                          f"{self.values:,} values and {self.signals:,} signals, each with its origin", "",
                          f"{len(self.wrong)} differences from the planted truth", *self.wrong[:60]])


def compare(url: str, truth: Path, as_of: datetime) -> Feeds:
    now = dict(read(url))
    told = json.loads((truth / "feeds.json").read_text(encoding="utf-8"))["records"]
    found = Feeds()
    stored = {(r["source"], r["record_key"]): r for r in now["golden.source_record"]}
    _fates(found, told, stored, now)
    links = _standing(now["golden.link"], "link")
    _links(found, told, stored, links, now)
    consents = _consents(now["crm.consents"], as_of)
    _values(found, told, stored, links, now, consents)
    _signals(found, told, stored, links, now)
    return found


def _fates(found: Feeds, told: list[dict[str, Any]], stored: dict[tuple[str, str], Any], now: dict[str, Rows]) -> None:
    """Accepted, quarantined and rejected add up, record by record; nobody who was erased stands anywhere."""
    waiting = {(r["source"], r["record_key"]) for r in now["golden.quarantine"]}
    expected: Counter[tuple[str, str]] = Counter()
    for said in told:
        found.fates[said["fate"]] += 1
        expected[said["source"], said["fate"]] += 1
        place = (said["source"], said["key"])
        if said["because"] == ERASED and (place in stored or place in waiting):
            found.wrong.append(f"{said['source']} {said['key']}: somebody who was erased is back")
        if said["fate"] == "accepted" and place not in stored:
            found.wrong.append(f"{said['source']} {said['key']}: had to be accepted ({said['because']})")
        if said["fate"] == "quarantined" and place not in waiting:
            found.wrong.append(f"{said['source']} {said['key']}: had to wait in quarantine ({said['because']})")
    for fate, table in (("accepted", "golden.source_record"), ("quarantined", "golden.quarantine")):
        there = Counter(r["source"] for r in now[table])
        for source in {s for s, _ in expected}:
            if there[source] != expected[source, fate]:
                found.wrong.append(f"{source}: {there[source]} records {fate}, planted {expected[source, fate]}")


def _standing(rows: Rows, name: str) -> Rows:
    ended = {r["ends"] for r in rows if r["ends"]}
    return [r for r in rows if not r["ends"] and r[name] not in ended]


def _links(found: Feeds, told: list[dict[str, Any]], stored: dict[tuple[str, str], Any], links: Rows, now: dict[str, Rows]) -> None:
    by_record: dict[str, list[str]] = {}
    for link in links:
        by_record.setdefault(link["record"], []).append(link["subject_key"])
    waits = {r["record"] for r in now["golden.conflict"] if r["decided"] == ""}
    for said in told:
        row = stored.get((said["source"], said["key"]))
        if said["fate"] != "accepted" or row is None:
            continue
        who = by_record.get(row["record"], [])
        found.pairs += len(who)
        place = f"{said['source']} {said['key']}"
        if len(who) > 1:
            found.wrong.append(f"{place}: is linked to {len(who)} customers at once")
        if isinstance(said["about"], int):
            found.planted_pairs += 1
            found.right_pairs += str(said["about"]) in who
            if who != [str(said["about"])]:
                found.wrong.append(f"{place}: is {'linked to somebody else' if who else 'linked to nobody'} ({said['because']})")
        elif said["about"] == "tie":
            if who or row["record"] not in waits:
                found.wrong.append(f"{place}: several fit, and it is not waiting for a person")
        elif who:
            found.wrong.append(f"{place}: is linked, and nobody we know is meant")


def _consents(rows: Rows, as_of: datetime) -> set[str]:
    """Customers who consent to personalization at `as_of`."""
    moment = as_of.replace(tzinfo=None).isoformat()
    return {str(r["customer_id"]) for r in rows if r["preference"] == "personalization" and r["granted_at"] <= moment
            and (r["withdrawn_at"] is None or r["withdrawn_at"] > moment)}


def _values(found: Feeds, told: list[dict[str, Any]], stored: dict[tuple[str, str], Any], links: Rows, now: dict[str, Rows],
            consents: set[str]) -> None:
    """Exactly the planted values of those who may have them, each with its whole origin."""
    records = {r["record"] for r in now["golden.source_record"]}
    subject_of = {r["link"]: r["subject_key"] for r in links}
    values = {(r["record"], r["field"]): r for r in _standing(now["golden.field_value"], "field_value")}
    found.values = len(values)
    for (record, name), row in values.items():
        whole = (record in records and subject_of.get(row["link"]) == row["subject_key"] and row["purposes"].strip("|") and row["source"]
                 and row["observed_at"] and row["written_at"] and row["plan"] and bool(row["consent"]) == (row["consented"] is not None))
        if not whole:
            found.wrong.append(f"golden.field_value: a value of {name} has no whole origin")
    for said in told:
        row = stored.get((said["source"], said["key"]))
        if said["fate"] != "accepted" or row is None or not isinstance(said["about"], int):
            continue
        for name, consented in WRITTEN.get(said["source"], {}).items():
            planted = said["values"].get(name)
            may = not consented or str(said["about"]) in consents
            value = values.get((row["record"], name))
            there = None if value is None else value["consented" if consented else "value"]
            if planted and (there != planted) is may:
                found.wrong.append(f"{said['source']} {said['key']}: {name} is not what was planted" if may else
                                   f"{said['source']} {said['key']}: {name} was written without consent")
            if value is not None and (value["subject_key"] != str(said["about"]) or (consented and not may)):
                found.wrong.append(f"{said['source']} {said['key']}: {name} was written where it may not")


def _signals(found: Feeds, told: list[dict[str, Any]], stored: dict[tuple[str, str], Any], links: Rows, now: dict[str, Rows]) -> None:
    subject_of = {r["link"]: r["subject_key"] for r in links}
    by_record = {r["record"]: r for r in now["fraud.signal"]}
    found.signals = len(by_record)
    if len(by_record) != len(now["fraud.signal"]):
        found.wrong.append("fraud.signal: a record made several signals")
    for row in by_record.values():
        seen, ends = (datetime.fromisoformat(row[n]) for n in ("observed_at", "expires_at"))
        if not seen < ends <= seen + LONGEST + timedelta(days=1) or subject_of.get(row["link"]) != row["subject_key"]:
            found.wrong.append("fraud.signal: a signal without its end or its link")
    wanted = {stored[s["source"], s["key"]]["record"] for s in _accepted(told, stored) if s["source"] == "fraud_bureau"
              and isinstance(s["about"], int)}
    if wanted != set(by_record):
        found.wrong.append(f"fraud.signal: {len(wanted - set(by_record))} are missing, {len(set(by_record) - wanted)} too many")
    others = {r["source"] for r in now["golden.field_value"]} & {"fraud_bureau"}
    if others:
        found.wrong.append("golden.field_value: fraud signals became values of customers")


def _accepted(told: Iterable[dict[str, Any]], stored: dict[tuple[str, str], Any]) -> list[dict[str, Any]]:
    return [s for s in told if s["fate"] == "accepted" and (s["source"], s["key"]) in stored]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.truth.feeds", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--as-of", type=datetime.fromisoformat, required=True)
    given = parser.parse_args(argv)
    found = compare(given.warehouse, given.truth, given.as_of)
    print(found.summary())
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
