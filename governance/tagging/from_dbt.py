"""Annotations of a dbt property file: the `meta` and `tags` of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.domain.names import TableRef
from governance.policy.read import Where
from governance.tagging.annotations import KEY, Annotations, mapping

_CATEGORIES = ("categories", "data_categories", "category", "data_category")
_PURPOSES = ("purposes", "data_uses")
_FLAGS = ("pii", "contains_pii", "is_pii", "personal", "personal_data")
_YES, _NO = frozenset({"true", "yes", "y", "1"}), frozenset({"false", "no", "n", "0"})
_PERSONAL_TAGS = frozenset({"pii", "personal", "personal_data", "contains_pii"})
PERSONAL = ("user",)  # personal, and nothing is said of the kind


def read_dbt(said: Annotations, schema: str | None = None) -> None:
    """Add to `said` what the columns of sources, models, seeds and snapshots say: kinds under ``meta`` (or ``config.meta``) as
    ``governance: {categories: ...}``, ``data_categories:`` and the like, or only that they are personal (``pii: true``, the tag
    ``pii``). Models are built into a schema that their file does not name: `schema` does."""
    document = mapping(said.joined.data.get("document"))
    path: Where = ("document",)
    if not any(kind in document for kind in ("sources", "models", "seeds", "snapshots")):
        said.wrong(path, "is no dbt property file", "it has `sources:`, `models:`, `seeds:` or `snapshots:`")
        return
    for at, source, name in said.entries((*path, "sources"), document.get("sources"), "sources"):
        there = _plain(source.get("schema", name)) or schema
        for inner, table, called in said.entries((*at, "tables"), source.get("tables"), "tables"):
            _columns(said, inner, table, there, _plain(table.get("identifier", called)))
    for kind in ("models", "seeds", "snapshots"):
        for at, model, name in said.entries((*path, kind), document.get(kind), kind):
            _columns(said, at, model, schema, _plain(mapping(model.get("config")).get("alias", name)))


def _columns(said: Annotations, path: Where, table: Mapping[str, Any], schema: str | None, name: str | None) -> None:
    columns = said.entries((*path, "columns"), table.get("columns"), "columns")
    told = [(at, column, called) for at, column, called in columns if _speaks(column)]
    if not told:
        return
    if schema is None or name is None:
        said.wrong(path, "it is not said in which schema of the warehouse it is, or only by an expression", "name it with --schema")
        return
    for at, column, called in told:
        meta, where = _meta(column)
        own = _own(meta)
        categories = next((said.keys((*at, *where, key), own[key]) for key in _CATEGORIES if key in own), None)
        if categories is None:
            categories = _flagged(said, (*at, *where), column)
        purposes = next((said.keys((*at, *where, key), own[key]) for key in _PURPOSES if key in own), ())
        if categories is not None:
            said.add(TableRef(schema, name), called, categories, purposes)


def _own(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `meta` says about data protection: under a key of its own, or beside everything else."""
    return mapping(meta.get("governance")) or mapping(meta.get("fides")) or meta


def _speaks(column: Mapping[str, Any]) -> bool:
    own = _own(_meta(column)[0])
    return any(key in own for key in (*_CATEGORIES, *_FLAGS)) or bool(_tagged(column))


def _flagged(said: Annotations, path: Where, column: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What tags and flags say; None where a flag is neither yes nor no."""
    tags, own = _tagged(column), _own(_meta(column)[0])
    kinds = tuple(t for t in tags if t.lower() not in _PERSONAL_TAGS)
    flags = {flag: own[flag] for flag in _FLAGS if flag in own}
    unclear = [flag for flag, given in flags.items() if _truth(given) is None]
    for flag in unclear:
        said.wrong((*path, flag), f"`{flag}` is neither true nor false", "write true or false")
    if kinds or tags or any(map(_truth, flags.values())):
        return kinds or PERSONAL
    return None if unclear else ()


def _truth(given: Any) -> bool | None:
    word = str(given).lower()
    return True if word in _YES else False if word in _NO else None


def _meta(column: Mapping[str, Any]) -> tuple[Mapping[str, Any], Where]:
    """The column's meta with where it stands: under `config` since dbt 1.9, before that on its own."""
    inside = mapping(mapping(column.get("config")).get("meta"))
    return (inside, ("config", "meta")) if inside else (mapping(column.get("meta")), ("meta",))


def _tagged(column: Mapping[str, Any]) -> tuple[str, ...]:
    """Its dbt tags that say something about people: ``pii``, or a key of the taxonomy itself."""
    tags = [column.get("tags"), mapping(column.get("config")).get("tags")]
    each = [t for some in tags for t in ([some] if isinstance(some, str) else some or ())]
    return tuple(t for t in each if isinstance(t, str) and (t.lower() in _PERSONAL_TAGS or (t.startswith("user.") and KEY.match(t))))


def _plain(given: Any) -> str | None:
    """A name as it stands; None for an expression, which only dbt can work out."""
    return given if isinstance(given, str) and "{{" not in given else None
