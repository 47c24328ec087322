"""Vectors in this process alone: exact, for tests and small trials. Gone when it ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final, Protocol
from uuid import UUID

from vectal.documents.index import (
    VectorEntry,
    VectorHit,
    VectorPage,
    VectorPlace,
    VectorSpace,
)
from vectal.platform.db import DataScope

_FIRST: Final = "0" * 32


class MemoryIndex:
    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, VectorSpace, UUID], VectorEntry] = {}

    async def upsert(
        self, scope: DataScope, space: VectorSpace, entries: Sequence[VectorEntry]
    ) -> None:
        space.check([each.vector for each in entries])
        for each in entries:
            self._kept[scope.workspace_id, space, each.chunk_id] = each

    async def query(
        self,
        scope: DataScope,
        space: VectorSpace,
        vector: Sequence[float],
        *,
        limit: int,
        file_ids: Collection[UUID] | None = None,
    ) -> list[VectorHit]:
        space.check([vector])
        hits = [
            VectorHit(kept.chunk_id, _dot(vector, kept.vector))
            for (workspace_id, its_space, _), kept in self._kept.items()
            if workspace_id == scope.workspace_id
            and its_space == space
            and not kept.is_hidden
            and kept.owner_id in {None, scope.user_id}
            and (file_ids is None or kept.file_id in file_ids)
        ]
        return sorted(hits, key=lambda hit: -hit.similarity)[:limit]

    async def revise(
        self, scope: DataScope, file_id: UUID, *, owner_id: UUID | None, is_hidden: bool
    ) -> None:
        for key, kept in self._kept.items():
            if key[0] == scope.workspace_id and kept.file_id == file_id:
                self._kept[key] = replace(kept, owner_id=owner_id, is_hidden=is_hidden)

    async def delete_documents(self, scope: DataScope, document_ids: Collection[UUID]) -> None:
        self._keep(
            lambda workspace_id, _, entry: (
                workspace_id != scope.workspace_id or entry.document_id not in document_ids
            )
        )

    async def delete_files(self, scope: DataScope, file_ids: Collection[UUID]) -> None:
        self._keep(
            lambda workspace_id, _, entry: (
                workspace_id != scope.workspace_id or entry.file_id not in file_ids
            )
        )

    async def delete_other_models(self, scope: DataScope, document_id: UUID, model_id: str) -> None:
        self._keep(
            lambda workspace_id, space, entry: (
                workspace_id != scope.workspace_id
                or entry.document_id != document_id
                or space.model_id == model_id
            )
        )

    async def drop_workspace(self, workspace_id: UUID) -> None:
        self._keep(lambda each, _space, _entry: each != workspace_id)

    async def fetch(
        self,
        scope: DataScope,
        space: VectorSpace,
        document_id: UUID,
        chunk_ids: Collection[UUID],
    ) -> list[VectorEntry]:
        keys = [(scope.workspace_id, space, chunk_id) for chunk_id in chunk_ids]
        found = [self._kept[key] for key in keys if key in self._kept]
        return [kept for kept in found if kept.document_id == document_id]

    async def scan(
        self, workspace_id: UUID, space: VectorSpace, *, cursor: str | None = None, limit: int = 100
    ) -> VectorPage:
        after = UUID(cursor or _FIRST)
        places = sorted(
            (
                VectorPlace(kept.chunk_id, kept.document_id)
                for (its_workspace, its_space, chunk_id), kept in self._kept.items()
                if (its_workspace, its_space) == (workspace_id, space) and chunk_id > after
            ),
            key=lambda place: place.chunk_id,
        )[:limit]
        return VectorPage(places, str(places[-1].chunk_id) if len(places) == limit else None)

    def _keep(self, wanted: _Condition) -> None:
        self._kept = {key: kept for key, kept in self._kept.items() if wanted(key[0], key[1], kept)}


class _Condition(Protocol):
    def __call__(self, workspace_id: UUID, space: VectorSpace, entry: VectorEntry, /) -> bool: ...


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
