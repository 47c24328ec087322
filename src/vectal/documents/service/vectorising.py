"""The third stage: chunks become vectors, in batches that documents share, and are indexed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vectal.documents.embedding.ports import Embedder, pick
from vectal.documents.index import VectorEntry, VectorIndex, VectorSpace
from vectal.documents.repository import chunks
from vectal.documents.service.journal import Journal

_CHUNKS_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Vectorising:
    embedders: Sequence[Embedder]
    index: VectorIndex

    async def run(self, journal: Journal) -> VectorSpace:
        """Index every chunk that is not; raises `EmbeddingError` and `VectorsUnavailableError`.

        Vectors of another model stay beside the new ones until those are whole.
        """
        embedder = await pick(self.embedders, journal.scope)
        space = VectorSpace(embedder.model_id, embedder.dimensions)
        if journal.row.target_model_id != space.model_id:
            async with journal.step(target_model_id=space.model_id, chunks_done=0):
                pass
        scope, row = journal.scope, journal.row
        while True:
            async with journal.database.read(scope) as session:
                batch = await chunks.list_from(
                    session, scope, row.id, row.chunks_done, _CHUNKS_AT_ONCE
                )
            if not batch:
                return space
            vectors = await embedder.embed([each.text for each in batch], scope)
            entries = [
                VectorEntry(each.id, row.id, row.file_id, journal.owner_id, vector)
                for each, vector in zip(batch, vectors, strict=True)
            ]
            await self.index.upsert(scope, space, entries)
            async with journal.step(chunks_done=batch[-1].position + 1, tries=0):
                pass
