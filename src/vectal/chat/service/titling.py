"""A better title than the first words, from a small model, as long as no person gave one."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from vectal.ai.contracts import CompletionRequest
from vectal.auth.principal import Principal
from vectal.chat import titles
from vectal.chat.asked import Asked
from vectal.chat.beginning import read_tree
from vectal.chat.events import ConversationChanged
from vectal.chat.ports import Model, Rights
from vectal.chat.reading import Reader
from vectal.chat.repository import conversations, messages, turns
from vectal.chat.sealing import Seals, title_of
from vectal.platform.db import Database, DataScope
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

_EXCERPT_CHARS: Final = 2_000


class Titling:
    def __init__(self, database: Database, seals: Seals, model: Model, rights: Rights) -> None:
        self._database = database
        self._seals = seals
        self._reader = Reader(seals)
        self._model = model
        self._rights = rights

    async def improve(self, scope: DataScope, conversation_id: UUID, turn_id: UUID) -> None:
        """Ask a model for a title after the first answer; the first words stay when it fails."""
        said = await self._read_beginning(scope, conversation_id, turn_id)
        if said is None:
            return
        principal, question, answer = said
        request = CompletionRequest(
            purpose="title",
            values={"user": question[:_EXCERPT_CHARS], "assistant": answer[:_EXCERPT_CHARS]},
            conversation_id=conversation_id,
            turn_id=turn_id,
        )
        try:
            title = titles.from_model(await self._model.complete(principal, request))
        except AppError as error:
            _log.info("chat.title_kept", conversation_id=conversation_id, code=error.code)
            return
        if title:
            await self._store(scope, conversation_id, title)

    async def _read_beginning(
        self, scope: DataScope, conversation_id: UUID, turn_id: UUID
    ) -> tuple[Principal, str, str] | None:
        """Whose rights to use and what was said first; None when there is nothing to improve."""
        async with self._database.read(scope) as session:
            conversation = await conversations.find(session, scope, conversation_id)
            turn = await turns.find(session, scope, turn_id)
            if conversation is None or turn is None or conversation.title_source != "words":
                return None
            tree = await read_tree(session, scope, conversation_id)
            ids = tree.branch(turn.assistant_message_id)
            if len(ids) != 2:  # noqa: PLR2004 - one question and its answer
                return None
            rows = await messages.find_many(session, scope, ids)
            question, answer = [
                (await self._reader.content(session, scope, rows[id_])).text for id_ in ids
            ]
        principal = Asked.from_json(turn.asked).principal(scope.user_id, scope.workspace_id)
        if await self._rights.still_valid([principal]):
            return None
        return principal, question, answer

    async def _store(self, scope: DataScope, conversation_id: UUID, title: str) -> None:
        async with self._database.transaction(scope) as session:
            sealed = await self._seals.seal(
                session, scope, title_of(conversation_id), title.encode()
            )
            changed = await conversations.change_title(
                session,
                scope,
                conversation_id,
                sealed_title=sealed,
                source="model",
                over=("words",),
            )
            if not changed:
                return
            await messages.add_words(
                session,
                scope,
                conversation_id=conversation_id,
                message_id=conversation_id,
                words=await self._seals.index(session, scope, title),
            )
            await session.emit(
                ConversationChanged(conversation_id, "updated"), user_id=scope.user_id
            )
