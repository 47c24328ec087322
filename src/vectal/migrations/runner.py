"""Runs migrations for `vectal migrate`, `vectal up` and the tests."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_ROLE_EXISTS = text("SELECT 1 FROM pg_roles WHERE rolname = :name")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, app_login: str | None) -> str:
    config = _config(connection)
    config.attributes["app_login"] = app_login
    command.upgrade(config, "head")
    return MigrationContext.configure(connection).get_current_revision() or ""


async def migrate(owner_url: str, app_url: str | None = None) -> str:
    """Bring the schema to this release; return the revision.

    `owner_url` logs in as the schema's owner (it needs CREATEROLE the first time); `app_url` is
    the login that the servers use, which is granted the two roles it may take.
    """
    login = unquote(urlsplit(app_url).username or "") if app_url else ""
    scheme, rest = owner_url.split("://", 1)
    del scheme
    engine = create_async_engine(f"postgresql+asyncpg://{rest}", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            revision = await connection.run_sync(_upgrade, login or None)
            await connection.commit()
            return revision
    finally:
        await engine.dispose()
