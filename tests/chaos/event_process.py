"""A process that relays events, or one that consumes them, until it is killed."""

import asyncio
import sys

from tests.platform.events.samples import Counted

from vectal.platform.db import Database, WriteSession
from vectal.platform.events import EventRecord, append, stream
from vectal.platform.events.consumers import ConsumerRunner, consumer
from vectal.platform.events.relay import Relay


async def main(role: str, url: str, redis_url: str, name: str, table: str) -> None:
    database = Database(url, outbox=append)
    sys.stdout.write("at work\n")
    sys.stdout.flush()
    if role == "relay":
        await Relay(database, stream.connect(redis_url)).run(asyncio.Event())
        return

    async def handle(session: WriteSession, record: EventRecord) -> None:
        connection = await session.connection()
        statement = f"INSERT INTO {table} (number) VALUES ($1)"  # noqa: S608 - the test's table
        await connection.execute(statement, record.payload["number"])

    await ConsumerRunner(database, [consumer(name, Counted)(handle)]).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
