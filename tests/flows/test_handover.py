"""The story of a task that is handed to an agent as to a colleague.

task -> run -> a question as a comment -> the answer, given there -> a delivery as a comment, with
evidence for each criterion -> sent back with words -> delivered again -> accepted: the changes are
done, and so is the task. All of it is heard live, and a worker is killed in the middle.
"""

import asyncio
import secrets
from pathlib import Path

import pytest
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import Tree
from tests.flows.server import serve, settings_of
from tests.flows.visitor import PATIENCE_S, Json, Tab, Visitor

pytestmark = pytest.mark.timeout(400)

CRITERIA = ["A change is prepared", "The colour is what I said"]


async def test_a_task_is_handed_over_asked_about_delivered_and_accepted(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> None:
    name = f"handover_flow_{worker}"
    database = await clone_database(servers, name)
    # An index that no other test has: workers of two installations must not share hints.
    own = valkey.rpartition("/")[0] + "/11"
    settings = settings_of(database, own, tmp_path)
    async with (
        serve(database, own, tmp_path) as (address, _),
        Visitor.set_up(address) as ada,
    ):
        scheduler = await Tree.start(settings, command="scheduler")
        first = await Tree.start(settings, command="worker")
        trees = [scheduler, first]
        try:
            async with ada.open_tab() as tab:
                await tab.listen("workspace")
                task, run = await _ask(ada, tab)
                first.kill()
                await first.wait()
                trees.append(await Tree.start(settings, command="worker"))
                await _answer(ada, tab, task, run)
                second = await _send_back(ada, tab, task, run)
                await _accept(ada, task, second)
        finally:
            for tree in trees:
                tree.kill()
                await tree.wait()
    await drop_database(servers, name)


async def _ask(ada: Visitor, tab: Tab) -> tuple[Json, Json]:
    """Ada hands the task over; what the agent must know, it asks on the task."""
    task = await ada.add_task("Order flowers")
    goal = "Order flowers. Ask me which colour."
    run = await ada.post("/runs", {"goal": goal, "criteria": CRITERIA, "task_id": task["id"]})
    heard = await tab.hear("update", "task_comment.changed")
    assert (heard["data"]["task_id"], heard["data"]["kind"]) == (task["id"], "created")
    (question,) = await _comments(ada, task)
    assert (question["kind"], question["text"]) == ("question", "Which colour?")
    assert (question["is_open"], question["run_id"]) == (True, run["id"])
    assert (await ada.get(f"/runs/{run['id']}"))["state"] == "waiting_for_input"
    return task, run


async def _answer(ada: Visitor, tab: Tab, task: Json, run: Json) -> None:
    """She answers there, twice by mistake; the agent hears it once, and delivers."""
    (question,) = await _comments(ada, task)
    path, body = f"/tasks/{task['id']}/comments", {"text": "Blue.", "answers": question["id"]}
    headers = [{"Idempotency-Key": secrets.token_hex(8)} for _ in range(2)]
    answers = await asyncio.gather(
        *(ada.http.post(path, json=body, headers=each) for each in headers)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    delivery = await _delivered(ada, tab, task, 1)
    kinds = [comment["kind"] for comment in await _comments(ada, task)]
    assert kinds == ["question", "answer", "delivery"]
    assert "You answered: “Blue.”" in delivery["text"]
    assert delivery["delivery"]["outcome"] == "succeeded"
    shown = [(each["criterion"], each["met"]) for each in delivery["delivery"]["proofs"]]
    assert shown == [(criterion, True) for criterion in CRITERIA]
    assert all(each["evidence"] for each in delivery["delivery"]["proofs"])
    ended = await ada.get(f"/runs/{run['id']}")
    assert (ended["state"], ended["review"]) == ("succeeded", "waiting")
    journal = await ada.get(f"/runs/{run['id']}/journal", limit=200)
    given = [e["data"]["text"] for e in journal["items"] if e["kind"] == "input_given"]
    assert given == ["Blue."]


async def _send_back(ada: Visitor, tab: Tab, task: Json, run: Json) -> Json:
    """It is not what she wanted: the agent begins again with her words, and asks once more."""
    second: Json = await ada.post(f"/runs/{run['id']}/send-back", {"text": "Add a task to pay."})
    assert (second["follows_run_id"], second["criteria"]) == (run["id"], CRITERIA)
    async with asyncio.timeout(PATIENCE_S):
        while not [each for each in await _comments(ada, task) if each["is_open"]]:
            await tab.hear("update", "task_comment.changed")
    await ada.post(f"/runs/{second['id']}/answer", {"text": "Red."}, 200)
    delivery = await _delivered(ada, tab, task, 2)
    assert delivery["run_id"] == second["id"]
    assert [each["text"] for each in await _comments(ada, task) if each["kind"] == "answer"] == [
        "Blue.",
        "Red.",
    ]
    return second


async def _accept(ada: Visitor, task: Json, run: Json) -> None:
    """She takes it: the change is done and the task too, however often she clicks."""
    (changes,) = (await ada.get("/changesets", run_id=run["id"]))["items"]
    assert [item["title"] for item in changes["items"]] == ["Pay"]
    path = f"/runs/{run['id']}/accept"
    answers = await asyncio.gather(*(ada.http.post(path, json={}) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {answer.json()["review"] for answer in answers} == {"accepted"}
    assert (await ada.get(f"/tasks/{task['id']}"))["status"] == "done"
    titles = [each["title"] for each in (await ada.get("/tasks", status="todo"))["items"]]
    assert titles == ["Pay"]


async def _delivered(ada: Visitor, tab: Tab, task: Json, count: int) -> Json:
    """The newest delivery, once there are so many."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = [each for each in await _comments(ada, task) if each["kind"] == "delivery"]
            if len(found) == count:
                return found[-1]
            await tab.hear("update", "task_comment.changed")


async def _comments(ada: Visitor, task: Json) -> list[Json]:
    """In the order in which they were said."""
    page: Json = await ada.get(f"/tasks/{task['id']}/comments", limit=50)
    return list(reversed(page["items"]))
