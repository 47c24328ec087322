"""Messages as clients write them, judged by what we write to Anthropic ourselves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, with_config
from tests.ai.wires.strategies import (
    MAX_INT,
    caches,
    cited_texts,
    conversation,
    files,
    marked_calls,
    marked_images,
    marked_texts,
    names,
    parts,
    redacted_thoughts,
    rich_results,
    signed_thoughts,
    strict_schemas,
    texts,
    tool_fields,
    without_traits,
)

from vectal.ai.contracts import ReasoningPart, TextPart, joined_text
from vectal.ai.contracts_documents import FilePart
from vectal.ai.ports import Effort, ModelRequest, NamedTool, Sampling, WireTraits
from vectal.ai.providers.messages.request import request_body
from vectal.ai.proxy.wires.registry import wire

WIRE = wire("messages")
TRAITS = WireTraits("optional", "disabled", images=True)
OLD = "claude-sonnet-4-20250514"
LOUD: list[Effort | None] = ["low", "medium", "high", "xhigh", "max"]
STRICT = TypeAdapter(with_config(ConfigDict(extra="forbid"))(MessageCreateParamsStreaming))
MESSAGES = conversation(
    parts(marked_texts, marked_images, files, min_size=1),
    parts(signed_thoughts, redacted_thoughts, max_size=2),
    parts(cited_texts, max_size=2),
    marked_calls,
    rich_results(),
)
SAMPLING = st.builds(
    Sampling,
    st.none() | st.floats(0, 1),
    st.none() | st.floats(0, 1),
    st.none() | st.integers(0, MAX_INT),
)
TOOL_FIELDS = tool_fields(cached=True)


@st.composite
def requests(draw: st.DrawFn) -> ModelRequest:
    """All but what the shape, or its vendor, has no place for.

    That is: thinking of others, the detail of images, files of other types, `minimal` effort,
    seeds and penalties, names of schemas, plain JSON; sampling or a forced tool while it thinks;
    a tool choice without parallel calls when nothing may be called; our own marks for the cache.
    """
    thinks = draw(st.booleans())
    system = tuple(draw(st.lists(marked_texts, max_size=2)))
    kept = len(system) > 1 or any(part.cache for part in system)
    chosen = draw(TOOL_FIELDS)
    if thinks and chosen:
        chosen["tool_choice"] = "auto"
    return ModelRequest(
        model=OLD,
        system=joined_text(system),
        system_parts=system if kept else (),
        messages=draw(MESSAGES),
        max_output_tokens=draw(st.integers(1, MAX_INT)),
        effort=draw(st.sampled_from(LOUD)) if thinks else None,
        sampling=Sampling() if thinks else draw(SAMPLING),
        stop=tuple(draw(st.lists(texts, max_size=3))),
        user_id=draw(st.none() | texts),
        service_tier=draw(st.sampled_from([None, "auto", "standard"])),
        response_schema=draw(st.none() | strict_schemas()),
        cache=draw(caches),
        traits=TRAITS,
        **chosen,
    )


def _read(body: dict[str, Any]) -> ModelRequest:
    return WIRE.read(msgspec.json.encode(body), 1).request


def _asked(**members: Any) -> ModelRequest:
    messages = [{"role": "user", "content": "Hi"}]
    return _read({"model": "m", "max_tokens": 9, "messages": messages, **members})


@given(requests())
@settings(max_examples=50)
def test_what_we_write_to_anthropic_reads_as_what_it_was(request: ModelRequest) -> None:
    read = _read(request_body(request))
    assert without_traits(read, request) == request


@given(requests())
@settings(max_examples=30)
def test_what_we_write_is_what_the_vendor_takes(request: ModelRequest) -> None:
    # Its newest client has no words any more for the sampling of its older models.
    STRICT.validate_json(msgspec.json.encode(request_body(replace(request, sampling=Sampling()))))


MARK = {"type": "ephemeral", "ttl": "1h"}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}
PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}
SPAN = {"cited_text": "green", "document_index": 0, "document_title": None}
CITATIONS = [
    {**SPAN, "type": "char_location", "start_char_index": 3, "end_char_index": 8},
    {**SPAN, "type": "page_location", "start_page_number": 1, "end_page_number": 2},
    {**SPAN, "type": "content_block_location", "start_block_index": 0, "end_block_index": 1},
    {
        "type": "search_result_location",
        "cited_text": "green",
        "search_result_index": 1,
        "source": "https://x.test/",
        "title": "X",
        "start_block_index": 0,
        "end_block_index": 1,
    },
    {
        "type": "web_search_result_location",
        "cited_text": "green",
        "title": "X",
        "url": "https://x.test/",
        "encrypted_index": "Eo8BCioIAhgB",
    },
]
WHOLE: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 20_000,
    "system": [
        {"type": "text", "text": "Be brief.", "cache_control": MARK},
        {"type": "text", "text": "Be kind."},
    ],
    "messages": [
        {
            "role": "user",
            "content": [
                {
                    "type": "document",
                    "source": PDF,
                    "title": "Grass",
                    "context": "A study.",
                    "citations": {"enabled": True},
                    "cache_control": {"type": "ephemeral"},
                },
                {"type": "document", "source": {"type": "url", "url": "https://x.test/a.pdf"}},
                {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}},
                {"type": "text", "text": "What colour is it?"},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Let me see.", "signature": "EqQBCgIYAg=="},
                {"type": "redacted_thinking", "data": "EmwKAhgBEgy3"},
                {"type": "text", "text": "It is green", "citations": CITATIONS},
                {"type": "text", "text": ", I think."},
                {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"q": 1.50}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "See:"}, {"type": "image", "source": PNG}],
                    "is_error": True,
                    "cache_control": MARK,
                },
                {"type": "text", "text": "And now?"},
            ],
        },
    ],
    "tools": [
        {
            "name": "look",
            "description": "Look.",
            "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
            "strict": True,
            "cache_control": {"type": "ephemeral"},
        }
    ],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 3_000},
    "stop_sequences": ["END"],
    "metadata": {"user_id": "u-1"},
    "service_tier": "standard_only",
    "stream": True,
}


def test_a_rich_body_goes_through_without_losing_a_word() -> None:
    STRICT.validate_python(WHOLE)
    request = _read(WHOLE)
    written = request_body(replace(request, traits=replace(TRAITS, reasoning_style="budget")))
    assert json.loads(msgspec.json.encode(written)) == WHOLE


def test_plain_strings_are_blocks_of_text() -> None:
    request = _asked(system="Be brief.")
    assert (request.system, request.system_parts) == ("Be brief.", ())
    assert request.messages[0].parts == (TextPart("Hi"),)


def test_thinking_of_another_vendor_keeps_its_name() -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "openai:gAAAA"}
    sealed = {"type": "redacted_thinking", "data": "deepseek:abc"}
    unsigned = {"type": "thinking", "thinking": "Hm.", "signature": ""}
    messages = [{"role": "assistant", "content": [thought, sealed, unsigned]}]
    assert _asked(messages=messages).messages[0].parts == (
        ReasoningPart("Hm.", "gAAAA", "openai"),
        ReasoningPart("", "abc", "deepseek", redacted=True),
        ReasoningPart("Hm."),
    )


@pytest.mark.parametrize(
    ("members", "effort", "budget"),
    [
        ({}, None, None),
        ({"thinking": {"type": "disabled"}}, "off", None),
        ({"thinking": {"type": "between_tools"}}, "off", None),
        ({"thinking": {"type": "adaptive"}}, "high", None),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, "low", None),
        ({"output_config": {"effort": "max"}}, "max", None),
        ({"thinking": {"type": "enabled", "budget_tokens": 2_000}}, "low", 2_000),
        ({"thinking": {"type": "enabled", "budget_tokens": 8_000}}, "medium", 8_000),
        ({"thinking": {"type": "enabled", "budget_tokens": 30_000}}, "high", 30_000),
    ],
)
def test_how_hard_to_think_is_read_from_both_places(
    members: dict[str, Any], effort: str | None, budget: int | None
) -> None:
    request = _asked(**members)
    assert (request.effort, request.thinking_budget) == (effort, budget)


@pytest.mark.parametrize(
    ("choice", "read", "parallel"),
    [
        (None, "auto", None),
        ({"type": "auto"}, "auto", None),
        ({"type": "any", "disable_parallel_tool_use": True}, "required", False),
        ({"type": "tool", "name": "look"}, NamedTool("look"), None),
        ({"type": "none"}, "none", None),
    ],
)
def test_every_form_of_a_tool_choice_is_read(
    choice: object, read: object, parallel: object
) -> None:
    request = _asked(tools=WHOLE["tools"], tool_choice=choice)
    assert (request.tool_choice, request.parallel_tool_calls) == (read, parallel)


def test_the_system_may_speak_between_the_others() -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be kind."}]
    request = _asked(system="Be brief.", messages=messages)
    assert request.system == "Be brief.\n\nBe kind."
    assert len(request.messages) == 1


@given(names)
def test_a_result_has_the_name_of_its_call(name: str) -> None:
    call: dict[str, Any] = {"type": "tool_use", "id": "t", "name": name, "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t"}
    messages = [
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    read = _asked(messages=messages).messages[1].parts[0]
    assert getattr(read, "name", None) == name


TEXTS = [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]
FOUND = {
    "type": "search_result",
    "source": "https://x.test/a",
    "title": "A",
    "content": TEXTS,
    "citations": {"enabled": True},
    "cache_control": {"type": "ephemeral"},
}


def test_what_a_search_found_is_a_text_with_its_source() -> None:
    read = FilePart(
        "text/plain", b"One.\n\nTwo.", name="A", about="https://x.test/a", cite=True, cache="5m"
    )
    call: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "look", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [FOUND]}
    messages = [
        {"role": "user", "content": [FOUND]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    said, _, returned = _asked(messages=messages).messages
    assert said.parts == (read,)
    assert getattr(returned.parts[0], "pieces", None) == (read,)


@pytest.mark.parametrize("content", [TEXTS, "One.\n\nTwo."])
def test_a_document_may_come_in_pieces(content: object) -> None:
    source = {"type": "content", "content": content}
    block = {"type": "document", "title": "A", "source": source}
    request = _asked(messages=[{"role": "user", "content": [block]}])
    assert request.messages[0].parts == (FilePart("text/plain", b"One.\n\nTwo.", name="A"),)
