"""REST of the tools that runs may call."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request

from vectal.agents.schemas_tools import AgentTool
from vectal.agents.service_tools import ToolDirectory
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.db.paging import MAX_LIMIT
from vectal.platform.web import Page

router = APIRouter(prefix="/agent-tools", tags=["agents"])


def _directory(request: Request) -> ToolDirectory:
    return cast("ToolDirectory", request.app.state.services.agents.tools)


Directory = Annotated[ToolDirectory, Depends(_directory)]


@router.get("", dependencies=[requires("agent_tools.list")])
async def list_agent_tools(
    principal: CurrentPrincipal,
    directory: Directory,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")] = MAX_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=2048, description="`next_cursor` of the page before")
    ] = None,
) -> Page[AgentTool]:
    """What your runs may call, by name, and when the rules of this workspace have them ask."""
    page = await directory.list_tools(principal, cursor=cursor, limit=limit)
    return Page(items=[AgentTool.of(each) for each in page.items], next_cursor=page.next_cursor)
