"""Releases that were published, and the files of third parties that were taken in."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, Integer, PrimaryKeyConstraint, Text, UniqueConstraint

from governance.ledger.migrate import refuse_with_evidence

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Number = BigInteger().with_variant(Integer(), "sqlite")
Moment = DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "feed",
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
        Column("plan", Text),
        Column("first_seen", Moment, nullable=False),
        Column("changed_at", Moment, nullable=False),
        PrimaryKeyConstraint("source", "digest", name="pk_feed"),
    )
    op.create_table(
        "release",
        Column("name", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("plan", Text, nullable=False),
        Column("table", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("at", Moment, nullable=False),
        Column("body", Text, nullable=False),
        PrimaryKeyConstraint("name", "version", name="pk_release"),
        UniqueConstraint("plan", name="uq_release_plan"),
    )


def downgrade() -> None:
    refuse_with_evidence(op.get_bind())
    op.drop_table("release")
    op.drop_table("feed")
