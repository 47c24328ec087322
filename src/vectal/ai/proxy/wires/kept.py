"""What a body of `/v1/responses` leans on that only its vendor has.

Answers are not kept here. One that a vendor keeps under the workspace's key could be anybody's, and
nobody can say what it costs to read it again: so requests bring all that they are about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

REFERENCE: Final = "item_reference"
WHY: Final[Mapping[str, str]] = {
    "previous_response_id": "answers are not kept here; send the whole conversation as 'input'.",
    "conversation": "answers are not kept here; send the whole conversation as 'input'.",
    "prompt": "no prompts are stored here; send 'instructions' and 'input'.",
    "background": "answers come while the client waits; send false.",
    "input": "items are not kept here, so none can be referred to; send the item itself.",
}
"""Members that are refused when they say anything, and what to send instead."""

_UNSAID: Final = frozenset((b"", b"null", b"false", b'""'))
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


class _Item(Struct):
    type: str | None = None
    encrypted_content: str | None = None

    @property
    def is_whole(self) -> bool:
        if self.type in _SEALED:
            return bool(self.encrypted_content)
        return self.type is None or self.type in _WHOLE


_ITEMS: Final = msgspec.json.Decoder(list[_Item])


def kept_member(members: Mapping[str, Raw]) -> str | None:
    """The first of these members that says something; they are keys of `WHY`."""
    return next((name for name, value in members.items() if bytes(value) not in _UNSAID), None)


def is_whole(conversation: bytes) -> bool:
    """Whether the bytes of `input`, a JSON value, hold all that it is about."""
    items = _items(conversation)
    return items is not None and all(item.is_whole for item in items)


def refers(conversation: bytes) -> bool:
    """Whether it names items that the vendor keeps."""
    if REFERENCE.encode() not in conversation and b"\\u" not in conversation:
        return False
    return any(item.type == REFERENCE for item in _items(conversation) or ())


def _items(conversation: bytes) -> list[_Item] | None:
    """None where it is none of the wire's; the vendor says so."""
    if not conversation.lstrip().startswith(_LIST):
        return []
    try:
        return _ITEMS.decode(conversation)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
