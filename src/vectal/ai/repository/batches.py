"""SQL of batches: who holds one, and how it stands. Times of holding are the database's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select, tuple_, update

from vectal.ai.tables_batches import BatchRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

UNDER_WAY: Final = ("validating", "in_progress", "cancelling", "finalizing")


@dataclass(frozen=True, slots=True)
class Stale:
    """A batch that nobody holds though it has not ended."""

    workspace_id: UUID
    user_id: UUID
    batch_id: UUID
    epoch: int
    """Of whoever held it last; 0 when nobody ever did."""


def _now() -> ColumnElement[datetime]:
    return func.clock_timestamp()


def _is(scope: DataScope, batch_id: UUID) -> ColumnElement[bool]:
    return and_(BatchRow.workspace_id == scope.workspace_id, BatchRow.id == batch_id)


async def count_under_way(session: ReadSession, scope: DataScope, limit: int) -> int:
    """The person's batches that have not ended, counted up to `limit`."""
    some = (
        select(BatchRow.id)
        .where(
            BatchRow.workspace_id == scope.workspace_id,
            BatchRow.user_id == scope.user_id,
            BatchRow.status.in_(UNDER_WAY),
        )
        .limit(limit)
    )
    return await session.scalar(select(func.count()).select_from(some.subquery())) or 0


async def add_batch(session: WriteSession, row: BatchRow) -> None:
    session.add(row)
    await session.flush()


async def find_batch(session: ReadSession, scope: DataScope, batch_id: UUID) -> BatchRow | None:
    """As it stands now, whatever this session has read of it before."""
    statement = select(BatchRow).where(_is(scope, batch_id))
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_batches(
    session: ReadSession,
    scope: DataScope,
    *,
    user_id: UUID | None,
    wire: str,
    after: BatchRow | None = None,
    before: BatchRow | None = None,
    limit: int,
) -> Sequence[BatchRow]:
    """The newest first; `before` turns the order round, for the page before one."""
    order = (BatchRow.created_at, BatchRow.id)
    statement = select(BatchRow).where(
        BatchRow.workspace_id == scope.workspace_id, BatchRow.wire == wire
    )
    if user_id is not None:
        statement = statement.where(BatchRow.user_id == user_id)
    if before is not None:
        statement = statement.where(tuple_(*order) > tuple_(before.created_at, before.id))
        return await session.scalars(statement.order_by(*order).limit(limit))
    if after is not None:
        statement = statement.where(tuple_(*order) < tuple_(after.created_at, after.id))
    return await session.scalars(statement.order_by(*(each.desc() for each in order)).limit(limit))


async def delete_batch(session: WriteSession, scope: DataScope, batch_id: UUID) -> None:
    await session.change(
        delete(BatchRow).where(_is(scope, batch_id)).execution_options(synchronize_session=False)
    )


async def ask_to_cancel(session: WriteSession, scope: DataScope, batch_id: UUID) -> bool:
    """False when the batch is past that."""
    return await _change(
        session,
        and_(_is(scope, batch_id), BatchRow.status.in_(("validating", "in_progress"))),
        status="cancelling",
        cancelling_at=func.now(),
    )


async def hold(
    session: WriteSession, scope: DataScope, batch_id: UUID, lease: timedelta
) -> BatchRow | None:
    """Take the batch in hand under a new epoch; None when another has it, or it has ended."""
    taken = await session.execute(
        update(BatchRow)
        .where(
            _is(scope, batch_id),
            BatchRow.status.in_(UNDER_WAY),
            or_(BatchRow.held_until.is_(None), BatchRow.held_until < _now()),
        )
        .values(epoch=BatchRow.epoch + 1, held_until=_now() + literal(lease))
        .returning(BatchRow)
        .execution_options(populate_existing=True)
    )
    return taken.scalar_one_or_none()


async def keep_hold(
    session: WriteSession, scope: DataScope, batch_id: UUID, epoch: int, lease: timedelta
) -> str | None:
    """Hold on for another lease and tell the status; None when it is no longer ours."""
    kept = await session.execute(
        update(BatchRow)
        .where(_is(scope, batch_id), BatchRow.epoch == epoch)
        .values(held_until=_now() + literal(lease))
        .returning(BatchRow.status)
        .execution_options(synchronize_session=False)
    )
    return kept.scalar_one_or_none()


async def begin(
    session: WriteSession, scope: DataScope, batch_id: UUID, epoch: int, at: datetime
) -> bool:
    """From reading lines to sending them; False when it was cancelled or lost meanwhile."""
    where = and_(_is(scope, batch_id), BatchRow.epoch == epoch, BatchRow.status == "validating")
    return await _change(session, where, status="in_progress", started_at=at)


async def rest(
    session: WriteSession, scope: DataScope, batch_id: UUID, epoch: int, pause: timedelta
) -> bool:
    """Let go of a batch that is to be looked at again after a pause."""
    return await change_held(
        session, scope, batch_id, epoch, held_until=None, wake_at=_now() + literal(pause)
    )


async def let_go(session: WriteSession, scope: DataScope, batch_id: UUID, epoch: int) -> None:
    await change_held(session, scope, batch_id, epoch, held_until=None)


async def change_held(
    session: WriteSession, scope: DataScope, batch_id: UUID, epoch: int, **values: Any
) -> bool:
    """Change a batch in hand, and lock it against whoever may take it; False when it was lost."""
    return await _change(
        session, and_(_is(scope, batch_id), BatchRow.epoch == epoch), **(values or {"epoch": epoch})
    )


async def add_to_counts(
    session: WriteSession, scope: DataScope, batch_id: UUID, epoch: int, **more: int
) -> bool:
    """Add to counts of lines by their names; False when the batch was lost."""
    counts = {name: getattr(BatchRow, name) + count for name, count in more.items()}
    return await change_held(session, scope, batch_id, epoch, **counts)


async def list_stale(session: ReadSession, age: timedelta, limit: int) -> list[Stale]:
    """Batches of all workspaces that nobody holds, though it is time.

    One that nobody ever held is on its way to its first runner until it has this age.
    """
    free = or_(BatchRow.held_until.is_(None), BatchRow.held_until < _now())
    late = or_(BatchRow.epoch > 0, BatchRow.created_at < _now() - literal(age))
    due = or_(BatchRow.wake_at.is_(None), BatchRow.wake_at < _now())
    rows = await session.execute(
        select(BatchRow.workspace_id, BatchRow.user_id, BatchRow.id, BatchRow.epoch)
        .where(BatchRow.status.in_(UNDER_WAY), free, late, due)
        .order_by(BatchRow.created_at)
        .limit(limit)
    )
    return [Stale(*row) for row in rows.all()]


async def purge(session: WriteSession, age: timedelta, limit: int) -> int:
    """Delete batches that ended long ago; their files go by themselves."""
    over = (
        select(BatchRow.workspace_id, BatchRow.id)
        .where(BatchRow.ended_at < _now() - literal(age))
        .limit(limit)
        .cte("over")
    )
    return await session.change(
        delete(BatchRow).where(
            BatchRow.workspace_id == over.c.workspace_id, BatchRow.id == over.c.id
        )
    )


async def _change(session: WriteSession, where: ColumnElement[bool], **values: Any) -> bool:
    changed = await session.change(
        update(BatchRow).where(where).values(**values).execution_options(synchronize_session=False)
    )
    return changed == 1
