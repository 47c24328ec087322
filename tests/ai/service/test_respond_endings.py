"""How a response ends: well, by failure, by fallback, by being stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from tests.ai.actors import Says, call
from tests.ai.conftest import Stage
from tests.ai.service.asking import add, ask, collect, only, rows_of, text_of

from vectal.ai.contracts import (
    Failed,
    Finished,
    ModelChoice,
    ResponseEvent,
    Routed,
    TextDelta,
    UsageReported,
)
from vectal.ai.ports import ProviderFault
from vectal.auth.principal import Principal
from vectal.platform.db import Database


@pytest.mark.parametrize("reason", ["length", "content_filter", "refusal"])
async def test_how_the_model_ended_is_told(stage: Stage, principal: Principal, reason: Any) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("Half an", reason=reason)]
    events = await collect(stage.ai.respond(principal, ask()))
    assert events[-1] == Finished(reason)
    assert text_of(events) == "Half an"


async def test_a_model_that_refuses_without_a_word_has_ended(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("", reason="content_filter")]
    events = await collect(stage.ai.respond(principal, ask()))
    assert events[-1] == Finished("content_filter")


async def test_an_empty_answer_is_a_failure(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("")]
    events = await collect(stage.ai.respond(principal, ask()))
    assert isinstance(events[-1], Failed)


async def test_a_cut_keeps_the_text_and_ends_as_failed(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    cut = ProviderFault("cut", "The stream of the provider broke off.")
    stage.actors["openai"].lines = [Says("Half of it", then=cut)]
    events = await collect(stage.ai.respond(principal, ask()))
    assert text_of(events) == "Half of it"
    assert events[-1] == Failed("ai.provider_cut", cut.detail, retryable=True)
    assert len(stage.actors["openai"].requests) == 1
    assert only(events, UsageReported)[0].estimated
    row = (await rows_of(db, principal))[0]
    assert (row.status, row.error_code, row.estimated) == ("failed", "ai.provider_cut", True)
    assert row.output_tokens > 0


async def test_a_failure_that_would_happen_again_is_told_as_such(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [ProviderFault("authentication", "The key was refused.")]
    events = await collect(stage.ai.respond(principal, ask(choice=ModelChoice(model="gpt-4.5"))))
    assert events[-1] == Failed(
        "ai.provider_authentication", "The key was refused.", retryable=False
    )
    assert len(stage.actors["openai"].requests) == 1


async def test_another_model_takes_over_before_the_first_word(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    await add(stage, principal, "anthropic")
    stage.actors["openai"].lines = [ProviderFault("overloaded", "Overloaded.")]
    events = await collect(stage.ai.respond(principal, ask(choice=ModelChoice(slot="pro"))))
    first, second = only(events, Routed)
    assert (first.model, second.model) == ("gpt-6.1-sol", "claude-opus-5-5")
    assert "fallback.overloaded" in second.reason.codes
    assert text_of(events) == "Hello from anthropic"
    row = (await rows_of(db, principal))[0]
    assert (row.model, row.attempts, row.status) == ("claude-opus-5-5", 3, "ok")
    assert "fallback.overloaded" in row.route_reason["codes"]


async def test_who_took_over_goes_on(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    await add(stage, principal, "anthropic")
    stage.actors["openai"].lines = [ProviderFault("overloaded", "Overloaded.")]
    stage.actors["anthropic"].lines = [Says(calls=(call("list_tasks"),)), Says("Done.")]
    events = await collect(stage.ai.respond(principal, ask(choice=ModelChoice(slot="pro"))))
    assert len(stage.actors["openai"].requests) == 2  # a try and its retry, in the first round
    assert len(only(events, Routed)) == 2
    assert text_of(events) == "Done."


async def test_a_hang_is_cut_by_the_deadline(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("One moment", then="hang")]
    events = await collect(stage.ai.respond(principal, ask(deadline_s=3.0)))
    assert text_of(events) == "One moment"
    assert isinstance(events[-1], Failed)
    assert events[-1].retryable
    assert stage.actors["openai"].open_calls == 0


async def test_no_model_is_a_failure_without_a_stream(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "anthropic")
    events = await collect(stage.ai.respond(principal, ask(choice=ModelChoice(model="nonesuch"))))
    assert events == [
        Failed("ai.unknown_model", "There is no model 'nonesuch' here.", retryable=False)
    ]


async def test_a_question_beyond_every_window_is_refused(
    stage: Stage, principal: Principal
) -> None:
    events = await collect(stage.ai.respond(principal, ask("word " * 1_200_000)))
    assert isinstance(events[0], Failed)
    assert events[0].code == "ai.no_model"


async def _until_text(events: AsyncGenerator[ResponseEvent]) -> None:
    async for event in events:
        if isinstance(event, TextDelta):
            return


async def test_closing_the_stream_ends_the_call_and_counts_what_was_used(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("On and on", then="hang")]
    events = stage.ai.respond(principal, ask())
    await _until_text(events)
    await events.aclose()
    assert stage.actors["openai"].open_calls == 0
    row = (await rows_of(db, principal))[0]
    assert (row.status, row.estimated) == ("cancelled", True)


async def test_cancelling_the_reader_ends_the_call_at_once(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("On and on", then="hang")]
    reading = asyncio.create_task(collect(stage.ai.respond(principal, ask())))
    await stage.actors["openai"].began.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(reading, 2)
    assert stage.actors["openai"].open_calls == 0
    await stage.ai.close()
    assert [row.status for row in await rows_of(db, principal)] == ["cancelled"]


async def test_no_transaction_is_open_while_a_model_is_called(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("On and on", then="hang")]
    events = stage.ai.respond(principal, ask())
    await _until_text(events)
    async with db.system("tests") as session:
        connection = await session.connection()
        idle = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
        )
    await events.aclose()
    assert idle == 0
