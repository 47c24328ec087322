"""SQL of turns: what was asked, who works on it, and how it ended.

A lease is held by (`lease_owner`, `epoch`); its times are the database's, so that the clocks of
servers don't matter.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, cast, func, select, text, tuple_, update

from vectal.chat.tables import TurnRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Taken:
    """A turn that this process has taken over, or that has been taken over too often."""

    workspace_id: UUID
    owner_id: UUID
    turn_id: UUID
    conversation_id: UUID
    epoch: int
    attempt: int
    crashes: int
    stopping: bool


async def lock_owner(session: WriteSession, scope: DataScope) -> None:
    """One new turn at a time for each person, so that their count is exact."""
    key = (scope.workspace_id.int ^ scope.user_id.int) & 0x7FFF_FFFF_FFFF_FFFF
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def find(session: ReadSession, scope: DataScope, turn_id: UUID) -> TurnRow | None:
    return await session.scalar(_own(scope).where(TurnRow.id == turn_id))


async def find_many(
    session: ReadSession, scope: DataScope, ids: Collection[UUID]
) -> dict[UUID, TurnRow]:
    return {row.id: row for row in await session.scalars(_own(scope).where(TurnRow.id.in_(ids)))}


async def find_by_request_key(session: ReadSession, scope: DataScope, key: str) -> TurnRow | None:
    return await session.scalar(_own(scope).where(TurnRow.request_key == key))


async def find_open(session: ReadSession, scope: DataScope, conversation_id: UUID) -> UUID | None:
    """The turn that is being answered in this conversation."""
    statement = select(TurnRow.id).where(
        TurnRow.workspace_id == scope.workspace_id,
        TurnRow.conversation_id == conversation_id,
        TurnRow.ended_at.is_(None),
    )
    return await session.scalar(statement)


async def count_open(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).where(
        TurnRow.workspace_id == scope.workspace_id,
        TurnRow.owner_id == scope.user_id,
        TurnRow.ended_at.is_(None),
    )
    return await session.scalar(statement) or 0


async def grant_lease(
    session: WriteSession, scope: DataScope, turn_id: UUID, *, holder: UUID, lease_s: float
) -> None:
    """The first lease, in the transaction that made the turn."""
    await session.change(
        update(TurnRow)
        .where(TurnRow.workspace_id == scope.workspace_id, TurnRow.id == turn_id)
        .values(lease_owner=holder, lease_expires_at=_from_now(lease_s))
    )


async def hold(session: WriteSession, scope: DataScope, turn_id: UUID, *, epoch: int) -> bool:
    """Lock the row against any other writer; False when the turn is no longer ours."""
    statement = (
        _own(scope)
        .with_only_columns(TurnRow.id)
        .where(TurnRow.id == turn_id, TurnRow.epoch == epoch, TurnRow.ended_at.is_(None))
        .with_for_update(key_share=True)
    )
    return await session.scalar(statement) is not None


async def change(
    session: WriteSession, scope: DataScope, turn_id: UUID, *, epoch: int, **values: Any
) -> TurnRow | None:
    """Set columns; None when the turn is no longer ours or has ended."""
    statement = (
        update(TurnRow)
        .where(
            TurnRow.workspace_id == scope.workspace_id,
            TurnRow.id == turn_id,
            TurnRow.epoch == epoch,
            TurnRow.ended_at.is_(None),
        )
        .values(**values)
        .returning(TurnRow)
        .execution_options(populate_existing=True)
    )
    return await session.scalar(statement)


async def ask_to_stop(session: WriteSession, scope: DataScope, turn_id: UUID) -> bool:
    """False when it has ended already."""
    statement = (
        update(TurnRow)
        .where(
            TurnRow.workspace_id == scope.workspace_id,
            TurnRow.id == turn_id,
            TurnRow.ended_at.is_(None),
        )
        .values(stop_requested_at=func.coalesce(TurnRow.stop_requested_at, func.now()))
    )
    return await session.change(statement) == 1


# --- across tenants, as the system role ---------------------------------------------------------


async def renew_leases(
    session: WriteSession, held: Collection[tuple[UUID, UUID, int]], *, lease_s: float
) -> set[UUID]:
    """Extend the leases of `held` (workspace, turn, epoch); returns the turns still ours."""
    statement = (
        update(TurnRow)
        .where(
            tuple_(TurnRow.workspace_id, TurnRow.id, TurnRow.epoch).in_(list(held)),
            TurnRow.ended_at.is_(None),
        )
        .values(lease_expires_at=_from_now(lease_s))
        .returning(TurnRow.id)
    )
    return set(await session.scalars(statement))


async def find_stopping(
    session: ReadSession, held: Collection[tuple[UUID, UUID, int]]
) -> set[UUID]:
    """Which of `held` somebody wants to stop."""
    statement = select(TurnRow.id).where(
        tuple_(TurnRow.workspace_id, TurnRow.id, TurnRow.epoch).in_(list(held)),
        TurnRow.stop_requested_at.is_not(None),
    )
    return set(await session.scalars(statement))


async def take_orphans(
    session: WriteSession,
    *,
    holder: UUID,
    lease_s: float,
    limit: int,
    not_these: Collection[UUID],
) -> Sequence[Taken]:
    """Take over turns whose lease has run out, oldest first; two takers never meet.

    A turn that was given back (`queued`) did not crash; one found `running` did.
    """
    orphans = (
        select(TurnRow.workspace_id, TurnRow.id, (TurnRow.status == "running").label("crashed"))
        .where(
            TurnRow.ended_at.is_(None),
            TurnRow.lease_expires_at < func.clock_timestamp(),
            TurnRow.id.not_in(list(not_these)),
        )
        .order_by(TurnRow.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("orphans")
    )
    crashed = cast(orphans.c.crashed, Integer)
    statement = (
        update(TurnRow)
        .where(TurnRow.workspace_id == orphans.c.workspace_id, TurnRow.id == orphans.c.id)
        .values(
            status="running",
            epoch=TurnRow.epoch + 1,
            attempt=TurnRow.attempt + 1,
            crashes=TurnRow.crashes + crashed,
            lease_owner=holder,
            lease_expires_at=_from_now(lease_s),
        )
        .returning(
            TurnRow.workspace_id,
            TurnRow.owner_id,
            TurnRow.id,
            TurnRow.conversation_id,
            TurnRow.epoch,
            TurnRow.attempt,
            TurnRow.crashes,
            TurnRow.stop_requested_at.is_not(None),
        )
    )
    return [Taken(*row) for row in await session.execute(statement)]


async def give_back(session: WriteSession, held: Collection[tuple[UUID, UUID, int]]) -> None:
    """Let another process take these turns at once."""
    await session.change(
        update(TurnRow)
        .where(
            tuple_(TurnRow.workspace_id, TurnRow.id, TurnRow.epoch).in_(list(held)),
            TurnRow.ended_at.is_(None),
        )
        .values(status="queued", lease_owner=None, lease_expires_at=func.clock_timestamp())
    )


def _own(scope: DataScope) -> Any:
    return select(TurnRow).where(
        TurnRow.workspace_id == scope.workspace_id, TurnRow.owner_id == scope.user_id
    )


def _from_now(seconds: float) -> Any:
    return func.clock_timestamp() + timedelta(seconds=seconds)
