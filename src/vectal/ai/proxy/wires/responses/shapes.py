"""The body of `/responses`. Members that nobody here reads are not named."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from vectal.ai.contracts import ImageDetail
from vectal.ai.proxy.wires.reading import Breakpoint, CacheControl, Name, Share, Tokens

Json = dict[str, Any]


class InputText(Struct, tag_field="type", tag="input_text"):
    text: str
    prompt_cache_breakpoint: Breakpoint | None = None
    cache_control: CacheControl | None = None


class InputImage(Struct, tag_field="type", tag="input_image"):
    image_url: str | None = None
    file_id: str | None = None
    detail: ImageDetail | None = None
    prompt_cache_breakpoint: Breakpoint | None = None
    cache_control: CacheControl | None = None


class InputFile(Struct, tag_field="type", tag="input_file"):
    file_data: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    filename: str | None = None
    prompt_cache_breakpoint: Breakpoint | None = None
    cache_control: CacheControl | None = None


class OutputText(Struct, tag_field="type", tag="output_text"):
    text: str
    annotations: list[Json] | None = None


class Refusal(Struct, tag_field="type", tag="refusal"):
    refusal: str


class ReasoningText(Struct, tag_field="type", tag="reasoning_text"):
    text: str


class SummaryText(Struct, tag_field="type", tag="summary_text"):
    text: str


Piece: TypeAlias = InputText | InputImage | InputFile
Content: TypeAlias = InputText | InputImage | InputFile | OutputText | Refusal | ReasoningText


class Item(Struct):
    """Anything that was said. A message need not say that it is one, hence one shape for all."""

    type: str = "message"
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: str | list[Content] | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: str | None = None
    input: str | None = None
    output: str | list[Piece] | None = None
    summary: list[SummaryText] | None = None
    encrypted_content: str | None = None


class InputRule(Struct):
    """What a tool that takes free text takes."""

    type: Literal["text", "grammar"]
    syntax: str = ""
    definition: str = ""


class Tool(Struct):
    """Any of them: a group of tools and one that OpenAI runs have members in common with others."""

    type: str
    name: Name | None = None
    parameters: Json | None = None
    strict: bool | None = None
    description: str | None = None
    cache_control: CacheControl | None = None
    format: InputRule | None = None
    tools: list[Tool] | None = None
    execution: str | None = None


class Choice(Struct):
    """One function, or some of those that there are."""

    type: Literal["function", "custom", "allowed_tools"]
    name: str | None = None
    namespace: str | None = None
    mode: Literal["auto", "required"] = "auto"
    tools: list[Json] | None = None


class Format(Struct):
    type: Literal["text", "json_object", "json_schema"]
    name: str = "answer"
    schema: Json | None = None
    strict: bool | None = None
    description: str | None = None


class TextConfig(Struct):
    format: Format | None = None


class Reasoning(Struct):
    effort: str | None = None


class Body(Struct):
    model: Name
    input: str | Annotated[list[Item], Meta(min_length=1)]
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: Tokens | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | Choice | None = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Share | None = None
    safety_identifier: str | None = None
    user: str | None = None
    previous_response_id: str | None = None
    conversation: Any = None
    prompt: Any = None
    background: bool | None = None
    top_logprobs: int | None = None


BODY = msgspec.json.Decoder(Body)
