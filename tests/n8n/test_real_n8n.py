"""Runs that a real n8n brings on: from the webhook to the report, also when it is killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import httpx2
import pytest
from tests.fixtures.agents import effects_of, results_in, stepping
from tests.fixtures.workflows import Rig
from tests.n8n.conftest import OpenRig, Stand

from vectal.agents.contracts import Run
from vectal.agents.errors import N8nRefusedError
from vectal.agents.repository import executions
from vectal.agents.workflows.n8n.passes import WorkflowKeys, sign_request
from vectal.ai.contracts import Part, ToolContext
from vectal.ai.contracts_runs import ThinkRequest
from vectal.auth.principal import Principal
from vectal.platform.clock import utc_now
from vectal.platform.db import Scope

pytestmark = [
    pytest.mark.n8n,
    pytest.mark.timeout(400),
    pytest.mark.usefixtures("effects"),
    pytest.mark.xdist_group("n8n"),
]


STEPS = ("idempotent", "unsafe", "queryable")


async def _effects(rig: Rig, run: Run) -> list[str]:
    """What a run has done to the world, in order; a doubled effect stands there twice."""
    return [effect for _, effect, _ in await effects_of(rig.crew.database, str(run.id))]


async def _execution(rig: Rig, run: Run) -> str:
    scope = Scope(run.workspace_id, run.owner_id)
    async with rig.crew.database.read(scope) as session:
        row = await executions.find(session, scope, run.id)
    assert row is not None
    assert row.execution_id is not None
    return row.execution_id


async def _until_waiting(rig: Rig, run: Run) -> None:
    """Until n8n has put the execution to sleep."""
    async with asyncio.timeout(90):
        while True:
            if await rig.link.client.find_status(await _execution(rig, run)) == "waiting":
                return
            await asyncio.sleep(0.2)


async def _approve(rig: Rig, owner: Principal, run: Run) -> None:
    asked = (await rig.crew.journal(owner, run.id))[-2].data
    await rig.crew.agents.moves.decide(
        owner, run.id, UUID(asked["approval_id"]), sha256=asked["sha256"], approved=True
    )


async def test_to_bootstrap_twice_changes_nothing(stand: Stand) -> None:
    outcomes = [each.outcome for each in stand.said.things]
    assert outcomes == ["made"] * 4
    assert (stand.said.owner, stand.said.api_key) == ("left", "made")
    again = await stand.bootstrap()
    assert [each.outcome for each in again.things] == ["left"] * 4
    assert [each.id for each in again.things] == [each.id for each in stand.said.things]
    assert (again.owner, again.api_key) == ("left", "left")


async def test_a_run_goes_from_the_webhook_to_its_report(rig_of: OpenRig, ada: Principal) -> None:
    async with rig_of(stepping(["pure", "idempotent", "unsafe"])) as rig:
        run = await rig.begin(ada, criteria=("It is done",))
        ended = await rig.until(ada, run, "succeeded", "failed", "needs_review")
        assert (ended.state, ended.report, ended.engine) == ("succeeded", "All is done.", "n8n")
        assert await _effects(rig, run) == ["idempotent", "unsafe"]
        assert "engine_changed" not in await rig.crew.kinds(ada, run.id)
        kinds = Counter(await rig.crew.kinds(ada, run.id))
        assert kinds["think_begun"] == kinds["think_ended"] == 5


async def test_a_person_approves_in_the_middle(rig_of: OpenRig, ada: Principal) -> None:
    async with rig_of(stepping(STEPS)) as rig:
        rig.crew.approver.why["unsafe"] = "Look at it."
        run = await rig.begin(ada)
        waiting = await rig.until(ada, run, "waiting_for_approval")
        await _until_waiting(rig, waiting)
        execution = await _execution(rig, run)
        assert await _effects(rig, run) == ["idempotent"]
        await _approve(rig, ada, run)
        ended = await rig.until(ada, run, "succeeded", "failed", "needs_review")
        assert (ended.state, ended.engine) == ("succeeded", "n8n")
        assert await _effects(rig, run) == list(STEPS)
        # The very execution that waited went on.
        assert await _execution(rig, run) == execution


async def test_n8n_is_killed_in_mid_run(stand: Stand, rig_of: OpenRig, ada: Principal) -> None:
    """One run is in the middle of a call, one of a thought, and one waits for a person."""
    thinks, acts, goes_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    steps = stepping(STEPS)

    async def say(request: ThinkRequest) -> Sequence[Part]:
        if request.values["goal"] == "Think." and len(results_in(request)) == 1:
            thinks.set()
            await goes_on.wait()
        return await steps(request)

    async with rig_of(say, patience_s=150.0) as rig:
        acting = await rig.begin(ada, "Act.")

        async def before(context: ToolContext) -> None:
            if context.run_id == acting.id and len(await _effects(rig, acting)) == 1:
                acts.set()
                await goes_on.wait()

        rig.crew.box.before = before
        thinking = await rig.begin(ada, "Think.")
        async with asyncio.timeout(60):
            await asyncio.gather(thinks.wait(), acts.wait())
        rig.crew.approver.why["unsafe"] = "Look at it."
        asking = await rig.begin(ada, "Ask.")
        await rig.until(ada, asking, "waiting_for_approval")
        await _until_waiting(rig, asking)
        rig.crew.approver.why.clear()
        before_kill = {each.id: await _execution(rig, each) for each in (acting, thinking)}

        await stand.n8n.kill()
        goes_on.set()
        await asyncio.sleep(1)  # what was under way ends without n8n
        await stand.n8n.start()
        await _approve(rig, ada, asking)
        for run in (acting, thinking, asking):
            ended = await rig.until(ada, run, "succeeded", "failed", "needs_review", seconds=150)
            assert (ended.state, ended.engine, ended.report) == ("succeeded", "n8n", "All is done.")
            assert await _effects(rig, run) == list(STEPS), run.goal
            kinds = Counter(await rig.crew.kinds(ada, run.id))
            assert kinds["think_ended"] == kinds["think_begun"] == 4
            assert kinds["call_begun"] == kinds["call_ended"] == 3
            assert kinds["succeed"] == kinds["reported"] == 1
        for run in (acting, thinking):
            # The crashed execution was tried again, as another one.
            assert await _execution(rig, run) != before_kill[run.id]
            assert await rig.link.client.find_status(before_kill[run.id]) == "crashed"


async def test_n8n_is_killed_and_stays_away(stand: Stand, rig_of: OpenRig, ada: Principal) -> None:
    acts, goes_on = asyncio.Event(), asyncio.Event()
    async with rig_of(stepping(STEPS), patience_s=6.0) as rig:

        async def before(context: ToolContext) -> None:
            if context.call_id.endswith("2.0") or len(await _effects(rig, run)) == 1:
                acts.set()
                await goes_on.wait()

        rig.crew.box.before = before
        run = await rig.begin(ada)
        async with asyncio.timeout(60):
            await acts.wait()
        await stand.n8n.kill()
        try:
            goes_on.set()
            ended = await rig.until(ada, run, "succeeded", "failed", "needs_review")
            assert (ended.state, ended.engine) == ("succeeded", "native")
            assert await _effects(rig, run) == list(STEPS)
            assert (await rig.crew.kinds(ada, run.id)).count("engine_changed") == 1
            # From the start, too: nobody waits for long.
            late = await rig.begin(ada)
            ended = await rig.until(ada, late, "succeeded", "failed", "needs_review")
            assert (ended.state, ended.engine) == ("succeeded", "native")
            assert await _effects(rig, late) == list(STEPS)
        finally:
            await stand.n8n.start()


async def test_a_wrong_signature_is_refused(rig_of: OpenRig, ada: Principal) -> None:
    async with rig_of(stepping(STEPS), attends=False) as rig:
        run = await rig.begin(ada)
        forged = sign_request("not the secret", {"run": str(run.id), "pass": "vwr_x"}, utc_now())
        path = rig.link.site.run_path
        with pytest.raises(N8nRefusedError) as refused:
            await rig.link.client.trigger(path, forged)
        assert refused.value.answered == 403
        stranger = WorkflowKeys(bytes(32))
        keys = rig.link.keys
        rig.link.keys = stranger
        token = rig.pass_of(run, drive=0)
        rig.link.keys = keys
        async with httpx2.AsyncClient() as http:
            answer = await http.post(
                f"{rig.address}/api/v1/run-steps/think",
                json={"execution_id": "1"},
                headers={"authorization": f"Bearer {token}", "idempotency-key": "a:think:0"},
            )
        assert answer.status_code == 401
        assert await rig.crew.kinds(ada, run.id) == ["created"]
        await rig.crew.agents.moves.cancel(ada, run.id)
