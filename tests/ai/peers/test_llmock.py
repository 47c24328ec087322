"""Our adapters against llmock: streams, tools, limits and broken streams."""

from __future__ import annotations

from typing import Any

import pytest
from tests.ai.conftest import Stage
from tests.ai.peers.conftest import Peer
from tests.ai.service.asking import ask, collect, only, text_of

from vectal.ai.contracts import (
    Failed,
    Finished,
    ModelChoice,
    ResponseEvent,
    Routed,
    ToolReturned,
    UsageReported,
)
from vectal.ai.ports import ProviderKind
from vectal.ai.service.providers import ProviderDraft
from vectal.auth.principal import Principal

# The first run makes the environment of the peer, over the network.
pytestmark = pytest.mark.timeout(400)

KEY = "sk-llmock-0123456789"
MODELS: dict[ProviderKind, str] = {
    "openai": "gpt-6.1-sol",
    "anthropic": "claude-sonnet-5-5",
    "deepseek": "deepseek-v4-pro",
}
BOTH = pytest.mark.parametrize("kind", ["openai", "anthropic"])
ALL = pytest.mark.parametrize("kind", ["openai", "anthropic", "deepseek"])


async def _add(stage: Stage, principal: Principal, peer: Peer, kind: ProviderKind) -> None:
    url = peer.anthropic if kind == "anthropic" else peer.openai
    await stage.ai.providers.create(principal, ProviderDraft(kind, kind, url, KEY))


async def _ask(
    stage: Stage, principal: Principal, kind: ProviderKind, text: str = "Say hello", **changes: Any
) -> list[ResponseEvent]:
    fields = {"mode": "ask", "tools": (), "choice": ModelChoice(model=MODELS[kind]), **changes}
    return await collect(stage.ai.respond(principal, ask(text, **fields)))


@ALL
async def test_an_answer_streams_with_its_usage(
    real: Stage, principal: Principal, peer: Peer, kind: ProviderKind
) -> None:
    await _add(real, principal, peer, kind)
    peer.play({"type": "reply", "text": "Hello from the other side, in several words."})
    events = await _ask(real, principal, kind)
    assert text_of(events) == "Hello from the other side, in several words."
    assert events[-1] == Finished("stop")
    report = only(events, UsageReported)[0]
    assert not report.estimated
    assert report.usage.input_tokens > 0
    assert report.usage.output_tokens > 0
    assert peer.failures() == []


@ALL
async def test_a_tool_is_called_and_its_result_answered(
    real: Stage, principal: Principal, peer: Peer, kind: ProviderKind
) -> None:
    await _add(real, principal, peer, kind)
    tool = {"name": "list_tasks", "arguments": {"view": "today"}}
    peer.play({"type": "reply", "tool_calls": [tool]})
    events = await _ask(real, principal, kind, "What is due today?", tools=("list_tasks",))
    assert real.calls.names == ["list_tasks"]
    assert real.calls.entries[0][1].model_dump() == {"view": "today"}
    assert [result.ok for result in only(events, ToolReturned)] == [True]
    assert events[-1] == Finished("stop")
    assert text_of(events)
    assert len(peer.requests()) == 2


@ALL
async def test_the_peer_chooses_a_tool_and_its_arguments_by_itself(
    real: Stage, principal: Principal, peer: Peer, kind: ProviderKind
) -> None:
    await _add(real, principal, peer, kind)
    events = await _ask(real, principal, kind, "Create a task", tools=("create_task",), mode="act")
    assert real.calls.names == ["create_task"]
    assert events[-1] == Finished("stop")


@BOTH
@pytest.mark.parametrize("broken", ["malformed_arguments", "unknown_tool"])
async def test_a_broken_tool_call_costs_no_answer(
    real: Stage, principal: Principal, peer: Peer, kind: ProviderKind, broken: str
) -> None:
    await _add(real, principal, peer, kind)
    peer.play({"type": "tool_fault", "kind": broken})
    events = await _ask(real, principal, kind, "What is due?", tools=("list_tasks",))
    assert False in [result.ok for result in only(events, ToolReturned)]
    assert events[-1] == Finished("stop")


@BOTH
async def test_a_429_is_waited_out(
    real: Stage, principal: Principal, peer: Peer, kind: ProviderKind
) -> None:
    await _add(real, principal, peer, kind)
    peer.play({"type": "fail", "status": 429, "retry_after": 1, "times": 1})
    events = await _ask(real, principal, kind)
    assert events[-1] == Finished("stop")
    assert only(events, UsageReported)[0].attempts == 2
    assert peer.failures() == []


async def test_a_429_that_lasts_is_told(real: Stage, principal: Principal, peer: Peer) -> None:
    await _add(real, principal, peer, "openai")
    peer.play({"type": "fail", "status": 429, "retry_after": 60, "times": None})
    last = (await _ask(real, principal, "openai"))[-1]
    assert isinstance(last, Failed)
    assert (last.code, last.retryable) == ("ai.provider_rate_limited", True)
    assert len(peer.requests()) == 1
    assert peer.failures() == []


async def test_a_529_is_tried_again(real: Stage, principal: Principal, peer: Peer) -> None:
    await _add(real, principal, peer, "anthropic")
    peer.play({"type": "fail", "status": 529, "times": 1})
    events = await _ask(real, principal, "anthropic")
    assert events[-1] == Finished("stop")
    assert peer.failures() == []


async def test_a_529_that_lasts_hands_over_to_another_provider(
    real: Stage, principal: Principal, peer: Peer
) -> None:
    await _add(real, principal, peer, "anthropic")
    await _add(real, principal, peer, "openai")
    peer.play({"type": "fail", "status": 529, "times": None, "match": {"provider": "anthropic"}})
    events = await _ask(real, principal, "anthropic", choice=ModelChoice(slot="reasoning"))
    assert [r.provider for r in only(events, Routed)] == ["anthropic", "openai"]
    assert events[-1] == Finished("stop")


@BOTH
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("disconnect", "ai.provider_connection"),
        ("truncate", "ai.provider_cut"),
        ("malformed", "ai.provider_garbage"),
        ("stall", "ai.provider_timeout"),
    ],
)
async def test_a_stream_that_breaks_keeps_its_text_and_is_not_tried_again(
    real: Stage, principal: Principal, peer: Peer, kind: ProviderKind, fault: str, code: str
) -> None:
    await _add(real, principal, peer, kind)
    peer.play(
        {"type": "reply", "text": "one two three four five six seven eight nine ten " * 5},
        {"type": "stream_fault", "kind": fault, "after_chunks": 6, "stall_seconds": 20},
    )
    events = await _ask(real, principal, kind)
    last = events[-1]
    assert isinstance(last, Failed)
    assert last.code == code
    assert text_of(events)
    assert only(events, UsageReported)[0].attempts == 1
    # The peer takes whoever does not try again for one who believed the stump. It can't see that
    # the person is told, keeps the text and decides.
    assert set(peer.failures()) <= {"truncated_stream_accepted"}


@BOTH
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ai.provider_invalid_request"),
        (401, "ai.provider_authentication"),
        (404, "ai.provider_model_not_found"),
    ],
)
async def test_what_would_fail_again_is_not_tried_again(
    real: Stage, principal: Principal, peer: Peer, kind: ProviderKind, status: int, code: str
) -> None:
    await _add(real, principal, peer, kind)
    peer.play({"type": "fail", "status": status, "times": None})
    last = (await _ask(real, principal, kind))[-1]
    assert isinstance(last, Failed)
    assert (last.code, last.retryable) == (code, False)
    assert len(peer.requests()) == 1


@BOTH
async def test_a_500_is_tried_three_times_at_most(
    real: Stage, principal: Principal, peer: Peer, kind: ProviderKind
) -> None:
    await _add(real, principal, peer, kind)
    peer.play({"type": "fail", "status": 500, "times": None})
    last = (await _ask(real, principal, kind))[-1]
    assert isinstance(last, Failed)
    assert last.code == "ai.provider_server_error"
    assert len(peer.requests()) == 3


async def test_a_provider_is_tested(real: Stage, principal: Principal, peer: Peer) -> None:
    draft = ProviderDraft("openai", "x", peer.openai, KEY)
    result = await real.ai.providers.test_draft(principal, draft)
    assert result.ok
    assert result.models


async def test_nobody_at_the_address_is_told(real: Stage, principal: Principal) -> None:
    draft = ProviderDraft("openai", "x", "http://127.0.0.1:9/v1", KEY)
    result = await real.ai.providers.test_draft(principal, draft)
    assert not result.ok
    assert result.detail
