"""Rows into contracts: what was sealed is opened, what was JSON gets its type back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from vectal.ai.contracts import Mode
from vectal.chat.contracts import (
    Content,
    Conversation,
    Message,
    MessageRole,
    MessageStatus,
    TitleSource,
    Turn,
    TurnFault,
    TurnStatus,
)
from vectal.chat.sealing import Seals, content_of, title_of
from vectal.chat.tables import ConversationRow, MessageRow, TurnRow
from vectal.chat.wire import choice_from_json
from vectal.platform.db import DataScope, ReadSession


class Reader:
    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    async def conversation(
        self, session: ReadSession, scope: DataScope, row: ConversationRow
    ) -> Conversation:
        title = b""
        if row.sealed_title is not None:
            title = await self._seals.open(session, scope, title_of(row.id), row.sealed_title)
        return Conversation(
            id=row.id,
            title=title.decode(),
            title_source=cast("TitleSource", row.title_source),
            choice=choice_from_json(row.choice),
            archived=row.archived_at is not None,
            active_leaf_id=row.active_leaf_id,
            last_message_at=row.last_message_at,
            created_at=row.created_at,
            version=row.version,
        )

    async def content(self, session: ReadSession, scope: DataScope, row: MessageRow) -> Content:
        return Content.decode(
            await self._seals.open(session, scope, content_of(row.id), row.sealed_content)
        )

    async def message(
        self,
        session: ReadSession,
        scope: DataScope,
        row: MessageRow,
        *,
        siblings: Sequence[UUID] = (),
        turn: Turn | None = None,
    ) -> Message:
        content = await self.content(session, scope, row)
        return message_of(row, content, siblings=siblings, turn=turn)


def message_of(
    row: MessageRow,
    content: Content,
    *,
    siblings: Sequence[UUID] = (),
    turn: Turn | None = None,
) -> Message:
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        parent_id=row.parent_id,
        role=cast("MessageRole", row.role),
        content=content,
        status=cast("MessageStatus", row.status),
        turn_id=row.turn_id,
        created_at=row.created_at,
        sibling_ids=tuple(siblings),
        turn=turn,
    )


def turn_of(row: TurnRow) -> Turn:
    error: dict[str, Any] | None = row.error
    return Turn(
        id=row.id,
        conversation_id=row.conversation_id,
        user_message_id=row.user_message_id,
        assistant_message_id=row.assistant_message_id,
        status=TurnStatus(row.status),
        mode=cast("Mode", row.mode),
        choice=choice_from_json(row.choice),
        attempt=row.attempt,
        created_at=row.created_at,
        provider=row.provider,
        model=row.model,
        slot=row.slot,
        simulated=row.simulated,
        route_reason=row.route,
        ledger=row.ledger,
        usage=row.usage,
        cost_usd=row.cost_usd,
        first_token_ms=row.first_token_ms,
        duration_ms=row.duration_ms,
        finish_reason=row.finish_reason,
        error=TurnFault(error["code"], error["detail"]) if error else None,
        tainted_by=tuple(row.tainted_by),
        ended_at=row.ended_at,
    )
