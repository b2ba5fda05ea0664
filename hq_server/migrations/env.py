"""How Alembic reaches the database: always through the connection it was handed, never by a URL of its own."""

from __future__ import annotations

from alembic import context

from hq_server.db.migrating import all_tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=all_tables(), transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
