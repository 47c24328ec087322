"""SQL of calls that are under way, and of what becomes of them. Times are the database's.

All as the system: a process writes for all workspaces at once.
"""

import functools
from collections.abc import Collection, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec

from vectal.ai.repository.usage import UsageLine
from vectal.ai.tables import UsageRow
from vectal.platform.db import WriteSession
from vectal.platform.db.bulk import embedded, listed
from vectal.platform.db.tables import Base

_USAGE: Final = Base.metadata.tables[UsageRow.__tablename__]

_UNTIL: Final = "clock_timestamp() + make_interval(secs => $2)"
_KEYS: Final = "unnest($1::uuid[], $2::uuid[]) AS k(workspace_id, id)"
_TELL: Final = f"""
    INSERT INTO ai_calls_under_way (workspace_id, id, holder, expires_at, line)
    SELECT (line->>'workspace_id')::uuid, (line->>'id')::uuid, $3, {_UNTIL}, line
    FROM jsonb_array_elements($1::jsonb) AS line
    ON CONFLICT (workspace_id, id) DO UPDATE
        SET line = excluded.line, expires_at = excluded.expires_at"""  # noqa: S608 - our own names
_RENEW: Final = f"""
    UPDATE ai_calls_under_way SET expires_at = {_UNTIL} WHERE holder = $1"""  # noqa: S608 - our own names
_FORGET: Final = f"""
    DELETE FROM ai_calls_under_way c USING {_KEYS}
    WHERE c.workspace_id = k.workspace_id AND c.id = k.id"""  # noqa: S608 - our own names
_TAKE_BACK: Final = f"""
    DELETE FROM ai_usage u USING {_KEYS}
    WHERE u.workspace_id = k.workspace_id AND u.id = k.id"""  # noqa: S608 - our own names
_SILENT: Final = """
    SELECT workspace_id, id FROM ai_calls_under_way
    WHERE expires_at < clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED"""
Key: TypeAlias = tuple[UUID, UUID]
"""The workspace and the id of a line."""


async def tell(
    session: WriteSession, holder: UUID, lines: Sequence[UsageLine], lease_s: float
) -> None:
    """Write down how far calls have come; what was told of them before is replaced."""
    document = msgspec.json.encode([embedded(_USAGE, line) for line in lines]).decode()
    connection = await session.connection()
    await connection.execute(_TELL, document, lease_s, holder)


async def renew(session: WriteSession, holder: UUID, lease_s: float) -> None:
    """Say that the process of these calls is alive."""
    connection = await session.connection()
    await connection.execute(_RENEW, holder, lease_s)


async def settle(session: WriteSession, keys: Collection[Key]) -> None:
    """These calls have ended: what was told of them is void, and so is a line made of that.

    There is one where the process was silent for longer than its lease.
    """
    connection = await session.connection()
    # In this order: whoever makes a line of it holds its row until the line is there.
    await connection.execute(_FORGET, *_columns(keys))
    await connection.execute(_TAKE_BACK, *_columns(keys))


async def forget(session: WriteSession, keys: Collection[Key]) -> None:
    """Nothing is to be made of these."""
    connection = await session.connection()
    await connection.execute(_FORGET, *_columns(keys))


async def find_silent(session: WriteSession, limit: int) -> list[Key]:
    """Calls of silent processes, locked; those that another process has locked are left to it."""
    connection = await session.connection()
    rows = await connection.fetch(_SILENT, limit)
    return [(row["workspace_id"], row["id"]) for row in rows]


async def reclaim(session: WriteSession, keys: Collection[Key]) -> list[tuple[UUID, UUID]]:
    """Make lines of those of these calls that are silent; returns whose: workspaces and persons."""
    connection = await session.connection()
    rows = await connection.fetch(_reclaiming(), *_columns(keys))
    return [(row["workspace_id"], row["user_id"]) for row in rows]


@functools.cache
def _reclaiming() -> str:
    """Not before all tables are known: columns have the types of those that they refer to."""
    names, typed = listed(_USAGE)
    return f"""
        WITH gone AS (
            DELETE FROM ai_calls_under_way c USING {_KEYS}
            WHERE c.workspace_id = k.workspace_id AND c.id = k.id
                AND expires_at < clock_timestamp()
            RETURNING c.line
        )
        INSERT INTO ai_usage ({names})
        SELECT {", ".join(f"l.{name.strip()}" for name in names.split(","))}
        FROM gone, jsonb_to_record(gone.line) AS l({typed})
        ON CONFLICT DO NOTHING RETURNING workspace_id, user_id"""  # noqa: S608 - our own names


def _columns(keys: Collection[Key]) -> tuple[list[Any], list[Any]]:
    return [key[0] for key in keys], [key[1] for key in keys]
