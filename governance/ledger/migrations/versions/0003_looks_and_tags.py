"""How closely each table was looked at, what singles people out, tags declared elsewhere, and what a decision was made about."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Integer,
    PrimaryKeyConstraint,
    Text,
    false,
)

from governance.ledger.migrate import refuse_with_evidence

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Number = BigInteger().with_variant(Integer(), "sqlite")
Moment = DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "look",
        Column("table", Text, nullable=False),
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
        PrimaryKeyConstraint("table", name="pk_look"),
    )
    op.create_table(
        "uniqueness",
        Column("table", Text, nullable=False),
        Column("place", Integer, nullable=False),
        Column("columns", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("total", Number, nullable=False),
        Column("single", Number, nullable=False),
        Column("run", Text, nullable=False),
        Column("at", Moment, nullable=False),
        PrimaryKeyConstraint("table", "place", name="pk_uniqueness"),
    )
    op.create_table(
        "declared_tag",
        Column("origin", Text, nullable=False),
        Column("column", Text, nullable=False),
        Column("categories", Text, nullable=False),
        Column("purposes", Text, nullable=False),
        Column("by", Text, nullable=False),
        Column("at", Moment, nullable=False),
        PrimaryKeyConstraint("origin", "column", name="pk_declared_tag"),
    )
    op.add_column("proposal", Column("proved", Boolean, nullable=False, server_default=false()))
    op.add_column("decision", Column("proposed", Text))


def downgrade() -> None:
    refuse_with_evidence(op.get_bind())
    op.drop_column("decision", "proposed")
    op.drop_column("proposal", "proved")
    op.drop_table("declared_tag")
    op.drop_table("uniqueness")
    op.drop_table("look")
