"""Annotations of other tools are read as they are written; what cannot be taken over is said with its line, never guessed."""

# ruff: noqa: E501 -- tables of examples
from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.domain.names import ColumnRef
from governance.policy.read import read_document
from governance.tagging.annotations import Annotation, Annotations
from governance.tagging.from_dbt import read_dbt
from governance.tagging.from_fides import read_fides
from governance.tagging.tagged import Source, Tagged
from governance.tagging.to_dbt import dbt
from governance.tagging.to_fides import fides
from tests.tagging.test_exports import CATEGORIES, COLUMNS

FIDES = """
dataset:
  - fides_key: webshop
    fides_meta: {namespace: {schema: shop}}
    collections:
      - name: customers
        data_categories: [user]
        fields:
          - {name: id, data_categories: [system.operations]}
          - {name: email, data_categories: [user.contact.email], data_uses: [essential.service]}
          - {name: created_at}
          - name: payload
            fields:
              - {name: ip, data_categories: [user.device.ip_address]}
              - {name: buyer, fields: [{name: name, data_categories: [user.name]}]}
  - fides_key: crm_customers
    collections: [{name: people, fields: [{name: phone, data_categories: [user.contact.phone_number]}]}]
"""
DBT = """
version: 2
sources:
  - name: raw
    schema: shop
    tables:
      - name: clients
        identifier: customers
        columns:
          - name: email
            config: {meta: {governance: {categories: [user.contact.email], purposes: [essential.service]}}}
          - {name: phone, meta: {data_category: user.contact.phone_number}}
          - {name: born, meta: {contains_pii: true}}
          - {name: city, tags: [pii, daily]}
          - {name: sku, meta: {pii: false}}
          - {name: ip, config: {tags: [user.device.ip_address]}}
          - {name: total, meta: {owner: finance}}
models:
  - name: dim_customer
    columns: [{name: full_name, meta: {pii: "yes"}}]
"""


def read(tmp_path: Path, text: str, form: str, schema: str | None = None) -> Annotations:
    path = tmp_path / f"{form}.yml"
    path.write_text(text, encoding="utf-8")
    said = Annotations(read_document(path, path.name), path.name)
    read_fides(said, {"crm_customers": "crm"}, schema) if form == "fides" else read_dbt(said, schema)
    return said


def told(said: Annotations) -> dict[str, tuple[str, ...]]:
    return {str(a.column): a.categories for a in said.found.values()}


def test_fides_fields_give_their_categories_and_uses(tmp_path: Path) -> None:
    said = read(tmp_path, FIDES, "fides")
    assert told(said) == {"shop.customers.id": ("system.operations",), "shop.customers.email": ("user.contact.email",),
                          "shop.customers.payload": ("user.device.ip_address", "user.name"),
                          "crm.people.phone": ("user.contact.phone_number",)}
    assert said.found[ColumnRef.parse("shop.customers.email")].purposes == ("essential.service",)
    assert said.mistakes == []
    [over] = said.passed_over
    assert str(over).startswith("fides.yml:7: categories of a whole")


def test_dbt_columns_give_their_meta_and_tags(tmp_path: Path) -> None:
    said = read(tmp_path, DBT, "dbt", "marts")
    assert told(said) == {
        "shop.customers.email": ("user.contact.email",), "shop.customers.phone": ("user.contact.phone_number",), "shop.customers.born": ("user",),
        "shop.customers.city": ("user",), "shop.customers.sku": (), "shop.customers.ip": ("user.device.ip_address",),
        "marts.dim_customer.full_name": ("user",)}
    assert said.mistakes == []


@pytest.mark.parametrize(("form", "text", "problem"), [
    ("dbt", DBT, "dbt.yml:19: it is not said in which schema"),
    ("dbt", DBT.replace("schema: shop", "schema: \"{{ target.schema }}\"").replace("models:", "x:"), "dbt.yml:7: it is not said in which schema"),
    ("dbt", "sources: [{name: s, tables: [{name: t, columns: [{name: c, meta: {pii: perhaps}}]}]}]", "dbt.yml:1: `pii` is neither true nor false"),
    ("dbt", "sources: [{name: s, tables: [{name: t, columns: [{name: c, meta: {category: 'Ada Lovelace'}}]}]}]", "dbt.yml:1: is no key of a taxonomy"),
    ("dbt", "sources: [{tables: []}]", "dbt.yml:1: an entry of sources without a name"),
    ("dbt", "version: 2", "is no dbt property file"),
    ("dbt", "sources: 5", "`sources` is not a list"),
    ("fides", FIDES.replace("fides_meta: {namespace: {schema: shop}}", "x: y"), "fides.yml:3: it is not said which schema of the warehouse the dataset webshop is"),
    ("fides", FIDES.replace("[user.name]", "7"), "is neither a key of a taxonomy nor a list"),
    ("fides", "dataset: [{collections: []}]", "a dataset without `fides_key:`"),
    ("fides", "[1, 2]", "is no fideslang document"),
    ("fides", "dataset: [", "broken YAML"),
])
def test_what_cannot_be_read_is_said_with_its_line_and_not_quoted(tmp_path: Path, form: str, text: str, problem: str) -> None:
    said = read(tmp_path, text, form)
    mistakes = "\n".join(map(str, [*said.joined.mistakes, *said.mistakes]))
    assert problem in mistakes
    assert "fix: " in mistakes
    assert "Lovelace" not in mistakes


TAGS = st.builds(Tagged, COLUMNS, CATEGORIES.map(tuple), st.just(("essential.service",)), st.just("identifier"),
                 st.sampled_from(["open", "confirmed", "rejected"]), st.just(0.9), st.sampled_from(list(Source)))


@given(st.lists(TAGS, max_size=6, unique_by=lambda t: t.column))
@settings(max_examples=60)
def test_what_was_exported_is_read_back_as_it_was_whatever_the_names(tmp_path_factory: pytest.TempPathFactory, tags: list[Tagged]) -> None:
    folder = tmp_path_factory.mktemp("exchange")
    back = read(folder, dbt(tags), "dbt").found
    assert back == {t.column: Annotation(t.column, t.categories, t.purposes) for t in tags}
    fides_back = read(folder, fides(tags), "fides").found
    assert {c: set(a.categories) for c, a in fides_back.items()} == {t.column: set(t.categories) for t in tags if t.categories}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.sampled_from(["x", "user.name", "sources", "name"]),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["dataset", "fides_key", "collections", "fields", "name", "data_categories", "meta", "sources", "tables",
                                         "columns", "models", "config", "tags", "schema", "governance", "categories", "pii"]), inner, max_size=5),
                    max_leaves=25))
@settings(max_examples=120, deadline=None)
def test_any_document_whatsoever_is_read_without_an_error(tmp_path_factory: pytest.TempPathFactory, document: object) -> None:
    folder = tmp_path_factory.mktemp("any")
    for form in ("fides", "dbt"):
        said = read(folder, yaml.safe_dump(document), form, "s")
        assert all(isinstance(a, Annotation) for a in said.found.values())
