"""SQL of what a person is told, and of what she wants by mail."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from vectal.notifications.contracts import Told
from vectal.notifications.tables import MailRow, NotificationRow, NotificationSettingsRow
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.ids import new_id


async def lock_run(session: WriteSession, run_id: UUID) -> None:
    """One reaction to a run at a time."""
    statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    await session.execute(statement, {"name": f"notifications:{run_id}"})


async def list_open(session: ReadSession, scope: DataScope, run_id: UUID) -> list[NotificationRow]:
    """What of a run still needs its person."""
    statement = _own(scope).where(
        NotificationRow.run_id == run_id, NotificationRow.settled_at.is_(None)
    )
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def put(session: WriteSession, scope: DataScope, run_id: UUID, told: Told) -> UUID | None:
    """Its id where it is new, or needs her anew; None where she knows already."""
    statement = insert(NotificationRow).values(
        workspace_id=scope.workspace_id,
        id=new_id(),
        owner_id=scope.user_id,
        run_id=run_id,
        kind=told.kind,
        subject=told.subject,
    )
    anew = statement.on_conflict_do_update(
        index_elements=["workspace_id", "run_id", "kind", "subject"],
        set_={"settled_at": None, "read_at": None, "at": func.now()},
        where=NotificationRow.settled_at.is_not(None),
    )
    return await session.scalar(anew.returning(NotificationRow.id))


async def settle(session: WriteSession, scope: DataScope, ids: Collection[UUID]) -> None:
    """They need nobody any more, so they count as read, too."""
    await session.change(
        update(NotificationRow)
        .where(NotificationRow.workspace_id == scope.workspace_id, NotificationRow.id.in_(ids))
        .values(settled_at=func.now(), read_at=func.coalesce(NotificationRow.read_at, func.now()))
    )


async def find(
    session: ReadSession, scope: DataScope, notification_id: UUID
) -> NotificationRow | None:
    statement = _own(scope).where(NotificationRow.id == notification_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_newest(
    session: ReadSession,
    scope: DataScope,
    *,
    unread: bool,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[NotificationRow, str | None]]:
    """The newest first, each with how far its newest mail has come."""
    mail = (
        select(MailRow.state)
        .where(
            MailRow.workspace_id == NotificationRow.workspace_id,
            MailRow.notification_id == NotificationRow.id,
        )
        .order_by(MailRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        _own(scope)
        .add_columns(mail)
        .order_by(NotificationRow.at.desc(), NotificationRow.id.desc())
        .limit(limit)
    )
    if unread:
        statement = statement.where(NotificationRow.read_at.is_(None))
    if before is not None:
        statement = statement.where(tuple_(NotificationRow.at, NotificationRow.id) < before)
    return [(row, state) for row, state in await session.execute(statement)]


async def count_unread(session: ReadSession, scope: DataScope, limit: int) -> int:
    """Counted up to `limit`."""
    some = (
        select(NotificationRow.id)
        .where(
            NotificationRow.workspace_id == scope.workspace_id,
            NotificationRow.owner_id == scope.user_id,
            NotificationRow.read_at.is_(None),
        )
        .limit(limit)
    )
    return await session.scalar(select(func.count()).select_from(some.subquery())) or 0


async def mark_read(session: WriteSession, scope: DataScope, ids: Sequence[UUID] | None) -> int:
    """These, or all; how many were not read before."""
    statement = (
        update(NotificationRow)
        .where(
            NotificationRow.workspace_id == scope.workspace_id,
            NotificationRow.owner_id == scope.user_id,
            NotificationRow.read_at.is_(None),
        )
        .values(read_at=func.now())
    )
    if ids is not None:
        statement = statement.where(NotificationRow.id.in_(ids))
    return await session.change(statement)


async def purge(session: WriteSession, keep: timedelta, limit: int) -> int:
    """Of all people; mails and links go with them."""
    old = (
        select(NotificationRow.workspace_id, NotificationRow.id)
        .where(NotificationRow.at < func.now() - keep)
        .order_by(NotificationRow.at)
        .limit(limit)
    )
    place = tuple_(NotificationRow.workspace_id, NotificationRow.id)
    return await session.change(delete(NotificationRow).where(place.in_(old)))


async def find_unmailed(session: ReadSession, scope: DataScope) -> Collection[str]:
    """The kinds that the person does not want by mail."""
    statement = select(NotificationSettingsRow.unmailed).where(
        NotificationSettingsRow.workspace_id == scope.workspace_id,
        NotificationSettingsRow.owner_id == scope.user_id,
    )
    return await session.scalar(statement) or ()


async def put_unmailed(session: WriteSession, scope: DataScope, kinds: Sequence[str]) -> None:
    values: dict[str, Any] = {"unmailed": list(kinds)}
    statement = insert(NotificationSettingsRow).values(
        workspace_id=scope.workspace_id, owner_id=scope.user_id, **values
    )
    changed = {**values, "updated_at": func.now()}
    await session.change(
        statement.on_conflict_do_update(index_elements=["workspace_id", "owner_id"], set_=changed)
    )


def _own(scope: DataScope) -> Select[NotificationRow]:
    return select(NotificationRow).where(
        NotificationRow.workspace_id == scope.workspace_id,
        NotificationRow.owner_id == scope.user_id,
    )
