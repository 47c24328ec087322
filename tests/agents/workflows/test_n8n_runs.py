"""Runs that n8n brings on: the same journal, whatever becomes of n8n."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.agents.workflows.conftest import OpenRig
from tests.agents.workflows.fake_n8n import Execution, FakeN8n
from tests.fixtures.agents import call, effects_of, finish, results_in, saying, stepping
from tests.fixtures.workflows import Rig

from vectal.agents import control
from vectal.agents.contracts import Run
from vectal.agents.errors import NoSuchEngineError
from vectal.agents.repository.runs import RunFilter
from vectal.agents.run import RunState
from vectal.agents.service import AgentRules
from vectal.agents.service.rules import EngineChoice
from vectal.ai.contracts import Part, ToolContext
from vectal.ai.contracts_runs import ThinkRequest
from vectal.ai.errors import CompletionFailedError
from vectal.auth.principal import Principal

pytestmark = pytest.mark.usefixtures("effects")

STEPS = ("idempotent", "unsafe", "queryable")
OVER = ("succeeded", "failed", "needs_review")


async def effects(rig: Rig, run: Run) -> list[str]:
    """What a run has done to the world, in order; a doubled effect stands there twice."""
    return [effect for _, effect, _ in await effects_of(rig.crew.database, str(run.id))]


async def ended(rig: Rig, owner: Principal, run: Run) -> Run:
    return await rig.until(owner, run, *OVER)


async def until_status(execution: Execution, wanted: str) -> None:
    async with asyncio.timeout(30):
        while execution.status != wanted:  # noqa: ASYNC110 - the fake sets no event
            await asyncio.sleep(0.01)


async def approve(rig: Rig, owner: Principal, run: Run) -> None:
    asked = (await rig.crew.journal(owner, run.id))[-2].data
    await rig.crew.agents.moves.decide(
        owner, run.id, UUID(asked["approval_id"]), sha256=asked["sha256"], approved=True
    )


async def test_both_engines_write_one_journal(rig_of: OpenRig, ada: Principal) -> None:
    async with rig_of(stepping(STEPS)) as rig:
        by_n8n = await rig.begin(ada, criteria=("It is done",))
        by_us = await rig.crew.begin(ada, criteria=("It is done",))
        told: list[list[str]] = []
        for run, engine in ((by_n8n, "n8n"), (by_us, "native")):
            done = await ended(rig, ada, run)
            assert (done.state, done.report, done.engine) == ("succeeded", "All is done.", engine)
            assert await effects(rig, run) == list(STEPS)
            assert done.spend.steps == 8
            kinds = await rig.crew.kinds(ada, run.id)
            told.append([kind for kind in kinds if kind not in ("claim", "hand_back")])
        assert told[0] == told[1]


async def test_n8n_is_told_no_word_of_a_run(n8n: FakeN8n, rig_of: OpenRig, ada: Principal) -> None:
    async with rig_of(stepping(STEPS)) as rig:
        run = await rig.begin(ada, "Find the hidden treasure.")
        await ended(rig, ada, run)
    known = repr([each.runs for each in n8n.executions.values()])
    assert str(run.id) in known
    for word in ("treasure", "idempotent", "All is done", "Ada"):
        assert word not in known


async def test_a_person_approves_in_the_middle(
    n8n: FakeN8n, rig_of: OpenRig, ada: Principal
) -> None:
    async with rig_of(stepping(STEPS)) as rig:
        rig.crew.approver.why["unsafe"] = "Look at it."
        run = await rig.begin(ada)
        await rig.until(ada, run, "waiting_for_approval")
        assert await effects(rig, run) == ["idempotent"]
        await approve(rig, ada, run)
        assert (await ended(rig, ada, run)).engine == "n8n"
        assert await effects(rig, run) == list(STEPS)
        assert [each.retry_of for each in n8n.executions.values()] == [None]


async def test_a_run_waits_for_the_agents_that_it_has_begun(
    n8n: FakeN8n, rig_of: OpenRig, ada: Principal
) -> None:
    """Its agents are brought on by our own workers; the last one to end has it go on."""

    async def say(request: ThinkRequest) -> Sequence[Part]:
        if request.values["goal"] == "Parent" and not results_in(request):
            return [call(control.DELEGATE, agents=[{"goal": "First"}, {"goal": "Second"}])]
        return [finish(f"{request.values['goal']} is done.")]

    async with rig_of(say) as rig:
        run = await rig.begin(ada, "Parent")
        done = await ended(rig, ada, run)
        assert (done.state, done.engine, done.report) == ("succeeded", "n8n", "Parent is done.")
        page = await rig.crew.agents.runs.list_recent(
            ada, RunFilter(parent_run_id=run.id), limit=10
        )
        assert [(each.state, each.engine) for each in page.items] == [("succeeded", "native")] * 2
    # On a busy machine one that is late is begun anew; that none has failed is what counts.
    assert {each.retry_of for each in n8n.executions.values()} == {None}


async def test_a_run_that_is_cancelled_lets_its_execution_go(
    n8n: FakeN8n, rig_of: OpenRig, ada: Principal
) -> None:
    async with rig_of(stepping(STEPS)) as rig:
        rig.crew.approver.why["unsafe"] = "Look at it."
        run = await rig.begin(ada)
        await rig.until(ada, run, "waiting_for_approval")
        execution = n8n.executions["1"]
        await until_status(execution, "waiting")
        await rig.crew.agents.moves.cancel(ada, run.id)
        await until_status(execution, "success")
        assert (await rig.crew.agents.runs.get(ada, run.id)).state == RunState.CANCELLED


@pytest.mark.parametrize("where", ["thought", "call"])
async def test_n8n_is_killed_and_comes_back(
    n8n: FakeN8n, rig_of: OpenRig, ada: Principal, where: str
) -> None:
    reached, goes_on = asyncio.Event(), asyncio.Event()
    steps = stepping(STEPS)

    async def stop_at(place: str, count: int) -> None:
        if place == where and count == 1:
            reached.set()
            await goes_on.wait()

    async def say(request: ThinkRequest) -> Sequence[Part]:
        await stop_at("thought", len(results_in(request)))
        return await steps(request)

    async with rig_of(say) as rig:

        async def before(context: ToolContext) -> None:
            del context
            await stop_at("call", len(await effects(rig, run)))

        rig.crew.box.before = before
        run = await rig.begin(ada)
        async with asyncio.timeout(20):
            await reached.wait()
        await n8n.kill()
        goes_on.set()
        # The step that was under way ends here, and its answer reaches nobody.
        await rig.until(ada, run, "queued")
        n8n.start()
        done = await ended(rig, ada, run)
        assert (done.state, done.engine, done.report) == ("succeeded", "n8n", "All is done.")
        assert await effects(rig, run) == list(STEPS)
        kinds = Counter(await rig.crew.kinds(ada, run.id))
        assert kinds["think_begun"] == kinds["think_ended"] == 4
        assert kinds["call_begun"] == kinds["call_ended"] == 3
        assert kinds["succeed"] == 1
        first, again = n8n.executions.values()
        assert (first.status, again.retry_of) == ("crashed", first.id)


async def test_n8n_is_away_from_the_start(n8n: FakeN8n, rig_of: OpenRig, ada: Principal) -> None:
    async with rig_of(stepping(STEPS), patience_s=0.5) as rig:
        n8n.is_away = True
        run = await rig.begin(ada)
        done = await ended(rig, ada, run)
        assert (done.state, done.engine) == ("succeeded", "native")
        assert await effects(rig, run) == list(STEPS)
        changed = [
            e.data for e in await rig.crew.journal(ada, run.id) if e.kind == "engine_changed"
        ]
        assert [(each["engine"], each["reason"]) for each in changed] == [
            ("native", "n8n did not call in time.")
        ]


async def test_n8n_that_refuses_is_not_waited_for(
    n8n: FakeN8n, rig_of: OpenRig, ada: Principal
) -> None:
    async with rig_of(stepping(STEPS)) as rig:
        for each in n8n.credentials.values():
            each["data"]["secret"] = "of somebody else"
        run = await rig.begin(ada)
        done = await ended(rig, ada, run)
        assert (done.state, done.engine) == ("succeeded", "native")
        assert n8n.executions == {}
        changed = [e.data for e in await rig.crew.journal(ada, run.id) if "engine" in e.data]
        assert [each["reason"] for each in changed] == ["n8n refused the run (status 403)."]


async def test_n8n_that_is_starting_is_waited_for(
    n8n: FakeN8n, rig_of: OpenRig, ada: Principal
) -> None:
    """It answers 404 to everything then, also where it knows an execution well."""
    async with rig_of(stepping(STEPS), rules=AgentRules(silence_s=0.2)) as rig:
        rig.crew.approver.why["unsafe"] = "Look at it."
        run = await rig.begin(ada)
        await rig.until(ada, run, "waiting_for_approval")
        n8n.is_starting = True
        fresh = await rig.begin(ada)
        await approve(rig, ada, run)
        rig.crew.approver.why.clear()
        asked = len(n8n.asked)
        async with asyncio.timeout(30):
            while len(n8n.asked) < asked + 10:  # noqa: ASYNC110 - the fake sets no event
                await asyncio.sleep(0.02)
        n8n.is_starting = False
        for each in (run, fresh):
            done = await ended(rig, ada, each)
            assert (done.state, done.engine) == ("succeeded", "n8n")
            assert await effects(rig, each) == list(STEPS)


async def test_executions_that_keep_failing_are_given_up(
    n8n: FakeN8n, rig_of: OpenRig, ada: Principal
) -> None:
    async with rig_of(stepping(STEPS), rules=AgentRules(silence_s=0.3)) as rig:
        workflow = next(w for w in n8n.workflows.values() if w["name"].endswith("run an agent"))
        pause = next(each for each in workflow["nodes"] if each["name"] == "Pause")
        pause["parameters"]["amount"] = "={{ $json.no_such_thing }}"
        run = await rig.begin(ada)
        done = await ended(rig, ada, run)
        assert (done.state, done.engine) == ("succeeded", "native")
        assert await effects(rig, run) == list(STEPS)
        ours = [each for each in n8n.executions.values() if each.workflow is workflow]
        # Three tries before the first thought came through, three after it.
        assert [each.status for each in ours] == ["error"] * 6
        told = [each for each in n8n.asked if each.path.endswith("/retry")]
        assert told


async def test_the_same_call_is_answered_the_same(rig_of: OpenRig, ada: Principal) -> None:
    async with rig_of(stepping(STEPS), attends=False) as rig:
        run = await rig.begin(ada)
        token = rig.pass_of(run, drive=0)
        answers = [await step(rig, token, "think", 0) for _ in range(2)]
        assert answers == [{"next": "act", "pause_s": 0.0}] * 2
        assert len(rig.crew.mind.asked) == 1
        assert await step(rig, token, "act", 0) == {"next": "think", "pause_s": 0.0}
        # A call that comes late, after what it asks for was done, does nothing.
        assert await step(rig, token, "think", 0) == {"next": "act", "pause_s": 0.0}
        assert await step(rig, token, "act", 1) == {"next": "think", "pause_s": 0.0}
        assert await effects(rig, run) == ["idempotent"]
        assert len(rig.crew.mind.asked) == 1


async def test_calls_at_once_take_one_step(rig_of: OpenRig, ada: Principal) -> None:
    async with rig_of(stepping(STEPS), attends=False) as rig:
        run = await rig.begin(ada)
        token = rig.pass_of(run, drive=0)
        said = await asyncio.gather(*(step(rig, token, "think", number) for number in range(5)))
        assert {each["next"] for each in said} == {"act"}
        assert len(rig.crew.mind.asked) == 1


@pytest.mark.parametrize(
    "forged", ["nothing", "vwr_", "vwr_AAAA", "late", "stranger", "deployment"]
)
async def test_only_a_pass_of_the_run_takes_a_step(
    rig_of: OpenRig, ada: Principal, forged: str
) -> None:
    async with rig_of(stepping(STEPS), attends=False) as rig:
        run = await rig.begin(ada)
        good = rig.pass_of(run, drive=0)
        tokens = {
            "late": rig.pass_of(run, drive=0, seconds=-1),
            "stranger": good[:-4] + "AAAA",
            "deployment": rig.link.keys.deploy_pass,
        }
        answer = await post(rig, tokens.get(forged, forged), "run-steps/think", 0)
        assert answer.status_code == 401
        assert answer.json()["code"] == "agents.pass_refused"
        assert await rig.crew.kinds(ada, run.id) == ["created"]


async def test_the_pass_of_another_execution_takes_no_step(rig_of: OpenRig, ada: Principal) -> None:
    async with rig_of(stepping(STEPS), attends=False) as rig:
        run = await rig.begin(ada)
        assert await step(rig, rig.pass_of(run, drive=1), "think", 0) == {
            "next": "end", "pause_s": 0.0,
        }  # fmt: skip
        native = await rig.crew.begin(ada)
        assert (await step(rig, rig.pass_of(native, drive=0), "think", 0))["next"] == "end"
        assert "think_begun" not in await rig.crew.kinds(ada, run.id)


async def test_a_failure_is_told_with_the_pass_of_the_deployment(rig_of: OpenRig) -> None:
    async with rig_of(stepping(STEPS), attends=False) as rig:
        for token, status in ((rig.link.keys.deploy_pass, 202), ("vwd_x", 401), ("x", 401)):
            assert (await post(rig, token, "engine-errors", 0)).status_code == status


async def test_a_model_that_fails_is_asked_again_after_a_pause(
    rig_of: OpenRig, ada: Principal
) -> None:
    async with rig_of(saying(CompletionFailedError("Busy."), [finish()]), attends=False) as rig:
        run = await rig.begin(ada)
        token = rig.pass_of(run, drive=0)
        said = await step(rig, token, "think", 0)
        assert said["next"] == "think"
        assert said["pause_s"] > 0


async def test_a_full_workspace_is_waited_for(rig_of: OpenRig, ada: Principal) -> None:
    goes_on = asyncio.Event()

    async def say(request: ThinkRequest) -> Sequence[Part]:
        del request
        await goes_on.wait()
        return [finish()]

    async with rig_of(say, rules=AgentRules(per_workspace=1)) as rig:
        first = await rig.begin(ada)
        await rig.until(ada, first, "running")
        second = await rig.crew.begin(ada)
        goes_on.set()
        assert (await ended(rig, ada, first)).state == "succeeded"
        assert (await ended(rig, ada, second)).state == "succeeded"


def test_without_n8n_there_is_one_engine() -> None:
    with pytest.raises(NoSuchEngineError):
        EngineChoice().pick("n8n")
    # What the operator prefers gives way to what there is.
    assert EngineChoice("n8n").pick(None) == "native"
    assert EngineChoice("n8n", ("native", "n8n")).pick(None) == "n8n"


async def post(rig: Rig, token: str, path: str, number: int) -> httpx2.Response:
    verb = path.rpartition("/")[2]
    async with httpx2.AsyncClient(timeout=60) as http:
        return await http.post(
            f"{rig.address}/api/v1/{path}",
            json={"execution_id": "17", "resume_url": "http://n8n/webhook-waiting/17?signature=a"}
            if path.startswith("run")
            else {"execution_id": "17"},
            headers={"authorization": f"Bearer {token}", "idempotency-key": f"run:{verb}:{number}"},
        )


async def step(rig: Rig, token: str, verb: str, number: int) -> dict[str, Any]:
    answer = await post(rig, token, f"run-steps/{verb}", number)
    assert answer.status_code == 200, answer.text
    return answer.json()
