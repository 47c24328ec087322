"""What flows through channels, and how a channel is named."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that happened. `data` is a JSON object, encoded once for all who listen.

    `scope` is the token scope a listener needs to be shown it; None shows it to all.
    """

    id: str
    event: str
    data: bytes
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Resync:
    """The listener is too far behind to be caught up: it must fetch the whole again."""


@dataclass(frozen=True, slots=True)
class Nudge:
    """Something is new: read it where it is stored. Carries nothing, so it may cross Redis."""


NUDGE: Final = Nudge()
RESYNC: Final = Resync()

Notice: TypeAlias = Update | Nudge
"""What the hub hands to a mailbox."""

Delivery: TypeAlias = Update | Resync
"""What a listener gets."""


@dataclass(frozen=True, slots=True)
class Stream:
    """An open channel: it starts right after `cursor`; close `deliveries` to stop."""

    cursor: str
    deliveries: AsyncGenerator[Delivery, None]


def workspace_topic(workspace_id: UUID) -> str:
    return f"workspace:{workspace_id}"


def user_topic(workspace_id: UUID, user_id: UUID) -> str:
    """A person's private topic in one workspace."""
    return f"user:{workspace_id}:{user_id}"
