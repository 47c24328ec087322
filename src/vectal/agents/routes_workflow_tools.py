"""REST of workflows that runs may call as tools."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from vectal.agents.schemas_workflow_tools import (
    NewWorkflowToolShape,
    WorkflowToolPatch,
    WorkflowToolShape,
    WorkflowToolsShape,
)
from vectal.agents.service_workflow_tools import WorkflowToolService
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute

router = APIRouter(prefix="/workflow-tools", tags=["agents"], route_class=IdempotentRoute)

_MANAGE = [requires("workflow_tools.manage")]


def _service(request: Request) -> WorkflowToolService:
    return cast("WorkflowToolService", request.app.state.services.workflow_tools)


Service = Annotated[WorkflowToolService, Depends(_service)]


@router.get("", dependencies=[requires("workflow_tools.list")])
async def list_workflow_tools(principal: CurrentPrincipal, service: Service) -> WorkflowToolsShape:
    """Workflows at n8n that runs of this workspace may call, by name."""
    found = await service.list_all(principal)
    return WorkflowToolsShape(
        items=[WorkflowToolShape.of(each) for each in found], webhook_base=service.webhook_base
    )


@router.post("", status_code=201, dependencies=_MANAGE)
async def create_workflow_tool(
    body: NewWorkflowToolShape, principal: CurrentPrincipal, service: Service, response: Response
) -> WorkflowToolShape:
    """Make a tool of a workflow. Runs ask a person before each call, unless rules say otherwise."""
    made = await service.add(principal, body.draft())
    response.headers["Location"] = f"/api/v1/workflow-tools/{made.id}"
    return WorkflowToolShape.of(made)


@router.get("/{tool_id}", dependencies=[requires("workflow_tools.list")])
async def get_workflow_tool(
    tool_id: UUID, principal: CurrentPrincipal, service: Service
) -> WorkflowToolShape:
    """One of them."""
    return WorkflowToolShape.of(await service.get(principal, tool_id))


@router.patch("/{tool_id}", dependencies=_MANAGE)
async def update_workflow_tool(
    tool_id: UUID, body: WorkflowToolPatch, principal: CurrentPrincipal, service: Service
) -> WorkflowToolShape:
    """Change it, or switch it off. It counts from the next step of every run."""
    return WorkflowToolShape.of(await service.change(principal, tool_id, body.change()))


@router.delete("/{tool_id}", status_code=204, dependencies=_MANAGE)
async def delete_workflow_tool(
    tool_id: UUID, principal: CurrentPrincipal, service: Service
) -> None:
    """Take it away from runs."""
    await service.remove(principal, tool_id)
