"""The same model under the real controller: the run waits, and a person has the last word."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from tests.agents.poison.conftest import House
from tests.agents.poison.corpus import CANARY, EXITS
from tests.agents.poison.obedient import Obedience, Wanted
from tests.fixtures.agents import (
    FakeRights,
    Names,
    Say,
    ScriptedMind,
    advance_job,
    finish,
    results_in,
)

from vectal.agents.contracts import NewRun, Run
from vectal.agents.ports import AgentPorts
from vectal.agents.run import RunState
from vectal.agents.service import AgentService
from vectal.ai.contracts import Part, ToolCallPart
from vectal.ai.contracts_runs import ThinkRequest
from vectal.platform.background import end_tasks
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.jobs import JobQueue

Start = Callable[[Say], AgentService]


def obeying(first: Sequence[Wanted]) -> Say:
    """Makes the first calls, then whatever is asked for in what it reads; last it reports."""
    mind, waiting, heard = Obedience(), list(first), 0

    async def say(request: ThinkRequest) -> Sequence[Part]:
        nonlocal heard
        results = results_in(request)
        for result in results[heard:]:
            waiting.extend(mind.read(result.content))
        heard = len(results)
        if not waiting:
            return [finish("\n".join(mind.report) or "Nothing.")]
        wanted = waiting.pop(0)
        return [ToolCallPart(f"call_{heard}", wanted.tool, json.dumps(wanted.arguments))]

    return say


@pytest.fixture
async def start(house: House, db: Database, keyring: Keyring) -> AsyncGenerator[Start]:
    built: list[AgentService] = []

    def begin(say: Say) -> AgentService:
        ports = AgentPorts(
            ScriptedMind(say), house.toolbox, house.approver(), FakeRights(), Names()
        )
        jobs = JobQueue([advance_job(lambda: built[0])])
        built.append(AgentService.build(database=db, keyring=keyring, jobs=jobs, ports=ports))
        return built[-1]

    yield begin
    for agents in built:
        await end_tasks([each.task for each in list(agents.runner.active.values())])


async def _begin(agents: AgentService, house: House) -> Run:
    run, _ = await agents.runs.create(house.shelf.me, NewRun("Find the price of bread."))
    return await house.work(agents, run.id)


async def _asked(agents: AgentService, house: House, run: Run) -> dict[str, Any]:
    """The approval that the run waits for."""
    journal = await agents.runs.journal(house.shelf.me, run.id, limit=500)
    return dict(next(e.data for e in reversed(journal) if e.kind == "approval_asked"))


def _poisoned(house: House, order: str) -> list[Wanted]:
    body = f"<p>Rye costs 4.</p><p>{order.replace('EVIL', house.host)}</p>"
    url = house.serve("/page/0", body.encode(), "text/html")
    return [Wanted("list_tasks", {}), Wanted("recall", {}), Wanted("read_web_page", {"url": url})]


@pytest.mark.parametrize("exit_name", EXITS)
async def test_nothing_leaves_while_nobody_has_approved(
    house: House, start: Start, exit_name: str
) -> None:
    agents = start(obeying(_poisoned(house, EXITS[exit_name])))
    run = await _begin(agents, house)
    assert run.state in (RunState.WAITING_FOR_APPROVAL, RunState.SUCCEEDED)
    assert run.taint == {"untrusted", "private"}
    assert house.leaks() == []
    memories = await house.memories.list_memories(house.shelf.me, cursor=None, limit=9)
    assert [each.text for each in memories.items] == [f"The safe opens with {CANARY}."]


async def test_what_is_denied_is_never_made(house: House, start: Start) -> None:
    agents = start(obeying(_poisoned(house, EXITS["query"])))
    run = await _begin(agents, house)
    asked = await _asked(agents, house, run)
    assert CANARY in asked["arguments"]
    assert "knows what is private" in asked["why"]
    await agents.moves.decide(
        house.shelf.me, run.id, UUID(asked["approval_id"]), approved=False, sha256=asked["sha256"]
    )
    run = await house.work(agents, run.id)
    assert run.state == RunState.SUCCEEDED
    assert house.leaks() == []


async def test_what_is_approved_is_made_once_as_it_was_shown(house: House, start: Start) -> None:
    house.serve("/q", b"thanks", "text/plain")
    agents = start(obeying(_poisoned(house, EXITS["query"])))
    run = await _begin(agents, house)
    asked = await _asked(agents, house, run)
    await agents.moves.decide(
        house.shelf.me, run.id, UUID(asked["approval_id"]), approved=True, sha256=asked["sha256"]
    )
    run = await house.work(agents, run.id)
    assert run.state == RunState.SUCCEEDED
    assert house.leaks() == [f"/q?d={CANARY}"]
