"""What can be found, and what a search says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args
from uuid import UUID

Kind: TypeAlias = Literal["task", "event", "project", "conversation", "file", "passage"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""In the order in which they are shown."""

State: TypeAlias = Literal["searched", "not_allowed", "unavailable"]
"""`not_allowed`: the credential does not reach this kind. `unavailable`: it could not be asked, or
not in time; the others were."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a passage stands: version and page of its file, offsets in the page's text."""

    number: int
    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that holds the words. `id` is the file's for a passage.

    `message_id` names the message of a conversation; `is_closed` holds for what is over: a task
    that is done or cancelled, an archived project or conversation.
    """

    kind: Kind
    id: UUID
    title: str = field(repr=False)
    snippet: str = field(default="", repr=False)
    is_closed: bool = False
    updated_at: datetime | None = None
    message_id: UUID | None = None
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    """What was found of one kind, the best first. `next_cursor` asks this kind for more."""

    kind: Kind
    state: State
    hits: tuple[Hit, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """`limit` counts for each kind; a `cursor` goes with exactly one kind."""

    text: str = field(repr=False)
    kinds: tuple[Kind, ...] = KINDS
    limit: int = 6
    cursor: str | None = None
