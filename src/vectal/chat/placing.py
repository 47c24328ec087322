"""Where a new turn hangs in the tree, and the rows that it begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from vectal.chat.asked import Asked, RequestKey
from vectal.chat.branches import MAX_MESSAGES, Tree
from vectal.chat.contracts import Content, TurnRequest, TurnStatus
from vectal.chat.errors import ConversationFullError, NothingToRegenerateError
from vectal.chat.tables import ConversationRow, MessageRow, TurnRow
from vectal.chat.wire import choice_json
from vectal.platform.db import DataScope
from vectal.platform.ids import new_id


@dataclass(frozen=True, slots=True)
class Place:
    """`question_id` is None when a new message of the person comes first, below `parent_id`."""

    question_id: UUID | None
    parent_id: UUID | None
    older_siblings: Sequence[UUID]


def find_place(tree: Tree, request: TurnRequest, active_leaf_id: UUID | None) -> Place:
    """Raises `AppError` when there is no such place."""
    if len(tree) + 2 > MAX_MESSAGES:
        raise ConversationFullError
    if request.regenerate_of is not None:
        question_id = tree.question_of(request.regenerate_of)
        return Place(question_id, question_id, tree.children(question_id))
    if request.text is None:
        raise NothingToRegenerateError
    asked = request.parent_id
    parent_id = active_leaf_id if isinstance(asked, msgspec.UnsetType) else asked
    parent_id = tree.parent_for_text(parent_id)
    return Place(None, parent_id, tree.children(parent_id))


@dataclass(frozen=True, slots=True)
class NewRows:
    """`question` is None when the answered message stands already."""

    question: MessageRow | None
    answer: MessageRow
    turn: TurnRow


def make_rows(
    scope: DataScope,
    conversation: ConversationRow,
    request: TurnRequest,
    place: Place,
    *,
    asked: Asked,
    key: RequestKey | None,
    now: datetime,
) -> NewRows:
    """Rows without their sealed content, which needs their ids first."""
    turn_id = new_id()
    question: MessageRow | None = None
    question_id = place.question_id
    if question_id is None:
        question = _message(scope, conversation, place.parent_id, "user", turn_id, now)
        question_id = question.id
    answer = _message(scope, conversation, question_id, "assistant", turn_id, now)
    turn = TurnRow(
        workspace_id=scope.workspace_id,
        id=turn_id,
        conversation_id=conversation.id,
        owner_id=scope.user_id,
        user_message_id=question_id,
        assistant_message_id=answer.id,
        mode=request.mode,
        choice=choice_json(request.choice),
        asked=asked.as_json(),
        status=TurnStatus.RUNNING.value,
        attempt=1,
        crashes=0,
        epoch=1,
        simulated=False,
        tainted_by=[],
        created_at=now,
        request_key=key.key if key else None,
        request_digest=key.digest if key else None,
    )
    return NewRows(question, answer, turn)


def _message(
    scope: DataScope,
    conversation: ConversationRow,
    parent_id: UUID | None,
    role: Literal["user", "assistant"],
    turn_id: UUID,
    now: datetime,
) -> MessageRow:
    return MessageRow(
        workspace_id=scope.workspace_id,
        id=new_id(),
        conversation_id=conversation.id,
        owner_id=scope.user_id,
        parent_id=parent_id,
        role=role,
        sealed_content=b"",
        status="complete" if role == "user" else "streaming",
        turn_id=turn_id,
        created_at=now,
    )


EMPTY = Content()
