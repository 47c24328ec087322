"""SQL of leases, across all people and workspaces, as the system role.

A lease is held by (`lease_owner`, `epoch`); its times are the database's, so that the clocks of
servers don't matter.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, text, tuple_, update
from sqlalchemy.orm import aliased

from vectal.agents.repository.runs import IS_DUE, UNTIL_AGENTS_END, from_now, now
from vectal.agents.tables import RunRow
from vectal.platform.db import ReadSession, Scope, WriteSession

Held = tuple[UUID, UUID, int]
"""Workspace, run, epoch."""
Place = tuple[Scope, UUID]
"""Whose run, and which."""

_CLAIM_LOCK: Final = 0x6167_656E_7473


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is ours from now on. `crashed`: its last holder had vanished."""

    workspace_id: UUID
    run_id: UUID
    owner_id: UUID
    epoch: int
    attempt: int
    crashes: int
    last_seq: int
    crashed: bool


# Fair between workspaces: whoever has the fewest at work comes first, then priority, then age.
# `queued` rows of a workspace count up from what it has at work, so that none gets past its cap.
_CLAIM: Final = f"""
WITH busy AS (
    SELECT workspace_id, count(*) AS runs FROM agent_runs
    WHERE state = 'running' AND lease_expires_at > clock_timestamp() GROUP BY workspace_id
), ready AS (
    SELECT run.workspace_id, run.id, run.priority, run.queued_at,
        coalesce(busy.runs, 0) + row_number() OVER (
            PARTITION BY run.workspace_id
            ORDER BY (run.state = 'running') DESC, run.priority DESC, run.queued_at, run.id
        ) AS place
    FROM agent_runs run LEFT JOIN busy USING (workspace_id)
    WHERE run.engine = 'native' AND (
        (run.state = 'queued' AND {IS_DUE})
        OR (run.state = 'running' AND run.lease_expires_at <= clock_timestamp())
    )
), picked AS (
    SELECT workspace_id, id FROM ready WHERE place <= :cap
    ORDER BY place, priority DESC, queued_at LIMIT :room
), mine AS (
    SELECT run.workspace_id, run.id, run.state = 'running' AS crashed
    FROM agent_runs run JOIN picked USING (workspace_id, id)
    WHERE run.state IN ('queued', 'running')
    FOR NO KEY UPDATE OF run SKIP LOCKED
)
"""  # noqa: S608 - of fixed parts

# One run of another engine, when it waits for its next step; it counts like every other one.
_PICK: Final = f"""
WITH busy AS (
    SELECT count(*) AS runs FROM agent_runs
    WHERE workspace_id = :workspace_id AND state = 'running'
        AND lease_expires_at > clock_timestamp()
), mine AS (
    SELECT run.workspace_id, run.id, run.state = 'running' AS crashed
    FROM agent_runs run
    WHERE run.workspace_id = :workspace_id AND run.id = :run_id AND run.engine <> 'native'
        AND (SELECT runs FROM busy) < :cap
        AND ((run.state = 'queued' AND {IS_DUE})
            OR (run.state = 'running' AND run.lease_expires_at <= clock_timestamp()))
    FOR NO KEY UPDATE OF run SKIP LOCKED
)
"""  # noqa: S608 - of fixed parts

_TAKE: Final = """
UPDATE agent_runs run
SET state = 'running', epoch = epoch + 1, attempt = attempt + 1,
    crashes = crashes + mine.crashed::integer, lease_owner = :holder,
    lease_expires_at = clock_timestamp() + make_interval(secs => :lease_s),
    last_seq = last_seq + 1, started_at = coalesce(started_at, clock_timestamp())
FROM mine WHERE run.workspace_id = mine.workspace_id AND run.id = mine.id
RETURNING run.workspace_id, run.id, run.owner_id, run.epoch, run.attempt, run.crashes,
    run.last_seq, mine.crashed
"""


async def claim(
    session: WriteSession, *, holder: UUID, lease_s: float, room: int, cap: int
) -> list[Claimed]:
    """Take at most `room` runs, no workspace beyond `cap` at once; two claimers never meet.

    Each has room in its journal for one more entry, at `last_seq`, which the caller must add.
    """
    # The caps hold exactly, since claims come one after the other; they are short and rare.
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CLAIM_LOCK})
    rows = await session.execute(
        text(_CLAIM + _TAKE),
        {
            "holder": holder,
            "lease_s": lease_s,
            "room": room,
            "cap": cap,
            "until_agents_end": UNTIL_AGENTS_END,
        },
    )
    return [Claimed(*row) for row in rows]


async def claim_one(
    session: WriteSession,
    workspace_id: UUID,
    run_id: UUID,
    *,
    holder: UUID,
    lease_s: float,
    cap: int,
) -> list[Claimed]:
    """As `claim`, for this run of another engine than our own; at most one."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CLAIM_LOCK})
    rows = await session.execute(
        text(_PICK + _TAKE),
        {
            "workspace_id": workspace_id,
            "run_id": run_id,
            "holder": holder,
            "lease_s": lease_s,
            "cap": cap,
            "until_agents_end": UNTIL_AGENTS_END,
        },
    )
    return [Claimed(*row) for row in rows]


_agent: Final = aliased(RunRow)
_HAS_AGENTS: Final = exists().where(
    _agent.workspace_id == RunRow.workspace_id,
    _agent.parent_run_id == RunRow.id,
    _agent.ended_at.is_(None),
)
_IS_DUE: Final = (RunRow.not_before <= now()) | (
    (RunRow.not_before == UNTIL_AGENTS_END) & ~_HAS_AGENTS
)
# Every worker asks once a second: as one statement, that is not built each time.
_READY: Final = (
    select(RunRow.id)
    .where(
        RunRow.engine == "native",
        ((RunRow.state == "queued") & _IS_DUE)
        | ((RunRow.state == "running") & (RunRow.lease_expires_at <= now())),
    )
    .limit(1)
)


async def has_ready(session: ReadSession) -> bool:
    """Whether any run waits for a worker, without a lock on anything."""
    return await session.scalar(_READY) is not None


async def renew(session: WriteSession, held: Collection[Held], *, lease_s: float) -> set[UUID]:
    """Extend leases that have not run out; returns the runs that are still ours."""
    statement = (
        update(RunRow)
        .where(
            tuple_(RunRow.workspace_id, RunRow.id, RunRow.epoch).in_(list(held)),
            RunRow.state == "running",
            RunRow.lease_expires_at > now(),
        )
        .values(lease_expires_at=from_now(lease_s))
        .returning(RunRow.id)
    )
    return set(await session.scalars(statement))


async def find_wanted(session: ReadSession, held: Collection[Held]) -> dict[UUID, str]:
    """What people want of the runs in `held`."""
    statement = select(RunRow.id, RunRow.wanted).where(
        tuple_(RunRow.workspace_id, RunRow.id, RunRow.epoch).in_(list(held)),
        RunRow.wanted.is_not(None),
    )
    return {run_id: str(wanted) for run_id, wanted in await session.execute(statement)}


async def take_unheeded(
    session: WriteSession, *, cancel_s: float, pause_s: float, limit: int
) -> Sequence[RunRow]:
    """Fence off holders who have not heeded in time what was wanted of them.

    The runs stay `running` under a new epoch that nobody holds, locked by this transaction.
    """
    late = (
        select(RunRow.workspace_id, RunRow.id)
        .where(
            RunRow.state == "running",
            ((RunRow.wanted == "cancel") & (RunRow.wanted_at < from_now(-cancel_s)))
            | ((RunRow.wanted == "pause") & (RunRow.wanted_at < from_now(-pause_s)))
            | (RunRow.wanted.is_not(None) & (RunRow.lease_expires_at <= now())),
        )
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .cte("late")
    )
    statement = (
        update(RunRow)
        .where(RunRow.workspace_id == late.c.workspace_id, RunRow.id == late.c.id)
        .values(epoch=RunRow.epoch + 1, lease_owner=None, lease_expires_at=now())
        .returning(RunRow)
        .execution_options(populate_existing=True)
    )
    return await session.scalars(statement)


async def find_overdue(session: ReadSession, limit: int) -> list[Place]:
    """Open runs that nobody works at, past their deadline."""
    statement = (
        select(RunRow.workspace_id, RunRow.owner_id, RunRow.id)
        .where(RunRow.ended_at.is_(None), RunRow.deadline_at <= now(), RunRow.state != "running")
        .order_by(RunRow.deadline_at)
        .limit(limit)
    )
    return [(Scope(row[0], row[1]), row[2]) for row in await session.execute(statement)]


async def find_unapproved(session: ReadSession, limit: int) -> list[Place]:
    """Runs whose approval nobody has given in time."""
    statement = (
        select(RunRow.workspace_id, RunRow.owner_id, RunRow.id)
        .where(
            RunRow.ended_at.is_(None),
            RunRow.state == "waiting_for_approval",
            RunRow.approval_expires_at <= now(),
        )
        .limit(limit)
    )
    return [(Scope(row[0], row[1]), row[2]) for row in await session.execute(statement)]


async def has_waited(session: ReadSession, *, older_than_s: float) -> bool:
    """Whether a run waits for a worker for a while, or has lost the one it had."""
    since = from_now(-older_than_s)
    statement = (
        select(RunRow.id)
        .where(
            RunRow.engine == "native",
            (
                (RunRow.state == "queued")
                & (RunRow.not_before <= since)
                & (RunRow.queued_at <= since)
            )
            | ((RunRow.state == "running") & (RunRow.lease_expires_at <= now())),
        )
        .limit(1)
    )
    return await session.scalar(statement) is not None
