"""Vectors of all workspaces, moved from one store to another while both are asked.

What there is to move is told by the documents' own rows: a store is an index and knows nothing
that they don't. What the target has already is left alone, so a migration that was cut off goes on
where it was, and one that is run again does what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from vectal.documents.embedding.ports import Embedder
from vectal.documents.index import MOST_FETCHED, VectorEntry, VectorIndex, VectorSpace
from vectal.documents.repository import chunks, documents
from vectal.documents.repository.chunks import WaitingChunk
from vectal.documents.repository.documents import IndexedDocument
from vectal.documents.service.settling import NOBODY
from vectal.platform.db import Database, Scope

_DOCUMENTS_AT_ONCE: Final = 100
_SCANNED_AT_ONCE: Final = 100
_SAMPLES: Final = 5
"""Questions for each model of a workspace, asked of both stores."""
_ASKED: Final = 10
_AGREES: Final = 0.9
"""Of a question's answers: both stores look for the nearest approximately."""
_CLOSE: Final = 0.01
"""Of two cosines: stores keep numbers of 16 or 32 bits."""
_FOUND_ITSELF: Final = 0.99
_PASSES: Final = 3


@dataclass(slots=True)
class Progress:
    """Counts of vectors, and of documents that were looked at. `missing` could not be had."""

    documents: int = 0
    copied: int = 0
    kept: int = 0
    embedded: int = 0
    missing: int = 0
    pruned: int = 0
    """Documents of the target that are no more."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one model in one workspace: what should be there, what is, and how questions went."""

    workspace_id: UUID
    model_id: str
    expected: int
    found: int
    asked: int = 0
    agreed: int = 0

    @property
    def is_good(self) -> bool:
        return self.expected == self.found and self.asked == self.agreed


@dataclass(frozen=True, slots=True)
class MigrationReport:
    progress: Progress
    verdicts: Sequence[Verdict]

    @property
    def is_good(self) -> bool:
        return not self.progress.missing and all(each.is_good for each in self.verdicts)


Tell = Callable[[Progress], None]


@dataclass(slots=True)
class Migration:
    """`embedders` make what the source does not have; without one of its model it is missing."""

    database: Database
    source: VectorIndex
    target: VectorIndex
    embedders: Sequence[Embedder] = ()
    tell: Tell = lambda _: None
    workspace_id: UUID | None = None
    """Only this one; None is all."""
    _progress: Progress = field(default_factory=Progress, init=False)

    async def run(self) -> MigrationReport:
        """Copy, prune and compare. Raises what the two stores and the embedders raise.

        While documents come and go, counts may differ for a moment: then it is done once more.
        """
        verdicts: list[Verdict] = []
        for _ in range(_PASSES):
            self._progress = Progress(pruned=self._progress.pruned)
            workspaces = await self._copy_all()
            verdicts = [each for one in workspaces for each in await self._verify(one)]
            if not self._progress.missing and all(each.is_good for each in verdicts):
                break
        return MigrationReport(self._progress, verdicts)

    async def _copy_all(self) -> list[UUID]:
        """The workspaces that have documents."""
        workspaces: dict[UUID, None] = {}
        after: tuple[UUID, UUID] | None = None
        while True:
            async with self.database.system("documents.list_indexed") as session:
                found = await documents.list_indexed(
                    session, after, _DOCUMENTS_AT_ONCE, workspace_id=self.workspace_id
                )
            if not found:
                return list(workspaces)
            for each in found:
                workspaces[each.workspace_id] = None
                await self._copy(each)
                self._progress.documents += 1
                self.tell(self._progress)
            after = found[-1].workspace_id, found[-1].id

    async def _copy(self, document: IndexedDocument) -> None:
        scope, position = _owner_of(document), 0
        while True:
            async with self.database.read(scope) as session:
                batch = await chunks.list_from(session, scope, document.id, position, MOST_FETCHED)
            if not batch:
                return
            await self._copy_batch(scope, document, batch)
            position = batch[-1].position + 1

    async def _copy_batch(
        self, scope: Scope, document: IndexedDocument, batch: Sequence[WaitingChunk]
    ) -> None:
        space, ids = _space_of(document), [each.id for each in batch]
        there = await self.target.fetch(scope, space, document.id, ids)
        if any(_differs(each, document) for each in there):
            await self.target.revise(
                scope, document.file_id, owner_id=document.owner_id, is_hidden=document.is_hidden
            )
        have = {each.chunk_id for each in there}
        wanted = [each for each in batch if each.id not in have]
        self._progress.kept += len(batch) - len(wanted)
        if not wanted:
            return
        missing = [each.id for each in wanted]
        entries = await self.source.fetch(scope, space, document.id, missing)
        self._progress.copied += len(entries)
        brought = {each.chunk_id for each in entries}
        rest = [each for each in wanted if each.id not in brought]
        made = await self._make(scope, document, rest)
        await self.target.upsert(scope, space, [_as_of(each, document) for each in entries] + made)

    async def _make(
        self, scope: Scope, document: IndexedDocument, rest: Sequence[WaitingChunk]
    ) -> list[VectorEntry]:
        """Vectors of chunks that the source does not have, from their text."""
        here = {each.model_id: each for each in self.embedders}
        embedder = here.get(document.model_id)
        if not rest:
            return []
        if embedder is None or embedder.dimensions != document.dimensions:
            self._progress.missing += len(rest)
            return []
        vectors = await embedder.embed([each.text for each in rest], scope)
        self._progress.embedded += len(rest)
        return [
            VectorEntry(
                each.id,
                document.id,
                document.file_id,
                document.owner_id,
                vector,
                document.is_hidden,
            )
            for each, vector in zip(rest, vectors, strict=True)
        ]

    async def _verify(self, workspace_id: UUID) -> list[Verdict]:
        verdicts: list[Verdict] = []
        async with self.database.system("documents.count_indexed") as session:
            counts = await documents.count_indexed(session, workspace_id)
        for model_id, dimensions, expected in counts:
            space = VectorSpace(model_id, dimensions)
            found = await self._count(workspace_id, space)
            asked, agreed = await self._compare(workspace_id, space)
            verdicts.append(Verdict(workspace_id, model_id, expected, found, asked, agreed))
        return verdicts

    async def _count(self, workspace_id: UUID, space: VectorSpace) -> int:
        """What the target has of documents that are found; what is of none is deleted."""
        count, cursor = 0, None
        gone: set[UUID] = set()
        while True:
            page = await self.target.scan(
                workspace_id, space, cursor=cursor, limit=_SCANNED_AT_ONCE
            )
            ids = {each.document_id for each in page.places}
            async with self.database.system("documents.find_standing") as session:
                standing = await documents.find_standing(session, workspace_id, ids)
            count += sum(standing.get(each.document_id, False) for each in page.places)
            gone |= ids - standing.keys()
            cursor = page.cursor
            if cursor is None:
                break
        if gone:
            await self.target.delete_documents(Scope(workspace_id, NOBODY), gone)
            self._progress.pruned += len(gone)
        return count

    async def _compare(self, workspace_id: UUID, space: VectorSpace) -> tuple[int, int]:
        """Questions asked of both stores, and of how many both said the same."""
        page = await self.target.scan(workspace_id, space, limit=_SCANNED_AT_ONCE)
        step = max(1, len(page.places) // _SAMPLES)
        asked = agreed = 0
        for place in page.places[::step][:_SAMPLES]:
            scope = await self._find_owner(workspace_id, place.document_id)
            if scope is None:
                continue
            found = await self.target.fetch(scope, space, place.document_id, [place.chunk_id])
            if not found or found[0].is_hidden:
                continue
            asked += 1
            agreed += await self._is_answered_alike(scope, space, found[0])
        return asked, agreed

    async def _find_owner(self, workspace_id: UUID, document_id: UUID) -> Scope | None:
        async with self.database.system("documents.find_owner") as session:
            found = await documents.find_owner(session, workspace_id, document_id)
        return None if found is None else Scope(workspace_id, found[0] or NOBODY)

    async def _is_answered_alike(
        self, scope: Scope, space: VectorSpace, entry: VectorEntry
    ) -> bool:
        theirs = await self.target.query(scope, space, entry.vector, limit=_ASKED)
        if not theirs or theirs[0].similarity < _FOUND_ITSELF:
            return False
        had = await self.source.fetch(scope, space, entry.document_id, [entry.chunk_id])
        if not had:
            return True  # the source never had it: there is nothing to compare with
        ours = await self.source.query(scope, space, entry.vector, limit=_ASKED)
        pairs = list(zip(ours, theirs, strict=False))
        close = sum(abs(one.similarity - other.similarity) <= _CLOSE for one, other in pairs)
        return close >= _AGREES * len(pairs)


def _owner_of(document: IndexedDocument) -> Scope:
    return Scope(document.workspace_id, document.owner_id or NOBODY)


def _space_of(document: IndexedDocument) -> VectorSpace:
    return VectorSpace(document.model_id, document.dimensions)


def _differs(entry: VectorEntry, document: IndexedDocument) -> bool:
    return (entry.owner_id, entry.is_hidden) != (document.owner_id, document.is_hidden)


def _as_of(entry: VectorEntry, document: IndexedDocument) -> VectorEntry:
    """Whose it is, and whether it is hidden, is the document's to say, not the old store's."""
    return VectorEntry(
        entry.chunk_id,
        document.id,
        document.file_id,
        document.owner_id,
        entry.vector,
        document.is_hidden,
    )
