"""Runs revisions on the connection passed in by `governance.ledger.migrate`, inside its transaction."""

from __future__ import annotations

from alembic import context

from governance.ledger.models import metadata

# transactional_ddl: SQLite can undo DDL too; Alembic believes it cannot.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
