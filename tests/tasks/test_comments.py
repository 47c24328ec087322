"""What people say about a task, over REST and beside each other."""

import asyncio
from uuid import UUID, uuid4

import httpx2
import pytest
from tests.fixtures.accounts import MakeUser
from tests.tasks.conftest import Desk, MakeApi, MakeDesk
from tests.tasks.wire import API

from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Role
from vectal.platform.db import Database
from vectal.tasks.contracts import Delivery, Proof
from vectal.tasks.errors import (
    CommentFixedError,
    CommentNotFoundError,
    QuestionClosedError,
    TaskNotFoundError,
)
from vectal.tasks.limits import COMMENT, DELIVERY, PROOF


async def _events(database: Database, desk: Desk, task_id: UUID) -> list[str]:
    """Kinds of the stored facts about comments on the task."""
    async with database.system("test") as session:
        connection = await session.connection()
        rows = await connection.fetch(
            "SELECT payload->>'kind' AS kind FROM outbox WHERE workspace_id = $1"
            " AND type = 'tasks.comment_changed' AND payload->>'task_id' = $2 ORDER BY xid, id",
            desk.me.workspace_id,
            str(task_id),
        )
    return [row["kind"] for row in rows]


async def test_a_note_is_said_changed_and_taken_back(
    api: httpx2.AsyncClient, desk: Desk, database: Database
) -> None:
    task = await desk.add()
    path = f"{API}/tasks/{task.id}/comments"
    made = await api.post(path, json={"text": "  By **Friday**.\r\nSure? "})
    assert made.status_code == 201, made.text
    said = made.json()
    assert (said["text"], said["kind"], said["version"]) == ("By **Friday**.\nSure?", "note", 1)
    assert said["author"] == {"id": str(desk.me.user_id), "name": desk.person.user.display_name}
    assert made.headers["ETag"] == '"1"'
    changed = await api.patch(
        f"{path}/{said['id']}", json={"text": "By Monday."}, headers={"If-Match": '"1"'}
    )
    assert (changed.json()["text"], changed.json()["version"]) == ("By Monday.", 2)
    assert changed.json()["edited_at"] is not None
    stale = await api.patch(f"{path}/{said['id']}", json={"text": "By Tuesday.", "version": 1})
    assert (stale.status_code, stale.json()["current"]["text"]) == (412, "By Monday.")
    assert (await api.get(path)).json()["items"] == [changed.json()]
    assert (await api.delete(f"{path}/{said['id']}")).status_code == 204
    assert (await api.get(path)).json()["items"] == []
    assert await _events(database, desk, task.id) == ["created", "updated", "deleted"]
    # Comments are no fields of the task: nobody's unsaved edit is disturbed by one.
    assert (await desk.get(task)).version == task.version


async def test_comments_come_in_pages_and_belong_to_their_task(
    api: httpx2.AsyncClient, desk: Desk
) -> None:
    task, other = await desk.add(), await desk.add("Call Ada")
    said = [await desk.services.comments.add(desk.me, task.id, f"No. {n}") for n in range(5)]
    await desk.services.comments.add(desk.me, other.id, "Elsewhere")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await desk.services.comments.list_comments(desk.me, task.id, cursor=cursor, limit=2)
        seen += [one.text for one in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [one.text for one in reversed(said)]
    wrong = await api.patch(f"{API}/tasks/{other.id}/comments/{said[0].id}", json={"text": "Moved"})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "tasks.comment_not_found")


@pytest.mark.parametrize("text", ["", "   ", "\u2028", "x" * (COMMENT + 1), "a\x00b"])
async def test_what_is_no_comment_is_refused(
    api: httpx2.AsyncClient, desk: Desk, text: str
) -> None:
    task = await desk.add()
    answer = await api.post(f"{API}/tasks/{task.id}/comments", json={"text": text})
    assert answer.status_code == 422, answer.text
    assert (await desk.services.comments.list_comments(desk.me, task.id)).items == []


async def test_a_key_says_it_once(api: httpx2.AsyncClient, desk: Desk) -> None:
    task = await desk.add()
    path, headers = f"{API}/tasks/{task.id}/comments", {"Idempotency-Key": str(uuid4())}
    both = await asyncio.gather(
        *(api.post(path, json={"text": "Once."}, headers=headers) for _ in range(2))
    )
    assert {answer.json()["id"] for answer in both} == {both[0].json()["id"]}
    assert len((await api.get(path)).json()["items"]) == 1


async def test_viewers_read_members_write_and_only_authors_change(
    api: httpx2.AsyncClient, desk: Desk, make_user: MakeUser, make_api: MakeApi
) -> None:
    task = await desk.add()
    said = await desk.services.comments.add(desk.me, task.id, "Mine.")
    path = f"{API}/tasks/{task.id}/comments"
    viewer = await make_user(workspace_id=desk.person.workspace_id, role=Role.VIEWER)
    looker = make_api(viewer.headers)
    assert [one["text"] for one in (await looker.get(path)).json()["items"]] == ["Mine."]
    assert (await looker.post(path, json={"text": "Hm."})).status_code == 403
    member = make_api(
        (await make_user(workspace_id=desk.person.workspace_id, role=Role.MEMBER)).headers
    )
    assert (await member.post(path, json={"text": "Me too."})).status_code == 201
    for answer in (
        await member.patch(f"{path}/{said.id}", json={"text": "Yours."}),
        await member.delete(f"{path}/{said.id}"),
    ):
        assert answer.status_code == 403
    assert (await api.get(path)).json()["items"][1]["text"] == "Mine."


async def test_another_workspace_has_no_such_task(desk: Desk, make_desk: MakeDesk) -> None:
    task = await desk.add()
    await desk.services.comments.add(desk.me, task.id, "Private to us.")
    stranger = (await make_desk()).me
    with pytest.raises(TaskNotFoundError):
        await desk.services.comments.list_comments(stranger, task.id)
    with pytest.raises(TaskNotFoundError):
        await desk.services.comments.add(stranger, task.id, "Hello?")


async def test_what_runs_say_stays_within_its_bounds_and_is_not_written_anew(desk: Desk) -> None:
    task, run = await desk.add(), uuid4()
    comments = desk.services.comments
    proofs = (Proof("It\x00works", "e" * (PROOF + 1), None, ""),)
    report = "r" * (DELIVERY + 1)
    await comments.deliver(
        desk.me, task.id, run, report, Delivery("failed", "Out of \ud800steps.", proofs)
    )
    (said,) = (await comments.list_comments(desk.me, task.id)).items
    assert (said.kind, said.run_id, len(said.text)) == ("delivery", run, DELIVERY)
    assert said.delivery is not None
    assert said.delivery.reason == "Out of steps."
    assert said.delivery.proofs[0].criterion == "Itworks"
    assert len(said.delivery.proofs[0].evidence) == PROOF
    with pytest.raises(CommentFixedError):
        await comments.edit(desk.me, task.id, said.id, "It went well.")
    await comments.delete(desk.me, task.id, said.id)
    assert (await comments.list_comments(desk.me, task.id)).items == []


async def test_a_question_is_asked_once_and_closes(desk: Desk, make_user: MakeUser) -> None:
    task, run = await desk.add(), uuid4()
    comments = desk.services.comments
    for _ in range(2):
        await comments.ask(desk.me, task.id, run, "call.1", "Which one?")
    (question,) = (await comments.list_comments(desk.me, task.id)).items
    assert (question.kind, question.is_open, question.text) == ("question", True, "Which one?")
    # Where no runs are wired, nobody hears an answer.
    with pytest.raises(QuestionClosedError):
        await comments.add(desk.me, task.id, "Blue.", answers=question.id)
    other = await make_user(workspace_id=desk.person.workspace_id, role=Role.MEMBER)
    with pytest.raises(ForbiddenError):
        await comments.add(other.principal, task.id, "Red.", answers=question.id)
    with pytest.raises(CommentNotFoundError):
        await comments.add(desk.me, task.id, "Blue.", answers=uuid4())
    await comments.note_answer(desk.me, task.id, run, "call.1", "Blue.")
    answer, closed = (await comments.list_comments(desk.me, task.id)).items
    assert (answer.kind, answer.text, closed.is_open) == ("answer", "Blue.", False)
    with pytest.raises(QuestionClosedError):
        await comments.add(desk.me, task.id, "Red.", answers=question.id)


async def test_a_run_speaks_on_a_deleted_task_and_on_none(desk: Desk) -> None:
    task, comments = await desk.add(), desk.services.comments
    await desk.services.tasks.delete(desk.me, task.id)
    await comments.ask(desk.me, task.id, uuid4(), "call.1", "Still there?")
    await comments.ask(desk.me, uuid4(), uuid4(), "call.1", "Anybody?")
    await desk.services.tasks.restore(desk.me, task.id)
    (kept,) = (await comments.list_comments(desk.me, task.id)).items
    assert kept.text == "Still there?"
