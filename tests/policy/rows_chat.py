"""Rows of chat. Conversations are private, so every caller has one of her own."""

from dataclasses import replace
from uuid import UUID

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of

from vectal.accounts.contracts import Role
from vectal.ai.contracts import AUTO
from vectal.auth.principal import Principal
from vectal.chat.contracts import TurnRequest

HELLO = TurnRequest(text="Hello", mode="ask", choice=AUTO)
MEMBER, VIEWER = Role.MEMBER, Role.VIEWER
READ, WRITE = "chat:read", "chat:write"


def _as_owner(person: Person) -> Principal:
    """A viewer may have conversations from when she was a member."""
    return replace(person.principal, role=Role.OWNER)


def in_conversation(body: object = None) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        made = await world.services.chat.conversations.create(_as_owner(person), title="Matrix")
        return Request({"conversation_id": made.id}, body=body)

    return prepare


_TURNS: dict[UUID, UUID] = {}


async def a_turn(world: World, person: Person) -> UUID:
    """A turn of this person that has ended; one is enough for all that only looks at it."""
    if person.user.id not in _TURNS:
        principal, chat = _as_owner(person), world.services.chat
        made = await chat.conversations.create(principal, title="Matrix")
        started = await chat.turns.start(principal, made.id, HELLO)
        async for _ in chat.turns.follow(principal, started.turn.id, after=0):
            pass
        _TURNS[person.user.id] = started.turn.id
    return _TURNS[person.user.id]


async def _turn(world: World, person: Person) -> Request:
    return Request({"turn_id": await a_turn(world, person)})


async def _until_ended(world: World, principal: Principal, turn_id: UUID) -> None:
    async for _ in world.services.chat.turns.follow(principal, turn_id, after=0):
        pass


async def _search(world: World, person: Person) -> Request:
    del world, person
    return Request(query={"q": "matrix"})


ROWS = [
    Row("search_everything", VIEWER, "workspace:read", 200, _search),
    Row("list_conversations", VIEWER, READ, 200),
    Row("create_conversation", MEMBER, WRITE, 201, body_of(title="Matrix")),
    Row("search_conversations", VIEWER, READ, 200, _search),
    Row("get_conversation", VIEWER, READ, 200, in_conversation(), private=True),
    Row("update_conversation", MEMBER, WRITE, 200, in_conversation({"title": "New"}), private=True),
    Row("delete_conversation", MEMBER, WRITE, 204, in_conversation(), private=True),
    Row("list_messages", VIEWER, READ, 200, in_conversation(), private=True),
    Row(
        "create_turn",
        MEMBER,
        WRITE,
        201,
        in_conversation({"text": "Hello"}),
        private=True,
        also=("ai:use",),
    ),
    Row("get_turn", VIEWER, READ, 200, _turn, private=True),
    Row("stream_turn", VIEWER, READ, 200, _turn, private=True),
    Row("stop_turn", MEMBER, WRITE, 202, _turn, private=True),
]
