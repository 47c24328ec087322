"""Chat completions as clients write them, judged by what we write to vendors ourselves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ai.wires.strategies import (
    MAX_INT,
    arguments,
    called,
    conversation,
    formats,
    images,
    linked_images,
    marked_images,
    marked_pdfs,
    marked_texts,
    names,
    nothing,
    parts,
    pdfs,
    plain_calls,
    plain_results,
    plain_texts,
    refusals,
    texts,
    told_results,
    tool_fields,
    without_traits,
)

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    joined_text,
    user_message,
)
from vectal.ai.contracts_documents import CacheTtl, FilePart
from vectal.ai.ports import Effort, ModelRequest, NamedTool, Sampling, WireTraits
from vectal.ai.providers import compatible, deepseek, openai
from vectal.ai.providers.chat_completions.request import request_body
from vectal.ai.proxy.wires.registry import wire

WIRE = wire("chat_completions")
QUIET: list[Effort | None] = [None, "off"]
LOUD: list[Effort | None] = ["minimal", "low", "medium", "high", "xhigh", "max"]
MESSAGES = conversation(
    parts(plain_texts, images, linked_images, pdfs, min_size=1),
    nothing,
    parts(plain_texts, max_size=1) | parts(refusals, max_size=1),
    plain_calls,
    told_results,
)
MARKED_MESSAGES = conversation(
    parts(marked_texts, marked_images, marked_pdfs, min_size=1),
    nothing,
    parts(plain_texts, max_size=1),
    plain_calls,
    plain_results,
)
TAKES_MARKS = replace(openai.DIALECT, cache_marks=True)
OUR_OWN: list[CacheTtl | Literal["automatic"]] = ["automatic", "5m", "1h"]
SAMPLING = st.builds(
    Sampling,
    st.none() | st.floats(0, 2),
    st.none() | st.floats(0, 1),
    st.none(),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(-2, 2),
    st.none() | st.floats(-2, 2),
)
TOOL_FIELDS, FORMATS = tool_fields(), formats()


@st.composite
def requests(draw: st.DrawFn) -> ModelRequest:
    """All but what the shape has no place for.

    That is: signed or redacted thinking, citations, marks for the cache, files by address,
    results that hold more than text, `top_k`, thinking budgets and service tiers.
    """
    thinks = draw(st.booleans())
    return ModelRequest(
        model=draw(names),
        system=draw(st.just("") | texts),
        messages=draw(MESSAGES),
        max_output_tokens=draw(st.integers(1, MAX_INT)),
        effort=draw(st.sampled_from(LOUD if thinks else QUIET)),
        sampling=Sampling() if thinks else draw(SAMPLING),
        stop=tuple(draw(st.lists(texts, max_size=4))),
        user_id=draw(st.none() | texts),
        traits=WireTraits("optional", images=True),
        **draw(TOOL_FIELDS),
        **draw(FORMATS),
    )


def _read(body: dict[str, Any]) -> ModelRequest:
    return WIRE.read(msgspec.json.encode(body), 1_000).request


def _asked(**members: Any) -> ModelRequest:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **members}
    return _read(body)


def _conversation(*messages: dict[str, Any]) -> tuple[ChatMessage, ...]:
    return _asked(messages=list(messages)).messages


@given(requests())
@settings(max_examples=50)
def test_what_we_write_to_openai_reads_as_what_it_was(request: ModelRequest) -> None:
    read = _read(request_body(request, openai.DIALECT))
    assert without_traits(read, request) == request


@given(requests(), MARKED_MESSAGES, st.lists(marked_texts, max_size=2), st.sampled_from(OUR_OWN))
@settings(max_examples=50)
def test_marks_for_the_cache_come_back_from_who_takes_them(
    request: ModelRequest,
    messages: tuple[ChatMessage, ...],
    system: list[TextPart],
    cache: CacheTtl | Literal["automatic"],
) -> None:
    kept = tuple(system) if any(part.cache for part in system) else ()
    request = replace(
        request,
        system=joined_text(system),
        system_parts=kept,
        messages=messages,
        cache=cache,
    )
    assert without_traits(_read(request_body(request, TAKES_MARKS)), request) == request


@given(requests())
@settings(max_examples=30)
def test_other_servers_join_texts_but_lose_no_word(request: ModelRequest) -> None:
    read = _read(request_body(request, compatible.DIALECT))
    assert called(read.messages) == called(request.messages)
    for was, became in zip(request.messages, read.messages, strict=True):
        if was.role == "user":
            said = "".join(part.text for part in was.parts if isinstance(part, TextPart))
            assert became.text.replace("\n\n", "") == said.replace("\n\n", "")


@given(texts, arguments)
def test_deepseek_gets_the_reasoning_that_a_client_kept(thought: str, args: str) -> None:
    # Whose it is, the shape can't say: it comes back without a name, and counts as its own.
    call = ToolCallPart("c", "look", args)
    answer = ChatMessage("assistant", (ReasoningPart(thought), call))
    history = (user_message("Hi"), answer, ChatMessage("tool", (ToolResultPart("c", "look", "x"),)))
    request = ModelRequest("m", "", history, 9, effort="low", traits=WireTraits("optional"))
    read = _read(request_body(request, deepseek.DIALECT))
    assert read.messages == history
    again = request_body(replace(read, effort="low", traits=request.traits), deepseek.DIALECT)
    assert again["messages"][1]["reasoning_content"] == thought


def test_system_and_developer_are_one_prompt_wherever_they_speak() -> None:
    request = _asked(
        messages=[
            {"role": "system", "content": "One."},
            {"role": "developer", "content": [{"type": "text", "text": "Two."}]},
            {"role": "user", "content": "Hi"},
            {"role": "system", "content": "Three."},
        ]
    )
    assert request.system == "One.\n\nTwo.\n\nThree."
    assert request.messages == (user_message("Hi"),)


def test_marks_for_the_cache_are_read_for_vendors_that_know_them() -> None:
    marked = {"type": "text", "text": "Rules.", "prompt_cache_breakpoint": {"mode": "explicit"}}
    long = {**marked, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}}
    request = _asked(
        messages=[{"role": "system", "content": [marked]}, {"role": "user", "content": [long]}]
    )
    assert request.system_blocks == (TextPart("Rules.", cache="5m"),)
    assert request.messages[0].parts == (TextPart("Rules.", cache="1h"),)


EPHEMERAL = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
LOOK = {"name": "look", "arguments": "{}"}


def test_anthropics_marks_are_read_on_parts_and_messages() -> None:
    text = {"type": "text", "text": "Rules.", "cache_control": EPHEMERAL}
    image = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    request = _asked(
        messages=[
            {"role": "system", "content": [text]},
            {
                "role": "user",
                "content": [{"type": "text", "text": "x"}, image | {"cache_control": HOUR}],
            },
            {"role": "user", "content": "y", "cache_control": HOUR},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "type": "function", "function": LOOK}],
                "cache_control": EPHEMERAL,
            },
            {"role": "tool", "tool_call_id": "c", "content": "z", "cache_control": HOUR},
        ]
    )
    assert request.system_blocks == (TextPart("Rules.", cache="5m"),)
    assert [message.parts for message in request.messages] == [
        (TextPart("x"), ImagePart("", url="https://x.test/a.png", cache="1h")),
        (TextPart("y", cache="1h"),),
        (ToolCallPart("c", "look", "{}", "5m"),),
        (ToolResultPart("c", "look", "z", cache="1h"),),
    ]


def test_anthropics_marks_are_read_on_tools_and_the_whole_request() -> None:
    tools = [
        {"type": "function", "function": {"name": "a"}, "cache_control": HOUR},
        {"type": "function", "function": {"name": "b", "cache_control": EPHEMERAL}},
        {"type": "function", "function": {"name": "c"}},
    ]
    request = _asked(tools=tools, cache_control=HOUR)
    assert [tool.cache for tool in request.tools] == ["1h", "5m", None]
    assert (request.cache, _asked().cache) == ("1h", "automatic")


def test_a_tool_that_failed_says_so_in_its_first_line() -> None:
    calls = ChatMessage(
        "assistant", (ToolCallPart("c", "look", "{}"), ToolCallPart("d", "look", "{}"))
    )
    failed = (
        ToolResultPart("c", "look", "No such file.", ok=False),
        ToolResultPart("d", "look", "Error: no JSON", ok=False),
    )
    request = replace(_asked(), messages=(user_message("Hi"), calls, ChatMessage("tool", failed)))
    body = request_body(request, openai.DIALECT)
    told = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    # What says of itself that it is an error is told once.
    assert told == ["Error:\nNo such file.", "Error: no JSON"]
    assert _read(body).messages[-1].parts == (failed[0], replace(failed[1], ok=True))


def test_results_that_follow_each_other_are_one_message() -> None:
    calls = [
        {"id": i, "type": "function", "function": {"name": f"f{i}", "arguments": "{}"}}
        for i in "ab"
    ]
    messages = _conversation(
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
        {"role": "user", "content": "And?"},
    )
    assert [message.role for message in messages] == ["assistant", "tool", "user"]
    assert messages[1].parts == (ToolResultPart("a", "fa", "1"), ToolResultPart("b", "fb", "2"))


def test_a_refusal_is_read_from_either_of_its_places() -> None:
    for message in (
        {"role": "assistant", "refusal": "No."},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
    ):
        assert _conversation(message)[0].parts == (TextPart("No.", refusal=True),)


def test_images_and_files_are_read() -> None:
    png, pdf = "data:image/png;base64,iVBORw==", "data:application/pdf;base64,JVBERg=="
    content = [
        {"type": "image_url", "image_url": {"url": png, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
        {"type": "file", "file": {"file_data": pdf, "filename": "a"}},
        {"type": "file", "file": {"file_data": "JVBERg=="}},
    ]
    assert _conversation({"role": "user", "content": content})[0].parts == (
        ImagePart("image/png", b"\x89PNG", detail="low"),
        ImagePart("", url="https://x.test/a.png"),
        FilePart("application/pdf", b"%PDF", name="a"),
        FilePart("application/pdf", b"%PDF"),
    )


TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ("look", "find", "make")
]


@pytest.mark.parametrize(
    ("choice", "read"),
    [
        (None, "auto"),
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "function": {"name": "find"}}, NamedTool("find")),
    ],
)
def test_every_form_of_a_tool_choice_is_read(choice: object, read: object) -> None:
    request = _asked(tools=TOOLS, tool_choice=choice)
    assert request.tool_choice == read
    assert [tool.name for tool in request.tools] == ["look", "find", "make"]


def test_allowed_tools_are_those_that_are_offered() -> None:
    allowed = [{"type": "function", "function": {"name": name}} for name in ("make", "look")]
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": allowed}}
    request = _asked(tools=TOOLS, tool_choice=choice)
    assert [tool.name for tool in request.tools] == ["look", "make"]
    assert request.tool_choice == "required"


def test_what_a_client_leaves_out_or_sets_to_null_is_not_said() -> None:
    unsaid = ("tools", "tool_choice", "stop", "temperature", "reasoning_effort", "n", "logprobs")
    request = _asked(**dict.fromkeys(unsaid))
    assert request == _asked()
    assert request.effort is None
    assert request.max_output_tokens == 1_000


def test_the_newer_limit_counts_and_one_stop_may_stand_alone() -> None:
    request = _asked(max_tokens=5, max_completion_tokens=7, stop="END")
    assert (request.max_output_tokens, request.stop) == (7, ("END",))


def test_unknown_members_do_no_harm() -> None:
    assert _asked(service_tier="flex", verbosity="low", store=True, future={"a": 1}) == _asked()


@pytest.mark.parametrize(
    ("options", "wanted"), [(None, False), ({}, False), ({"include_usage": True}, True)]
)
def test_counts_are_for_who_asks(options: object, *, wanted: bool) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": ""}], "stream": True}
    call = WIRE.read(json.dumps({**body, "stream_options": options}).encode(), 1)
    assert (call.stream, call.include_usage) == (True, wanted)
