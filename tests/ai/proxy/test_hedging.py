"""A second target beside a silent first: who begins first answers, and both are accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from tests.ai.proxy.test_attempts import PATIENCE, REQUEST, TARGETS

from vectal.ai.contracts import TextDelta, TokenUsage
from vectal.ai.guardrails.contracts import GuardrailRules
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    ListedModel,
    ModelEvent,
    ModelRequest,
    ProviderFault,
    ProviderKind,
)
from vectal.ai.providers.answer import Answer
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.record import CallRecord, Target
from vectal.platform.resilience import RetryBudgets


class Played:
    """A provider that speaks when it is told to."""

    def __init__(self, kind: ProviderKind) -> None:
        self.kind: ProviderKind = kind
        self.called = asyncio.Event()
        self.speaks = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.closed = asyncio.Event()
        self.fault: ProviderFault | None = None
        self.open_calls = 0
        self.calls = 0

    async def stream(
        self, credentials: Credentials, request: ModelRequest, limits: CallLimits
    ) -> AsyncGenerator[ModelEvent]:
        del credentials, request, limits
        self.calls += 1
        self.open_calls += 1
        self.called.set()
        try:
            await self.speaks.wait()
            if self.fault is not None:
                raise self.fault
            answer = Answer(self.kind)
            yield answer.add_text(self.kind)
            await self.goes_on.wait()
            yield answer.add_text("!")
            yield answer.finish("stop", TokenUsage(10, 5))
        finally:
            self.open_calls -= 1
            self.closed.set()

    async def list_models(
        self, credentials: Credentials, limits: CallLimits
    ) -> tuple[ListedModel, ...]:
        del credentials, limits
        return ()


class Scene:
    """A proxy over three actors, and a time to hedge that comes when the test says so."""

    def __init__(self, budgets: RetryBudgets[UUID | None] | None = None) -> None:
        self.actors = [Played("openai"), Played("anthropic"), Played("deepseek")]
        self.first, self.second, self.third = self.actors
        self.is_late = asyncio.Event()
        self.pauses: list[float] = []
        self.budgets = RetryBudgets[UUID | None]() if budgets is None else budgets
        patience = replace(PATIENCE, pause=self._pause)
        self.proxy = ModelProxy(
            {actor.kind: actor for actor in self.actors}, budgets=self.budgets, patience=patience
        )
        self.record = CallRecord(hedge_after_s=0.25)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self.is_late.wait()

    async def ask(self, targets: Sequence[Target] = TARGETS) -> str:
        stream = self.proxy.stream(targets, REQUEST, 5, self.record)
        return "".join([each.text async for each in stream if isinstance(each, TextDelta)])


async def test_a_first_that_is_quick_is_left_alone() -> None:
    scene = Scene()
    scene.first.speaks.set()
    assert await scene.ask() == "openai!"
    assert (scene.pauses, scene.second.calls, scene.record.rivals) == ([0.25], 0, [])
    assert (scene.record.codes, scene.record.target) == ([], TARGETS[0])
    assert (scene.record.status, scene.record.tries) == ("ok", 1)


async def test_the_second_answers_for_a_silent_first() -> None:
    scene = Scene()
    asking = asyncio.create_task(scene.ask())
    await scene.first.called.wait()
    scene.is_late.set()
    await scene.second.called.wait()
    scene.second.speaks.set()
    assert await asking == "anthropic!"
    assert [actor.open_calls for actor in scene.actors] == [0, 0, 0]
    record = scene.record
    assert (record.target, record.status, record.tries) == (TARGETS[1], "ok", 1)
    assert record.usage == TokenUsage(10, 5)
    assert record.codes == ["hedged"]
    assert [(each.target, each.status, each.codes) for each in record.rivals] == [
        (TARGETS[0], "cancelled", ["hedged"])
    ]
    assert record.rivals[0].estimated
    assert record.rivals[0].usage.input_tokens > 0


async def test_a_first_that_wakes_up_first_wins() -> None:
    scene = Scene()
    asking = asyncio.create_task(scene.ask())
    scene.is_late.set()
    await scene.second.called.wait()
    scene.first.speaks.set()
    assert await asking == "openai!"
    assert [each.target for each in scene.record.rivals] == [TARGETS[1]]
    assert scene.second.open_calls == 0


async def test_after_the_first_piece_nobody_else_is_asked() -> None:
    scene = Scene()
    scene.first.goes_on.clear()
    scene.first.speaks.set()
    stream = scene.proxy.stream(TARGETS, REQUEST, 5, scene.record)
    assert await anext(stream) == TextDelta("openai")
    scene.is_late.set()
    scene.first.goes_on.set()
    assert len([event async for event in stream]) == 2
    assert (scene.second.calls, scene.record.rivals) == (0, [])


async def test_hedges_are_paid_from_the_retry_budget() -> None:
    scene = Scene(RetryBudgets(ratio=0.0, reserve=0.0))
    scene.is_late.set()
    asking = asyncio.create_task(scene.ask())
    await scene.first.called.wait()
    scene.first.speaks.set()
    assert await asking == "openai!"
    assert scene.second.calls == 0


async def test_hedges_are_at_most_a_tenth_of_many_calls() -> None:
    budgets: RetryBudgets[UUID | None] = RetryBudgets(ratio=0.1, reserve=2.0)
    seconds = 0
    for _ in range(100):
        scene = Scene(budgets)
        scene.is_late.set()
        asking = asyncio.create_task(scene.ask())
        await scene.first.called.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        scene.first.speaks.set()
        await asking
        seconds += scene.second.calls
    assert 0 < seconds <= 100 * 0.1 + 2


async def test_when_both_fail_the_third_is_asked() -> None:
    scene = Scene()
    for actor in scene.actors[:2]:
        actor.fault = ProviderFault("quota", "No money.")
    asking = asyncio.create_task(scene.ask())
    scene.is_late.set()
    await scene.second.called.wait()
    for actor in scene.actors:
        actor.speaks.set()
    assert await asking == "deepseek!"
    assert [each.outcome for each in scene.record.attempts] == ["failed", "failed", "answered"]
    assert scene.record.rivals == []
    assert scene.record.reason is not None
    assert "fallback.quota" in scene.record.reason.codes


@pytest.mark.parametrize("third", [True, False], ids=["a third answers", "nobody does"])
async def test_when_both_were_given_up_both_are_paid(*, third: bool) -> None:
    scene = Scene(RetryBudgets(ratio=0.0, reserve=1.0))
    for actor in scene.actors[:2]:
        actor.fault = ProviderFault("timeout", "It fell silent.", gave_up=True)
    asking = asyncio.create_task(scene.ask(TARGETS if third else TARGETS[:2]))
    scene.is_late.set()
    await scene.second.called.wait()
    for actor in scene.actors:
        actor.speaks.set()
    if third:
        assert await asking == "deepseek!"
    else:
        with pytest.raises(ProviderFault):
            await asking
    record = scene.record
    sent = [*record.rivals, record]
    assert {each.target for each in sent} == set(TARGETS if third else TARGETS[:2])
    assert all(each.usage.input_tokens for each in sent)
    assert [each.estimated for each in sent] == [True, True, False][: len(sent)]
    assert {each.status for each in record.rivals} == {"failed"}
    assert [each.tries for each in sent] == [1] * len(sent)


async def test_a_first_that_fails_early_is_followed_as_ever() -> None:
    scene = Scene()
    scene.first.fault = ProviderFault("quota", "No money.")
    for actor in scene.actors:
        actor.speaks.set()
    assert await scene.ask() == "anthropic!"
    assert scene.record.codes == []
    assert scene.record.target is TARGETS[1]


async def test_a_failed_first_leaves_the_answer_to_the_second() -> None:
    scene = Scene()
    asking = asyncio.create_task(scene.ask())
    scene.is_late.set()
    await scene.second.called.wait()
    scene.first.fault = ProviderFault("quota", "No money.")
    scene.first.speaks.set()
    scene.second.speaks.set()
    assert await asking == "anthropic!"
    assert sorted(each.outcome for each in scene.record.attempts) == ["answered", "failed"]
    assert scene.record.rivals == []


async def test_one_target_is_asked_as_ever() -> None:
    scene = Scene()
    scene.first.speaks.set()
    assert await scene.ask(TARGETS[:1]) == "openai!"
    assert scene.pauses == []


async def test_who_goes_away_ends_both() -> None:
    scene = Scene()
    asking = asyncio.create_task(scene.ask())
    scene.is_late.set()
    await scene.second.called.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [actor.open_calls for actor in scene.actors] == [0, 0, 0]
    record = scene.record
    assert (record.target, record.status, record.tries) == (TARGETS[0], "cancelled", 1)
    assert [(each.target, each.status) for each in record.rivals] == [(TARGETS[1], "cancelled")]
    for each in (record, *record.rivals):
        assert each.estimated
        assert each.usage.input_tokens > 0


async def test_who_goes_away_from_a_second_alone_pays_for_that() -> None:
    """The first has failed by then."""
    scene = Scene()
    asking = asyncio.create_task(scene.ask())
    scene.is_late.set()
    await scene.second.called.wait()
    scene.first.fault = ProviderFault("quota", "No credit.")
    scene.first.speaks.set()
    await scene.first.closed.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    record = scene.record
    assert (record.target, record.status, record.rivals) == (TARGETS[1], "cancelled", [])
    assert sorted(each.outcome for each in record.attempts) == ["cancelled", "failed"]
    assert record.usage.input_tokens > 0


async def test_a_break_after_the_first_piece_is_told() -> None:
    scene = Scene()
    scene.first.goes_on.clear()
    scene.first.speaks.set()
    stream = scene.proxy.stream(TARGETS, REQUEST, 5, scene.record)
    await anext(stream)
    assert scene.first.open_calls == 1
    await stream.aclose()
    assert scene.first.open_calls == 0
    assert scene.record.status == "cancelled"


def test_no_rules_need_no_guard() -> None:
    assert Scene().proxy.guard_for(GuardrailRules()) is None


async def _turns() -> None:
    """Let others do all that they can without anything from outside."""
    for _ in range(50):
        await asyncio.sleep(0)


def _told(record: CallRecord) -> list[tuple[Target, str, bool, bool]]:
    return [
        (target, told.status, told.estimated, told.usage.input_tokens > 0)
        for told, target in record.all_so_far(100)
    ]


async def test_both_are_told_of_while_nobody_has_answered() -> None:
    """A process that is killed now has sent two requests, and its ledger says so."""
    scene = Scene()
    scene.second.goes_on.clear()
    asking = asyncio.create_task(scene.ask())
    await scene.first.called.wait()
    assert _told(scene.record) == [(TARGETS[0], "failed", True, True)]
    before = scene.record.progress
    scene.is_late.set()
    await scene.second.called.wait()
    assert scene.record.progress != before
    first, second = scene.record.all_so_far(100)
    assert _told(scene.record) == [(each, "failed", True, True) for each in TARGETS[:2]]

    scene.second.speaks.set()
    await _turns()
    now = scene.record.all_so_far(100)
    # Of the winner it is the line that was told of it before, and so of the one given up.
    assert [told.line_id for told, _ in now] == [second[0].line_id, first[0].line_id]
    assert _told(scene.record) == [
        (TARGETS[1], "failed", True, True),
        (TARGETS[0], "cancelled", True, True),
    ]
    scene.second.goes_on.set()
    await asking
    assert scene.record.line_id == second[0].line_id
    assert scene.record.rivals[0].line_id == first[0].line_id


async def test_one_that_failed_is_told_of_as_it_ended() -> None:
    scene = Scene()
    scene.first.fault = ProviderFault("unavailable", "down")
    asking = asyncio.create_task(scene.ask())
    await scene.first.called.wait()
    scene.is_late.set()
    await scene.second.called.wait()
    scene.first.speaks.set()
    await _turns()
    (first, _), (second, _) = scene.record.all_so_far(100)
    assert (first.status, first.fault, first.is_lost) == ("failed", "unavailable", False)
    assert (second.status, second.is_lost) == ("failed", True)
    scene.second.speaks.set()
    assert await asking == "anthropic!"
    assert (scene.record.racing, scene.record.rivals) == ([], [])
