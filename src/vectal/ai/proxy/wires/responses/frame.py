"""The response object around an answer: what was asked, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from vectal.ai.contracts import TokenUsage
from vectal.ai.proxy.wires.port import AnswerHead

Json = dict[str, Any]

_NULL: Final = Raw(b"null")


class _Asked(Struct):
    """Members of the request that its answer repeats, as they were written."""

    instructions: Raw = _NULL
    max_output_tokens: Raw = _NULL
    metadata: Raw = _NULL
    parallel_tool_calls: Raw = _NULL
    reasoning: Raw = _NULL
    temperature: Raw = _NULL
    text: Raw = _NULL
    tool_choice: Raw = _NULL
    tools: Raw = _NULL
    top_p: Raw = _NULL
    truncation: Raw = _NULL
    user: Raw = _NULL


_ASKED: Final = msgspec.json.Decoder(_Asked)
# What the vendor answers where a client said nothing, or null.
_UNSAID: Final[Json] = {
    "metadata": {},
    "parallel_tool_calls": True,
    "reasoning": {"effort": None, "summary": None},
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "truncation": "disabled",
}


class ResponseFrame:
    """The same members in every event that carries a response."""

    def __init__(self, head: AnswerHead, body: bytes) -> None:
        asked = _read(body)
        said = {name: getattr(asked, name) for name in _Asked.__struct_fields__}
        self._members: Json = {
            "id": f"resp_{head.id}",
            "object": "response",
            "created_at": head.created,
            "model": head.model,
            "background": False,
            "previous_response_id": None,
            "store": False,
            **{name: _UNSAID.get(name) if raw == _NULL else raw for name, raw in said.items()},
        }

    def filled(
        self,
        status: str,
        output: Sequence[Json] = (),
        usage: TokenUsage | None = None,
        *,
        incomplete: str | None = None,
        error: Json | None = None,
    ) -> Json:
        return {
            **self._members,
            "status": status,
            "output": list(output),
            "usage": _usage(usage) if usage is not None else None,
            "incomplete_details": {"reason": incomplete} if incomplete is not None else None,
            "error": error,
        }


def _read(body: bytes) -> _Asked:
    try:
        return _ASKED.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return _Asked()  # it was read before; from further down the stack it may be too deep


def _usage(usage: TokenUsage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
