"""Compare a warehouse and its files with the planted truth. Knows nothing of the product: plain rows on both sides.

python -m tests.truth.compare snapshot --warehouse URL --stores DIR --before DIR      (before disposal)
python -m tests.truth.compare check --warehouse URL --stores DIR --before DIR --truth DIR [--stage schedule|requests]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from tests.truth.reading import OURS, Rows, kept, read, snapshot
from tests.truth.reading import files as files_in
from tests.truth.releases import wrong_releases

Stage = Literal["schedule", "requests"]
_PSEUDONYM = re.compile(r"psn_v[0-9]+_[0-9a-f]+")
_DIGITS = re.compile(r"\d{9}")
OF_FEEDS = ("golden.", "fraud.")  # filled from feeds after disposal; tests.truth.feeds compares them
AUDIT = "audit.customer_changes"
_TRIGGER_ROWS = 1_000_000_000  # rows that the audit trigger itself writes begin here
_FOLDERS = {"passports": "passports", "delivery_photos": "delivery-photos"}


@dataclass
class Comparison:
    """`wrong`: every difference, without values of people. `deleted`, `ended`: what was found done, per table.
    `untouched`: table -> (digest before, digest after) over rows and cells that had to stay as they were."""

    wrong: list[str] = field(default_factory=list)
    deleted: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    untouched: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not self.wrong

    def summary(self) -> str:
        lines = [
            f"{table}: {self.deleted[table]:,} rows gone, {self.ended[table]:,} cells ended, untouched "
            + ("equal" if len(set(self.untouched.get(table, ("", "")))) == 1 else "CHANGED")
            for table in sorted({*self.deleted, *self.ended, *self.untouched})
        ]
        shown = [*self.wrong[:60], *([f"... and {len(self.wrong) - 60} more"] if len(self.wrong) > 60 else [])]
        return "\n".join([*lines, "", f"{len(self.wrong)} differences from the planted truth", *shown])


@dataclass
class Truth:
    """The files of a truth folder."""

    folder: Path
    keys: dict[str, list[str]]
    requests: list[dict[str, Any]]

    @classmethod
    def load(cls, folder: Path) -> Truth:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return cls(folder, summary["keys"], cls._json(folder, "requests"))

    @staticmethod
    def _json(folder: Path, name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))

    def read(self, name: str) -> Any:
        return self._json(self.folder, name)

    def fates(self, stage: Stage) -> list[dict[tuple[str, str], dict[str, Any]]]:
        """Maps from (table, key) to fate, to be applied one after the other: the schedule's, then each request's."""
        found = [_by_key(pq.read_table(self.folder / "retention.parquet").to_pylist())]
        if stage == "requests":
            asked = pq.read_table(self.folder / "erasure.parquet").to_pylist()
            found += [_by_key([r for r in asked if r["request"] == request["id"]]) for request in self.requests]
        return found


def _by_key(records: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(r["table"], r["key"]): {"fate": r["fate"], "cells": json.loads(r["cells"]), "copies": r["copies"]} for r in records}


def key_of(row: dict[str, Any], columns: list[str]) -> str:
    """The row's key as the truth spells it: the primary key, or the whole row where there is none."""
    chosen = columns or list(row)
    return json.dumps({c: row[c] for c in chosen}, ensure_ascii=False, sort_keys=True)


def compare(url: str, stores: Path, before: Path, truth_folder: Path, stage: Stage = "requests") -> Comparison:
    """Everything that differs from the truth after scheduled disposal (and, by default, the requests)."""
    truth = Truth.load(truth_folder)
    old, old_files = kept(before)
    now = dict(read(url))
    found = Comparison()
    steps = truth.fates(stage)
    tokens: dict[str, dict[str, str]] = {"device": {}}
    for table in sorted(t for t in old if not t.startswith(OF_FEEDS)):
        _table(found, table, old[table], now.get(table, []), steps, truth.keys.get(table, []), tokens)
    for table in sorted(now.keys() - old.keys()):
        if not table.startswith((OURS + ".", "releases.", *OF_FEEDS)):
            found.wrong.append(f"{table}: appeared during disposal")
    _tokens(found, tokens["device"])
    _files(found, truth, stores, old_files, stage)
    _withdrawn(found, truth, now)
    _copies(found, now)
    found.wrong += wrong_releases(now, stores)
    if stage == "requests":
        _absent(found, truth, now, stores)
    else:
        _gone(
            found,
            "canary",
            [c["value"] for c in truth.read("canaries") if c["because"] != "erased" and not c["because"].startswith("erased")],
            now,
            stores,
            canaries_of_requests=False,
        )
    return found


# ---- rows and cells --------------------------------------------------------------------------------------------------


def _table(
    found: Comparison,
    table: str,
    old: Rows,
    now: Rows,
    steps: list[dict[tuple[str, str], dict[str, Any]]],
    key: list[str],
    tokens: dict[str, dict[str, str]],
) -> None:
    if not key:
        _without_key(found, table, old, now, steps)
        return
    current = {key_of(row, key): row for row in now}
    stay_before, stay_after = hashlib.sha256(), hashlib.sha256()
    for row in sorted(old, key=lambda r: key_of(r, key)):
        place = key_of(row, key)
        fates = [s[table, place] for s in steps if (table, place) in s]
        after = current.pop(place, None)
        if any(f["fate"] == "delete" for f in fates):
            if after is None:
                found.deleted[table] += 1
            else:
                found.wrong.append(f"{table} {place}: is due and still there")
            continue
        if after is None:
            found.wrong.append(f"{table} {place}: is gone and had to stay")
            continue
        cells = {c: e for f in fates for c, e in f["cells"].items()}
        for column, value in row.items():
            if column not in cells:
                stay_before.update(repr((place, column, value)).encode())
                stay_after.update(repr((place, column, after[column])).encode())
                if after[column] != value:
                    found.wrong.append(f"{table} {place}: {column} changed and had to stay")
            elif problem := _ended(cells[column], value, after[column], tokens):
                found.wrong.append(f"{table} {place}: {column} {problem}")
            else:
                found.ended[table] += 1
    for row in current.values():
        _extra(found, table, row)
    found.untouched[table] = (stay_before.hexdigest(), stay_after.hexdigest())


def _extra(found: Comparison, table: str, row: dict[str, Any]) -> None:
    """A row nobody had before. Only the audit trigger may write; `_copies` looks at what it wrote."""
    if table != AUDIT or row["change_id"] < _TRIGGER_ROWS:
        found.wrong.append(f"{table}: a row appeared during disposal")


def _copies(found: Comparison, now: dict[str, Rows]) -> None:
    """What the audit trigger copied while disposal changed customers lives no longer than the customer's own cell."""
    customers = {row["customer_id"]: row for row in now.get("crm.customers", [])}
    for row in now.get(AUDIT, []):
        source = customers.get(row["customer_id"], {})
        for column in ("full_name", "email", "phone"):
            if row["change_id"] >= _TRIGGER_ROWS and row[column] is not None and row[column] != source.get(column):
                found.wrong.append(f"{AUDIT}: a copied {column} outlived the customer's own")


def _without_key(found: Comparison, table: str, old: Rows, now: Rows, steps: list[dict[tuple[str, str], dict[str, Any]]]) -> None:
    """Equal rows cannot be told apart, so they are counted. Their cells end in known values."""
    expected: Counter[str] = Counter()
    untouched: Counter[str] = Counter()
    for row in old:
        state, gone = dict(row), False
        for step in steps:
            fate = step.get((table, key_of(state, [])))
            if fate and fate["fate"] == "delete":
                gone = True
                found.deleted[table] += 1
                break
            for column, end in (fate["cells"] if fate else {}).items():
                state[column] = end["value"]
                found.ended[table] += 1
        if not gone:
            expected[key_of(state, [])] += 1
            untouched[key_of(state, [])] += state == row
    actual = Counter(key_of(row, []) for row in now)
    if missing := sum((expected - actual).values()):
        found.wrong.append(f"{table}: {missing} rows that had to stay (or end so) are not there")
    if surplus := sum((actual - expected).values()):
        found.wrong.append(f"{table}: {surplus} rows are there and had to go or look otherwise")
    same = sorted((untouched & actual).items())
    found.untouched[table] = tuple(
        hashlib.sha256(repr(c).encode()).hexdigest()  # type: ignore[assignment]
        for c in (sorted((+untouched).items()), same)
    )


def _ended(end: dict[str, Any], before: Any, after: Any, tokens: dict[str, dict[str, str]]) -> str:
    """What is wrong with an ended cell, in words without its value; empty when nothing is."""
    match end["kind"]:
        case "equals":
            return "" if after == end["value"] else "has not ended as declared"
        case "pseudonym":
            if not isinstance(after, str) or not _PSEUDONYM.fullmatch(after):
                return "is no pseudonym"
            return (
                ""
                if tokens["device"].setdefault(before, after) == after
                else "has another pseudonym than the same value elsewhere"
            )
        case "redacted":
            if not isinstance(after, str) or any(a.lower() in after.lower() for a in end["absent"]):
                return "still holds an identifier"
            return "" if all(k in after for k in end["kept"]) else "lost text that had to stay"
        case "json":
            document = json.loads(after) if isinstance(after, str) else after
            if any(json.dumps(a, ensure_ascii=False) in json.dumps(document, ensure_ascii=False) for a in end["absent"]):
                return "still holds an identifier"
            return (
                ""
                if _rest(document, end["paths"]) == _rest(json.loads(end["rest"]), end["paths"])
                else "lost JSON that had to stay"
            )
    return f"has an unknown expectation {end['kind']}"


def _rest(document: Any, paths: list[str]) -> Any:
    """The document without what the paths lead to."""
    copy = json.loads(json.dumps(document))
    for path in paths:
        *way, last = path.removeprefix("$.").split(".")
        inner = copy
        for part in way:
            inner = inner.get(part, {}) if isinstance(inner, dict) else {}
        if isinstance(inner, dict):
            inner.pop(last, None)
    return copy


def _tokens(found: Comparison, tokens: dict[str, str]) -> None:
    if len(set(tokens.values())) != len(tokens):
        found.wrong.append("pseudonyms: two values share one")


# ---- files, consents, people -----------------------------------------------------------------------------------------


def _files(found: Comparison, truth: Truth, stores: Path, old: dict[str, str], stage: Stage) -> None:
    listed = truth.read("files")
    gone = {*listed["gone_by_schedule"], *(listed["gone_by_request"] if stage == "requests" else ())}
    now = files_in(stores)
    for path, digest in old.items():
        inside = path.split("/", 1)[1]
        if inside in gone:
            if path in now:
                found.wrong.append(f"files: one in {path.split('/', 1)[0]} is due and still there")
            else:
                found.deleted[f"files/{path.split('/', 1)[0]}"] += 1
        elif now.get(path) != digest:
            found.wrong.append(f"files: {path} is gone or changed and had to stay")


def _withdrawn(found: Comparison, truth: Truth, now: dict[str, Rows]) -> None:
    """People who withdrew are nobody's marketing data any more, legal holds aside."""
    held = {int(k) for h in truth.read("holds") if h["kind"] == "customer" for k in h["subject_keys"]}
    gone: dict[str, set[int]] = defaultdict(set)
    for pair in truth.read("withdrawn"):
        gone[pair["preference"]].add(pair["customer_id"])
    for table, column, preference in (
        ("crm.subscriptions", "email", "newsletter"),
        ("crm.subscriptions", "phone", "sms"),
        ("web.location_pings", "latitude", "location"),
        ("mart.customer_360", "favourite_category", "personalization"),
    ):
        left = sum(1 for r in now.get(table, []) if r[column] is not None and r["customer_id"] in gone[preference] - held)
        if left:
            found.wrong.append(f"{table}: {left} rows are living {preference} data of people who withdrew")


def _absent(found: Comparison, truth: Truth, now: dict[str, Rows], stores: Path) -> None:
    for request in truth.requests:
        _gone(found, request["id"], request["absent"], now, stores)
    _gone(found, "canary", [c["value"] for c in truth.read("canaries")], now, stores)


def _gone(
    found: Comparison, who: str, values: list[str], now: dict[str, Rows], stores: Path, canaries_of_requests: bool = True
) -> None:
    """None of `values` in any text of any table, ours included, or in any file. Phone numbers in any spelling."""
    for place in search(values, now, stores):
        found.wrong.append(f"{who}: a value that had to be gone stands in {place}")


def search(values: list[str], rows: dict[str, Rows], stores: Path) -> Iterator[str]:
    """Places (``table.column`` or a file) where any of `values` occurs. A value of nine digits is compared by digits."""
    words = [v.lower() for v in values if not _DIGITS.fullmatch(v)]
    numbers = [v for v in values if _DIGITS.fullmatch(v)]
    seen: set[str] = set()
    for table, found in rows.items():
        for row in found:
            for column, value in row.items():
                if isinstance(value, str) and f"{table}.{column}" not in seen and _holds(value, words, numbers):
                    seen.add(f"{table}.{column}")
    yield from sorted(seen)
    for path in sorted(p for p in stores.rglob("*") if p.is_file()):
        if _holds(path.read_bytes().decode("utf-8", "ignore"), words, numbers):
            yield f"file {path.relative_to(stores)}"


def _holds(text: str, words: list[str], numbers: list[str]) -> bool:
    low = text.lower()
    if any(w in low for w in words):
        return True
    if not numbers or sum(c.isdigit() for c in text) < 9:
        return False
    digits = re.sub(r"[\s()./+-]", "", text)
    return any(n in digits for n in numbers)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.truth.compare", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("verb", choices=["snapshot", "check"])
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--stores", type=Path, required=True)
    parser.add_argument("--before", type=Path, required=True, help="folder of the snapshot")
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--stage", choices=["schedule", "requests"], default="requests")
    given = parser.parse_args(argv)
    if given.verb == "snapshot":
        print(f"{sum(snapshot(given.warehouse, given.stores, given.before).values()):,} rows kept in {given.before}")
        return 0
    if not given.truth:
        parser.error("check needs --truth")
    found = compare(given.warehouse, given.stores, given.before, given.truth, given.stage)
    print(found.summary())
    return 0 if found.clean else 1


if __name__ == "__main__":
    sys.exit(main())
