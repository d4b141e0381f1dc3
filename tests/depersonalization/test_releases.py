"""Releases end to end on both engines: what leaves, what stays, who is out, and what readers see meanwhile."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from governance import jobs
from governance.depersonalization.pseudonyms import DomainKey
from governance.disposal import requests as asked
from governance.domain.errors import PlanStale, ResidualFound, ViolationFound
from governance.keys import keyed_hash
from governance.report import card
from tests.depersonalization.world import CONTEXT, RELEASES, World, agree, make_world, publish, write_policy

CALL = jobs.CATALOGUE


@pytest.fixture
def world(warehouse_url: str, tmp_path: Path) -> World:
    return make_world(warehouse_url, tmp_path / "world")


@pytest.fixture
def file_world(duckdb_url: str, tmp_path: Path) -> World:
    """One engine is enough where nothing depends on it."""
    return make_world(duckdb_url, tmp_path / "world")


def test_every_class_has_k_people_and_l_values_and_nothing_of_the_source_stands_there(world: World) -> None:
    publish(world)
    people: dict[tuple[object, ...], set[str]] = defaultdict(set)
    values: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for born, city, buyer, kind in world.read("select born, city, buyer_key, kind from releases.orders"):
        people[born, city].add(buyer)
        values[born, city].add(kind)
    assert min(map(len, people.values())) >= 4
    assert min(map(len, values.values())) >= 2
    shown = json.dumps([[str(c) for c in row] for row in world.read("select * from releases.orders")], ensure_ascii=False)
    for name, email in world.read("select name, email from shop.customers"):
        assert f'"{name}"' not in shown
        assert email not in shown
    assert "050 123" not in shown
    assert "[redacted]" in shown


def test_the_rows_that_leave_are_those_of_the_source_transformed(world: World) -> None:
    publish(world)
    key = DomainKey("order", 1, world.installation.keys.read("release-order/v1"))
    buyers = DomainKey("customer", 1, world.installation.keys.read("release-customer/v1"))
    source = {key.token(str(i)): rest for i, *rest in world.read(
        "select o.id, o.customer_id, cast(o.placed_at as varchar), cast(o.total as double precision), o.kind, c.born, c.city "
        "from shop.orders o join shop.customers c on c.id = o.customer_id")}
    found = world.read("select order_key, buyer_key, placed_on, spent, spent_round, kind, born_low, born_high from releases.orders")
    assert len(found) > 100
    shifts: dict[str, set[int]] = defaultdict(set)
    for order, buyer, placed, spent, rounded, kind, low, high in found:
        customer, moment, total, was_kind, born, _ = source[order]
        assert (buyer, kind) == (buyers.token(str(customer)), was_kind)
        assert float(spent) == min(total, 90)
        assert float(rounded) == int(total / 10 + 0.5) * 10
        assert low <= born < high
        local = datetime.fromisoformat(moment) + timedelta(hours=4)  # Baku
        shifts[buyer].add(placed.toordinal() - local.toordinal())
    assert all(len(days) == 1 and 0 < abs(next(iter(days))) <= 20 for days in shifts.values())
    assert len({next(iter(days)) for days in shifts.values()}) > 10


def test_files_hold_what_the_table_holds_and_the_manifest_names_them(file_world: World) -> None:
    world = file_world
    done = publish(world)
    store = world.folder / "stores" / "releases"
    manifest = json.loads((store / "orders" / "manifest.json").read_text())
    assert (manifest["version"], manifest["plan"]) == (1, done["digest"])
    rows = [tuple(row.values()) for file in manifest["files"] for row in pq.read_table(store / file["name"]).to_pylist()]
    assert sorted(map(repr, rows)) == sorted(map(repr, world.read("select * from releases.orders")))
    assert manifest["rows"] == len(rows)


def test_only_people_with_a_living_consent_are_counted(world: World) -> None:
    publish(world, "people")
    consented = world.read("select count(*) from shop.consents where withdrawn_at is null")[0][0]
    assert world.read("select sum(customers), min(customers) from releases.people") == [(consented, 7)]
    body = world.installation.ledger.shown_release("people").body
    assert [(s["because"], s["subjects"]) for s in body["left_out"]] == [("no living consent to Personalization", 120 - consented)]


def test_whoever_was_erased_or_asks_for_it_stays_out_of_the_next_version(file_world: World) -> None:
    world = file_world
    publish(world)
    key = DomainKey("customer", 1, world.installation.keys.read("release-customer/v1"))
    secret = world.installation.keys.read("suppression/v1")
    ledger = world.installation.ledger
    ledger.suppress([("customer", "email", "v1", keyed_hash(secret, "email", "adam7@example.org"))], "REQ-1", ledger.clock(), None)
    with world.installation.tools() as tools:
        asked.open_request(tools, world.installation.keys, world.installation.policy, kind="erasure", subject_kinds=["customer"],
                           identifiers=[("email", "adam8@example.org")], reply_to="by post", proof="identity card",
                           opened_by="officer", now=ledger.clock())
    with pytest.raises(ResidualFound, match="2 people stand in it who may not any more"):
        CALL["depersonalize.verify"](world.installation, CONTEXT, ledger.shown_release("orders").plan)
    done = publish(world)
    assert done["version"] == 2
    there = {row[0] for row in world.read("select distinct buyer_key from releases.orders")}
    assert not there & {key.token("7"), key.token("8")}
    assert key.token("9") in there
    body = ledger.shown_release("orders").body
    assert {"on the do-not-return list", "asked for erasure, and the request is open"} <= {s["because"] for s in body["left_out"]}
    assert any("on the do-not-return list: 0 before" in line for line in body["changes"]["lines"])


@pytest.mark.parametrize("kind", ["restriction", "objection"])
def test_whoever_restricts_the_use_of_their_data_stays_out_until_that_is_ended(file_world: World, kind: str) -> None:
    world, officer = file_world, "officer"
    installation, ledger = world.installation, world.installation.ledger
    publish(world)
    mine = DomainKey("customer", 1, installation.keys.read("release-customer/v1")).token("8")

    def there() -> set[str]:
        return {row[0] for row in world.read("select distinct buyer_key from releases.orders")}

    assert mine in there()
    with installation.tools() as tools:
        opened = asked.open_request(tools, installation.keys, installation.policy, kind=kind, subject_kinds=["customer"],
                                    identifiers=[("email", "adam8@example.org")], reply_to="by post", proof="identity card",
                                    opened_by=officer, now=ledger.clock())
        assert asked.stand(tools, installation.keys, installation.policy, opened.request) == 1
    world.run("update shop.customers set email = 'elsewhere@example.org' where id = 8")  # who it is was settled when it came in force
    publish(world)
    assert mine not in there()
    with installation.tools() as tools:
        for _ in range(2):  # ending it again is harmless
            asked.end(tools, installation.keys, opened.request, officer)
    assert world.read("select count(*) from governance.vault") == [(0,)]
    assert world.read("select count(*) from governance.request_subject") == [(0,)]
    world.run("delete from shop.orders where id = (select max(id) from shop.orders)")  # time goes on, or it would be the first plan again
    publish(world)
    assert mine in there()


def test_a_later_version_keeps_the_levels_unless_the_plan_unlocks_them(file_world: World) -> None:
    world = file_world
    publish(world)
    before = world.installation.ledger.shown_release("orders").body["levels"]
    world.run("update shop.customers set city = 'Bakı', born = date '1990-06-01' where mod(id, 2) = 0",
              "update shop.customers set city = 'Şəki', born = date '1960-06-01' where mod(id, 2) = 1")
    publish(world)
    assert world.installation.ledger.shown_release("orders").body["levels"] == before
    plan = CALL["depersonalize.plan"](world.installation, CONTEXT, "orders", unlock=True)
    assert plan["approval"]["needed"]
    assert "shows something else of" in plan["approval"]["why"]
    agree(world.installation, plan)
    CALL["depersonalize.apply"](world.installation, CONTEXT, plan["digest"])
    assert world.installation.ledger.shown_release("orders").body["levels"]["city"] < before["city"]


def test_the_first_version_waits_for_an_approval_and_the_same_again_does_not(file_world: World) -> None:
    world = file_world
    plan = CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")
    assert "nothing of this release has been shown before" in plan["approval"]["why"]
    world.installation.ledger.ask(world.installation.policy.digest, "policy", "test", ["officer"], 1, world.installation.ledger.clock()
                                  .replace(year=2099))
    world.installation.ledger.decide(world.installation.policy.digest, True, "officer", True, "test")
    publish(world)
    world.run("delete from shop.orders where id = 1010")
    plan = CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")
    assert not plan["approval"]["needed"], plan["approval"]


def test_a_source_that_changed_makes_the_plan_stale_and_readers_keep_what_they_have(world: World) -> None:
    publish(world)
    before = world.read("select count(*) from releases.orders")
    world.run("delete from shop.orders where id = 1010")
    plan = CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")
    agree(world.installation, plan)
    world.run("insert into shop.orders (id, customer_id, kind, total) values (5, 1, 'letter', 1)")
    with pytest.raises(PlanStale, match="the source changed since the plan was made"):
        CALL["depersonalize.apply"](world.installation, CONTEXT, plan["digest"])
    assert world.installation.ledger.plan_record(plan["digest"]).state == "stale"
    assert world.read("select count(*) from releases.orders") == before
    assert publish(world)["version"] == 2


def test_carrying_out_a_plan_again_changes_nothing(world: World) -> None:
    done = publish(world)
    receipts = world.read("select step, batch, changed from governance.receipt order by batch")
    assert CALL["depersonalize.apply"](world.installation, CONTEXT, done["digest"]) == done
    assert publish(world) == done  # the same data, policy and clock: the same plan
    assert world.read("select step, batch, changed from governance.receipt order by batch") == receipts == [(1, 1, done["rows"]), (1, 2, 0)]


def test_a_version_that_breaks_its_expectations_is_never_shown(file_world: World) -> None:
    world = file_world
    publish(world)
    suite = world.folder / "expectations" / "releases" / "orders.yaml"
    suite.write_text(suite.read_text().replace("at_least: 4", "at_least: 1000"))
    world.run("delete from shop.orders where id = 1010")
    plan = CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")
    agree(world.installation, plan)
    before = world.read("select * from releases.orders")
    with pytest.raises(ViolationFound, match="classes are too small"):
        CALL["depersonalize.apply"](world.installation, CONTEXT, plan["digest"])
    assert world.read("select * from releases.orders") == before
    with world.installation.warehouse() as warehouse:
        assert [t.ref.table for t in warehouse.schema().releases] == ["orders", "orders__v1"]


def test_a_release_is_no_source_and_makes_no_other_plan_stale(file_world: World) -> None:
    world = file_world
    with world.installation.warehouse() as warehouse:
        before = warehouse.schema().digest
    publish(world)
    with world.installation.warehouse() as warehouse:
        schema = warehouse.schema()
    assert schema.digest == before
    assert not any(t.ref.schema == "releases" for t in schema.tables)


def test_verification_sees_what_somebody_did_to_the_published_table_and_its_files(file_world: World) -> None:
    world = file_world
    done = publish(world)
    world.run("update releases.orders__v1 set note = 'Adam7 Soyad7' where order_key = (select min(order_key) from releases.orders__v1)",
              "delete from releases.orders__v1 where order_key = (select max(order_key) from releases.orders__v1)")
    part = next((world.folder / "stores" / "releases").rglob("*.parquet"))
    part.write_bytes(part.read_bytes() + b"x")
    with pytest.raises(ResidualFound) as error:
        CALL["depersonalize.verify"](world.installation, CONTEXT, done["digest"])
    for words in ("rows stand there, receipts say", "1 cells hold a value of an identifier column", "is not the file that was written"):
        assert words in str(error.value)
    assert world.installation.ledger.plan_record(done["digest"]).state == "residual"


def test_a_dataset_is_anonymous_only_without_a_living_key_and_with_linkage_measured(file_world: World) -> None:
    world = file_world
    publish(world, "people")
    publish(world)
    ledger, keys = world.installation.ledger, world.installation.keys
    assert card.standing(card.record_of(ledger, "people").body, keys).word == "anonymous"
    orders = card.record_of(ledger, "orders").body
    assert card.standing(orders, keys).word == "pseudonymous and still personal"
    for domain in ("order", "customer"):
        keys.destroy(f"release-{domain}/v1")
    still = card.standing(orders, keys)
    assert still.word == "pseudonymous and still personal"
    assert "unique over everything but pseudonyms" in " ".join(still.because)
    calm = {**orders, "free_text": False, "unique_share": 0.0}
    assert card.standing(calm, keys).word == "anonymous"


def test_the_card_shows_no_group_below_k_and_no_value_of_a_person(file_world: World) -> None:
    world = file_world
    world.run("update shop.customers set city = 'Şəki', born = date '1901-01-01' where id = 1")
    publish(world)
    body = world.installation.ledger.shown_release("orders").body
    assert all("190" not in str(g["label"]) for m in body["marginals"] for g in m["groups"])
    for page in ((world.folder / "reports" / "release-orders.html"), (world.folder / "reports" / "release-orders.md")):
        text = page.read_text()
        assert "Soyad" not in text
        assert "example.org" not in text
        assert "<script" not in text


@pytest.mark.postgres
def test_exactly_the_named_roles_may_read_and_a_missing_one_is_named(postgres_url: str, tmp_path: Path) -> None:
    world = make_world(postgres_url, tmp_path / "world", RELEASES.replace("store: releases", "store: releases\n    roles: [analyst_x]", 1))
    from governance.domain.errors import PlanRefused

    world.run("drop role if exists analyst_x", "drop role if exists someone_x")
    with pytest.raises(PlanRefused, match=r"there is no role analyst_x in the warehouse\n  fix: CREATE ROLE"):
        CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")
    world.run("create role analyst_x", "create role someone_x", "alter default privileges grant select on tables to someone_x")
    publish(world)
    rights = ("select r.rolname, has_table_privilege(r.rolname, 'releases.orders', 'select'), "
              "has_table_privilege(r.rolname, 'releases.orders__v1', 'select'), has_schema_privilege(r.rolname, 'releases', 'usage') "
              "from pg_roles r where r.rolname in ('analyst_x', 'someone_x') order by 1")
    assert world.read(rights) == [("analyst_x", True, False, True), ("someone_x", False, False, False)]
    world.run("alter default privileges revoke select on tables from someone_x")
    write_policy(world.folder)
    world = world.again()
    publish(world)
    engine = sa.create_engine(world.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select has_table_privilege('analyst_x', 'releases.orders', 'select')")) is False
    engine.dispose()
    world.run("drop owned by analyst_x", "drop owned by someone_x", "drop role analyst_x", "drop role someone_x")


def test_rewriting_the_warehouse_file_keeps_what_is_published(file_world: World) -> None:
    done = publish(file_world)
    with file_world.installation.warehouse() as warehouse:
        before = warehouse.schema().releases
        warehouse.purge([])
        assert warehouse.schema().releases == before
    assert CALL["depersonalize.verify"](file_world.installation, CONTEXT, done["digest"])["rows"] == done["rows"]
