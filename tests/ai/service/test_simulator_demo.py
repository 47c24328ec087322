"""The Simulator through the whole service: a demo, and faults as told."""

from __future__ import annotations

import pytest
from tests.ai.actors import CHANGESET
from tests.ai.conftest import Stage
from tests.ai.service.asking import ask, collect, only, text_of

from vectal.ai.contracts import (
    Failed,
    Finished,
    ModelChoice,
    ToolReturned,
)
from vectal.auth.principal import Principal


async def test_the_simulator_works_on_tasks(stage: Stage, principal: Principal) -> None:
    request = ask("Mark pay rent done and add a task to call mum tomorrow")
    events = await collect(stage.ai.respond(principal, request))
    assert stage.calls.names == ["list_tasks", "create_task", "complete_task"]
    created = stage.calls.entries[1][1].model_dump()
    assert created == {"title": "Call mum", "due_on": "2026-11-24"}
    assert {r.changeset_id for r in only(events, ToolReturned)} == {None, CHANGESET}
    assert "I proposed 2 changes" in text_of(events)


async def test_the_simulator_may_only_read_in_ask_mode(stage: Stage, principal: Principal) -> None:
    events = await collect(stage.ai.respond(principal, ask("Add a task: tea", mode="ask")))
    assert stage.calls.entries == []
    assert "Ask mode" in text_of(events)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("401", "ai.provider_authentication"),
        ("429", "ai.provider_rate_limited"),
        ("529", "ai.provider_overloaded"),
        ("cut", "ai.provider_cut"),
        ("garbage", "ai.provider_garbage"),
        ("hang", "ai.provider_timeout"),
        ("stall", "ai.provider_timeout"),
        ("empty", "ai.provider_garbage"),
    ],
)
async def test_the_simulator_fails_as_told(
    stage: Stage, principal: Principal, name: str, code: str
) -> None:
    request = ask(choice=ModelChoice(model=f"simulator-fault-{name}"))
    events = await collect(stage.ai.respond(principal, request))
    last = events[-1]
    assert isinstance(last, Failed)
    assert last.code == code


@pytest.mark.parametrize("name", ["bad-arguments", "unknown-tool"])
async def test_the_simulator_calls_wrongly_as_told(
    stage: Stage, principal: Principal, name: str
) -> None:
    events = await collect(stage.ai.respond(principal, ask(f"Hello [simulate:{name}]")))
    assert [r.ok for r in only(events, ToolReturned)] == [False]
    assert events[-1] == Finished("stop")
