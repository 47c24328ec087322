"""SQL of the outbox of mails."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, tuple_, update

from vectal.notifications.contracts import Claimed, MailState
from vectal.notifications.tables import MailRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

_FREE: Final = or_(
    MailRow.lease_expires_at.is_(None), MailRow.lease_expires_at <= func.clock_timestamp()
)


async def add(
    session: WriteSession, scope: DataScope, mail_id: UUID, notification_id: UUID
) -> None:
    session.add(
        MailRow(
            workspace_id=scope.workspace_id,
            id=mail_id,
            owner_id=scope.user_id,
            notification_id=notification_id,
        )
    )
    await session.flush()


async def count_since(
    session: ReadSession, scope: DataScope, within: timedelta, limit: int, *, dead: bool = False
) -> int:
    """Mails of this person that are no older, or the dead ones among them; up to `limit`."""
    some = (
        select(MailRow.id)
        .where(
            MailRow.workspace_id == scope.workspace_id,
            MailRow.owner_id == scope.user_id,
            MailRow.created_at > func.now() - within,
        )
        .limit(limit)
    )
    if dead:
        some = some.where(MailRow.state == "dead")
    return await session.scalar(select(func.count()).select_from(some.subquery())) or 0


async def has_due(session: ReadSession) -> bool:
    due = select(MailRow.id).where(
        MailRow.state == "queued", MailRow.due_at <= func.clock_timestamp(), _FREE
    )
    return await session.scalar(due.limit(1)) is not None


async def claim(session: WriteSession, lease: timedelta) -> Claimed | None:
    """The mail that is due for the longest; nobody else sends it while the lease lasts."""
    due = (
        select(MailRow.workspace_id, MailRow.id)
        .where(MailRow.state == "queued", MailRow.due_at <= func.clock_timestamp(), _FREE)
        .order_by(MailRow.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(MailRow)
        .where(tuple_(MailRow.workspace_id, MailRow.id).in_(due))
        .values(attempts=MailRow.attempts + 1, lease_expires_at=func.clock_timestamp() + lease)
        .returning(
            MailRow.id,
            MailRow.workspace_id,
            MailRow.owner_id,
            MailRow.notification_id,
            MailRow.attempts,
        )
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else Claimed(*row)


async def end(
    session: WriteSession, mail: Claimed, state: MailState, code: str | None = None
) -> bool:
    """False when somebody else has claimed it since."""
    values = {"state": state, "code": code, "ended_at": func.now(), "lease_expires_at": None}
    return await session.change(_held(mail).values(values)) == 1


async def put_off(session: WriteSession, mail: Claimed, pause: timedelta, code: str | None) -> bool:
    """False when somebody else has claimed it since."""
    due_at = func.clock_timestamp() + pause
    values = {"due_at": due_at, "code": code, "lease_expires_at": None}
    return await session.change(_held(mail).values(values)) == 1


def _held(mail: Claimed):  # noqa: ANN202 - a statement, typed by what SQLAlchemy infers
    return update(MailRow).where(
        MailRow.workspace_id == mail.workspace_id,
        MailRow.id == mail.id,
        MailRow.state == "queued",
        MailRow.attempts == mail.attempts,
    )
