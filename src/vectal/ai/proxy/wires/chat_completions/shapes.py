"""The body of `/chat/completions`. Members that nobody here reads are not named."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from vectal.ai.contracts import ImageDetail
from vectal.ai.proxy.wires.reading import (
    Breakpoint,
    CacheControl,
    Name,
    Penalty,
    Seed,
    Share,
    Tokens,
)

Json = dict[str, Any]


class Text(Struct, tag_field="type", tag="text"):
    text: str
    prompt_cache_breakpoint: Breakpoint | None = None
    cache_control: CacheControl | None = None


class Refusal(Struct, tag_field="type", tag="refusal"):
    refusal: str


class ImageUrl(Struct):
    url: str
    detail: ImageDetail | None = None


class Image(Struct, tag_field="type", tag="image_url"):
    image_url: ImageUrl
    prompt_cache_breakpoint: Breakpoint | None = None
    cache_control: CacheControl | None = None


class Attachment(Struct):
    file_data: str | None = None
    filename: str | None = None


class File(Struct, tag_field="type", tag="file"):
    file: Attachment
    prompt_cache_breakpoint: Breakpoint | None = None
    cache_control: CacheControl | None = None


class CalledFunction(Struct):
    name: str
    arguments: str = "{}"


class Call(Struct, tag_field="type", tag="function"):
    id: str
    function: CalledFunction


class System(Struct, tag_field="role", tag="system"):
    content: str | list[Text]
    cache_control: CacheControl | None = None


class Developer(Struct, tag_field="role", tag="developer"):
    content: str | list[Text]
    cache_control: CacheControl | None = None


class User(Struct, tag_field="role", tag="user"):
    content: str | list[Text | Image | File]
    cache_control: CacheControl | None = None


class Assistant(Struct, tag_field="role", tag="assistant"):
    content: str | list[Text | Refusal] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[Call] | None = None
    function_call: Json | None = None
    cache_control: CacheControl | None = None


class Result(Struct, tag_field="role", tag="tool"):
    content: str | list[Text]
    tool_call_id: str
    cache_control: CacheControl | None = None


Message: TypeAlias = System | Developer | User | Assistant | Result


class Function(Struct):
    name: Name
    description: str | None = None
    parameters: Json | None = None
    strict: bool | None = None
    cache_control: CacheControl | None = None


class Tool(Struct, tag_field="type", tag="function"):
    function: Function
    cache_control: CacheControl | None = None


class Named(Struct):
    name: str


class Allowed(Struct):
    mode: Literal["auto", "required"]
    tools: list[Json]


class Choice(Struct):
    """One function, or some of those that there are."""

    type: Literal["function", "allowed_tools"]
    function: Named | None = None
    allowed_tools: Allowed | None = None


class Schema(Struct):
    name: str
    schema: Json | None = None
    strict: bool | None = None
    description: str | None = None


class Format(Struct):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: Schema | None = None


class StreamOptions(Struct):
    include_usage: bool | None = None


class Body(Struct):
    model: Name
    messages: Annotated[list[Message], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_completion_tokens: Tokens | None = None
    max_tokens: Tokens | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | Choice | None = None
    parallel_tool_calls: bool | None = None
    response_format: Format | None = None
    reasoning_effort: str | None = None
    stop: str | list[str] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    seed: Seed | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    safety_identifier: str | None = None
    user: str | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    functions: list[Any] | None = None
    function_call: Any = None
    modalities: list[str] | None = None
    audio: Any = None
    web_search_options: Any = None
    cache_control: CacheControl | None = None


BODY = msgspec.json.Decoder(Body)
