"""The desk where tool calls are made, and the last touches to an answer."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from tests.ai.actors import SeenCalls, sample_registry

from vectal.accounts.contracts import Role
from vectal.ai import responses_calls
from vectal.ai.contracts import Tool, ToolContext, ToolOutput
from vectal.ai.ports import StopReason
from vectal.ai.responses import MAX_CALLS, ToolDesk, clean_title, finish_reason
from vectal.ai.toolset import AnyTool
from vectal.ai.usage.tokens import count_tokens
from vectal.auth.principal import Principal

WHO = Principal(UUID(int=1), UUID(int=2), Role.MEMBER)
SITE = ToolContext(WHO, None, None, "", "act")


class _Nothing(BaseModel):
    pass


def _desk(*more: AnyTool, room: int = 10_000) -> ToolDesk:
    return ToolDesk([*sample_registry(SeenCalls()), *more], SITE, room)


def _tool(content: str = "x", summary: str = "x", wait_s: float = 0.0) -> AnyTool:
    async def handle(context: ToolContext, given: _Nothing) -> ToolOutput:
        del context, given
        await asyncio.sleep(wait_s)
        return ToolOutput(content, summary)

    return Tool("talk", "Talk", "Talks.", _Nothing, "*", "read", "pure", handle)


async def test_a_long_result_is_cut_and_says_so() -> None:
    desk = _desk(_tool("word " * 50_000))
    content = await desk.call("c", "talk", {})
    assert content.endswith("ask for less at once)")
    assert count_tokens(content) < responses_calls.MAX_RESULT_TOKENS + 30


async def test_all_results_share_the_room_there_is() -> None:
    desk = _desk(_tool("word " * 400), room=500)
    contents = [await desk.call(f"c{i}", "talk", {}) for i in range(3)]
    counts = [count_tokens(content) for content in contents]
    assert counts[0] > 390
    assert counts[1] < 130
    assert counts[2] < 30


async def test_a_summary_is_one_short_line() -> None:
    desk = _desk(_tool(summary="one\ntwo " * 100))
    await desk.call("c", "talk", {})
    assert "\n" not in desk.returned["c"].summary
    assert len(desk.returned["c"].summary) == 200


async def test_a_slow_tool_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses_calls, "TOOL_TIMEOUT_S", 0.01)
    desk = _desk(_tool(wait_s=30))
    assert "too long" in await desk.call("c", "talk", {})
    assert not desk.returned["c"].ok


async def test_calls_are_bounded() -> None:
    desk = _desk(_tool())
    for number in range(MAX_CALLS):
        await desk.call(f"c{number}", "talk", {})
    assert "No more calls" in await desk.call("last", "talk", {})


@given(st.dictionaries(st.text(max_size=9), st.integers() | st.text(max_size=9), max_size=4))
async def test_no_arguments_break_the_desk(arguments: dict[str, object]) -> None:
    desk = _desk()
    await desk.call("c", "create_task", arguments)
    assert "c" in desk.returned


@pytest.mark.parametrize(
    ("stop", "exhausted", "reason"),
    [
        ("stop", False, "stop"),
        ("tool_calls", False, "stop"),
        ("stop", True, "tool_limit"),
        ("length", True, "length"),
        ("content_filter", False, "content_filter"),
        ("refusal", False, "refusal"),
    ],
)
def test_ends_are_named(stop: StopReason, *, exhausted: bool, reason: str) -> None:
    assert finish_reason(stop, tools_exhausted=exhausted) == reason


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Rent and milk", "Rent and milk"),
        ('"Rent and milk."', "Rent and milk"),
        ("Title: **Rent**", "Rent"),
        ("\n\n# Rent\nbecause", "Rent"),
        ("„Miete zahlen“", "Miete zahlen"),
        ("   ", ""),
        ("x" * 200, "x" * 79 + "…"),
    ],
)
def test_titles_are_cleaned(said: str, title: str) -> None:
    assert clean_title(said) == title
