"""SQL of files of lines."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from vectal.ai.tables_batches import BatchFileRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

_OVER = or_(
    BatchFileRow.expires_at < func.now(),
    and_(
        BatchFileRow.is_whole.is_(False),
        BatchFileRow.created_at < func.now() - func.make_interval(0, 0, 0, 0, 2),
    ),
)


def _mine(scope: DataScope) -> ColumnElement[bool]:
    return and_(
        BatchFileRow.workspace_id == scope.workspace_id, BatchFileRow.user_id == scope.user_id
    )


async def count_files(session: ReadSession, scope: DataScope, limit: int) -> int:
    """The person's files, counted up to `limit`."""
    some = select(BatchFileRow.id).where(_mine(scope)).limit(limit)
    return await session.scalar(select(func.count()).select_from(some.subquery())) or 0


async def add_file(session: WriteSession, row: BatchFileRow) -> None:
    session.add(row)
    await session.flush()


async def put_file(session: WriteSession, row: BatchFileRow) -> None:
    """Add a file whose id says what it is; one that is there already is left alone."""
    values = {column.name: getattr(row, column.name) for column in BatchFileRow.__table__.columns}
    await session.execute(insert(BatchFileRow).values(values).on_conflict_do_nothing())


async def complete_file(session: WriteSession, scope: DataScope, file_id: UUID, size: int) -> None:
    await session.change(
        update(BatchFileRow)
        .where(_mine(scope), BatchFileRow.id == file_id)
        .values(size=size, is_whole=True)
        .execution_options(synchronize_session=False)
    )


async def set_end(
    session: WriteSession, scope: DataScope, file_id: UUID, expires_at: datetime
) -> None:
    await session.change(
        update(BatchFileRow)
        .where(_mine(scope), BatchFileRow.id == file_id)
        .values(expires_at=expires_at)
        .execution_options(synchronize_session=False)
    )


async def find_file(session: ReadSession, scope: DataScope, file_id: UUID) -> BatchFileRow | None:
    """A whole file of the person."""
    return await session.scalar(_listable(scope).where(BatchFileRow.id == file_id))


async def list_files(
    session: ReadSession,
    scope: DataScope,
    *,
    purpose: str | None,
    after: BatchFileRow | None,
    limit: int,
    newest_first: bool,
) -> Sequence[BatchFileRow]:
    order = (BatchFileRow.created_at, BatchFileRow.id)
    statement = _listable(scope).limit(limit)
    if purpose is not None:
        statement = statement.where(BatchFileRow.purpose == purpose)
    if after is not None:
        place = tuple_(after.created_at, after.id)
        here = tuple_(*order)
        statement = statement.where(here < place if newest_first else here > place)
    return await session.scalars(
        statement.order_by(*(each.desc() if newest_first else each for each in order))
    )


async def is_there(session: ReadSession, scope: DataScope, file_id: UUID) -> bool:
    """Whether the person has such a file, whole or not."""
    found = select(BatchFileRow.id).where(_mine(scope), BatchFileRow.id == file_id)
    return await session.scalar(found) is not None


async def delete_file(session: WriteSession, scope: DataScope, file_id: UUID) -> None:
    await session.change(
        delete(BatchFileRow)
        .where(_mine(scope), BatchFileRow.id == file_id)
        .execution_options(synchronize_session=False)
    )


async def list_over(session: ReadSession, limit: int) -> list[tuple[UUID, UUID]]:
    """Workspace and id of files that have had their time, or were never finished."""
    rows = await session.execute(
        select(BatchFileRow.workspace_id, BatchFileRow.id).where(_OVER).limit(limit)
    )
    return [(row[0], row[1]) for row in rows.all()]


async def purge_file(session: WriteSession, workspace_id: UUID, file_id: UUID) -> None:
    await session.change(
        delete(BatchFileRow)
        .where(BatchFileRow.workspace_id == workspace_id, BatchFileRow.id == file_id)
        .execution_options(synchronize_session=False)
    )


def _listable(scope: DataScope) -> Select[BatchFileRow]:
    return select(BatchFileRow).where(_mine(scope), BatchFileRow.is_whole.is_(True))
