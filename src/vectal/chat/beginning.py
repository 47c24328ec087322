"""Transaction 1 of a turn: what a person asked, and everything that its answer will fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal
from vectal.chat import frames, titles
from vectal.chat.asked import Asked, RequestKey
from vectal.chat.branches import Node, Tree
from vectal.chat.contracts import (
    Content,
    Draft,
    Frame,
    MessageRole,
    TextPiece,
    TurnRequest,
    TurnStarted,
    TurnStatus,
)
from vectal.chat.errors import (
    ConversationNotFoundError,
    TooManyTurnsError,
    TurnRunningError,
)
from vectal.chat.events import ConversationChanged, TurnChanged
from vectal.chat.journal import Journal, Lease
from vectal.chat.placing import EMPTY, NewRows, find_place, make_rows
from vectal.chat.policy import can_ask_a_model
from vectal.chat.reading import Reader, turn_of
from vectal.chat.repository import conversations, messages, turns
from vectal.chat.sealing import Seals, content_of, title_of
from vectal.chat.tables import ConversationRow, TurnRow
from vectal.chat.wire import choice_json, message_json, turn_json
from vectal.platform.clock import Clock
from vectal.platform.db import DataScope, ReadSession, Scope, WriteSession
from vectal.platform.errors import IdempotencyMismatchError

MAX_OPEN_TURNS: Final = 6
"""Answers that one person may have written at once in a workspace."""
LEASE_S: Final = 10.0
_RETRY_AFTER: Final = {"Retry-After": "2"}


@dataclass(frozen=True, slots=True)
class Begun:
    """`lease` is None when the request was a repeated one: the turn has its writer already."""

    started: TurnStarted
    lease: Lease | None = None
    frames: tuple[Frame, ...] = ()


class Beginning:
    def __init__(self, seals: Seals, journal: Journal, clock: Clock) -> None:
        self._seals = seals
        self._reader = Reader(seals)
        self._journal = journal
        self._clock = clock

    async def store(
        self,
        session: WriteSession,
        principal: Principal,
        conversation_id: UUID,
        request: TurnRequest,
        *,
        key: RequestKey | None,
        holder: UUID,
    ) -> Begun:
        """All that a turn begins with; the lease goes to the process `holder`."""
        if not can_ask_a_model(principal):
            raise ForbiddenError("Asking a model needs the role member and the scope ai:use.")
        await turns.lock_owner(session, principal)
        if key is not None and (known := await self.find_repeated(session, principal, key)):
            return Begun(known)
        conversation = await self._find_free(session, principal, conversation_id)
        tree = await read_tree(session, principal, conversation_id)
        place = find_place(tree, request, conversation.active_leaf_id)
        rows = make_rows(
            principal,
            conversation,
            request,
            place,
            asked=Asked.by(principal, request.timezone, request.focus),
            key=key,
            now=self._clock.now(),
        )
        await self._seal(session, principal, request, rows)
        session.add_all([row for row in (rows.question, rows.answer, rows.turn) if row])
        await session.flush()
        await turns.grant_lease(session, principal, rows.turn.id, holder=holder, lease_s=LEASE_S)
        await self._touch(session, principal, conversation, request, rows)
        lease = Lease(
            Scope(principal.workspace_id, principal.user_id), rows.turn.id, conversation_id, 1
        )
        started = await self.load(session, principal, rows.turn)
        first = await self._journal.append(session, lease, [_first_draft(started)], after=0)
        await self._tell(session, principal, rows.turn)
        return Begun(started, lease, tuple(first))

    async def find_repeated(
        self, session: ReadSession, principal: Principal, key: RequestKey
    ) -> TurnStarted | None:
        """The turn that the key has begun; raises when something else was asked with it."""
        turn = await turns.find_by_request_key(session, principal, key.key)
        if turn is None:
            return None
        if turn.request_digest != key.digest:
            raise IdempotencyMismatchError
        return await self.load(session, principal, turn, replayed=True)

    async def load(
        self, session: ReadSession, scope: DataScope, row: TurnRow, *, replayed: bool = False
    ) -> TurnStarted:
        """A turn as it is now, with both of its messages."""
        turn = turn_of(row)
        ids = (row.user_message_id, row.assistant_message_id)
        found = await messages.find_many(session, scope, ids)
        tree = await read_tree(session, scope, row.conversation_id)
        question = await self._reader.message(
            session, scope, found[ids[0]], siblings=tree.siblings(ids[0])
        )
        answer = await self._reader.message(
            session, scope, found[ids[1]], siblings=tree.siblings(ids[1]), turn=turn
        )
        return TurnStarted(turn, question, answer, replayed)

    async def _find_free(
        self, session: WriteSession, principal: Principal, conversation_id: UUID
    ) -> ConversationRow:
        """The conversation, locked, with no answer under way and room for one."""
        conversation = await conversations.find(session, principal, conversation_id, lock=True)
        if conversation is None:
            raise ConversationNotFoundError
        running = await turns.find_open(session, principal, conversation_id)
        if running is not None:
            raise TurnRunningError(extra={"turn_id": str(running)})
        if await turns.count_open(session, principal) >= MAX_OPEN_TURNS:
            raise TooManyTurnsError(
                f"At most {MAX_OPEN_TURNS} answers are written for you at once.",
                headers=_RETRY_AFTER,
            )
        return conversation

    async def _seal(
        self, session: WriteSession, scope: DataScope, request: TurnRequest, rows: NewRows
    ) -> None:
        rows.answer.sealed_content = await self._seals.seal(
            session, scope, content_of(rows.answer.id), EMPTY.encode()
        )
        if rows.question is None or request.text is None:
            return
        asked = Content(
            (TextPiece(request.text),),
            references=request.references,
            knowledge=request.knowledge,
        )
        rows.question.sealed_content = await self._seals.seal(
            session, scope, content_of(rows.question.id), asked.encode()
        )

    async def _touch(
        self,
        session: WriteSession,
        scope: DataScope,
        conversation: ConversationRow,
        request: TurnRequest,
        rows: NewRows,
    ) -> None:
        """Index the new words; name a conversation that has no name after its first ones."""
        values: dict[str, Any] = {
            "active_leaf_id": rows.answer.id,
            "last_message_at": rows.turn.created_at,
            "choice": choice_json(request.choice),
        }
        if rows.question is not None and request.text is not None:
            await self._index(session, scope, conversation.id, rows.question.id, request.text)
            title = titles.from_words(request.text)
            if conversation.title_source == "none" and title:
                values["title_source"] = "words"
                values["sealed_title"] = await self._seals.seal(
                    session, scope, title_of(conversation.id), title.encode()
                )
        await conversations.change(session, scope, conversation.id, **values)

    async def _index(
        self,
        session: WriteSession,
        scope: DataScope,
        conversation_id: UUID,
        message_id: UUID,
        text: str,
    ) -> None:
        await messages.add_words(
            session,
            scope,
            conversation_id=conversation_id,
            message_id=message_id,
            words=await self._seals.index(session, scope, text),
        )

    async def _tell(self, session: WriteSession, scope: DataScope, turn: TurnRow) -> None:
        conversation_id = turn.conversation_id
        await session.emit(
            TurnChanged(turn.id, conversation_id, TurnStatus(turn.status)), user_id=scope.user_id
        )
        await session.emit(ConversationChanged(conversation_id, "updated"), user_id=scope.user_id)


async def read_tree(session: ReadSession, scope: DataScope, conversation_id: UUID) -> Tree:
    skeleton = await messages.read_skeleton(session, scope, conversation_id)
    return Tree(Node(id_, parent, cast("MessageRole", role)) for id_, parent, role in skeleton)


def started_json(started: TurnStarted) -> dict[str, Any]:
    return {
        "turn": turn_json(started.turn, started.assistant_message.content),
        "user_message": message_json(started.user_message),
        "assistant_message": message_json(started.assistant_message),
    }


def _first_draft(started: TurnStarted) -> Draft:
    return Draft(frames.STARTED, started_json(started))
