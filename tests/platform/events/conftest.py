"""A database with an outbox, a Redis client, and scopes of their own."""

from collections.abc import AsyncGenerator

import pytest
from redis.asyncio import Redis
from tests.fixtures.servers import TestDatabase

from vectal.platform.db import Database, Scope
from vectal.platform.events import append, stream
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
