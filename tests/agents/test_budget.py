"""A run's own budget: what a thought may take is bounded, and counts however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import pytest
from tests.fixtures.agents import Crew, call, finish, open_crew, saying

from vectal.agents.contracts import Budget, Spend
from vectal.agents.run import RunState
from vectal.ai.contracts import Allowance
from vectal.ai.errors import AllowanceExceededError, CompletionFailedError
from vectal.auth.principal import Principal
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

pytestmark = pytest.mark.usefixtures("effects")

THOUGHT = Spend(Decimal("0.001"), 110, 1)
WORST = Spend(Decimal("0.002"), 200)


@pytest.fixture
async def crew(db: Database, keyring: Keyring) -> AsyncGenerator[Crew]:
    async with open_crew(db, keyring, saying()) as opened:
        yield opened


async def _hang(crew: Crew, ada: Principal, **asked: Any) -> UUID:
    """A run whose first thought does not end."""
    script, begun = crew.mind.say, asyncio.Event()

    async def hang(request: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()
        return await script(request)

    crew.mind.say = hang
    run = await crew.begin(ada, **asked)
    await crew.agents.runner.fill()
    async with asyncio.timeout(30):
        await begun.wait()
    crew.mind.say = script
    return run.id


async def test_a_thought_is_told_what_is_left(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying([call("pure")], [finish()])
    run = await crew.begin(ada, budget=Budget(Decimal("0.5"), 1_000, 20))
    await crew.work(ada, run.id)
    assert [asked.allowance for asked in crew.mind.asked] == [
        Allowance(Decimal("0.5"), 1_000),
        Allowance(Decimal("0.499"), 890),
    ]


async def test_a_thought_cut_off_by_a_crash_counts_with_its_worst_case(
    crew: Crew, ada: Principal
) -> None:
    crew.mind.say = saying([finish()])
    run_id = await _hang(crew, ada, budget=Budget(Decimal("0.5"), 1_000, 20))
    # As after kill -9: nobody tells what it took.
    running = crew.agents.runner.active[run_id]
    running.lease.granted_at = float("-inf")
    crew.die()
    await asyncio.wait([running.task], timeout=10)
    await crew.expire(run_id)
    run = await crew.work(ada, run_id)
    assert run.state is RunState.SUCCEEDED
    assert run.spend == WORST + THOUGHT
    assert crew.mind.asked[1].allowance == Allowance(Decimal("0.498"), 800)
    assert "think_cut" not in await crew.kinds(ada, run_id)


async def test_a_paused_thought_counts_with_what_it_took(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying([finish()])
    run_id = await _hang(crew, ada)
    task = crew.agents.runner.active[run_id].task
    await crew.agents.moves.pause(ada, run_id)
    await task
    paused = await crew.agents.runs.get(ada, run_id)
    assert paused.state is RunState.PAUSED
    assert paused.spend == replace(THOUGHT, steps=0)
    assert "think_cut" in await crew.kinds(ada, run_id)
    await crew.agents.moves.resume(ada, run_id)
    run = await crew.work(ada, run_id)
    assert run.spend == THOUGHT + replace(THOUGHT, steps=0)


async def test_a_failed_thought_costs_what_it_took(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying(CompletionFailedError("Busy."), [finish()])
    run_id = (await crew.begin(ada)).id
    await crew.agents.runner.fill()
    await crew.agents.runner.active[run_id].task
    assert (await crew.agents.runs.get(ada, run_id)).spend == THOUGHT


@pytest.mark.parametrize(
    ("unit", "code"), [("usd", "agents.cost_limit"), ("tokens", "agents.token_limit")]
)
async def test_what_bears_no_thought_ends_the_run(
    crew: Crew, ada: Principal, unit: Literal["usd", "tokens"], code: str
) -> None:
    async def refuse(request: Any) -> Any:
        del request
        raise AllowanceExceededError(unit)

    crew.mind.say = refuse
    run = await crew.work(ada, (await crew.begin(ada)).id)
    assert run.state is RunState.FAILED
    assert run.fault is not None
    assert run.fault.code == code


async def test_a_tool_that_may_cost_more_than_is_left_is_not_called(
    crew: Crew, ada: Principal
) -> None:
    tools = [replace(tool, cost_usd=Decimal("0.4")) for tool in crew.box.tools]
    crew.box.tools = tuple(tools)
    crew.mind.say = saying([call("unsafe")], [finish()])
    run = await crew.begin(ada, budget=Budget(Decimal("0.3"), 1_000, 20))
    run = await crew.work(ada, run.id)
    assert run.state is RunState.SUCCEEDED
    ended = [e for e in await crew.journal(ada, run.id) if e.kind == "call_ended"]
    assert "0.4 USD" in ended[0].data["content"]
    assert "call_begun" not in await crew.kinds(ada, run.id)


async def test_what_a_tool_pays_counts(crew: Crew, ada: Principal) -> None:
    crew.box.taken = Allowance(Decimal("0.1"), 40)
    crew.mind.say = saying([call("pure")], [finish()])
    run = await crew.work(ada, (await crew.begin(ada)).id)
    assert run.spend == THOUGHT + THOUGHT + Spend(Decimal("0.1"), 40, 1)
