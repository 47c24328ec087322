"""Alembic's environment: one connection, one transaction, one migrator at a time."""

from alembic import context
from sqlalchemy import Connection, text

from vectal.migrations.metadata import metadata

# Any constant will do; it only has to be the same for every copy of Vectal.
MIGRATION_LOCK = 0x7665_6374_616C


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


given: object = context.config.attributes.get("connection")
if not isinstance(given, Connection):
    message = "run migrations through `vectal migrate`"
    raise RuntimeError(message)  # noqa: TRY004 - a wrong way in, not a wrong type
run(given)
