"""The relay: copies settled events from the outbox to the Redis Stream, in their order.

Its offset lies in PostgreSQL and moves after Redis has taken a batch. Killed in between it sends
that batch again, and readers drop what they have seen. While Redis is away it waits; nobody
depends on it, since every reader can turn to the outbox.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from vectal.platform.db import Database
from vectal.platform.db.listening import listening
from vectal.platform.events import repository, stream
from vectal.platform.events.event import CHANNEL
from vectal.platform.telemetry import counter, gauge, get_logger

BATCH: Final = 500
BUSY_PAUSE_S: Final = 0.05
IDLE_PAUSE_S: Final = 0.5
REDIS_PAUSE_S: Final = 1.0
LINGER_STEPS: Final = 20
"""Steps at the quick pace after the last event: its neighbours are often about to commit."""

_log = get_logger(__name__)
_relayed = counter("events_relayed_total", "Events copied to the Redis Stream.")
_relay_up = gauge("events_relay_up", "1 while the last batch reached Redis.")


@dataclass
class Relay:
    """Run by the scheduler alone; a second one would only send doubles."""

    database: Database
    redis: Redis

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop`; outlives both servers' absences."""
        async with listening(self.database, CHANNEL) as bell:
            linger = 0
            while not stop.is_set():
                pause = IDLE_PAUSE_S
                try:
                    moved, unsettled = await self.step()
                    linger = LINGER_STEPS if moved or unsettled else max(0, linger - 1)
                    pause = 0.0 if moved == BATCH else BUSY_PAUSE_S if linger else IDLE_PAUSE_S
                except stream.UNAVAILABLE as error:
                    _relay_up.set(0)
                    _log.warning("events.relay_without_redis", error=repr(error))
                    pause = REDIS_PAUSE_S
                except Exception as error:  # noqa: BLE001 - the relay lives as long as its process
                    _log.warning("events.relay_interrupted", error=repr(error))
                    pause = REDIS_PAUSE_S
                await bell.wait(pause)

    async def step(self) -> tuple[int, bool]:
        """Send one batch; return its size and whether unsettled events wait."""
        async with self.database.system("event relay") as session:
            offset = await repository.find_offset(session, repository.RELAY)
            if offset is None:
                raise RuntimeError("the relay has no offset; the schema is not migrated")
            records, reached = await repository.list_settled(session, offset, BATCH)
            unsettled = await repository.has_unsettled(session)
        if not records:
            return 0, unsettled
        # No transaction is open while Redis is spoken to.
        await stream.publish(self.redis, offset, records)
        _relay_up.set(1)
        async with self.database.system("event relay") as session:
            await repository.move_offset_from(session, repository.RELAY, offset, reached)
        _relayed.inc(len(records))
        return len(records), unsettled
