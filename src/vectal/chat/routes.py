"""REST of conversations."""

from __future__ import annotations

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.chat.asked import RequestKey
from vectal.chat.schemas import (
    ConversationPatch,
    ConversationShape,
    MessageShape,
    NewConversation,
    SearchHitShape,
)
from vectal.chat.service import ChatService, ConversationChange
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Page, Schema

router = APIRouter(tags=["chat"])


def _chat(request: Request) -> ChatService:
    service: ChatService = request.app.state.services.chat
    return service


Chat = Annotated[ChatService, Depends(_chat)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
PageCursor = Annotated[str | None, Query(max_length=2048)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key gives the same effect and the same answer, once",
    ),
]


def request_key(key: str | None, place: str, body: Schema) -> RequestKey | None:
    """Our own keeping of keys: a stored answer would hold the person's words unsealed."""
    if key is None:
        return None
    asked = f"{place}\n{body.model_dump_json(exclude_unset=True)}"
    return RequestKey(key, hashlib.sha256(asked.encode()).digest())


@router.get("/conversations", dependencies=[requires("conversations.list")])
async def list_conversations(
    principal: CurrentPrincipal,
    chat: Chat,
    archived: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
    limit: Limit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Page[ConversationShape]:
    """Your conversations, the most recently used first."""
    found = await chat.conversations.list_recent(
        principal, archived=archived, limit=limit, cursor=cursor
    )
    return Page(
        items=[ConversationShape.of(each) for each in found.items], next_cursor=found.next_cursor
    )


@router.post("/conversations", status_code=201, dependencies=[requires("conversations.create")])
async def create_conversation(
    principal: CurrentPrincipal,
    chat: Chat,
    body: NewConversation,
    key: IdempotencyKey = None,
) -> ConversationShape:
    """Begin a conversation; without a title it takes one from its first message."""
    made = await chat.conversations.create(
        principal,
        title=body.title,
        choice=body.choice.choice() if body.choice else None,
        key=request_key(key, "conversations", body),
    )
    return ConversationShape.of(made)


@router.get("/conversations/search", dependencies=[requires("conversations.search")])
async def search_conversations(
    principal: CurrentPrincipal,
    chat: Chat,
    q: Annotated[str, Query(min_length=1, max_length=500)],
    limit: Limit = 20,
    cursor: PageCursor = None,
) -> Page[SearchHitShape]:
    """Messages and titles of yours that hold every word of `q`, in any form of the word."""
    found = await chat.search.find(principal, q, limit=limit, cursor=cursor)
    return Page(
        items=[SearchHitShape.of(hit) for hit in found.items], next_cursor=found.next_cursor
    )


@router.get("/conversations/{conversation_id}", dependencies=[requires("conversations.read")])
async def get_conversation(
    conversation_id: UUID, principal: CurrentPrincipal, chat: Chat
) -> ConversationShape:
    """One conversation, without its messages."""
    return ConversationShape.of(await chat.conversations.get(principal, conversation_id))


@router.patch("/conversations/{conversation_id}", dependencies=[requires("conversations.update")])
async def update_conversation(
    conversation_id: UUID, body: ConversationPatch, principal: CurrentPrincipal, chat: Chat
) -> ConversationShape:
    """Rename, archive, show another branch, or choose another model."""
    change = ConversationChange(
        title=body.title,
        archived=body.archived,
        active_leaf_id=body.active_leaf_id,
        choice=body.choice.choice() if body.choice else None,
    )
    return ConversationShape.of(await chat.conversations.change(principal, conversation_id, change))


@router.delete(
    "/conversations/{conversation_id}",
    status_code=204,
    dependencies=[requires("conversations.delete")],
)
async def delete_conversation(
    conversation_id: UUID, principal: CurrentPrincipal, chat: Chat
) -> Response:
    """Delete it for good, with all that was said in it."""
    await chat.delete_conversation(principal, conversation_id)
    return Response(status_code=204)


@router.get(
    "/conversations/{conversation_id}/messages", dependencies=[requires("conversations.read")]
)
async def list_messages(
    conversation_id: UUID,
    principal: CurrentPrincipal,
    chat: Chat,
    leaf: Annotated[UUID | None, Query(description="The branch's last message")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Page[MessageShape]:
    """The active branch (or the one that ends at `leaf`), newest last; the cursor goes back."""
    found = await chat.conversations.list_messages(
        principal, conversation_id, leaf_id=leaf, limit=limit, cursor=cursor
    )
    return Page(
        items=[MessageShape.of(each) for each in found.items], next_cursor=found.next_cursor
    )
