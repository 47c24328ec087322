"""How many pieces a body may have that is taken apart here.

To translate 900,000 messages of a word each takes seconds, in which nobody else on this process is
answered. So many are no conversation; what is passed on as it came is not taken apart, and may have
as many as its vendor takes.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw, Struct

from vectal.ai.proxy.wires.port import BadCallError

MAX_PIECES: Final = 20_000
"""Messages, their parts and calls, and tools, together: a tenth of a second."""
_BRACE: Final = b"{"
_DEPTH: Final = 4
"""Of lists in lists that any wire has: a message's parts, a result's, a document's."""


class _Outline(Struct):
    messages: Raw = Raw()
    input: Raw = Raw()
    system: Raw = Raw()
    tools: Raw = Raw()


class _Piece(Struct):
    """Where pieces have pieces."""

    content: Raw = Raw()
    output: Raw = Raw()
    summary: Raw = Raw()
    tool_calls: Raw = Raw()
    tools: Raw = Raw()


_OUTLINE: Final = msgspec.json.Decoder(_Outline)
_PIECE: Final = msgspec.json.Decoder(_Piece)
_LIST: Final = msgspec.json.Decoder(list[Raw])


def check_pieces(body: bytes) -> None:
    """Raises BadCallError for a body of too many pieces; what is no body, others tell.

    A body is only looked into where its braces allow that there are so many.
    """
    if body.count(_BRACE) <= MAX_PIECES:
        return
    try:
        outline = _OUTLINE.decode(body)
        found = 0
        for name in outline.__struct_fields__:
            found += _count(getattr(outline, name), MAX_PIECES - found, _DEPTH)
            if found > MAX_PIECES:
                raise BadCallError(f"{name}: {_WHY}", name)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return


_WHY: Final = (
    f"there are too many; a request that has to be translated for its model may have {MAX_PIECES:,}"
    " messages, parts and tools in all."
)


def _count(listed: Raw, room: int, depth: int) -> int:
    """Pieces of a list and of the lists in them; any number beyond `room` once it is passed."""
    text = bytes(listed)
    if not text.startswith(b"[") or not depth:
        return 0
    pieces = _LIST.decode(text)
    found = len(pieces)
    for piece in pieces:
        if found > room:
            break
        inner = bytes(piece)
        if inner.startswith(_BRACE) and inner.count(_BRACE) > 1:
            read = _PIECE.decode(inner)
            for name in read.__struct_fields__:
                found += _count(getattr(read, name), room - found, depth - 1)
    return found
