"""SQL of sealed bytes. A blob is alive as long as a version points to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from vectal.files.tables import BlobRow, VersionRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def add(session: WriteSession, row: BlobRow) -> None:
    session.add(row)
    await session.flush()


async def find(
    session: ReadSession, scope: DataScope, blob_id: UUID, *, lock: bool = False
) -> BlobRow | None:
    """With `lock` no sweep takes it away before the transaction ends."""
    statement = select(BlobRow).where(
        BlobRow.workspace_id == scope.workspace_id, BlobRow.id == blob_id
    )
    if lock:
        statement = statement.with_for_update()
    # What this transaction read before may have been changed since, by itself or by others.
    return await session.scalar(statement.execution_options(populate_existing=True))


async def find_equal(session: WriteSession, scope: DataScope, content_key: bytes) -> BlobRow | None:
    """The blob with the same content under the same owner's key, ours until the end."""
    return await session.scalar(
        select(BlobRow)
        .where(
            BlobRow.workspace_id == scope.workspace_id,
            BlobRow.content_key == content_key,
            BlobRow.state == "ready",
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def try_complete(
    session: WriteSession,
    scope: DataScope,
    blob_id: UUID,
    *,
    size: int,
    content_key: bytes,
    sealed_digest: bytes,
    now: datetime,
) -> bool:
    """Call it ready; False when a sweep has given it up, or an equal one was ready first."""
    statement = (
        update(BlobRow)
        .where(
            BlobRow.workspace_id == scope.workspace_id,
            BlobRow.id == blob_id,
            BlobRow.state == "writing",
        )
        .values(
            state="ready",
            size=size,
            content_key=content_key,
            sealed_digest=sealed_digest,
            changed_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    try:
        async with session.savepoint():
            return await session.change(statement) == 1
    except IntegrityError:
        return False


async def doom(
    session: WriteSession, scope: DataScope, blob_ids: Collection[UUID], now: datetime
) -> None:
    """Give up those of these blobs that no version points to."""
    chosen = BlobRow.workspace_id == scope.workspace_id, BlobRow.id.in_(blob_ids)
    # Locked first: only a later statement sees the version that somebody was just adding.
    await session.execute(select(BlobRow.id).where(*chosen).order_by(BlobRow.id).with_for_update())
    await session.change(
        update(BlobRow)
        .where(*chosen, BlobRow.state != "doomed", ~_is_used())
        .values(state="doomed", changed_at=now)
        .execution_options(synchronize_session=False)
    )


async def doom_abandoned(session: WriteSession, before: datetime, now: datetime, limit: int) -> int:
    """Give up what was never finished; for the system."""
    some = (
        select(BlobRow.workspace_id, BlobRow.id)
        .where(BlobRow.state == "writing", BlobRow.changed_at < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return await session.change(
        update(BlobRow)
        .where(tuple_(BlobRow.workspace_id, BlobRow.id).in_(some))
        .values(state="doomed", changed_at=now)
        .execution_options(synchronize_session=False)
    )


async def doom_unused(
    session: WriteSession, after: tuple[UUID, UUID], now: datetime, limit: int
) -> tuple[UUID, UUID] | None:
    """Walk over blobs and give up those that no version points to; returns where to go on."""
    place = tuple_(BlobRow.workspace_id, BlobRow.id)
    rows = (
        await session.execute(
            select(BlobRow.workspace_id, BlobRow.id)
            .where(place > tuple_(*after))
            .order_by(BlobRow.workspace_id, BlobRow.id)
            .limit(limit)
        )
    ).all()
    if not rows:
        return None
    page = [(row[0], row[1]) for row in rows]
    locked = (
        select(BlobRow.workspace_id, BlobRow.id)
        .where(place.in_(page), BlobRow.state == "ready", ~_is_used())
        .with_for_update(skip_locked=True)
    )
    chosen = [(row[0], row[1]) for row in (await session.execute(locked)).all()]
    if chosen:
        # Asked once more: a version may have come before the lock.
        await session.change(
            update(BlobRow)
            .where(place.in_(chosen), BlobRow.state == "ready", ~_is_used())
            .values(state="doomed", changed_at=now)
            .execution_options(synchronize_session=False)
        )
    return page[-1] if len(page) == limit else None


async def list_doomed(session: ReadSession, limit: int) -> list[tuple[UUID, UUID]]:
    rows = await session.execute(
        select(BlobRow.workspace_id, BlobRow.id).where(BlobRow.state == "doomed").limit(limit)
    )
    return [(row[0], row[1]) for row in rows.all()]


async def remove(session: WriteSession, workspace_id: UUID, blob_id: UUID) -> None:
    """After its bytes."""
    await session.change(
        delete(BlobRow)
        .where(
            BlobRow.workspace_id == workspace_id,
            BlobRow.id == blob_id,
            BlobRow.state == "doomed",
        )
        .execution_options(synchronize_session=False)
    )


async def list_ready(
    session: ReadSession, after: tuple[UUID, UUID], limit: int
) -> Sequence[BlobRow]:
    """In the order of their objects' keys; for the audit."""
    return await session.scalars(
        select(BlobRow)
        .where(BlobRow.state == "ready", tuple_(BlobRow.workspace_id, BlobRow.id) > tuple_(*after))
        .order_by(BlobRow.workspace_id, BlobRow.id)
        .limit(limit)
    )


async def list_known(
    session: ReadSession, ids: Collection[tuple[UUID, UUID]]
) -> set[tuple[UUID, UUID]]:
    """Those of these workspaces and ids that have a row; for the system."""
    rows = await session.execute(
        select(BlobRow.workspace_id, BlobRow.id).where(
            tuple_(BlobRow.workspace_id, BlobRow.id).in_(list(ids))
        )
    )
    return {(row[0], row[1]) for row in rows.all()}


def _is_used() -> ColumnElement[bool]:
    return exists().where(
        VersionRow.workspace_id == BlobRow.workspace_id, VersionRow.blob_id == BlobRow.id
    )
