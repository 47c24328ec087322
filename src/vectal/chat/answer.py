"""An answer while it is written: what the model says becomes frames, and at last an outcome.

Pure. Nothing a provider sends may break the journal or the database: text is made encodable and
bounded here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, Final, cast

from vectal.ai.contracts import (
    ContextBuilt,
    Failed,
    Finished,
    ReasoningDelta,
    ResponseEvent,
    Routed,
    TextDelta,
    TokenUsage,
    ToolCalled,
    ToolReturned,
    UsageReported,
)
from vectal.chat import frames
from vectal.chat.contracts import Draft, TurnFault, TurnStatus
from vectal.chat.wire import source_json
from vectal.platform.passages.marks import MarkReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vectal.auth.principal import Principal
    from vectal.chat.contracts_sources import Source
    from vectal.chat.gathering import Gathered

MAX_ANSWER_CHARS: Final = 400_000
_MAX_FAULT_CHARS: Final = 2_000
_HIGH_SURROGATES: Final = range(0xD800, 0xDC00)

TOO_LONG: Final = TurnFault(
    "chat.answer_too_long", "The model went on without an end, so the answer was cut here."
)
CUT_OFF: Final = TurnFault(
    "chat.answer_cut_off", "The model stopped without saying that it was done."
)


class EncodableText:
    """Deltas as text that UTF-8 can carry.

    A surrogate pair that a provider split over two deltas is put together again; a lone
    surrogate becomes the replacement character.
    """

    def __init__(self) -> None:
        self._held = ""

    def push(self, delta: str) -> str:
        text = self._held + delta
        self._held = ""
        if text and ord(text[-1]) in _HIGH_SURROGATES:
            text, self._held = text[:-1], text[-1]
        return encodable(text)

    def rest(self) -> str:
        held, self._held = self._held, ""
        return encodable(held)


def encodable(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def storable(value: Any) -> Any:
    """A JSON value that PostgreSQL can keep: no NUL, no lone surrogate."""
    if isinstance(value, str):
        return encodable(value.replace("\x00", "\ufffd"))
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return {str(storable(key)): storable(item) for key, item in pairs}
    if isinstance(value, list | tuple):
        return [storable(item) for item in cast("list[Any]", value)]
    return value


@dataclass(slots=True)
class Outcome:
    """How a turn ended, and the figures beside it."""

    status: TurnStatus | None = None
    fault: TurnFault | None = None
    finish_reason: str | None = None
    figures: dict[str, Any] = field(default_factory=dict[str, Any])
    """Columns of the turn: provider, model, usage and so on."""

    def stop(self) -> None:
        self.status = TurnStatus.STOPPED

    def fail(self, fault: TurnFault) -> None:
        self.status = TurnStatus.FAILED
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Ground:
    """What an answer leans on, and with whose rights that was looked up."""

    principal: Principal
    sources: tuple[Source, ...]
    texts: Mapping[int, str] = field(repr=False)


class Answer:
    """Turns response events into drafts, and remembers what they add up to."""

    def __init__(self) -> None:
        self.transcript = frames.Transcript()
        self.outcome = Outcome()
        self.ground: Ground | None = None
        self._principal: Principal | None = None
        self._gathered: Gathered | None = None
        self._marks = MarkReader(())
        self._text = EncodableText()
        self._reasoning = EncodableText()

    @property
    def has_ended(self) -> bool:
        return self.outcome.status is not None

    def lean_on(self, principal: Principal, gathered: Gathered) -> None:
        """What was gathered; the model sees what of it has room, as the context will say."""
        self._principal, self._gathered = principal, gathered

    def hear(self, event: ResponseEvent) -> list[Draft]:
        """The drafts that `event` makes; nothing after the end."""
        if self.has_ended:
            return []
        drafts: list[Draft] = []
        if not isinstance(event, TextDelta):
            drafts += _delta(frames.TEXT, self._text.rest())
        if not isinstance(event, ReasoningDelta):
            drafts += _delta(frames.REASONING, self._reasoning.rest())
        drafts += self._hear(event)
        drafts = list(self._with_citations(drafts))
        for draft in drafts:
            self.transcript.apply(draft.event, draft.data)
        if isinstance(event, ToolReturned):
            self.transcript.keep_tool_content(event.call_id, encodable(event.content))
        if self.transcript.length > MAX_ANSWER_CHARS:
            self.outcome.fail(TOO_LONG)
        return drafts

    def _with_citations(self, drafts: list[Draft]) -> Iterator[Draft]:
        """Each citation follows the words that it stands in."""
        for draft in drafts:
            yield draft
            if draft.event == frames.TEXT and self.ground is not None:
                for mark in self._marks.push(draft.data["text"]):
                    data = {"number": mark.number, "at": mark.at, "until": mark.until}
                    yield Draft(frames.CITATION, data)

    def close(self) -> None:
        """The events are over; without an end of their own they were cut off."""
        if not self.has_ended:
            self.outcome.fail(CUT_OFF)

    @singledispatchmethod
    def _hear(self, event: ResponseEvent) -> list[Draft]:
        raise TypeError(event)

    @_hear.register
    def _(self, event: TextDelta) -> list[Draft]:
        return _delta(frames.TEXT, self._text.push(event.text))

    @_hear.register
    def _(self, event: ReasoningDelta) -> list[Draft]:
        return _delta(frames.REASONING, self._reasoning.push(event.text))

    @_hear.register
    def _(self, event: Routed) -> list[Draft]:
        reason = event.reason.as_json()
        self.outcome.figures |= {
            "provider": event.provider,
            "model": event.model,
            "slot": event.slot,
            "route": storable(reason),
            "simulated": event.simulated,
        }
        data = {
            "provider": event.provider,
            "model": event.model,
            "slot": event.slot,
            "reason": reason,
            "simulated": event.simulated,
        }
        return [Draft(frames.ROUTED, storable(data))]

    @_hear.register
    def _(self, event: ContextBuilt) -> list[Draft]:
        ledger = storable(event.ledger)
        self.outcome.figures["ledger"] = ledger
        return [Draft(frames.CONTEXT, {"ledger": ledger}), *self._take_ground(event.sources)]

    def _take_ground(self, numbers: frozenset[int]) -> list[Draft]:
        """The frame that tells of sources; none where nothing was gathered."""
        principal, gathered = self._principal, self._gathered
        if principal is None or gathered is None:
            return []
        sources = tuple(each for each in gathered.sources if each.number in numbers)
        if not sources and not gathered.unread:
            return []
        self.ground = Ground(principal, sources, gathered.texts)
        self._marks = MarkReader(numbers)
        data = {
            "sources": [source_json(source) for source in sources],
            "unread": [{"id": str(file.id), "name": file.name} for file in gathered.unread],
            "tainted_by": list(gathered.tainted_by),
        }
        return [Draft(frames.SOURCES, storable(data))]

    @_hear.register
    def _(self, event: ToolCalled) -> list[Draft]:
        data = {
            "call_id": event.call_id,
            "name": event.name,
            "title": event.title,
            "arguments": event.arguments,
        }
        return [Draft(frames.TOOL_CALLED, storable(data))]

    @_hear.register
    def _(self, event: ToolReturned) -> list[Draft]:
        data = {
            "call_id": event.call_id,
            "name": event.name,
            "ok": event.ok,
            "summary": event.summary,
            "changeset_id": str(event.changeset_id) if event.changeset_id else None,
        }
        return [Draft(frames.TOOL_RETURNED, storable(data))]

    @_hear.register
    def _(self, event: UsageReported) -> list[Draft]:
        self.outcome.figures |= {
            "usage": usage_json(event.usage),
            "cost_usd": _money(event.cost_usd),
            "first_token_ms": event.first_token_ms,
            "duration_ms": event.duration_ms,
        }
        return []

    @_hear.register
    def _(self, event: Finished) -> list[Draft]:
        self.outcome.status = TurnStatus.COMPLETED
        self.outcome.finish_reason = event.finish_reason
        return []

    @_hear.register
    def _(self, event: Failed) -> list[Draft]:
        detail = storable(event.detail)[:_MAX_FAULT_CHARS]
        self.outcome.fail(TurnFault(storable(event.code)[:100], detail))
        return []


def usage_json(usage: TokenUsage) -> dict[str, int]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def _money(cost: Decimal | None) -> Decimal | None:
    return None if cost is None else cost.quantize(Decimal("1e-8"))


def _delta(event: str, text: str) -> list[Draft]:
    return [Draft(event, {"text": text})] if text else []
