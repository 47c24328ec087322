"""A way to one server: requests go out one after another, each with its answer."""

from __future__ import annotations

from typing import Protocol

from vectal.mcp.wire.messages import Object, Reply


class Channel(Protocol):
    """Raises `ServerFailedError` for all that a server does wrong, or too late."""

    async def ask(self, message: Object) -> Reply:
        """Send a request, and wait for the answer with its id."""
        ...

    async def tell(self, message: Object) -> None:
        """Send a notification."""
        ...

    def agree_on(self, protocol: str) -> None:
        """The version that was agreed on, for the messages to come."""
        ...

    async def close(self) -> None:
        """Never raises."""
        ...
