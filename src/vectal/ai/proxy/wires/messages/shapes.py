"""The body of `/v1/messages`. Members that nobody here reads are not named."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from vectal.ai.proxy.wires.reading import CacheControl, Name, Share, Tokens

Json = dict[str, Any]


class Text(Struct, tag_field="type", tag="text"):
    text: str
    cache_control: CacheControl | None = None
    citations: list[Json] | None = None


class Base64(Struct, tag_field="type", tag="base64"):
    media_type: str
    data: str


class Url(Struct, tag_field="type", tag="url"):
    url: str


class PlainText(Struct, tag_field="type", tag="text"):
    data: str
    media_type: Literal["text/plain"] = "text/plain"


class Chunks(Struct, tag_field="type", tag="content"):
    content: str | list[Text]


class Image(Struct, tag_field="type", tag="image"):
    source: Base64 | Url
    cache_control: CacheControl | None = None


class CitationsConfig(Struct):
    enabled: bool = False


class Document(Struct, tag_field="type", tag="document"):
    source: Base64 | Url | PlainText | Chunks
    title: str | None = None
    context: str | None = None
    citations: CitationsConfig | None = None
    cache_control: CacheControl | None = None


class SearchResult(Struct, tag_field="type", tag="search_result"):
    source: str
    title: str
    content: list[Text]
    citations: CitationsConfig | None = None
    cache_control: CacheControl | None = None


class ToolUse(Struct, tag_field="type", tag="tool_use"):
    id: str
    name: str
    input: msgspec.Raw
    cache_control: CacheControl | None = None


class ToolResult(Struct, tag_field="type", tag="tool_result"):
    tool_use_id: str
    content: str | list[Text | Image | Document | SearchResult] | None = None
    is_error: bool | None = None
    cache_control: CacheControl | None = None


class Thinking(Struct, tag_field="type", tag="thinking"):
    thinking: str
    signature: str = ""


class Redacted(Struct, tag_field="type", tag="redacted_thinking"):
    data: str


class User(Struct, tag_field="role", tag="user"):
    content: str | list[Text | Image | Document | SearchResult | ToolResult]


class Assistant(Struct, tag_field="role", tag="assistant"):
    content: str | list[Text | Thinking | Redacted | ToolUse]


class System(Struct, tag_field="role", tag="system"):
    content: str | list[Text]


Message: TypeAlias = User | Assistant | System


class Tool(Struct):
    """One of the client's, or one that Anthropic runs, which has a dated `type` and no schema."""

    name: Name
    input_schema: Json | None = None
    description: str | None = None
    type: str | None = None
    strict: bool | None = None
    cache_control: CacheControl | None = None


class AutoChoice(Struct, tag_field="type", tag="auto"):
    disable_parallel_tool_use: bool | None = None


class AnyChoice(Struct, tag_field="type", tag="any"):
    disable_parallel_tool_use: bool | None = None


class ToolChoice(Struct, tag_field="type", tag="tool"):
    name: str
    disable_parallel_tool_use: bool | None = None


class NoChoice(Struct, tag_field="type", tag="none"):
    pass


class Enabled(Struct, tag_field="type", tag="enabled"):
    budget_tokens: Annotated[int, Meta(ge=1_024, le=2**31 - 1)]


class Adaptive(Struct, tag_field="type", tag="adaptive"):
    pass


class Disabled(Struct, tag_field="type", tag="disabled"):
    pass


class BetweenTools(Struct, tag_field="type", tag="between_tools"):
    pass


class JsonFormat(Struct, tag_field="type", tag="json_schema"):
    schema: Json


class OutputConfig(Struct):
    effort: str | None = None
    format: JsonFormat | None = None


class Metadata(Struct):
    user_id: str | None = None


class Body(Struct):
    model: Name
    max_tokens: Tokens
    messages: Annotated[list[Message], Meta(min_length=1)]
    stream: bool | None = None
    system: str | list[Text] | None = None
    tools: list[Tool] | None = None
    tool_choice: AutoChoice | AnyChoice | ToolChoice | NoChoice | None = None
    thinking: Enabled | Adaptive | Disabled | BetweenTools | None = None
    output_config: OutputConfig | None = None
    stop_sequences: list[str] | None = None
    temperature: Share | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    metadata: Metadata | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    cache_control: CacheControl | None = None
    container: Any = None
    mcp_servers: list[Any] | None = None
    inference_geo: str | None = None


BODY = msgspec.json.Decoder(Body)
