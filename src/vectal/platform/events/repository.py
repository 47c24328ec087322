"""SQL of the outbox: append, read below the horizon, offsets.

Every read that moves an offset sees only rows of transactions older than
`pg_snapshot_xmin(pg_current_snapshot())`: all of those have ended, so nothing can still appear
before a row that was read.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from vectal.platform.db import ReadSession, WriteSession
from vectal.platform.db.tables import Xid8
from vectal.platform.events.contracts import Cursor, EventRecord
from vectal.platform.events.tables import EventConsumer, OutboxEvent

RELAY: Final = "relay"
PURGE: Final = "purge"
_OURS: Final = (RELAY, PURGE)

_HORIZON: Final = func.pg_snapshot_xmin(func.pg_current_snapshot(), type_=Xid8())
STILL_ALIVE: Final = select(literal(1))
"""Raises when the transaction is beyond help."""
_PLACE: Final = tuple_(OutboxEvent.xid, OutboxEvent.id)
_COLUMNS: Final = (
    OutboxEvent.xid,
    OutboxEvent.id,
    OutboxEvent.workspace_id,
    OutboxEvent.user_id,
    OutboxEvent.type,
    OutboxEvent.payload,
    OutboxEvent.at,
)


def _after(cursor: Cursor) -> Any:
    return tuple_(literal(cursor.xid, Xid8()), literal(cursor.id)) < _PLACE


def _record(row: Row[int, UUID, UUID, UUID | None, str, dict[str, Any], datetime]) -> EventRecord:
    xid, id_, workspace_id, user_id, type_, payload, at = row
    return EventRecord(Cursor(xid, id_), workspace_id, user_id, type_, payload, at)


async def read_horizon(session: ReadSession) -> Cursor:
    """The place after everything that is settled now."""
    xid = await session.scalar(select(_HORIZON))
    return Cursor.before(xid or 0)


async def list_settled(
    session: ReadSession, after: Cursor, limit: int, *, types: Collection[str] | None = None
) -> tuple[list[EventRecord], Cursor]:
    """Settled rows after a place, in order, and the place that this read has reached."""
    horizon = await read_horizon(session)
    query = select(*_COLUMNS).where(_after(after), OutboxEvent.xid < literal(horizon.xid, Xid8()))
    if types is not None:
        query = query.where(OutboxEvent.type.in_(sorted(types)))
    rows = (
        await session.execute(query.order_by(OutboxEvent.xid, OutboxEvent.id).limit(limit))
    ).all()
    records = [_record(row) for row in rows]
    return records, records[-1].cursor if len(records) == limit else max(after, horizon)


async def list_visible(
    session: ReadSession, after: Cursor, limit: int, workspaces: Sequence[UUID]
) -> tuple[list[EventRecord], Cursor]:
    """The same for a person: row security leaves the rows that the scope may see."""
    horizon = await read_horizon(session)
    query = (
        select(*_COLUMNS)
        .where(
            OutboxEvent.workspace_id.in_(workspaces),
            _after(after),
            OutboxEvent.xid < literal(horizon.xid, Xid8()),
        )
        .order_by(OutboxEvent.xid, OutboxEvent.id)
        .limit(limit)
    )
    records = [_record(row) for row in (await session.execute(query)).all()]
    return records, records[-1].cursor if len(records) == limit else max(after, horizon)


async def has_unsettled(session: ReadSession) -> bool:
    """Whether committed rows wait for an older transaction to end."""
    unsettled = select(exists(select(1).where(OutboxEvent.xid >= _HORIZON)))
    return bool(await session.scalar(unsettled))


async def register_readers(session: WriteSession, names: Collection[str]) -> None:
    """Give new readers their first offset: the present."""
    horizon = await read_horizon(session)
    rows = [{"name": name, "xid": horizon.xid, "id": horizon.id} for name in sorted(names)]
    if rows:
        await session.execute(insert(EventConsumer).on_conflict_do_nothing(), rows)


async def register_from_oldest(session: WriteSession, name: str) -> None:
    """Give a new reader everything that is still kept."""
    first = Cursor.before(0)
    await session.execute(
        insert(EventConsumer).values(name=name, xid=first.xid, id=first.id).on_conflict_do_nothing()
    )


async def find_offset(session: ReadSession, name: str) -> Cursor | None:
    query = select(EventConsumer.xid, EventConsumer.id).where(EventConsumer.name == name)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Cursor(row.xid, row.id)


async def lock_offset(session: WriteSession, name: str) -> Cursor | None:
    """The reader's offset, ours until the transaction ends; None while another holds it."""
    query = (
        select(EventConsumer.xid, EventConsumer.id)
        .where(EventConsumer.name == name)
        .with_for_update(skip_locked=True)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Cursor(row.xid, row.id)


async def move_offset(session: WriteSession, name: str, to: Cursor) -> None:
    await session.change(
        update(EventConsumer)
        .where(EventConsumer.name == name)
        .values(xid=to.xid, id=to.id, updated_at=func.clock_timestamp())
    )


async def move_offset_from(session: WriteSession, name: str, old: Cursor, to: Cursor) -> bool:
    """Move it unless another reader of the same name has moved it meanwhile."""
    moved = await session.change(
        update(EventConsumer)
        .where(
            EventConsumer.name == name,
            EventConsumer.xid == old.xid,
            EventConsumer.id == old.id,
        )
        .values(xid=to.xid, id=to.id, updated_at=func.clock_timestamp())
    )
    return moved == 1


async def list_behind(session: ReadSession, names: Collection[str]) -> list[str]:
    """Which readers have settled rows before them. Takes no lock and no transaction id."""
    place = tuple_(EventConsumer.xid, EventConsumer.id)
    waiting = exists(select(1).where(place < _PLACE, OutboxEvent.xid < _HORIZON))
    query = select(EventConsumer.name).where(EventConsumer.name.in_(sorted(names)), waiting)
    return list(await session.scalars(query))


async def measure_lag(session: ReadSession) -> dict[str, float]:
    """For each reader the age, in seconds, of the oldest row it has not taken."""
    first = (
        select(OutboxEvent.at)
        .where(tuple_(EventConsumer.xid, EventConsumer.id) < _PLACE)
        .order_by(OutboxEvent.xid, OutboxEvent.id)
        .limit(1)
        .scalar_subquery()
    )
    age = func.coalesce(func.extract("epoch", func.clock_timestamp() - first), 0.0)
    rows = await session.execute(select(EventConsumer.name, age).where(EventConsumer.name != PURGE))
    return {name: max(0.0, float(seconds)) for name, seconds in rows.all()}


async def purge(session: WriteSession, *, keep: timedelta, give_up: timedelta, limit: int) -> int:
    """Delete one batch of rows that are past `keep` and passed by all, or past `give_up`."""
    passed = (
        select(func.min(EventConsumer.xid))
        .where(EventConsumer.name.not_in(_OURS))
        .scalar_subquery()
    )
    now = func.clock_timestamp()
    old = (
        select(OutboxEvent.xid)
        .where(
            OutboxEvent.xid < _HORIZON,
            and_(OutboxEvent.at < now - bindparam("keep", keep)),
            (OutboxEvent.xid < func.coalesce(passed, _HORIZON))
            | (OutboxEvent.at < now - bindparam("give_up", give_up)),
        )
        .order_by(OutboxEvent.xid)
        .limit(limit)
    )
    xids = await session.scalars(old)
    if not xids:
        return 0
    last = max(xids)
    deleted = await session.change(delete(OutboxEvent).where(OutboxEvent.xid <= last))
    await move_offset(session, PURGE, Cursor.before(last + 1))
    return deleted
