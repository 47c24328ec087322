"""Canonical requests and answers, as far as a wire can express them.

What a wire can't express is left out here and said in the test that uses the strategy.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from vectal.ai.contracts import (
    ChatMessage,
    ImageDetail,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    joined_text,
)
from vectal.ai.contracts_documents import CacheTtl, Citation, FilePart
from vectal.ai.ports import ModelRequest, NamedTool, ToolChoice, ToolSpec

CACHES: list[CacheTtl | None] = [None, None, "5m", "1h"]
DETAILS: list[ImageDetail | None] = [None, "auto", "low", "high", "original"]
MAYBE: list[bool | None] = [None, True, False]
MAX_INT = 2**31 - 1

alphabet = st.characters(codec="utf-8", exclude_categories=["Cs"])


def _said(text: str) -> str:
    return text + "x"


texts = st.text(alphabet, max_size=8).map(_said)
"""Never blank: no vendor takes blank text."""
names = st.text("abcXYZ019_-", min_size=1, max_size=8)
caches = st.sampled_from(CACHES)
contents = st.binary(min_size=1, max_size=12)
# None begins like a picture of another kind than it says: that name would be mended.
pictures = contents.map(lambda content: b"\0" + content)
urls = st.sampled_from(["https://example.com/a.png", "https://example.com/b?c=d&e=%20"])
signatures = st.text("abcXYZ019+/=", min_size=4, max_size=9)
numbers = st.integers(0, 1_000_000_000)

_scalars = st.none() | st.booleans() | st.integers(-9, 9) | texts
json_objects: SearchStrategy[dict[str, Any]] = st.dictionaries(
    names, _scalars | st.lists(_scalars, max_size=2), max_size=2
)


@st.composite
def strict_schemas(draw: st.DrawFn) -> dict[str, Any]:
    """Of objects, as every vendor takes them that promises to keep to one."""
    members = draw(st.lists(names, unique=True, max_size=2))
    kinds = st.sampled_from(["string", "integer", "boolean"])
    return {
        "type": "object",
        "properties": {name: {"type": draw(kinds)} for name in members},
        "additionalProperties": False,
        "required": members,
    }


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


arguments = json_objects.map(_compact)


@st.composite
def tools(draw: st.DrawFn, *, cached: bool) -> tuple[ToolSpec, ...]:
    offered: list[ToolSpec] = []
    for name in draw(st.lists(names, unique=True, max_size=2)):
        strict = draw(st.sampled_from(MAYBE))
        loose = {"type": "object", "properties": draw(json_objects)}
        schema = draw(strict_schemas()) if strict else loose
        ttl = draw(caches) if cached else None
        offered.append(ToolSpec(name, draw(st.just("") | texts), schema, strict, ttl))
    return tuple(offered)


@st.composite
def tool_fields(draw: st.DrawFn, *, cached: bool = False) -> dict[str, Any]:
    """Tools with a choice among them; without tools there is nothing to choose."""
    offered = draw(tools(cached=cached))
    if not offered:
        return {}
    choices: list[ToolChoice] = ["auto", "required", *(NamedTool(tool.name) for tool in offered)]
    return {
        "tools": offered,
        "tool_choice": draw(st.sampled_from(choices)),
        "parallel_tool_calls": draw(st.sampled_from(MAYBE)),
    }


@st.composite
def formats(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["none", "json", "schema"]))
    if kind == "none":
        return {}
    if kind == "json":
        return {"json_mode": True}
    return {
        "response_schema": draw(json_objects),
        "schema_name": draw(names),
        "schema_strict": draw(st.sampled_from(MAYBE)),
        "schema_description": draw(st.just("") | texts),
    }


@st.composite
def conversation(
    draw: st.DrawFn,
    said: SearchStrategy[list[Part]],
    thoughts: SearchStrategy[list[Part]],
    answers: SearchStrategy[list[Part]],
    calls: SearchStrategy[ToolCallPart],
    results: SearchStrategy[ToolResultPart],
) -> tuple[ChatMessage, ...]:
    """Rounds of question, answer and results; every call has a result of its own name."""
    messages: list[ChatMessage] = []
    for number in range(draw(st.integers(1, 3))):
        messages.append(ChatMessage("user", tuple(draw(said))))
        drawn = draw(st.lists(calls, max_size=2))
        made = [replace(call, call_id=f"call_{number}_{i}") for i, call in enumerate(drawn)]
        spoken = draw(answers)
        if not spoken and not made:
            spoken = [TextPart("x")]
        messages.append(ChatMessage("assistant", (*draw(thoughts), *spoken, *made)))
        if made:
            returned = tuple(
                replace(draw(results), call_id=call.call_id, name=call.name) for call in made
            )
            messages.append(ChatMessage("tool", returned))
    return tuple(messages)


def parts(
    *kinds: SearchStrategy[Any], min_size: int = 0, max_size: int = 3
) -> SearchStrategy[list[Part]]:
    return st.lists(st.one_of(*kinds), min_size=min_size, max_size=max_size)


nothing: SearchStrategy[list[Part]] = st.just([])

# --- parts without marks ----------------------------------------------------------------------

plain_texts = st.builds(TextPart, texts)
refusals = st.builds(TextPart, texts, refusal=st.just(value=True))
images = st.builds(
    ImagePart,
    st.sampled_from(["image/png", "image/svg+xml"]),
    pictures,
    detail=st.sampled_from(DETAILS),
)
linked_images = st.builds(ImagePart, st.just(""), url=urls, detail=st.sampled_from(DETAILS))
pdfs = st.builds(FilePart, st.just("application/pdf"), contents, name=texts)
plain_calls = st.builds(ToolCallPart, st.just(""), names, arguments)
plain_results = st.builds(ToolResultPart, st.just(""), st.just(""), texts)
told_results = st.builds(ToolResultPart, st.just(""), st.just(""), texts, st.booleans()).filter(
    lambda result: not result.content.startswith("Error:")
)

# --- parts with all that the messages wire knows ----------------------------------------------

marked_texts = st.builds(TextPart, texts, cache=caches)
_spans = st.builds(
    Citation,
    st.sampled_from(["characters", "pages", "blocks"]),
    texts,
    st.none() | texts,
    document=numbers,
    start=numbers,
    end=numbers,
)
_search_results = st.builds(
    Citation,
    st.just("search_result"),
    texts,
    st.none() | texts,
    urls,
    document=numbers,
    start=numbers,
    end=numbers,
)
web_pages = st.builds(Citation, st.just("web"), texts, st.none() | texts, urls, sealed=signatures)
citations = _spans | _search_results | web_pages
cited_texts = st.builds(TextPart, texts, st.lists(citations, max_size=2).map(tuple), caches)
marked_images = st.builds(ImagePart, st.just("image/png"), pictures, cache=caches) | st.builds(
    ImagePart, st.just(""), url=urls, cache=caches
)
marked_pdfs = st.builds(FilePart, st.just("application/pdf"), contents, name=texts, cache=caches)
files = (
    st.builds(
        FilePart,
        st.just("application/pdf"),
        contents,
        name=st.none() | texts,
        about=st.none() | texts,
        cite=st.booleans(),
        cache=caches,
    )
    | st.builds(FilePart, st.just("application/pdf"), url=urls, name=texts, cache=caches)
    | st.builds(FilePart, st.just("text/plain"), texts.map(str.encode), cite=st.booleans())
)
signed_thoughts = st.builds(ReasoningPart, texts, signatures, st.just("anthropic"))
redacted_thoughts = st.builds(
    ReasoningPart, st.just(""), signatures, st.just("anthropic"), st.just(value=True)
)
marked_calls = st.builds(ToolCallPart, st.just(""), names, arguments, caches)


@st.composite
def rich_results(draw: st.DrawFn) -> ToolResultPart:
    pieces = tuple(draw(st.lists(marked_texts | marked_images | files, max_size=3)))
    if len(pieces) == 1 and pieces[0] == TextPart(joined_text(pieces)):
        pieces = ()  # one plain text is no more than `content`
    content = joined_text(pieces) if pieces else draw(st.just("") | texts)
    return ToolResultPart("", "", content, draw(st.booleans()), pieces, draw(caches))


def without_traits(request: ModelRequest, like: ModelRequest) -> ModelRequest:
    """No wire says what a model can do; that is the catalogue's."""
    return replace(request, traits=like.traits)


def called(messages: Sequence[ChatMessage]) -> int:
    return sum(isinstance(part, ToolCallPart) for message in messages for part in message.parts)
