"""Our tables in the schema ``golden``: records of third parties, as they came and as they are compared.

They hold personal data, so they are datasets of the declared policy like any other: disposal and requests reach them through
`subject_key`. It is set when a record is stored (to the subject that alone has one of its unique identifiers) and moved by
whoever links or unlinks the record, so that a record is reached by a request whether it was linked or not.
"""

from __future__ import annotations

from sqlalchemy import TIMESTAMP, BigInteger, Column, Index, MetaData, PrimaryKeyConstraint, Table, Text
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable

from governance.domain.names import TableRef
from governance.warehouse import Warehouse

SCHEMA = "golden"
metadata = MetaData(schema=SCHEMA)

# One accepted record. `record` names source, file and line, so the same record of the same file cannot be stored twice.
# `raw`, `clean` and `keys` are JSON objects by canonical field: as it came, tidied (what may be written), and folded (what is
# compared; the spellings of one value are one text). `flags` are words about fields, ``phone:formula``. All times are UTC.
# `ended_at`: a later record of the source with the same key, or a snapshot without it, took its place.
source_record = Table(
    "source_record", metadata,
    Column("record", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("record_key", Text, nullable=False),
    Column("file", Text, nullable=False),  # SHA-256 of its bytes
    Column("line", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("subject_key", Text),
    Column("raw", Text),
    Column("clean", Text),
    Column("keys", Text),
    Column("flags", Text, nullable=False),
    Column("observed_at", TIMESTAMP, nullable=False),
    Column("stored_at", TIMESTAMP, nullable=False),
    Column("keep_until", TIMESTAMP, nullable=False),
    Column("ended_at", TIMESTAMP),
    PrimaryKeyConstraint("record"),
    Index("source_record_by_subject", "subject_key"),
    Index("source_record_by_key", "source", "record_key"),
)

# One record that waits for a person or for a change of the policy. `reasons` are words: ``phone: is not of its form``.
quarantine = Table(
    "quarantine", metadata,
    Column("record", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("record_key", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("subject_key", Text),
    Column("raw", Text),
    Column("reasons", Text, nullable=False),
    Column("observed_at", TIMESTAMP, nullable=False),
    Column("stored_at", TIMESTAMP, nullable=False),
    Column("keep_until", TIMESTAMP, nullable=False),
    Column("repaired_at", TIMESTAMP),
    Column("repaired_by", Text),
    PrimaryKeyConstraint("record"),
    Index("quarantine_by_subject", "subject_key"),
)

SOURCE_RECORD = TableRef(SCHEMA, source_record.name)
QUARANTINE = TableRef(SCHEMA, quarantine.name)


def create_missing(warehouse: Warehouse, *more: MetaData) -> list[str]:
    """Create the tables of this module, and of `more`, that are not there; their names."""
    there = {t.ref for t in warehouse.schema().tables}
    made = []
    for table in (t for m in (metadata, *more) for t in m.sorted_tables):
        ref = TableRef(str(table.schema), table.name)
        if ref in there:
            continue
        with warehouse.transaction():
            warehouse.execute(CreateSchema(ref.schema, if_not_exists=True), name="golden.create")
            warehouse.execute(CreateTable(table), name="golden.create")
            # Where one pass is the best batch, an index costs more than it saves.
            for index in sorted(table.indexes, key=lambda i: str(i.name)) if warehouse.capabilities.batch_rows else ():
                warehouse.execute(CreateIndex(index), name="golden.create")
        made.append(str(ref))
    return made
