"""SQL that carries the log over a restore into a cluster whose transaction ids started over."""

from typing import Final

from sqlalchemy import bindparam, text, update

from vectal.platform.db import ReadSession, WriteSession
from vectal.platform.db.tables import Xid8
from vectal.platform.events.contracts import Cursor
from vectal.platform.events.tables import EventConsumer

# An idle reader's offset equals the next id, so only what lies above it is of another cluster.
_IS_AHEAD: Final = text(
    """SELECT EXISTS (SELECT 1 FROM event_consumers
            WHERE xid > pg_snapshot_xmax(pg_current_snapshot()))
        OR EXISTS (SELECT 1 FROM outbox WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()))"""
)
_LOCK: Final = text("LOCK TABLE outbox, event_consumers IN SHARE ROW EXCLUSIVE MODE")

# A row that arrived after a reader moved last was not passed by it, whatever its id says now.
_LAST_PASSED: Final = text(
    """SELECT c.name, (SELECT o.id FROM outbox o
            WHERE (o.xid, o.id) <= (c.xid, c.id) AND o.at <= c.updated_at
            ORDER BY o.xid DESC, o.id DESC LIMIT 1) AS last
        FROM event_consumers c"""
)
# Rows of this cluster (small ids, younger than everything restored) come after those of the old.
_RENUMBER: Final = text(
    """WITH bounds AS (
            SELECT pg_snapshot_xmax(pg_current_snapshot()) AS next,
                pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 AS room,
                greatest((SELECT max(at) FROM outbox
                        WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())),
                    (SELECT max(updated_at) FROM event_consumers
                        WHERE xid > pg_snapshot_xmax(pg_current_snapshot()))) AS restored_at),
        ranked AS (
            SELECT o.workspace_id, o.xid, o.id, count(*) OVER () AS total,
                row_number() OVER (
                    ORDER BY (o.xid < b.next AND o.at > b.restored_at), o.xid, o.id) AS rank
            FROM outbox o CROSS JOIN bounds b)
        UPDATE outbox o
        SET xid = (CASE WHEN r.total < b.room THEN r.rank
            ELSE 1 + (r.rank - 1) * (b.room - 1) / r.total END)::text::xid8
        FROM ranked r CROSS JOIN bounds b
        WHERE (o.workspace_id, o.xid, o.id) = (r.workspace_id, r.xid, r.id)"""
)
_FIND_XID: Final = text("SELECT xid FROM outbox WHERE id = :id").columns(xid=Xid8())


async def is_ahead_of_cluster(session: ReadSession) -> bool:
    return bool((await session.execute(_IS_AHEAD)).scalar_one())


async def rebase(session: WriteSession) -> int:
    """Renumber all rows from 1 in their order, and set each reader behind what it had passed."""
    await session.execute(_LOCK)
    passed = (await session.execute(_LAST_PASSED)).all()
    rows = await session.change(_RENUMBER)
    for name, last in passed:
        to = Cursor.before(0)
        if last is not None:
            xid: int = (await session.execute(_FIND_XID, {"id": last})).scalar_one()
            to = Cursor(xid, last)
        await session.change(
            update(EventConsumer)
            .where(EventConsumer.name == bindparam("reader", name))
            .values(xid=to.xid, id=to.id)
        )
    return rows
