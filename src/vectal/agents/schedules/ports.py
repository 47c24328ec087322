"""What schedules and triggers need of others; bootstrap says who provides it."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from vectal.agents.schedules.contracts import EventKind, Subject
from vectal.auth.principal import Principal


class StandIns(Protocol):
    """The part of `auth.service.AuthService` that acts for who is not there."""

    async def stand_in(self, made: Principal) -> Principal | None:
        """`made` as far as its person and its makers still go; None when they don't."""
        ...


class Subjects(Protocol):
    """Tasks and files, as a person may see them."""

    async def find(self, principal: Principal, kind: EventKind, subject_id: UUID) -> Subject | None:
        """None when it is gone, can't be read yet, or is not for this person."""
        ...
