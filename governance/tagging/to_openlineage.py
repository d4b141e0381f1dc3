"""The catalog as OpenLineage datasets with the facets `tags` and `columnLineage`. https://openlineage.io/docs/spec/facets/dataset-facets

Nothing is sent: the facets go into a DatasetEvent, or into the outputs of a RunEvent, of whoever reports to the lineage service.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from governance import __version__
from governance.domain.names import ColumnRef, TableRef
from governance.tagging.tagged import Source, Tagged

PRODUCER = f"urn:airflow-data-governance:{__version__}"
_FACETS = "https://openlineage.io/spec/facets"
TAGS = f"{_FACETS}/1-0-0/TagsDatasetFacet.json#/$defs/TagsDatasetFacet"
COLUMN_LINEAGE = f"{_FACETS}/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet"
_SAYS = {Source.PERSON: "USER", Source.POLICY: "POLICY", Source.DISCOVERY: "DISCOVERY"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tables are, in OpenLineage's names: `namespace` (``postgres://host:5432``) and the `database` names begin with."""

    namespace: str
    database: str

    def name(self, table: TableRef) -> str:
        return f"{self.database}.{table.schema}.{table.table}"


def openlineage(tags: Iterable[Tagged], place: Place) -> str:
    """A JSON list of datasets, ordered by table."""
    ordered = sorted(tags, key=lambda t: t.column)
    made = [_dataset(table, list(some), place) for table, some in groupby(ordered, key=lambda t: t.column.table)]
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _dataset(table: TableRef, tags: list[Tagged], place: Place) -> dict[str, Any]:
    facets: dict[str, Any] = {"tags": {"_producer": PRODUCER, "_schemaURL": TAGS, "tags": [one for t in tags for one in _tags(t)]}}
    copied = {t.column.name: _copy_of(t.derived_from, place) for t in tags if t.derived_from is not None}
    if copied:
        facets["columnLineage"] = {"_producer": PRODUCER, "_schemaURL": COLUMN_LINEAGE, "fields": copied}
    return {"namespace": place.namespace, "name": place.name(table), "facets": facets}


def _copy_of(source: ColumnRef, place: Place) -> dict[str, Any]:
    return {"inputFields": [{"namespace": place.namespace, "name": place.name(source.table), "field": source.name,
                             "transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}]}]}


def _tags(tag: Tagged) -> Iterator[dict[str, str]]:
    field = tag.column.name
    for category in tag.categories:
        yield {"key": "data_category", "value": category, "source": _SAYS[tag.source], "field": field}
    for purpose in tag.purposes:
        yield {"key": "purpose", "value": purpose, "source": "POLICY", "field": field}
    yield {"key": "decision", "value": tag.decision, "source": "POLICY" if tag.decision == "declared" else "USER", "field": field}
    if tag.confidence is not None:
        yield {"key": "confidence", "value": f"{tag.confidence:.4f}", "source": "DISCOVERY", "field": field}
