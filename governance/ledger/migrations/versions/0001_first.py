"""First tables, and the guards that make `evidence` append-only in the database itself."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)

from governance.ledger.migrate import refuse_with_evidence

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Number = BigInteger().with_variant(Integer(), "sqlite")
Moment = DateTime(timezone=True)

# REPLACE deletes without firing a DELETE trigger, so an existing seq is refused before the insert.
SQLITE_GUARDS = (
    """
    CREATE TRIGGER evidence_next BEFORE INSERT ON evidence
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM evidence)
      OR NEW.previous IS NOT coalesce((SELECT digest FROM evidence ORDER BY seq DESC LIMIT 1), hex(zeroblob(32)))
    BEGIN SELECT RAISE(ABORT, 'evidence can only be appended'); END
    """,
    """
    CREATE TRIGGER evidence_update BEFORE UPDATE ON evidence
    BEGIN SELECT RAISE(ABORT, 'evidence can only be appended'); END
    """,
    """
    CREATE TRIGGER evidence_delete BEFORE DELETE ON evidence
    BEGIN SELECT RAISE(ABORT, 'evidence can only be appended'); END
    """,
)

# ENABLE ALWAYS: also for sessions that play replica.
POSTGRES_GUARDS = (
    """
    CREATE FUNCTION evidence_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'evidence can only be appended' USING ERRCODE = 'GV001'; END $$
    """,
    """
    CREATE FUNCTION evidence_next() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE last record;
    BEGIN
      SELECT seq, digest INTO last FROM evidence ORDER BY seq DESC LIMIT 1;
      IF NEW.seq IS DISTINCT FROM coalesce(last.seq, 0) + 1
         OR NEW.previous IS DISTINCT FROM coalesce(last.digest, repeat('0', 64)) THEN
        RAISE EXCEPTION 'evidence can only be appended' USING ERRCODE = 'GV001';
      END IF;
      RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER evidence_next BEFORE INSERT ON evidence FOR EACH ROW EXECUTE FUNCTION evidence_next()",
    "CREATE TRIGGER evidence_change BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION evidence_refuse()",
    "CREATE TRIGGER evidence_truncate BEFORE TRUNCATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION evidence_refuse()",
    "ALTER TABLE evidence ENABLE ALWAYS TRIGGER evidence_next",
    "ALTER TABLE evidence ENABLE ALWAYS TRIGGER evidence_change",
    "ALTER TABLE evidence ENABLE ALWAYS TRIGGER evidence_truncate",
)


def upgrade() -> None:
    op.create_table(
        "anchor",
        Column("id", Number, nullable=False),
        Column("target", Text, nullable=False),
        Column("seq", Number, nullable=False),
        Column("digest", Text, nullable=False),
        Column("at", Moment, nullable=False),
        PrimaryKeyConstraint("id", name="pk_anchor"),
    )
    op.create_table(
        "approval",
        Column("digest", Text, nullable=False),
        Column("round", Integer, nullable=False),
        Column("what", Text, nullable=False),
        Column("why", Text, nullable=False),
        Column("approvers", Text, nullable=False),
        Column("people", Integer, nullable=False),
        Column("asked_at", Moment, nullable=False),
        Column("expires_at", Moment, nullable=False),
        PrimaryKeyConstraint("digest", name="pk_approval"),
    )
    op.create_table(
        "control",
        Column("id", Integer, autoincrement=False, nullable=False),
        Column("lease", Number, nullable=False),
        Column("stopped", Text),
        Column("stopped_by", Text),
        Column("stopped_at", Moment),
        PrimaryKeyConstraint("id", name="pk_control"),
    )
    op.create_table(
        "decision",
        Column("column", Text, nullable=False),
        Column("decision", Text, nullable=False),
        Column("category", Text),
        Column("by", Text, nullable=False),
        Column("at", Moment, nullable=False),
        PrimaryKeyConstraint("column", name="pk_decision"),
    )
    op.create_table(
        "evidence",
        Column("seq", Number, autoincrement=False, nullable=False),
        Column("kind", Text, nullable=False),
        Column("at", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("previous", Text, nullable=False),
        Column("digest", Text, nullable=False),
        PrimaryKeyConstraint("seq", name="pk_evidence"),
    )
    op.create_table(
        "finding_set",
        Column("id", Number, nullable=False),
        Column("run", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("at", Moment, nullable=False),
        PrimaryKeyConstraint("id", name="pk_finding_set"),
        UniqueConstraint("run", "source", name="uq_finding_set_run_source"),
    )
    op.create_table(
        "hold",
        Column("id", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("scope", Text, nullable=False),
        Column("members", Number, nullable=False),
        Column("placed_by", Text, nullable=False),
        Column("placed_at", Moment, nullable=False),
        Column("last_lease", Number, nullable=False),
        Column("lifted_by", Text),
        Column("lifted_at", Moment),
        PrimaryKeyConstraint("id", name="pk_hold"),
    )
    op.create_table(
        "lease",
        Column("number", Number, autoincrement=False, nullable=False),
        Column("plan", Text, nullable=False),
        Column("step", Integer, nullable=False),
        Column("batch", Integer, nullable=False),
        Column("holds", Text, nullable=False),
        Column("opened_at", Moment, nullable=False),
        Column("ended_at", Moment),
        PrimaryKeyConstraint("number", name="pk_lease"),
    )
    op.create_index("ix_lease_ended_at", "lease", ["ended_at"])
    op.create_index("ix_lease_plan", "lease", ["plan"])
    op.create_table(
        "person",
        Column("user", Text, nullable=False),
        Column("name", Text, nullable=False),
        PrimaryKeyConstraint("user", name="pk_person"),
    )
    op.create_table(
        "plan",
        Column("digest", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("as_of", Moment, nullable=False),
        Column("policy_digest", Text, nullable=False),
        Column("rows", Number, nullable=False),
        Column("state", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("body", Text, nullable=False),
        PrimaryKeyConstraint("digest", name="pk_plan"),
    )
    op.create_index("ix_plan_kind_name", "plan", ["kind", "name"])
    op.create_table(
        "proposal",
        Column("column", Text, nullable=False),
        Column("category", Text, nullable=False),
        Column("also", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("confidence", Float, nullable=False),
        Column("explanation", Text, nullable=False),
        Column("run", Text, nullable=False),
        Column("at", Moment, nullable=False),
        Column("current", Boolean, nullable=False),
        PrimaryKeyConstraint("column", name="pk_proposal"),
    )
    op.create_table(
        "receipt",
        Column("plan", Text, nullable=False),
        Column("step", Integer, nullable=False),
        Column("batch", Integer, nullable=False),
        Column("matched", Number, nullable=False),
        Column("changed", Number, nullable=False),
        Column("gone", Number, nullable=False),
        Column("fence", Number, nullable=False),
        Column("at", Moment, nullable=False),
        PrimaryKeyConstraint("plan", "step", "batch", name="pk_receipt"),
    )
    op.create_table(
        "request",
        Column("id", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("subject_kinds", Text, nullable=False),
        Column("regime", Text, nullable=False),
        Column("received_at", Moment, nullable=False),
        Column("due_at", Moment, nullable=False),
        Column("opened_by", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("changed_at", Moment, nullable=False),
        PrimaryKeyConstraint("id", name="pk_request"),
    )
    op.create_table(
        "run",
        Column("id", Text, nullable=False),
        Column("job", Text, nullable=False),
        Column("dag_id", Text, nullable=False),
        Column("dag_run_id", Text, nullable=False),
        Column("as_of", Moment, nullable=False),
        Column("started_at", Moment, nullable=False),
        Column("ended_at", Moment),
        Column("outcome", Text),
        Column("detail", Text, nullable=False),
        PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_started_at", "run", ["started_at"])
    op.create_table(
        "salt",
        Column("commitment", Text, nullable=False),
        Column("salt", LargeBinary, nullable=False),
        PrimaryKeyConstraint("commitment", name="pk_salt"),
    )
    op.create_table(
        "seen_set",
        Column("id", Number, nullable=False),
        Column("run", Text, nullable=False),
        Column("at", Moment, nullable=False),
        PrimaryKeyConstraint("id", name="pk_seen_set"),
        UniqueConstraint("run", name="uq_seen_set_run"),
    )
    op.create_table(
        "suppression",
        Column("kind", Text, nullable=False),
        Column("form", Text, nullable=False),
        Column("key_version", Text, nullable=False),
        Column("keyed_hash", Text, nullable=False),
        Column("request", Text, nullable=False),
        Column("at", Moment, nullable=False),
        Column("purge_after", Moment),
        PrimaryKeyConstraint("kind", "form", "key_version", "keyed_hash", name="pk_suppression"),
    )
    op.create_index("ix_suppression_purge_after", "suppression", ["purge_after"])
    op.create_index("ix_suppression_request", "suppression", ["request"])
    op.create_table(
        "verification",
        Column("id", Number, nullable=False),
        Column("plan", Text, nullable=False),
        Column("at", Moment, nullable=False),
        Column("results", Text, nullable=False),
        PrimaryKeyConstraint("id", name="pk_verification"),
    )
    op.create_index("ix_verification_plan", "verification", ["plan"])
    op.create_table(
        "answer",
        Column("digest", Text, nullable=False),
        Column("round", Integer, nullable=False),
        Column("user", Text, nullable=False),
        Column("approved", Boolean, nullable=False),
        Column("authenticated", Boolean, nullable=False),
        Column("via", Text, nullable=False),
        Column("note", Text, nullable=False),
        Column("delivery", Text, nullable=False),
        Column("at", Moment, nullable=False),
        ForeignKeyConstraint(["digest"], ["approval.digest"], name="fk_answer_digest"),
        PrimaryKeyConstraint("digest", "round", "user", name="pk_answer"),
    )
    op.create_table(
        "finding",
        Column("set", Number, nullable=False),
        Column("number", Integer, nullable=False),
        Column("status", Text, nullable=False),
        Column("rule", Text, nullable=False),
        Column("table", Text, nullable=False),
        Column("column", Text, nullable=False),
        Column("message", Text, nullable=False),
        Column("remedy", Text, nullable=False),
        Column("rows", Number),
        Column("owner", Text, nullable=False),
        ForeignKeyConstraint(["set"], ["finding_set.id"], name="fk_finding_set"),
        PrimaryKeyConstraint("set", "number", name="pk_finding"),
    )
    op.create_table(
        "seen_column",
        Column("set", Number, nullable=False),
        Column("column", Text, nullable=False),
        Column("type", Text, nullable=False),
        ForeignKeyConstraint(["set"], ["seen_set.id"], name="fk_seen_column_set"),
        PrimaryKeyConstraint("set", "column", name="pk_seen_column"),
    )
    op.execute("INSERT INTO control (id, lease) VALUES (1, 0)")
    for statement in SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRES_GUARDS:
        op.execute(statement)


def downgrade() -> None:
    refuse_with_evidence(op.get_bind())
    for table in (
            "seen_column", "finding", "answer", "verification", "suppression", "seen_set", "salt", "run", "request",
            "receipt", "proposal", "plan", "person", "lease", "hold", "finding_set", "evidence", "decision",
            "control", "approval", "anchor",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION evidence_next()")
        op.execute("DROP FUNCTION evidence_refuse()")
