"""Alembic's environment: it works on the connection that `migrate.py` hands over, inside its transaction."""

from alembic import context
from cooldown_api.database.tables import Table

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transaction_per_migration=False,
)
context.run_migrations()
