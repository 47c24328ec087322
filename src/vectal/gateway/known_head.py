"""Heads that came before: a program sends the same one with each of its requests.

Nothing is parsed twice: what is the same to the byte says the same.
"""

from __future__ import annotations

import re
from typing import Any, Final, Self

from vectal.gateway.direct import Asker

_LENGTH: Final = re.compile(rb"\r\n(?i:content-length): ?(?=[0-9])")
_END: Final = b"\r\n\r\n"
_DIGITS: Final = 12
"""Of a length, at most, and the line's end."""
_LONGEST_BYTES: Final = 8 << 10


class KnownHead:
    """A head that was understood, but for the length of the body that follows it."""

    __slots__ = ("_after", "_before", "asker", "scope")

    def __init__(self, before: bytes, after: bytes, asker: Asker, scope: dict[str, Any]) -> None:
        self._before = before
        self._after = after
        self.asker = asker
        # The application writes into the one that it is given.
        self.scope = {**scope, "headers": list(scope["headers"])}
        """Of the request that it was learnt from."""

    @classmethod
    def learn(cls, data: bytes, asker: Asker, scope: dict[str, Any]) -> Self | None:
        """From `data`, which began with the head of a request by `asker`; None where it can't be.

        It can't where there is more or less in it than the request.
        """
        end = data.find(_END, 0, _LONGEST_BYTES)
        lengths = list(_LENGTH.finditer(data, 0, end + 2))
        if end < 0 or len(lengths) != 1:
            return None
        start = lengths[0].end()
        stop = data.find(b"\r\n", start)
        known = cls(data[:start], data[stop : end + len(_END)], asker, scope)
        return None if known.body_of(data) is None else known

    def body_of(self, data: bytes) -> bytes | None:
        """The body, when `data` is a whole request with this head and nothing else."""
        if not data.startswith(self._before):
            return None
        start = len(self._before)
        stop = data.find(b"\r\n", start, start + _DIGITS)
        digits = data[start:stop]
        if stop < 0 or not digits.isdigit() or not data.startswith(self._after, stop):
            return None
        body = data[stop + len(self._after) :]
        return body if len(body) == int(digits) else None

    def scope_for(self, size: int) -> dict[str, Any]:
        """What the application is told of a request with this head and so many bytes."""
        length = b"content-length", b"%d" % size
        headers = [length if pair[0] == length[0] else pair for pair in self.scope["headers"]]
        return {**self.scope, "headers": headers}
