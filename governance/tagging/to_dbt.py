"""The catalog as a dbt property file: every schema is a source, every column has a `meta`. https://docs.getdbt.com/reference/source-properties"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import yaml

from governance.domain.names import TableRef
from governance.tagging.tagged import Tagged

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")  # names that mean the same with and without quotes


def dbt(tags: Iterable[Tagged]) -> str:
    """``schema.yml``. `meta` stands under `config`, where dbt has it since 1.10 and reads it since 1.9."""
    ordered = sorted(tags, key=lambda t: t.column)
    sources = [_source(schema, list(some)) for schema, some in groupby(ordered, key=lambda t: t.column.table.schema)]
    return yaml.safe_dump({"version": 2, "sources": sources}, sort_keys=False, allow_unicode=True, width=120)


def _source(schema: str, tags: list[Tagged]) -> dict[str, Any]:
    quoting = {} if _PLAIN.match(schema) else {"quoting": {"schema": True}}
    return {"name": schema, "schema": schema, **quoting,
            "tables": [_table(table, list(some)) for table, some in groupby(tags, key=lambda t: t.column.table)]}


def _table(table: TableRef, tags: list[Tagged]) -> dict[str, Any]:
    quoting = {} if _PLAIN.match(table.table) else {"quoting": {"identifier": True}}
    return {"name": table.table, **quoting, "columns": [_column(t) for t in tags]}


def _column(tag: Tagged) -> dict[str, Any]:
    said = {"categories": list(tag.categories), "purposes": list(tag.purposes), "decision": tag.decision,
            "confidence": tag.confidence, "role": tag.role}
    return {"name": tag.column.name, **({} if _PLAIN.match(tag.column.name) else {"quote": True}),
            "config": {"meta": {"governance": {k: v for k, v in said.items() if v is not None}}}}
