"""What this module needs from others."""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.db import DataScope


class People(Protocol):
    """Knows the members of a workspace; `accounts` does."""

    async def find_names(self, scope: DataScope, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Display names of those that are members here; the others are left out."""
        ...


class Answers(Protocol):
    """Takes answers to what runs have asked; `agents` does.

    It joins the caller's transaction, and writes the answer down as a comment in it.
    """

    async def answer(self, principal: Principal, run_id: UUID, call_id: str, text: str) -> None:
        """Raises where the run is another person's, or waits for no answer to this question."""
        ...

    async def hear(self, principal: Principal, task_id: UUID, text: str) -> None:
        """Tell the person's own runs that are at work on the task; nothing where there are none."""
        ...
