"""What an answer may lean on: passages of the files that were attached, and of all that is known.

Several files share what there is room for: the best passage of each comes first, then the second
best of each, and so on. What is passed on has numbers, and only the numbers go into the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final
from uuid import UUID

from vectal.ai.contracts import Pinned, SourceText
from vectal.auth.principal import Principal
from vectal.chat.contracts import Content, MessageRole
from vectal.chat.contracts_sources import (
    MAX_REFERENCES,
    Reference,
    Source,
    SourcePlace,
    Taint,
)
from vectal.chat.ports import Knowledge
from vectal.documents.contracts import Passage, SearchQuery

MAX_SOURCES: Final = 24
MAX_CHARS: Final = 80_000
"""Of all passages together; what of them has room, the context decides by tokens."""
_A_FILE: Final = 8
_EVERYWHERE: Final = 8
_QUERY_CHARS: Final = 2_000
_MOST_PLACES: Final = 8


@dataclass(frozen=True, slots=True)
class Gathered:
    """`texts` are the passages by number; `tainted_by` says what of them others wrote."""

    sources: tuple[Source, ...] = ()
    texts: Mapping[int, str] = field(default_factory=dict[int, str], repr=False)
    pinned: tuple[Pinned, ...] = ()
    unread: tuple[Reference, ...] = ()
    """Files that were attached and could not be read by now."""
    tainted_by: tuple[Taint, ...] = ()

    def for_model(self) -> tuple[SourceText, ...]:
        return tuple(
            SourceText(
                source.number,
                source.name,
                _pages(source.places),
                self.texts[source.number],
                source.has_hidden_text,
            )
            for source in self.sources
        )


class Gathering:
    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def gather(
        self, principal: Principal, branch: Sequence[tuple[MessageRole, Content]]
    ) -> Gathered:
        """For the newest message of a branch. What was attached earlier in it still counts."""
        question = branch[-1][1]
        references = _references(branch)
        files = [each for each in references if each.kind == "file"]
        taint: set[Taint] = {"history"} if any(said.sources for _, said in branch) else set()
        passages: list[Passage] = []
        unread: Sequence[Reference] = ()
        if files:
            unread = await self._knowledge.await_reading(principal, files)
            passages += await self._of_files(principal, question.text, files)
            taint |= {"file"} if passages else set()
        if question.knowledge:
            seen = {each.file_id for each in passages}
            found = await self._search(principal, question.text, _EVERYWHERE)
            others = [each for each in found if each.file_id not in seen]
            passages += others
            taint |= {"knowledge"} if others else set()
        sources, texts = _numbered(passages)
        if any(source.has_hidden_text for source in sources):
            taint.add("hidden_text")
        return Gathered(
            sources,
            texts,
            tuple(await self._knowledge.describe(principal, references)),
            tuple(unread),
            tuple(sorted(taint)),
        )

    async def _of_files(
        self, principal: Principal, question: str, files: Sequence[Reference]
    ) -> list[Passage]:
        found = [
            await self._search(principal, question, _A_FILE, file_id=file.id) for file in files
        ]
        return [each for rank in zip_longest(*found) for each in rank if each is not None]

    async def _search(
        self, principal: Principal, question: str, limit: int, *, file_id: UUID | None = None
    ) -> Sequence[Passage]:
        ids = None if file_id is None else (file_id,)
        query = SearchQuery(question[:_QUERY_CHARS], limit, ids)
        return await self._knowledge.search(principal, query)


def _references(branch: Iterable[tuple[MessageRole, Content]]) -> list[Reference]:
    """What the branch refers to, each once, the newest first."""
    found: dict[tuple[str, UUID], Reference] = {}
    for _, content in reversed(list(branch)):
        for each in content.references:
            found.setdefault((each.kind, each.id), each)
    return list(found.values())[:MAX_REFERENCES]


def _numbered(passages: Iterable[Passage]) -> tuple[tuple[Source, ...], dict[int, str]]:
    sources: list[Source] = []
    texts: dict[int, str] = {}
    room = MAX_CHARS
    for passage in passages:
        if len(sources) == MAX_SOURCES or not passage.text.strip():
            continue
        if len(passage.text) > room and sources:
            continue
        number = len(sources) + 1
        texts[number] = passage.text[:room]
        room -= len(texts[number])
        sources.append(_source(number, passage))
    return tuple(sources), texts


def _source(number: int, passage: Passage) -> Source:
    return Source(
        number=number,
        file_id=passage.file_id,
        version=passage.number,
        name=passage.name,
        places=tuple(
            SourcePlace(place.page, place.start, place.end)
            for place in passage.places[:_MOST_PLACES]
        ),
        has_hidden_text=passage.has_hidden_text,
    )


def _pages(places: Sequence[SourcePlace]) -> str:
    if not places:
        return ""
    first, last = places[0].page, places[-1].page
    return f"page {first}" if first == last else f"pages {first} to {last}"
