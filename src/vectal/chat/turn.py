"""The chat turn, from a person's message to the stored answer.

`begin` is transaction 1: the message, a place for the answer, the turn and its first frame are
stored together. `run` asks the model with no transaction open; what it says goes to the journal
in small batches and to whoever listens. `_end` is transaction 2: answer, figures, index and
events, all or nothing. Between the two a lease says which process may write, and its epoch
refuses every other; a turn whose process died is begun again by another one.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.auth.principal import Principal
from vectal.chat import frames
from vectal.chat.answer import Answer
from vectal.chat.asked import RequestKey
from vectal.chat.beginning import Beginning, Begun
from vectal.chat.briefing import DEADLINE_S, Briefing
from vectal.chat.citations.citing import Citing, unchecked
from vectal.chat.contracts import Draft, TurnFault, TurnRequest
from vectal.chat.ending import Ending
from vectal.chat.errors import LeaseLostError
from vectal.chat.journal import Journal, Lease
from vectal.chat.ports import ChatPorts
from vectal.chat.writing import AnswerWriter
from vectal.platform.db import Database
from vectal.platform.db.patience import through_outage
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

MAX_CRASHES: Final = 3
_STOP_PATIENCE_S: Final = 0.5
_OVERTIME_S: Final = 30.0
"""The model module keeps the deadline itself; this is for a deadline that it missed."""

ABANDONED: Final = TurnFault(
    "chat.turn_abandoned",
    "The server was stopped each time it wrote this answer. Please try again.",
)
BROKEN: Final = TurnFault("chat.turn_broken", "Something went wrong while the answer was written.")
LATE: Final = TurnFault("chat.deadline_exceeded", "The answer took too long.")
RIGHTS_LOST: Final = TurnFault(
    "auth.revoked", "The session or key that asked for this answer has ended."
)


class Turns:
    def __init__(
        self,
        *,
        database: Database,
        journal: Journal,
        beginning: Beginning,
        briefing: Briefing,
        ending: Ending,
        ports: ChatPorts,
        citing: Citing,
    ) -> None:
        self._database = database
        self._citing = citing
        self._journal = journal
        self._beginning = beginning
        self._briefing = briefing
        self._ending = ending
        self._model = ports.model
        self._pending = ports.pending

    async def begin(
        self,
        principal: Principal,
        conversation_id: UUID,
        request: TurnRequest,
        *,
        key: RequestKey | None,
        holder: UUID,
    ) -> Begun:
        """Transaction 1. Nothing is asked yet: give the lease to `run`."""
        async with self._database.transaction(principal) as session:
            begun = await self._beginning.store(
                session, principal, conversation_id, request, key=key, holder=holder
            )
            turn_id = begun.started.turn.id
            session.after_commit(lambda: self._journal.tell(turn_id, begun.frames))
        return begun

    async def run(self, lease: Lease, *, stop: asyncio.Event, crashes: int = 0) -> None:
        """One attempt at the answer, between the transactions, and transaction 2.

        Returns when the turn has ended, or belongs to another process. Cancelled, it leaves the
        turn to whoever takes it next.
        """
        try:
            if lease.attempt == 1:
                await self._answer(lease, stop, after=1)
            elif crashes >= MAX_CRASHES or stop.is_set():
                await self._give_up(lease, stop)
            else:
                await self._answer(lease, stop, after=await self._begin_again(lease))
        except LeaseLostError:
            _log.info("chat.turn_left_to_another", turn_id=lease.turn_id, epoch=lease.epoch)

    async def _answer(self, lease: Lease, stop: asyncio.Event, *, after: int) -> None:
        answer = Answer()
        writer = AnswerWriter(self._journal, lease, after=after)
        writing = asyncio.create_task(writer.run())
        try:
            await self._listen(lease, answer, writer, writing, stop)
            rest = await writer.close()
        finally:
            await _abandon(writing)
        await self._cite(answer)
        await self._end(lease, answer, rest, after=writer.seq)

    async def _cite(self, answer: Answer) -> None:
        """Check what was cited, before transaction 2: it looks up pages, and takes its time."""
        ground = answer.ground
        if ground is None:
            return
        text = answer.transcript.content().text
        citations = await self._citing.cite(ground.principal, text, ground.sources, ground.texts)
        answer.transcript.keep_citations(citations)

    async def _listen(
        self,
        lease: Lease,
        answer: Answer,
        writer: AnswerWriter,
        writing: asyncio.Task[None],
        stop: asyncio.Event,
    ) -> None:
        """Hear the model out, until it ends, somebody stops it, or nothing can be stored."""
        asking = asyncio.create_task(self._ask(lease, answer, writer))
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait(
                {asking, stopping, writing},
                timeout=DEADLINE_S + _OVERTIME_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            await _abandon(stopping)
            await _abandon(asking)
        if writing in done:
            writing.result()
        if answer.has_ended:
            return
        if stop.is_set():
            answer.outcome.stop()
        elif not done:
            answer.outcome.fail(LATE)
        elif asking.cancelled():
            answer.outcome.fail(BROKEN)
        elif error := asking.exception():
            if isinstance(error, LeaseLostError):
                raise error
            if isinstance(error, AppError):
                answer.outcome.fail(TurnFault(error.code, error.detail))
                return
            _log.error("chat.turn_broken", turn_id=lease.turn_id, exc_info=error)
            answer.outcome.fail(BROKEN)

    async def _ask(self, lease: Lease, answer: Answer, writer: AnswerWriter) -> None:
        brief = await through_outage(lambda: self._briefing.prepare(lease))
        if brief is None:
            answer.outcome.fail(RIGHTS_LOST)
            return
        principal, request, gathered = brief
        answer.lean_on(principal, gathered)
        events: Any = self._model.respond(principal, request)
        async with aclosing(events):
            async for event in events:
                await writer.add(answer.hear(event))
                if answer.has_ended:
                    return
        answer.close()

    async def _end(self, lease: Lease, answer: Answer, rest: list[Draft], *, after: int) -> None:
        """Transaction 2."""

        async def store() -> None:
            async with self._database.transaction(lease.scope) as session:
                written = await self._ending.store(session, lease, answer, rest, after=after)
            self._journal.tell(lease.turn_id, written)

        await through_outage(store)

    async def _begin_again(self, lease: Lease) -> int:
        """The last process died in the middle: say so, and forget what its tools proposed."""

        async def restart() -> int:
            async with self._database.transaction(lease.scope) as session:
                last = await self._journal.last_seq(session, lease)
                draft = Draft(frames.RESTARTED, {"attempt": lease.attempt})
                written = await self._journal.append(session, lease, [draft], after=last)
                await self._pending.discard_pending(lease.scope, lease.turn_id)
            self._journal.tell(lease.turn_id, written)
            return written[-1].seq

        return await through_outage(restart)

    async def _give_up(self, lease: Lease, stop: asyncio.Event) -> None:
        """End a turn that nobody will answer, with the text that was written so far."""
        answer = Answer()
        last = 0
        while stored := await self._journal.read(lease.scope, lease.turn_id, after=last):
            for frame in stored:
                answer.transcript.apply(frame.event, msgspec.json.decode(frame.data))
                last = frame.seq
        said = answer.transcript.content()
        answer.transcript.keep_citations(unchecked(said.text, said.sources))
        if stop.is_set():
            answer.outcome.stop()
        else:
            answer.outcome.fail(ABANDONED)
        await self._end(lease, answer, [], after=last)


async def _abandon(task: asyncio.Task[Any]) -> None:
    """Cancel `task` and wait for its end, but not for long: a stop takes effect at once."""
    task.cancel()
    await asyncio.wait({task}, timeout=_STOP_PATIENCE_S)
