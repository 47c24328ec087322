"""The second stage: stored pages are cleaned and cut into chunks, in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final, Protocol, TypeVar
from uuid import uuid5

import msgspec

from vectal.documents.chunking import Chunk, Chunker
from vectal.documents.cleaning import clean, find_repeats
from vectal.documents.embedding.wordpiece import wordpiece
from vectal.documents.extraction.contracts import Page
from vectal.documents.repository import chunks, pages
from vectal.documents.repository.chunks import NewChunk
from vectal.documents.service.journal import Journal
from vectal.documents.service.sealing import DocumentSeals

_PAGES_AT_ONCE: Final = 32
_CHUNKS_AT_ONCE: Final = 128
_LONGEST_CHUNK: Final = 200_000

T = TypeVar("T")


class _Ask(Protocol):
    """Runs a coroutine in the loop, for the thread that asks."""

    def __call__(self, work: Callable[[], Awaitable[T]], /) -> T: ...


@dataclass(frozen=True, slots=True)
class Cutting:
    seals: DocumentSeals

    async def run(self, journal: Journal) -> None:
        """Make all chunks anew: it is quick, and the same pages give the same ones."""
        async with journal.step(chunks_done=0, chunks_total=0, tokens=0) as session:
            await chunks.remove(session, journal.scope, [journal.document_id])
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def ask(work: Callable[[], Awaitable[T]], /) -> T:
            if stop.is_set():
                raise _StoppedError

            async def call() -> T:
                return await work()

            return asyncio.run_coroutine_threadsafe(call(), loop).result()

        cutting = asyncio.ensure_future(asyncio.to_thread(self._cut, journal, ask))
        try:
            await asyncio.shield(cutting)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait({cutting})
            cutting.exception()  # it was told to stop; nobody asks why it did
            raise
        async with journal.step(tell=True, state="embedding", stage="vectors", tries=0):
            pass

    def _cut(self, journal: Journal, ask: _Ask) -> None:
        repeats = find_repeats(self._pages(journal, ask))
        is_markdown = journal.row.kind not in {None, "text", "csv", "image"}
        chunker = Chunker(wordpiece(), markdown=is_markdown)
        made = chunker.chunks(clean(page, repeats) for page in self._pages(journal, ask))
        while batch := [_new_chunk(journal, each) for each in islice(made, _CHUNKS_AT_ONCE)]:
            ask(partial(self._store, journal, batch))

    def _pages(self, journal: Journal, ask: _Ask) -> Iterator[Page]:
        first = 1
        while found := ask(partial(self._load, journal, first)):
            yield from found
            first = found[-1].number + 1

    async def _load(self, journal: Journal, first: int) -> list[Page]:
        scope = journal.scope
        async with journal.database.read(scope) as session:
            rows = await pages.list_from(session, scope, journal.document_id, first, _PAGES_AT_ONCE)
            return [await self.seals.open_page(session, scope, row) for row in rows]

    async def _store(self, journal: Journal, batch: list[NewChunk]) -> None:
        values: dict[str, Any] = {
            "chunks_total": journal.row.chunks_total + len(batch),
            "tokens": journal.row.tokens + sum(each.tokens for each in batch),
        }
        async with journal.step(**values) as session:
            await chunks.add(
                session, journal.scope, journal.document_id, journal.row.file_id, batch
            )


class _StoppedError(Exception):
    """Nobody waits for the thread any more."""


def _new_chunk(journal: Journal, chunk: Chunk) -> NewChunk:
    text = chunk.text[:_LONGEST_CHUNK].replace("\x00", "\ufffd")
    places = [
        [place.page, place.start, place.end, [_rounded(box) for box in place.boxes]]
        for place in chunk.places
    ]
    return NewChunk(
        id=uuid5(journal.document_id, f"chunk:{chunk.index}"),
        position=chunk.index,
        text=text,
        start=chunk.start,
        end=chunk.end,
        tokens=len(wordpiece().encode(text).ids),
        hidden=sum(run.count for run in chunk.hides),
        places=msgspec.json.encode(places),
    )


def _rounded(box: Any) -> list[float]:
    return [round(value, 2) for value in (box.left, box.top, box.right, box.bottom)]
