"""A process that serves chat, as small as it can be: real database, real Valkey, a scripted model.

Two stages over one database stand for two server processes.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from vectal.ai.contracts import (
    AUTO,
    CompletionRequest,
    Finished,
    Pinned,
    RespondRequest,
    ResponseEvent,
    Routed,
    RouteReason,
    TextDelta,
    TokenUsage,
    UsageReported,
)
from vectal.auth.principal import Principal, Role, Scope
from vectal.chat import frames, ports
from vectal.chat.contracts import Focus, Frame, TurnRequest, TurnStarted
from vectal.chat.contracts_sources import Reference
from vectal.chat.errors import MessageNotFoundError
from vectal.chat.service import ChatService
from vectal.documents.contracts import DocumentPage, Passage, SearchQuery
from vectal.platform.background import end_tasks
from vectal.platform.broadcast import Broadcast
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope
from vectal.platform.events.feed import EventFeed
from vectal.platform.ids import new_id
from vectal.realtime.service import RealtimeService

ROUTED = Routed("simulator", "sim-fast", "fast", RouteReason(("auto",), "Quick."), simulated=True)
USAGE = UsageReported(TokenUsage(12, 7), None, 20, 300, 1)
WORDS = ("Two ", "tasks ", "are ", "due: ", "pay rent 🙂", " and ", "call Émile.")

Step = ResponseEvent | asyncio.Event | Exception
"""What the model says, what it waits for, or how it breaks."""


def saying(*texts: str) -> list[Step]:
    return [ROUTED, *(TextDelta(text) for text in texts), USAGE, Finished("stop")]


@dataclass
class ScriptedModel:
    """Says its script to everyone who asks; keeps what it was asked."""

    script: Sequence[Step] = field(default_factory=lambda: saying(*WORDS))
    title: str | Exception = "Rent and calls"
    asked: list[RespondRequest] = field(default_factory=list[RespondRequest])
    completions: list[CompletionRequest] = field(default_factory=list[CompletionRequest])
    was_closed: bool = False

    async def check_caller(self, principal: Principal) -> None:
        del principal

    async def respond(
        self, principal: Principal, request: RespondRequest
    ) -> AsyncIterator[ResponseEvent]:
        del principal
        self.asked.append(request)
        try:
            for step in self.script:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
                    await asyncio.sleep(0)
        finally:
            self.was_closed = True

    async def complete(self, principal: Principal, request: CompletionRequest) -> str:
        del principal
        self.completions.append(request)
        if isinstance(self.title, Exception):
            raise self.title
        return self.title


@dataclass
class Rights:
    revoked: set[UUID] = field(default_factory=set[UUID])

    async def still_valid(self, principals: Collection[Principal]) -> frozenset[UUID]:
        held = {each.session_id for each in principals if each.session_id}
        return frozenset(held & self.revoked)


@dataclass
class Pending:
    discarded: list[UUID] = field(default_factory=list[UUID])

    async def discard_pending(self, scope: DataScope, turn_id: UUID) -> None:
        del scope
        self.discarded.append(turn_id)


class Surroundings:
    async def names_of(self, principal: Principal) -> tuple[str, str]:
        del principal
        return "Ada", "Home"

    async def describe(self, principal: Principal, focus: Focus) -> Sequence[Pinned]:
        del principal
        return [Pinned("Task", f"task {focus.task_id}")] if focus.task_id else []


@dataclass
class Bookshelf:
    """What can be attached and found: by id, as a test put it there."""

    names: dict[UUID, str] = field(default_factory=dict[UUID, str])
    passages: list[Passage] = field(default_factory=list[Passage])
    pages: dict[tuple[UUID, int], DocumentPage] = field(
        default_factory=dict[tuple[UUID, int], DocumentPage]
    )
    unread: set[UUID] = field(default_factory=set[UUID])
    searched: list[SearchQuery] = field(default_factory=list[SearchQuery])

    async def name(
        self, principal: Principal, references: Sequence[Reference]
    ) -> tuple[Reference, ...]:
        del principal
        if any(each.id not in self.names for each in references):
            raise MessageNotFoundError
        return tuple(Reference(each.kind, each.id, self.names[each.id]) for each in references)

    async def describe(
        self, principal: Principal, references: Sequence[Reference]
    ) -> Sequence[Pinned]:
        del principal
        return [
            Pinned(each.kind, self.names[each.id]) for each in references if each.kind != "file"
        ]

    async def await_reading(
        self, principal: Principal, files: Sequence[Reference]
    ) -> Sequence[Reference]:
        del principal
        return [each for each in files if each.id in self.unread]

    async def search(self, principal: Principal, query: SearchQuery) -> Sequence[Passage]:
        del principal
        self.searched.append(query)
        return [
            each
            for each in self.passages
            if query.file_ids is None or each.file_id in query.file_ids
        ][: query.limit]

    async def read_page(
        self, principal: Principal, file_id: UUID, page: int, version: int
    ) -> DocumentPage | None:
        del principal, version
        return self.pages.get((file_id, page))

    async def find_gone(self, principal: Principal, file_ids: Collection[UUID]) -> frozenset[UUID]:
        del principal
        return frozenset(file_ids) - frozenset(self.names)


@dataclass
class Stage:
    database: Database
    keyring: Keyring
    realtime: RealtimeService[Principal]
    chat: ChatService
    model: ScriptedModel
    rights: Rights
    pending: Pending
    shelf: Bookshelf

    async def converse(self, principal: Principal) -> UUID:
        return (await self.chat.conversations.create(principal)).id

    async def say(
        self, principal: Principal, conversation_id: UUID, text: str = "What is due?"
    ) -> TurnStarted:
        request = TurnRequest(mode="ask", choice=AUTO, text=text)
        return await self.chat.turns.start(principal, conversation_id, request)

    async def follow(self, principal: Principal, turn_id: UUID, *, after: int = 0) -> list[Frame]:
        async with asyncio.timeout(20):
            return [f async for f in self.chat.turns.follow(principal, turn_id, after=after)]

    async def exchange(self, principal: Principal, conversation_id: UUID, text: str) -> TurnStarted:
        """Say something and wait for the whole answer; returns what is stored then."""
        started = await self.say(principal, conversation_id, text)
        await self.follow(principal, started.turn.id)
        return await self.chat.turns.get(principal, started.turn.id)

    def die(self) -> None:
        """As after kill -9: nothing is written any more, no lease is given back."""
        for running in list(self.chat.runner.active.values()):
            running.task.cancel()


@asynccontextmanager
async def open_stage(
    database: Database,
    valkey: str,
    keyring: Keyring,
    *,
    model: ScriptedModel | None = None,
    shelf: Bookshelf | None = None,
    real_rights: ports.Rights | None = None,
    alone: bool = False,
    asleep: bool = False,
) -> AsyncGenerator[Stage]:
    """`alone` keeps the process from Redis: nobody tells it anything.

    `asleep` leaves its background work to the test.
    """
    redis = Redis.from_url(valkey)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs
    model, rights, pending = model or ScriptedModel(), Rights(), Pending()
    shelf = shelf or Bookshelf()
    judge = real_rights or rights

    async def find_revoked(principals: Sequence[Principal]) -> Collection[Principal]:
        lost = await judge.still_valid(principals)
        return [each for each in principals if (each.session_id or each.api_key_id) in lost]

    realtime = RealtimeService[Principal](
        feed=EventFeed(database, redis),
        broadcast=None if alone else Broadcast(valkey, retry_s=0.05),
        may_see=lambda principal, scope: scope in principal.scopes,
        find_revoked=find_revoked,
    )
    chat = ChatService.build(
        database=database,
        keyring=keyring,
        herald=realtime,
        ports=ports.ChatPorts(model, judge, pending, Surroundings(), shelf),
    )
    realtime.register_channel("turn", chat.channel)
    background = [] if asleep else [asyncio.create_task(realtime.run())]
    stage = Stage(database, keyring, realtime, chat, model, rights, pending, shelf)
    try:
        yield stage
    finally:
        await end_tasks([each.task for each in list(chat.runner.active.values())])
        await end_tasks(background)
        await redis.aclose()


def person(role: Role = Role.MEMBER, *, workspace_id: UUID | None = None) -> Principal:
    return Principal(
        user_id=new_id(),
        workspace_id=workspace_id or new_id(),
        role=role,
        scopes=frozenset(Scope),
        session_id=new_id(),
        timezone="Europe/Berlin",
    )


def text_of(stream: Sequence[Frame]) -> str:
    """The text that a client has put together when it has read `stream`."""
    said = ""
    for frame in stream:
        if frame.event == frames.RESTARTED:
            said = ""
        elif frame.event == frames.TEXT:
            said += msgspec.json.decode(frame.data)["text"]
    return said
