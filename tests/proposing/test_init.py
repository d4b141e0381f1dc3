"""What `governance init` proposes of databases nobody prepared, and that what it writes can be used as it stands."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from governance.cli import cli
from governance.discovery import discover
from governance.disposal.dry_run import dry_run
from governance.domain.errors import GovernanceError, PolicyError
from governance.domain.names import TableRef
from governance.policy.check import examine, load_checked
from governance.proposing.folder import Company, write
from governance.proposing.propose import Proposed, propose, readable
from governance.warehouse.connect import connect
from tests.proposing import chinook
from tests.warehouse.schemas import HOSTILE_COLUMNS, HOSTILE_TABLE, hostile

COMPANY = Company("A company", "dana", datetime(2026, 11, 22, tzinfo=UTC).date())
FIRST = ("Mary", "Linda", "Peter", "Barbara", "Susan", "Paul", "Lisa", "Nancy", "Karen", "Helen", "Sandra", "Donna", "Carol", "Ruth",
         "Sharon", "Anna")
LAST = ("Smith", "Johnson", "Williams", "Jones", "Brown", "Davis", "Miller", "Wilson", "Moore", "Taylor", "Anderson", "Thomas",
        "Jackson", "White", "Harris", "Martin")


def build(url: str, *statements: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def people(rows: int, table: str, first_id: int = 1) -> str:
    """INSERT of people with a name, an e-mail address and a phone number each."""
    values = ", ".join(f"({n}, '{FIRST[n % 16]} {LAST[n * 7 % 16]}', '{FIRST[n % 16].lower()}.{n}@example.org', '+49 30 {5550000 + n}')"
                       for n in range(first_id, first_id + rows))
    return f"INSERT INTO {table} VALUES {values}"


def look(url: str, *, schemas: tuple[str, ...] = ()) -> Proposed:
    with closing(connect(url, read_only=True)) as warehouse:
        schema = warehouse.schema()
        tables, unread = readable(warehouse, schema, schemas)
        return propose(warehouse, schema, discover(warehouse, tables=[t.ref for t in tables]), unread)


def subject_of(proposed: Proposed, table: str) -> tuple[str, str, list[str]] | None:
    """Kind, key and the tables on the way."""
    ways = proposed.paths[TableRef.parse(table)]
    return (ways[0].kind, ways[0].key, [str(r.parent) for r in ways[0].through]) if ways else None


# ---- what the whole folder promises ---------------------------------------------------------------------------------

SHOP = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, full_name VARCHAR(60) NOT NULL, email VARCHAR(60) UNIQUE, phone VARCHAR(30))",
    people(40, "customers"),
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id), note VARCHAR(200))",
    "INSERT INTO orders SELECT id + 100, id, 'call +49 30 5551234 or write to a.b@example.org' FROM customers",
    "CREATE TABLE parcels (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders(id))",
    "INSERT INTO parcels SELECT id + 100, id FROM orders",
    "CREATE TABLE handovers (id INTEGER PRIMARY KEY, parcel_id INTEGER NOT NULL REFERENCES parcels(id), handed_to VARCHAR(60) NOT NULL)",
    "INSERT INTO handovers SELECT p.id + 100, p.id, c.full_name FROM parcels p JOIN orders o ON o.id = p.order_id "
    "JOIN customers c ON c.id = o.customer_id",
    "CREATE TABLE articles (id INTEGER PRIMARY KEY, title VARCHAR(60))",
    "INSERT INTO articles VALUES (1, 'Coffee'), (2, 'Tea')",
)


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Proposed, Path]:
    """The shop on each engine, what is proposed of it, and the folder written. Nothing below changes any of them."""
    folder = tmp_path_factory.mktemp("shop")
    if request.param == "duckdb":
        import duckdb

        duckdb.connect(str(folder / "shop.duckdb")).close()
        url = f"duckdb:///{folder / 'shop.duckdb'}"
    else:
        url = str(request.getfixturevalue("new_postgres")())
    build(url, *SHOP)
    proposed = look(url)
    write(proposed, COMPANY, folder / "policy")
    return url, proposed, folder / "policy"


def test_the_folder_loads_and_holds_together_with_the_live_schema(shop: Any) -> None:
    _url, proposed, folder = shop
    loaded = load_checked(folder, proposed.schema, proposed.engine)
    found = examine(loaded, proposed.schema, proposed.engine)
    assert found.mistakes == ()
    assert {d.governance.mode.is_ for d in loaded.policy.dataset} == {"observe"}
    fields = [f for t in loaded.tables() for f in t.collection.fields]
    assert fields
    assert {f.governance.purposes for f in fields} == {"unjudged"}


def test_every_column_of_every_table_is_named_and_none_is_judged(shop: Any) -> None:
    _url, proposed, folder = shop
    loaded = load_checked(folder)
    for table in proposed.schema.tables:
        found = loaded.governed(table.ref)
        assert found is not None
        assert found.collection.governance.not_personal == ()
        assert {*(f.name for f in found.collection.fields), *found.collection.governance.unjudged} == set(table.names)


def test_a_path_may_lead_over_several_tables(shop: Any) -> None:
    _url, proposed, _ = shop
    [schema] = {t.ref.schema for t in proposed.schema.tables}
    assert subject_of(proposed, f"{schema}.customers") == ("customer", "id", [])
    assert subject_of(proposed, f"{schema}.handovers") == ("customer", "customer_id", [f"{schema}.parcels", f"{schema}.orders"])


def test_a_dry_run_counts_what_an_erasure_would_reach_and_keeps_nothing(shop: Any) -> None:
    url, _proposed, folder = shop
    with closing(connect(url, read_only=True)) as warehouse:
        found = dry_run(warehouse, load_checked(folder), datetime(2026, 11, 22, tzinfo=UTC), ["customer"],
                        [("email", f"{FIRST[5].lower()}.5@example.org")])
        assert "governance" not in {t.ref.schema for t in warehouse.schema().tables}
    assert (found.subjects, found.candidates) == (1, 0)
    assert {s.table.table: s.rows for s in found.plan.steps if s.rows} == {"customers": 1, "orders": 1, "handovers": 1}


def test_nothing_is_ever_overwritten(shop: Any) -> None:
    url, proposed, folder = shop
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(PolicyError, match="not an empty folder"):
        write(proposed, COMPANY, folder)
    done = CliRunner().invoke(cli, ["init", "--warehouse", url, "--out", str(folder)])
    assert isinstance(done.exception, PolicyError)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert [p.name for p in folder.parent.iterdir() if p.name.startswith(".")] == []


def test_the_command_tells_figures_and_no_values(shop: Any, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["init", "--warehouse", shop[0], "--out", str(tmp_path / "p"), "--as", "dana", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["tables"], told["subject_kinds"][0]["kind"], told["unjudged"]) == (5, "customer", told["columns"])
    for name in (*FIRST, *LAST):
        assert name not in done.output
        assert not any(name in p.read_text() for p in (tmp_path / "p").rglob("*") if p.is_file())


# ---- strange databases -----------------------------------------------------------------------------------------------

def test_an_empty_database_gives_a_policy_that_loads(warehouse_url: str, tmp_path: Path) -> None:
    assert write(look(warehouse_url), COMPANY, tmp_path / "p").policy.dataset == ()


def test_hostile_names_are_read_back_as_they_are(warehouse: Any, warehouse_url: str, tmp_path: Path) -> None:
    ref = hostile(warehouse)
    words = [f"{FIRST[n % 16]} {LAST[n * 7 % 16]}" for n in range(60)]
    names = ", ".join('"' + c.replace('"', '""') + '"' for c in HOSTILE_COLUMNS[:3])
    engine = create_engine(warehouse_url, poolclass=NullPool)
    place = ".".join('"' + p.replace('"', '""') + '"' for p in (ref.schema, ref.table))
    warehouse.close()
    with engine.begin() as connection:
        values = ", ".join(f"('{n}', '{w}', '{w.split()[0].lower()}.{n}@example.org')" for n, w in enumerate(words))
        connection.execute(text(f"INSERT INTO {place} ({names}) VALUES {values}".replace(":", "\\:")))
    engine.dispose()
    proposed = look(warehouse_url)
    loaded = write(proposed, COMPANY, tmp_path / "p")
    found = loaded.governed(TableRef(ref.schema, HOSTILE_TABLE))
    assert found is not None
    assert {*(f.name for f in found.collection.fields), *found.collection.governance.unjudged} == set(HOSTILE_COLUMNS)
    assert {f.name for f in found.collection.fields} >= {"user", 'a"b'}
    [kind] = loaded.policy.subject_kinds
    with closing(connect(warehouse_url, read_only=True)) as again:
        reached = dry_run(again, loaded, datetime(2026, 11, 22, tzinfo=UTC), [kind.key],
                          [("email", f"{words[7].split()[0].lower()}.7@example.org")])
    assert [s.rows for s in reached.plan.steps if s.rows] == [1]


@pytest.mark.skipif(not chinook.DATA.is_dir(), reason="the sample database is not beside the project")
@pytest.mark.parametrize("bare", [False, True], ids=["with its keys", "without any key"])
def test_references_are_found_whether_or_not_anybody_declared_them(postgres_url: str, bare: bool, tmp_path: Path) -> None:
    chinook.load(postgres_url, bare=bare)
    proposed = look(postgres_url)
    found = {(r.table.table, *r.columns, r.parent.table) for r in proposed.references}
    wanted = {(t.name, c.name, key.column.table.name) for t in chinook.tables().tables.values()
              for c in t.columns for key in c.foreign_keys if key.column.table is not t}
    assert found == wanted - ({("Customer", "SupportRepId", "Employee")} if bare else set())  # no name speaks of employees there
    assert subject_of(proposed, 'public."Invoice"') == ("customer", "CustomerId", [])
    assert {k.table.table for k in proposed.kinds} == {"Customer", "Employee"}
    loaded = write(proposed, COMPANY, tmp_path / "p")
    assert proposed.keys[TableRef("public", "PlaylistTrack")] == ("PlaylistId", "TrackId")
    if bare:
        invoice = loaded.governed(TableRef("public", "Invoice"))
        assert invoice is not None
        assert invoice.collection.governance.row_key == ("InvoiceId",)


STRANGE = (
    "CREATE TABLE address (address_id int PRIMARY KEY, street text NOT NULL, phone text NOT NULL)",
    "INSERT INTO address SELECT n, n || ' Baker Street', '+49 30 ' || (5550000 + n) FROM generate_series(1, 80) n",
    "CREATE TABLE store (store_id int PRIMARY KEY, manager_staff_id int NOT NULL)",
    "CREATE TABLE staff (staff_id int PRIMARY KEY, full_name text NOT NULL, email text, phone text, store_id int REFERENCES store)",
    "INSERT INTO store VALUES (1, 1)",
    people(2, "staff"),
    "UPDATE staff SET store_id = 1",
    "ALTER TABLE store ADD FOREIGN KEY (manager_staff_id) REFERENCES staff",
    "CREATE TABLE customer (customer_id int PRIMARY KEY, full_name text NOT NULL, email text, phone text, "
    "address_id int REFERENCES address, served_by int REFERENCES staff)",
    people(60, "customer", 100),
    "CREATE TABLE actor (actor_id int PRIMARY KEY, actor_name text NOT NULL)",
    "INSERT INTO actor SELECT customer_id, full_name FROM customer",
    "CREATE TABLE payment (payment_id int, customer_id int NOT NULL REFERENCES customer, paid_on date NOT NULL, "
    "card_holder text NOT NULL, PRIMARY KEY (payment_id, paid_on)) PARTITION BY RANGE (paid_on)",
    "CREATE TABLE payment_2025 PARTITION OF payment FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
    "INSERT INTO payment SELECT customer_id, customer_id, '2025-05-01', full_name FROM customer",
    "CREATE VIEW customer_list AS SELECT full_name, email FROM customer",
    "CREATE MATERIALIZED VIEW by_customer AS SELECT customer_id, count(*) FROM payment GROUP BY 1",
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER touched BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE TABLE secret (id int PRIMARY KEY, email text)",
    "CREATE TABLE guarded (id int PRIMARY KEY, email text)",
    "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
    "CREATE SCHEMA nothing_here",
)


@pytest.fixture
def strange(postgres_url: str, postgres_account: Any, tmp_path: Path) -> tuple[str, Proposed, Path]:
    """A video shop: circles of foreign keys, shared addresses, partitions, views, hidden tables. Seen by an account with SELECT."""
    build(postgres_url, *STRANGE)
    url = postgres_account(postgres_url)
    role = make_url(url).username
    database = make_url(url).database
    build(postgres_url, f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
          f"REVOKE SELECT ON secret FROM {role}")
    proposed = look(url)
    write(proposed, COMPANY, tmp_path / "policy")
    return url, proposed, tmp_path / "policy"


def test_a_strange_database_is_told_as_it_is(strange: Any) -> None:
    _url, proposed, folder = strange
    assert {k.key: k.table.table for k in proposed.kinds} == {"customer": "customer", "staff": "staff", "actor": "actor"}
    assert next(k for k in proposed.kinds if k.key == "customer").rows == 60
    assert subject_of(proposed, "public.payment") == ("customer", "customer_id", [])
    assert subject_of(proposed, "public.address") is None, "several customers may share an address"
    assert set(proposed.unread) == {TableRef("public", "secret"), TableRef("public", "guarded")}
    assert "row-level security" in proposed.unread[TableRef("public", "guarded")]
    written = (folder / "datasets/public.yaml").read_text()
    assert "by_customer is a materialized view" in written
    assert "Look at the trigger touched" in written
    assert "Rows of public.customer refer to it" in written
    assert {"customer_list", "payment_2025"} & {c["name"] for d in yaml.safe_load(written)["dataset"] for c in d["collections"]} == set()


def test_circles_of_foreign_keys_and_hazards_stop_no_dry_run(strange: Any) -> None:
    url, _proposed, folder = strange
    with closing(connect(url, read_only=True)) as warehouse:
        found = dry_run(warehouse, load_checked(folder), datetime(2026, 11, 22, tzinfo=UTC), ["customer", "staff"],
                        [("customer_number", "105"), ("email", f"{FIRST[1].lower()}.1@example.org")])
    assert {s.table.table: s.rows for s in found.plan.steps if s.rows} == {"customer": 1, "payment": 1, "staff": 1}
    looked = {(f.rule, f.table.removeprefix("public.")) for f in found.look}
    assert {("request.hazard", "customer"), ("request.no_path", "address")} <= looked


def test_identifiers_that_are_not_enough_name_nobody(strange: Any) -> None:
    url, _, folder = strange
    with closing(connect(url, read_only=True)) as warehouse, pytest.raises(GovernanceError, match="not enough"):
        dry_run(warehouse, load_checked(folder), datetime(2026, 11, 22, tzinfo=UTC), ["customer"], [("name", "Mary Smith")])
