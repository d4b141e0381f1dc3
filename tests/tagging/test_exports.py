"""What other tools get: each format in its own shape, the same bytes for the same catalog, and no value of a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.cli.exchange import place_of
from governance.domain.names import ColumnRef, TableRef
from governance.domain.proposal import Decision
from governance.policy.load import load_policy
from governance.policy.model import Policy
from governance.tagging.tagged import Source, Tagged, tagged
from governance.tagging.to_dbt import dbt
from governance.tagging.to_fides import fides
from governance.tagging.to_openlineage import Place, openlineage
from tests.tagging.tagging_world import load
from tests.tagging.test_catalog import proposed

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "fideslang-dataset.json").read_text(encoding="utf-8"))
PLACE = Place("postgres://db.example:5432", "shop")
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
CATEGORIES = st.lists(st.sampled_from(["user.name", "user.contact.email", "user.device.ip_address"]), unique=True, max_size=2)


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return load(tmp_path).policy


@pytest.fixture
def tags(policy: Policy) -> list[Tagged]:
    return tagged(policy, [
        proposed("crm.customers.name", "user.name", Decision.CONFIRMED),
        proposed("crm.subscriptions.email", "user.contact.phone_number"),
        proposed('crm."import 2024"."col.7"', "user.contact.email", also=("user.contact.phone_number",)),
        proposed("crm.devices.device", "user.device.device_id", Decision.REJECTED),
        proposed("crm.consents.gone", "user.name", current=False),
        proposed("web.visits.ip", "user.device.ip_address", Decision.CONFIRMED),
    ])


def by_name(tags: list[Tagged]) -> dict[str, Tagged]:
    return {str(t.column): t for t in tags}


def test_a_person_counts_most_then_the_policy_then_what_is_proposed(tags: list[Tagged]) -> None:
    found = by_name(tags)
    assert (found["crm.customers.name"].categories, found["crm.customers.name"].source) == (("user.name",), Source.PERSON)
    assert found["crm.subscriptions.email"].categories == ("user.contact.email",), "the policy's kind, nobody decided"
    assert found['crm."import 2024"."col.7"'].categories == ("user.contact.email", "user.contact.phone_number")
    assert (found["crm.devices.device"].categories, found["crm.devices.device"].decision) == ((), "rejected")
    assert (found["crm.subscriptions.phone"].decision, found["crm.subscriptions.phone"].confidence) == ("declared", None)
    assert found["crm.customers.name"].purposes == ("essential.service", "marketing.email")
    assert "crm.consents.gone" not in found


def test_fides_gets_datasets_that_its_own_schema_accepts(tags: list[Tagged]) -> None:
    document = yaml.safe_load(fides(tags))
    for dataset in document["dataset"]:
        jsonschema.validate(dataset, SCHEMA)
    crm, web = document["dataset"]
    assert (crm["fides_key"], crm["meta"], web["fides_key"]) == ("crm", {"governance": {"schema": "crm"}}, "web")
    fields = {(c["name"], f["name"]): f for c in crm["collections"] for f in c["fields"]}
    assert fields["customers", "name"]["data_categories"] == ["user.name"]
    assert fields["customers", "name"]["data_uses"] == ["essential.service", "marketing.email"]
    assert fields["import 2024", "col.7"]["meta"]["governance"] == {
        "decision": "open", "confidence": 0.9, "role": "identifier", "source": "discovery"}
    assert "data_categories" not in fields["devices", "device"]


def test_the_stored_schema_refuses_what_fideslang_refuses() -> None:
    for wrong in ({"collections": []}, {"fides_key": "x", "collections": [{"name": "t"}]},
                  {"fides_key": "x", "collections": [{"name": "t", "fields": [{"name": "f", "data_categories": "user.name"}]}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMA)


def test_dbt_gets_a_source_per_schema_and_a_meta_per_column(tags: list[Tagged]) -> None:
    document = yaml.safe_load(dbt(tags))
    assert document["version"] == 2
    crm, web = document["sources"]
    assert (crm["name"], crm["schema"], web["name"]) == ("crm", "crm", "web")
    columns = {(t["name"], c["name"]): c for t in crm["tables"] for c in t["columns"]}
    assert columns["customers", "name"]["config"]["meta"]["governance"] == {
        "categories": ["user.name"], "purposes": ["essential.service", "marketing.email"], "decision": "confirmed",
        "confidence": 0.9, "role": "identifier"}
    assert columns["import 2024", "col.7"]["quote"] is True
    assert columns["devices", "device"]["config"]["meta"]["governance"]["categories"] == []


def test_openlineage_gets_tags_with_key_value_source_and_field(tags: list[Tagged]) -> None:
    documents = json.loads(openlineage(tags, PLACE))
    assert [d["name"] for d in documents] == sorted(d["name"] for d in documents)
    facet = next(d for d in documents if d["name"] == "shop.crm.customers")["facets"]["tags"]
    assert facet["_schemaURL"] == "https://openlineage.io/spec/facets/1-0-0/TagsDatasetFacet.json#/$defs/TagsDatasetFacet"
    assert facet["_producer"].startswith("urn:")
    assert facet["tags"] == [
        {"key": "data_category", "value": "user.name", "source": "USER", "field": "name"},
        {"key": "purpose", "value": "essential.service", "source": "POLICY", "field": "name"},
        {"key": "purpose", "value": "marketing.email", "source": "POLICY", "field": "name"},
        {"key": "decision", "value": "confirmed", "source": "USER", "field": "name"},
        {"key": "confidence", "value": "0.9000", "source": "DISCOVERY", "field": "name"}]


def test_openlineage_gets_the_columns_that_copies_were_made_from() -> None:
    demo = load_policy(Path(__file__).parents[2] / "policy").policy
    documents = {d["name"]: d for d in json.loads(openlineage(tagged(demo, []), PLACE))}
    copied = [(t.column, t.derived_from) for t in tagged(demo, []) if t.derived_from]
    assert copied
    for column, source in copied:
        [told] = documents[PLACE.name(column.table)]["facets"]["columnLineage"]["fields"][column.name]["inputFields"]
        assert (told["namespace"], told["name"], told["field"]) == (PLACE.namespace, PLACE.name(source.table), source.name)
        assert told["transformations"] == [{"type": "DIRECT", "subtype": "IDENTITY"}]
    assert all(set(d["facets"]) <= {"tags", "columnLineage"} for d in documents.values())


def test_the_demo_policy_is_a_dataset_that_fideslang_accepts() -> None:
    demo = load_policy(Path(__file__).parents[2] / "policy").policy
    datasets = yaml.safe_load(fides(tagged(demo, [])))["dataset"]
    assert {d["fides_key"] for d in datasets} <= {d.fides_key for d in demo.dataset}
    assert len(datasets) > 5
    for dataset in datasets:
        jsonschema.validate(dataset, SCHEMA)


COLUMNS = st.builds(ColumnRef, st.builds(TableRef, NAMES, NAMES), NAMES)
ANY = st.builds(Tagged, COLUMNS, CATEGORIES.map(tuple), st.just(("essential.service",)),
                st.sampled_from(["identifier", None]), st.sampled_from(["open", "confirmed", "rejected", "declared"]),
                st.sampled_from([None, 0.5, 0.98]), st.sampled_from(list(Source)))


@given(st.lists(ANY, max_size=8, unique_by=lambda t: t.column), st.randoms())
@settings(max_examples=80)
def test_equal_catalogs_give_equal_bytes_and_every_column_has_one_place_whatever_its_name(tags: list[Tagged], random: Any) -> None:
    turned = list(tags)
    random.shuffle(turned)
    for write in (fides, dbt, lambda some: openlineage(some, PLACE)):
        assert write(tags) == write(turned)
    datasets = yaml.safe_load(fides(tags))["dataset"]
    assert len({d["fides_key"] for d in datasets}) == len(datasets)
    for dataset in datasets:
        jsonschema.validate(dataset, SCHEMA)
    told = [(d["meta"]["governance"]["schema"], c["name"], f["name"]) for d in datasets for c in d["collections"] for f in c["fields"]]
    assert sorted(told) == sorted((t.column.table.schema, t.column.table.table, t.column.name) for t in tags)
    sources = yaml.safe_load(dbt(tags))["sources"]
    told = [(s["schema"], t["name"], c["name"]) for s in sources for t in s["tables"] for c in t["columns"]]
    assert sorted(told) == sorted((t.column.table.schema, t.column.table.table, t.column.name) for t in tags)


@pytest.mark.parametrize(("url", "place"), [
    ("postgresql+psycopg://reader:hunter2@db.example:5433/shop", Place("postgres://db.example:5433", "shop")),
    ("postgresql+psycopg:///shop?host=/run/postgresql", Place("postgres://localhost:5432", "shop")),
    ("duckdb:////srv/data/warehouse.duckdb", Place("duckdb", "warehouse")),
])
def test_the_place_of_a_warehouse_names_no_account_and_no_folder(url: str, place: Place) -> None:
    assert place_of(url) == place
