"""Every message of the socket and every kind of caller, from one table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from tests.fixtures.accounts import Person
from tests.policy.callers import credential
from tests.policy.matrix import Caller, World
from tests.policy.rows_chat import a_turn
from tests.policy.talk import Closed, Talk, talk

from vectal.gateway.websocket import MESSAGES, UNAUTHENTICATED

REFUSED = {
    Caller.ANONYMOUS,
    Caller.REVOKED_SESSION,
    Caller.REVOKED_KEY,
    Caller.INTRUDER,
}
"""These never get past hello: no credential, one that ended, or no place in our workspace."""


async def _no_channel(world: World, person: Person) -> str:
    del world, person
    return ""


async def _workspace(world: World, person: Person) -> str:
    del world, person
    return "workspace"


async def _user(world: World, person: Person) -> str:
    del world, person
    return "user"


async def _own_turn(world: World, person: Person) -> str:
    return f"turn:{await a_turn(world, person)}"


async def _calls(world: World, person: Person) -> str:
    del world, person
    return "calls"


async def _turn_of_the_owner(world: World, person: Person) -> str:
    del person
    return f"turn:{await a_turn(world, world.owner)}"


@dataclass(frozen=True)
class SocketRow:
    """A message, and the type of its answer; `except_for` names who gets another one."""

    name: str
    message: dict[str, Any]
    answer: str | None
    channel: Callable[[World, Person], Awaitable[str]] = _no_channel
    scope: str = "tasks:read"
    except_for: dict[Caller, str] = field(default_factory=dict[Caller, str])


EVERYBODY_BUT_THE_OWNER = {caller: "error" for caller in Caller if caller is not Caller.OWNER}
ROWS = [
    SocketRow("hello", {"type": "hello"}, None),
    SocketRow("ping", {"type": "ping"}, "pong"),
    SocketRow("pong", {"type": "pong"}, None),
    SocketRow("unsubscribe", {"type": "unsubscribe", "channel": "workspace"}, None),
    # Whoever has a place here may listen; what she hears is cut to her scopes.
    SocketRow("subscribe workspace", {"type": "subscribe"}, "subscribed", _workspace),
    SocketRow("subscribe user", {"type": "subscribe"}, "subscribed", _user),
    # Administrators hear of everybody's, members of their own; viewers call no model.
    SocketRow(
        "subscribe calls",
        {"type": "subscribe"},
        "subscribed",
        _calls,
        scope="ai:use",
        except_for={Caller.KEY_WITHOUT_SCOPE: "error", Caller.VIEWER: "error"},
    ),
    SocketRow(
        "subscribe own turn",
        {"type": "subscribe"},
        "subscribed",
        _own_turn,
        scope="chat:read",
        except_for={Caller.KEY_WITHOUT_SCOPE: "error"},
    ),
    SocketRow(
        "subscribe another's turn",
        {"type": "subscribe"},
        "subscribed",
        _turn_of_the_owner,
        scope="chat:read",
        except_for=EVERYBODY_BUT_THE_OWNER,
    ),
]
CASES = [(row, caller) for row in ROWS for caller in Caller]


def test_every_channel_has_a_row(world: World) -> None:
    named = {row.name.rpartition(" ")[2] for row in ROWS if row.name.startswith("subscribe ")}
    assert named == set(world.services.realtime.channels)


def test_every_message_has_a_row() -> None:
    tags = {message.__struct_config__.tag for message in MESSAGES}
    assert {row.message["type"] for row in ROWS} == tags


@pytest.mark.parametrize(
    ("row", "caller"), CASES, ids=[f"{row.name}-{caller.name.lower()}" for row, caller in CASES]
)
async def test_the_socket_answers_those_who_may(
    world: World, house_app: FastAPI, row: SocketRow, caller: Caller
) -> None:
    person = world.people[caller]
    token = await credential(world, caller, [row.scope])
    home = person.workspace_id if caller is Caller.OUTSIDER else world.workspace_id
    hello = {"type": "hello", "token": token or "", "workspace_id": str(home)}
    # Before the talk: a silent line is closed after a while.
    channel = "" if caller in REFUSED else await row.channel(world, person)
    async with talk(house_app) as line:
        await line.say(**hello)
        if caller in REFUSED:
            with pytest.raises(Closed) as closed:
                await line.hear()
            assert closed.value.code == UNAUTHENTICATED
            return
        assert (await line.hear())["type"] == "welcome"
        message = dict(row.message)
        if message["type"] == "hello":
            message = hello
        if message["type"] == "subscribe":
            message["channel"] = channel
        await line.say(**message)
        answer = row.except_for.get(caller, row.answer)
        if answer is not None:
            assert (await line.hear())["type"] == answer
        await _still_speaks(line)


async def _still_speaks(line: Talk) -> None:
    await line.say(type="ping")
    while (await line.hear())["type"] != "pong":
        pass


@pytest.mark.parametrize("first", [row.message for row in ROWS if row.message["type"] != "hello"])
async def test_nothing_is_answered_before_hello(house_app: FastAPI, first: dict[str, Any]) -> None:
    async with talk(house_app) as line:
        await line.say(
            **{"channel": "workspace", **first} if "subscribe" in first["type"] else first
        )
        with pytest.raises(Closed) as closed:
            await line.hear()
        assert closed.value.code == UNAUTHENTICATED
