"""The mappings say what the migrations made: no column, index or constraint more or less."""

from collections.abc import AsyncGenerator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool
from tests.fixtures.servers import TestDatabase

from vectal.migrations.metadata import metadata


@pytest.fixture
async def connection(postgres: TestDatabase) -> AsyncGenerator[AsyncConnection]:
    url = postgres.owner_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_the_mappings_and_the_schema_agree(connection: AsyncConnection) -> None:
    assert await connection.run_sync(_differences) == []


async def test_a_column_without_a_mapping_is_seen(connection: AsyncConnection) -> None:
    await connection.execute(text("ALTER TABLE tasks ADD COLUMN stray integer"))
    seen = await connection.run_sync(_differences)
    await connection.rollback()
    assert "stray" in repr(seen)
