"""Keyed tokens: folded identifiers and block keys as 60 bits of an HMAC, computed in columns outside SQL and joined there.

Whoever reads the tokens without the key learns which subjects agree, not in what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import polars as pl
import polars_hash  # noqa: F401  (gives columns the namespace `chash`)

from governance.policy.linking import LinkModel
from governance.policy.model import Policy
from governance.reconciliation.blocks import NAME, frequent_columns, joined, name_key
from governance.reconciliation.blocks import fields_of as fields_of_model

LINKING = "linking"  # the key's name
_HEX = 15


@dataclass(frozen=True, order=True, slots=True)
class Form:
    """What is hashed together: `kind` is exact, block or often; `fields` canonical ones, or the name key."""

    kind: str
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.kind} {','.join(self.fields)}"


def exact(rules: Iterable[Sequence[str]]) -> tuple[Form, ...]:
    return tuple(Form("exact", tuple(rule)) for rule in rules)


def of_model(model: LinkModel) -> tuple[Form, ...]:
    blocks = [Form("block", tuple(block)) for block in model.block_on]
    return (*blocks, *(Form("often", (column,)) for column in frequent_columns(model)))


def all_forms(policy: Policy, kind: str) -> tuple[Form, ...]:
    """What subjects of a kind have to be found by, over all sources: each form once, in a fixed order."""
    sources = [s for s in policy.sources if s.subject_kind == kind]
    used = {s.link.model for s in sources}
    models = [m for m in policy.link_models if m.key in used]
    return tuple(sorted({f for s in sources for f in exact(s.link.exact)} | {f for m in models for f in of_model(m)}))


def fields_of(forms: Iterable[Form], models: Iterable[LinkModel]) -> tuple[str, ...]:
    """Canonical fields behind forms and models; the name key stands for the parts of a name."""
    named = {field.partition(":")[0] for form in forms for field in form.fields}
    found = {f for m in models for f in fields_of_model(m)} | named
    if NAME in found:
        found |= {"given_name", "family_name", "full_name"}
    return tuple(sorted(found - {NAME}))


def prepared(frame: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """`frame` with all `fields` as text (empty becomes null), names in parts, and the name key."""
    missing = [pl.lit(None, pl.String).alias(f) for f in {*fields, "given_name", "family_name", "full_name"} if f not in frame.columns]
    tidy = frame.with_columns(*missing)
    texts = [f for f in tidy.columns if f != "_id"]
    tidy = tidy.with_columns(pl.when(pl.col(f).cast(pl.String) != "").then(pl.col(f).cast(pl.String)).alias(f) for f in texts)
    # A whole name has no order that could be trusted: its first word stands for one part, the others for the other.
    split = pl.col("full_name").str.split_exact(" ", 1)
    whole = pl.col("given_name").is_null() & pl.col("family_name").is_null()
    tidy = tidy.with_columns(
        pl.when(whole).then(split.struct.field("field_0")).otherwise(pl.col("given_name")).alias("given_name"),
        pl.when(whole).then(pl.col("full_name").str.strip_prefix(split.struct.field("field_0")).str.strip_chars(" "))
        .otherwise(pl.col("family_name")).alias("family_name"))
    tidy = tidy.with_columns(pl.when(pl.col(f) != "").then(pl.col(f)).alias(f) for f in ("given_name", "family_name"))
    return tidy.with_columns(name_key("given_name", "family_name").alias(NAME))


def tokens(frame: pl.DataFrame, forms: Sequence[Form], key: bytes) -> pl.DataFrame:
    """`_id`, `form` (name), `token` (whole number) for every form whose values a row of `frame` all has."""
    made = [frame.select(pl.col("_id"), joined(form.fields).alias("value")).filter(pl.col("value").is_not_null()).select(
        "_id", pl.lit(form.name).alias("form"), hashed(pl.lit(f"{form.name}\x1f") + pl.col("value"), key).alias("token"))
            for form in forms]
    if not made:
        return pl.DataFrame(schema={"_id": pl.String, "form": pl.String, "token": pl.Int64})
    return pl.concat(made)


def hashed(value: pl.Expr, key: bytes) -> pl.Expr:
    """The first 60 bits of HMAC-SHA256 as a whole number."""
    digest = cast(Any, value).chash.hmac_sha256(key=key.hex())
    return cast(pl.Expr, digest.str.slice(0, _HEX).str.to_integer(base=16).cast(pl.Int64))
