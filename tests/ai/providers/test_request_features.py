"""What clients may ask for beside words: how each vendor is told, and what it is spared."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import ConfigDict, TypeAdapter, with_config
from tests.ai.providers.rigs import (
    ANTHROPIC,
    COMPATIBLE,
    DEEPSEEK,
    OPENAI,
    RIGS,
    TOOL,
    Rig,
    Text,
    a_request,
)
from tests.ai.providers.scripted_egress import Playback

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.contracts_documents import FilePart
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    NamedTool,
    ProviderFault,
    Sampling,
    WireTraits,
)

OPENAI_TAKES: TypeAdapter[Any] = TypeAdapter(
    with_config(ConfigDict(extra="forbid"))(CompletionCreateParamsStreaming)
)
ANTHROPIC_TAKES: TypeAdapter[Any] = TypeAdapter(
    with_config(ConfigDict(extra="forbid"))(MessageCreateParamsStreaming)
)
QUIET: dict[str, Any] = {"effort": "off", "traits": WireTraits("optional", images=True)}
LOUD: dict[str, Any] = {"effort": "high", "traits": WireTraits("optional", images=True)}
SAMPLING = Sampling(1.5, 0.9, 40, 7, 0.1, 0.2)
PDF = FilePart("application/pdf", b"%PDF", name="a.pdf")
LINK = FilePart("application/pdf", url="https://x.test/a.pdf")
NOTE = FilePart("text/markdown", b"# Hi", name="a.md", about="Mine.")
SHEET = FilePart("application/vnd.ms-excel", b"x", name="a.xls")
IMAGE = ImagePart("image/png", b"\x89PNG", detail="high")
SHOWN = ToolResultPart(
    "c", "look", "See:\n\nIt is big.", pieces=(TextPart("See:"), IMAGE, TextPart("It is big."))
)
LOOP = (
    user_message("Look"),
    ChatMessage("assistant", (ToolCallPart("c", "look", "{}"),)),
    ChatMessage("tool", (SHOWN,)),
)


async def _sent(rig: Rig, **changes: Any) -> dict[str, Any]:
    adapter, egress = rig.make(Playback([rig.stream([Text("x")], "stop", None)]))
    stream = adapter.stream(Credentials("https://x.test"), a_request(**changes), CallLimits(5))
    _ = [event async for event in stream]
    return json.loads(egress.requests[0].content)


async def _said(rig: Rig, *parts: Any) -> Any:
    body = await _sent(rig, messages=(ChatMessage("user", parts),), **QUIET)
    return body["messages"][-1]["content"]


def _only(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: body[name] for name in names if name in body}


KNOBS = ("temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty")


# --- sampling ---------------------------------------------------------------------------------


NOTHING: set[str] = set()


@pytest.mark.parametrize(
    ("rig", "changes", "sent"),
    [
        (OPENAI, QUIET, {"temperature", "top_p", "seed", "presence_penalty", "frequency_penalty"}),
        (OPENAI, LOUD, NOTHING),
        (OPENAI, {"traits": WireTraits(sampling=False)}, NOTHING),
        (DEEPSEEK, QUIET, {"temperature", "top_p", "presence_penalty", "frequency_penalty"}),
        (COMPATIBLE, LOUD, set(KNOBS)),
        (ANTHROPIC, {**QUIET, "model": "claude-3-haiku"}, {"temperature", "top_p", "top_k"}),
        (
            ANTHROPIC,
            {**QUIET, "model": "claude-opus-4-20250514"},
            {"temperature", "top_p", "top_k"},
        ),
        (ANTHROPIC, {**QUIET, "model": "claude-opus-4-1-20250805"}, {"temperature", "top_k"}),
        (ANTHROPIC, {**QUIET, "model": "claude-sonnet-4-5"}, {"temperature", "top_k"}),
        (ANTHROPIC, {**QUIET, "model": "claude-opus-4-6"}, {"temperature", "top_k"}),
        (ANTHROPIC, {**LOUD, "model": "claude-opus-4-6"}, NOTHING),
        (ANTHROPIC, {**QUIET, "model": "claude-opus-4-7"}, NOTHING),
        (ANTHROPIC, {**QUIET, "model": "claude-sonnet-5-5"}, NOTHING),
        (ANTHROPIC, {**QUIET, "model": "some-model"}, NOTHING),
    ],
)
async def test_nobody_is_sent_a_knob_that_it_refuses(
    rig: Rig, changes: dict[str, Any], sent: set[str]
) -> None:
    body = await _sent(rig, sampling=SAMPLING, **changes)
    assert set(_only(body, *KNOBS)) == sent


async def test_top_p_alone_is_sent() -> None:
    body = await _sent(ANTHROPIC, sampling=Sampling(top_p=0.4), model="claude-sonnet-4-5", **QUIET)
    assert _only(body, *KNOBS) == {"top_p": 0.4}


async def test_a_temperature_above_the_vendors_highest_is_the_highest() -> None:
    body = await _sent(ANTHROPIC, sampling=SAMPLING, model="claude-3-haiku", **QUIET)
    assert (body["temperature"], body["top_k"]) == (1.0, 40)


@pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.name)
async def test_what_nobody_asked_for_is_not_sent(rig: Rig) -> None:
    body = await _sent(rig, **QUIET)
    unsaid = ("stop", "stop_sequences", "user", "metadata", "service_tier", "response_format")
    assert _only(body, *KNOBS, *unsaid) == {}


async def test_stop_sequences_of_blanks_are_nothing_to_anthropic() -> None:
    body = await _sent(ANTHROPIC, stop=("\n", "END"))
    assert body["stop_sequences"] == ["END"]
    assert (await _sent(OPENAI, stop=("\n", "END")))["stop"] == ["\n", "END"]


# --- tools and shapes -------------------------------------------------------------------------

CLOSED: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
STRICT = replace(TOOL, strict=True, description="", parameters=CLOSED)
ASKED: dict[str, Any] = {
    **QUIET,
    "tools": (STRICT,),
    "tool_choice": NamedTool("look"),
    "parallel_tool_calls": False,
    "user_id": "u-1",
    "service_tier": "standard",
    "stop": ("END",),
    "response_schema": CLOSED,
    "schema_name": "plan",
    "schema_strict": True,
    "messages": (ChatMessage("user", (TextPart("Hi"), IMAGE, PDF)),),
}


async def test_openai_takes_all_of_it() -> None:
    body = await _sent(OPENAI, **ASKED)
    OPENAI_TAKES.validate_python(body)
    assert body["tool_choice"] == {"type": "function", "function": {"name": "look"}}
    assert body["tools"][0]["function"]["strict"] is True
    assert "description" not in body["tools"][0]["function"]
    assert body["parallel_tool_calls"] is False
    assert body["response_format"]["json_schema"] == {
        "name": "plan",
        "schema": CLOSED,
        "strict": True,
    }
    assert (body["safety_identifier"], body["service_tier"]) == ("u-1", "default")


async def test_anthropic_takes_all_of_it() -> None:
    body = await _sent(ANTHROPIC, **ASKED)
    ANTHROPIC_TAKES.validate_python(body)
    assert body["tool_choice"] == {
        "type": "tool",
        "name": "look",
        "disable_parallel_tool_use": True,
    }
    assert body["tools"][0]["strict"] is True
    assert body["output_config"]["format"]["schema"] == CLOSED
    assert (body["metadata"], body["service_tier"]) == ({"user_id": "u-1"}, "standard_only")


@pytest.mark.parametrize("choice", ["required", NamedTool("look")])
async def test_deepseek_may_not_be_forced_while_it_thinks(choice: object) -> None:
    assert "tool_choice" not in await _sent(DEEPSEEK, tool_choice=choice, **LOUD)
    assert "tool_choice" in await _sent(DEEPSEEK, tool_choice=choice, **QUIET)


async def test_anthropic_does_not_think_when_it_is_forced() -> None:
    body = await _sent(ANTHROPIC, tool_choice="required", **LOUD)
    assert (body["tool_choice"], body.get("thinking")) == ({"type": "any"}, None)
    always = {"effort": "high", "traits": WireTraits("always")}
    body = await _sent(ANTHROPIC, tool_choice="required", **always)
    assert (body.get("tool_choice"), body["thinking"]["type"]) == (None, "adaptive")


async def test_plain_json_is_asked_for_in_words_where_there_is_no_switch() -> None:
    assert (await _sent(OPENAI, json_mode=True))["response_format"] == {"type": "json_object"}
    body = await _sent(ANTHROPIC, json_mode=True)
    assert body["system"][-1]["text"] == "Answer with one JSON object and nothing else."
    assert "format" not in body["output_config"]


async def test_deepseek_reads_the_schema_in_its_prompt() -> None:
    body = await _sent(DEEPSEEK, response_schema={"type": "object", "title": "Plan"})
    assert body["response_format"] == {"type": "json_object"}
    assert '{"type":"object","title":"Plan"}' in body["messages"][0]["content"]


@pytest.mark.parametrize(("rig", "name"), [(OPENAI, "reasoning_effort"), (ANTHROPIC, "thinking")])
async def test_a_client_that_does_not_say_leaves_thinking_to_the_vendor(
    rig: Rig, name: str
) -> None:
    assert name not in await _sent(rig, effort=None)


async def test_efforts_are_told_as_far_as_the_vendor_knows_them() -> None:
    assert (await _sent(OPENAI, effort="xhigh"))["reasoning_effort"] == "xhigh"
    assert (await _sent(DEEPSEEK, effort="max"))["reasoning_effort"] == "high"
    assert (await _sent(ANTHROPIC, effort="minimal"))["output_config"]["effort"] == "low"


# --- images and files -------------------------------------------------------------------------


async def test_images_keep_their_detail_and_their_address() -> None:
    content = await _said(OPENAI, IMAGE, ImagePart("", url="https://x.test/a.png"))
    data = "data:image/png;base64,iVBORw=="
    assert [piece["image_url"] for piece in content] == [
        {"url": data, "detail": "high"},
        {"url": "https://x.test/a.png"},
    ]
    content = await _said(ANTHROPIC, ImagePart("", url="https://x.test/a.png", cache="1h"))
    assert content[0]["source"] == {"type": "url", "url": "https://x.test/a.png"}
    assert content[0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


async def test_files_are_sent_as_each_vendor_takes_them() -> None:
    file = {"file_data": "data:application/pdf;base64,JVBERg==", "filename": "a.pdf"}
    assert await _said(OPENAI, PDF, TextPart("?")) == [
        {"type": "file", "file": file},
        {"type": "text", "text": "?"},
    ]
    assert [block["source"]["type"] for block in await _said(ANTHROPIC, PDF, LINK, NOTE)] == [
        "base64",
        "url",
        "text",
    ]


async def test_plain_text_files_are_text_where_only_pdf_is_a_file() -> None:
    assert await _said(DEEPSEEK, NOTE) == "a.md\nMine.\n\n# Hi"


@pytest.mark.parametrize(
    ("rig", "part"),
    [(OPENAI, LINK), (OPENAI, SHEET), (COMPATIBLE, LINK), (DEEPSEEK, PDF), (ANTHROPIC, SHEET)],
)
async def test_a_file_that_can_not_be_sent_is_a_fault(rig: Rig, part: FilePart) -> None:
    adapter, egress = rig.make()
    request = a_request(messages=(ChatMessage("user", (part,)),))
    stream = adapter.stream(Credentials("https://x.test"), request, CallLimits(5))
    with pytest.raises(ProviderFault, match="can't be sent to this model") as caught:
        await anext(stream)
    assert (caught.value.kind, egress.requests) == ("invalid_request", [])


@pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.name)
async def test_half_a_surrogate_is_a_fault_of_the_request(rig: Rig) -> None:
    adapter, _ = rig.make()
    request = a_request(messages=(user_message("\ud800"),))
    stream = adapter.stream(Credentials("https://x.test"), request, CallLimits(5))
    with pytest.raises(ProviderFault) as caught:
        await anext(stream)
    assert caught.value.kind == "invalid_request"


async def test_images_of_a_result_stay_in_it_or_follow_it() -> None:
    body = await _sent(ANTHROPIC, messages=LOOP, **QUIET)
    result = body["messages"][-1]["content"][0]
    assert [block["type"] for block in result["content"]] == ["text", "image", "text"]
    body = await _sent(OPENAI, messages=LOOP, **QUIET)
    assert [message["role"] for message in body["messages"][2:]] == ["assistant", "tool", "user"]
    assert body["messages"][3]["content"] == "See:\n\nIt is big."
    assert [piece["type"] for piece in body["messages"][4]["content"]] == ["text", "image_url"]


async def test_who_changed_a_result_has_changed_its_pieces() -> None:
    cut = replace(SHOWN, content="Too long.")
    loop = (*LOOP[:2], ChatMessage("tool", (cut,)))
    body = await _sent(ANTHROPIC, messages=loop, **QUIET)
    assert body["messages"][-1]["content"][0]["content"] == [{"type": "text", "text": "Too long."}]


# --- the cache --------------------------------------------------------------------------------


def _marks(body: dict[str, Any]) -> int:
    return json.dumps(body).count('"cache_control"')


async def test_anthropic_is_marked_by_us_unless_somebody_chose_the_marks() -> None:
    assert _marks(await _sent(ANTHROPIC)) == 2
    assert _marks(await _sent(ANTHROPIC, cache=None)) == 0
    body = await _sent(ANTHROPIC, cache="1h")
    assert (_marks(body), body["cache_control"]["ttl"]) == (1, "1h")
    tools = (replace(TOOL, cache="5m"),)
    assert _marks(await _sent(ANTHROPIC, tools=tools)) == 1
    said = ChatMessage("user", (TextPart("Hi", cache="5m"),))
    assert _marks(await _sent(ANTHROPIC, messages=(said,))) == 1
    told = replace(SHOWN, pieces=(TextPart("See:", cache="5m"), *SHOWN.pieces[1:]))
    assert _marks(await _sent(ANTHROPIC, messages=(*LOOP[:2], ChatMessage("tool", (told,))))) == 1


async def test_system_blocks_keep_their_marks() -> None:
    parts = (TextPart("Be brief.", cache="1h"), TextPart("Be kind."))
    body = await _sent(ANTHROPIC, system="Be brief.\n\nBe kind.", system_parts=parts)
    assert [block["text"] for block in body["system"]] == ["Be brief.", "Be kind."]
    body = await _sent(ANTHROPIC, system="Something else.", system_parts=parts)
    assert [block["text"] for block in body["system"]] == ["Something else."]


async def test_chat_completions_know_no_marks() -> None:
    said = ChatMessage("user", (TextPart("Hi", cache="5m"),))
    body = await _sent(OPENAI, messages=(said,), tools=(replace(TOOL, cache="5m"),), cache="1h")
    OPENAI_TAKES.validate_python(body)
    assert _marks(body) == 0


@pytest.mark.parametrize(
    ("address", "marks"), [("https://openrouter.ai/api/v1", 4), ("https://x.test/openrouter.ai", 0)]
)
async def test_openrouter_is_told_the_marks(address: str, marks: int) -> None:
    parts = (TextPart("Be brief.", cache="1h"), TextPart("Be kind."))
    messages = (
        ChatMessage("user", (TextPart("Hi", cache="5m"),)),
        *LOOP[1:2],
        ChatMessage("tool", (ToolResultPart("c", "look", "x", cache="1h"),)),
    )
    request = a_request(
        messages=messages, system="Be brief.\n\nBe kind.", system_parts=parts, cache="1h"
    )
    adapter, egress = COMPATIBLE.make(Playback([COMPATIBLE.stream([Text("x")], "stop", None)]))
    _ = [each async for each in adapter.stream(Credentials(address), request, CallLimits(5))]
    body = json.loads(egress.requests[0].content)
    assert _marks(body) == marks
    if marks:
        hour = {"type": "ephemeral", "ttl": "1h"}
        assert body["messages"][0]["content"] == [
            {"type": "text", "text": "Be brief.", "cache_control": hour},
            {"type": "text", "text": "Be kind."},
        ]
        assert body["messages"][-1]["content"] == [
            {"type": "text", "text": "x", "cache_control": hour}
        ]


# --- what was thought and said before ---------------------------------------------------------


async def test_a_loop_that_lost_its_thinking_goes_on_without() -> None:
    by_budget: dict[str, Any] = {
        "effort": "high",
        "traits": WireTraits("optional", "disabled", "budget"),
        "max_output_tokens": 30_000,
    }
    assert (await _sent(ANTHROPIC, messages=LOOP, **by_budget))["thinking"]["type"] == "disabled"
    thought = ReasoningPart("Hm.", "sig", "anthropic")
    kept = ChatMessage("assistant", (thought, *LOOP[1].parts))
    body = await _sent(ANTHROPIC, messages=(LOOP[0], kept, LOOP[2]), **by_budget)
    assert body["thinking"]["type"] == "enabled"
    body = await _sent(ANTHROPIC, thinking_budget=2_000, **by_budget)
    assert body["thinking"]["budget_tokens"] == 2_000


async def test_a_refusal_goes_back_where_it_came_from() -> None:
    said = ChatMessage("assistant", (TextPart("No.", refusal=True),))
    body = await _sent(OPENAI, messages=(said,))
    assert body["messages"][1] == {"role": "assistant", "content": None, "refusal": "No."}
    body = await _sent(COMPATIBLE, messages=(said,))
    assert body["messages"][1] == {"role": "assistant", "content": "No."}


async def test_ids_of_others_are_made_readable_for_anthropic() -> None:
    call = ToolCallPart("functions.look:0", "look", "{}")
    result = ToolResultPart("functions.look:0", "look", "x")
    messages = (ChatMessage("assistant", (call,)), ChatMessage("tool", (result,)))
    body = await _sent(ANTHROPIC, messages=messages)
    assert body["messages"][0]["content"][0]["id"] == "functions_look_0"
    assert body["messages"][1]["content"][0]["tool_use_id"] == "functions_look_0"


async def test_deepseek_gets_reasoning_that_no_vendor_signed() -> None:
    answer = ChatMessage("assistant", (ReasoningPart("Hm."), *LOOP[1].parts))
    body = await _sent(DEEPSEEK, messages=(LOOP[0], answer, LOOP[2]), **LOUD)
    assert body["messages"][2]["reasoning_content"] == "Hm."
