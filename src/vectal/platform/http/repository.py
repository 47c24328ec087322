"""SQL of the egress ledger."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, delete, func, select

from vectal.platform.db import ReadSession, WriteSession
from vectal.platform.http.tables import EgressEntry

COLUMNS: Final = (
    "workspace_id", "id", "user_id", "purpose", "method", "host", "status", "outcome", "policy",
    "bytes_out", "bytes_in", "duration_ms", "at",
)  # fmt: skip


async def add_entries(session: WriteSession, rows: Sequence[Sequence[object]]) -> None:
    """Append rows, values in the order of `COLUMNS`; COPY takes hundreds in one go."""
    places = ", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))
    statement = f"INSERT INTO egress_ledger ({', '.join(COLUMNS)}) VALUES ({places})"  # noqa: S608 - our own names
    connection = await session.connection()
    await connection.executemany(statement, rows)


async def list_entries(session: ReadSession, limit: int) -> Sequence[EgressEntry]:
    """The workspace's newest entries."""
    return await session.scalars(select(EgressEntry).order_by(EgressEntry.id.desc()).limit(limit))


async def purge(session: WriteSession, keep: timedelta) -> int:
    oldest = func.now() - bindparam("keep", keep)
    return await session.change(delete(EgressEntry).where(EgressEntry.at < oldest))
