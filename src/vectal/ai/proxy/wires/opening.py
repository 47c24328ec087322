"""How a conversation begins: the same in each of its turns, and another for each conversation."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from vectal.ai.providers.untrusted import as_list, as_object

_MAX_CHARS: Final = 8_000
_MAX_BYTES: Final = 1_000
_SILENT: Final = Raw()


class _Outline(Struct):
    prompt_cache_key: Any = None
    messages: Raw = _SILENT
    input: Raw = _SILENT


class _Said(Struct):
    role: Any = None
    content: Any = None


_OUTLINE: Final = msgspec.json.Decoder(_Outline)
_ITEMS: Final = msgspec.json.Decoder(list[Raw] | str)
_SAID: Final = msgspec.json.Decoder(_Said)


def opening_of(body: bytes) -> str:
    """A short name for the conversation in a body of any wire.

    It is the client's `prompt_cache_key`, where there is one, else what the user said first. What
    the system says is left out: many conversations share it, and some clients write the time in it;
    so are marks for a cache, which move from turn to turn.
    """
    try:
        words = _words(_OUTLINE.decode(body))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        words = b""  # whoever reads it says what is wrong
    return hashlib.blake2b(words or body[:_MAX_BYTES], digest_size=12).hexdigest()


def _words(outline: _Outline) -> bytes:
    if isinstance(outline.prompt_cache_key, str) and outline.prompt_cache_key:
        return _encoded(outline.prompt_cache_key)
    told = outline.messages if bytes(outline.messages) else outline.input
    items = _ITEMS.decode(told)
    if isinstance(items, str):
        return _encoded(items)
    for item in items:
        said = _SAID.decode(item)
        if said.role == "user":
            # Pictures alone are their own beginning.
            return _encoded(_text(said.content)) or bytes(item)[:_MAX_BYTES]
    return b""


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    texts = (as_object(block).get("text") for block in as_list(content) or ())
    return "\0".join(text for text in texts if isinstance(text, str))


def _encoded(text: str) -> bytes:
    return text[:_MAX_CHARS].encode("utf-8", "surrogatepass")
