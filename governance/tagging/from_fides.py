"""Annotations of a fideslang document: the data categories and uses of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from governance.domain.names import TableRef
from governance.policy.read import Where
from governance.tagging.annotations import Annotations, mapping


def read_fides(said: Annotations, schemas: Mapping[str, str], schema: str | None = None) -> None:
    """Add to `said` what a document with ``dataset: [...]``, or one dataset alone, says. The schema of a dataset is what
    ``meta.governance.schema`` or ``fides_meta.namespace`` names, else that of the policy's dataset of the same key (`schemas`), else
    `schema`."""
    root = said.joined.data.get("document")
    document = mapping(root)
    path: Where = ("document",)
    listed = document.get("dataset", [document] if "collections" in document else None)
    if not isinstance(listed, list):
        said.wrong(path, "is no fideslang document", "begin with `dataset:` and a list of datasets")
        return
    for n, dataset in enumerate(listed):
        here: Where = (*path, "dataset", n) if "dataset" in document else path
        if not isinstance(dataset, Mapping) or not isinstance(dataset.get("fides_key"), str):
            said.wrong(here, "a dataset without `fides_key:`", "give it its key")
            continue
        there = _schema(dataset, schemas) or schema
        if there is None:
            said.wrong(here, f"it is not said which schema of the warehouse the dataset {dataset['fides_key']} is",
                       "name it with --schema, or in the file under meta: {governance: {schema: ...}}")
            continue
        _whole(said, here, dataset)
        for at, collection, name in said.entries((*here, "collections"), dataset.get("collections"), "collections"):
            _whole(said, at, collection)
            _fields(said, at, collection, TableRef(there, name))


def _schema(dataset: Mapping[str, Any], schemas: Mapping[str, str]) -> str | None:
    ours = mapping(mapping(dataset.get("meta")).get("governance")).get("schema")
    namespace = mapping(mapping(dataset.get("fides_meta")).get("namespace"))
    named = ours or namespace.get("schema") or namespace.get("dataset_id")
    return named if isinstance(named, str) else schemas.get(str(dataset["fides_key"]))


def _whole(said: Annotations, path: Where, thing: Mapping[str, Any]) -> None:
    if thing.get("data_categories"):
        said.over((*path, "data_categories"), "categories of a whole dataset or collection are not taken over, they are of no one column",
                  "say them at each field")


def _fields(said: Annotations, path: Where, collection: Mapping[str, Any], table: TableRef) -> None:
    for at, declared, name in said.entries((*path, "fields"), collection.get("fields"), "fields"):
        for inner, one in _nested(said, at, declared):
            if "data_categories" in one and one["data_categories"] is not None:
                uses = one.get("data_uses") or one.get("data_purposes") or ()
                said.add(table, name, said.keys((*inner, "data_categories"), one["data_categories"]),
                         said.keys((*inner, "data_uses"), uses))


def _nested(said: Annotations, path: Where, declared: Mapping[str, Any]) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    """A field and everything inside it: a document in a column is of every kind it holds."""
    yield path, declared
    for at, inner, _ in said.entries((*path, "fields"), declared.get("fields"), "fields"):
        yield from _nested(said, at, inner)
