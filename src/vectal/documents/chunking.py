"""Cut a document into chunks for search: by tokens, at the best boundary, with their places."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from semantic_text_splitter import MarkdownSplitter, TextSplitter
from tokenizers import Tokenizer

from vectal.documents.cleaning import CleanPage, HiddenRun
from vectal.documents.extraction.contracts import Box, Span

_SENTENCE_ENDS: Final = frozenset('.!?:…"”»。！？')  # noqa: RUF001  (of other scripts)
_BLOCK_CHARS: Final = 200_000
"""How much text is held at once; a document may have three hundred times as much."""


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one page. `start` and `end` are offsets in `Page.text`; `boxes` cover it."""

    page: int
    start: int
    end: int
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of a document.

    `start` and `end` are offsets in the cleaned text of the whole document, whose pages stand one
    character apart.
    """

    index: int
    start: int
    end: int
    text: str
    places: tuple[Place, ...]
    hides: tuple[HiddenRun, ...] = ()
    """Characters in it that a reader does not see; their offsets are the page's."""

    @property
    def pages(self) -> tuple[int, int]:
        """The first and the last."""
        return self.places[0].page, self.places[-1].page


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """In tokens of the embedding model. A chunk is at least `least` long where the text allows."""

    least: int = 160
    most: int = 240
    overlap: int = 24


class Chunker:
    """Cuts by the tokens of `tokenizer`. The same pages give the same chunks."""

    def __init__(
        self, tokenizer: Tokenizer, size: ChunkSize | None = None, *, markdown: bool = False
    ) -> None:
        bounds = size or ChunkSize()
        made = MarkdownSplitter if markdown else TextSplitter
        self._splitter = made.from_huggingface_tokenizer(
            tokenizer, (bounds.least, bounds.most), overlap=bounds.overlap
        )

    def chunks(self, pages: Iterable[CleanPage]) -> Iterator[Chunk]:
        """Chunks in order, while pages come; of all pages only the last few are held."""
        index = 0
        block = _Block()
        for page in pages:
            block.add(page)
            if block.length >= _BLOCK_CHARS:
                done, block = self._cut(block, is_last=False)
                for start, text in done:
                    yield block.chunk(index, start, text)
                    index += 1
                block.forget()
        done, block = self._cut(block, is_last=True)
        for start, text in done:
            yield block.chunk(index, start, text)
            index += 1

    def _cut(self, block: _Block, *, is_last: bool) -> tuple[list[tuple[int, str]], _Block]:
        """Offsets in the document and texts. The last one of a block waits for what follows."""
        found = [
            (block.begin + at, text)
            for at, text in self._splitter.chunk_indices(block.text)
            if text.strip()
        ]
        if not is_last and len(found) > 1:
            *found, (rest, _) = found
            block.keep_from(rest)
        elif not is_last:
            found = []  # one huge word; wait for more
        return found, block


class _Block:
    """A stretch of the document's text, and the pages that it comes from."""

    def __init__(self) -> None:
        self.begin = 0
        """The document's offset of the first character."""
        self.text = ""
        self._pages: list[tuple[int, CleanPage]] = []
        self._end = 0
        self._kept = 0
        self._count = 0

    @property
    def length(self) -> int:
        return len(self.text)

    def add(self, page: CleanPage) -> None:
        if self._count:
            self.text += self._joint()
            self._end += 1
        self._count += 1
        self._pages.append((self._end, page))
        self.text += page.text
        self._end += len(page.text)

    def _joint(self) -> str:
        """What stands between two pages: a sentence runs on, a paragraph does not."""
        last = self.text[-1:]
        return "\n" if not last or last in _SENTENCE_ENDS or last.isspace() else " "

    def keep_from(self, offset: int) -> None:
        self._kept = offset

    def forget(self) -> None:
        """Let go what is before `keep_from`."""
        self.text = self.text[self._kept - self.begin :]
        self.begin = self._kept
        starts = [start for start, _ in self._pages]
        self._pages = self._pages[max(0, bisect_right(starts, self.begin) - 1) :]

    def chunk(self, index: int, start: int, text: str) -> Chunk:
        end = start + len(text)
        places: list[Place] = []
        hides: list[HiddenRun] = []
        for at, page in self._pages:
            first, last = max(start - at, 0), min(end - at, len(page.text))
            if first < last:
                raw = page.origin_of(first, last)
                boxes = tuple(boxes_of(page.page.spans, *raw))
                places.append(Place(page.page.number, *raw, boxes))
                hides += [run for run in page.hidden if run.start < last and run.end > first]
        return Chunk(index, start, end, text, tuple(places), tuple(hides))


def boxes_of(spans: Sequence[Span], start: int, end: int) -> Iterator[Box]:
    """Boxes that cover a range of a page's text, cut where the range begins within a line.

    Characters are taken as equally wide, which is off by less than one of them in print.
    """
    first = bisect_left(spans, start + 1, key=lambda span: span.end)
    for span in spans[first:]:
        if span.start >= end:
            return
        box, length = span.box, span.end - span.start
        width = box.right - box.left
        left = box.left + width * max(0, start - span.start) / length
        right = box.right - width * max(0, span.end - end) / length
        yield Box(left, box.top, right, box.bottom)
