"""What a notification is to everybody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from vectal.agents.contracts import PendingApproval

Kind: TypeAlias = Literal["approval", "question", "review", "failed"]
"""A call waits for a yes, a question for an answer, a result to be looked at; or a run failed."""
KINDS: Final[tuple[Kind, ...]] = ("approval", "question", "review", "failed")
MailState: TypeAlias = Literal["queued", "sent", "dropped", "dead"]
"""`dropped`: nobody needed it any more; `dead`: it could not be sent, and is not tried again."""
MOST_UNREAD: Final = 100
"""How far unread notifications are counted."""


@dataclass(frozen=True, slots=True)
class Told:
    """A thing that a person is told of: its kind, and which one of its run."""

    kind: Kind
    subject: str = ""
    """The approval's id, the question's call; empty where a run has one at a time."""


@dataclass(frozen=True, slots=True)
class Notification:
    id: UUID
    kind: Kind
    run_id: UUID
    title: str = field(repr=False)
    """The beginning of what was asked of the run."""
    at: datetime
    read_at: datetime | None
    settled_at: datetime | None
    """Since when it needs nobody any more."""
    mail: MailState | None
    """How far its newest mail has come; None where none was wanted."""


@dataclass(frozen=True, slots=True)
class MailHealth:
    """Whether mails are sent from here at all, and how many of the person's could not be."""

    sender: str | None
    dead: int = 0


@dataclass(frozen=True, slots=True)
class MailSettings:
    health: MailHealth
    wanted: Mapping[Kind, bool]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that this process may send until its lease is over; `attempts` fences its writes."""

    id: UUID
    workspace_id: UUID
    owner_id: UUID
    notification_id: UUID
    attempts: int

    @property
    def user_id(self) -> UUID:
        """So that it can stand for its owner's scope."""
        return self.owner_id


@dataclass(frozen=True, slots=True)
class LinkedApproval:
    """What the page of a link shows: the call, exactly as it will be made."""

    approval: PendingApproval
    goal: str = field(repr=False)
    run_id: UUID
