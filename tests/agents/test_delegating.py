"""Runs that begin runs: begun once, bounded in depth and budget, waited for, stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.fixtures.agents import Crew, call, effects_of, finish, open_crew, results_in, saying

from vectal.agents import control
from vectal.agents.contracts import Budget, Run
from vectal.agents.repository.runs import RunFilter
from vectal.agents.run import OPEN, RunState
from vectal.agents.service import AgentRules
from vectal.ai.contracts import Part, ToolCallPart
from vectal.ai.contracts_runs import ThinkRequest
from vectal.auth.principal import Principal
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

pytestmark = pytest.mark.usefixtures("effects")


@pytest.fixture
async def crew(db: Database, keyring: Keyring) -> AsyncGenerator[Crew]:
    async with open_crew(db, keyring, saying()) as opened:
        yield opened


def delegate(*agents: dict[str, Any]) -> ToolCallPart:
    return call(control.DELEGATE, agents=list(agents))


class Family:
    """Who has the goal `Parent` begins agents for the goals below it; the others call a tool."""

    def __init__(self, children: dict[str, list[dict[str, Any]]]) -> None:
        self.children = children
        self.offered: dict[str, list[str]] = {}
        self.told: dict[str, str] = {}

    async def __call__(self, request: ThinkRequest) -> Sequence[Part]:
        goal = request.values["goal"]
        self.offered[goal] = [tool.name for tool in request.tools]
        results = results_in(request)
        if results:
            self.told[goal] = results[-1].content
            return [finish(f"{goal} is done.")]
        if goal in self.children:
            return [delegate(*self.children[goal])]
        return [call("idempotent")]


async def _children(crew: Crew, ada: Principal, run_id: UUID) -> list[Run]:
    page = await crew.agents.runs.list_recent(ada, RunFilter(parent_run_id=run_id), limit=50)
    return sorted(page.items, key=lambda run: run.goal)


async def _until_they_rest(crew: Crew, ada: Principal, run_id: UUID) -> None:
    """Work until no process has anything to do with the run and those below it."""
    async with asyncio.timeout(60):
        while (await crew.agents.runs.get(ada, run_id)).state in OPEN:
            await crew.agents.runner.look()
            await asyncio.sleep(0.02)


async def test_agents_work_and_their_reports_are_heard(
    crew: Crew, ada: Principal, db: Database
) -> None:
    family = Family({"Parent": [{"goal": "First"}, {"goal": "Second", "tools": ["pure"]}]})
    crew.mind.say = family
    run = await crew.begin(ada, "Parent", tools=("pure", "idempotent"))
    await _until_they_rest(crew, ada, run.id)
    run = await crew.agents.runs.get(ada, run.id)
    assert (run.state, run.report) == (RunState.SUCCEEDED, "Parent is done.")
    first, second = await _children(crew, ada, run.id)
    assert {first.state, second.state} == {RunState.SUCCEEDED}
    assert (first.depth, first.parent_run_id) == (1, run.id)
    assert "Agent 1, succeeded: First\n\nFirst is done." in family.told["Parent"]
    assert "Second is done." in family.told["Parent"]
    # It has no more tools than the run that began it, and than it was given.
    assert "unsafe" not in family.offered["First"]
    assert "idempotent" not in family.offered["Second"]
    assert len(await effects_of(db, str(first.id))) == 1


async def test_agents_share_the_budget(crew: Crew, ada: Principal) -> None:
    crew.mind.say = Family({"Parent": [{"goal": "First"}, {"goal": "Second"}]})
    budget = Budget(Decimal(1), 100_000, 50)
    run = await crew.begin(ada, "Parent", budget=budget)
    await _until_they_rest(crew, ada, run.id)
    run = await crew.agents.runs.get(ada, run.id)
    children = await _children(crew, ada, run.id)
    assert sum(child.budget.cost_usd for child in children) <= Decimal("0.8")
    assert sum(child.budget.tokens for child in children) <= 80_000
    assert sum(child.budget.steps for child in children) <= 40
    spent = sum((child.spend.cost_usd for child in children), Decimal(0))
    assert run.spend.cost_usd == spent + 2 * crew.mind.cost_usd


async def test_who_waits_for_agents_holds_no_worker(crew: Crew, ada: Principal) -> None:
    blocked = asyncio.Event()
    family = Family({"Parent": [{"goal": "First"}]})

    async def say(request: ThinkRequest) -> Sequence[Part]:
        if request.values["goal"] == "First":
            await blocked.wait()
        return await family(request)

    crew.mind.say = say
    run = await crew.begin(ada, "Parent")
    async with asyncio.timeout(30):
        while not await _children(crew, ada, run.id) or run.id in crew.agents.runner.active:
            await crew.agents.runner.look()
            await asyncio.sleep(0.02)
    for _ in range(5):
        await crew.agents.runner.look()
    (child,) = await _children(crew, ada, run.id)
    assert set(crew.agents.runner.active) <= {child.id}
    assert (await crew.agents.runs.get(ada, run.id)).state is RunState.QUEUED
    blocked.set()
    await _until_they_rest(crew, ada, run.id)
    assert (await crew.agents.runs.get(ada, run.id)).state is RunState.SUCCEEDED
    # It was claimed once to begin them, and once to hear them.
    assert (await crew.kinds(ada, run.id)).count("claim") == 2


async def test_agents_of_agents_begin_none(crew: Crew, ada: Principal) -> None:
    family = Family(
        {"Parent": [{"goal": "Child"}], "Child": [{"goal": "Grandchild"}],
         "Grandchild": [{"goal": "Nobody"}]}
    )  # fmt: skip
    crew.mind.say = family
    run = await crew.begin(ada, "Parent")
    await _until_they_rest(crew, ada, run.id)
    assert (await crew.agents.runs.get(ada, run.id)).state is RunState.SUCCEEDED
    assert control.DELEGATE in family.offered["Child"]
    assert control.DELEGATE not in family.offered["Grandchild"]
    assert "does its work itself" in family.told["Grandchild"]
    assert "Nobody" not in family.offered


async def test_taint_goes_down_and_comes_back(crew: Crew, ada: Principal) -> None:
    family = Family({"Parent": [{"goal": "First"}]})

    async def say(request: ThinkRequest) -> Sequence[Part]:
        if request.values["goal"] == "Parent" and not results_in(request):
            return [call("pure", 1)]
        if request.values["goal"] == "Parent" and len(results_in(request)) == 1:
            return [delegate({"goal": "First"})]
        return await family(request)

    crew.mind.say = say
    run = await crew.begin(ada, "Parent")
    await _until_they_rest(crew, ada, run.id)
    (child,) = await _children(crew, ada, run.id)
    first = [seen for tool, seen in crew.approver.seen if tool == "idempotent"]
    # Before it has read anything itself, it knows what the run that wrote its goal had read.
    assert first == [frozenset({"private", "untrusted"})]
    assert child.taint == frozenset({"private", "untrusted"})


async def test_who_is_cancelled_takes_its_agents_along(
    crew: Crew, ada: Principal, db: Database
) -> None:
    family = Family({"Parent": [{"goal": "Asks"}, {"goal": "Works"}]})
    working = asyncio.Event()

    async def say(request: ThinkRequest) -> Sequence[Part]:
        if request.values["goal"] == "Asks":
            return [call(control.ASK_USER, question="Really?")]
        if request.values["goal"] == "Works":
            working.set()
            await asyncio.Event().wait()
        return await family(request)

    crew.mind.say = say
    run = await crew.begin(ada, "Parent")
    asks = None
    async with asyncio.timeout(30):
        while asks is not RunState.WAITING_FOR_INPUT or not working.is_set():
            await crew.agents.runner.look()
            await asyncio.sleep(0.02)
            children = await _children(crew, ada, run.id)
            asks = children[0].state if children else None
    await crew.agents.moves.cancel(ada, run.id)
    async with asyncio.timeout(30):
        while any(child.state in OPEN for child in await _children(crew, ada, run.id)):
            await crew.agents.sweeper.stop_unheeded()
            await crew.agents.runner.look()
            await asyncio.sleep(0.02)
    children = await _children(crew, ada, run.id)
    assert [child.state for child in children] == [RunState.CANCELLED, RunState.CANCELLED]
    assert await effects_of(db, str(children[1].id)) == []


async def test_too_little_is_not_shared(crew: Crew, ada: Principal) -> None:
    family = Family({"Parent": [{"goal": "First"}]})
    crew.mind.say = family
    run = await crew.begin(ada, "Parent", budget=Budget(Decimal(1), 2_000, 50))
    await _until_they_rest(crew, ada, run.id)
    assert "Do it yourself" in family.told["Parent"]
    assert await _children(crew, ada, run.id) == []


@pytest.mark.parametrize(
    "agents", [[], [{"goal": ""}], [{"goal": "x"}] * 5, [{"goal": "x", "budget": 1}]]
)
async def test_what_is_no_delegation_is_told_so(
    crew: Crew, ada: Principal, agents: list[dict[str, Any]]
) -> None:
    family = Family({"Parent": agents})
    crew.mind.say = family
    run = await crew.begin(ada, "Parent")
    await _until_they_rest(crew, ada, run.id)
    assert "don't fit" in family.told["Parent"]
    assert await _children(crew, ada, run.id) == []


async def test_deaths_in_the_middle_begin_nothing_twice(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    family = Family({"Parent": [{"goal": "First"}, {"goal": "Second"}]})
    async with open_crew(db, keyring, family, rules=AgentRules(crash_limit=100)) as crew:
        await _work_and_die(crew, ada, deaths=12)


async def _work_and_die(crew: Crew, ada: Principal, *, deaths: int) -> None:
    """The worker dies again and again, each time a little later into its work."""
    run = await crew.begin(ada, "Parent")
    dead = 0
    async with asyncio.timeout(60):
        while (await crew.agents.runs.get(ada, run.id)).state in OPEN:
            await crew.agents.runner.look()
            await asyncio.sleep(0.004 * dead)
            if dead < deaths and crew.agents.runner.active:
                dead += 1
                tasks = [each.task for each in crew.agents.runner.active.values()]
                ids = list(crew.agents.runner.active)
                crew.die()
                await asyncio.wait(tasks)
                for each in ids:
                    await crew.execute(
                        "UPDATE agent_runs SET lease_expires_at = now() - interval '1 s'"
                        " WHERE id = :id AND state = 'running'",
                        id=each,
                    )
    # On a busy machine it gets further between two deaths, and may end before most of them.
    assert dead > deaths // 4
    assert (await crew.agents.runs.get(ada, run.id)).state is RunState.SUCCEEDED
    assert [child.goal for child in await _children(crew, ada, run.id)] == ["First", "Second"]
