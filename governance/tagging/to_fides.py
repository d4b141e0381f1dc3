"""The catalog as fideslang datasets: https://ethyca.github.io/fideslang, version 3. What it has no place for stands under `meta`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import yaml

from governance.tagging.tagged import Tagged

_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_.<>-]")  # what a fides_key is made of


def fides(tags: Iterable[Tagged]) -> str:
    """A fideslang document (YAML). Columns that a person rejected are in it without a category, so that nobody asks again."""
    found = sorted(tags, key=lambda t: t.column)
    keys = _keys(found)
    ordered = sorted(found, key=lambda t: (keys[_owner(t)], t.column))
    datasets = [_dataset(key, list(some)) for key, some in groupby(ordered, key=lambda t: keys[_owner(t)])]
    return yaml.safe_dump({"dataset": datasets}, sort_keys=False, allow_unicode=True, width=120)


def _owner(tag: Tagged) -> tuple[str, str]:
    return tag.column.table.schema, tag.dataset


def _keys(tags: Iterable[Tagged]) -> dict[tuple[str, str], str]:
    """Schema and declared dataset -> fides_key: the declared one, for other tables that of a dataset of their schema, else one of
    their schema's name. No two schemas share one."""
    owners = sorted({_owner(t) for t in tags})
    keys = {owner: owner[1] for owner in owners if owner[1]}
    for schema, dataset in owners:
        if not dataset:
            beside = min((key for (other, _), key in keys.items() if other == schema), default="")
            made = _NOT_IN_KEYS.sub("_", schema)
            taken = set(keys.values())
            free = (f"{made}_{n}" if n else made for n in range(len(owners) + 1))
            keys[schema, ""] = beside or next(key for key in free if key not in taken)
    return keys


def _dataset(key: str, tags: list[Tagged]) -> dict[str, Any]:
    schema = tags[0].column.table.schema
    title = next((t.title for t in tags if t.title), schema)
    collections = [{"name": table.table, "fields": [_field(t) for t in some]}
                   for table, some in groupby(tags, key=lambda t: t.column.table)]
    return {"fides_key": key, "organization_fides_key": "default_organization", "name": title,
            "meta": {"governance": {"schema": schema}}, "collections": collections}


def _field(tag: Tagged) -> dict[str, Any]:
    said = {"decision": tag.decision, "confidence": tag.confidence, "role": tag.role, "source": str(tag.source)}
    return {"name": tag.column.name, **({"data_categories": list(tag.categories)} if tag.categories else {}),
            **({"data_uses": list(tag.purposes)} if tag.purposes else {}),
            "meta": {"governance": {k: v for k, v in said.items() if v is not None}}}
