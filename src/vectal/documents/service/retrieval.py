"""Retrieval: passages by meaning and by words, for one person, with all that a citation needs.

A cosine says how near a chunk's meaning is; words add to it by how rare they are among what may be
searched. So a part number or a name decides, and a question in other words than the text's is not
pulled to whatever repeats its common ones: fusing two ranks did that (27 of 30 fell to 11).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.documents.contracts import Passage, SearchNote, SearchQuery, SearchResult
from vectal.documents.embedding.errors import EmbeddingError
from vectal.documents.embedding.ports import Embedder
from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.index import VectorIndex, VectorSpace
from vectal.documents.ports import Reranker
from vectal.documents.repository import chunks, documents, settings
from vectal.documents.repository.chunks import COUNTED, FoundChunk
from vectal.documents.service.passages import Group, Scored, join_neighbours, to_passage
from vectal.documents.service.rules import RetrievalRules
from vectal.files.contracts import File
from vectal.files.service import FileServices
from vectal.platform.db import Database
from vectal.platform.errors import AppError
from vectal.platform.resilience import DeadlineExceededError, within
from vectal.platform.telemetry import get_logger

_MOST_FILES: Final = 10_000
_NAMES: Final = 2
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Cosines of the nearest chunks, and what could not be asked."""

    similarities: Mapping[UUID, float]
    notes: tuple[SearchNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Retrieval:
    database: Database
    files: FileServices
    index: VectorIndex
    embedders: Sequence[Embedder]
    rules: RetrievalRules
    reranker: Reranker | None = None

    async def search(self, principal: Principal, query: SearchQuery) -> SearchResult:
        """The best passages that the person may see. Raises `FolderNotFoundError`.

        Without the vectors it is a search by words, and says so in its notes.
        """
        async with self.database.read(principal) as session:
            if not await settings.is_indexed(session, principal):
                return SearchResult((), ("index_off",))
        file_ids = await self._restrict(principal, query)
        if file_ids is not None and not file_ids:
            return SearchResult(())
        meaning = _Meaning({})
        if not query.is_quick:
            meaning = await self._find_by_meaning(principal, query.text, file_ids)
        async with self.database.read(principal) as session:
            counts = await chunks.count_words(session, query.text, file_ids)
            total = await documents.count_chunks(session, principal)
            words = self._weigh(counts, total)
            matching = await chunks.match(
                session, words, limit=self.rules.candidates, file_ids=file_ids
            )
            candidates = {*meaning.similarities, *matching}
            found = await chunks.load(session, principal, candidates, words, file_ids)
        scored = self._score(found, meaning.similarities)
        most = 1 + sum(words.values())
        if query.is_quick:
            return await self._show_quickly(principal, scored, (query.limit, most))
        return await self._show(principal, query, scored, most, meaning.notes)

    async def _restrict(self, principal: Principal, query: SearchQuery) -> list[UUID] | None:
        """The files to search; None means all."""
        if query.folder_id is None:
            return None if query.file_ids is None else list(query.file_ids)
        inside = await self.files.files.list_ids_below(principal, query.folder_id, _MOST_FILES)
        if query.file_ids is None:
            return inside
        return sorted(set(inside) & set(query.file_ids))

    async def _find_by_meaning(
        self, principal: Principal, text: str, file_ids: list[UUID] | None
    ) -> _Meaning:
        async with self.database.read(principal) as session:
            used = await documents.list_models(session, principal)
        here = {each.model_id: each for each in self.embedders}
        notes: set[SearchNote] = set()
        similarities: dict[UUID, float] = {}
        for model_id, dimensions in sorted(used):
            embedder = here.get(model_id)
            if embedder is None:
                notes.add("model_missing")
                continue
            space = VectorSpace(model_id, dimensions)
            try:
                async with within(self.rules.vector_timeout_s):
                    vector = await embedder.embed_query(text, principal)
                    hits = await self.index.query(
                        principal, space, vector, limit=self.rules.candidates, file_ids=file_ids
                    )
            except (EmbeddingError, VectorsUnavailableError, DeadlineExceededError) as error:
                _log.warning("documents.vectors_not_asked", error=repr(error))
                notes.add("words_only")
                continue
            similarities |= {hit.chunk_id: hit.similarity for hit in hits}
        return _Meaning(similarities, tuple(sorted(notes)))

    def _weigh(self, counts: Mapping[str, int], total: int) -> dict[str, float]:
        """What each word adds to a cosine: more the rarer it is, nothing when it is everywhere.

        A word with a digit in it names something, and so do the words of a query that has only
        one or two: a model knows little of names, so these count in full. Other words count by
        their share of the whole question, words that nothing has included: a passage that has
        two of eight words only repeats something, and the meaning decides.
        """
        total = max(total, 1, *counts.values())
        rarity = {
            word: math.log((total + 1) / (hits + 0.5))
            for word, hits in counts.items()
            if 0 < hits < COUNTED and (hits <= 1 or hits <= total * self.rules.common)
        }
        most = sum(rarity.values())
        top = math.log((total + 1) / 1.5)
        whole = sum(math.log((total + 1) / (max(hits, 1) + 0.5)) for hits in counts.values())
        if most <= 0 or top <= 0:
            return dict.fromkeys(rarity, 0.0)
        are_names = len(counts) <= _NAMES
        return {
            word: value / most * self.rules.name_weight
            if are_names or any(char.isdigit() for char in word)
            else value / whole * self.rules.word_weight * value / top
            for word, value in rarity.items()
        }

    def _score(
        self, found: Sequence[FoundChunk], similarities: Mapping[UUID, float]
    ) -> list[Scored]:
        # A chunk that only its words have found is no nearer than the last one that meaning found.
        floor = min(similarities.values(), default=0.0)
        scored = [
            Scored(
                each,
                similarities.get(each.id, max(0.0, floor)) + each.coverage,
            )
            for each in found
        ]
        least = self.rules.related * max((each.score for each in scored), default=0.0)
        related = [each for each in scored if each.score >= least]
        return sorted(related, key=lambda each: (-each.score, str(each.chunk.id)))

    async def _show(
        self,
        principal: Principal,
        query: SearchQuery,
        scored: list[Scored],
        most: float,
        notes: tuple[SearchNote, ...],
    ) -> SearchResult:
        reranks = (
            self.reranker is not None
            and (query.is_reranked or self.rules.reranks)
            and can(principal, "ai.respond")
        )
        count = max(query.limit, self.rules.reranked) if reranks else query.limit
        best = scored[: 3 * count]
        known = await self._names(principal, best)
        best = [each for each in best if each.chunk.file_id in known]
        small = {
            each.chunk.document_id
            for each in best
            if each.chunk.document_tokens <= self.rules.whole_tokens
        }
        async with self.database.read(principal) as session:
            whole = await chunks.load_documents(session, principal, small) if small else []
        groups = join_neighbours(best, whole)[:count]
        shown = [to_passage(group, known[group.chunks[0].file_id].name, most) for group in groups]
        if reranks and len(shown) > 1:
            shown, more = await self._rerank(principal, query.text, shown)
            notes += more
        return SearchResult(tuple(shown[: query.limit]), notes)

    async def _rerank(
        self, principal: Principal, question: str, shown: list[Passage]
    ) -> tuple[list[Passage], tuple[SearchNote, ...]]:
        """What the model leaves out comes behind, as it was: it may be wrong."""
        if self.reranker is None:
            return shown, ()
        first, rest = shown[: self.rules.reranked], shown[self.rules.reranked :]
        try:
            order = await self.reranker.rank(principal, question, [each.text for each in first])
        except AppError as error:
            _log.warning("documents.not_reranked", code=error.code)
            return shown, ("not_reranked",)
        left = [place for place in range(len(first)) if place not in order]
        return [first[place] for place in [*order, *left]] + rest, ()

    async def _show_quickly(
        self, principal: Principal, scored: list[Scored], bounds: tuple[int, float]
    ) -> SearchResult:
        limit, most = bounds
        best: dict[UUID, Scored] = {}
        for each in scored:
            best.setdefault(each.chunk.file_id, each)
        first = list(best.values())[: 2 * limit]  # some may be gone by now
        known = await self._names(principal, first)
        shown = [
            to_passage(Group([each.chunk], each.score), known[each.chunk.file_id].name, most)
            for each in first
            if each.chunk.file_id in known
        ]
        return SearchResult(tuple(shown[:limit]))

    async def _names(self, principal: Principal, best: Sequence[Scored]) -> dict[UUID, File]:
        """Files that are there for the person; an event that hides one may still be on its way."""
        wanted = {each.chunk.file_id for each in best}
        found = await self.files.files.find_files(principal, wanted) if wanted else []
        return {file.id: file for file in found if file.trashed_at is None}
