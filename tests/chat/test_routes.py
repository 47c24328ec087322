"""REST and server-sent events of chat, over a real server."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from tests.chat.door import Door, SentEvent, read_events
from tests.chat.stage import saying
from tests.fixtures.accounts import MakeKey, MakeUser, Person

from vectal.ai.contracts import TextDelta
from vectal.auth.service import AuthService
from vectal.chat.schemas import MAX_TEXT_CHARS

STREAM = {"Accept": "text/event-stream"}


async def converse(door: Door, person: Person) -> str:
    async with door.client(person) as client:
        made = await client.post("/conversations", json={})
        assert made.status_code == 201
        return made.json()["id"]


async def ended(door: Door, person: Person, turn_id: str) -> dict[str, Any]:
    async with (
        door.client(person) as client,
        client.stream("GET", f"/turns/{turn_id}/events") as response,
    ):
        return [event async for event in read_events(response)][-1].data


async def test_a_turn_is_made_at_once_and_followed_by_its_events(
    door: Door, person: Person
) -> None:
    conversation_id = await converse(door, person)
    async with door.client(person) as client:
        made = await client.post(
            f"/conversations/{conversation_id}/turns", json={"text": "What is due?"}
        )
        assert made.status_code == 201
        turn = made.json()["turn"]
        assert made.headers["location"] == f"/api/v1/turns/{turn['id']}"
        last = await ended(door, person, turn["id"])
        assert last["turn"]["status"] == "completed"
        shown = (await client.get(f"/conversations/{conversation_id}/messages")).json()
        assert [each["role"] for each in shown["items"]] == ["user", "assistant"]
        assert shown["items"][1] == last["message"]


async def test_a_turn_can_be_its_own_stream(door: Door, person: Person) -> None:
    conversation_id = await converse(door, person)
    async with (
        door.client(person) as client,
        client.stream(
            "POST", f"/conversations/{conversation_id}/turns", json={"text": "Hi"}, headers=STREAM
        ) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        events = [event async for event in read_events(response)]
    assert [event.id for event in events] == [str(seq) for seq in range(1, len(events) + 1)]
    said = "".join(event.data["text"] for event in events if event.event == "turn.text")
    assert said == events[-1].data["message"]["text"]


async def test_a_stream_goes_on_after_the_last_event_id(door: Door, person: Person) -> None:
    gate = asyncio.Event()
    door.stage.model.script = [TextDelta("one "), gate, *saying("two")]
    conversation_id = await converse(door, person)
    async with door.client(person) as client:
        events: list[SentEvent] = []
        async with client.stream(
            "POST", f"/conversations/{conversation_id}/turns", json={"text": "Hi"}, headers=STREAM
        ) as response:
            async for event in read_events(response):
                events.append(event)
                if event.event == "turn.text":
                    break  # the network drops here
        gate.set()
        turn_id = events[0].data["turn"]["id"]
        async with client.stream(
            "GET", f"/turns/{turn_id}/events", headers={"Last-Event-ID": events[-1].id}
        ) as response:
            events += [event async for event in read_events(response)]
    assert [event.id for event in events] == [str(seq) for seq in range(1, len(events) + 1)]
    assert events[-1].data["message"]["text"] == "one two"


async def test_the_same_key_gives_the_same_turn_in_both_forms(door: Door, person: Person) -> None:
    conversation_id = await converse(door, person)
    path, key = f"/conversations/{conversation_id}/turns", {"Idempotency-Key": "once"}
    async with door.client(person) as client:
        made = await client.post(path, json={"text": "Hi"}, headers=key)
        turn_id = made.json()["turn"]["id"]
        await ended(door, person, turn_id)
        again = await client.post(path, json={"text": "Hi"}, headers=key)
        assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
        assert again.json()["turn"]["id"] == turn_id
        async with client.stream(
            "POST", path, json={"text": "Hi"}, headers=key | STREAM
        ) as response:
            events = [event async for event in read_events(response)]
        assert events[0].data["turn"]["id"] == turn_id
        other = await client.post(path, json={"text": "Ho"}, headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


async def test_a_stream_ends_within_a_second_of_its_sessions_end(
    door: Door, person: Person, auth: AuthService
) -> None:
    door.stage.model.script = [TextDelta("on and "), asyncio.Event()]
    conversation_id = await converse(door, person)
    async with (
        door.client(person) as client,
        client.stream(
            "POST", f"/conversations/{conversation_id}/turns", json={"text": "Hi"}, headers=STREAM
        ) as response,
    ):
        events = read_events(response)
        while (await anext(events)).event != "turn.text":
            pass
        assert person.principal.session_id is not None
        await auth.sessions.revoke(person.principal, person.principal.session_id)
        async with asyncio.timeout(10):
            assert [event async for event in events] == []


async def test_a_turn_can_be_stopped(door: Door, person: Person) -> None:
    door.stage.model.script = [TextDelta("on and "), asyncio.Event()]
    conversation_id = await converse(door, person)
    async with (
        door.client(person) as client,
        client.stream(
            "POST", f"/conversations/{conversation_id}/turns", json={"text": "Hi"}, headers=STREAM
        ) as response,
    ):
        events = read_events(response)
        first = await anext(events)
        while (await anext(events)).event != "turn.text":
            pass
        assert (await client.post(f"/turns/{first.data['turn']['id']}/stop")).status_code == 202
        last = [event async for event in events][-1]
    assert last.data["turn"]["status"] == "stopped"
    assert last.data["message"]["text"] == "on and "


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "  \n"},
        {"text": None},
        {"text": ["a"]},
        {"text": {"a": 1}},
        {"text": "x" * (MAX_TEXT_CHARS + 1)},
        {"text": "hi", "unknown": 1},
        {"text": "hi", "mode": "root"},
        {"text": "hi", "choice": {}},
        {"text": "hi", "choice": {"slot": "huge"}},
        {"text": "hi", "choice": {"auto": False}},
        {"text": "hi", "timezone": "Mars/Olympus"},
        {"text": "hi", "timezone": "../../etc/passwd"},
        {"text": "hi", "parent_id": "x"},
        {"text": "hi", "context": {"task_id": 5}},
        {"text": "hi", "regenerate_of": str(uuid4())},
        {"regenerate_of": str(uuid4()), "parent_id": None},
        {"regenerate_of": str(uuid4()), "knowledge": True},
        {"regenerate_of": str(uuid4()), "attachments": [{"kind": "file", "id": str(uuid4())}]},
        {"text": "hi", "attachments": [{"kind": "user", "id": str(uuid4())}]},
        {"text": "hi", "attachments": [{"kind": "file", "id": "x"}]},
        {"text": "hi", "attachments": [{"kind": "file", "id": str(uuid4())}] * 21},
        {"text": "hi", "knowledge": "perhaps"},
    ],
)
async def test_a_bad_turn_is_refused_with_a_reason(
    door: Door, person: Person, body: dict[str, Any]
) -> None:
    conversation_id = await converse(door, person)
    async with door.client(person) as client:
        refused = await client.post(f"/conversations/{conversation_id}/turns", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 12, "²"])
async def test_a_bad_last_event_id_is_refused(door: Door, person: Person, last: str) -> None:
    conversation_id = await converse(door, person)
    async with door.client(person) as client:
        made = await client.post(f"/conversations/{conversation_id}/turns", json={"text": "Hi"})
        turn_id = made.json()["turn"]["id"]
        refused = await client.get(
            f"/turns/{turn_id}/events", headers={b"Last-Event-ID": last.encode("latin-1")}
        )
        assert refused.status_code == 422
        await ended(door, person, turn_id)


async def test_a_key_without_the_right_to_ask_models_may_only_read(
    door: Door, person: Person, make_key: MakeKey
) -> None:
    conversation_id = await converse(door, person)
    key = await make_key(person, ["chat:read", "chat:write"])
    async with door.client(person) as client:
        client.headers["Authorization"] = f"Bearer {key.text}"
        path = f"/conversations/{conversation_id}"
        assert (await client.get(path)).status_code == 200
        refused = await client.post(f"{path}/turns", json={"text": "Hi"})
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.forbidden")


async def test_a_colleague_gets_not_found_everywhere(
    door: Door, person: Person, make_user: MakeUser
) -> None:
    conversation_id = await converse(door, person)
    colleague = await make_user(workspace_id=person.workspace_id)
    path = f"/conversations/{conversation_id}"
    async with door.client(person) as client:
        made = await client.post(f"{path}/turns", json={"text": "Hi"})
        turn = f"/turns/{made.json()['turn']['id']}"
        await ended(door, person, made.json()["turn"]["id"])
    async with door.client(colleague) as client:
        answers = [
            await client.get(path),
            await client.patch(path, json={"title": "Mine"}),
            await client.delete(path),
            await client.get(f"{path}/messages"),
            await client.post(f"{path}/turns", json={"text": "Hi"}),
            await client.get(turn),
            await client.get(f"{turn}/events"),
            await client.post(f"{turn}/stop"),
        ]
        assert {answer.status_code for answer in answers} == {404}
        found = await client.get("/conversations/search", params={"q": "hi"})
        assert found.json()["items"] == []


async def test_a_conversation_is_renamed_searched_and_deleted(door: Door, person: Person) -> None:
    conversation_id = await converse(door, person)
    path = f"/conversations/{conversation_id}"
    async with door.client(person) as client:
        renamed = await client.patch(path, json={"title": "Winter holidays", "archived": True})
        assert (renamed.status_code, renamed.json()["title_source"]) == (200, "person")
        listed = await client.get("/conversations", params={"archived": True})
        assert [each["id"] for each in listed.json()["items"]] == [conversation_id]
        found = await client.get("/conversations/search", params={"q": "holiday"})
        assert found.json()["items"][0]["snippet"] == "Winter holidays"
        assert (await client.delete(path)).status_code == 204
        assert (await client.get(path)).status_code == 404
