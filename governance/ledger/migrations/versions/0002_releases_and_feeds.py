"""Releases that were published, files of third parties that were taken in, notices to recipients, the order of plans."""

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
        Column("content", Text),
        Column("reasons", Text),
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
    op.create_table(
        "notice",
        Column("id", Text, nullable=False),
        Column("cause", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("plan", Text, nullable=False),
        Column("recipient", Text, nullable=False),
        Column("tables", Text, nullable=False),
        Column("due_at", Moment, nullable=False),
        Column("state", Text, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("sent_at", Moment),
        Column("sent_by", Text),
        PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_source", "notice", ["source"])
    op.add_column("plan", Column("seq", Number, nullable=False, server_default="0"))


def downgrade() -> None:
    refuse_with_evidence(op.get_bind())
    op.drop_column("plan", "seq")
    op.drop_table("notice")
    op.drop_table("release")
    op.drop_table("feed")
