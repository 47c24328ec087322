"""Rows of what engines ask for, and of workflows that runs may call as tools."""

from __future__ import annotations

from typing import Any

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, public

from vectal.accounts.contracts import Role
from vectal.agents.contracts_workflows import WorkflowToolDraft
from vectal.agents.workflows.n8n.address import N8nAddress
from vectal.platform.ids import new_id

ADMIN, VIEWER = Role.ADMIN, Role.VIEWER
READ, MANAGE = "agents:read", "workspace:manage"
_N8N = "http://127.0.0.1:9"


def _body() -> dict[str, Any]:
    return {
        "name": f"matrix_{new_id().hex[-12:]}",
        "title": "Matrix",
        "description": "To see who may.",
        "input_schema": {"type": "object"},
        "webhook_url": f"{_N8N}/webhook/matrix",
        "secret": "sixteen characters",
    }


async def _new(world: World, person: Person) -> Request:
    del person
    # Nobody is called: the address is only looked at.
    world.services.workflow_tools.address = N8nAddress.parse(_N8N)
    return Request(body=_body())


def _on_tool(body: object = None) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        await _new(world, person)
        draft = WorkflowToolDraft(**_body())
        made = await world.services.workflow_tools.add(world.owner.principal, draft)
        request = Request({"tool_id": made.id}, body=body)
        # Fewer than a workspace may have.
        for each in await world.services.workflow_tools.list_all(world.owner.principal):
            if each.id != made.id:
                await world.services.workflow_tools.remove(world.owner.principal, each.id)
        return request

    return prepare


async def _step(world: World, person: Person) -> Request:
    del world, person
    return Request(body={"execution_id": "1"}, headers={"Idempotency-Key": "run:think:0"})


ROWS = [
    # Whoever they are: these doors open for passes alone.
    public("think_run_step", 401, _step),
    public("act_run_step", 401, _step),
    public("end_run_steps", 401, _step),
    public("report_engine_error", 401, _step),
    Row("list_workflow_tools", VIEWER, READ, 200),
    Row("create_workflow_tool", ADMIN, MANAGE, 201, _new, mine=True),
    Row("get_workflow_tool", VIEWER, READ, 200, _on_tool(), has_object=True),
    Row("update_workflow_tool", ADMIN, MANAGE, 200, _on_tool({"title": "M"}), has_object=True),
    Row("delete_workflow_tool", ADMIN, MANAGE, 204, _on_tool(), has_object=True),
]
