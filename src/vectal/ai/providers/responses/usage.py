"""The counts of `/responses`, in our own terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from vectal.ai.contracts import Charges, TokenUsage
from vectal.ai.providers.untrusted import as_count, as_object

_USES: Final = (
    b'"web_search_call"',
    b'"file_search_call"',
    b'"code_interpreter_call"',
    b'"shell_call"',
)
_PREVIEW: Final = b'"web_search_preview'
_HOSTED: Final = b'"container_'


class _Item(Struct):
    type: str | None = None


_ITEM: Final = msgspec.json.Decoder(_Item)
_ITEMS: Final = msgspec.json.Decoder(list[_Item])


def read_response_usage(usage: dict[str, Any]) -> TokenUsage | None:
    """Counts of a usage object; None when it holds none at all."""
    if "input_tokens" not in usage and "output_tokens" not in usage:
        return None
    taken = as_object(usage.get("input_tokens_details"))
    given = as_object(usage.get("output_tokens_details"))
    return TokenUsage(
        input_tokens=as_count(usage.get("input_tokens")),
        output_tokens=as_count(usage.get("output_tokens")),
        cache_read_tokens=as_count(taken.get("cached_tokens")),
        cache_write_tokens=as_count(taken.get("cache_write_tokens")),
        reasoning_tokens=as_count(given.get("reasoning_tokens")),
    )


def with_charges(usage: TokenUsage | None, output: Raw, tools: Raw) -> TokenUsage | None:
    """The counts with what is charged by the piece: calls of tools that the vendor ran.

    `output` and `tools` are those of the response, which repeats the tools that were asked for.
    """
    said = bytes(output)
    if usage is None or not any(kind in said for kind in _USES):
        return usage
    try:
        kinds = [item.type or "" for item in _ITEMS.decode(said)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return usage
    return replace(usage, charges=charges_of(kinds, bytes(tools)))


def kind_of(item: Raw) -> str:
    """What an item of an answer is; empty where it is none."""
    try:
        return _ITEM.decode(item).type or ""
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""


def charges_of(kinds: Sequence[str], tools: bytes) -> Charges | None:
    """What items of these kinds cost beside their tokens; None where that is nothing."""
    searches, is_preview = kinds.count("web_search_call"), _PREVIEW in tools
    # A shell of the client's own is called by the same name.
    ran = "code_interpreter_call" in kinds or ("shell_call" in kinds and _HOSTED in tools)
    charges = Charges(
        searches=0 if is_preview else searches,
        previews=searches if is_preview else 0,
        files=kinds.count("file_search_call"),
        containers=int(ran),
    )
    return None if charges == Charges() else charges
