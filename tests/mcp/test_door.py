"""Vectal as a server: the protocol's own client over a socket, and what the door refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent
from tests.fixtures.accounts import Person, people_of
from tests.mcp.stand import listening

from vectal.accounts.contracts import Role
from vectal.agents.approving import ApprovalRules
from vectal.ai.service.key_rules import KeyRules
from vectal.auth.credentials import Credential
from vectal.auth.principal import Scope
from vectal.entrypoints.services import Services
from vectal.gateway.mcp.routes import BY_PERSON, PER_MINUTE
from vectal.platform.rate_limit import Claim
from vectal.tasks.contracts import ChangesetFilter

OFFERED = {
    "break_down_task",
    "calculate",
    "complete_task",
    "create_event",
    "create_task",
    "delete_event",
    "find_free_time",
    "get_task",
    "list_events",
    "list_notes",
    "list_projects",
    "list_tasks",
    "read_document",
    "read_event",
    "read_note",
    "recall",
    "search_files",
    "update_event",
    "update_task",
    "write_note",
}
"""What reaches out or changes something by itself would have to be approved, and is not here."""

Headers = dict[str, str]
MakePerson = Callable[..., Awaitable[Person]]


@pytest.fixture
async def make_person(house_services: Services) -> MakePerson:
    return people_of(house_services.database, house_services.accounts, house_services.auth)


@pytest.fixture
async def caller(make_person: MakePerson) -> Person:
    return await make_person()


@pytest.fixture(scope="session")
async def door(house_app: FastAPI) -> AsyncGenerator[str]:
    async with listening(house_app, lifespan="off") as port:
        yield f"http://127.0.0.1:{port}/mcp"


def _bearer(person: Person) -> Headers:
    return {"Authorization": f"Bearer {person.access_token}"}


async def _key(services: Services, person: Person, *scopes: Scope) -> Headers:
    issued = await services.auth.keys.create(person.principal, "outside", list(scopes))
    return {"Authorization": f"Bearer {issued.text}"}


@asynccontextmanager
async def _client(door: str, headers: Headers, mode: str = "auto") -> AsyncGenerator[Client]:
    async with (
        httpx2.AsyncClient(headers=headers, timeout=20) as http,
        Client(streamable_http_client(door, http_client=http), mode=mode) as client,
    ):
        yield client


def _text(result: Any) -> str:
    (part,) = result.content
    assert isinstance(part, TextContent)
    return part.text


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_protocols_own_client_lists_and_calls(
    door: str, caller: Person, mode: str
) -> None:
    async with _client(door, _bearer(caller), mode) as client:
        assert client.server_info is not None
        assert client.server_info.name == "vectal"
        assert "proposals" in (client.instructions or "")
        tools = {each.name: each for each in (await client.list_tools()).tools}
        assert set(tools) == OFFERED
        assert tools["list_tasks"].annotations is not None
        assert tools["list_tasks"].annotations.read_only_hint is True
        result = await client.call_tool("calculate", {"expression": "6 * 7"})
        assert (_text(result), result.is_error) == ("42", False)


async def test_a_change_is_a_proposal_of_the_caller(
    door: str, caller: Person, house_services: Services
) -> None:
    async with _client(door, _bearer(caller)) as client:
        result = await client.call_tool("create_task", {"title": "Water the plants"})
        assert not result.is_error
        said = json.loads(_text(result))
        assert said["state"] == "awaiting the user's decision"
        again = await client.call_tool("list_tasks", {})
        assert "Water the plants" not in _text(again)
    changesets = house_services.tasks.changesets
    page = await changesets.list_changesets(
        caller.principal, ChangesetFilter(None, None, "pending", None), cursor=None, limit=10
    )
    (made,) = page.items
    assert str(made.id) == said["changeset_id"]
    assert (made.turn_id, made.run_id) == (None, None)
    await changesets.accept(caller.principal, made.id)
    async with _client(door, _bearer(caller)) as client:
        assert "Water the plants" in _text(await client.call_tool("list_tasks", {}))


async def test_a_key_is_offered_what_its_scopes_allow(
    door: str, caller: Person, house_services: Services
) -> None:
    headers = await _key(house_services, caller, Scope.AI_USE, Scope.TASKS_READ)
    async with _client(door, headers) as client:
        tools = {each.name for each in (await client.list_tools()).tools}
        assert tools == {"calculate", "get_task", "list_projects", "list_tasks"}
        with pytest.raises(MCPError, match="no such tool"):
            await client.call_tool("create_task", {"title": "x"})
        with pytest.raises(MCPError, match="no such tool"):
            await client.call_tool("remember", {"text": "x"})


async def test_a_viewer_changes_nothing(door: str, caller: Person, make_person: MakePerson) -> None:
    viewer = await make_person(workspace_id=caller.workspace_id, role=Role.VIEWER)
    async with _client(door, _bearer(viewer)) as client:
        result = await client.call_tool("create_task", {"title": "x"})
        assert result.is_error


async def test_a_workspace_that_wants_to_be_asked_is_not_asked_here(
    door: str, caller: Person, house_services: Services
) -> None:
    rules = ApprovalRules("never", {"list_tasks": "always", "read_web_page": "never"})
    await house_services.approval_rules.set(caller.principal, rules)
    async with _client(door, _bearer(caller)) as client:
        tools = {each.name for each in (await client.list_tools()).tools}
        assert tools == OFFERED - {"list_tasks"}


async def test_nobody_sees_another_workspace(
    door: str, caller: Person, make_person: MakePerson, house_services: Services
) -> None:
    stranger = await make_person()
    from vectal.tasks.contracts import TaskFields  # noqa: PLC0415 - of this test alone

    task = await house_services.tasks.tasks.create(
        stranger.principal, TaskFields(title="A secret of theirs")
    )
    async with _client(door, _bearer(caller)) as client:
        assert "secret" not in _text(await client.call_tool("list_tasks", {}))
        found = await client.call_tool("get_task", {"task_id": str(task.id)})
        assert found.is_error


async def test_bad_arguments_are_told_to_the_model(door: str, caller: Person) -> None:
    async with _client(door, _bearer(caller)) as client:
        result = await client.call_tool("calculate", {"expression": 7, "more": 1})
        assert result.is_error
        assert "arguments don't fit" in _text(result)


# --- the wire ---------------------------------------------------------------------------------

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


async def _post(
    client: httpx2.AsyncClient, caller: Person, body: Any = PING, **headers: str
) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {**_bearer(caller), "content-type": "application/json", **headers}
    return await client.post("/mcp", content=content, headers=sent)


async def test_who_has_no_credential_is_told_where_there_is_one(
    house_client: httpx2.AsyncClient,
) -> None:
    answer = await house_client.post("/mcp", json=PING)
    assert answer.status_code == 401
    told = answer.headers["www-authenticate"]
    assert told.startswith('Bearer realm="vectal", resource_metadata="http')
    address = told.split('resource_metadata="')[1].split('"')[0]
    assert (await house_client.get(address)).json()["resource"].endswith("/mcp")


async def test_the_rules_of_a_key_hold_here_too(
    house_client: httpx2.AsyncClient, house_services: Services, caller: Person
) -> None:
    issued = await house_services.auth.keys.create(
        caller.principal, "outside", [Scope.AI_USE, Scope.ACCOUNT_MANAGE]
    )
    made = await house_services.auth.keys.create(
        await house_services.auth.authenticate(Credential(issued.text)), "child", [Scope.AI_USE]
    )
    rules = KeyRules(requests_per_minute=2)
    await house_services.key_rules.put_rules(caller.principal, issued.key.id, rules)
    statuses = list[int]()
    for text in (made.text, issued.text, made.text):  # a key's maker binds it, too
        headers = {"Authorization": f"Bearer {text}"}
        answer = await house_client.post("/mcp", json=PING, headers=headers)
        statuses.append(answer.status_code)
    assert statuses == [200, 200, 429]
    assert int(answer.headers["retry-after"]) > 0
    assert (await house_client.post("/mcp", json=PING, headers=_bearer(caller))).status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_is_no_stream_and_no_session(
    house_client: httpx2.AsyncClient, caller: Person, method: str
) -> None:
    headers = {**_bearer(caller), "accept": "text/event-stream"}
    answer = await house_client.request(method, "/mcp", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:8484"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"mcp-protocol-version": "2025-06-18"}, 200),
        ({"mcp-protocol-version": "2024-11-05"}, 400),
        ({"mcp-protocol-version": "2026-07-28"}, 400),
    ],
)
async def test_headers_are_looked_at(
    house_client: httpx2.AsyncClient, caller: Person, headers: Headers, status: int
) -> None:
    assert (await _post(house_client, caller, PING, **headers)).status_code == status


BAD: dict[str, tuple[Any, int, int | None]] = {
    "nothing": (b"", 400, -32600),
    "no JSON": (b"{", 422, None),
    "a batch": ([PING], 400, -32600),
    "another version": ({**PING, "jsonrpc": "1.0"}, 400, -32600),
    "no method": ({"jsonrpc": "2.0", "id": 1}, 400, -32600),
    "an id that is none": ({**PING, "id": {}}, 400, -32600),
    "an id of null": ({**PING, "id": None}, 400, -32600),
    "an id of true": ({**PING, "id": True}, 400, -32600),
    "an endless id": ({**PING, "id": "x" * 500}, 400, -32600),
    "another method": ({**PING, "method": "resources/list"}, 200, -32601),
    "parameters that are none": ({**PING, "params": []}, 200, -32602),
    "no tool": ({**PING, "method": "tools/call"}, 200, -32602),
    "a tool of no name": ({**PING, "method": "tools/call", "params": {"name": 7}}, 200, -32602),
    "arguments that are none": (
        {**PING, "method": "tools/call", "params": {"name": "calculate", "arguments": []}},
        200,
        -32602,
    ),
    "too much": (b'{"a": "' + b"x" * (1 << 20) + b'"}', 413, None),
}


@pytest.mark.parametrize("what", BAD)
async def test_bad_messages_are_answered(
    house_client: httpx2.AsyncClient, caller: Person, what: str
) -> None:
    body, status, code = BAD[what]
    answer = await _post(house_client, caller, body)
    assert answer.status_code == status
    if code is not None:
        assert answer.json()["error"]["code"] == code


@pytest.mark.parametrize(
    "body",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
    ],
)
async def test_what_wants_no_answer_has_none(
    house_client: httpx2.AsyncClient, caller: Person, body: Any
) -> None:
    answer = await _post(house_client, caller, body)
    assert (answer.status_code, answer.content) == (202, b"")


@pytest.mark.parametrize(
    ("wanted", "agreed"),
    [("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"), ("2031-01-01", "2025-11-25")],
)
async def test_the_version_is_agreed_on(
    house_client: httpx2.AsyncClient, caller: Person, wanted: str, agreed: str
) -> None:
    params: dict[str, Any] = {"protocolVersion": wanted, "capabilities": {}, "clientInfo": {}}
    answer = await _post(house_client, caller, {**PING, "method": "initialize", "params": params})
    assert answer.json()["result"]["protocolVersion"] == agreed
    assert "mcp-session-id" not in answer.headers


async def test_one_person_may_send_so_much_a_minute(
    house_client: httpx2.AsyncClient, caller: Person, house_services: Services
) -> None:
    limiter = house_services.models.guard.limiter
    spent = Claim(BY_PERSON, str(caller.principal.user_id), cost=10 * PER_MINUTE)
    assert (await limiter.decide([spent])).is_allowed
    answer = await _post(house_client, caller)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
