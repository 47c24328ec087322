"""SQL of deliveries that failed: those that wait for another try, and those that are parked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from vectal.platform.db import ReadSession, WriteSession
from vectal.platform.events.contracts import Cursor, EventRecord
from vectal.platform.events.tables import EventConsumer, EventDelivery

_ERROR_LIMIT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery whose turn has come; `attempts` is how often it failed so far."""

    record: EventRecord
    attempts: int


async def defer(
    session: WriteSession, consumer: str, record: EventRecord, *, error: str, after: timedelta
) -> None:
    """Put an event aside; without an error it only waits behind an older one of its workspace."""
    await session.execute(
        insert(EventDelivery)
        .values(
            workspace_id=record.workspace_id,
            consumer=consumer,
            id=record.id,
            xid=record.cursor.xid,
            user_id=record.user_id,
            type=record.type,
            payload=record.payload,
            at=record.at,
            attempts=1 if error else 0,
            next_at=_from_now(after),
            error=error[:_ERROR_LIMIT],
        )
        .on_conflict_do_nothing()
    )


async def list_blocked(session: ReadSession, consumer: str) -> set[UUID]:
    """Workspaces with an older event of this consumer still waiting."""
    query = select(EventDelivery.workspace_id).where(
        EventDelivery.consumer == consumer, EventDelivery.parked_at.is_(None)
    )
    return set(await session.scalars(query.distinct()))


async def list_due_workspaces(session: ReadSession, consumer: str, limit: int) -> Sequence[UUID]:
    """Workspaces whose oldest waiting delivery may be tried now."""
    heads = (
        select(EventDelivery.workspace_id, EventDelivery.next_at)
        .where(EventDelivery.consumer == consumer, EventDelivery.parked_at.is_(None))
        .ext(distinct_on(EventDelivery.workspace_id))
        .order_by(EventDelivery.workspace_id, EventDelivery.position)
        .subquery()
    )
    due = select(heads.c.workspace_id).where(heads.c.next_at <= func.clock_timestamp())
    return await session.scalars(due.order_by(heads.c.next_at).limit(limit))


async def list_consumers_due(session: ReadSession, consumers: Sequence[str]) -> list[str]:
    """Which consumers have a delivery to try again now."""
    query = (
        select(EventDelivery.consumer)
        .where(
            EventDelivery.consumer.in_(consumers),
            EventDelivery.parked_at.is_(None),
            EventDelivery.next_at <= func.clock_timestamp(),
        )
        .distinct()
    )
    return list(await session.scalars(query))


async def list_waiting(
    session: ReadSession, consumer: str, workspace_id: UUID, limit: int
) -> list[Waiting]:
    """A workspace's waiting deliveries, oldest first."""
    query = (
        select(EventDelivery)
        .where(
            EventDelivery.consumer == consumer,
            EventDelivery.workspace_id == workspace_id,
            EventDelivery.parked_at.is_(None),
        )
        .order_by(EventDelivery.position)
        .limit(limit)
    )
    return [Waiting(_record(row), row.attempts) for row in await session.scalars(query)]


async def finish(session: WriteSession, consumer: str, record: EventRecord) -> None:
    await session.execute(delete(EventDelivery).where(*_is(consumer, record)))


async def postpone(
    session: WriteSession, consumer: str, record: EventRecord, *, error: str, after: timedelta
) -> None:
    """Count one more failure; the next try comes `after` it."""
    await session.execute(
        update(EventDelivery)
        .where(*_is(consumer, record))
        .values(
            attempts=EventDelivery.attempts + 1,
            next_at=_from_now(after),
            error=error[:_ERROR_LIMIT],
        )
    )


async def park(session: WriteSession, consumer: str, record: EventRecord, *, error: str) -> None:
    """Give up on it: it stays for a person to see, and no longer holds others back."""
    await session.execute(
        update(EventDelivery)
        .where(*_is(consumer, record))
        .values(
            attempts=EventDelivery.attempts + 1,
            parked_at=func.clock_timestamp(),
            error=error[:_ERROR_LIMIT],
        )
    )


async def unpark(session: WriteSession, consumer: str, limit: int) -> int:
    """Let parked deliveries try again, oldest first."""
    chosen = (
        select(EventDelivery.position)
        .where(EventDelivery.consumer == consumer, EventDelivery.parked_at.is_not(None))
        .order_by(EventDelivery.position)
        .limit(limit)
    )
    return await session.change(
        update(EventDelivery)
        .where(EventDelivery.position.in_(chosen.scalar_subquery()))
        .values(parked_at=None, attempts=0, next_at=func.clock_timestamp())
    )


async def count_deliveries(session: ReadSession) -> dict[str, tuple[int, int]]:
    """For each consumer how many wait and how many are parked."""
    waiting = func.count().filter(EventDelivery.parked_at.is_(None))
    parked = func.count().filter(EventDelivery.parked_at.is_not(None))
    query = (
        select(EventConsumer.name, waiting.filter(EventDelivery.id.is_not(None)), parked)
        .outerjoin(EventDelivery, EventDelivery.consumer == EventConsumer.name)
        .group_by(EventConsumer.name)
    )
    return {name: (int(w), int(p)) for name, w, p in (await session.execute(query)).all()}


def _is(consumer: str, record: EventRecord) -> tuple[Any, ...]:
    return (
        EventDelivery.workspace_id == record.workspace_id,
        EventDelivery.consumer == consumer,
        EventDelivery.id == record.id,
    )


def _from_now(after: timedelta) -> Any:
    return func.clock_timestamp() + literal(after)


def _record(row: EventDelivery) -> EventRecord:
    cursor = Cursor(row.xid, row.id)
    return EventRecord(cursor, row.workspace_id, row.user_id, row.type, row.payload, row.at)
