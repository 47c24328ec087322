"""Every door and every kind of caller: nobody gets more than the table says, or less."""

import secrets
from collections import Counter
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.policy import (
    rows_accounts,
    rows_agents,
    rows_ai,
    rows_calendar,
    rows_chat,
    rows_documents,
    rows_files,
    rows_mcp,
    rows_memories,
    rows_notifications,
    rows_oauth,
    rows_presets,
    rows_research,
    rows_schedules,
    rows_tasks,
    rows_workflows,
)
from tests.policy.callers import headers
from tests.policy.matrix import Caller, Row, World

from vectal.auth.policy import ACTIONS
from vectal.gateway.inventory import Operation, list_operations

ROWS = [
    *rows_accounts.ROWS,
    *rows_tasks.ROWS,
    *rows_files.ROWS,
    *rows_documents.ROWS,
    *rows_ai.ROWS,
    *rows_calendar.ROWS,
    *rows_chat.ROWS,
    *rows_agents.ROWS,
    *rows_mcp.ROWS,
    *rows_memories.ROWS,
    *rows_notifications.ROWS,
    *rows_oauth.ROWS,
    *rows_presets.ROWS,
    *rows_research.ROWS,
    *rows_schedules.ROWS,
    *rows_workflows.ROWS,
]
CASES = [(row, caller) for row in ROWS for caller in row.callers()]


@pytest.fixture(scope="session")
def operations(house_app: FastAPI) -> dict[str, Operation]:
    return {operation.name: operation for operation in list_operations(house_app)}


def test_every_operation_has_one_row(operations: dict[str, Operation]) -> None:
    rows = Counter(row.name for row in ROWS)
    assert sorted(set(operations) - set(rows)) == [], "add a row for these to tests/policy"
    assert sorted(set(rows) - set(operations)) == [], "these operations are gone"
    assert [name for name, count in rows.items() if count > 1] == []


def test_the_rows_and_the_table_of_actions_agree(operations: dict[str, Operation]) -> None:
    for row in ROWS:
        action = operations[row.name].action
        assert (action is None) == (row.least is None), row.name
        if action is not None and row.least is not None:
            # A row may ask for more: some rules look at the object, too.
            assert row.least.includes(ACTIONS[action].min_role), row.name
            assert row.scope == ACTIONS[action].scope, row.name
            assert row.instance_admin == ACTIONS[action].instance_admin, row.name


def test_what_needs_a_person_names_an_action(operations: dict[str, Operation]) -> None:
    unnamed = [
        each.name for each in operations.values() if each.needs_principal and not each.action
    ]
    assert unnamed == []


@pytest.mark.parametrize(
    ("row", "caller"), CASES, ids=[f"{row.name}-{caller.name.lower()}" for row, caller in CASES]
)
async def test_the_door_opens_for_those_who_may(
    world: World,
    house_app: FastAPI,
    operations: dict[str, Operation],
    row: Row,
    caller: Caller,
) -> None:
    request = await row.prepare(world, world.people[row.subject(caller)])
    sent = {**await headers(world, caller, row.scopes), **request.headers}
    operation = operations[row.name]
    # From an address of its own: tries are counted by address.
    near = (f"10.{'.'.join(str(byte) for byte in secrets.token_bytes(3))}", 1)
    transport = httpx2.ASGITransport(house_app, client=near)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8484") as client:
        answer = await client.request(
            operation.method,
            operation.path.format(**request.path),
            params=dict(request.query),
            headers=sent,
            **_body(request.body),
        )
    assert answer.status_code == row.expected(caller), answer.text
    if answer.status_code >= 400:
        shaped = "" if operation.path.startswith("/v1/") else "problem+"
        assert answer.headers["content-type"] == f"application/{shaped}json"


def _body(body: object) -> dict[str, Any]:
    if isinstance(body, bytes):
        return {"content": body}
    return {} if body is None else {"json": body}
