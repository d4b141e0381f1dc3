"""Our tables of links, conflicts and field values in ``golden``, and of signals in ``fraud``. Rows are appended, never changed.

A golden record is no row but what the view ``golden.<key>`` makes of the field values that stand: a value that a later row ends,
or whose link was ended, is out, so that unlinking leaves everything as if the link had never been. They hold personal data:
datasets of the declared policy, reached by requests and schedules through `subject_key`.
"""

from __future__ import annotations

from sqlalchemy import TIMESTAMP, BigInteger, Column, Double, Index, MetaData, PrimaryKeyConstraint, Table, Text

from governance.reconciliation.tables import SCHEMA

FRAUD = "fraud"
metadata = MetaData(schema=SCHEMA)
fraud_metadata = MetaData(schema=FRAUD)

# What subjects were compared by last, so that only new and changed ones are read again.
compared = Table(
    "compared", metadata,
    Column("subject_key", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("seen_at", TIMESTAMP, nullable=False),
    PrimaryKeyConstraint("subject_key"),
)

# Keyed hashes (60 bits) of what a subject can be found by: exact identifiers, block keys, frequent values.
token = Table(
    "token", metadata,
    Column("subject_key", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("seen_at", TIMESTAMP, nullable=False),
    Index("token_by_token", "token"),
    Index("token_by_subject", "subject_key"),
)

# Record and subject belong together; or, where `ends` names a link, no longer. `how` says by which rule, model and version or
# person; `weight` in bits and `probability` are the model's.
link = Table(
    "link", metadata,
    Column("link", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject_key", Text),
    Column("how", Text, nullable=False),
    Column("weight", Double),
    Column("probability", Double),
    Column("ends", Text),
    Column("plan", Text, nullable=False),
    Column("at", TIMESTAMP, nullable=False),
    PrimaryKeyConstraint("link"),
    Index("link_by_record", "record"),
    Index("link_by_subject", "subject_key"),
)

# One candidate of a record that nobody can decide but a person: ids only. `decided` is empty, subject or nobody.
conflict = Table(
    "conflict", metadata,
    Column("conflict", Text, nullable=False),
    Column("subject_key", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("probability", Double),
    Column("plan", Text, nullable=False),
    Column("at", TIMESTAMP, nullable=False),
    Column("decided", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", TIMESTAMP),
    PrimaryKeyConstraint("conflict", "subject_key"),
    Index("conflict_by_subject", "subject_key"),
)

# One value of one field from one linked record. Where every purpose needs consent it stands in `consented`, else in `value`:
# the two have lifetimes of their own. `purposes` is ``|a|b|``; `consent` names the consents it was written under.
field_value = Table(
    "field_value", metadata,
    Column("field_value", Text, nullable=False),
    Column("subject_key", Text),
    Column("field", Text, nullable=False),
    Column("value", Text),
    Column("consented", Text),
    Column("source", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("purposes", Text, nullable=False),
    Column("consent", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("observed_at", TIMESTAMP, nullable=False),
    Column("written_at", TIMESTAMP, nullable=False),
    Column("plan", Text, nullable=False),
    Column("ends", Text),
    Column("because", Text, nullable=False),
    PrimaryKeyConstraint("field_value"),
    Index("field_value_by_subject", "subject_key"),
    Index("field_value_by_link", "link"),
)

# How many records or values a batch stopped or passed at a gate, and why. Numbers only.
tally = Table(
    "tally", metadata,
    Column("plan", Text, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("gate", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    PrimaryKeyConstraint("plan", "step", "batch", "gate", "reason"),
)

# A fraud signal about a subject. No row without an end: `expires_at` is never later than the source declares.
signal = Table(
    "signal", fraud_metadata,
    Column("signal", Text, nullable=False),
    Column("subject_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("score", Double),
    Column("source", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("observed_at", TIMESTAMP, nullable=False),
    Column("written_at", TIMESTAMP, nullable=False),
    Column("expires_at", TIMESTAMP, nullable=False),
    Column("plan", Text, nullable=False),
    PrimaryKeyConstraint("signal"),
    Index("signal_by_subject", "subject_key"),
)
