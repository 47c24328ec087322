"""Responses as clients write them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import TypeAdapter
from tests.ai.wires.responses_body import responses_body
from tests.ai.wires.strategies import (
    MAX_INT,
    conversation,
    formats,
    images,
    linked_images,
    marked_texts,
    names,
    parts,
    pdfs,
    plain_calls,
    plain_results,
    plain_texts,
    redacted_thoughts,
    refusals,
    rich_results,
    signatures,
    signed_thoughts,
    texts,
    tool_fields,
    urls,
)

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.contracts_documents import Citation, FilePart
from vectal.ai.ports import Effort, ModelRequest, NamedTool, Sampling, ToolSpec
from vectal.ai.proxy.wires.registry import wire

WIRE = wire("responses")
TAKEN: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsStreaming)
EFFORTS: list[Effort | None] = [None, "off", "minimal", "low", "medium", "high", "xhigh", "max"]
OWN_THOUGHTS = st.builds(ReasoningPart, texts, signatures, st.just("openai"))
LINKED_PDFS = st.builds(FilePart, st.just("application/pdf"), url=urls, name=texts)


@st.composite
def results(draw: st.DrawFn) -> ToolResultPart:
    """Results in pieces, but none that are errors, marked themselves, or hold plain text files."""
    rich = replace(draw(rich_results()), ok=True, cache=None)
    odd = (p for p in rich.pieces if isinstance(p, FilePart) and (p.is_text or p.about or p.cite))
    return draw(plain_results) if next(odd, None) is not None else rich


MESSAGES = conversation(
    parts(marked_texts, images, linked_images, pdfs, LINKED_PDFS, min_size=1),
    parts(signed_thoughts, redacted_thoughts, OWN_THOUGHTS, max_size=2),
    parts(plain_texts, refusals, max_size=2),
    plain_calls,
    results(),
)
EPHEMERAL, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}
SAMPLING = st.builds(Sampling, st.none() | st.floats(0, 2), st.none() | st.floats(0, 1))
TOOL_FIELDS, FORMATS = tool_fields(), formats()


@st.composite
def requests(draw: st.DrawFn) -> ModelRequest:
    """All but what the shape has no place for.

    That is: `top_k`, seeds, penalties, stop sequences, thinking budgets, service tiers, errors
    of tools, marks on calls and results, citations of documents, words about a document.
    """
    return ModelRequest(
        model=draw(names),
        system=draw(st.just("") | texts),
        messages=draw(MESSAGES),
        max_output_tokens=draw(st.integers(1, MAX_INT)),
        effort=draw(st.sampled_from(EFFORTS)),
        sampling=draw(SAMPLING),
        user_id=draw(st.none() | texts),
        **draw(TOOL_FIELDS),
        **draw(FORMATS),
    )


def _read(body: dict[str, Any]) -> ModelRequest:
    return WIRE.read(json.dumps(body).encode(), 1_000).request


def _asked(**members: Any) -> ModelRequest:
    return _read({"model": "m", "input": "Hi", **members})


def _conversation(*items: dict[str, Any]) -> tuple[ChatMessage, ...]:
    return _asked(input=list(items)).messages


@given(requests())
@settings(max_examples=50)
def test_what_a_client_writes_reads_as_what_it_means(request: ModelRequest) -> None:
    assert _read(responses_body(request)) == request


def test_what_we_read_is_what_the_vendor_takes() -> None:
    request = ModelRequest(
        "m",
        "Be brief.",
        (
            ChatMessage(
                "user",
                (
                    TextPart("What?", cache="1h"),
                    ImagePart("image/png", b"x", detail="low"),
                    FilePart("application/pdf", b"x", name="a.pdf"),
                ),
            ),
            ChatMessage(
                "assistant",
                (
                    ReasoningPart("Hm.", "gAAAA", "openai"),
                    ReasoningPart("", "EmwK", "anthropic", redacted=True),
                    TextPart("Look:"),
                    ToolCallPart("c", "look", "{}"),
                ),
            ),
            ChatMessage(
                "tool", (ToolResultPart("c", "look", "x", pieces=(TextPart("x", cache="5m"),)),)
            ),
        ),
        9,
        (ToolSpec("look", "Look.", {"type": "object"}, strict=True),),
        NamedTool("look"),
        "high",
        response_schema={"type": "object"},
        parallel_tool_calls=False,
        user_id="u",
    )
    body = responses_body(request)
    TAKEN.validate_python(body)
    assert _read(body) == request


def test_a_string_is_what_the_user_says() -> None:
    request = _asked(instructions="Be brief.")
    assert request.messages == (user_message("Hi"),)
    assert request.system == "Be brief."
    assert request.max_output_tokens == 1_000


def test_a_message_need_not_say_that_it_is_one() -> None:
    items: list[dict[str, Any]] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "Bye"},
    ]
    request = _asked(input=items, instructions="Be kind.")
    assert request.system == "Be kind.\n\nBe brief."
    assert [m.role for m in request.messages] == ["user", "assistant", "user"]


def test_an_answer_in_several_items_is_one_message() -> None:
    messages = _conversation(
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "role": "assistant", "content": "Let me look."},
        {"type": "function_call", "call_id": "a", "name": "look", "arguments": "{}"},
        {"type": "function_call", "call_id": "b", "name": "find", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "1"},
        {"type": "function_call_output", "call_id": "b", "output": "2"},
    )
    assert [len(message.parts) for message in messages] == [4, 2]
    assert messages[0].parts[0] == ReasoningPart("Hm.")
    assert messages[1].parts == (ToolResultPart("a", "look", "1"), ToolResultPart("b", "find", "2"))


def test_open_reasoning_counts_before_its_summary() -> None:
    thought = {
        "type": "reasoning",
        "id": "rs",
        "summary": [{"type": "summary_text", "text": "short"}],
        "content": [{"type": "reasoning_text", "text": "long"}],
    }
    assert _conversation(thought)[0].parts == (ReasoningPart("long"),)


def test_pages_that_an_answer_cites_are_kept() -> None:
    page = {"type": "url_citation", "url": "https://x.test/", "title": "X"}
    annotations = [{**page, "start_index": 0, "end_index": 5}, {"type": "file_path", "index": 0}]
    said = {"type": "output_text", "text": "Green.", "annotations": annotations}
    item = {"type": "message", "role": "assistant", "id": "m", "content": [said]}
    cited = Citation("web", "", "X", "https://x.test/", at=(0, 5))
    assert _conversation(item)[0].parts == (TextPart("Green.", (cited,)),)


TOOLS = [
    {"type": "function", "name": name, "parameters": None, "strict": None}
    for name in ("look", "find")
]


@pytest.mark.parametrize(
    ("choice", "read", "offered"),
    [
        (None, "auto", 2),
        ("required", "required", 2),
        ({"type": "function", "name": "find"}, NamedTool("find"), 2),
        (
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "look"}],
            },
            "required",
            1,
        ),
    ],
)
def test_every_form_of_a_tool_choice_is_read(choice: object, read: object, offered: int) -> None:
    request = _asked(tools=TOOLS, tool_choice=choice)
    assert (request.tool_choice, len(request.tools)) == (read, offered)


def test_unknown_members_do_no_harm() -> None:
    plain = ("store", "include", "truncation", "metadata", "service_tier", "stream_options")
    assert _asked(**dict.fromkeys(plain)) == _asked(store=True, future=[1]) == _asked()


def test_anthropics_marks_for_the_cache_are_read() -> None:
    said = [{"type": "input_text", "text": "x", "cache_control": HOUR}]
    request = _asked(
        input=[{"role": "user", "content": said}],
        tools=[{"type": "function", "name": "a", "cache_control": EPHEMERAL}],
    )
    assert request.messages == (ChatMessage("user", (TextPart("x", cache="1h"),)),)
    assert [tool.cache for tool in request.tools] == ["5m"]
