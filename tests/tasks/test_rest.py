"""REST of tasks, projects and labels, as a client meets it."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.fixtures.accounts import MakeKey, MakeUser
from tests.tasks.conftest import NOON, Desk, MakeApi
from tests.tasks.wire import API, post, titles

from vectal.auth.principal import Role
from vectal.tasks.contracts import task_as_json


async def test_a_task_is_created_read_changed_and_deleted(api: httpx2.AsyncClient) -> None:
    made = await api.post(
        f"{API}/tasks",
        json={
            "title": "Pay rent",
            "notes": "x",
            "priority": 2,
            "due_on": "2026-07-20",
            "labels": ["home"],
        },
    )
    assert made.status_code == 201
    assert made.headers["etag"] == '"1"'
    task = made.json()
    assert task["due_on"] == "2026-07-20"
    assert [label["name"] for label in task["labels"]] == ["home"]
    assert task["subtasks"] == {"total": 0, "done": 0}
    path = f"{API}/tasks/{task['id']}"
    assert (await api.get(path)).json() == task
    changed = await api.patch(path, json={"status": "done", "due_on": None, "version": 1})
    assert changed.status_code == 200
    assert changed.headers["etag"] == '"2"'
    assert (changed.json()["status"], changed.json()["due_on"]) == ("done", None)
    assert changed.json()["title"] == "Pay rent"
    assert (await api.delete(path, headers={"If-Match": '"2"'})).status_code == 204
    assert (await api.get(path)).status_code == 404
    restored = await api.post(f"{path}/restore")
    assert restored.status_code == 200
    assert restored.json()["version"] == 4


async def test_the_wire_shape_is_the_shape_of_conflicts_and_updates(
    api: httpx2.AsyncClient, desk: Desk
) -> None:
    task = await desk.add(labels=["a"], due_at=NOON, notes="ä")
    shown = (await api.get(f"{API}/tasks/{task.id}")).json()
    assert shown == task_as_json(task)


@pytest.mark.parametrize("carrier", ["header", "body"])
async def test_a_lost_update_answers_412_with_the_newer_task(
    api: httpx2.AsyncClient, carrier: str
) -> None:
    task = await post(api, "/tasks", {"title": "Pay rent"})
    path = f"{API}/tasks/{task['id']}"
    newer = (await api.patch(path, json={"title": "Pay all"})).json()
    headers = {"If-Match": '"1"'} if carrier == "header" else {}
    body = {"priority": 1} | ({"version": 1} if carrier == "body" else {})
    refused = await api.patch(path, json=body, headers=headers)
    assert refused.status_code == 412
    problem = refused.json()
    assert problem["code"] == "tasks.version_conflict"
    assert problem["current"] == newer
    assert (await api.delete(path, headers={"If-Match": "1"})).status_code == 412


@pytest.mark.parametrize("value", ["x", '"x"', "-1", '"1', "9" * 30])
async def test_if_match_takes_a_version(api: httpx2.AsyncClient, value: str) -> None:
    task = await post(api, "/tasks", {"title": "Pay rent"})
    answer = await api.patch(
        f"{API}/tasks/{task['id']}", json={"priority": 1}, headers={"If-Match": value}
    )
    assert answer.status_code == 422


async def test_header_and_body_name_one_version(api: httpx2.AsyncClient) -> None:
    task = await post(api, "/tasks", {"title": "Pay rent"})
    path = f"{API}/tasks/{task['id']}"
    answer = await api.patch(path, json={"version": 1}, headers={"If-Match": '"2"'})
    assert answer.status_code == 422
    anyway = await api.patch(path, json={"priority": 1}, headers={"If-Match": "*"})
    assert anyway.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": None},
        {"title": ["Pay"]},
        {"title": {"a": 1}},
        {"title": 3},
        {"title": ""},
        {"title": " \n "},
        {"title": "x" * 501},
        {"title": "a\x00b"},
        {"title": "x", "notes": "x" * 20_001},
        {"title": "x", "surprise": 1},
        {"title": "x", "status": "open"},
        {"title": "x", "priority": 5},
        {"title": "x", "priority": "1.5"},
        {"title": "x", "labels": "home"},
        {"title": "x", "labels": [""]},
        {"title": "x", "labels": ["a"] * 21},
        {"title": "x", "due_on": "31.12.2026"},
        {"title": "x", "due_on": "2300-01-01"},
        {"title": "x", "due_at": "2026-07-20T10:00:00"},
        {"title": "x", "due_at": "2026-07-20T10:00:00Z", "due_on": "2026-07-20"},
        {"title": "x", "project_id": "flat"},
        {"title": "x", "project_id": str(uuid4())},
        {"title": "x", "parent_id": str(uuid4())},
        {"title": "x", "assignee_id": str(uuid4())},
        {"title": "x", "position_after": str(uuid4())},
        [],
        "x",
        None,
    ],
)
async def test_bad_bodies_answer_422_with_a_problem(api: httpx2.AsyncClient, body: object) -> None:
    answer = await api.post(f"{API}/tasks", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["errors"][0]["code"]
    assert "Traceback" not in answer.text


async def test_a_patch_refuses_null_where_there_is_always_something(
    api: httpx2.AsyncClient,
) -> None:
    task = await post(api, "/tasks", {"title": "Pay rent"})
    for name in ("title", "notes", "status", "priority", "labels"):
        answer = await api.patch(f"{API}/tasks/{task['id']}", json={name: None})
        assert answer.status_code == 422, name


async def test_the_list_takes_conditions_orders_and_cursors(api: httpx2.AsyncClient) -> None:
    for number in range(5):
        await post(
            api,
            "/tasks",
            {"title": f"t{number}", "priority": 1 + number % 2, "labels": ["a", "b"][: number % 3]},
        )
    first = await api.get(f"{API}/tasks", params={"limit": 2, "sort": "title", "order": "desc"})
    page = first.json()
    assert [task["title"] for task in page["items"]] == ["t4", "t3"]
    second = await api.get(
        f"{API}/tasks",
        params={"limit": 2, "sort": "title", "order": "desc", "cursor": page["next_cursor"]},
    )
    assert [task["title"] for task in second.json()["items"]] == ["t2", "t1"]
    other = await api.get(f"{API}/tasks", params={"cursor": page["next_cursor"]})
    assert (other.status_code, other.json()["code"]) == (422, "invalid_cursor")
    both = await api.get(f"{API}/tasks?label=a&label=B&priority=1&priority=2&sort=title")
    assert [task["title"] for task in both.json()["items"]] == ["t2"]
    newest = await api.get(f"{API}/tasks?sort=created&status=todo&status=doing&roots=true")
    assert next(task["title"] for task in newest.json()["items"]) == "t4"
    assert newest.json()["next_cursor"] is None


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=201", "limit=x", "sort=size", "order=up", "status=open"),
        *("priority=9", "project_id=flat", "due_from=soon", "view=week", "timezone=Nowhere"),
        *("timezone=%00", "q=%00", "cursor=x", "surprise=1", "due_to=9999-12-31"),
        f"q={'x' * 201}",
    ],
)
async def test_bad_queries_answer_422(api: httpx2.AsyncClient, query: str) -> None:
    answer = await api.get(f"{API}/tasks?{query}")
    assert answer.status_code == 422, answer.text


async def test_views_and_searches_come_in_their_own_order(api: httpx2.AsyncClient) -> None:
    await post(api, "/tasks", {"title": "Rent late", "due_on": "2026-07-02"})
    await post(api, "/tasks", {"title": "Rent later", "due_on": "2026-07-01"})
    today = (await api.get(f"{API}/tasks?view=today")).json()["items"]
    assert [task["title"] for task in today] == ["Rent later", "Rent late"]
    found = (await api.get(f"{API}/tasks?q=rent")).json()["items"]
    assert [task["title"] for task in found] == ["Rent later", "Rent late"]


async def test_moving_places_beside_neighbours(api: httpx2.AsyncClient) -> None:
    a, b, c = [await post(api, "/tasks", {"title": title}) for title in "abc"]

    async def move(task: Mapping[str, Any], body: object) -> list[str]:
        await post(api, f"/tasks/{task['id']}/move", body)
        return await titles(api)

    assert await titles(api) == ["a", "b", "c"]
    assert await move(c, {"after": a["id"]}) == ["a", "c", "b"]
    assert await move(b, {"before": a["id"]}) == ["b", "a", "c"]
    assert await move(b, {"before": None}) == ["a", "c", "b"]
    assert await move(b, {"after": None}) == ["b", "a", "c"]
    assert await move(a, {"after": c["id"], "before": None, "status": "doing"}) == ["b", "c", "a"]
    assert await move(a, {"after": None, "before": b["id"]}) == ["a", "b", "c"]
    assert await titles(api, status="doing") == ["a"]
    again = await api.post(f"{API}/tasks/{a['id']}/move", json={"after": a["id"]})
    assert again.status_code == 200
    assert await titles(api) == ["a", "b", "c"]
    placed = await post(api, "/tasks", {"title": "d", "position_after": a["id"]})
    assert await titles(api) == ["a", "d", "b", "c"]
    assert placed["version"] == 1


async def test_moving_to_another_project_goes_to_its_end(api: httpx2.AsyncClient) -> None:
    flat = await post(api, "/projects", {"name": "Flat"})
    await post(api, "/tasks", {"title": "there", "project_id": flat["id"]})
    task = await post(api, "/tasks", {"title": "mine"})
    moved = await post(api, f"/tasks/{task['id']}/move", {"project_id": flat["id"]})
    assert moved["project_id"] == flat["id"]
    assert await titles(api, project_id=flat["id"]) == ["there", "mine"]
    stale = await api.post(
        f"{API}/tasks/{task['id']}/move", json={"project_id": None, "version": 1}
    )
    assert stale.status_code == 412


async def test_one_change_for_many_reports_each(api: httpx2.AsyncClient) -> None:
    tasks = [await post(api, "/tasks", {"title": f"t{n}", "labels": ["a"]}) for n in range(3)]
    missing = str(uuid4())
    result = await post(
        api,
        "/tasks/bulk",
        {
            "ids": [task["id"] for task in tasks] + [missing],
            "change": {"priority": 1, "add_labels": ["b"], "remove_labels": ["A"]},
        },
    )
    assert [task["title"] for task in result["updated"]] == ["t0", "t1", "t2"]
    assert all(task["version"] == 2 for task in result["updated"])
    assert all([label["name"] for label in task["labels"]] == ["b"] for task in result["updated"])
    assert result["failed"] == [
        {"id": missing, "code": "tasks.not_found", "detail": "No such task"}
    ]
    chosen = await post(api, "/tasks/bulk", {"filter": {"q": "t1"}, "change": {"status": "done"}})
    assert [task["title"] for task in chosen["updated"]] == ["t1"]
    gone = await post(
        api, "/tasks/bulk", {"filter": {"status": ["todo"]}, "change": {"delete": True}}
    )
    assert sorted(gone["deleted"]) == sorted([tasks[0]["id"], tasks[2]["id"]])
    assert await titles(api) == ["t1"]


@pytest.mark.parametrize(
    "body",
    [
        {"change": {"priority": 1}},
        {"ids": [], "change": {"priority": 1}},
        {"ids": [str(uuid4())], "filter": {}, "change": {"priority": 1}},
        {"ids": [str(uuid4())], "change": {}},
        {"ids": [str(uuid4())] * 201, "change": {"priority": 1}},
        {"ids": [str(uuid4())], "change": {"surprise": 1}},
    ],
)
async def test_bad_bulk_changes_answer_422(api: httpx2.AsyncClient, body: object) -> None:
    assert (await api.post(f"{API}/tasks/bulk", json=body)).status_code == 422


async def test_quick_add_previews_without_writing_then_makes_everything(
    api: httpx2.AsyncClient,
) -> None:
    text = "🎉 Pay rent tomorrow 9am p1 #home +Flat"
    preview = await post(api, "/tasks/parse", {"text": text})
    assert preview["title"] == "🎉 Pay rent"
    assert preview["due_at"] == "2026-07-16T07:00:00Z"
    assert preview["project"] == {"name": "Flat", "id": None}
    assert preview["spans"][0] == {"start": 12, "end": 20, "kind": "date", "value": "2026-07-16"}
    assert not (await api.get(f"{API}/projects")).json()["items"]
    task = await post(api, "/tasks/quick", {"text": text})
    (project,) = (await api.get(f"{API}/projects")).json()["items"]
    assert (project["name"], project["key"], task["project_id"]) == ("Flat", "flat", project["id"])
    assert [label["name"] for label in task["labels"]] == ["home"]
    again = await post(api, "/tasks/parse", {"text": "x +FLAT", "timezone": "Asia/Tokyo"})
    assert again["project"] == {"name": "FLAT", "id": project["id"]}
    other = await post(
        api,
        "/tasks/quick",
        {"text": "Buy milk #HOME", "project_id": project["id"], "due_on": "2026-07-20"},
    )
    assert (other["project_id"], other["due_on"]) == (project["id"], "2026-07-20")
    assert other["labels"] == task["labels"]
    for bad in ({}, {"text": ""}, {"text": "  "}, {"text": "x" * 1001}, {"text": 3}):
        assert (await api.post(f"{API}/tasks/quick", json=bad)).status_code == 422


async def test_history_is_paged(api: httpx2.AsyncClient) -> None:
    task = await post(api, "/tasks", {"title": "Pay rent"})
    path = f"{API}/tasks/{task['id']}"
    await api.patch(path, json={"priority": 1})
    page = (await api.get(f"{path}/history?limit=1")).json()
    assert page["items"][0]["changes"] == [{"field": "priority", "before": 4, "after": 1}]
    rest = (await api.get(f"{path}/history?limit=1&cursor={page['next_cursor']}")).json()
    assert rest["items"][0]["version"] == 1
    assert (await api.get(f"{path}/history?cursor=x")).status_code == 422
    assert (await api.get(f"{API}/tasks/{uuid4()}/history")).status_code == 404


async def test_projects_are_made_changed_moved_archived_and_deleted(
    api: httpx2.AsyncClient,
) -> None:
    flat = await post(api, "/projects", {"name": " Meine  Wohnung ", "color": "#AABBCC"})
    assert (flat["name"], flat["key"], flat["color"]) == (
        "Meine Wohnung",
        "meine-wohnung",
        "#aabbcc",
    )
    work = await post(api, "/projects", {"name": "Work"})
    taken = await api.post(f"{API}/projects", json={"name": "WORK"})
    assert (taken.status_code, taken.json()["code"]) == (409, "tasks.project_exists")
    path = f"{API}/projects/{flat['id']}"
    renamed = await api.patch(path, json={"name": "Flat", "color": "teal", "version": 1})
    assert (renamed.json()["name"], renamed.json()["version"]) == ("Flat", 2)
    assert renamed.json()["key"] == "meine-wohnung"
    stale = await api.patch(path, json={"name": "x", "version": 1})
    assert (stale.status_code, stale.json()["current"]) == (412, renamed.json())
    assert (await api.patch(path, json={"name": "work"})).status_code == 409
    await api.patch(path, json={"after": work["id"]})
    names = [one["name"] for one in (await api.get(f"{API}/projects")).json()["items"]]
    assert names == ["Work", "Flat"]
    archived = (await api.patch(path, json={"archived": True})).json()
    assert archived["archived_at"] is not None
    refused = await api.post(f"{API}/tasks", json={"title": "x", "project_id": flat["id"]})
    assert refused.status_code == 422
    only = (await api.get(f"{API}/projects?archived=true")).json()["items"]
    assert [one["name"] for one in only] == ["Flat"]
    await api.patch(path, json={"archived": False})
    task = await post(api, "/tasks", {"title": "x", "project_id": flat["id"]})
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404
    assert (await api.get(f"{API}/tasks/{task['id']}")).status_code == 404
    await post(api, "/projects", {"name": "flat"})
    blocked = await api.post(f"{path}/restore")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "tasks.project_exists")
    assert (await api.get(f"{API}/tasks/{task['id']}")).status_code == 404


async def test_a_restored_project_has_its_tasks_again(api: httpx2.AsyncClient) -> None:
    flat = await post(api, "/projects", {"name": "Flat"})
    task = await post(api, "/tasks", {"title": "x", "project_id": flat["id"]})
    path = f"{API}/projects/{flat['id']}"
    assert (await api.delete(path)).status_code == 204
    assert (await post(api, f"/projects/{flat['id']}/restore", None))["name"] == "Flat"
    back = (await api.get(f"{API}/tasks/{task['id']}")).json()
    assert (back["project_id"], back["version"]) == (flat["id"], 3)
    assert (await api.post(f"{path}/restore")).status_code == 409


async def test_projects_page_and_keys_differ(api: httpx2.AsyncClient) -> None:
    for name in ("Über", "uber!", "UBER?", "会議"):
        await post(api, "/projects", {"name": name})
    keys: list[str] = []
    cursor = ""
    while True:
        page = (await api.get(f"{API}/projects?limit=3{cursor}")).json()
        keys += [one["key"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert keys == ["uber", "uber-2", "uber-3", "project"]
    assert (await api.get(f"{API}/projects?cursor=x")).status_code == 422


async def test_labels_are_made_renamed_and_deleted(api: httpx2.AsyncClient) -> None:
    home = await post(api, "/labels", {"name": "home", "color": "teal"})
    await post(api, "/labels", {"name": "Work"})
    assert (await api.post(f"{API}/labels", json={"name": "HOME"})).status_code == 409
    task = await post(api, "/tasks", {"title": "x", "labels": ["home"]})
    path = f"{API}/labels/{home['id']}"
    assert (await api.patch(path, json={"name": "work"})).status_code == 409
    renamed = (await api.patch(path, json={"name": "Haus"})).json()
    assert (renamed["name"], renamed["color"]) == ("Haus", "teal")
    page = (await api.get(f"{API}/labels?limit=1")).json()
    assert [one["name"] for one in page["items"]] == ["Haus"]
    rest = (await api.get(f"{API}/labels?limit=1&cursor={page['next_cursor']}")).json()
    assert [one["name"] for one in rest["items"]] == ["Work"]
    assert (await api.delete(path)).status_code == 204
    assert (await api.delete(path)).status_code == 404
    assert (await api.patch(path, json={"name": "y"})).status_code == 404
    assert (await api.get(f"{API}/tasks/{task['id']}")).json()["labels"] == []


async def test_every_post_may_be_repeated_with_its_key(api: httpx2.AsyncClient) -> None:
    posts: list[tuple[str, object]] = [
        ("/tasks", {"title": "once"}),
        ("/tasks/quick", {"text": "once"}),
        ("/projects", {"name": "once"}),
        ("/labels", {"name": "once"}),
    ]
    for path, body in posts:
        key = {"Idempotency-Key": str(uuid4())}
        first = await api.post(f"{API}{path}", json=body, headers=key)
        second = await api.post(f"{API}{path}", json=body, headers=key)
        assert first.status_code == second.status_code == 201
        assert first.content == second.content
        other = await api.post(f"{API}{path}", json={"title": "other"}, headers=key)
        assert other.status_code == 422
    assert await titles(api) == ["once", "once"]


async def test_viewers_read_and_keys_keep_to_their_scopes(
    desk: Desk, make_api: MakeApi, make_user: MakeUser, make_key: MakeKey
) -> None:
    task = await desk.add()
    viewer = await make_user(workspace_id=desk.me.workspace_id, role=Role.VIEWER)
    reading = await make_key(desk.person, ["tasks:read"])
    for client in (
        make_api(viewer.headers),
        make_api({"x-api-key": reading.text}),
    ):
        assert (await client.get(f"{API}/tasks/{task.id}")).status_code == 200
        assert (await client.post(f"{API}/tasks/parse", json={"text": "x"})).status_code == 200
        for method, path, body in (
            ("POST", "/tasks", {"title": "x"}),
            ("POST", "/tasks/quick", {"text": "x"}),
            ("PATCH", f"/tasks/{task.id}", {"title": "x"}),
            ("DELETE", f"/tasks/{task.id}", None),
            ("POST", "/tasks/bulk", {"ids": [str(task.id)], "change": {"priority": 1}}),
            ("POST", "/projects", {"name": "x"}),
            ("POST", "/labels", {"name": "x"}),
        ):
            answer = await client.request(method, f"{API}{path}", json=body)
            assert answer.status_code == 403, path


async def test_a_stranger_finds_nothing(desk: Desk, make_api: MakeApi, make_user: MakeUser) -> None:
    task = await desk.add(labels=["home"])
    project = await desk.services.projects.create(desk.me, "Flat")
    stranger = make_api((await make_user()).headers)
    label = task.labels[0]
    for method, path, body in (
        ("GET", f"/tasks/{task.id}", None),
        ("PATCH", f"/tasks/{task.id}", {"title": "x"}),
        ("DELETE", f"/tasks/{task.id}", None),
        ("POST", f"/tasks/{task.id}/restore", None),
        ("POST", f"/tasks/{task.id}/move", {"after": None}),
        ("GET", f"/tasks/{task.id}/history", None),
        ("GET", f"/projects/{project.id}", None),
        ("PATCH", f"/projects/{project.id}", {"name": "x"}),
        ("DELETE", f"/projects/{project.id}", None),
        ("POST", f"/projects/{project.id}/restore", None),
        ("PATCH", f"/labels/{label.id}", {"name": "x"}),
        ("DELETE", f"/labels/{label.id}", None),
    ):
        answer = await stranger.request(method, f"{API}{path}", json=body)
        assert answer.status_code == 404, path
    assert await titles(stranger) == []
    assert (await stranger.get(f"{API}/labels")).json()["items"] == []
    assert await desk.get(task) == task


async def test_nobody_is_asked_to_sign_in(make_api: MakeApi) -> None:
    assert (await make_api({}).get(f"{API}/tasks")).status_code == 401
