"""Tries of whom nothing was heard: what they cost, and which of them cost nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tests.ai.actors import Line, Says, ScriptedProvider
from tests.ai.proxy.test_attempts import PATIENCE, REQUEST, TARGETS, Scene

from vectal.ai.contracts import TextDelta, TokenUsage
from vectal.ai.ports import ModelRequest, ProviderFault
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.record import Attempt, CallRecord
from vectal.platform.clock import FixedClock


async def test_who_leaves_before_anything_was_sent_pays_nothing() -> None:
    """As the client of HTTP says it, which waits for a connection."""
    scene = Scene([Says("", then="hang")])
    scene.actors[0].waits_to_connect = True
    asking = asyncio.create_task(scene.ask())
    await scene.actors[0].began.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    record = scene.record
    assert (record.status, record.tries, record.was_spent) == ("cancelled", 1, False)
    assert (record.usage, record.estimated) == (TokenUsage(), False)


@pytest.mark.parametrize("gave_up", [True, False], ids=["given up", "said by the vendor"])
async def test_what_a_silent_vendor_has_read_is_paid(*, gave_up: bool) -> None:
    fault = ProviderFault("timeout", "It fell silent.", gave_up=gave_up)
    scene = Scene([fault] * 3)
    with pytest.raises(ProviderFault):
        await scene.ask(TARGETS[:1])
    record = scene.record
    assert (record.status, record.fault, record.estimated) == ("failed", "timeout", gave_up)
    assert (record.usage.input_tokens > 0) == gave_up
    assert record.usage.output_tokens == 0


async def test_a_try_that_was_given_up_is_set_apart_from_the_next() -> None:
    late = ProviderFault("timeout", "It fell silent.", gave_up=True)
    scene = Scene([], [late, late], [late, Says("Well again")])
    asked = await scene.ask(TARGETS[1:])
    assert "".join(each.text for each in asked if isinstance(each, TextDelta)) == "Well again"
    record = scene.record
    assert (record.target, record.status, record.tries) == (TARGETS[2], "ok", 1)
    told = [(each.target, each.status, each.fault, each.codes) for each in record.rivals]
    assert told == [
        (target, "failed", "timeout", ["given_up"]) for target in (*TARGETS[1:2] * 2, TARGETS[2])
    ]
    assert all(each.estimated and each.usage.input_tokens for each in record.rivals)
    assert [each.tries for each in record.rivals] == [1, 1, 1]


async def test_who_was_waited_for_longer_is_not_asked_again() -> None:
    late = ProviderFault("timeout", "It fell silent.", gave_up=True)
    scene = Scene([late, Says("Late")], [late, Says("Well again")])
    asked = await scene.ask()
    assert "".join(each.text for each in asked if isinstance(each, TextDelta)) == "Well again"
    assert scene.asked == [1, 2, 0]


async def test_each_try_that_was_given_up_took_its_own_time() -> None:
    """The first was sent a while before it was made a try of the proxy."""
    clock = FixedClock(datetime(2026, 11, 23, tzinfo=UTC))

    def fall_silent(request: ModelRequest) -> Line:
        del request
        clock.advance(60)
        return ProviderFault("timeout", "It fell silent.", gave_up=True)

    actor = ScriptedProvider("anthropic")
    actor.lines = fall_silent
    proxy = ModelProxy({"anthropic": actor}, patience=PATIENCE, clock=clock)
    record = CallRecord(began=clock.monotonic())
    clock.advance(15)
    with pytest.raises(ProviderFault):
        _ = [each async for each in proxy.stream(TARGETS[1:2], REQUEST, 1_000, record)]
    assert [each.duration_ms for each in record.rivals] == [75_000, 60_000]
    assert record.duration_ms == 195_000


def test_a_try_that_failed_by_itself_costs_nothing() -> None:
    tries = [Attempt("one", "failed", "overloaded"), Attempt("one", "cancelled", spent=True)]
    assert CallRecord(attempts=tries).was_spent
    assert not CallRecord(attempts=tries[:1]).was_spent
    assert not CallRecord().was_spent
