"""One thought of a run: what the model is told, what comes back, and the ledger of it."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.ai.actors import Says, call
from tests.ai.conftest import Stage
from tests.ai.service.asking import SYSTEM, add, rows_of
from tests.fixtures.witness import KeepingWitness

from vectal.ai.contracts import (
    Allowance,
    ChatMessage,
    ModelChoice,
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.contracts_runs import ThinkRequest, Thought
from vectal.ai.errors import (
    AllowanceExceededError,
    NoModelError,
    ThinkFailedError,
    ThinkRefusedError,
)
from vectal.ai.ports import ProviderFault
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.ai.service.budget_service import BudgetDraft
from vectal.ai.toolset import AnyTool
from vectal.auth.principal import Principal
from vectal.platform.db import Database
from vectal.platform.ids import new_id

Heard = TextDelta | ReasoningDelta
VALUES = {"goal": "Rest well.", "criteria": "1. Eight hours", "plan": "1. Lie down"}


def _tools(stage: Stage) -> tuple[AnyTool, ...]:
    return tuple(stage.ai.registry)


def _request(stage: Stage, **changes: Any) -> ThinkRequest:
    fields: dict[str, Any] = {
        "run_id": new_id(),
        "prompt": "agent",
        "values": VALUES,
        "system": SYSTEM,
        "messages": (),
        "tools": _tools(stage),
        "deadline_s": 20.0,
    }
    return ThinkRequest(**{**fields, **changes})


async def _think(
    stage: Stage, principal: Principal, witness: KeepingWitness | None = None, **changes: Any
) -> Thought:
    request = _request(stage, **changes)
    return await stage.ai.think(principal, request, witness or KeepingWitness())


async def test_the_model_is_told_the_goal_what_was_done_and_the_tools(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    done = (
        ChatMessage("assistant", (call("list_tasks", "c-0"),)),
        ChatMessage("tool", (ToolResultPart("c-0", "list_tasks", "none", ok=False),)),
        user_message("Be quick."),
    )
    await _think(stage, principal, messages=done)
    seen = stage.actors["openai"].requests[0]
    assert "<goal>\nRest well.\n</goal>" in seen.system
    assert "<criteria>\n1. Eight hours\n</criteria>" in seen.system
    assert seen.messages[-1].text == "<plan>\n1. Lie down\n</plan>"
    assert [m.role for m in seen.messages] == ["user", "assistant", "tool", "user", "user"]
    result = seen.messages[2].parts[0]
    assert isinstance(result, ToolResultPart)
    assert not result.ok
    assert [tool.name for tool in seen.tools] == [
        "broken",
        "complete_task",
        "create_task",
        "list_tasks",
    ]
    assert stage.calls.names == []


async def test_calls_come_back_as_the_model_wrote_them(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "anthropic")
    broken = ToolCallPart("c-2", "no_such_tool", '{"oops": [1, ')
    stage.actors["anthropic"].lines = [
        Says("I look.", reasoning="Hm.", calls=(call("list_tasks"), broken))
    ]
    witness = KeepingWitness()
    thought = await _think(stage, principal, witness)
    assert thought.message == ChatMessage(
        "assistant",
        (
            ReasoningPart("Hm.", "signed", "anthropic"),
            TextPart("I look."),
            call("list_tasks"),
            broken,
        ),
    )
    assert witness.heard == [ReasoningDelta("Hm."), TextDelta("I"), TextDelta(" look.")]
    assert (thought.provider, thought.simulated) == ("My anthropic", False)
    assert thought.finish_reason == "stop"
    assert stage.calls.names == []


async def test_signed_thinking_goes_back_to_whom_it_came_from(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "anthropic")
    stage.actors["anthropic"].lines = [Says(reasoning="Hm.", calls=(call("list_tasks"),))]
    thought = await _think(stage, principal)
    result = ChatMessage("tool", (ToolResultPart("c-1", "list_tasks", "none"),))
    await _think(stage, principal, messages=(thought.message, result))
    assert stage.actors["anthropic"].requests[1].messages[1] == thought.message


async def test_an_id_that_a_server_uses_twice_is_made_another(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says(calls=(call("list_tasks"),))]
    first = await _think(stage, principal)
    result = ChatMessage("tool", (ToolResultPart("c-1", "list_tasks", "none"),))
    second = await _think(stage, principal, messages=(first.message, result))
    (again,) = second.message.parts
    assert isinstance(again, ToolCallPart)
    assert again.call_id not in {"", "c-1"}
    assert again.name == "list_tasks"


async def test_every_thought_is_a_line_in_the_ledger(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    run, project = new_id(), new_id()
    thought = await _think(stage, principal, run_id=run, project_id=project)
    (row,) = await rows_of(db, principal)
    assert (row.purpose, row.run_id, row.project_id) == ("agent", run, project)
    assert (row.status, row.cost_usd) == ("ok", thought.cost_usd)
    assert thought.usage.input_tokens == 100


async def test_a_cancelled_thought_is_counted(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    actor = stage.actors["openai"]
    actor.lines = [Says("Thinking aloud", then="hang")]
    heard = asyncio.Event()

    def hear(event: Heard) -> None:
        if "aloud" in event.text:
            heard.set()

    witness = KeepingWitness(hear)
    thinking = asyncio.create_task(stage.ai.think(principal, _request(stage), witness))
    await asyncio.wait_for(heard.wait(), 10)
    thinking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await thinking
    (row,) = await rows_of(db, principal)
    assert (row.status, row.estimated) == ("cancelled", True)
    assert row.output_tokens > 0
    assert actor.open_calls == 0
    (taken,), (worst,) = witness.taken, witness.worst
    assert taken == Allowance(row.cost_usd or Decimal(0), row.input_tokens + row.output_tokens)
    assert taken.cost_usd <= worst.cost_usd


async def test_a_deadline_ends_it_and_says_so(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("Thinking", then="hang")]
    with pytest.raises(ThinkFailedError) as caught:
        await _think(stage, principal, deadline_s=3.0)
    assert (type(caught.value), caught.value.reason) == (ThinkFailedError, "ai.deadline")
    assert len(await rows_of(db, principal)) == 1


@pytest.mark.parametrize(
    ("kind", "reason", "error"),
    [
        ("authentication", "ai.provider_authentication", ThinkRefusedError),
        ("overloaded", "ai.provider_overloaded", ThinkFailedError),
    ],
)
async def test_a_fault_says_whether_to_try_again(
    stage: Stage, principal: Principal, kind: Any, reason: str, error: type[ThinkFailedError]
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [ProviderFault(kind, "No.")]
    with pytest.raises(ThinkFailedError) as caught:
        await _think(stage, principal)
    assert (type(caught.value), caught.value.reason) == (error, reason)


async def test_saying_nothing_is_a_failure_that_costs(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says(" ")]
    witness = KeepingWitness()
    with pytest.raises(ThinkFailedError) as caught:
        await _think(stage, principal, witness)
    assert type(caught.value) is ThinkFailedError
    assert len(stage.actors["openai"].requests) == 1
    assert witness.taken[0].tokens >= 100
    assert witness.taken[0].cost_usd > 0


async def test_an_answer_is_kept_within_what_is_left(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    witness = KeepingWitness()
    await _think(stage, principal, witness)
    whole = stage.actors["openai"].requests[0].max_output_tokens
    for left in (
        Allowance(Decimal(1000), witness.worst[0].tokens - whole // 2),
        Allowance(witness.worst[0].cost_usd * 2 / 3, 10**9),
    ):
        kept = KeepingWitness()
        await _think(stage, principal, kept, allowance=left)
        asked = stage.actors["openai"].requests[-1].max_output_tokens
        assert 0 < asked < whole
        assert kept.worst[0].tokens <= left.tokens
        assert kept.worst[0].cost_usd <= left.cost_usd


@pytest.mark.parametrize(
    ("left", "unit"),
    [
        (Allowance(Decimal(1000), 300), "tokens"),
        (Allowance(Decimal("0.00000001"), 10**9), "usd"),
    ],
)
async def test_what_bears_no_answer_is_asked_of_nobody(
    stage: Stage, principal: Principal, left: Allowance, unit: str
) -> None:
    await add(stage, principal, "openai")
    witness = KeepingWitness()
    with pytest.raises(AllowanceExceededError) as caught:
        await _think(stage, principal, witness, allowance=left)
    assert caught.value.unit == unit
    assert stage.actors["openai"].requests == []
    assert witness.worst == []
    assert witness.taken == [Allowance(Decimal(0), 0)]


async def test_a_witness_that_raises_keeps_the_model_from_being_asked(
    stage: Stage, principal: Principal
) -> None:
    class Objecting(KeepingWitness):
        async def begin(self, worst: Allowance) -> None:
            raise LookupError(worst)

    await add(stage, principal, "openai")
    with pytest.raises(LookupError):
        await _think(stage, principal, Objecting())
    assert stage.actors["openai"].requests == []


async def test_where_no_model_fits_the_reason_is_told(stage: Stage, principal: Principal) -> None:
    # More than any window holds, and nothing of it may be cut.
    values = {**VALUES, "goal": "word " * 1_200_000}
    with pytest.raises(NoModelError):
        await _think(stage, principal, values=values)


async def test_another_vendor_takes_over(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    await add(stage, principal, "anthropic")
    for kind in ("openai", "anthropic"):
        stage.actors[kind].lines = [ProviderFault("overloaded", "Busy.")]
    stage.actors["anthropic"].lines = [Says("I am here.")]
    thought = await _think(stage, principal)
    assert thought.provider == "My anthropic"
    assert thought.message.text == "I am here."


@pytest.mark.parametrize("subject", ["run", "project"])
async def test_budgets_of_the_run_and_its_project_hold(
    stage: Stage, principal: Principal, db: Database, subject: Any
) -> None:
    await add(stage, principal, "openai")
    keeper = BudgetKeeper(db)
    stage.proxy.gate = keeper
    bound: UUID = new_id()
    mine: dict[str, Any] = {f"{subject}_id": bound}
    others: dict[str, Any] = {f"{subject}_id": new_id()}
    budget = BudgetDraft("Small", subject, "tokens", "total", Decimal(50), bound)
    await stage.ai.budgets.create(principal, budget)
    with pytest.raises(ThinkRefusedError) as caught:
        await _think(stage, principal, **mine)
    assert caught.value.reason == "ai.provider_quota"
    assert stage.actors["openai"].requests == []
    await _think(stage, principal, **others)
    await keeper.flush()


async def test_old_steps_are_cut_and_the_ledger_says_so(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    history: list[ChatMessage] = []
    for number in range(60):
        history.append(ChatMessage("assistant", (call("list_tasks", f"c-{number}"),)))
        result = ToolResultPart(f"c-{number}", "list_tasks", "word " * 4_000, summary="4 tasks")
        history.append(ChatMessage("tool", (result,)))
    choice = ModelChoice(slot="pro")
    thought = await _think(stage, principal, messages=tuple(history), choice=choice)
    lines: Any = thought.ledger["lines"]
    assert {line["state"] for line in lines} == {"in", "shortened"}
    seen = stage.actors["openai"].requests[0].messages
    assert "4 tasks (shortened)" in [
        part.content for m in seen for part in m.parts if isinstance(part, ToolResultPart)
    ]
