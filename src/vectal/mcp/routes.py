"""REST of tool servers: administrators register them, each person consents for herself."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.mcp.schemas import (
    ConsentInput,
    ServerTest,
    ServerTool,
    ToolEffectInput,
    ToolServer,
    ToolServerInput,
    ToolServerPatch,
)
from vectal.mcp.service import McpServices
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import IdempotentRoute, Page

router = APIRouter(prefix="/tool-servers", tags=["agents"], route_class=IdempotentRoute)
_LIST = [requires("tool_servers.list")]
_MANAGE = [requires("tool_servers.manage")]
_CONSENT = [requires("tool_servers.consent")]


def _services(request: Request) -> McpServices:
    return cast("McpServices", request.app.state.services.mcp)


Services = Annotated[McpServices, Depends(_services)]


@router.get("", dependencies=_LIST)
async def list_tool_servers(principal: CurrentPrincipal, services: Services) -> Page[ToolServer]:
    """All of them: the operator's, then the workspace's; few enough for one page."""
    servers = await services.servers.list_servers(principal)
    return Page(items=[ToolServer.of(each) for each in servers])


@router.post("", status_code=201, dependencies=_MANAGE)
async def create_tool_server(
    body: ToolServerInput, principal: CurrentPrincipal, services: Services
) -> ToolServer:
    """Register a server. Nobody's runs use its tools before they consent to them."""
    return ToolServer.of(await services.servers.create(principal, body.draft()))


@router.get("/{server_id}", dependencies=_LIST)
async def get_tool_server(
    server_id: UUID, principal: CurrentPrincipal, services: Services
) -> ToolServer:
    """One of them."""
    return ToolServer.of(await services.servers.get(principal, server_id))


@router.patch("/{server_id}", dependencies=_MANAGE)
async def update_tool_server(
    server_id: UUID, body: ToolServerPatch, principal: CurrentPrincipal, services: Services
) -> ToolServer:
    """Rename, move, switch or re-key a server."""
    changed = await services.servers.update(principal, server_id, body.version, body.change())
    return ToolServer.of(changed)


@router.delete("/{server_id}", status_code=204, dependencies=_MANAGE)
async def delete_tool_server(
    server_id: UUID, principal: CurrentPrincipal, services: Services
) -> None:
    """Forget a server, its credential, its tools, and everybody's consents to them."""
    await services.servers.delete(principal, server_id)


@router.post("/{server_id}/test", dependencies=_MANAGE)
async def test_tool_server(
    server_id: UUID, principal: CurrentPrincipal, services: Services
) -> ServerTest:
    """Call the server, and read anew which tools it has. Consents to what has changed are void."""
    return ServerTest.of(await services.servers.test(principal, server_id))


@router.get("/{server_id}/tools", dependencies=_LIST)
async def list_server_tools(
    server_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=2048, description="`next_cursor` of the page before")
    ] = None,
) -> Page[ServerTool]:
    """The tools as the server listed them last, by name, each with your consent."""
    page = await services.tools.list_tools(principal, server_id, cursor=cursor, limit=limit)
    return Page(items=[ServerTool.of(each) for each in page.items], next_cursor=page.next_cursor)


@router.patch("/{server_id}/tools/{tool_id}", dependencies=_MANAGE)
async def update_server_tool(
    server_id: UUID,
    tool_id: UUID,
    body: ToolEffectInput,
    principal: CurrentPrincipal,
    services: Services,
) -> ServerTool:
    """Say what a second call of this tool does."""
    changed = await services.tools.set_effect(
        principal, server_id, tool_id, body.sha256, body.effect
    )
    return ServerTool.of(changed)


@router.put("/{server_id}/tools/{tool_id}/consent", dependencies=_CONSENT)
async def give_consent(
    server_id: UUID,
    tool_id: UUID,
    body: ConsentInput,
    principal: CurrentPrincipal,
    services: Services,
) -> ServerTool:
    """Let your own runs use this tool, as long as it says what it says now."""
    return ServerTool.of(await services.tools.consent(principal, server_id, tool_id, body.sha256))


@router.delete("/{server_id}/tools/{tool_id}/consent", dependencies=_CONSENT)
async def withdraw_consent(
    server_id: UUID, tool_id: UUID, principal: CurrentPrincipal, services: Services
) -> ServerTool:
    """It counts from the next call, also of runs that are under way."""
    return ServerTool.of(await services.tools.withdraw(principal, server_id, tool_id))
