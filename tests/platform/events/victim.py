"""A process that takes a batch of events and waits in its last handler to be killed."""

import asyncio
import sys

from tests.platform.events.samples import Counted

from vectal.platform.db import Database, WriteSession
from vectal.platform.events import EventRecord, append
from vectal.platform.events.consumers import ConsumerRunner, consumer


async def main(url: str, name: str, table: str) -> None:
    database = Database(url, outbox=append)

    async def handle(session: WriteSession, record: EventRecord) -> None:
        number = record.payload["number"]
        connection = await session.connection()
        statement = f"INSERT INTO {table} VALUES (vectal_workspace_id(), $1)"  # noqa: S608 - the test's table
        await connection.execute(statement, number)
        if number == 3:
            sys.stdout.write("in the handler of 3\n")
            sys.stdout.flush()
            await asyncio.Event().wait()

    await ConsumerRunner(database, [consumer(name, Counted)(handle)]).step()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
