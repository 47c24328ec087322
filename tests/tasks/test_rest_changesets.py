"""REST of changesets, as a client meets it."""

from uuid import uuid4

import httpx2
from tests.fixtures.accounts import MakeUser
from tests.tasks.conftest import Desk, MakeApi
from tests.tasks.wire import API, post, titles

from vectal.auth.principal import Role
from vectal.tasks.contracts import Changeset, Origin, Proposal, TaskFields


async def propose(desk: Desk, *proposals: Proposal) -> Changeset:
    return await desk.services.changesets.propose(
        desk.me, Origin(uuid4(), uuid4()), list(proposals)
    )


async def test_a_changeset_is_shown_accepted_and_undone(
    api: httpx2.AsyncClient, desk: Desk
) -> None:
    task = await desk.add()
    changeset = await propose(
        desk,
        Proposal("update", TaskFields(priority=1), task.id),
        Proposal("create", TaskFields(title="Call")),
    )
    path = f"/changesets/{changeset.id}"
    shown = (await api.get(f"{API}{path}")).json()
    assert shown["items"][0] == {
        "id": str(changeset.items[0].id),
        "position": 0,
        "kind": "task",
        "operation": "update",
        "task_id": str(task.id),
        "title": "Pay rent",
        "before": {"priority": 4},
        "after": {"priority": 1},
        "status": "pending",
        "conflict": None,
        "proposed": None,
        "edited_at": None,
        "is_applied": False,
    }
    listed = await api.get(
        f"{API}/changesets",
        params={"turn_id": shown["turn_id"], "conversation_id": shown["conversation_id"]},
    )
    assert listed.json()["items"] == [shown]
    assert (await api.get(f"{API}/changesets?status=undone")).json()["items"] == []
    first, second = shown["items"]
    partly = await post(api, f"{path}/accept", {"item_ids": [first["id"]]})
    assert partly["status"] == "partly"
    rejected = await post(api, f"{path}/reject", {"item_ids": [second["id"]]})
    assert rejected["items"][1]["status"] == "rejected"
    again = await api.post(f"{API}{path}/accept", json={"item_ids": [second["id"]]})
    assert (again.status_code, again.json()["code"]) == (409, "tasks.changeset_closed")
    await api.patch(f"{API}/tasks/{task.id}", json={"priority": 2})
    stuck = await post(api, f"{path}/undo", {})
    assert stuck["items"][0]["conflict"] == {
        "fields": ["priority"],
        "current": {"priority": 2},
        "detail": "",
    }
    undone = await api.post(f"{API}{path}/undo", json={"force": True})
    assert undone.json()["status"] == "undone"
    assert (await api.get(f"{API}/tasks/{task.id}")).json()["priority"] == 4


async def test_a_decision_needs_no_body_and_may_be_repeated(
    api: httpx2.AsyncClient, desk: Desk
) -> None:
    changeset = await propose(desk, Proposal("create", TaskFields(title="Call")))
    key = {"Idempotency-Key": str(uuid4())}
    first = await api.post(f"{API}/changesets/{changeset.id}/accept", headers=key)
    second = await api.post(f"{API}/changesets/{changeset.id}/accept", headers=key)
    assert first.status_code == 200
    assert first.json()["status"] == "accepted"
    assert first.content == second.content
    assert await titles(api) == ["Call"]


async def test_bad_decisions_are_refused(api: httpx2.AsyncClient, desk: Desk) -> None:
    top = uuid4()
    changeset = await propose(
        desk,
        Proposal("create", TaskFields(title="Move"), top),
        Proposal("create", TaskFields(title="Boxes", parent_id=top)),
    )
    path = f"{API}/changesets/{changeset.id}"
    alone = await api.post(f"{path}/accept", json={"item_ids": [str(changeset.items[1].id)]})
    assert (alone.status_code, alone.json()["code"]) == (409, "tasks.changeset_dependency")
    assert alone.json()["needed_item_ids"] == [str(changeset.items[0].id)]
    bad: list[object] = [{"item_ids": []}, {"item_ids": ["x"]}, {"item_ids": [str(uuid4())]}, 1]
    for body in bad:
        assert (await api.post(f"{path}/accept", json=body)).status_code == 422
    assert (await api.post(f"{path}/reject", json={"force": True})).status_code == 422
    assert (await api.get(f"{API}/changesets/{uuid4()}")).status_code == 404
    assert (await api.get(f"{API}/changesets?status=open")).status_code == 422
    assert (await api.get(f"{API}/changesets?cursor=x")).status_code == 422


async def test_changesets_are_their_persons_own(
    desk: Desk, make_api: MakeApi, make_user: MakeUser
) -> None:
    changeset = await propose(desk, Proposal("create", TaskFields(title="Call")))
    colleague = await make_user(workspace_id=desk.me.workspace_id, role=Role.OWNER)
    for person in (colleague, await make_user()):
        client = make_api(person.headers)
        path = f"{API}/changesets/{changeset.id}"
        assert (await client.get(path)).status_code == 404
        for step in ("accept", "reject", "undo"):
            assert (await client.post(f"{path}/{step}", json={})).status_code == 404
        assert (await client.get(f"{API}/changesets")).json()["items"] == []
