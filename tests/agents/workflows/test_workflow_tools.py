"""Workflows at n8n as tools: registered, offered, approved, called with a signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from tests.agents.workflows.fake_n8n import FakeN8n
from tests.fixtures.accounts import Person, people_of

from vectal.agents.approving import ApprovalRules, why_ask
from vectal.agents.contracts_workflows import WorkflowToolChange, WorkflowToolDraft
from vectal.agents.errors import (
    NoSuchEngineError,
    WorkflowToolNameTakenError,
    WorkflowToolNotFoundError,
)
from vectal.agents.ports import AnyTool
from vectal.agents.service_workflow_tools import WorkflowToolService
from vectal.agents.workflows.n8n.address import N8nAddress
from vectal.ai.contracts import ToolContext
from vectal.ai.service.tool_caller import ToolCaller
from vectal.ai.toolset import ToolRegistry, find_mistake, is_harmless
from vectal.auth.principal import Principal, Scope
from vectal.entrypoints.services import Services
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.errors import InvalidInputError
from vectal.platform.http import EgressGuard, EgressLedger, HttpClient
from vectal.platform.ids import new_id

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"people": {"type": "integer"}},
    "required": ["people"],
}


@pytest.fixture
async def tools(
    db: Database, keyring: Keyring, n8n: FakeN8n
) -> AsyncGenerator[WorkflowToolService]:
    address = N8nAddress.parse(n8n.url)
    http = HttpClient(EgressLedger(db), EgressGuard.parse([address.host]))
    yield WorkflowToolService(db, keyring, address, http)
    await http.close()


def draft(n8n: FakeN8n, **other: Any) -> WorkflowToolDraft:
    plain = WorkflowToolDraft(
        "lunch", "Order lunch", "Orders it.", SCHEMA, f"{n8n.url}/webhook/lunch", "a long secret!!!"
    )
    return replace(plain, **other)


async def the_tool(tools: WorkflowToolService, principal: Principal) -> AnyTool:
    (found,) = await tools.tools_of(principal)
    return found


def context(principal: Principal) -> ToolContext:
    return ToolContext(
        principal=principal, turn_id=None, conversation_id=None, call_id="call:1", mode="act",
        timezone="UTC", run_id=new_id(),
    )  # fmt: skip


async def test_a_call_is_signed_and_its_answer_is_not_trusted(
    tools: WorkflowToolService, n8n: FakeN8n, person: Person
) -> None:
    n8n.calls = lambda path, body: {"path": path, "got": body["arguments"]}
    await tools.add(person.principal, draft(n8n))
    tool = await the_tool(tools, person.principal)
    assert (tool.name, tool.effect, tool.egress) == ("n8n_lunch", "unsafe", "write")
    assert tool.returns == frozenset(("untrusted",))
    assert find_mistake(tool) is None
    assert not is_harmless(tool)
    assert why_ask(tool, frozenset(), ApprovalRules()) is not None
    caller = ToolCaller(ToolRegistry())
    output = await caller.call(tool, context(person.principal), '{"people": 3}')
    assert output.ok
    assert '"people":3' in output.content.replace(" ", "")
    assert output.content.startswith("<")
    asked = n8n.asked[-1]
    token = asked.headers["authorization"].removeprefix("Bearer ")
    n8n.credentials["x"] = {"data": {"secret": "a long secret!!!"}}
    claims = n8n.verified({"credentials": {"jwtAuth": {"id": "x"}}}, asked)
    assert claims is not None
    assert claims["sha256"] == hashlib.sha256(asked.body).hexdigest()
    assert asked.headers["idempotency-key"] == claims["call"] == "call:1"
    assert "a long secret" not in token


async def test_arguments_are_held_against_the_schema(
    tools: WorkflowToolService, n8n: FakeN8n, person: Person
) -> None:
    await tools.add(person.principal, draft(n8n))
    tool = await the_tool(tools, person.principal)
    caller = ToolCaller(ToolRegistry())
    output = await caller.call(tool, context(person.principal), '{"people": "three"}')
    assert not output.ok
    assert [each.path for each in n8n.asked] == []


async def test_a_workflow_that_is_away_is_a_failed_call(
    tools: WorkflowToolService, n8n: FakeN8n, person: Person
) -> None:
    await tools.add(person.principal, draft(n8n))
    tool = await the_tool(tools, person.principal)
    output = await ToolCaller(ToolRegistry()).call(
        tool, context(person.principal), json.dumps({"people": 1})
    )
    assert not output.ok


async def test_tools_are_their_workspaces_alone(
    tools: WorkflowToolService, n8n: FakeN8n, person: Person, make_user: Any
) -> None:
    made = await tools.add(person.principal, draft(n8n))
    other: Person = await make_user()
    assert await tools.tools_of(other.principal) == []
    with pytest.raises(WorkflowToolNotFoundError):
        await tools.change(other.principal, made.id, WorkflowToolChange(title="Mine"))
    lacking = replace(person.principal, scopes=frozenset((Scope.TASKS_READ,)))
    assert list(await tools.tools_of(lacking)) == []


async def test_changes_count_and_names_are_unique(
    tools: WorkflowToolService, n8n: FakeN8n, person: Person
) -> None:
    who = person.principal
    made = await tools.add(who, draft(n8n))
    with pytest.raises(WorkflowToolNameTakenError):
        await tools.add(who, draft(n8n))
    old = await the_tool(tools, who)
    await tools.change(who, made.id, WorkflowToolChange(is_enabled=False))
    assert list(await tools.tools_of(who)) == []
    await tools.remove(who, made.id)
    output = await ToolCaller(ToolRegistry()).call(old, context(who), '{"people": 1}')
    assert not output.ok
    assert n8n.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/webhook/lunch",
        "{n8n}/rest/login",
        "{n8n}/webhook/../rest/login",
        "{n8n}/webhook/",
        "{n8n}.evil.example/webhook/lunch",
    ],
)
async def test_only_webhooks_of_the_operators_n8n(
    tools: WorkflowToolService, n8n: FakeN8n, person: Person, url: str
) -> None:
    with pytest.raises(InvalidInputError):
        await tools.add(person.principal, draft(n8n, webhook_url=url.format(n8n=n8n.url)))


async def test_a_bad_schema_is_refused(
    tools: WorkflowToolService, n8n: FakeN8n, person: Person
) -> None:
    with pytest.raises(InvalidInputError):
        await tools.add(person.principal, draft(n8n, input_schema={"type": "string"}))


async def test_without_n8n_there_are_none(
    db: Database, keyring: Keyring, n8n: FakeN8n, person: Person
) -> None:
    none = WorkflowToolService(db, keyring, None, None)
    assert none.webhook_base is None
    assert list(await none.tools_of(person.principal)) == []
    with pytest.raises(NoSuchEngineError):
        await none.add(person.principal, draft(n8n))


async def test_the_list_says_where_webhooks_are_or_that_there_is_no_n8n(
    house_client: httpx2.AsyncClient, house_services: Services
) -> None:
    service = house_services.workflow_tools
    people = people_of(house_services.database, house_services.accounts, house_services.auth)
    headers = (await people()).headers
    client, path = house_client, "/api/v1/workflow-tools"
    body = {
        "name": "lunch",
        "title": "Order lunch",
        "description": "Orders it.",
        "input_schema": SCHEMA,
        "webhook_url": "http://n8n.example:5678/webhook/team/lunch",
        "secret": "a long secret!!!",
    }
    before = service.address
    try:
        service.address = None
        none = await client.get(path, headers=headers)
        assert none.json() == {"items": [], "webhook_base": None}
        refused = await client.post(path, json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "agents.no_such_engine")

        service.address = N8nAddress.parse("http://n8n.example:5678/")
        made = await client.post(path, json=body, headers=headers)
        assert made.status_code == 201
        listed = (await client.get(path, headers=headers)).json()
    finally:
        service.address = before
    assert listed == {"items": [made.json()], "webhook_base": "http://n8n.example:5678/webhook/"}
    # The form of the page puts the two together again.
    assert listed["webhook_base"] + made.json()["webhook_path"] == body["webhook_url"]
    assert "secret" not in made.text
