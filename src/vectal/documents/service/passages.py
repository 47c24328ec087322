"""Chunks into passages: neighbours joined, small documents whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from vectal.documents.contracts import Passage, PassagePlace
from vectal.documents.extraction.contracts import Box
from vectal.documents.repository.chunks import FoundChunk


@dataclass(frozen=True, slots=True)
class Scored:
    chunk: FoundChunk
    score: float


@dataclass(slots=True)
class Group:
    """Chunks of one document that follow each other. It is as good as its best one."""

    chunks: list[FoundChunk] = field(default_factory=list[FoundChunk])
    score: float = 0.0
    is_whole: bool = False


def join_neighbours(best: Sequence[Scored], whole: Sequence[FoundChunk]) -> list[Group]:
    """The best first. `whole` are all chunks of documents that are given whole, in order."""
    by_document: dict[UUID, list[FoundChunk]] = {}
    for chunk in whole:
        by_document.setdefault(chunk.document_id, []).append(chunk)
    scores = {each.chunk.id: each.score for each in best}
    groups: list[Group] = []
    for parts in by_document.values():
        score = max((scores.get(each.id, 0.0) for each in parts), default=0.0)
        groups.append(Group(parts, score, is_whole=True))
    rest = [each.chunk for each in best if each.chunk.document_id not in by_document]
    rest.sort(key=lambda each: (str(each.document_id), each.position))
    for chunk in rest:
        last = groups[-1].chunks[-1] if groups and not groups[-1].is_whole else None
        if last is None or not _follows(last, chunk):
            groups.append(Group())
        groups[-1].chunks.append(chunk)
        groups[-1].score = max(groups[-1].score, scores[chunk.id])
    return sorted(groups, key=lambda group: (-group.score, str(group.chunks[0].id)))


def to_passage(group: Group, name: str, most: float) -> Passage:
    """`most` is the highest score that there can be."""
    first = group.chunks[0]
    return Passage(
        document_id=first.document_id,
        file_id=first.file_id,
        name=name,
        number=first.number,
        text=_text_of(group.chunks),
        start=first.start,
        end=group.chunks[-1].end,
        places=tuple(_places_of(group.chunks)),
        score=round(min(1.0, max(0.0, group.score / most)), 4),
        is_whole=group.is_whole,
        has_hidden_text=any(each.hidden for each in group.chunks),
    )


def _follows(last: FoundChunk, chunk: FoundChunk) -> bool:
    return last.document_id == chunk.document_id and last.position + 1 == chunk.position


def _text_of(chunks: Sequence[FoundChunk]) -> str:
    """What two chunks share is said once."""
    text, end = "", 0
    for chunk in chunks:
        if not text:
            text = chunk.text
        elif chunk.start < end:
            text += chunk.text[end - chunk.start :]
        else:
            text += "\n" + chunk.text
        end = max(end, chunk.end)
    return text


def _places_of(chunks: Sequence[FoundChunk]) -> list[PassagePlace]:
    """One place a page. Chunks overlap, so boxes of the next one count from where this one ends."""
    found: dict[int, PassagePlace] = {}
    for chunk in chunks:
        for raw in chunk.places:
            place = _place(raw)
            known = found.get(place.page)
            if known is None:
                found[place.page] = place
                continue
            boxes = (*known.boxes, *(box for box in place.boxes if box not in known.boxes))
            start, end = min(known.start, place.start), max(known.end, place.end)
            found[place.page] = PassagePlace(place.page, start, end, boxes)
    return [found[page] for page in sorted(found)]


def _place(raw: Any) -> PassagePlace:
    page, start, end, boxes = raw
    return PassagePlace(page, start, end, tuple(Box(*box) for box in boxes))
