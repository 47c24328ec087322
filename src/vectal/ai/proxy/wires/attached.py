"""What of a conversation costs more than its bytes tell: pictures, documents, sounds.

A picture may be an address, a document of a hundred pages an id. It is looked for in the bytes,
since bodies are not decoded on their way to a vendor of their wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

_TYPED: Final = (
    rb'"type"[ \t\r\n]*:[ \t\r\n]*"(?:(image|image_url|input_image)'
    rb"|(input_audio|audio_url|video_url|input_video)"
    rb'|document|file|input_file|container_upload)"'
)
_PART: Final = re.compile(_TYPED)
_KEPT: Final = rb'"ttl"[ \t\r\n]*:[ \t\r\n]*"12?h"'
_OUT_OF_THE_ORDINARY: Final = re.compile(_TYPED + b"|" + _KEPT)
_ESCAPED: Final = re.compile(rb"\\u00[4-7]")
"""A letter that needs none: it hides a word from whoever looks at bytes."""
_LONGEST_ESCAPED: Final = 256 << 10
_LIST: Final = b"["


class Attached(NamedTuple):
    """`documents` are there, or come: how much they are is for the vendor to say."""

    pictures: int = 0
    documents: bool = False
    sounds: bool = False
    """Sounds or films, of which the same is true; some vendors have prices for them alone."""


NOTHING: Final = Attached()


def is_ordinary(conversation: bytes) -> bool:
    """Whether the bytes of a list of messages tell what it costs; in a hurry.

    What they don't tell stands in lists of parts, and most conversations have no list in them.
    """
    if conversation.find(_LIST, 1) < 0:
        return True
    if _OUT_OF_THE_ORDINARY.search(conversation) is not None:
        return False
    return b"\\" not in conversation or _HIDING.search(conversation) is None


_HIDING: Final = re.compile(rb"\\u00(?:[4-6]|7[0-9a-eA-E]|3[0-9])")
"""Writers of ASCII alone write DEL so, which is in no word."""


def find_attached(said: Iterable[bytes]) -> Attached:
    """Of the members of a body that hold its conversation, each a JSON value."""
    pictures, documents, sounds = 0, False, False
    for value in said:
        if value.find(_LIST, 1) < 0:
            continue
        text = plain(value)
        for found in _PART.finditer(value if text is None else text):
            if found[1]:
                pictures += 1
            else:
                documents = True
                sounds = sounds or bool(found[2])
        documents = documents or text is None
    return Attached(pictures, documents, sounds)


def plain(value: bytes, escaped: re.Pattern[bytes] = _ESCAPED) -> bytes | None:
    """The value without escapes that it does not need; None where they are not worth the work."""
    if b"\\" not in value or escaped.search(value) is None:
        return value
    if len(value) > _LONGEST_ESCAPED:
        return None
    try:
        return msgspec.json.encode(msgspec.json.decode(value))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
