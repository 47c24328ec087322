"""What realtime asks of the modules that have something to tell, and offers to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias, TypeVar

from vectal.platform.db import DataScope
from vectal.platform.events import EventRecord
from vectal.realtime.contracts import Notice, Stream

S = TypeVar("S", bound=DataScope)
S_contra = TypeVar("S_contra", bound=DataScope, contravariant=True)


class Channel(Protocol[S_contra]):
    """One kind of channel, `<kind>` or `<kind>:<argument>` by name."""

    async def open(self, subscriber: S_contra, argument: str, after: str | None) -> Stream:
        """Judge whether `subscriber` may listen, and begin right after `after`.

        Raises `AppError` for what does not exist or may not be heard.
        """
        ...


class Mail(Protocol):
    """What a listener has not read yet; see `hub.Mailbox`."""

    async def wait(self, timeout_s: float) -> bool: ...
    def take(self) -> tuple[list[Notice], bool]: ...


class Herald(Protocol):
    """Tells listeners of this process, and the other processes that there is news."""

    def publish(self, topic: str, notice: Notice) -> None: ...
    def listen(self, topics: Sequence[str]) -> AbstractContextManager[Mail]: ...

    @property
    def poll_s(self) -> float:
        """How long a listener may sleep before it looks for news by itself."""
        ...


Shown: TypeAlias = tuple[str, Mapping[str, Any]]
"""The name of an update and its data."""

Projection: TypeAlias = Callable[[EventRecord], Awaitable[Shown | None]]
"""Makes of a stored event what listeners are shown; None shows nothing."""

RevocationCheck: TypeAlias = Callable[[Sequence[S]], Awaitable[Collection[S]]]
"""Of these subscribers, the ones whose credential no longer counts; one query for all."""
