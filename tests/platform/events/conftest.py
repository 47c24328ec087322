"""A database with an outbox, a Redis client, and scopes of their own."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from tests.fixtures.servers import TestDatabase

from vectal.platform.db import Database, Scope
from vectal.platform.events import append, repository, stream
from vectal.platform.ids import new_id


@pytest.fixture
async def db(postgres: TestDatabase) -> AsyncGenerator[Database]:
    database = Database(postgres.app_url, outbox=append)
    yield database
    await database.close()


@pytest.fixture
async def redis(valkey: str) -> AsyncGenerator[Redis]:
    client = stream.connect(valkey)
    await client.flushdb()  # pyright: ignore[reportUnknownMemberType] - untyped kwargs
    yield client
    await client.aclose()


@pytest.fixture
def scope() -> Scope:
    return Scope(new_id(), new_id())


async def settled(db: Database) -> None:
    """Wait until readers may see all that is committed now.

    Transaction ids belong to the whole cluster, so the work of another worker in a database of its
    own holds the horizon back too.
    """
    async with db.system("test") as session:
        snapshot = text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        newest: int = (await session.execute(snapshot)).scalar_one()
    async with asyncio.timeout(30):
        while True:
            async with db.system("test") as session:
                if (await repository.read_horizon(session)).xid >= newest:
                    return
            await asyncio.sleep(0.01)
