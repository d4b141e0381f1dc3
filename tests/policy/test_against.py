"""Checking a policy against a live schema: what is missing, what an end state would break, what nobody has looked at."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from governance.domain.names import TableRef
from governance.domain.schema import Column, Family, ForeignKey, Hazard, HazardKind, Schema, Table
from governance.policy.check import check, examine
from governance.policy.constraints import evidently_passes
from governance.policy.model import EndState

SHOP = "datasets/shop.yaml"
CUSTOMERS, ORDERS = TableRef("shop", "customers"), TableRef("shop", "orders")
PHONE = "purposes: [delivery], subject: buyer, end_state: {kind: null}"


def text(name: str, **more: Any) -> Column:
    return Column(name, "VARCHAR", Family.TEXT, **{"nullable": True, **more})


def number(name: str) -> Column:
    return Column(name, "BIGINT", Family.INTEGER, False)


def moment(name: str) -> Column:
    return Column(name, "TIMESTAMP", Family.TIMESTAMP, True)


def table(name: str, *columns: Column, key: tuple[str, ...] = (), **more: Any) -> Table:
    return Table(TableRef("shop", name), "table", columns, key, **more)


TABLES = (
    table("consents", number("consent_id"), number("customer_id"), text("preference"), moment("granted_at"),
        moment("withdrawn_at"),
          key=("consent_id",), uniques=(("customer_id",),)),
    table("customers", number("customer_id"), moment("closed_at"), text("email"), text("name"), key=("customer_id",)),
    table("lines", number("line_id"), number("order_id"), text("article"), key=("line_id",),
          foreign_keys=(ForeignKey("fk", ("order_id",), ORDERS, ("order_id",)),)),
    table("mailing", number("id"), text("address")),
    table("orders", number("order_id"), number("customer_id"), moment("delivered_at"), moment("placed_at"),
          text("recipient_phone"), text("invoice_name"), text("photo"), key=("order_id",)),
)


def schema(**changed: Table) -> Schema:
    """The schema of the small policy with some tables changed."""
    return Schema(tuple(changed.get(t.ref.table, t) for t in TABLES))


def of(name: str) -> Table:
    return next(t for t in TABLES if t.ref.table == name)


def with_column(name: str, column: Column) -> Table:
    kept = of(name)
    return replace(kept, columns=tuple(column if c.name == column.name else c for c in kept.columns))


def without(name: str, column: str) -> Table:
    kept = of(name)
    return replace(kept, columns=tuple(c for c in kept.columns if c.name != column))


def test_a_policy_that_fits_its_warehouse_has_nothing_to_say(draft: Any) -> None:
    examined = examine(draft.load(), schema(), "duckdb")
    assert (examined.mistakes, examined.look, examined.unjudged) == ((), (), ())


def test_missing_tables_and_columns_are_told_at_their_line(draft: Any) -> None:
    live = Schema(tuple(t for t in (of("consents"), of("customers"), of("mailing"), without("orders", "photo"))))
    told = [(str(m.where), m.problem) for m in check(draft.load(), live)]
    assert told == [(draft.at(SHOP, "name: photo"), "column shop.orders.photo is not in the warehouse"),
                    (draft.at(SHOP, "name: lines"), "table shop.lines is not in the warehouse")]


def test_a_dataset_of_another_engine_is_not_looked_for(draft: Any) -> None:
    draft.change(SHOP, "recipients: [courier]", "recipients: [courier]\n        engines: [postgresql]")
    assert check(draft.load(), Schema(()), "duckdb") == []
    assert len(check(draft.load(), Schema(()), "postgresql")) == 5


def test_columns_and_tables_nobody_has_judged_are_reported_and_are_no_mistake(draft: Any) -> None:
    live = Schema((*schema(customers=replace(of("customers"), columns=(*of("customers").columns, text("whatsapp")))).tables,
                   table("scratch", text("a"), text("b")), Table(TableRef("shop", "view"), "view", (text("a"),))))
    examined = examine(draft.load(), live)
    assert examined.mistakes == ()
    assert [m.problem for m in examined.unjudged] == ["table shop.scratch is in no dataset (2 columns)",
                                                      "nobody has judged shop.customers.whatsapp (VARCHAR)"]


def test_a_retired_table_that_is_still_there_is_shown(draft: Any) -> None:
    draft.change(SHOP, "deletable: {with: shop.orders}", "retired: true")
    assert [m.problem for m in examine(draft.load(), schema()).look] == ["table shop.lines is retired and still in the warehouse"]
    assert examine(draft.load(), Schema(tuple(t for t in TABLES if t.ref.table != "lines"))).look == ()


# end state, live column, said; None when it fits
END_STATES: list[tuple[str, dict[str, Any], str | None]] = [
    ("kind: null", {}, None),
    ("kind: null", {"nullable": False}, "the column is NOT NULL"),
    ("kind: file, store: photos", {"nullable": False}, "the column is NOT NULL"),
    ("kind: null", {"generated": True}, "the column is generated"),
    ("kind: pseudonymize, domain: d", {}, None),
    ("kind: pseudonymize, domain: d", {"length": 40}, None),
    ("kind: pseudonymize, domain: d", {"length": 39}, "it needs 40 characters, and the column has 39"),
    ("kind: pseudonymize, domain: d", {"family": Family.INTEGER, "type": "BIGINT"},
        "it needs a text column, and the column is BIGINT"),
    ("kind: truncate, unit: year", {}, "it needs a date or timestamp column"),
    ("kind: truncate, unit: year", {"family": Family.DATE, "type": "DATE"}, None),
    ("kind: truncate, length: 2", {}, None),
    ("kind: truncate, length: 2", {"family": Family.DATE, "type": "DATE"}, "it needs a text column"),
    ("kind: generalize, step: 10", {}, "it needs a number column"),
    ("kind: generalize, step: 10", {"family": Family.NUMBER, "type": "DECIMAL"}, None),
    ("kind: generalize, prefix: 3", {"length": 4}, None),
    ("kind: generalize, prefix: 3", {"length": 3}, "it needs 4 characters, and the column has 3"),
    ("kind: redact", {"length": 9}, "it needs 10 characters, and the column has 9"),
    ("kind: redact, paths: [$.a]", {"family": Family.JSON, "type": "JSON"}, None),
    ("kind: redact, paths: [$.a]", {"family": Family.DATE, "type": "DATE"}, "it needs a JSON or text column"),
    ("kind: constant, value: gone", {"nullable": False}, None),
    ("kind: constant, value: gone", {"length": 3}, "it needs 4 characters, and the column has 3"),
    ("kind: constant, value: gone", {"family": Family.INTEGER, "type": "BIGINT"}, "`gone` is not a BIGINT"),
    ("kind: constant, value: 7", {}, "`7` is not a VARCHAR"),
    ('kind: constant, value: "1900-01-01"', {"family": Family.DATE, "type": "DATE"}, None),
    ('kind: constant, value: "never"', {"family": Family.DATE, "type": "DATE"}, "`never` is not a DATE"),
    ('kind: constant, value: "never"', {"family": Family.UUID, "type": "UUID"}, "`never` is not a UUID"),
]


@pytest.mark.parametrize(("end", "column", "said"), END_STATES)
def test_an_end_state_that_does_not_fit_its_column_is_a_mistake(draft: Any, end: str, column: dict[str, Any],
    said: str | None) -> None:
    draft.change(SHOP, PHONE, PHONE.replace("kind: null", end))
    live = schema(orders=with_column("orders", replace(text("recipient_phone"), **column)))
    told = check(draft.load(), live)
    assert [(str(m.where), m.problem.partition(": ")[2].startswith(said or "")) for m in told] == (
        [(draft.at(SHOP, PHONE.replace("kind: null", end)), True)] if said else [])


@pytest.mark.parametrize(("end", "keys", "said"), [
    ("kind: null", {"primary_key": ("order_id", "recipient_phone")}, "the column is part of the primary key"),
    ("kind: constant, value: gone", {"uniques": (("recipient_phone",),)}, "the column is UNIQUE"),
    ("kind: null", {"uniques": (("recipient_phone",),)}, None),
    ("kind: pseudonymize, domain: d", {"uniques": (("recipient_phone",),)}, None),
    ("kind: constant, value: gone", {"foreign_keys": (ForeignKey("f", ("recipient_phone",), CUSTOMERS, ("customer_id",)),)},
     "the column is part of the foreign key to shop.customers"),
    ("kind: null", {"foreign_keys": (ForeignKey("f", ("customer_id",), ORDERS, ("recipient_phone",)),)},
     "rows of shop.orders refer to the column"),
])
def test_an_end_state_that_breaks_a_key_is_a_mistake(draft: Any, end: str, keys: dict[str, Any], said: str | None) -> None:
    draft.change(SHOP, PHONE, PHONE.replace("kind: null", end))
    told = [m.problem for m in check(draft.load(), schema(orders=replace(of("orders"), **keys)))]
    assert told == ([f"shop.orders.recipient_phone cannot end as {end.split()[1].strip(',')}"
                     + {"constant,": " gone", "pseudonymize,": " d"}.get(end.split()[1], "") + f": {said}"] if said else [])


def test_a_shared_unique_key_is_shown_to_a_person(draft: Any) -> None:
    draft.change(SHOP, PHONE, PHONE.replace("kind: null", "kind: constant, value: gone"))
    examined = examine(draft.load(), schema(orders=replace(of("orders"), uniques=(("customer_id", "recipient_phone"),))))
    assert examined.mistakes == ()
    assert [m.problem for m in examined.look] == [
        "shop.orders.recipient_phone: UNIQUE (customer_id, recipient_phone) may refuse constant gone"]


def test_a_check_that_may_refuse_the_end_state_is_shown_to_a_person(draft: Any) -> None:
    live = schema(orders=replace(of("orders"), checks=("recipient_phone IS NOT NULL OR invoice_name IS NOT NULL",
                                                       "length(recipient_phone) > 3", "order_id > 0")))
    examined = examine(draft.load(), live)
    assert examined.mistakes == ()
    assert [m.problem.partition(": ")[0] for m in examined.look] == ["shop.orders.recipient_phone", "shop.orders.invoice_name"]


NULL, GONE, ZERO = EndState(kind="null"), EndState(kind="constant", value="gone"), EndState(kind="constant", value=0)


@pytest.mark.parametrize(("check", "end", "passes"), [
    ("((status)::text = ANY (ARRAY['new'::text, 'gone'::text]))", GONE, True),
    ("((status)::text = ANY (ARRAY['new'::text, 'old'::text]))", GONE, False),
    ("CHECK((status IN ('new', 'gone')))", GONE, True),
    ("CHECK((status IN ('new', 'it''s gone')))", GONE, False),
    ("status = 'gone'", GONE, True),
    ("status <> 'gone'", GONE, False),
    ("(length(status) >= 4)", GONE, True),
    ("(length(status) > 4)", GONE, False),
    ("status LIKE '%@%'", GONE, False),
    ("(status >= 0)", ZERO, True),
    ("((status > (0)::numeric))", ZERO, False),
    ("status IN ('a') OR other > 1", GONE, False),
    ("status IN ('a', 'b')", NULL, True),
    ("(length(status) > 4)", NULL, True),
    ("status IS NOT NULL", NULL, False),
    ("coalesce(status, '') <> ''", NULL, False),
    ("CASE WHEN status = 'a' THEN true ELSE false END", NULL, False),
    ("our_own(status)", NULL, False),
    ("status <> 'is null'", NULL, True),
    ("status = 'a'", EndState(kind="pseudonymize", domain="d"), False),
])
def test_only_what_evidently_passes_a_check_is_let_pass(check: str, end: EndState, passes: bool) -> None:
    assert evidently_passes(check, end, "status") is passes


def test_an_evident_null_is_never_refused_by_a_real_database() -> None:
    """What we call evident for a null is what DuckDB accepts, operator by operator."""
    import duckdb

    atoms = ["v = 'a'", "v <> 'a'", "v IN ('a', 'b')", "NOT (v = 'a')", "length(v) > 3", "v LIKE 'a%'", "v BETWEEN 'a' AND 'b'",
             "other > 1", "other < 1"]
    checks = [f"({one}) {joiner} ({two})" for one in atoms for joiner in ("AND", "OR") for two in atoms]
    with duckdb.connect() as connection:
        for number, check in enumerate(checks):
            assert evidently_passes(check, NULL, "v")
            connection.execute(f"CREATE TABLE t{number} (v VARCHAR, other INTEGER, CHECK ({check}))")
            for value, other in product(("a", "b", "abcd", "zzz"), (0, 2)):
                with suppress(duckdb.ConstraintException):
                    connection.execute(f"INSERT INTO t{number} VALUES (?, ?)", [value, other])
            connection.execute(f"UPDATE t{number} SET v = NULL")  # raises when a row is refused


# ---- paths, triggers, hazards ---------------------------------------------------------------------------------------

def test_a_trigger_that_is_no_date_is_a_mistake(draft: Any) -> None:
    live = schema(orders=with_column("orders", text("placed_at")))
    told = [(str(m.where), m.problem) for m in check(draft.load(), live)]
    assert told == [(draft.at(SHOP, "delivered: {column"),
        "shop.orders.placed_at is VARCHAR, not a date or a timestamp, so no period can run from it"),
                    (draft.at(SHOP, "placed: {column"),
                        "shop.orders.placed_at is VARCHAR, not a date or a timestamp, so no period can run from it")]


def test_a_consent_without_a_date_is_a_mistake(draft: Any) -> None:
    [told] = check(draft.load(), schema(consents=with_column("consents", text("withdrawn_at"))))
    assert str(told.where) == draft.at("purposes.yaml", "withdrawn_at")


def test_a_path_that_may_lead_to_several_people_is_a_mistake(draft: Any) -> None:
    [told] = check(draft.load(), schema(consents=replace(of("consents"), uniques=())))
    assert told.problem == "the path to a customer may lead to several rows of shop.consents"
    assert str(told.where) == draft.at(SHOP, "reader:")


def test_a_join_of_different_types_is_a_mistake(draft: Any) -> None:
    [told] = check(draft.load(), schema(mailing=with_column("mailing", text("id"))))
    assert told.problem == "shop.consents.customer_id and shop.mailing.id are of different types and cannot be compared"


def test_subject_keys_of_different_types_are_shown(draft: Any) -> None:
    examined = examine(draft.load(), schema(orders=with_column("orders", text("customer_id"))))
    assert examined.mistakes == ()
    assert [str(m.where) for m in examined.look] == [draft.at(SHOP, "subjects: {buyer")]


HAZARD = Hazard(HazardKind.TRIGGER, "audit_customers", "after update writes to audit.changes")


def test_a_trigger_nobody_allowed_is_a_mistake_until_it_is_named(draft: Any) -> None:
    live = schema(customers=replace(of("customers"), hazards=(HAZARD,)))
    [told] = check(draft.load(), live)
    assert told.problem.startswith("shop.customers has the trigger audit_customers (after update writes to audit.changes)")
    draft.change(SHOP, "deletable: true",
        "deletable: true\n            allows: [{name: audit_customers, because: seen, approved_by: nigar}]")
    assert check(draft.load(), live) == []


def test_a_hazard_in_an_observed_dataset_is_only_shown(draft: Any) -> None:
    draft.change(SHOP, "{is: enforce, set_by: nigar, since: 2026-02-01}", "{is: observe}")
    examined = examine(draft.load(), schema(customers=replace(of("customers"), hazards=(HAZARD,))))
    assert (len(examined.mistakes), len(examined.look)) == (0, 1)


def test_rows_cannot_go_with_a_table_they_do_not_refer_to(draft: Any) -> None:
    [told] = check(draft.load(), schema(lines=replace(of("lines"), foreign_keys=())))
    assert told.problem == "shop.lines has no foreign key to shop.orders, so its rows cannot go with it"


def _circle(there: str) -> Schema:
    """Customers refer to `there`, and the other way round."""
    other = of(there)
    key = other.names[0]
    return schema(customers=replace(of("customers"), foreign_keys=(ForeignKey("f", ("customer_id",), other.ref, (key,)),)),
                  **{there: replace(other, foreign_keys=(*other.foreign_keys,
                                                         ForeignKey("g", (key,), CUSTOMERS, ("customer_id",))))})


def test_foreign_keys_in_a_circle_of_tables_whose_rows_go_are_named(draft: Any) -> None:
    told = [m.problem for m in check(draft.load(), _circle("lines"))]
    assert told == ["foreign keys refer to each other in a circle: shop.customers -> shop.lines -> shop.customers"]


def test_foreign_keys_may_run_in_a_circle_where_rows_of_one_table_stay(draft: Any) -> None:
    assert check(draft.load(), _circle("orders")) == []


def test_a_table_that_refers_to_itself_is_no_circle(draft: Any) -> None:
    key = ForeignKey("f", ("customer_id",), ORDERS, ("order_id",))
    assert check(draft.load(), schema(orders=replace(of("orders"), foreign_keys=(key,)))) == []


def test_a_deletable_row_that_others_refer_to_needs_end_states(draft: Any) -> None:
    draft.change(SHOP, "purposes: [delivery], subject: self, end_state: {kind: constant, value: \"[former customer]\"}",
                 "purposes: [delivery], subject: self")
    key = ForeignKey("f", ("customer_id",), CUSTOMERS, ("customer_id",))
    examined = examine(draft.load(), schema(orders=replace(of("orders"), foreign_keys=(key,))))
    assert examined.mistakes == ()
    assert [m.problem for m in examined.look] == [
        "a row of shop.customers stays while rows of shop.orders refer to it, and name would stay with it"]
    assert examine(draft.load(), schema()).look == ()


def test_columns_that_wait_for_a_judgement_must_exist_and_not_be_judged(draft: Any) -> None:
    judged = next(f.name for f in draft.load().governed(CUSTOMERS).collection.fields)
    draft.change(SHOP, "deletable: true", f"deletable: true\n            unjudged: [{judged}, nowhere]")
    told = [m.problem for m in check(draft.load(), schema())]
    assert "column shop.customers.nowhere is not in the warehouse" in told
    assert f"column `{judged}` is judged and unjudged" in told
