"""SQL of the journal of lines."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from vectal.ai.tables_batches import BatchLineRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Taken:
    """A line to be sent now."""

    number: int
    custom_id: str
    sealed_request: bytes
    attempts: int
    """This one included."""


def _now() -> ColumnElement[datetime]:
    return func.clock_timestamp()


def _of(scope: DataScope, batch_id: UUID) -> ColumnElement[bool]:
    return and_(BatchLineRow.workspace_id == scope.workspace_id, BatchLineRow.batch_id == batch_id)


async def add_lines(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Rows with all members of a new line; those that are there already are left alone."""
    await session.execute(upsert(BatchLineRow).on_conflict_do_nothing(), rows)


async def put_lines(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Rows of a new batch."""
    await session.execute(insert(BatchLineRow), rows)


async def count_states(session: ReadSession, scope: DataScope, batch_id: UUID) -> dict[str, int]:
    found = await session.execute(
        select(BatchLineRow.state, func.count())
        .where(_of(scope, batch_id))
        .group_by(BatchLineRow.state)
    )
    return {row[0]: row[1] for row in found.all()}


async def count_sent(session: ReadSession, scope: DataScope, batch_id: UUID) -> int:
    """Lines that were requests, whatever came of them."""
    was_sent = or_(BatchLineRow.state != "failed", BatchLineRow.attempts > 0)
    statement = select(func.count()).select_from(BatchLineRow)
    return await session.scalar(statement.where(_of(scope, batch_id), was_sent)) or 0


async def recall(session: WriteSession, scope: DataScope, batch_id: UUID) -> int:
    """Let lines wait again that a runner had under way when it vanished; tells how many."""
    return await _change(
        session,
        and_(_of(scope, batch_id), BatchLineRow.state == "running"),
        state="waiting",
        ready_at=_now(),
    )


async def take(session: WriteSession, scope: DataScope, batch_id: UUID) -> Taken | None:
    """The next line that is ready, marked as under way; None when none is."""
    ready = (
        select(BatchLineRow.number)
        .where(
            _of(scope, batch_id), BatchLineRow.state == "waiting", BatchLineRow.ready_at <= _now()
        )
        .order_by(BatchLineRow.ready_at, BatchLineRow.number)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = await session.execute(
        update(BatchLineRow)
        .where(_of(scope, batch_id), BatchLineRow.number == ready)
        .values(state="running", attempts=BatchLineRow.attempts + 1)
        .returning(
            BatchLineRow.number,
            BatchLineRow.custom_id,
            BatchLineRow.sealed_request,
            BatchLineRow.attempts,
        )
        .execution_options(synchronize_session=False)
    )
    row = taken.one_or_none()
    return None if row is None else Taken(row[0], row[1] or "", row[2] or b"", row[3])


async def find_wait(session: ReadSession, scope: DataScope, batch_id: UUID) -> float | None:
    """Seconds until a line that waits is ready; None when none waits."""
    soonest = select(func.extract("epoch", func.min(BatchLineRow.ready_at) - _now())).where(
        _of(scope, batch_id), BatchLineRow.state == "waiting"
    )
    seconds = await session.scalar(soonest)
    return None if seconds is None else max(0.0, float(seconds))


async def put_back(
    session: WriteSession,
    scope: DataScope,
    batch_id: UUID,
    number: int,
    pause: timedelta,
    *,
    counts: bool,
) -> None:
    """Let a line wait for a while; it `counts` as a try when it failed, not when it was early."""
    attempts = BatchLineRow.attempts - (0 if counts else 1)
    await _change(
        session,
        and_(_of(scope, batch_id), BatchLineRow.number == number),
        state="waiting",
        attempts=attempts,
        ready_at=_now() + literal(pause),
    )


async def end(
    session: WriteSession,
    scope: DataScope,
    batch_id: UUID,
    number: int,
    state: str,
    sealed_result: bytes,
) -> bool:
    """Write down how a line ended; its request is not needed any more."""
    return (
        await _change(
            session,
            and_(
                _of(scope, batch_id),
                BatchLineRow.number == number,
                BatchLineRow.state.in_(("waiting", "running")),
            ),
            state=state,
            sealed_result=sealed_result,
            sealed_request=None,
        )
        == 1
    )


async def end_all(session: WriteSession, scope: DataScope, batch_id: UUID, state: str) -> int:
    """End every line that has no result, as cancelled or expired; tells how many."""
    return await _change(
        session,
        and_(_of(scope, batch_id), BatchLineRow.state.in_(("waiting", "running", "sent"))),
        state=state,
        sealed_request=None,
    )


async def list_ended(
    session: ReadSession,
    scope: DataScope,
    batch_id: UUID,
    states: Collection[str],
    *,
    after: int,
    limit: int,
) -> Sequence[BatchLineRow]:
    """Lines in their order, a page at a time."""
    return await session.scalars(
        select(BatchLineRow)
        .where(_of(scope, batch_id), BatchLineRow.number > after, BatchLineRow.state.in_(states))
        .order_by(BatchLineRow.number)
        .limit(limit)
    )


async def list_waiting(
    session: ReadSession, scope: DataScope, batch_id: UUID, *, after: int, limit: int
) -> Sequence[BatchLineRow]:
    """Lines that are still to be sent, in their order."""
    return await list_ended(session, scope, batch_id, ("waiting",), after=after, limit=limit)


async def delete_lines(session: WriteSession, scope: DataScope, batch_id: UUID) -> None:
    await session.change(
        delete(BatchLineRow)
        .where(_of(scope, batch_id))
        .execution_options(synchronize_session=False)
    )


async def _change(session: WriteSession, where: ColumnElement[bool], **values: Any) -> int:
    return await session.change(
        update(BatchLineRow)
        .where(where)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
