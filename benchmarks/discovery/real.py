"""Databases nobody here wrote, with truth made by hand (`words/real.txt`); origin and licences are in `sources.py`.

    python -m benchmarks.discovery.real [--only DATABASE ...] [--opaque] [--peers] [--details FILE.json] [--keep]

`--opaque` reads the same contents under headings that say nothing; `--peers` lets the peers read the first values of each column.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.discovery import ours, sources
from benchmarks.discovery.figures import HEADINGS, NOTHING, Case, Verdict, by, confusions, line, wrong
from benchmarks.discovery.peer_tools import PEERS, asked
from benchmarks.discovery.score import mistakes
from benchmarks.discovery.truth import Truth
from benchmarks.record import keep, timed

HERE = Path(__file__).resolve().parent
GEO = ("user.location", "user.location.imprecise", "user.contact.address")
_CITY = "user.contact.address.city"
LABELS: dict[str, Truth] = {
    "first": Truth("first", "user.name.first", broader=("user.name",)),
    "given_full": Truth("given_full", "user.name.first", ("user.name",)),
    "last": Truth("last", "user.name.last", broader=("user.name",)),
    "name": Truth("name", "user.name", broader=("user.name.first", "user.name.last")),
    "email": Truth("email", "user.contact.email"),
    "phone": Truth("phone", "user.contact.phone_number", ("user.contact.fax_number",)),
    "fax": Truth("fax", "user.contact.fax_number", ("user.contact.phone_number",)),
    "street": Truth("street", "user.contact.address.street", ("user.contact.address",)),
    "address": Truth("address", "user.contact.address", ("user.contact.address.street", _CITY)),
    "zip": Truth("zip", "user.contact.address.postal_code", broader=("user.contact.address",)),
    "city": Truth("city", _CITY, broader=GEO),
    "country": Truth("country", "user.contact.address.country", ("user.demographic",), broader=GEO),
    "state": Truth("state", "user.contact.address.state", (_CITY,), broader=GEO),
    "gender": Truth("gender", "user.demographic.gender", broader=("user.demographic",)),
    "dob": Truth("dob", "user.demographic.date_of_birth", broader=("user.demographic",)),
    "birth_year": Truth("birth_year", "user.demographic.date_of_birth", ("user.demographic.age_range",), ("user.demographic",)),
    "age": Truth("age", "user.demographic.age_range", ("user.demographic.date_of_birth",), ("user.demographic",)),
    "race": Truth("race", "user.demographic.race_ethnicity", broader=("user.demographic",)),
    "marital": Truth("marital", "user.demographic.marital_status", broader=("user.demographic",)),
    "politics": Truth("politics", "user.demographic.political_opinion", broader=("user.demographic",)),
    "username": Truth("username", "user.account.username"),
    "password": Truth("password", "user.authorization.password", ("user.authorization.credentials", "user.authorization")),
    "card": Truth("card", "user.financial.credit_card", broader=("user.payment", "user.financial")),
    "payment": Truth("payment", "user.payment", ("user.financial.credit_card", "user.financial")),
    "national": Truth("national", "user.government_id.national_identification_number", broader=("user.government_id",)),
    "url": Truth("url", "user.contact.url"),
    "geo": Truth("geo", "user.location.precise", broader=GEO),
    "uid": Truth("uid", "user.unique_id", ("user.account", "user.account.username", "user.unique_id.pseudonymous")),
    "job": Truth("job", "user.job_title", ("user.workplace", "user.demographic")),
    "org": Truth("org", "user.contact.organization", ("user.workplace",)),
    "salary": Truth("salary", "user.financial", ("user.demographic",)),
    "health": Truth("health", "user.health_and_medical", ("user.biometric.health", "user.demographic")),
    "person": Truth("person", "user.demographic", ("user", "user.demographic.date_of_birth", "user.demographic.profile")),
    "text": Truth(
        "text",
        "user.government_id.national_identification_number",
        ("user.content.private", "user.content"),
        also=(
            "user.government_id.drivers_license_number",
            "user.financial.credit_card",
            "user.financial.bank_account",
            "user.contact.email",
            "user.contact.phone_number",
            "user.name",
            "user.contact.address",
            "user.contact.address.street",
            "user.device.ip_address",
        ),
    ),
}


def label(said: str) -> Truth:
    truth = LABELS[said.removeprefix("?")]
    return truth.undecided() if said.startswith("?") else truth


def listed() -> list[tuple[str, str, dict[str, str]]]:
    """Table, source, and the label of each column that has one."""
    told = []
    for row in (HERE / "words" / "real.txt").read_text(encoding="utf-8").splitlines():
        if row.strip() and not row.startswith("#"):
            table, source, columns = (p.strip() for p in row.split("|"))
            labels = dict(part.strip().rsplit("=", 1) for part in columns.split(";") if part.strip())
            told.append((table, source, labels))
    return told


def truth_of(frame: pd.DataFrame, labels: dict[str, str], table: str) -> dict[str, Truth]:
    unknown = set(labels) - set(frame.columns) - {"*"}
    if unknown:
        raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
    rest = labels.get("*")
    return {c: label(labels.get(c) or rest or "") if c in labels or rest else Truth(f"{table}.{c}") for c in map(str, frame.columns)}


def loaded(only: Sequence[str] | None) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, Truth]], list[str]]:
    """Frames and truths by table, and what could not be had."""
    frames, truths, missing = {}, {}, []
    for table, source, labels in listed():
        if only and table.partition(".")[0] not in only:
            continue
        try:
            frames[table] = sources.frame(source)
            truths[table] = truth_of(frames[table], labels, table)
        except (sources.NotToBeHad, StopIteration) as problem:
            missing.append(f"{table} could not be had: {problem}")
    return frames, truths, missing


def opaque(
    frames: dict[str, pd.DataFrame], truths: dict[str, dict[str, Truth]]
) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, Truth]]]:
    """The same under c1, c2, ...: numbers and initials that say nothing by themselves are then nobody's mistake."""
    silent = {"age", "birth_year", "national", "zip", "state"}
    new_frames, new_truths = {}, {}
    for place, (table, frame) in enumerate(frames.items()):
        name = f"s.t{place:02d}"
        renamed = {c: f"c{i}" for i, c in enumerate(frame.columns, start=1)}
        new_frames[name] = frame.rename(columns=renamed)
        new_truths[name] = {renamed[c]: replace(t, optional=True) if t.kind in silent else t for c, t in truths[table].items()}
    return new_frames, new_truths


def write(frames: dict[str, pd.DataFrame], path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        for table, frame in frames.items():
            schema, name = table.split(".")
            database.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            database.register("given", frame)
            database.execute(f'CREATE TABLE "{schema}"."{name}" AS SELECT * FROM given')
            database.unregister("given")


def cases(frames: dict[str, pd.DataFrame], truths: dict[str, dict[str, Truth]], said: dict[tuple[str, str], Verdict]) -> list[Case]:
    told = []
    for table, columns in truths.items():
        for column, truth in columns.items():
            sample = tuple(str(v)[:60] for v in frames[table][column].dropna().head(4))
            told.append(Case("real", "-", table.partition(".")[0], table, column, truth, said.get((table, column), NOTHING), sample))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="names of databases")
    parser.add_argument("--opaque", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--values", type=int, default=40, help="values of a column that peers read")
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--mode", choices=ours.MODES)
    parser.add_argument("--details", type=Path)
    parser.add_argument("--keep", action="store_true", help="write RESULTS.md")
    given = parser.parse_args()
    frames, truths, notes = loaded(given.only)
    if given.opaque:
        frames, truths = opaque(frames, truths)
    with tempfile.TemporaryDirectory() as scratch:
        write(frames, Path(scratch) / "real.duckdb")
        with timed() as taken:
            said = ours.verdicts(Path(scratch) / "real.duckdb", given.mode)
    told = cases(frames, truths, said)
    rows = [line("ours", told).cells()]
    if not given.opaque:
        rows += [line(f"ours, {name}", some).cells() for name, some in by(told, lambda c: c.shape).items()]
    notes.insert(0, f"{len(frames)} tables, {len(told):,} columns, {sum(map(len, frames.values())):,} rows, {taken.cpu:.1f} CPU s")
    notes.append("worst: " + "; ".join(f"{kind} taken for {what} ({n})" for kind, what, n in confusions(told)[:12]))
    if given.details:
        given.details.write_text(json.dumps(mistakes(told), indent=1, ensure_ascii=False), encoding="utf-8")
    if given.peers:
        rows += peers(frames, truths, given.values, given.seconds, notes)
    print(*HEADINGS, sep=" | ")
    for row in rows:
        print(*(f"{v:.3f}" if isinstance(v, float) else v for v in row), sep=" | ")
    print(*notes, sep="\n")
    print("mistakes: " + "; ".join(f"{c.table}.{c.column} as {c.verdict.category or 'nothing'}" for c in told if wrong(c)))
    if given.keep:
        command = "python -m benchmarks.discovery.real --keep" + (" --opaque" if given.opaque else "") + (" --peers" if given.peers else "")
        keep(
            "discovery_real" + ("_opaque" if given.opaque else ""),
            "Discovery on databases nobody here wrote" + (", headings taken away" if given.opaque else ""),
            command,
            HEADINGS,
            rows,
            notes,
        )


def peers(
    frames: dict[str, pd.DataFrame], truths: dict[str, dict[str, Truth]], most: int, seconds: float, notes: list[str]
) -> list[list[object]]:
    texts = {t: {str(c): [str(v) for v in f[c].dropna().head(most)] for c in f.columns} for t, f in frames.items()}
    rows = []
    for peer in PEERS:
        for way, meaning in peer.ways.items():
            answer = asked(peer, way, texts, seconds)
            if answer.failed:
                notes.append(f"{peer.name} could not be had here: {answer.failed}")
                break
            judged = {t: c for t, c in truths.items() if t in answer.tables}
            rows.append(line(f"{peer.name} {answer.version}, {meaning}", cases(frames, judged, answer.verdicts)).cells())
        if peer.notes:
            notes.append(f"{peer.name}: {peer.notes}")
    notes.append(
        f"peers read the first {most} values of each column, each for at most {seconds:.0f} s: fewer columns mean that it was stopped"
    )
    return rows


if __name__ == "__main__":
    main()
