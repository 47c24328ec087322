"""What a person does to a run: stop it, say something, answer, approve, settle, take its result."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

from vectal.agents import entries
from vectal.agents.contracts import DecidedVia, Run, Wanted
from vectal.agents.entries import Entry
from vectal.agents.errors import (
    ApprovalMismatchError,
    ApprovalNotFoundError,
    NotInDoubtError,
    RunNotFoundError,
    RunTransitionError,
)
from vectal.agents.history import History, fold
from vectal.agents.policy import can_see
from vectal.agents.repository import runs
from vectal.agents.run import ENDED, RunMove, RunState
from vectal.agents.service.journal import Journal
from vectal.agents.service.moving import Move, Mover
from vectal.agents.service.reading import RunReader
from vectal.agents.service.runner import RunRunner
from vectal.agents.tables import RunRow
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession


class Moves:
    def __init__(
        self,
        *,
        database: Database,
        journal: Journal,
        mover: Mover,
        reader: RunReader,
        runner: RunRunner,
        clock: Clock,
    ) -> None:
        self._database = database
        self._journal = journal
        self._mover = mover
        self._reader = reader
        self._runner = runner
        self._clock = clock

    async def cancel(self, principal: Principal, run_id: UUID) -> Run:
        """End it. While a worker has it, `wanted` says so until the worker has stopped."""
        return await self._stop(principal, run_id, RunMove.CANCEL, "cancel")

    async def pause(self, principal: Principal, run_id: UUID) -> Run:
        """Let it rest until it is resumed; a call that must not be cut off is waited for."""
        return await self._stop(principal, run_id, RunMove.PAUSE, "pause")

    async def resume(self, principal: Principal, run_id: UUID) -> Run:
        async with self._locked(principal, run_id) as (session, row):
            move = Move(RunMove.RESUME, by=principal.user_id)
            return await self._moved(session, principal, row, move)

    async def steer(self, principal: Principal, run_id: UUID, text: str) -> Run:
        """Say something in mid run; the next thought knows of it."""
        async with self._locked(principal, run_id) as (session, row):
            if RunState(row.state) in ENDED:
                raise RunTransitionError("The run has ended.")
            steered = entries.Steered(at=self._clock.now(), text=text, by=principal.user_id)
            return await self._noted(session, principal, row, steered)

    async def answer(
        self, principal: Principal, run_id: UUID, text: str, *, call_id: str | None = None
    ) -> Run:
        """Answer the question that it waits with; with `call_id`, that question and no other."""
        async with self._locked(principal, run_id) as (session, row):
            question = (await self._history(principal, row)).question
            if question is None:
                raise RunTransitionError("The run has asked nothing.")
            if call_id is not None and call_id != question.call_id:
                raise RunTransitionError("The run has another question by now.")
            given = entries.InputGiven(
                at=self._clock.now(), call_id=question.call_id, text=text, by=principal.user_id
            )
            move = Move(RunMove.ANSWER, (given,), by=principal.user_id)
            return await self._moved(session, principal, row, move)

    async def decide(
        self,
        principal: Principal,
        run_id: UUID,
        approval_id: UUID,
        *,
        sha256: str,
        approved: bool,
        note: str = "",
        via: DecidedVia = "app",
    ) -> Run:
        """Approve or deny the call that it waits with; `sha256` is of the arguments that were seen.

        Raises `ApprovalMismatchError` for other arguments, and when the time for it is over.
        """
        now = self._clock.now()
        async with self._locked(principal, run_id) as (session, row):
            approval = (await self._history(principal, row)).find_approval(approval_id)
            if approval is None:
                raise ApprovalNotFoundError
            if approval.decided is not None:
                raise ApprovalMismatchError("It is decided already.")
            if sha256 != approval.asked.sha256:
                raise ApprovalMismatchError("The call has other arguments.")
            if now >= approval.asked.expires_at:
                raise ApprovalMismatchError("The time for it is over.")
            decided = entries.ApprovalDecided(
                at=now,
                approval_id=approval_id,
                call_id=approval.asked.call_id,
                sha256=sha256,
                approved=approved,
                note=note,
                by=principal.user_id,
                via=via,
            )
            move = Move(RunMove.DECIDE, (decided,), by=principal.user_id)
            return await self._moved(session, principal, row, move)

    async def settle(
        self,
        principal: Principal,
        run_id: UUID,
        *,
        outcome: Literal["done", "not_done"] | None = None,
        result: str = "",
        text: str = "",
    ) -> Run:
        """Let a run that needs review go on.

        A call in doubt needs an `outcome`: done, with its result, or not done, so that it may be
        made again. `text` is said to the model. Raises `NotInDoubtError`.
        """
        now = self._clock.now()
        async with self._locked(principal, run_id) as (session, row):
            call = (await self._history(principal, row)).call_in_flight
            if (call is None) != (outcome is None):
                raise NotInDoubtError(
                    "No call is in doubt." if call is None else "Say what became of the call."
                )
            first: list[Entry] = []
            if call is not None and outcome is not None:
                settled = entries.Settled(
                    at=now,
                    call_id=call.asked.id,
                    outcome=outcome,
                    by=principal.user_id,
                    result=result,
                )
                first.append(settled)
            if text:
                first.append(entries.Steered(at=now, text=text, by=principal.user_id))
            move = Move(RunMove.SETTLE, first, by=principal.user_id)
            return await self._moved(session, principal, row, move)

    async def close(self, principal: Principal, run_id: UUID) -> Run:
        """Take the result of a run that needs review as it is."""
        async with self._locked(principal, run_id) as (session, row):
            move = Move(RunMove.CLOSE, by=principal.user_id)
            return await self._moved(session, principal, row, move)

    async def _stop(self, principal: Principal, run_id: UUID, to: RunMove, wanted: Wanted) -> Run:
        async with self._locked(principal, run_id) as (session, row):
            if row.state != RunState.RUNNING or not await runs.is_leased(
                session, principal, row.id
            ):
                # Nobody is at work: whoever froze over it is refused from now on.
                move = Move(to, by=principal.user_id)
                return await self._moved(session, principal, row, move)
            current = row
            if row.wanted not in (wanted, "cancel"):
                changed = await runs.change(
                    session,
                    principal,
                    row.id,
                    wanted=wanted,
                    wanted_at=runs.now(),
                    wanted_by=principal.user_id,
                )
                current = changed or row
                await runs.notify(session)
                session.after_commit(lambda: self._runner.send(run_id, wanted))
                await self._mover.tell(session, current)
            return await self._reader.run(session, principal, current)

    @asynccontextmanager
    async def _locked(
        self, principal: Principal, run_id: UUID
    ) -> AsyncGenerator[tuple[WriteSession, RunRow]]:
        async with self._database.transaction(principal) as session:
            row = await runs.find(session, principal, run_id, lock=True)
            if row is None or not can_see(principal, row.owner_id):
                raise RunNotFoundError
            yield session, row

    async def _history(self, principal: Principal, row: RunRow) -> History:
        return fold(await self._journal.read(principal, row.id))

    async def _moved(
        self, session: WriteSession, principal: Principal, row: RunRow, move: Move
    ) -> Run:
        changed = await self._mover.move(session, principal, row, move)
        return await self._reader.run(session, principal, changed)

    async def _noted(
        self, session: WriteSession, principal: Principal, row: RunRow, entry: Entry
    ) -> Run:
        changed = await self._mover.note(session, principal, row, [entry])
        return await self._reader.run(session, principal, changed)
