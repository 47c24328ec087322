"""SQL of runs as their owner sees and moves them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.orm import aliased

from vectal.agents.run import RunState
from vectal.agents.tables import WAITS_FOR_PERSON, RunRow
from vectal.platform.db import DataScope, ReadSession, Scope, WriteSession

CHANNEL: Final = "vectal_agents"
UNTIL_AGENTS_END: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""As `not_before` of a queued run: it waits for the runs that it has begun."""
IS_DUE: Final = """
(run.not_before <= clock_timestamp() OR (
    run.not_before = :until_agents_end AND NOT EXISTS (
        SELECT 1 FROM agent_runs agent
        WHERE agent.workspace_id = run.workspace_id AND agent.parent_run_id = run.id
            AND agent.ended_at IS NULL
    )
))
"""
"""Whether a queued `run` may be claimed now."""
_KEY: Final = 0x72_756E_73
"""Keeps these locks apart from others of the same person."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    states: Collection[str] = ()
    task_id: UUID | None = None
    conversation_id: UUID | None = None
    parent_run_id: UUID | None = None
    schedule_id: UUID | None = None
    trigger_id: UUID | None = None
    waiting: bool = False
    """Those that wait for a person: in their state, or with a result that nobody has taken."""


async def notify(session: WriteSession) -> None:
    """Tell every worker to look, once this transaction commits."""
    await session.execute(select(func.pg_notify(CHANNEL, "")))


async def lock_owner(session: WriteSession, scope: DataScope) -> None:
    """One new run at a time for each person, so that their count is exact."""
    key = (scope.workspace_id.int ^ scope.user_id.int ^ _KEY) & 0x7FFF_FFFF_FFFF_FFFF
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def find(
    session: ReadSession, scope: DataScope, run_id: UUID, *, lock: bool = False
) -> RunRow | None:
    """With `lock`, nobody else writes this run or its journal until the transaction ends."""
    statement = _own(scope).where(RunRow.id == run_id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    return await session.scalar(statement.execution_options(populate_existing=True))


_HELD: Final = (
    select(RunRow)
    .where(
        RunRow.workspace_id == bindparam("workspace_id"),
        RunRow.owner_id == bindparam("owner_id"),
        RunRow.id == bindparam("run_id"),
        RunRow.epoch == bindparam("epoch"),
        RunRow.state == RunState.RUNNING,
        RunRow.lease_expires_at > func.clock_timestamp(),
    )
    .execution_options(populate_existing=True)
)
_HELD_LOCKED: Final = _HELD.with_for_update(key_share=True)


async def find_held(
    session: ReadSession, scope: DataScope, run_id: UUID, epoch: int, *, lock: bool = False
) -> RunRow | None:
    """As `find`; None when its lease of that epoch is over, by the database's clock."""
    held = await session.execute(
        _HELD_LOCKED if lock else _HELD,
        {
            "workspace_id": scope.workspace_id,
            "owner_id": scope.user_id,
            "run_id": run_id,
            "epoch": epoch,
        },
    )
    return held.scalar_one_or_none()


async def list_by_id(
    session: ReadSession, scope: DataScope, run_ids: Collection[UUID]
) -> Sequence[RunRow]:
    return list(await session.scalars(_own(scope).where(RunRow.id.in_(run_ids))))


async def find_by_request_key(session: ReadSession, scope: DataScope, key: str) -> RunRow | None:
    return await session.scalar(_own(scope).where(RunRow.request_key == key))


async def list_recent(
    session: ReadSession,
    scope: DataScope,
    wanted: RunFilter,
    *,
    before: UUID | None,
    limit: int,
) -> Sequence[RunRow]:
    """The newest first; `before` is the last one seen."""
    statement = _own(scope).order_by(RunRow.id.desc()).limit(limit)
    if wanted.states:
        statement = statement.where(RunRow.state.in_(wanted.states))
    if wanted.waiting:
        statement = statement.where(WAITS_FOR_PERSON)
    if wanted.task_id is not None:
        statement = statement.where(RunRow.task_id == wanted.task_id)
    if wanted.conversation_id is not None:
        statement = statement.where(RunRow.conversation_id == wanted.conversation_id)
    if wanted.parent_run_id is not None:
        statement = statement.where(RunRow.parent_run_id == wanted.parent_run_id)
    if wanted.schedule_id is not None:
        statement = statement.where(RunRow.schedule_id == wanted.schedule_id)
    if wanted.trigger_id is not None:
        statement = statement.where(RunRow.trigger_id == wanted.trigger_id)
    if before is not None:
        statement = statement.where(RunRow.id < before)
    return await session.scalars(statement)


_parent: Final = aliased(RunRow)
# Asked for several times a second: as one statement, that is not built each time.
_ORPHANS: Final = (
    select(RunRow.workspace_id, RunRow.owner_id, RunRow.id)
    .join(
        _parent,
        (_parent.workspace_id == RunRow.workspace_id) & (_parent.id == RunRow.parent_run_id),
    )
    .where(
        RunRow.ended_at.is_(None),
        _parent.ended_at.is_not(None),
        RunRow.wanted.is_distinct_from("cancel"),
    )
)


async def find_orphans(session: ReadSession, limit: int) -> list[tuple[Scope, UUID]]:
    """Open runs whose own parent has ended and that nobody has told to stop."""
    rows = await session.execute(_ORPHANS.limit(limit))
    return [(Scope(row[0], row[1]), row[2]) for row in rows]


async def waits_for_agents(session: ReadSession, row: RunRow) -> bool:
    """Whether a queued run waits for runs that it has begun, of which one has not ended."""
    if row.not_before != UNTIL_AGENTS_END:
        return False
    agent = (
        select(RunRow.id)
        .where(
            RunRow.workspace_id == row.workspace_id,
            RunRow.parent_run_id == row.id,
            RunRow.ended_at.is_(None),
        )
        .limit(1)
    )
    return await session.scalar(agent) is not None


async def count_open(session: ReadSession, scope: DataScope, limit: int) -> int:
    """Runs of this person that have not ended, counted up to `limit`."""
    some = (
        select(RunRow.id)
        .where(
            RunRow.workspace_id == scope.workspace_id,
            RunRow.owner_id == scope.user_id,
            RunRow.ended_at.is_(None),
        )
        .limit(limit)
    )
    return await session.scalar(select(func.count()).select_from(some.subquery())) or 0


_HAS_OPEN_AGENTS: Final = text("""
WITH RECURSIVE family (id, ended_at) AS (
    SELECT id, ended_at FROM agent_runs
    WHERE workspace_id = :workspace_id AND parent_run_id = :run_id
    UNION ALL
    SELECT agent.id, agent.ended_at FROM agent_runs agent
    JOIN family ON agent.parent_run_id = family.id
    WHERE agent.workspace_id = :workspace_id
)
SELECT EXISTS (SELECT 1 FROM family WHERE ended_at IS NULL)
""")


async def has_open_agents(session: ReadSession, scope: DataScope, run_id: UUID) -> bool:
    """Whether a run that this one has begun, or one of theirs, has not ended."""
    wanted = {"workspace_id": scope.workspace_id, "run_id": run_id}
    return bool((await session.execute(_HAS_OPEN_AGENTS, wanted)).scalar_one())


async def remove(session: WriteSession, scope: DataScope, run_id: UUID) -> None:
    """Delete a run that is locked, with its journal and the runs that it has begun."""
    await session.change(
        delete(RunRow).where(
            RunRow.workspace_id == scope.workspace_id,
            RunRow.owner_id == scope.user_id,
            RunRow.id == run_id,
        )
    )


_REMOVE_OLD: Final = text("""
DELETE FROM agent_runs WHERE (workspace_id, id) IN (
    SELECT run.workspace_id, run.id FROM agent_runs run
    WHERE run.ended_at < clock_timestamp() - CAST(:keep AS interval)
        AND run.parent_run_id IS NULL AND run.review IS DISTINCT FROM 'waiting'
        AND NOT EXISTS (
            SELECT 1 FROM agent_runs agent
            WHERE agent.workspace_id = run.workspace_id AND agent.parent_run_id = run.id
                AND agent.ended_at IS NULL
        )
    ORDER BY run.ended_at LIMIT :limit FOR UPDATE SKIP LOCKED
)
""")


async def remove_old(session: WriteSession, keep: timedelta, limit: int) -> int:
    """The same for runs of everybody that ended before; what waits for a person stays."""
    return await session.change(_REMOVE_OLD, {"keep": keep, "limit": limit})


async def change(
    session: WriteSession, scope: DataScope, run_id: UUID, **values: Any
) -> RunRow | None:
    """Set columns of a run that is locked, or whose lease is ours."""
    statement = (
        update(RunRow)
        .where(RunRow.workspace_id == scope.workspace_id, RunRow.id == run_id)
        .values(**values)
        .returning(RunRow)
        .execution_options(populate_existing=True)
    )
    return await session.scalar(statement)


async def is_leased(session: ReadSession, scope: DataScope, run_id: UUID) -> bool:
    """Whether somebody may be at work on it, by the database's clock."""
    statement = select(RunRow.lease_expires_at > func.clock_timestamp()).where(
        RunRow.workspace_id == scope.workspace_id, RunRow.id == run_id
    )
    return bool(await session.scalar(statement))


def now() -> Any:
    return func.clock_timestamp()


def from_now(seconds: float) -> Any:
    return func.clock_timestamp() + timedelta(seconds=seconds)


def _own(scope: DataScope) -> Any:
    """Row-level security says the same; saying it here lets the planner use the index."""
    return select(RunRow).where(
        RunRow.workspace_id == scope.workspace_id, RunRow.owner_id == scope.user_id
    )
