"""What a body of `/v1/responses` or `/v1/messages` leans on that only its vendor has.

Answers are not kept here. One that a vendor keeps under the workspace's key could be anybody's, and
nobody can say what it costs to read it again: so requests bring all that they are about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw, Struct

REFERENCE: Final = "item_reference"
WHY: Final[Mapping[str, str]] = {
    "previous_response_id": "answers are not kept here; send the whole conversation as 'input'.",
    "conversation": "answers are not kept here; send the whole conversation as 'input'.",
    "prompt": "no prompts are stored here; send 'instructions' and 'input'.",
    "background": "answers come while the client waits; send false.",
    "input": "items are not kept here, so none can be referred to; send each item as an object.",
}
"""Members that are refused when they say anything, and what to send instead."""
THREAD: Final = "thread"
NO_THREADS: Final = "conversations are not kept here; send the whole of it as 'messages'."
"""Of messages alone: elsewhere, nothing is known of a member of that name."""

_UNSAID: Final = frozenset((b"", b"null", b"false", b'""'))
_NO_CONTENT: Final = frozenset((b"", b"null"))
_LONGEST_NO_CONTENT: Final = max(map(len, _NO_CONTENT))
_WHOLE: Final = frozenset(
    {
        "message", "function_call", "function_call_output", "custom_tool_call",
        "custom_tool_call_output", "local_shell_call", "local_shell_call_output", "shell_call",
        "shell_call_output", "apply_patch_call", "apply_patch_call_output", "mcp_list_tools",
        "mcp_approval_request", "mcp_approval_response", "mcp_call",
    }
)  # fmt: skip
"""Items that hold all of themselves. Others may be names of what the vendor keeps."""
_SEALED: Final = frozenset(("reasoning", "compaction"))
"""Items that do so when they have been sealed."""
_LIST: Final = b"["


class Leaning(NamedTuple):
    """What the bytes of `input` hold."""

    is_whole: bool = True
    """All that it is about."""
    refers: bool = False
    """Names of items that the vendor keeps."""


class _Item(Struct, gc=False):
    type: str | None = None
    encrypted_content: Any = None
    content: Raw = Raw()


_ITEMS: Final = msgspec.json.Decoder(list[_Item])


def kept_member(members: Mapping[str, Raw]) -> str | None:
    """The first of these members that says something."""
    return next((name for name, value in members.items() if bytes(value) not in _UNSAID), None)


def look(conversation: bytes) -> Leaning:
    """`conversation` is a JSON value."""
    if not conversation.lstrip().startswith(_LIST):
        return Leaning()
    try:
        return _look_at(_ITEMS.decode(conversation))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # Nobody here can tell, and a vendor might read what is beside the item that is none.
        return Leaning(is_whole=False, refers=True)


def _look_at(items: list[_Item]) -> Leaning:
    """There may be half a million of them."""
    is_whole = True
    for item in items:
        kind = item.type
        if kind is None:
            # A message, or an id alone, which means the item of that id.
            if len(item.content) <= _LONGEST_NO_CONTENT and bytes(item.content) in _NO_CONTENT:
                return Leaning(is_whole=False, refers=True)
        elif kind == REFERENCE:
            return Leaning(is_whole=False, refers=True)
        elif kind not in _WHOLE and not (kind in _SEALED and _is_sealed(item)):
            is_whole = False
    return Leaning(is_whole)


def _is_sealed(item: _Item) -> bool:
    return isinstance(item.encrypted_content, str) and bool(item.encrypted_content)
