"""A response from beginning to end, and the ledger of it."""

from __future__ import annotations

from decimal import Decimal

from tests.ai.actors import Says, call
from tests.ai.conftest import Stage
from tests.ai.service.asking import add, ask, collect, only, rows_of, text_of

from vectal.ai.contracts import (
    ChatMessage,
    ContextBuilt,
    Finished,
    ImagePart,
    ReasoningDelta,
    Routed,
    TextDelta,
    TextPart,
    ToolResultPart,
    UsageReported,
    assistant_message,
    user_message,
)
from vectal.auth.principal import Principal
from vectal.platform.db import Database
from vectal.platform.ids import new_id


async def test_without_a_key_the_simulator_answers_and_says_so(
    stage: Stage, principal: Principal
) -> None:
    events = await collect(stage.ai.respond(principal, ask()))
    assert isinstance(events[0], Routed)
    assert events[0].simulated
    assert "simulator.no_key" in events[0].reason.codes
    assert isinstance(events[1], ContextBuilt)
    assert "Simulator" in text_of(events)
    assert isinstance(events[-2], UsageReported)
    assert events[-2].cost_usd == Decimal(0)
    assert events[-1] == Finished("stop")


async def test_a_provider_answers_with_its_key(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "anthropic")
    events = await collect(stage.ai.respond(principal, ask("Hi", mode="ask")))
    assert text_of(events) == "Hello from anthropic"
    assert events[0] == Routed(
        "My anthropic", "claude-haiku-5-5", "fast", only(events, Routed)[0].reason, simulated=False
    )
    assert stage.actors["anthropic"].credentials[0].key == "sk-test-0123456789abcd"
    report = only(events, UsageReported)[0]
    assert (report.usage.input_tokens, report.usage.cache_read_tokens) == (100, 10)
    assert report.cost_usd is not None
    assert report.cost_usd > 0


async def test_reasoning_streams_before_text(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "anthropic")
    stage.actors["anthropic"].lines = [Says("Done.", reasoning="Let me think.")]
    events = await collect(stage.ai.respond(principal, ask()))
    assert [type(e) for e in events] == [
        Routed,
        ContextBuilt,
        ReasoningDelta,
        TextDelta,
        UsageReported,
        Finished,
    ]


async def test_text_arrives_byte_for_byte(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    said = " \n\n <think>not thinking</think> x\ttab 👩‍👩‍👧 </think> ```js\nlet a\n``` end\n\n"
    stage.actors["openai"].lines = [Says(said)]
    events = await collect(stage.ai.respond(principal, ask()))
    assert text_of(events) == said


async def test_the_model_is_told_rules_history_and_tools(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    history = (
        user_message("first"),
        ChatMessage("assistant", (TextPart("looking"), call("list_tasks", "old-1"))),
        ChatMessage("tool", (ToolResultPart("old-1", "list_tasks", "none"),)),
        assistant_message("nothing"),
        user_message("second"),
    )
    await collect(stage.ai.respond(principal, ask(history=history)))
    seen = stage.actors["openai"].requests[0]
    assert "Act mode" in seen.system
    assert "Today is Monday, 2026-11-23" in seen.system
    assert seen.messages == history
    assert [tool.name for tool in seen.tools] == [
        "broken",
        "complete_task",
        "create_task",
        "list_tasks",
    ]
    assert seen.tools[2].parameters["required"] == ["title"]


async def test_images_reach_a_model_that_reads_them(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "deepseek")
    await add(stage, principal, "anthropic")
    image = ImagePart("image/png", b"\x89PNG\r\n")
    history = (ChatMessage("user", (TextPart("What is this?"), image)),)
    events = await collect(stage.ai.respond(principal, ask(history=history)))
    assert only(events, Routed)[0].provider == "My anthropic"
    assert image in stage.actors["anthropic"].requests[0].messages[0].parts


async def test_every_call_is_a_line_in_the_ledger(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says(calls=(call("list_tasks"),)), Says("Done.")]
    turn = new_id()
    events = await collect(stage.ai.respond(principal, ask(turn_id=turn)))
    rows = await rows_of(db, principal)
    assert [(r.turn_id, r.model, r.slot, r.status) for r in rows] == [
        (turn, "gpt-6.1-sol", "pro", "ok")
    ] * 2
    report = only(events, UsageReported)[0]
    assert report.usage.input_tokens == sum(row.input_tokens for row in rows) == 200
    assert report.cost_usd == sum(row.cost_usd or 0 for row in rows)
    assert report.first_token_ms is not None


async def test_a_provider_that_tells_no_usage_is_estimated(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai_compatible")
    providers = await stage.ai.providers.list_providers(principal)
    await stage.ai.providers.test(principal, providers[0].id)
    stage.actors["openai_compatible"].lines = [Says("Four words are here", usage=None)]
    events = await collect(stage.ai.respond(principal, ask()))
    report = only(events, UsageReported)[0]
    assert report.estimated
    assert report.usage.output_tokens > 3
    assert report.cost_usd is None
    assert (await rows_of(db, principal))[0].cost_usd is None
