"""What chat needs of others; bootstrap says who provides it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from vectal.ai.contracts import CompletionRequest, Pinned, RespondRequest, ResponseEvent
from vectal.auth.principal import Principal
from vectal.chat.contracts import Focus
from vectal.chat.contracts_sources import Reference
from vectal.documents.contracts import DocumentPage, Passage, SearchQuery
from vectal.platform.db import DataScope


class Model(Protocol):
    """The part of `ai.service.AiService` that a turn needs."""

    async def check_caller(self, principal: Principal) -> None:
        """Raise an AppError when the principal may not have a model answer in chat."""
        ...

    def respond(
        self, principal: Principal, request: RespondRequest
    ) -> AsyncIterator[ResponseEvent]: ...

    async def complete(self, principal: Principal, request: CompletionRequest) -> str: ...


class Rights(Protocol):
    """The part of `auth.service.AuthService` that a turn needs."""

    async def still_valid(self, principals: Collection[Principal]) -> frozenset[UUID]:
        """Ids of the sessions and keys among these that have lost their right."""
        ...


class PendingChanges(Protocol):
    """Changes that a turn's tools proposed and nobody has decided on."""

    async def discard_pending(self, scope: DataScope, turn_id: UUID) -> None:
        """Withdraw them: the turn begins anew and will propose again."""
        ...


class Surroundings(Protocol):
    """What the model is told about the person and what they look at."""

    async def names_of(self, principal: Principal) -> tuple[str, str]:
        """The person's name and the workspace's."""
        ...

    async def describe(self, principal: Principal, focus: Focus) -> Sequence[Pinned]:
        """The project or task in focus; nothing for what is gone or may not be seen."""
        ...


class Knowledge(Protocol):
    """Files, documents, tasks and projects, each as far as the principal may see it."""

    async def name(
        self, principal: Principal, references: Sequence[Reference]
    ) -> tuple[Reference, ...]:
        """The references with their names; raises a 404 for what the principal can't see."""
        ...

    async def describe(
        self, principal: Principal, references: Sequence[Reference]
    ) -> Sequence[Pinned]:
        """The tasks and projects among them; nothing for what is gone."""
        ...

    async def await_reading(
        self, principal: Principal, files: Sequence[Reference]
    ) -> Sequence[Reference]:
        """Wait a while for files that are being read; returns those that can't be searched."""
        ...

    async def search(self, principal: Principal, query: SearchQuery) -> Sequence[Passage]: ...

    async def read_page(
        self, principal: Principal, file_id: UUID, page: int, version: int
    ) -> DocumentPage | None: ...

    async def find_gone(self, principal: Principal, file_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of the files that are deleted, in the trash, or not for the principal."""
        ...


@dataclass(frozen=True, slots=True)
class ChatPorts:
    """All of them."""

    model: Model
    rights: Rights
    pending: PendingChanges
    surroundings: Surroundings
    knowledge: Knowledge
