"""Rows of tasks, projects and labels."""

import secrets
from dataclasses import replace
from typing import Any

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of

from vectal.accounts.contracts import Role
from vectal.tasks.contracts import Origin, Proposal, TaskFields

MEMBER, VIEWER = Role.MEMBER, Role.VIEWER
READ, WRITE = "tasks:read", "tasks:write"


def on_task(body: object = None, **headers: str) -> Prepare:
    """A fresh task of ours for each caller."""

    async def prepare(world: World, person: Person) -> Request:
        del person
        fields = TaskFields(title="Matrix")
        task = await world.services.tasks.tasks.create(world.owner.principal, fields)
        return Request({"task_id": task.id}, body=body, headers=headers)

    return prepare


def on_project(body: object = None) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        del person
        name = f"Matrix {secrets.token_hex(4)}"
        project = await world.services.tasks.projects.create(world.owner.principal, name)
        return Request({"project_id": project.id}, body=body)

    return prepare


def on_label(body: Any = None) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        del person
        name = f"matrix-{secrets.token_hex(4)}"
        label = await world.services.tasks.labels.create(world.owner.principal, name)
        return Request({"label_id": label.id}, body=body)

    return prepare


async def _new_project(world: World, person: Person) -> Request:
    del world, person
    return Request(body={"name": f"New {secrets.token_hex(4)}"})


async def _new_label(world: World, person: Person) -> Request:
    del world, person
    return Request(body={"name": f"new-{secrets.token_hex(4)}"})


async def _deleted_task(world: World, person: Person) -> Request:
    request = await on_task()(world, person)
    await world.services.tasks.tasks.delete(world.owner.principal, request.path["task_id"])
    return request


async def _deleted_project(world: World, person: Person) -> Request:
    request = await on_project()(world, person)
    await world.services.tasks.projects.delete(world.owner.principal, request.path["project_id"])
    return request


async def a_changeset(world: World, person: Person, *, accepted: bool = False) -> Request:
    """A proposal of one new task, made for this person: hers alone to decide."""
    # A viewer may have proposals from when she was a member.
    principal = replace(person.principal, role=Role.OWNER)
    proposal = Proposal("create", TaskFields(title="Proposed"))
    made = await world.services.tasks.changesets.propose(principal, Origin(), [proposal])
    if accepted:
        await world.services.tasks.changesets.accept(principal, made.id)
    return Request({"changeset_id": made.id})


async def _changeset_item(world: World, person: Person) -> Request:
    made = await a_changeset(world, person)
    principal = replace(person.principal, role=Role.OWNER)
    changesets = world.services.tasks.changesets
    (item,) = (await changesets.get(principal, made.path["changeset_id"])).items
    return replace(made, path={**made.path, "item_id": item.id}, body={"title": "Edited"})


async def _accepted_changeset(world: World, person: Person) -> Request:
    return await a_changeset(world, person, accepted=True)


def on_comment(body: object = None) -> Prepare:
    """A comment of the caller's own on a task that she can see."""

    async def prepare(world: World, person: Person) -> Request:
        # A viewer may have said something when she was a member.
        principal = replace(person.principal, role=Role.OWNER)
        task = await world.services.tasks.tasks.create(principal, TaskFields(title="Matrix"))
        said = await world.services.tasks.comments.add(principal, task.id, "Matrix")
        return Request({"task_id": task.id, "comment_id": said.id}, body=body)

    return prepare


async def _bulk(world: World, person: Person) -> Request:
    task = await on_task()(world, person)
    return Request(body={"ids": [str(task.path["task_id"])], "change": {"priority": 1}})


ROWS = [
    Row("list_tasks", VIEWER, READ, 200),
    Row("create_task", MEMBER, WRITE, 201, body_of(title="Matrix")),
    Row("get_task", VIEWER, READ, 200, on_task(), has_object=True),
    Row(
        "update_task", MEMBER, WRITE, 200, on_task({"title": "New", "version": 1}), has_object=True
    ),
    Row("delete_task", MEMBER, WRITE, 204, on_task(), has_object=True),
    Row("restore_task", MEMBER, WRITE, 200, _deleted_task, has_object=True),
    Row("move_task", MEMBER, WRITE, 200, on_task({"status": "doing"}), has_object=True),
    Row("list_task_history", VIEWER, READ, 200, on_task(), has_object=True),
    Row("list_task_comments", VIEWER, READ, 200, on_task(), has_object=True),
    Row("add_task_comment", MEMBER, WRITE, 201, on_task({"text": "Matrix"}), has_object=True),
    Row("edit_task_comment", MEMBER, WRITE, 200, on_comment({"text": "New"}), private=True),
    Row("delete_task_comment", MEMBER, WRITE, 204, on_comment(), private=True),
    Row("change_many_tasks", MEMBER, WRITE, 200, _bulk),
    Row("parse_task", VIEWER, READ, 200, body_of(text="Matrix tomorrow")),
    Row("quick_add_task", MEMBER, WRITE, 201, body_of(text="Matrix tomorrow")),
    Row("list_projects", VIEWER, READ, 200),
    Row("create_project", MEMBER, WRITE, 201, _new_project),
    Row("get_project", VIEWER, READ, 200, on_project(), has_object=True),
    Row(
        "update_project",
        MEMBER,
        WRITE,
        200,
        on_project({"color": None, "version": 1}),
        has_object=True,
    ),
    Row("delete_project", MEMBER, WRITE, 204, on_project(), has_object=True),
    Row("restore_project", MEMBER, WRITE, 200, _deleted_project, has_object=True),
    Row("list_labels", VIEWER, READ, 200),
    Row("create_label", MEMBER, WRITE, 201, _new_label),
    Row("update_label", MEMBER, WRITE, 200, on_label({"color": None}), has_object=True),
    Row("delete_label", MEMBER, WRITE, 204, on_label(), has_object=True),
    Row("list_changesets", VIEWER, READ, 200),
    Row("get_changeset", VIEWER, READ, 200, a_changeset, private=True),
    Row("edit_changeset_item", MEMBER, WRITE, 200, _changeset_item, private=True),
    Row("accept_changeset", MEMBER, WRITE, 200, a_changeset, private=True),
    Row("reject_changeset", MEMBER, WRITE, 200, a_changeset, private=True),
    Row("undo_changeset", MEMBER, WRITE, 200, _accepted_changeset, private=True),
]
