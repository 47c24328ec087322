"""What of a body costs more than its bytes tell: pictures, documents, tools that a vendor runs.

A picture may be an address, a document of a hundred pages an id; a search brings in what it found.
It is looked for in the bytes, since bodies are not decoded on their way to a vendor of their wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

_PART: Final = re.compile(
    rb'"type"[ \t\r\n]*:[ \t\r\n]*"(?:(image|image_url|input_image)'
    rb'|document|file|input_file|container_upload)"'
)
_RUN_THERE: Final = re.compile(
    rb'"type"[ \t\r\n]*:[ \t\r\n]*"(?:web_search|web_fetch|code_execution|mcp|tool_search'
    rb"|file_search|code_interpreter|image_generation|advisor)"
)
_ESCAPED: Final = re.compile(rb"\\u00[4-7]")
"""A letter that needs none: it hides a word from whoever looks at bytes."""
_LONGEST_ESCAPED: Final = 256 << 10
_LIST: Final = b"["


class Attached(NamedTuple):
    """`documents` are there, or come: how much they are is for the vendor to say."""

    pictures: int = 0
    documents: bool = False


NOTHING: Final = Attached()


def may_have_parts(conversation: bytes) -> bool:
    """Whether there may be pictures or documents in a list of messages; in a hurry.

    They stand in lists of parts, and most conversations have no list in them.
    """
    if conversation.find(_LIST, 1) < 0:
        return False
    if _PART.search(conversation) is not None:
        return True
    return b"\\" in conversation and _ESCAPED.search(conversation) is not None


def find_attached(said: Iterable[bytes]) -> Attached:
    """Of the members of a body that hold its conversation, each a JSON value."""
    pictures, documents = 0, False
    for value in said:
        if value.find(_LIST, 1) < 0:
            continue
        plain = _plain(value)
        for found in _PART.finditer(value if plain is None else plain):
            if found[1]:
                pictures += 1
            else:
                documents = True
        documents = documents or plain is None
    return Attached(pictures, documents)


def runs_there(tools: Iterable[bytes]) -> bool:
    """Whether there are tools that the vendor runs by itself, each a JSON value."""
    plain = map(_plain, tools)
    return any(tool is None or _RUN_THERE.search(tool) is not None for tool in plain)


def _plain(value: bytes) -> bytes | None:
    """The value without escapes that it does not need; None where they are not worth the work."""
    if b"\\" not in value or _ESCAPED.search(value) is None:
        return value
    if len(value) > _LONGEST_ESCAPED:
        return None
    try:
        return msgspec.json.encode(msgspec.json.decode(value))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
