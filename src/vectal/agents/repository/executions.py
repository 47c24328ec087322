"""SQL of what another engine does for runs: its executions, and what their calls were answered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case, select, text, update
from sqlalchemy.dialects.postgresql import insert

from vectal.agents.repository.runs import IS_DUE, UNTIL_AGENTS_END, from_now, now
from vectal.agents.tables import RunRow
from vectal.agents.tables_workflows import AnswerRow, ExecutionRow
from vectal.platform.db import DataScope, ReadSession, Scope, WriteSession


@dataclass(frozen=True, slots=True)
class Due:
    """A run that n8n should bring on, and that nobody has heard of for too long.

    `ended`: the run is over, and an execution may still wait for it. `silent_s` is how long a
    call has been due.
    """

    scope: Scope
    run_id: UUID
    drive: int
    execution_id: str | None
    resume_path: str | None
    tries: int
    silent_s: float
    ended: bool


_DUE: Final = f"""
    FROM workflow_executions execution
    JOIN agent_runs run ON run.workspace_id = execution.workspace_id
        AND run.id = execution.run_id
    WHERE execution.look_at <= clock_timestamp() AND run.engine = 'n8n'
        AND (run.ended_at IS NOT NULL
            OR (run.state = 'queued' AND {IS_DUE})
            OR (run.state = 'running' AND run.lease_expires_at <= clock_timestamp()))
"""
_TAKE_DUE: Final = f"""
WITH due AS (
    SELECT execution.workspace_id, execution.run_id, run.ended_at IS NOT NULL AS ended
    {_DUE}
    ORDER BY execution.look_at LIMIT :limit
    FOR UPDATE OF execution SKIP LOCKED
)
UPDATE workflow_executions execution
SET look_at = CASE WHEN due.ended THEN NULL
    ELSE clock_timestamp() + make_interval(secs => :again_s) END
FROM due
WHERE execution.workspace_id = due.workspace_id AND execution.run_id = due.run_id
RETURNING execution.workspace_id, execution.owner_id, execution.run_id, execution.drive,
    execution.execution_id, execution.resume_path, execution.tries,
    extract(epoch FROM clock_timestamp() - execution.expected_at)::float8, due.ended
"""  # noqa: S608 - of fixed parts


async def add(session: WriteSession, scope: DataScope, run_id: UUID) -> None:
    """Room for the executions of a new run."""
    session.add(
        ExecutionRow(
            workspace_id=scope.workspace_id,
            run_id=run_id,
            owner_id=scope.user_id,
            drive=0,
            tries=0,
            seen_steps=0,
        )
    )
    await session.flush()


async def find(
    session: ReadSession, scope: DataScope, run_id: UUID, *, lock: bool = False
) -> ExecutionRow | None:
    statement = select(ExecutionRow).where(
        ExecutionRow.workspace_id == scope.workspace_id, ExecutionRow.run_id == run_id
    )
    if lock:
        statement = statement.with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def expect(
    session: WriteSession, scope: DataScope, run_id: UUID, *, in_s: float, look_s: float
) -> None:
    """A call is due in `in_s` seconds; somebody looks `look_s` seconds after that."""
    await _change(
        session, scope, run_id, expected_at=from_now(in_s), look_at=from_now(in_s + look_s)
    )


async def expect_nothing(session: WriteSession, scope: DataScope, run_id: UUID) -> None:
    """A person has the word, or the run is another engine's: no call is due."""
    await _change(session, scope, run_id, look_at=None)


async def look_now(session: WriteSession, scope: DataScope, run_id: UUID) -> None:
    await _change(session, scope, run_id, look_at=now())


async def hear(
    session: WriteSession,
    scope: DataScope,
    run_id: UUID,
    *,
    execution_id: str,
    resume_path: str | None,
    steps: int,
    look_s: float,
) -> None:
    """A call has come, while the run has taken `steps`: those are what counts as coming further."""
    further = ExecutionRow.seen_steps < steps
    await _change(
        session,
        scope,
        run_id,
        execution_id=execution_id,
        resume_path=resume_path,
        expected_at=now(),
        look_at=from_now(look_s),
        tries=case((further, 0), else_=ExecutionRow.tries),
        seen_steps=steps,
    )


async def begin_anew(session: WriteSession, scope: DataScope, run_id: UUID, drive: int) -> bool:
    """Count up from `drive`; False when somebody else has."""
    changed = await session.scalar(
        _own(scope, run_id)
        .where(ExecutionRow.drive == drive)
        .values(drive=drive + 1, execution_id=None, resume_path=None)
        .returning(ExecutionRow.drive)
    )
    return changed is not None


async def count_try(
    session: WriteSession, scope: DataScope, run_id: UUID, *, over: str | None, look_s: float
) -> None:
    """It has been begun or tried again; somebody looks in `look_s` seconds.

    `over` is the execution that failed. The new one has no id here until it calls, which it may
    have done already.
    """
    is_over = ExecutionRow.execution_id == over
    await _change(
        session,
        scope,
        run_id,
        tries=ExecutionRow.tries + 1,
        look_at=from_now(look_s),
        execution_id=case((is_over, None), else_=ExecutionRow.execution_id),
        resume_path=case((is_over, None), else_=ExecutionRow.resume_path),
    )


async def take_due(session: WriteSession, *, limit: int, again_s: float) -> list[Due]:
    """What is due now, whoever's it is; the next look at each is in `again_s` seconds."""
    rows = await session.execute(
        text(_TAKE_DUE),
        {"limit": limit, "again_s": again_s, "until_agents_end": UNTIL_AGENTS_END},
    )
    return [
        Due(Scope(workspace_id, owner_id), run_id, drive, execution, resume, tries, silent_s, ended)
        for (
            workspace_id, owner_id, run_id, drive, execution, resume, tries, silent_s, ended
        ) in rows
    ]  # fmt: skip


async def has_due(session: ReadSession) -> bool:
    """Whether anything is due, without a lock on anything."""
    found = await session.execute(
        text(f"SELECT 1 {_DUE} LIMIT 1"), {"until_agents_end": UNTIL_AGENTS_END}
    )
    return next(iter(found), None) is not None


async def has_open(session: ReadSession) -> bool:
    """Whether n8n brings any run on now."""
    statement = select(RunRow.id).where(RunRow.engine == "n8n", RunRow.ended_at.is_(None)).limit(1)
    return await session.scalar(statement) is not None


async def ring(session: WriteSession, execution_ids: Collection[str]) -> int:
    """These executions have gone wrong: their runs are looked at now."""
    rows = await session.scalars(
        update(ExecutionRow)
        .where(
            ExecutionRow.execution_id.in_(list(execution_ids)),
            ExecutionRow.look_at > now(),
        )
        .values(look_at=now())
        .returning(ExecutionRow.run_id)
    )
    return len(list(rows))


async def find_answer(
    session: ReadSession, scope: DataScope, run_id: UUID, drive: int, key: str
) -> dict[str, Any] | None:
    return await session.scalar(
        select(AnswerRow.answer).where(
            AnswerRow.workspace_id == scope.workspace_id,
            AnswerRow.run_id == run_id,
            AnswerRow.drive == drive,
            AnswerRow.key == key,
        )
    )


async def keep_answer(
    session: WriteSession,
    scope: DataScope,
    run_id: UUID,
    drive: int,
    key: str,
    answer: dict[str, Any],
) -> None:
    """The first one stays."""
    await session.execute(
        insert(AnswerRow)
        .values(
            workspace_id=scope.workspace_id,
            run_id=run_id,
            drive=drive,
            key=key,
            owner_id=scope.user_id,
            answer=answer,
        )
        .on_conflict_do_nothing()
    )


def _own(scope: DataScope, run_id: UUID) -> Any:
    return update(ExecutionRow).where(
        ExecutionRow.workspace_id == scope.workspace_id, ExecutionRow.run_id == run_id
    )


async def _change(session: WriteSession, scope: DataScope, run_id: UUID, **values: Any) -> None:
    await session.execute(_own(scope, run_id).values(**values))
