"""Transaction 2 of a turn: the answer and everything known about it, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import msgspec

from vectal.chat import frames
from vectal.chat.answer import Answer
from vectal.chat.beginning import read_tree
from vectal.chat.contracts import Content, Draft, Frame, Turn, TurnStatus
from vectal.chat.errors import LeaseLostError, TurnNotFoundError
from vectal.chat.events import ConversationChanged, TurnChanged, TurnCompleted
from vectal.chat.journal import Journal, Lease
from vectal.chat.reading import Reader, message_of, turn_of
from vectal.chat.repository import conversations, messages, turns
from vectal.chat.sealing import Seals, content_of
from vectal.chat.tables import TurnRow
from vectal.chat.wire import message_json, turn_json
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession

_MESSAGE_STATUS: Final = {
    TurnStatus.COMPLETED: "complete",
    TurnStatus.STOPPED: "stopped",
    TurnStatus.FAILED: "failed",
}


class Ending:
    def __init__(self, database: Database, seals: Seals, journal: Journal, clock: Clock) -> None:
        self._database = database
        self._seals = seals
        self._reader = Reader(seals)
        self._journal = journal
        self._clock = clock

    async def store(
        self,
        session: WriteSession,
        lease: Lease,
        answer: Answer,
        rest: Sequence[Draft],
        *,
        after: int,
    ) -> list[Frame]:
        """Raises `LeaseLostError` when the turn is no longer ours, or has ended."""
        scope, outcome = lease.scope, answer.outcome
        status = outcome.status or TurnStatus.FAILED
        fault = outcome.fault
        row = await turns.change(
            session,
            scope,
            lease.turn_id,
            epoch=lease.epoch,
            status=status.value,
            error={"code": fault.code, "detail": fault.detail} if fault else None,
            finish_reason=outcome.finish_reason,
            **outcome.figures,
        )
        if row is None:
            raise LeaseLostError
        content = answer.transcript.content()
        await self._store_message(session, scope, row, content, _MESSAGE_STATUS[status])
        now = self._clock.now()
        turn = replace(turn_of(row), ended_at=now)
        ended = await self._ended_draft(session, scope, turn, content)
        written = await self._journal.append(session, lease, [*rest, ended], after=after)
        await turns.change(
            session,
            scope,
            lease.turn_id,
            epoch=lease.epoch,
            ended_at=now,
            last_seq=written[-1].seq,
            lease_owner=None,
        )
        await self._tell(session, scope, turn)
        return written

    async def _store_message(
        self,
        session: WriteSession,
        scope: DataScope,
        turn: TurnRow,
        content: Content,
        status: str,
    ) -> None:
        message_id = turn.assistant_message_id
        sealed = await self._seals.seal(session, scope, content_of(message_id), content.encode())
        await messages.change(session, scope, message_id, sealed_content=sealed, status=status)
        await messages.add_words(
            session,
            scope,
            conversation_id=turn.conversation_id,
            message_id=message_id,
            words=await self._seals.index(session, scope, content.text),
        )
        await conversations.change(
            session, scope, turn.conversation_id, last_message_at=self._clock.now()
        )

    async def _ended_draft(
        self, session: ReadSession, scope: DataScope, turn: Turn, content: Content
    ) -> Draft:
        """The last frame: the turn with its figures, and the message as it is stored."""
        message_id = turn.assistant_message_id
        tree = await read_tree(session, scope, turn.conversation_id)
        row = (await messages.find_many(session, scope, [message_id]))[message_id]
        message = message_of(row, content, siblings=tree.siblings(message_id), turn=turn)
        data = {"turn": turn_json(turn, content), "message": message_json(message)}
        return Draft(frames.ENDED, data)

    async def _tell(self, session: WriteSession, scope: DataScope, turn: Turn) -> None:
        user_id, conversation_id = scope.user_id, turn.conversation_id
        await session.emit(TurnChanged(turn.id, conversation_id, turn.status), user_id=user_id)
        await session.emit(ConversationChanged(conversation_id, "updated"), user_id=user_id)
        if turn.status is TurnStatus.COMPLETED:
            await session.emit(
                TurnCompleted(turn.id, conversation_id, turn.assistant_message_id),
                user_id=user_id,
            )

    async def last_frame(self, scope: DataScope, turn_id: UUID) -> Frame | None:
        """The end of a turn made from its rows, for when its journal is gone; None if it runs."""
        async with self._database.read(scope) as session:
            row = await turns.find(session, scope, turn_id)
            if row is None:
                raise TurnNotFoundError
            if row.ended_at is None:
                return None
            turn = turn_of(row)
            found = await messages.find_many(session, scope, [turn.assistant_message_id])
            content = await self._reader.content(session, scope, found[turn.assistant_message_id])
            draft = await self._ended_draft(session, scope, turn, content)
            return Frame(row.last_seq or 0, draft.event, msgspec.json.encode(draft.data))
