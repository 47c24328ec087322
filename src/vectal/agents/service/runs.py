"""Runs as their owners handle them: begun, looked at, listed, and the journal read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from vectal.agents.contracts import (
    DEFAULT_TIME,
    EngineName,
    JournalEntry,
    NewRun,
    PendingApproval,
    RequestKey,
    Run,
    StarterKind,
    WaitingRun,
)
from vectal.agents.entries import ApprovalAsked, fields_of
from vectal.agents.errors import RunNotFoundError, TooManyRunsError
from vectal.agents.handover import beginning
from vectal.agents.history import fold
from vectal.agents.policy import can_see, can_start
from vectal.agents.ports import AgentPorts
from vectal.agents.repository import runs
from vectal.agents.repository.runs import RunFilter
from vectal.agents.rights import RunRights
from vectal.agents.run import RunState
from vectal.agents.sealing import Brief, Seals, brief_of
from vectal.agents.service.journal import Journal
from vectal.agents.service.moving import Mover
from vectal.agents.service.reading import RunReader, choice_json
from vectal.agents.service.rules import EngineChoice
from vectal.agents.tables import RunRow
from vectal.ai.contracts import Taint
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.db.paging import Slice, decode_id, encode_cursor
from vectal.platform.errors import IdempotencyMismatchError, InvalidInputError
from vectal.platform.ids import new_id

MAX_OPEN_RUNS: Final = 1_000
"""Of one person in one workspace, those that wait for somebody included."""
MAX_TIME: Final = timedelta(days=90)
_CURSOR: Final = "runs"
_AT_WORK: Final = (
    RunState.QUEUED,
    RunState.RUNNING,
    RunState.WAITING_FOR_APPROVAL,
    RunState.WAITING_FOR_INPUT,
    RunState.PAUSED,
)
_AT_WORK_MOST: Final = 10
"""So many runs of one person on one task hear what is said there."""
_ASKING: Final = frozenset(
    (RunState.WAITING_FOR_APPROVAL, RunState.WAITING_FOR_INPUT, RunState.PAUSED)
)


class Runs:
    def __init__(
        self,
        *,
        database: Database,
        journal: Journal,
        mover: Mover,
        reader: RunReader,
        seals: Seals,
        ports: AgentPorts,
        clock: Clock,
        engines: EngineChoice,
    ) -> None:
        self._database = database
        self._journal = journal
        self._mover = mover
        self._reader = reader
        self._seals = seals
        self._mind = ports.mind
        self._clock = clock
        self._engines = engines

    async def create(
        self, principal: Principal, new: NewRun, *, key: RequestKey | None = None
    ) -> tuple[Run, bool]:
        """A run that waits for a worker; with a `key` that was used before, the run it began.

        The flag says that it was there already. Raises `TooManyRunsError`.
        """
        if not can_start(principal):
            raise ForbiddenError("Starting a run needs the role member and the scope agents:write.")
        engine = self._engines.pick(new.engine)
        await self._mind.check_caller(principal)
        now = self._clock.now()
        deadline_at = new.deadline_at or now + DEFAULT_TIME
        if not now < deadline_at <= now + MAX_TIME:
            raise InvalidInputError(
                f"A run ends within {MAX_TIME.days} days.", pointer="/deadline_at"
            )
        async with self._database.transaction(principal) as session:
            await runs.lock_owner(session, principal)
            if key is not None and (known := await self.find_repeated(session, principal, key)):
                return known, True
            if await runs.count_open(session, principal, MAX_OPEN_RUNS) >= MAX_OPEN_RUNS:
                raise TooManyRunsError(f"At most {MAX_OPEN_RUNS} of your runs are open at once.")
            row = _row(principal, new, deadline_at, key, engine)
            brief = Brief(new.goal, new.criteria)
            row.sealed_brief = await self._seals.seal(
                session, principal, brief_of(row.id), msgspec.json.encode(brief)
            )
            written = beginning(new, principal.user_id, now)
            row.last_seq = len(written)
            session.add(row)
            await session.flush()
            await self._journal.add(session, principal, row.id, written, after=0)
            await session.refresh(row)
            await self._mover.tell(session, row)
            await self._mover.begin(session, row)
            return await self._reader.run(session, principal, row), False

    async def get(self, principal: Principal, run_id: UUID) -> Run:
        """Raises `RunNotFoundError`."""
        async with self._database.read(principal) as session:
            row = await self._find(session, principal, run_id)
            return await self._reader.run(session, principal, row)

    async def list_at_work(self, principal: Principal, task_id: UUID) -> list[Run]:
        """The person's own runs that have the task in hand; not what they have handed on."""
        wanted = RunFilter(states=_AT_WORK, task_id=task_id)
        found = await self.list_recent(principal, wanted, limit=_AT_WORK_MOST)
        return [run for run in found.items if run.parent_run_id is None]

    async def find_waiting(self, scope: DataScope, run_id: UUID) -> WaitingRun | None:
        """A run of this person with what it waits for; for what follows from its events."""
        async with self._database.read(scope) as session:
            row = await runs.find(session, scope, run_id)
            if row is None:
                return None
            run = await self._reader.run(session, scope, row)
            if run.state not in _ASKING:
                return WaitingRun(run)
            history = fold(await self._journal.read(scope, run_id))
        pending = [each.asked for each in history.approvals.values() if each.decided is None]
        question = history.question and history.question.call_id
        return WaitingRun(run, tuple(_pending(asked) for asked in pending), question)

    async def find_goals(self, scope: DataScope, run_ids: Collection[UUID]) -> dict[UUID, str]:
        """What was asked of these runs of this person, as far as they are there."""
        async with self._database.read(scope) as session:
            rows = await runs.list_by_id(session, scope, run_ids)
            return {row.id: (await self._reader.brief(session, scope, row)).goal for row in rows}

    async def list_recent(
        self, principal: Principal, wanted: RunFilter, *, limit: int, cursor: str | None = None
    ) -> Slice[Run]:
        """The newest first."""
        before = None if cursor is None else decode_id(_CURSOR, cursor)
        async with self._database.read(principal) as session:
            rows = await runs.list_recent(
                session, principal, wanted, before=before, limit=limit + 1
            )
            found = [await self._reader.run(session, principal, row) for row in rows[:limit]]
        more = len(rows) > limit
        return Slice(found, encode_cursor(_CURSOR, [str(found[-1].id)]) if more else None)

    async def journal(
        self, principal: Principal, run_id: UUID, *, after: int = 0, limit: int
    ) -> list[JournalEntry]:
        """Entries after `after`, at most `limit`; those of an older release as of this one."""
        async with self._database.read(principal) as session:
            await self._find(session, principal, run_id)
            page = await self._journal.page(session, principal, run_id, after=after, limit=limit)
        return [JournalEntry(seq, each.KIND, each.at, fields_of(each)) for seq, each in page]

    async def _find(self, session: ReadSession, principal: Principal, run_id: UUID) -> RunRow:
        row = await runs.find(session, principal, run_id)
        if row is None or not can_see(principal, row.owner_id):
            raise RunNotFoundError
        return row

    async def find_repeated(
        self, session: WriteSession, principal: Principal, key: RequestKey
    ) -> Run | None:
        """The run that was begun with this key. Raises `IdempotencyMismatchError`."""
        row = await runs.find_by_request_key(session, principal, key.key)
        if row is None:
            return None
        if row.request_digest != key.digest:
            raise IdempotencyMismatchError
        return await self._reader.run(session, principal, row)


def _pending(asked: ApprovalAsked) -> PendingApproval:
    return PendingApproval(
        id=asked.approval_id,
        tool=asked.tool,
        title=asked.title,
        arguments=asked.arguments,
        sha256=asked.sha256,
        why=asked.why,
        expires_at=asked.expires_at,
    )


def _row(
    principal: Principal,
    new: NewRun,
    deadline_at: datetime,
    key: RequestKey | None,
    engine: EngineName,
) -> RunRow:
    taint = new.earlier.taint if new.earlier else frozenset[Taint]()
    if new.received is not None:
        taint |= new.received.reads
    return RunRow(
        workspace_id=principal.workspace_id,
        id=new_id(),
        owner_id=principal.user_id,
        choice=choice_json(new.choice),
        rights=RunRights.of(principal, new.timezone).as_json(),
        tools=None if new.tools is None else list(new.tools),
        priority=new.priority,
        task_id=new.task_id,
        conversation_id=new.conversation_id,
        project_id=new.project_id,
        schedule_id=_starter_id(new, "schedule"),
        trigger_id=_starter_id(new, "trigger"),
        depth=0,
        kind=new.kind,
        follows_run_id=new.earlier.run_id if new.earlier else None,
        cost_cap_usd=new.budget.cost_usd,
        token_cap=new.budget.tokens,
        step_cap=new.budget.steps,
        deadline_at=deadline_at,
        engine=engine,
        state=RunState.QUEUED.value,
        epoch=0,
        attempt=0,
        crashes=0,
        cost_usd=Decimal(0),
        tokens=0,
        steps=0,
        last_seq=1,
        read_untrusted="untrusted" in taint,
        read_private="private" in taint,
        request_key=key.key if key else None,
        request_digest=key.digest if key else None,
    )


def _starter_id(new: NewRun, kind: StarterKind) -> UUID | None:
    starter = new.starter
    return starter.id if starter is not None and starter.kind == kind else None
