"""SQL of the parts of batches that are at vendors, and of their lines."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update

from vectal.ai.tables_batches import BatchJobRow, BatchLineRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


def _of(scope: DataScope, batch_id: UUID) -> ColumnElement[bool]:
    return and_(BatchJobRow.workspace_id == scope.workspace_id, BatchJobRow.batch_id == batch_id)


def _sent(scope: DataScope, batch_id: UUID, job: int) -> ColumnElement[bool]:
    return and_(
        BatchLineRow.workspace_id == scope.workspace_id,
        BatchLineRow.batch_id == batch_id,
        BatchLineRow.job == job,
        BatchLineRow.state == "sent",
    )


async def add_job(session: WriteSession, row: BatchJobRow, numbers: Sequence[int]) -> None:
    """Add a job with its lines, which wait no more."""
    session.add(row)
    await session.flush()
    await session.change(
        update(BatchLineRow)
        .where(
            BatchLineRow.workspace_id == row.workspace_id,
            BatchLineRow.batch_id == row.batch_id,
            BatchLineRow.state == "waiting",
            BatchLineRow.number == func.any(list(numbers)),
        )
        .values(state="sent", job=row.number, attempts=BatchLineRow.attempts + 1)
        .execution_options(synchronize_session=False)
    )


async def list_open(session: ReadSession, scope: DataScope, batch_id: UUID) -> list[BatchJobRow]:
    """The jobs of a batch that have not ended, in their order."""
    found = await session.scalars(
        select(BatchJobRow)
        .where(_of(scope, batch_id), BatchJobRow.state.in_(("planned", "submitting", "running")))
        .order_by(BatchJobRow.number)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def list_vendor_ids(session: ReadSession, scope: DataScope, provider_id: UUID) -> set[str]:
    """The jobs at a provider that are known to be ours."""
    found = await session.scalars(
        select(BatchJobRow.vendor_id).where(
            BatchJobRow.workspace_id == scope.workspace_id,
            BatchJobRow.provider_id == provider_id,
            BatchJobRow.vendor_id.is_not(None),
        )
    )
    return {each for each in found if each is not None}


async def change_job(
    session: WriteSession, scope: DataScope, batch_id: UUID, number: int, values: Mapping[str, Any]
) -> None:
    await session.change(
        update(BatchJobRow)
        .where(_of(scope, batch_id), BatchJobRow.number == number)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def charge_job(
    session: WriteSession, scope: DataScope, batch_id: UUID, number: int, units: int, tokens: int
) -> None:
    """Add what lines have cost."""
    more = {
        "cost_units": BatchJobRow.cost_units + units,
        "tokens": BatchJobRow.tokens + tokens,
    }
    await change_job(session, scope, batch_id, number, more)


async def find_job(
    session: ReadSession, scope: DataScope, batch_id: UUID, number: int
) -> BatchJobRow | None:
    return await session.scalar(
        select(BatchJobRow)
        .where(_of(scope, batch_id), BatchJobRow.number == number)
        .execution_options(populate_existing=True)
    )


async def list_sent(
    session: ReadSession,
    scope: DataScope,
    batch_id: UUID,
    job: int,
    *,
    after: int,
    limit: int,
) -> Sequence[BatchLineRow]:
    """Lines of a job that have no result yet, in their order."""
    return await session.scalars(
        select(BatchLineRow)
        .where(_sent(scope, batch_id, job), BatchLineRow.number > after)
        .order_by(BatchLineRow.number)
        .limit(limit)
    )


async def find_sent(
    session: ReadSession, scope: DataScope, batch_id: UUID, job: int, numbers: Collection[int]
) -> dict[int, bytes]:
    """The sealed requests of those among these lines that have no result yet."""
    rows = await session.execute(
        select(BatchLineRow.number, BatchLineRow.sealed_request).where(
            _sent(scope, batch_id, job), BatchLineRow.number == func.any(list(numbers))
        )
    )
    return {row[0]: row[1] or b"" for row in rows.all()}


async def end_sent(
    session: WriteSession,
    scope: DataScope,
    batch_id: UUID,
    job: int,
    number: int,
    state: str,
    sealed_result: bytes | None,
) -> bool:
    """Write down how a line ended; False when it has ended before."""
    changed = await session.change(
        update(BatchLineRow)
        .where(_sent(scope, batch_id, job), BatchLineRow.number == number)
        .values(state=state, sealed_result=sealed_result, sealed_request=None)
        .execution_options(synchronize_session=False)
    )
    return changed == 1


async def take_back(session: WriteSession, scope: DataScope, batch_id: UUID, job: int) -> int:
    """Let the lines of a job wait for the queue, which is the other way; tells how many."""
    return await session.change(
        update(BatchLineRow)
        .where(_sent(scope, batch_id, job))
        .values(
            state="waiting",
            job=None,
            attempts=func.greatest(BatchLineRow.attempts - 1, 0),
            ready_at=func.clock_timestamp(),
        )
        .execution_options(synchronize_session=False)
    )
