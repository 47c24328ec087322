"""The realtime protocol over a real WebSocket."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest
from tests.chat.door import Door, Ears
from tests.chat.stage import saying
from tests.fixtures.accounts import MakeKey, MakeUser, Person

from vectal.ai.contracts import TextDelta
from vectal.auth.service import AuthService
from vectal.gateway import websocket

ABNORMAL = 1006
"""Closed without a word: a reader that takes nothing can't take that either."""


async def start_turn(door: Door, person: Person, text: str = "Hi") -> str:
    conversation_id = await door.stage.converse(person.principal)
    started = await door.stage.say(person.principal, conversation_id, text)
    return str(started.turn.id)


async def hear_turn(ears: Ears, channel: str) -> list[dict[str, Any]]:
    """Updates of a turn until its end."""
    updates: list[dict[str, Any]] = []
    while not updates or updates[-1]["event"] != "turn.ended":
        update = await ears.hear("update")
        assert update["channel"] == channel
        updates.append(update)
    return updates


def text_of(updates: list[dict[str, Any]]) -> str:
    return "".join(each["data"]["text"] for each in updates if each["event"] == "turn.text")


async def test_a_turn_is_heard_from_its_beginning(door: Door, person: Person) -> None:
    turn_id = await start_turn(door, person)
    async with door.socket(person) as ears:
        channel = f"turn:{turn_id}"
        assert await ears.subscribe(channel) == "0"
        updates = await hear_turn(ears, channel)
    assert [each["id"] for each in updates] == [str(n) for n in range(1, len(updates) + 1)]
    assert text_of(updates) == updates[-1]["data"]["message"]["text"]


async def test_a_turn_goes_on_after_a_lost_connection(door: Door, person: Person) -> None:
    gate = asyncio.Event()
    door.stage.model.script = [TextDelta("one "), gate, *saying("two")]
    turn_id = await start_turn(door, person)
    channel, updates = f"turn:{turn_id}", list[dict[str, Any]]()
    async with door.socket(person) as ears:
        await ears.subscribe(channel)
        while not updates or updates[-1]["event"] != "turn.text":
            updates.append(await ears.hear("update"))
    gate.set()
    async with door.socket(person) as ears:
        await ears.subscribe(channel, after=updates[-1]["id"])
        updates += await hear_turn(ears, channel)
    assert [each["id"] for each in updates] == [str(n) for n in range(1, len(updates) + 1)]
    assert text_of(updates) == updates[-1]["data"]["message"]["text"] == "one two"


async def test_two_tabs_hear_the_same(door: Door, person: Person) -> None:
    turn_id = await start_turn(door, person)
    channel = f"turn:{turn_id}"
    async with door.socket(person) as first, door.socket(person) as second:
        await first.subscribe(channel)
        await second.subscribe(channel)
        assert await hear_turn(first, channel) == await hear_turn(second, channel)


async def test_ping_is_answered(door: Door, person: Person) -> None:
    async with door.socket(person) as ears:
        await ears.say(type="ping")
        assert await ears.hear("pong") == {"type": "pong"}


@pytest.mark.parametrize(
    "channel", ["turn:x", "turn:", "turn", "nothing", "", "workspace:other", "user:1", "turn:%00"]
)
async def test_what_does_not_exist_can_not_be_heard(
    door: Door, person: Person, channel: str
) -> None:
    async with door.socket(person) as ears:
        await ears.say(type="subscribe", channel=channel)
        error = await ears.hear("error")
        assert error["channel"] == channel
        assert error["code"] in {"realtime.unknown_channel", "chat.turn_not_found"}


@pytest.mark.parametrize(
    ("channel", "after"), [("turn", "x"), ("turn", "-1"), ("workspace", "1"), ("user", "a.b")]
)
async def test_a_made_up_cursor_is_refused(
    door: Door, person: Person, channel: str, after: str
) -> None:
    turn_id = await start_turn(door, person)
    named = f"turn:{turn_id}" if channel == "turn" else channel
    async with door.socket(person) as ears:
        await ears.say(type="subscribe", channel=named, after=after)
        assert (await ears.hear("error"))["code"] == "realtime.bad_cursor"


async def test_a_colleague_can_not_hear_my_turn(
    door: Door, person: Person, make_user: MakeUser
) -> None:
    turn_id = await start_turn(door, person)
    colleague = await make_user(workspace_id=person.workspace_id)
    async with door.socket(colleague) as ears:
        await ears.say(type="subscribe", channel=f"turn:{turn_id}")
        assert (await ears.hear("error"))["code"] == "chat.turn_not_found"


async def test_a_key_without_the_scope_can_not_hear_a_turn(
    door: Door, person: Person, make_key: MakeKey
) -> None:
    turn_id = await start_turn(door, person)
    key = await make_key(person, ["tasks:read"])
    async with door.socket() as ears:
        await ears.hello(key.text)
        await ears.say(type="subscribe", channel=f"turn:{turn_id}")
        assert (await ears.hear("error"))["code"] == "chat.turn_not_found"


# --- who may speak --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [
        {"type": "ping"},
        {"type": "subscribe", "channel": "workspace"},
        {"type": "hello", "token": ""},
        {"type": "hello", "token": "nonsense"},
        {"type": "hello", "token": "x" * 5000},
    ],
)
async def test_who_does_not_say_a_good_hello_is_sent_away(
    door: Door, first: dict[str, Any]
) -> None:
    async with door.socket() as ears:
        await ears.say(**first)
        assert await ears.closing_code() == websocket.UNAUTHENTICATED


async def test_a_late_hello_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "HELLO_S", 0.05)
    async with door.socket() as ears:
        assert await ears.closing_code() == websocket.HELLO_LATE


async def test_a_revoked_session_is_sent_away(
    door: Door, person: Person, auth: AuthService
) -> None:
    async with door.socket(person) as ears:
        assert person.principal.session_id is not None
        await auth.sessions.revoke(person.principal, person.principal.session_id)
        assert await ears.closing_code() == websocket.UNAUTHENTICATED


async def test_a_revoked_key_is_sent_away(
    door: Door, person: Person, make_key: MakeKey, auth: AuthService
) -> None:
    key = await make_key(person)
    async with door.socket() as ears:
        await ears.hello(key.text)
        await auth.keys.revoke(person.principal, key.key.id)
        assert await ears.closing_code() == websocket.UNAUTHENTICATED


async def test_a_token_that_runs_out_needs_a_new_hello(
    door: Door, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with door.socket(person) as refreshed:
        await refreshed.say(type="hello", token=person.access_token)
        await refreshed.say(type="ping")
        await refreshed.hear("pong")

    def ran_out(token: str) -> Any:
        del token
        return websocket.utc_now()

    monkeypatch.setattr(websocket, "_expiry_of", ran_out)
    async with door.socket(person) as ears:
        assert await ears.closing_code() == websocket.UNAUTHENTICATED


async def test_a_hello_of_somebody_else_ends_the_connection(
    door: Door, person: Person, make_user: MakeUser
) -> None:
    other = await make_user()
    async with door.socket(person) as ears:
        await ears.say(type="hello", token=other.access_token)
        assert await ears.closing_code() == websocket.UNAUTHENTICATED


async def test_a_stopping_server_says_so(door: Door, person: Person) -> None:
    async with door.socket(person) as ears:
        door.stage.realtime.drain()
        assert await ears.closing_code() == websocket.RESTARTING


# --- how much -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "x",
        "[]",
        "null",
        '"ping"',
        '{"type": "shout"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "channel": 5}',
        '{"type": "subscribe", "channel": "workspace", "more": 1}',
        "[" * 4000,
        '{"type": "ping"}' + " " * 100 + "x",
        '{"type": "subscribe", "channel": "\\ud800"}',
    ],
)
async def test_a_bad_message_is_told_and_survived(door: Door, person: Person, raw: str) -> None:
    async with door.socket(person) as ears:
        await ears.connection.send(raw)
        error = await ears.hear("error")
        assert error["code"] in {"realtime.bad_message", "realtime.unknown_channel"}
        await ears.say(type="ping")
        await ears.hear("pong")


async def test_binary_frames_are_told_and_survived(door: Door, person: Person) -> None:
    async with door.socket(person) as ears:
        await ears.connection.send(b"\x00\xff")
        assert (await ears.hear("error"))["code"] == "realtime.bad_message"


async def test_a_huge_message_ends_the_connection(door: Door, person: Person) -> None:
    async with door.socket(person) as ears:
        await ears.connection.send(json.dumps({"type": "ping", "x": "y" * 20_000}))
        assert await ears.closing_code() == websocket.TOO_BIG


async def test_a_flood_ends_the_connection(door: Door, person: Person) -> None:
    async with door.socket(person) as ears:
        for _ in range(int(websocket.BURST) + 40):
            await ears.say(type="pong")
        assert await ears.closing_code() == websocket.TOO_MANY


async def test_channels_are_counted(
    door: Door, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "MAX_SUBSCRIPTIONS", 1)
    async with door.socket(person) as ears:
        await ears.subscribe("workspace")
        await ears.say(type="subscribe", channel="user")
        assert (await ears.hear("error"))["code"] == "realtime.too_many_channels"
        await ears.subscribe("workspace")
        await ears.say(type="unsubscribe", channel="workspace")
        await ears.subscribe("user")


async def test_connections_of_a_person_are_counted(
    door: Door, person: Person, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "MAX_SOCKETS_PER_USER", 2)
    other = await make_user()
    first, second, stranger = door.socket(person), door.socket(person), door.socket(other)
    async with first, second, stranger, door.socket() as ears:
        await ears.say(type="hello", token=person.access_token)
        assert await ears.closing_code() == websocket.TOO_MANY
    async with door.socket(person):
        pass


async def test_a_silent_client_is_pinged_and_then_left(
    door: Door, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(websocket, "SILENCE_S", 1.0)
    async with door.socket(person) as ears:
        assert (await ears.next())["type"] == "ping"
        assert await ears.closing_code() == websocket.GOING_AWAY


async def test_a_client_that_reads_too_slowly_is_let_go(
    door: Door, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "SEND_S", 0.2)
    # All of it together is more than the system takes for a client that does not read (4 MiB).
    door.stage.model.script = saying(*(["x" * 100_000] * 14))
    turns = [await start_turn(door, person) for _ in range(4)]
    for turn_id in turns:
        await door.stage.follow(person.principal, UUID(turn_id))
    async with door.socket(person, small=True) as ears:
        ears.connection.transport.pause_reading()
        for turn_id in turns:
            await ears.say(type="subscribe", channel=f"turn:{turn_id}")
        async with asyncio.timeout(10):
            while websocket.admission.count(person.user.id):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.02)
        ears.connection.transport.resume_reading()
        assert await ears.closing_code() in {websocket.TOO_SLOW, ABNORMAL}


@pytest.fixture(autouse=True)
async def nobody_stays(door: Door) -> AsyncGenerator[None]:
    """Every test leaves the process without listeners."""
    yield
    async with asyncio.timeout(10):
        while door.stage.realtime.count_listeners():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
