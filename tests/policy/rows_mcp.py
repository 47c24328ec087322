"""Rows of tool servers, and of the door for other people's programs."""

from typing import Any
from uuid import UUID

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of

from vectal.accounts.contracts import Role
from vectal.mcp.service.servers import ServerDraft
from vectal.mcp.wire.definitions import read_listing

READ, MANAGE = "agents:read", "workspace:manage"
_ADDRESS = "https://tools.example.org/mcp"
_TOOL = {"name": "look", "description": "Look.", "inputSchema": {"type": "object"}}


async def _clear(world: World) -> None:
    """There may be few of them."""
    servers = world.services.mcp.servers
    for each in await servers.list_servers(world.owner.principal):
        await servers.delete(world.owner.principal, each.id)


async def _add(world: World) -> UUID:
    """A fresh server of ours."""
    await _clear(world)
    draft = ServerDraft("matrix", _ADDRESS, enabled=False)  # so nothing is called
    return (await world.services.mcp.servers.create(world.owner.principal, draft)).id


def on_server(body: object = None) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        del person
        return Request({"server_id": await _add(world)}, body=body)

    return prepare


def on_tool(**body: Any) -> Prepare:
    """A fresh tool of a fresh server; the body says what it is shown as."""

    async def prepare(world: World, person: Person) -> Request:
        del person
        owner, tools = world.owner.principal, world.services.mcp.tools
        server_id = await _add(world)
        await tools.note(owner, server_id, read_listing([_TOOL]))
        (made,) = (await tools.list_tools(owner, server_id, cursor=None, limit=1)).items
        path = {"server_id": server_id, "tool_id": made.id}
        return Request(path, body={**body, "sha256": made.definition.sha256})

    return prepare


async def new_server(world: World, person: Person) -> Request:
    del person
    await _clear(world)
    return Request(body={"name": "matrix", "url": _ADDRESS})


def has(prepare: Prepare, name: str, least: Role, scope: str, ok: int = 200) -> Row:
    return Row(name, least, scope, ok, prepare, has_object=True)


HELLO: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
ROWS = [
    Row("list_tool_servers", Role.VIEWER, READ, 200),
    Row("create_tool_server", Role.ADMIN, MANAGE, 201, new_server),
    has(on_server(), "get_tool_server", Role.VIEWER, READ),
    has(on_server({"enabled": False}), "update_tool_server", Role.ADMIN, MANAGE),
    has(on_server(), "delete_tool_server", Role.ADMIN, MANAGE, 204),
    has(on_server(), "test_tool_server", Role.ADMIN, MANAGE),
    has(on_server(), "list_server_tools", Role.VIEWER, READ),
    has(on_tool(effect="pure"), "update_server_tool", Role.ADMIN, MANAGE),
    has(on_tool(), "give_consent", Role.MEMBER, "account:manage"),
    has(on_tool(), "withdraw_consent", Role.MEMBER, "account:manage"),
    Row("post_mcp_message", Role.VIEWER, "ai:use", 200, body_of(**HELLO)),
]
