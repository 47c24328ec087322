"""How many tokens a request has, by the count of the vendor who would answer it.

Vendors count without charge. OpenAI's count is what the model will get; Anthropic's may be off by a
little (platform.claude.com, build-with-claude/token-counting). Both count what is read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec

from vectal.ai.catalog.offers import ProviderSpec
from vectal.ai.ports import CallLimits, Credentials, Egress, ModelRequest
from vectal.ai.providers.driver import written
from vectal.ai.providers.messages.request import request_body
from vectal.ai.providers.pieces import generate
from vectal.ai.providers.raw import Heard, RawCall, RawWire, forward
from vectal.ai.providers.responses.counted import counted_body

MESSAGES_PATH: Final = "/v1/messages/count_tokens"
_RESPONSES_PATH: Final = "/responses/input_tokens"
_MOST_BYTES: Final = 64 << 10
_MEMBERS: Final[Mapping[RawWire, frozenset[str]]] = {
    "messages": frozenset(
        (
            "model", "messages", "cache_control", "context_management", "mcp_servers",
            "output_config", "output_format", "system", "thinking", "tool_choice", "tools",
        )
    ),
    "responses": frozenset(
        (
            "model", "input", "instructions", "parallel_tool_calls", "reasoning", "text",
            "tool_choice", "tools", "truncation",
        )
    ),
}  # fmt: skip
"""What may be said where it is only counted; vendors refuse the rest."""


class _Count(msgspec.Struct):
    input_tokens: Annotated[int, msgspec.Meta(ge=0)]


_COUNT: Final = msgspec.json.Decoder(_Count)
_MEMBERS_OF: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class ToCount:
    """A request as it is counted. `body` names the vendor's model."""

    wire: RawWire
    path: str
    body: bytes = field(repr=False)


def counting_wire(provider: ProviderSpec) -> RawWire | None:
    """The wire on which the provider counts; None where it doesn't, or where nobody knows how."""
    if provider.kind == "anthropic":
        return "messages"
    if provider.kind == "openai" and provider.responses == "vendor":
        return "responses"
    return None


def as_it_came(wire: RawWire, body: bytes) -> ToCount | None:
    """A client's request in the vendor's own words; None when it can't be read."""
    try:
        members = _MEMBERS_OF.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    kept = {name: value for name, value in members.items() if name in _MEMBERS[wire]}
    return ToCount(wire, _path(wire), msgspec.json.encode(kept))


def translated(wire: RawWire, request: ModelRequest) -> ToCount:
    """Raises ProviderFault for what the vendor can't be told."""
    if wire == "responses":
        return ToCount(wire, _path(wire), written(counted_body(request)))
    body = request_body(request)
    kept = {name: value for name, value in body.items() if name in _MEMBERS[wire]}
    return ToCount(wire, _path(wire), written(kept))


async def ask_count(
    egress: Egress,
    provider: ProviderSpec,
    credentials: Credentials,
    wanted: ToCount,
    headers: Mapping[str, str],
    limits: CallLimits,
) -> bytes:
    """The vendor's answer, as it wrote it; read it by `read_count`. Raises ProviderFault."""
    raw = RawCall(
        wire=wanted.wire,
        body=wanted.body,
        stream=False,
        headers=headers,
        path=wanted.path,
        max_answer_bytes=_MOST_BYTES,
    )
    said = b""
    pieces = forward(egress, provider.kind, credentials, raw, limits, Heard())
    async with aclosing(generate(pieces)) as items:
        async for item in items:
            said = item if isinstance(item, bytes) else said
    return said


def read_count(said: bytes) -> int | None:
    """The number of tokens; None when that is no count."""
    try:
        return _COUNT.decode(said).input_tokens
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _path(wire: RawWire) -> str:
    return MESSAGES_PATH if wire == "messages" else _RESPONSES_PATH
