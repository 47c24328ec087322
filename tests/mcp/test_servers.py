"""Registering servers: credentials, names, addresses, and those of the operator."""

from __future__ import annotations

import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fixtures.accounts import Person
from tests.mcp.conftest import House, MakeHouse, OpenServices
from tests.mcp.stand import Script, real_server, tool
from tests.mcp.test_wire import PROGRAM

from vectal.entrypoints.mcp import open_mcp
from vectal.mcp.contracts import MAX_SERVERS, ToolServer
from vectal.mcp.errors import (
    CredentialNeededError,
    OperatorsServerError,
    ToolServerAddressError,
    ToolServerConflictError,
    ToolServerLimitError,
    ToolServerNameTakenError,
)
from vectal.mcp.naming import find_collisions, offered_name
from vectal.mcp.service.servers import ServerChange, ServerDraft
from vectal.mcp.tables import ToolServerRow
from vectal.mcp.tools import ServerTools
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.embedded.errors import OperatorError


async def _only(house: House) -> ToolServer:
    (server,) = await house.services.servers.list_servers(house.owner.principal)
    return server


async def test_a_credential_is_sealed_and_shown_as_a_hint(
    make_house: MakeHouse, db: Database
) -> None:
    house = await make_house(Script(), secret="token-of-the-workspace")
    server = await _only(house)
    assert server.secret_hint == "…pace"
    async with db.read(house.owner.principal) as session:
        row = await session.scalar(select(ToolServerRow).where(ToolServerRow.id == server.id))
    assert row is not None
    assert row.sealed_secret is not None
    assert b"token" not in row.sealed_secret


async def test_a_test_says_what_is_there_and_is_remembered(make_house: MakeHouse) -> None:
    house = await make_house(Script(tools=[tool("look"), tool("look"), {"name": 7}]))
    result = await house.services.servers.test(house.owner.principal, house.server_id)
    assert (result.ok, result.server, result.protocol) == (True, "scripted 1", "2025-11-25")
    assert result.detail == "The server has 1 tool. 2 more can't be read."
    server = await _only(house)
    assert server.last_test == result
    assert (server.tools, server.version) == (1, 1)


async def test_a_failed_test_keeps_what_was_known(make_house: MakeHouse) -> None:
    house = await make_house(Script(tools=[tool("look")]))
    await house.look()
    house.script.methods["tools/list"] = {"tools": 7}
    result = await house.services.servers.test(house.owner.principal, house.server_id)
    assert (result.ok, result.detail) == (False, "The server's list of tools is no list.")
    assert (await _only(house)).tools == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org/mcp",
        "https://user:pass@example.org/mcp",
        "https://example.org/mcp#part",
        "http://example.org/mcp",
        "https://10.0.0.1/mcp",
        "https://[::1]/mcp",
        "https://169.254.169.254/latest",
        "https://2130706433/mcp",
        "file:///etc/passwd",
        "https://example.org/" + "x" * 500,
    ],
)
async def test_other_addresses_are_refused(
    url: str, open_services: OpenServices, person: Person
) -> None:
    with pytest.raises(ToolServerAddressError):
        await open_services().servers.create(person.principal, ServerDraft("tracker", url))


@pytest.mark.parametrize("header", ["Host", "cookie", "Mcp-Session-Id", "a b", "x\r\ny", "accept"])
async def test_headers_that_mean_something_else_hold_no_credential(
    header: str, open_services: OpenServices, person: Person
) -> None:
    draft = ServerDraft("tracker", "https://example.org/mcp", header, "secret")
    with pytest.raises(ToolServerAddressError):
        await open_services().servers.create(person.principal, draft)


async def test_the_credential_goes_in_the_header_that_was_named(make_house: MakeHouse) -> None:
    house = await make_house(Script())
    change = ServerChange(header="X-Api-Key", secret="key-1")
    await house.services.servers.update(house.owner.principal, house.server_id, 1, change)
    await house.look()
    assert {each.headers.get("x-api-key") for each in house.wire.asked} == {"key-1"}
    gone = ServerChange(secret="")
    await house.services.servers.update(house.owner.principal, house.server_id, 2, gone)
    house.wire.asked.clear()
    await house.look()
    assert {each.headers.get("x-api-key") for each in house.wire.asked} == {None}


async def test_a_new_origin_needs_the_credential_anew(make_house: MakeHouse) -> None:
    house = await make_house(Script(), secret="token-of-the-workspace")
    who, servers = house.owner.principal, house.services.servers
    with pytest.raises(CredentialNeededError):
        await servers.update(
            who, house.server_id, None, ServerChange(url="https://evil.example/mcp")
        )
    moved = await servers.update(who, house.server_id, None, ServerChange(url=f"{house.url}/v2"))
    assert moved.url.endswith("/v2")
    change = ServerChange(url="https://other.example/mcp", secret="another")
    assert (await servers.update(who, house.server_id, None, change)).secret_hint == "…"


async def test_names_are_one_servers_and_changes_are_of_a_version(make_house: MakeHouse) -> None:
    house = await make_house(Script())
    who, servers = house.owner.principal, house.services.servers
    with pytest.raises(ToolServerNameTakenError):
        await house.add("tracker")
    other = await house.add("other")
    with pytest.raises(ToolServerNameTakenError):
        await servers.update(who, other, None, ServerChange(name="tracker"))
    changed = await servers.update(who, other, 1, ServerChange(enabled=False))
    assert changed.version == 2
    with pytest.raises(ToolServerConflictError):
        await servers.update(who, other, 1, ServerChange(enabled=True))


async def test_servers_are_bounded(make_house: MakeHouse) -> None:
    house = await make_house(Script())
    for number in range(1, MAX_SERVERS):
        await house.add(f"server{number}")
    with pytest.raises(ToolServerLimitError):
        await house.add("one_more")


@pytest.mark.parametrize(
    ("server", "name", "offered"),
    [
        ("tracker", "find_issue", "mcp__tracker__find_issue"),
        ("tracker", "Find-Issue.v2", "mcp__tracker__find_issue_v2"),
        ("tracker", "«»", "mcp__tracker__tool"),
        ("a_b", "c", "mcp__a_b__c"),
        ("a", "b__c", "mcp__a__b_c"),
    ],
)
def test_names_are_made_to_fit(server: str, name: str, offered: str) -> None:
    assert offered_name(server, name) == offered


def test_long_names_stay_apart() -> None:
    one, other = (offered_name("tracker", "x" * 100 + end) for end in ("a", "b"))
    assert len(one) == len(other) == 64
    assert one != other
    assert find_collisions([one, other, one]) == {one}


# --- the operator's ---------------------------------------------------------------------------


def _file(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "stdio.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


async def test_programs_come_from_the_operators_file(
    tmp_path: Path, open_services: OpenServices, person: Person
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    entry = {"command": sys.executable, "args": [str(program)]}
    services = open_services(stdio=_file(tmp_path, {"mcpServers": {"programs": entry}}))
    who = person.principal
    (server,) = await services.servers.list_servers(who)
    assert (server.name, server.transport, server.url) == ("programs", "stdio", "")
    result = await services.servers.test(who, server.id)
    assert (result.ok, result.detail) == (True, "The server has 2 tools.")
    page = await services.tools.list_tools(who, server.id, cursor=None, limit=1)
    assert page.next_cursor
    first = page.items[0]
    await services.tools.consent(who, server.id, first.id, first.definition.sha256)
    (made,) = await ServerTools(services).tools_of(who)
    assert made.title == "mcp.programs.show_environment"
    assert made.returns == {"untrusted", "private"}
    for attempt in (
        services.servers.delete(who, server.id),
        services.servers.update(who, server.id, None, ServerChange(name="mine")),
    ):
        with pytest.raises(OperatorsServerError):
            await attempt
    with pytest.raises(ToolServerNameTakenError):
        await services.servers.create(who, ServerDraft("programs", "https://example.org/mcp"))


BAD_FILES: dict[str, object] = {
    "no JSON": "{",
    "no object": [],
    "no servers": {},
    "unknown members": {"mcpServers": {"a": {"command": "x", "shell": True}}},
    "no command": {"mcpServers": {"a": {"command": ""}}},
    "an address": {"mcpServers": {"a": {"url": "https://example.org"}}},
    "a bad name": {"mcpServers": {"A b": {"command": "x"}}},
    "two underscores": {"mcpServers": {"a__b": {"command": "x"}}},
}


@pytest.mark.parametrize("what", BAD_FILES)
async def test_a_bad_file_ends_the_start_with_words(
    what: str, tmp_path: Path, open_services: OpenServices
) -> None:
    with pytest.raises(OperatorError, match=r"stdio\.json"):
        open_services(stdio=_file(tmp_path, BAD_FILES[what]))


async def test_a_file_that_is_not_there_ends_the_start(
    tmp_path: Path, open_services: OpenServices
) -> None:
    with pytest.raises(OperatorError, match="can't be read"):
        open_services(stdio=tmp_path / "none.json")


async def test_all_that_goes_out_is_in_the_ledger(
    stack: AsyncExitStack, settings: Settings, db: Database, keyring: Keyring, person: Person
) -> None:
    from tests.platform.http.conftest import KeptEntries  # noqa: PLC0415 - of this test alone

    kept = KeptEntries()
    wanted = settings.model_copy(update={"egress_allow": ("127.0.0.1",)})
    services = open_mcp(stack, wanted, db, keyring, kept.as_ledger)
    async with real_server() as server:
        made = await services.servers.create(person.principal, ServerDraft("tracker", server.url))
        assert (await services.servers.test(person.principal, made.id)).ok
    assert len(kept.entries) >= 4
    callers = {each.caller for each in kept.entries}
    assert {(each.purpose, each.workspace_id, each.user_id) for each in callers} == {
        ("mcp", person.workspace_id, person.principal.user_id)
    }
