"""What may be attached to a message: the same as may be read, and nothing else is there."""

from dataclasses import replace
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from tests.policy.callers import headers
from tests.policy.matrix import Caller, World
from tests.policy.rows_files import store

from vectal.accounts.contracts import Role
from vectal.chat.contracts_sources import ReferenceKind
from vectal.platform.ids import new_id
from vectal.tasks.contracts import TaskFields

CHAT = ("chat:write", "ai:use")
KINDS: dict[ReferenceKind, str] = {
    "file": "files:read",
    "task": "tasks:read",
    "project": "tasks:read",
}


async def _make(world: World, kind: ReferenceKind, whose: Caller) -> UUID:
    """A private file, or a task or a project, in the workspace of `whose`."""
    person = world.people[whose]
    owner = replace(person.principal, role=Role.OWNER)
    if kind == "file":
        return (await store(world, person, "private")).id
    if kind == "task":
        fields = TaskFields(title="Matrix")
        return (await world.services.tasks.tasks.create(owner, fields)).id
    return (await world.services.tasks.projects.create(owner, f"Matrix {new_id()}")).id


async def _ask(
    world: World, app: FastAPI, caller: Caller, scopes: tuple[str, ...], kind: str, target: UUID
) -> httpx2.Response:
    person = world.people[caller]
    principal = replace(person.principal, role=Role.OWNER)
    made = await world.services.chat.conversations.create(principal, title="Matrix")
    body = {"text": "What is this?", "attachments": [{"kind": kind, "id": str(target)}]}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8484") as client:
        return await client.post(
            f"/api/v1/conversations/{made.id}/turns",
            json=body,
            headers=await headers(world, caller, scopes),
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("whose", "answer"),
    [(Caller.MEMBER, 201), (Caller.OUTSIDER, 404)],
    ids=["her own", "of another workspace"],
)
async def test_one_attaches_what_one_may_read(
    world: World, house_app: FastAPI, kind: ReferenceKind, whose: Caller, answer: int
) -> None:
    target = await _make(world, kind, whose)
    asked = await _ask(world, house_app, Caller.MEMBER, CHAT, kind, target)
    assert asked.status_code == answer, asked.text


@pytest.mark.parametrize("caller", [Caller.ADMIN, Caller.OWNER, Caller.ADMINISTRATOR])
async def test_a_private_file_is_not_there_for_any_role(
    world: World, house_app: FastAPI, caller: Caller
) -> None:
    target = await _make(world, "file", Caller.MEMBER)
    asked = await _ask(world, house_app, caller, CHAT, "file", target)
    assert (asked.status_code, asked.json()["code"]) == (404, "files.not_found")


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_and_a_trashed_file_are_not_there(
    world: World, house_app: FastAPI, kind: ReferenceKind
) -> None:
    asked = await _ask(world, house_app, Caller.MEMBER, CHAT, kind, new_id())
    assert asked.status_code == 404
    if kind == "file":
        target = await _make(world, "file", Caller.MEMBER)
        await world.services.files.trash.trash_file(world.people[Caller.MEMBER].principal, target)
        asked = await _ask(world, house_app, Caller.MEMBER, CHAT, kind, target)
        assert asked.status_code == 404


@pytest.mark.parametrize("kind", KINDS)
async def test_a_key_needs_the_scope_to_read_what_it_attaches(
    world: World, house_app: FastAPI, kind: ReferenceKind
) -> None:
    target = await _make(world, kind, Caller.KEY_WITH_SCOPE)
    bare = await _ask(world, house_app, Caller.KEY_WITH_SCOPE, CHAT, kind, target)
    assert bare.status_code == 403
    scopes = (*CHAT, KINDS[kind])
    asked = await _ask(world, house_app, Caller.KEY_WITH_SCOPE, scopes, kind, target)
    assert asked.status_code == 201, asked.text
