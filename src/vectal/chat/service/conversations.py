"""Conversations of a person: made, listed, renamed, archived, branched, deleted and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vectal.ai.contracts import ModelChoice
from vectal.auth.principal import Principal
from vectal.chat.asked import RequestKey
from vectal.chat.beginning import read_tree
from vectal.chat.contracts import Conversation, Message
from vectal.chat.cursors import read_id, read_time
from vectal.chat.departed import files_in
from vectal.chat.errors import (
    ConversationLimitError,
    ConversationNotFoundError,
    MessageNotFoundError,
)
from vectal.chat.events import ConversationChanged
from vectal.chat.policy import can_see
from vectal.chat.ports import Knowledge
from vectal.chat.reading import Reader, turn_of
from vectal.chat.repository import conversations, messages, turns
from vectal.chat.sealing import Seals, title_of
from vectal.chat.tables import ConversationRow
from vectal.chat.wire import choice_json
from vectal.platform.clock import Clock
from vectal.platform.db import Database, ReadSession, WriteSession
from vectal.platform.db.paging import Slice, decode_cursor, encode_cursor
from vectal.platform.errors import IdempotencyMismatchError
from vectal.platform.ids import new_id

MAX_CONVERSATIONS: Final = 20_000


@dataclass(frozen=True, slots=True)
class ConversationChange:
    """None leaves a thing as it is."""

    title: str | None = None
    archived: bool | None = None
    active_leaf_id: UUID | None = None
    choice: ModelChoice | None = None


class Conversations:
    def __init__(
        self, database: Database, seals: Seals, knowledge: Knowledge, clock: Clock
    ) -> None:
        self._knowledge = knowledge
        self._database = database
        self._seals = seals
        self._reader = Reader(seals)
        self._clock = clock

    async def create(
        self,
        principal: Principal,
        *,
        title: str | None = None,
        choice: ModelChoice | None = None,
        key: RequestKey | None = None,
    ) -> Conversation:
        """A repeated `key` gives the conversation that it made."""
        async with self._database.transaction(principal) as session:
            await turns.lock_owner(session, principal)
            if key is not None:
                known = await conversations.find_by_request_key(session, principal, key.key)
                if known is not None:
                    if known.request_digest != key.digest:
                        raise IdempotencyMismatchError
                    return await self._reader.conversation(session, principal, known)
            if await conversations.count(session, principal) >= MAX_CONVERSATIONS:
                raise ConversationLimitError
            row = self._make_row(principal, choice or ModelChoice(), key)
            session.add(row)
            await session.flush()
            if title is not None:
                row = await self._name(session, principal, row.id, title)
            await self._tell(session, principal, row.id, "created")
            return await self._reader.conversation(session, principal, row)

    async def list_recent(
        self, principal: Principal, *, archived: bool, limit: int, cursor: str | None
    ) -> Slice[Conversation]:
        kind = "conversations.archived" if archived else "conversations"
        async with self._database.read(principal) as session:
            rows = await conversations.list_recent(
                session,
                principal,
                archived=archived,
                before=_read_cursor(kind, cursor),
                limit=limit + 1,
            )
            items = [
                await self._reader.conversation(session, principal, row) for row in rows[:limit]
            ]
        if len(rows) <= limit:
            return Slice(items, None)
        last = items[-1]
        place = [last.last_message_at.isoformat(), str(last.id)]
        return Slice(items, encode_cursor(kind, place))

    async def get(self, principal: Principal, conversation_id: UUID) -> Conversation:
        async with self._database.read(principal) as session:
            row = await self._find(session, principal, conversation_id)
            return await self._reader.conversation(session, principal, row)

    async def change(
        self, principal: Principal, conversation_id: UUID, change: ConversationChange
    ) -> Conversation:
        """A new active leaf may be any message: the newest leaf below it is taken."""
        async with self._database.transaction(principal) as session:
            row = await self._find(session, principal, conversation_id, lock=True)
            values: dict[str, Any] = {}
            if change.archived is not None:
                values["archived_at"] = self._clock.now() if change.archived else None
            if change.choice is not None:
                values["choice"] = choice_json(change.choice)
            if change.active_leaf_id is not None:
                tree = await read_tree(session, principal, conversation_id)
                values["active_leaf_id"] = tree.newest_leaf(change.active_leaf_id)
            if change.title is not None:
                row = await self._name(session, principal, conversation_id, change.title)
            if values:
                row = await conversations.change(session, principal, conversation_id, **values)
            await self._tell(session, principal, conversation_id, "updated")
            return await self._reader.conversation(session, principal, row)

    async def delete(self, principal: Principal, conversation_id: UUID) -> UUID | None:
        """With all messages, turns, frames and words; returns the turn that was running."""
        async with self._database.transaction(principal) as session:
            await self._find(session, principal, conversation_id, lock=True)
            running = await turns.find_open(session, principal, conversation_id)
            await conversations.remove(session, principal, conversation_id)
            await self._tell(session, principal, conversation_id, "deleted")
        return running

    async def list_messages(
        self,
        principal: Principal,
        conversation_id: UUID,
        *,
        leaf_id: UUID | None,
        limit: int,
        cursor: str | None,
    ) -> Slice[Message]:
        """A branch, newest message last; the cursor leads to the older ones."""
        async with self._database.read(principal) as session:
            row = await self._find(session, principal, conversation_id)
            tree = await read_tree(session, principal, conversation_id)
            leaf = leaf_id or row.active_leaf_id
            branch: Sequence[UUID] = tree.branch(leaf) if leaf else []
            if cursor is not None:
                branch = branch[: _find_end(branch, cursor)]
            page, older = branch[-limit:], len(branch) > limit
            siblings = {id_: tree.siblings(id_) for id_ in page}
            items = await self._read_messages(session, principal, page, siblings)
        gone = await self._knowledge.find_gone(principal, files_in(items))
        items = [replace(message, gone=gone) for message in items]
        return Slice(items, encode_cursor("messages", [str(page[0])]) if older else None)

    async def has_message(self, principal: Principal, message_id: UUID) -> bool:
        """Whether there is such a message that the person may see."""
        async with self._database.read(principal) as session:
            found = await messages.find_many(session, principal, [message_id])
        return message_id in found

    async def _read_messages(
        self,
        session: ReadSession,
        principal: Principal,
        ids: Sequence[UUID],
        siblings: dict[UUID, Sequence[UUID]],
    ) -> list[Message]:
        rows = await messages.find_many(session, principal, ids)
        answered = [row.turn_id for row in rows.values() if row.role == "assistant" and row.turn_id]
        known = await turns.find_many(session, principal, answered)
        found: list[Message] = []
        for id_ in ids:
            row = rows[id_]
            turn = known.get(row.turn_id) if row.turn_id and row.role == "assistant" else None
            found.append(
                await self._reader.message(
                    session,
                    principal,
                    row,
                    siblings=siblings[id_],
                    turn=turn_of(turn) if turn else None,
                )
            )
        return found

    async def _find(
        self,
        session: ReadSession,
        principal: Principal,
        conversation_id: UUID,
        *,
        lock: bool = False,
    ) -> ConversationRow:
        row = await conversations.find(session, principal, conversation_id, lock=lock)
        if row is None or not can_see(principal, row.owner_id):
            raise ConversationNotFoundError
        return row

    async def _name(
        self, session: WriteSession, principal: Principal, conversation_id: UUID, title: str
    ) -> ConversationRow:
        """A person's title, which nothing else will change, with its words in the index."""
        sealed = await self._seals.seal(
            session, principal, title_of(conversation_id), title.encode()
        )
        await messages.remove_words(session, principal, conversation_id)
        await messages.add_words(
            session,
            principal,
            conversation_id=conversation_id,
            message_id=conversation_id,
            words=await self._seals.index(session, principal, title),
        )
        return await conversations.change(
            session, principal, conversation_id, sealed_title=sealed, title_source="person"
        )

    async def _tell(
        self, session: WriteSession, principal: Principal, conversation_id: UUID, kind: Any
    ) -> None:
        await session.emit(ConversationChanged(conversation_id, kind), user_id=principal.user_id)

    def _make_row(
        self, principal: Principal, choice: ModelChoice, key: RequestKey | None
    ) -> ConversationRow:
        now = self._clock.now()
        return ConversationRow(
            workspace_id=principal.workspace_id,
            id=new_id(),
            owner_id=principal.user_id,
            sealed_title=None,
            title_source="none",
            choice=choice_json(choice),
            last_message_at=now,
            created_at=now,
            version=1,
            request_key=key.key if key else None,
            request_digest=key.digest if key else None,
        )


def _read_cursor(kind: str, cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, id_ = decode_cursor(kind, cursor, length=2)
    return read_time(at), read_id(id_)


def _find_end(branch: Sequence[UUID], cursor: str) -> int:
    """Where the page before the cursor's message ends."""
    (id_,) = decode_cursor("messages", cursor, length=1)
    try:
        return branch.index(read_id(id_))
    except ValueError as error:
        raise MessageNotFoundError from error
