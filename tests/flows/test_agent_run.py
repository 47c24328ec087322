"""The story of an agent run, from its goal to a change that is accepted.

agents/routes -> agents/service (a queued row and a job in one transaction) -> Redis -> worker ->
controller (lease, journal, limits) -> think -> ai -> act -> toolbox -> tasks propose a changeset ->
check -> report -> the person hears of it, reads the journal, and accepts.
"""

import asyncio
from pathlib import Path

import pytest
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import Tree
from tests.flows.server import serve, settings_of
from tests.flows.visitor import Json, Visitor

pytestmark = pytest.mark.timeout(400)


async def test_a_goal_becomes_a_report_and_a_change(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> None:
    name = f"agent_flow_{worker}"
    database = await clone_database(servers, name)
    # An index that no other test has: workers of two installations must not share hints.
    own = valkey.rpartition("/")[0] + "/10"
    settings = settings_of(database, own, tmp_path)
    async with (
        serve(database, own, tmp_path) as (address, _),
        Visitor.set_up(address) as ada,
    ):
        processes = [await Tree.start(settings, command=each) for each in ("scheduler", "worker")]
        try:
            await _hand_over(ada)
        finally:
            for process in processes:
                process.kill()
                await process.wait()
    await drop_database(servers, name)


async def _hand_over(ada: Visitor) -> None:
    async with ada.open_tab() as tab:
        # Ada says what she wants and how she will know that it is done, and looks on.
        await tab.listen("user")
        await ada.add_task("Pay rent")
        asked = {"goal": "Please add a task to call Ada", "criteria": ["A task is prepared"]}
        run = await ada.post("/runs", asked)
        assert (run["state"], run["attempt"]) == ("queued", 0)
        assert (await tab.hear("update", "run.changed"))["data"]["run_id"] == run["id"]
        finished = await tab.hear("update", "run.finished")
        assert (finished["data"]["run_id"], finished["data"]["state"]) == (run["id"], "succeeded")

    # The run says what it did, step by step, and what it cost.
    run = await ada.get(f"/runs/{run['id']}")
    assert run["report"], run
    assert run["spend"]["steps"] >= 3
    assert run["taint"] == ["private"]
    journal = await ada.get(f"/runs/{run['id']}/journal", limit=200)
    kinds = [entry["kind"] for entry in journal["items"]]
    assert [entry["seq"] for entry in journal["items"]] == list(range(1, journal["last_seq"] + 1))
    assert kinds[0] == "created"
    assert {"planned", "call_begun", "call_ended", "check_begun", "check_ended"} <= set(kinds)
    assert kinds[-2:] == ["reported", "moved"]

    # It has changed nothing: what it prepared waits for her.
    proposed = await _find_changeset(ada, journal)
    (item,) = proposed["items"]
    titles = [task["title"] for task in (await ada.get("/tasks"))["items"]]
    assert titles == ["Pay rent"]
    accepted = await ada.post(f"/changesets/{proposed['id']}/accept", {}, 200)
    assert accepted["status"] == "accepted"
    titles = [task["title"] for task in (await ada.get("/tasks"))["items"]]
    assert item["after"]["title"] in titles

    # Another one is cancelled; nothing of it goes on.
    other = await ada.post("/runs", {"goal": "Look at my tasks"})
    ended = await ada.http.post(f"/runs/{other['id']}/cancel")
    if ended.status_code == 200:
        assert (await _until_ended(ada, other["id"]))["state"] == "cancelled"
    else:
        assert ended.json()["code"] == "agents.wrong_state"  # it was done before
    listed = await ada.get("/runs", state="succeeded")
    assert run["id"] in [each["id"] for each in listed["items"]]


async def _find_changeset(ada: Visitor, journal: Json) -> Json:
    (changeset_id,) = {
        entry["data"]["changeset_id"]
        for entry in journal["items"]
        if entry["data"].get("changeset_id")
    }
    found: Json = await ada.get(f"/changesets/{changeset_id}")
    return found


async def _until_ended(ada: Visitor, run_id: str) -> Json:
    async with asyncio.timeout(60):
        while True:
            run: Json = await ada.get(f"/runs/{run_id}")
            if run["ended_at"] is not None:
                return run
            await asyncio.sleep(0.05)
