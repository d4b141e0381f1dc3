"""What discovery finds and what it leaves alone, in five languages and three styles of headers."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from governance.discovery import discover
from governance.discovery.recognizer import built_in
from governance.domain import taxonomy
from governance.domain.proposal import Proposal
from governance.warehouse.connect import connect
from tests.discovery.scoring import Score, duckdb_with, typed
from tests.discovery.world import LANGUAGES, STYLES, Example, Labelled, examples

# Floors under what was measured on three seeds: clear .997, local .997, opaque .993.
_FLOORS = {"clear": 0.97, "local": 0.97, "opaque": 0.95}
_CHINOOK = Path("/work/shared/data/chinook")


def found(path: Path, tables: list[Example]) -> list[Proposal]:
    with closing(connect(duckdb_with(path, tables), read_only=True)) as warehouse:
        return discover(warehouse)


def categories(path: Path, *tables: Example) -> dict[str, str]:
    return {p.column.name: p.category for p in found(path, list(tables))}


@pytest.mark.parametrize("style", STYLES)
def test_columns_are_typed_right_in_five_languages(style: str, tmp_path: Path) -> None:
    total = Score(0, 0, 0, ())
    for language in LANGUAGES:
        tables = examples(language, style, seed=2)
        total += typed(tables, found(tmp_path / f"{language}.duckdb", tables), f"{style}/{language}")
    assert total.f1 >= _FLOORS[style], (round(total.f1, 3), *total.mistakes)


def test_verdicts_follow_contents_when_two_columns_swap(tmp_path: Path) -> None:
    customers = examples("az", "clear")[0]
    by_name = {c.name: c for c in customers.columns}
    swapped = {
        "first_name": "last_name",
        "last_name": "first_name",
        "email": "phone",
        "phone": "email",
        "city": "status",
        "status": "city",
    }
    columns = [Labelled(c.name, by_name[swapped.get(c.name, c.name)].values, type=c.type) for c in customers.columns]
    said = categories(tmp_path / "w.duckdb", Example("customers", columns))
    assert said["email"] == "user.contact.phone_number"
    assert said["phone"] == "user.contact.email"
    assert said["first_name"] == "user.name.last"
    assert said["last_name"] == "user.name.first"
    assert "city" not in said
    assert said["status"] == "user.contact.address.city"


def test_a_header_alone_proves_nothing(tmp_path: Path) -> None:
    numbers = [str(k) for k in range(200)]
    words = ["kettle", "lamp", "rug", "chair"] * 50
    named = ["email", "phone", "passport_number", "iban", "ip_address", "birth_date", "first_name", "gender"]
    assert categories(tmp_path / "n.duckdb", Example("things", [Labelled(n, numbers) for n in named])) == {}
    assert categories(tmp_path / "w.duckdb", Example("things", [Labelled(n, words) for n in named])) == {}


def test_a_rare_phone_in_a_long_text_is_found_beyond_the_sample(tmp_path: Path) -> None:
    texts = [f"Heç bir qeyd yoxdur, bağlama {k} gözləyir" for k in range(5000)]
    texts[3777] = "Xahiş edirəm zəng edin 050-123-45-67"
    assert categories(tmp_path / "w.duckdb", Example("t", [Labelled("c", list(texts))])) == {"c": "user.contact.phone_number"}


def test_paths_inside_documents_are_named(tmp_path: Path) -> None:
    events = next(t for t in examples("en", "clear") if t.name == "events")
    [proposal] = found(tmp_path / "w.duckdb", [events])
    assert (proposal.column.name, proposal.category, proposal.also) == (
        "payload",
        "user.contact.email",
        ("user.device.ip_address",),
    )
    assert "$.user.email" in proposal.explanation
    assert "$.user.ip" in proposal.explanation


def test_a_document_whose_keys_are_addresses_is_found_and_the_keys_are_not_told(tmp_path: Path) -> None:
    documents = [json.dumps({"seen": {f"someone{k}@mail.example": k}}) for k in range(60)]
    [proposal] = found(tmp_path / "w.duckdb", [Example("t", [Labelled("c", list(documents))])])
    assert proposal.category == "user.contact.email"
    assert "someone" not in proposal.explanation


def test_shops_and_reference_tables_stay_quiet(tmp_path: Path) -> None:
    from tests.discovery.world import Maker

    m = Maker("az", 5)
    stores = Example(
        "stores",
        [
            Labelled("store_id", [str(k) for k in range(40)]),
            Labelled("address", [m.street() for _ in range(40)]),
            Labelled("city", [m.r.choice(m.cities) for _ in range(40)]),
            Labelled("phone", [m.phone() for _ in range(40)]),
        ],
    )
    cities = Example(
        "cities",
        [
            Labelled("code", [f"C{k}" for k in range(8)]),
            Labelled("city", list(m.cities)),
            Labelled("country", ["Azərbaycan"] * 8),
        ],
    )
    assert found(tmp_path / "w.duckdb", [stores, cities]) == []


def test_every_category_is_of_the_taxonomy_and_has_words() -> None:
    assert {r.category for r in built_in() if not r.is_thing} <= set(taxonomy.CATEGORIES)
    assert taxonomy.role("user.contact.address.city").value == "quasi_identifier"
    assert taxonomy.role("user.contact.email.work").value == "identifier"


@pytest.mark.skipif(not _CHINOOK.is_dir(), reason="the Chinook sample database is not on this machine")
def test_a_database_that_nobody_here_designed(tmp_path: Path) -> None:
    path = tmp_path / "chinook.duckdb"
    with duckdb.connect(str(path)) as connection:
        for file in sorted(_CHINOOK.glob("*.parquet")):
            connection.read_parquet(str(file)).create(file.stem.removeprefix("chinook."))
    with closing(connect(f"duckdb:///{path}", read_only=True)) as warehouse:
        said = {(p.column.table.table, p.column.name): p.category for p in discover(warehouse)}
    address = "user.contact.address"
    person = {
        "FirstName": "user.name.first",
        "LastName": "user.name.last",
        "Address": f"{address}.street",
        "City": f"{address}.city",
        "State": f"{address}.state",
        "Country": f"{address}.country",
        "PostalCode": f"{address}.postal_code",
        "Phone": "user.contact.phone_number",
        "Fax": "user.contact.fax_number",
        "Email": "user.contact.email",
    }
    truth = {("Customer", c): k for c, k in person.items()} | {("Employee", c): k for c, k in person.items()}
    truth |= {("Employee", "BirthDate"): "user.demographic.date_of_birth", ("Employee", "Title"): "user.job_title"}
    truth |= {("Invoice", f"Billing{c}"): person[c] for c in ("Address", "City", "State", "Country", "PostalCode")}
    assert said == truth
