"""An answer on its way, asked for piece by piece.

A plain await for each piece: generators in generators cost more than what passes through them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)


class Pieces(Protocol[Item_co]):
    """Asked for to the end, or closed."""

    async def receive(self) -> Item_co | None:
        """The next piece; None at the end. Raises ProviderFault."""
        ...

    async def close(self) -> None:
        """Let go of it, wherever it stands; more than once does no harm."""
        ...


class Generated(Generic[Item]):
    """The pieces of a generator."""

    __slots__ = ("_items",)

    def __init__(self, items: AsyncGenerator[Item]) -> None:
        self._items = items

    async def receive(self) -> Item | None:
        return await anext(self._items, None)

    async def close(self) -> None:
        await self._items.aclose()


async def generate(pieces: Pieces[Item]) -> AsyncGenerator[Item]:
    """The pieces as a generator, closed with it."""
    try:
        while (item := await pieces.receive()) is not None:
            yield item
    finally:
        await pieces.close()


class Ahead(Generic[Item]):
    """Pieces of which the first was asked for before."""

    __slots__ = ("_first", "_rest")

    def __init__(self, first: Item, rest: Pieces[Item]) -> None:
        self._first: Item | None = first
        self._rest = rest

    async def receive(self) -> Item | None:
        first = self._first
        if first is None:
            return await self._rest.receive()
        self._first = None
        return first

    async def close(self) -> None:
        await self._rest.close()
