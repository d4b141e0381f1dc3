"""Our own tables inside the warehouse: they commit together with the data they speak about.

The work set and the vault hold keys or sealed identifiers of people; both are purged when a plan or request closes.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from governance.warehouse import CONTROL_SCHEMA

metadata = MetaData(schema=CONTROL_SCHEMA)

# What is still to be done, frozen before anything is touched: the keys of many rows in one, as lists of equal length. A bundle
# leaves in the transaction that does its batch. The key of a row stands in `keys_int` where the table has one integer key, else
# in `keys_text` (governance.warehouse.functions.RowKey). `mask` says which cell groups of the step are due for these rows;
# `subjects` lists the subjects of each row as kind:key, for holds; `copies` counts identical rows of a table without a primary
# key, null where each stands for one; `rows` is their sum. A `held` bundle is left alone: a legal hold covers its rows or a row
# that refers to them. `part` numbers the bundles of a batch.
work = Table(
    "work", metadata,
    Column("plan", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("part", BigInteger, nullable=False),
    Column("mask", BigInteger, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("keys_int", ARRAY(BigInteger)),
    Column("keys_text", ARRAY(Text)),
    Column("copies", ARRAY(Integer)),
    Column("subjects", ARRAY(Text)),
    Index("work_by_batch", "plan", "step", "batch"),
)

# One row per step that was frozen: `planned` rows then.
frozen = Table(
    "frozen", metadata,
    Column("plan", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("planned", BigInteger, nullable=False),
    Column("at", TIMESTAMP, nullable=False),
    PrimaryKeyConstraint("plan", "step"),
)

receipt = Table(
    "receipt", metadata,
    Column("plan", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("matched", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("at", TIMESTAMP, nullable=False),  # UTC
    PrimaryKeyConstraint("plan", "step", "batch"),
)

# One row: leases below `minimum` may no longer write. A batch locks it first, so raising it waits for open batches.
fence = Table(
    "fence", metadata,
    Column("name", Text, nullable=False),
    Column("minimum", BigInteger, nullable=False),
    PrimaryKeyConstraint("name"),
)

RECONCILE_FENCE = "reconcile"  # the fence of those who write what feeds say; made when the policy first declares sources

# Rows of a table before and after a plan, for every table a foreign key can reach from its steps.
census = Table(
    "census", metadata,
    Column("plan", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("moment", Text, nullable=False),  # before | after
    Column("rows", BigInteger, nullable=False),
    PrimaryKeyConstraint("plan", "table_name", "moment"),
)

# Who a legal hold covers. In force from the moment the ledger says so, not from the moment a row stands here.
hold_member = Table(
    "hold_member", metadata,
    Column("hold", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject_key", Text, nullable=False),
    PrimaryKeyConstraint("hold", "kind", "subject_key"),
)

# Subjects a request was resolved to, frozen before its plan.
request_subject = Table(
    "request_subject", metadata,
    Column("request", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject_key", Text, nullable=False),
    PrimaryKeyConstraint("request", "kind", "subject_key"),
)

# What a request needs in clear, sealed under a key of its own that is destroyed on closing.
vault = Table(
    "vault", metadata,
    Column("request", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", TIMESTAMP, nullable=False),
    PrimaryKeyConstraint("request"),
)

# Which version of these tables stands here; `doctor` compares it with VERSION.
schema_version = Table(
    "schema_version", metadata,
    Column("version", Integer, nullable=False, autoincrement=False),
    PrimaryKeyConstraint("version"),
)
VERSION = 2
