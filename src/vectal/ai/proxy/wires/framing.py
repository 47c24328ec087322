"""What stands around the conversation in a body.

A program writes it alike in call after call. A body that is known but for its conversation needs
no reading: the conversation has only to be one JSON value, and the rest is what it was.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vectal.ai.proxy.wires.attached import is_ordinary
from vectal.ai.proxy.wires.kept import look
from vectal.ai.proxy.wires.passing import Peek, find_members, peek
from vectal.ai.proxy.wires.port import BadCallError

LONGEST_BYTES: Final = 32 << 10
"""Of what stands around, tools and a prompt for the system included: more is not worth keeping."""
_VALUE: Final = msgspec.json.Decoder(msgspec.Raw)


class Frame:
    """`before` and `after` the conversation; `peek` is what they say."""

    __slots__ = ("_checks_items", "_size", "after", "before", "peek")

    def __init__(
        self, before: bytes, after: bytes, peeked: Peek, *, checks_items: bool = False
    ) -> None:
        """`checks_items` where those of a conversation may stand for what they don't hold."""
        self._checks_items = checks_items
        self.before = before
        self.after = after
        self.peek = peeked
        self._size = len(before) + len(after)

    @property
    def is_long(self) -> bool:
        return self._size > LONGEST_BYTES

    def match(self, body: bytes) -> bytes | None:
        """The conversation in a body of this frame; None for any other body.

        One that may hold pictures or documents, or that is to be kept for long, is any other:
        what it costs is found by looking at it.
        """
        if (
            not body.startswith(self.before)
            or not body.endswith(self.after)
            or len(body) <= self._size
        ):
            return None
        found = body[len(self.before) : len(body) - len(self.after)]
        if not is_ordinary(found) or (self._checks_items and not look(found).is_whole):
            return None
        try:
            if not found.isascii():
                found.decode()
            _VALUE.decode(found)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None  # whoever reads the body says what is wrong
        return found

    def fill(self, conversation: bytes) -> bytes:
        """A body of this frame."""
        return b"".join((self.before, conversation, self.after))


def frame_of(body: bytes, member: str) -> Frame | None:
    """The frame of a body whose conversation is this member; None where its bytes don't tell all.

    Raises BadCallError.
    """
    peeked = peek(body)
    if not peeked.is_measured or _leans(peeked, member):
        return None
    for name, start, end in find_members(body):
        if name == member:
            return Frame(body[:start], body[end:], peeked, checks_items=member == "input")
    raise BadCallError(f"{member}: it is required.", member)


def _leans(peeked: Peek, member: str) -> bool:
    """Whether it may have to be refused, which the long way does."""
    return peeked.kept is not None if member == "input" else peeked.threaded
