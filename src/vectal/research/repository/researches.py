"""SQL of researches. Whoever works on one names the epoch that it took; see `advance`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.research.contracts import UNDER_WAY
from vectal.research.tables import ResearchRow, StepRow

ZERO = Decimal(0)


async def add(session: WriteSession, scope: DataScope, **values: Any) -> None:
    where = {"workspace_id": scope.workspace_id, "user_id": scope.user_id}
    await session.execute(insert(ResearchRow).values(**where, **values))


async def find(
    session: ReadSession, scope: DataScope, research_id: UUID, *, lock: bool = False
) -> ResearchRow | None:
    statement = _own(scope).where(ResearchRow.id == research_id)
    statement = statement.execution_options(populate_existing=True)
    return await session.scalar(statement.with_for_update() if lock else statement)


async def list_own(
    session: ReadSession, scope: DataScope, *, before: UUID | None, limit: int
) -> Sequence[ResearchRow]:
    """The newest first; ids sort by birth."""
    statement = _own(scope).order_by(ResearchRow.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(ResearchRow.id < before)
    return await session.scalars(statement)


async def count_under_way(session: ReadSession, scope: DataScope) -> int:
    """Of this person, as row-level security shows no other's."""
    statement = select(func.count()).select_from(ResearchRow)
    return (
        await session.scalar(statement.where(_is_own(scope), ResearchRow.state.in_(UNDER_WAY))) or 0
    )


async def take(
    session: WriteSession, scope: DataScope, research_id: UUID, now: datetime
) -> ResearchRow | None:
    """Begin an epoch of a research that is under way, so that whoever had it before stops."""
    changed = await session.change(
        update(ResearchRow)
        .where(_is_own(scope), ResearchRow.id == research_id, ResearchRow.state.in_(UNDER_WAY))
        .values(epoch=ResearchRow.epoch + 1, state="running", touched_at=now)
        .execution_options(synchronize_session=False)
    )
    return await find(session, scope, research_id) if changed else None


async def advance(
    session: WriteSession, scope: DataScope, research_id: UUID, epoch: int, **values: Any
) -> bool:
    """Set columns; False when the research has ended, or is somebody else's by now."""
    return await _change(session, _is_held(scope, research_id, epoch), values)


async def reserve_search(
    session: WriteSession,
    scope: DataScope,
    research_id: UUID,
    epoch: int,
    price: Decimal,
    until: int,
) -> bool:
    """Set one search and its price aside; False when a limit, or `until`, would not hold."""
    return await _change(
        session,
        and_(
            _is_held(scope, research_id, epoch),
            ResearchRow.searches < func.least(ResearchRow.searches_most, until),
            ResearchRow.cost_usd + price <= ResearchRow.cost_most_usd,
        ),
        {"searches": ResearchRow.searches + 1, "cost_usd": ResearchRow.cost_usd + price},
    )


async def reserve_page(
    session: WriteSession, scope: DataScope, research_id: UUID, epoch: int, until: int
) -> bool:
    """Set one page aside; False when the limit, or `until`, would not hold."""
    return await _change(
        session,
        and_(
            _is_held(scope, research_id, epoch),
            ResearchRow.pages < func.least(ResearchRow.pages_most, until),
        ),
        {"pages": ResearchRow.pages + 1},
    )


async def count_spent(
    session: WriteSession, scope: DataScope, research_id: UUID, tokens: int, cost_usd: Decimal
) -> bool:
    """Add what was used; whoever used it, and also when the research has ended meanwhile."""
    return await _change(
        session,
        and_(_is_own(scope), ResearchRow.id == research_id),
        {
            "tokens": ResearchRow.tokens + tokens,
            "cost_usd": func.greatest(ZERO, ResearchRow.cost_usd + cost_usd),
        },
    )


async def end(session: WriteSession, scope: DataScope, research_id: UUID, **values: Any) -> bool:
    """End a research that is under way, whoever works on it."""
    return await _change(
        session,
        and_(_is_own(scope), ResearchRow.id == research_id, ResearchRow.state.in_(UNDER_WAY)),
        values,
    )


async def remove(session: WriteSession, scope: DataScope, research_id: UUID) -> bool:
    """With all that it has searched, read and written. False when there is no such research."""
    statement = delete(ResearchRow).where(_is_own(scope), ResearchRow.id == research_id)
    return bool(await session.change(statement))


async def list_stalled(
    session: ReadSession, before: datetime, limit: int
) -> list[tuple[UUID, UUID, UUID]]:
    """Workspace, person and id of what is under way and untouched; for the system."""
    rows = await session.execute(
        select(ResearchRow.workspace_id, ResearchRow.user_id, ResearchRow.id)
        .where(ResearchRow.state.in_(UNDER_WAY), ResearchRow.touched_at < before)
        .order_by(ResearchRow.touched_at)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows.all()]


async def add_step(
    session: WriteSession, scope: DataScope, research_id: UUID, key: str, sealed_body: bytes
) -> None:
    """A step is written once: a second one of its key changes nothing."""
    await session.execute(
        insert(StepRow)
        .values(
            workspace_id=scope.workspace_id,
            research_id=research_id,
            key=key,
            user_id=scope.user_id,
            sealed_body=sealed_body,
        )
        .on_conflict_do_nothing()
    )


async def list_steps(
    session: ReadSession, scope: DataScope, research_id: UUID
) -> list[tuple[str, bytes]]:
    rows = await session.execute(
        select(StepRow.key, StepRow.sealed_body).where(
            StepRow.workspace_id == scope.workspace_id,
            StepRow.user_id == scope.user_id,
            StepRow.research_id == research_id,
        )
    )
    return [(row[0], row[1]) for row in rows.all()]


def _is_own(scope: DataScope) -> ColumnElement[bool]:
    return and_(
        ResearchRow.workspace_id == scope.workspace_id, ResearchRow.user_id == scope.user_id
    )


def _own(scope: DataScope) -> Select[ResearchRow]:
    return select(ResearchRow).where(_is_own(scope))


def _is_held(scope: DataScope, research_id: UUID, epoch: int) -> ColumnElement[bool]:
    return and_(
        _is_own(scope),
        ResearchRow.id == research_id,
        ResearchRow.epoch == epoch,
        ResearchRow.state.in_(UNDER_WAY),
    )


async def _change(
    session: WriteSession, where: ColumnElement[bool], values: dict[str, Any]
) -> bool:
    statement = update(ResearchRow).where(where).values(**values)
    return await session.change(statement.execution_options(synchronize_session=False)) == 1
