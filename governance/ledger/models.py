"""Tables of the ledger. `migrations/` builds them; a test keeps both equal on SQLite and PostgreSQL.

Ordinary tables may change and be emptied; only `evidence` is append-only, refused by the database itself.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

from governance.domain.canonical import dumps

REVISION = "0003"  # what Ledger.open asks for; equal to the head of migrations/versions

metadata = MetaData(naming_convention={
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
})

Number = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY counts by itself in SQLite


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC. SQLite has no zones, so they are cut off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment in the ledger has a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Plain(TypeDecorator[Any]):
    """Canonical JSON as text: ASCII only, the same bytes on every engine."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


# ---- evidence --------------------------------------------------------------------------------------------------------

# `body` is canonical JSON text. Triggers refuse UPDATE, DELETE, REPLACE, TRUNCATE and any row that is not the next one.
evidence = Table(
    "evidence", metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
)

# Salts of commitments in the chain. Without its salt a commitment says nothing about anybody.
salt = Table(
    "salt", metadata,
    Column("commitment", Text, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
)

# Heads that were written outside, and where.
anchor = Table(
    "anchor", metadata,
    Column("id", Number, primary_key=True),
    Column("target", Text, nullable=False),
    Column("seq", Number, nullable=False),
    Column("digest", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# ---- runs, plans, approvals --------------------------------------------------------------------------------------------

# One job of one DAG run, or of a shell, from start to end. Another try of the same run is the same row.
run = Table(
    "run", metadata,
    Column("id", Text, primary_key=True),
    Column("job", Text, nullable=False),
    Column("dag_id", Text, nullable=False),
    Column("dag_run_id", Text, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("started_at", Moment, nullable=False, index=True),
    Column("ended_at", Moment),
    Column("outcome", Text),
    Column("detail", Text, nullable=False),
)

# Plans as they were made: `body` is what the digest seals. `state` says how far the plan has come. `seq` is the evidence that
# says it was saved, 0 for plans of the first revision.
plan = Table(
    "plan", metadata,
    Column("digest", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("policy_digest", Text, nullable=False),
    Column("rows", Number, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seq", Number, nullable=False, server_default="0"),
    Column("body", Plain, nullable=False),
    Index("ix_plan_kind_name", "kind", "name"),
)

# One row per digest that was asked for; `round` counts how often, because an expired question may be asked again.
approval = Table(
    "approval", metadata,
    Column("digest", Text, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("approvers", Plain, nullable=False),
    Column("people", Integer, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

# What each person answered, about this digest and no other. `delivery` tells an answer delivered twice from two answers.
answer = Table(
    "answer", metadata,
    Column("digest", Text, ForeignKey("approval.digest"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("user", Text, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("authenticated", Boolean, nullable=False),
    Column("via", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("digest", "round", "user"),
)

# Copies of the receipts in the warehouse, which are the truth about each act. `fence` is the lease the batch ran under.
receipt = Table(
    "receipt", metadata,
    Column("plan", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("matched", Number, nullable=False),
    Column("changed", Number, nullable=False),
    Column("gone", Number, nullable=False),
    Column("fence", Number, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("plan", "step", "batch"),
)

# What was found when the data was looked at again after a plan, step by step. The last one counts.
verification = Table(
    "verification", metadata,
    Column("id", Number, primary_key=True),
    Column("plan", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("results", Plain, nullable=False),
)

# ---- leases, holds, control --------------------------------------------------------------------------------------------

# One row. `lease` is the last fencing number given out; it only grows.
control = Table(
    "control", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("lease", Number, nullable=False),
    Column("stopped", Text),
    Column("stopped_by", Text),
    Column("stopped_at", Moment),
)

# A batch's permission to write. `holds` are the legal holds it was told to respect.
lease = Table(
    "lease", metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("plan", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("holds", Plain, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("ended_at", Moment, index=True),
    Index("ix_lease_plan", "plan"),
)

# `last_lease` is the last lease that could not know of this hold. `members` counts; who they are stands in the warehouse.
hold = Table(
    "hold", metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("members", Number, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("last_lease", Number, nullable=False),
    Column("lifted_by", Text),
    Column("lifted_at", Moment),
)

# ---- discovery and findings --------------------------------------------------------------------------------------------

# What one run found; saving it again replaces it.
finding_set = Table(
    "finding_set", metadata,
    Column("id", Number, primary_key=True),
    Column("run", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("run", "source"),
)

# Findings of a set: compliant, violation or gap, with remedy and owner.
finding = Table(
    "finding", metadata,
    Column("set", Number, ForeignKey("finding_set.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("table", Text, nullable=False),
    Column("column", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("rows", Number),
    Column("owner", Text, nullable=False),
    PrimaryKeyConstraint("set", "number"),
)

# What discovery believes; overwritten by every run. `column` is spelled schema.table.column. `proved`: its values carry check
# digits of an identifier that are right.
proposal = Table(
    "proposal", metadata,
    Column("column", Text, primary_key=True),
    Column("category", Text, nullable=False),
    Column("also", Plain, nullable=False),
    Column("role", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("proved", Boolean, nullable=False, server_default=false()),
)

# What people decided; no run of discovery writes here. `category` is set where the person named another one; `proposed` is what
# discovery proposed at that moment.
decision = Table(
    "decision", metadata,
    Column("column", Text, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("category", Text),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("proposed", Text),
)

# Tags that a file of another tool declares (`origin`: its format and name), beside what people decide here and never in its place.
declared_tag = Table(
    "declared_tag", metadata,
    Column("origin", Text, nullable=False),
    Column("column", Text, nullable=False),
    Column("categories", Plain, nullable=False),
    Column("purposes", Plain, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("origin", "column"),
)

# How closely each table was last looked at. `run` looked at it or found it unchanged; its values were read in run `read_in`, at `at`.
# `fingerprint`, `recognizers`, `person` (how surely its rows are about people) and `linked` (how surely it leads to people) are of
# the last full look; equal ones give equal proposals.
look = Table(
    "look", metadata,
    Column("table", Text, primary_key=True),
    Column("run", Text, nullable=False),
    Column("read_in", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("rows", Number, nullable=False),
    Column("looked", Number, nullable=False),
    Column("more", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("recognizers", Text, nullable=False),
    Column("person", Float, nullable=False),
    Column("linked", Float, nullable=False),
)

# How many of `total` people (of subject kind `kind`; rows, where it is empty) are alone with their values of `columns`.
uniqueness = Table(
    "uniqueness", metadata,
    Column("table", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("columns", Plain, nullable=False),
    Column("kind", Text, nullable=False),
    Column("total", Number, nullable=False),
    Column("single", Number, nullable=False),
    Column("run", Text, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("table", "place"),
)

# The columns a run of discovery saw; drift is the difference between two of these.
seen_set = Table(
    "seen_set", metadata,
    Column("id", Number, primary_key=True),
    Column("run", Text, nullable=False, unique=True),
    Column("at", Moment, nullable=False),
)

# Columns of a seen set with their types.
seen_column = Table(
    "seen_column", metadata,
    Column("set", Number, ForeignKey("seen_set.id"), nullable=False),
    Column("column", Text, nullable=False),
    Column("type", Text, nullable=False),
    PrimaryKeyConstraint("set", "column"),
)

# ---- releases and feeds ------------------------------------------------------------------------------------------------

# One published version of a release. `body` is what its card says: counts, levels and risks, no value of a person.
release = Table(
    "release", metadata,
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("plan", Text, nullable=False, unique=True),
    Column("table", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Plain, nullable=False),
    PrimaryKeyConstraint("name", "version"),
)

# One file of a source, known by the digest of its bytes: the same bytes are taken once, whatever the file is called. `content` is
# a keyed hash of its records whatever their order; `reasons` counts what was quarantined and rejected, in words of ours.
feed = Table(
    "feed", metadata,
    Column("source", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", Number, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("records", Number),
    Column("accepted", Number),
    Column("quarantined", Number),
    Column("rejected", Number),
    Column("content", Text),
    Column("reasons", Plain),
    Column("plan", Text),
    Column("first_seen", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    PrimaryKeyConstraint("source", "digest"),
)

# ---- requests, suppression, staff --------------------------------------------------------------------------------------

# `request`, never `who`: identifiers of people stay in the vault in the warehouse.
request = Table(
    "request", metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_kinds", Plain, nullable=False),
    Column("regime", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

# One thing a recipient has to be told. `cause` is erasure or withdrawal, `source` the request, or the plan for a withdrawal;
# `tables` are those whose data went to the recipient and ended. Whom it is about stands in the request vault or the warehouse.
notice = Table(
    "notice", metadata,
    Column("id", Text, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("source", Text, nullable=False, index=True),
    Column("plan", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("tables", Plain, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("sent_by", Text),
)

# Keyed hashes of identifiers of erased subjects: personal in law, so with a day on which they go.
suppression = Table(
    "suppression", metadata,
    Column("kind", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("key_version", Text, nullable=False),
    Column("keyed_hash", Text, nullable=False),
    Column("request", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("purge_after", Moment, index=True),
    PrimaryKeyConstraint("kind", "form", "key_version", "keyed_hash"),
)

# The only place with names of staff; a row can be deleted without touching anything else.
person = Table(
    "person", metadata,
    Column("user", Text, primary_key=True),
    Column("name", Text, nullable=False),
)
