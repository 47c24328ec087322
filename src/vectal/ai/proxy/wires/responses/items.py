"""The items of an answer while they are written. Each knows how it begins, grows and ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from vectal.ai.contracts_documents import Citation
from vectal.ai.providers.chat_completions.annotations import written_page

Json = dict[str, Any]
Status: TypeAlias = Literal["in_progress", "completed", "incomplete"]


class Say(Protocol):
    """Writes one event of the stream."""

    def __call__(self, kind: str, **members: Any) -> bytes: ...


class Item(Protocol):
    def begin(self) -> bytes: ...

    def end(self, status: Status) -> bytes: ...

    def as_json(self, status: Status) -> Json: ...


@dataclass(slots=True)
class Place:
    """Where an item stands in the answer, and how its events are written."""

    item_id: str
    index: int
    say: Say

    def tell(self, kind: str, **members: Any) -> bytes:
        return self.say(kind, item_id=self.item_id, output_index=self.index, **members)

    def added(self, item: Json) -> bytes:
        return self.say("response.output_item.added", output_index=self.index, item=item)

    def done(self, item: Json) -> bytes:
        return self.say("response.output_item.done", output_index=self.index, item=item)


@dataclass(slots=True)
class _Piece:
    """One part of a message: text with its sources, or the words of a refusal."""

    refusal: bool
    chunks: list[str] = field(default_factory=list[str])
    annotations: list[Json] = field(default_factory=list[Json])

    @property
    def text(self) -> str:
        return "".join(self.chunks)

    def as_json(self) -> Json:
        if self.refusal:
            return {"type": "refusal", "refusal": self.text}
        plain: Json = {"type": "output_text", "text": self.text}
        return {**plain, "annotations": self.annotations, "logprobs": []}


class MessageItem:
    """What the model says."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._pieces: list[_Piece] = []
        self._chars = 0
        self._block_at = 0

    def begin(self) -> bytes:
        return self._place.added(self.as_json("in_progress"))

    def add(self, text: str, *, refusal: bool, opens: bool) -> bytes:
        opening = b""
        if not self._pieces or self._pieces[-1].refusal != refusal:
            opening = self._end_piece() + self._begin_piece(_Piece(refusal))
        if opens:
            self._block_at = self._chars
        self._pieces[-1].chunks.append(text)
        self._chars += len(text)
        if refusal:
            return opening + self._tell("response.refusal.delta", delta=text)
        return opening + self._tell("response.output_text.delta", delta=text, logprobs=[])

    def cite(self, citation: Citation) -> bytes:
        page = written_page(citation, (self._block_at, self._chars))
        if page is None or not self._pieces or self._pieces[-1].refusal:
            return b""
        annotation: Json = {"type": "url_citation", **page}
        annotations = self._pieces[-1].annotations
        annotations.append(annotation)
        where = {"annotation_index": len(annotations) - 1, "annotation": annotation}
        return self._tell("response.output_text.annotation.added", **where)

    def end(self, status: Status) -> bytes:
        return self._end_piece() + self._place.done(self.as_json(status))

    def as_json(self, status: Status) -> Json:
        return {
            "id": self._place.item_id,
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": [piece.as_json() for piece in self._pieces],
        }

    def _begin_piece(self, piece: _Piece) -> bytes:
        self._pieces.append(piece)
        self._chars = self._block_at = 0
        return self._tell("response.content_part.added", part=piece.as_json())

    def _end_piece(self) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces[-1]
        if piece.refusal:
            done = self._tell("response.refusal.done", refusal=piece.text)
        else:
            done = self._tell("response.output_text.done", text=piece.text, logprobs=[])
        return done + self._tell("response.content_part.done", part=piece.as_json())

    def _tell(self, kind: str, **members: Any) -> bytes:
        return self._place.tell(kind, content_index=len(self._pieces) - 1, **members)


class ReasoningItem:
    """What the model thinks; `seal` is what lets its vendor recognise it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._chunks: list[str] = []
        self.seal: str | None = None

    def begin(self) -> bytes:
        return self._place.added(self.as_json("in_progress"))

    def add(self, text: str) -> bytes:
        opening = b""
        if not self._chunks:
            part = {"type": "summary_text", "text": ""}
            opening = self._tell("response.reasoning_summary_part.added", part=part)
        self._chunks.append(text)
        return opening + self._tell("response.reasoning_summary_text.delta", delta=text)

    def end(self, status: Status) -> bytes:
        return self._end_part() + self._place.done(self.as_json(status))

    def as_json(self, status: Status) -> Json:
        del status  # an item of thinking has none
        text = "".join(self._chunks)
        return {
            "id": self._place.item_id,
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": text}] if text else [],
            "encrypted_content": self.seal,
        }

    def _end_part(self) -> bytes:
        if not self._chunks:
            return b""
        text = "".join(self._chunks)
        part = {"type": "summary_text", "text": text}
        done = self._tell("response.reasoning_summary_text.done", text=text)
        return done + self._tell("response.reasoning_summary_part.done", part=part)

    def _tell(self, kind: str, **members: Any) -> bytes:
        return self._place.tell(kind, summary_index=0, **members)
