"""Whether a request has gone out, for whoever is cancelled while it is on its way.

Who leaves while a connection is still being made has asked nobody, and owes nobody.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Final, Self


class Sending:
    """The requests of a block. Without a word of the client they are taken to have gone out."""

    __slots__ = ("_is_out", "_token")

    def __init__(self) -> None:
        self._is_out: bool | None = None
        self._token: Token[Sending | None] | None = None

    @property
    def may_be_out(self) -> bool:
        """Whether any of them may have reached its server."""
        return self._is_out is not False

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        if self._token is not None:
            _current.reset(self._token)

    def note_waiting(self) -> None:
        """One of them waits for a connection."""
        if self._is_out is None:
            self._is_out = False

    def note_out(self) -> None:
        """One of them is on the wire."""
        self._is_out = True


_current: Final[ContextVar[Sending | None]] = ContextVar("vectal_sending", default=None)


def current_sending() -> Sending | None:
    """That of the block; None where nobody asks."""
    return _current.get()
