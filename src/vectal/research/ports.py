"""What research needs of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.db import WriteSession
from vectal.platform.errors import AppError


class PageUnreadableError(AppError):
    """A page of which no text could be had; the detail says why."""

    code = "research.page_unreadable"
    status = 422
    title = "The page can't be read"


@dataclass(frozen=True, slots=True)
class PageWords:
    """The text of a page. Characters that readers do not see are named in it, not hidden."""

    title: str
    text: str
    has_hidden_text: bool = False


class PageReader(Protocol):
    """Takes the text out of what a stranger sent, behind locks."""

    async def read(self, name: str, content: bytes) -> PageWords:
        """`name` is a hint, such as `page.html`. Raises `PageUnreadableError`."""
        ...


class Rights(Protocol):
    """Whether a caller may still do what she could when she asked."""

    async def still_valid(self, principals: Collection[Principal]) -> frozenset[UUID]:
        """Ids of the sessions and keys among these that have lost their right."""
        ...


Enqueue: TypeAlias = Callable[[WriteSession, UUID, UUID], Awaitable[None]]
"""Queues the work on a research, by its person and its id, in the session's transaction."""
