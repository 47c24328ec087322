"""The Redis Stream that carries events between processes: a bounded, rebuildable copy.

Each entry names the event before it, so a reader notices by itself when something is missing
(trimmed, flushed, or written by a relay that started over) and turns to PostgreSQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from vectal.platform.events.contracts import Cursor, EventRecord
from vectal.platform.events.errors import InvalidEventCursorError

STREAM: Final = "vectal:events"
LENGTH: Final = 10_000

# Everything that a server which went away, is starting or is out of memory makes redis-py raise.
UNAVAILABLE: Final = (RedisError, OSError, TimeoutError)

_Entries = list[tuple[bytes, dict[bytes, bytes]]]


def connect(url: str) -> Redis:
    """A client for the relay and the feed: quick to notice that the server is away."""
    return Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - redis-py's kwargs are untyped
        url,
        socket_connect_timeout=2.0,
        socket_timeout=5.0,  # above the longest blocking read
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    entry_id: str
    previous: Cursor
    record: EventRecord


async def ping(redis: Redis) -> None:
    """Raise one of `UNAVAILABLE` when it does not answer."""
    await redis.ping()  # pyright: ignore[reportUnknownMemberType] - untyped kwargs


async def publish(redis: Redis, previous: Cursor, records: Sequence[EventRecord]) -> None:
    """Append events in one round trip."""
    pipeline = redis.pipeline(transaction=False)
    for record in records:
        body = msgspec.json.encode((str(previous), record))
        pipeline.xadd(STREAM, {"e": body}, maxlen=LENGTH, approximate=True)
        previous = record.cursor
    await pipeline.execute()


async def find_newest(redis: Redis) -> str:
    """The id to read on from: that of the newest entry, or the beginning."""
    entries = cast("_Entries", await redis.xrevrange(STREAM, count=1))
    return entries[0][0].decode() if entries else "0-0"


async def read_entries(redis: Redis, after: str, *, block_ms: int, limit: int) -> list[Entry]:
    """Entries after an id; waits for the first one up to `block_ms`."""
    found = cast(
        "list[tuple[bytes, _Entries]] | dict[bytes, list[_Entries]] | None",
        await redis.xread({STREAM: after}, count=limit, block=block_ms),
    )
    if not found:
        return []
    entries = found[0][1] if isinstance(found, list) else next(iter(found.values()))[0]
    return [_parse(entry_id.decode(), fields) for entry_id, fields in entries]


def _parse(entry_id: str, fields: dict[bytes, bytes]) -> Entry:
    """Raise `RedisError` for an entry that no relay of this release wrote."""
    try:
        previous, record = msgspec.json.decode(fields[b"e"], type=tuple[str, EventRecord])
        return Entry(entry_id, Cursor.parse(previous), record)
    except (KeyError, msgspec.MsgspecError, InvalidEventCursorError) as error:
        raise RedisError(f"stream entry {entry_id} can't be read: {error}") from error
