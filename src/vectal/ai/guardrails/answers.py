"""An answer on its way back: values restored, cut where it grows too long, judged when whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Final, Literal

import jsonschema_rs
import msgspec

from vectal.ai.contracts import ChatMessage, Part, ReasoningPart, TextDelta, TextPart, ToolCallPart
from vectal.ai.guardrails.contracts import GuardrailRules
from vectal.ai.guardrails.patterns import compile_schema, matches_any, wants_look_around
from vectal.ai.guardrails.placeholders import Placeholders, Restorer
from vectal.ai.ports import ModelEvent, ModelFinished, ModelRequest, ToolArgumentsDelta

_UNCHECKED: Final = (
    "The answer can't be checked: its JSON schema has a pattern with look-around "
    "or a back-reference."
)


class Length:
    """Counts the characters of an answer's text; what is beyond `limit` is left out."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._left = limit or 0
        self.was_cut = False

    def cut(self, text: str) -> str:
        if self.limit is None:
            return text
        kept = text[: self._left]
        self._left -= len(kept)
        self.was_cut = self.was_cut or len(kept) < len(text)
        return kept


class _Channels:
    """The texts of an answer that are being written: its words, and each tool's arguments."""

    def __init__(self, hidden: Placeholders, length: Length) -> None:
        self._hidden = hidden
        self._length = length
        self._words = Restorer(hidden.restore)
        self._last = TextDelta("")
        self._arguments: dict[int, Restorer] = {}

    def feed(self, event: ModelEvent) -> Iterator[ModelEvent]:
        if isinstance(event, TextDelta):
            if event.opens or event.refusal != self._last.refusal:
                yield from self.flush_words()
            self._last = event
            text = self._length.cut(self._words.feed(event.text))
            if text or event.opens:
                yield replace(event, text=text)
                self._last = replace(event, opens=False)
        elif isinstance(event, ToolArgumentsDelta):
            yield from self.flush_words()
            restorer = self._arguments.setdefault(event.index, Restorer(self._hidden.restore_json))
            if text := restorer.feed(event.text):
                yield replace(event, text=text)
        else:
            yield from self.flush_words()
            yield event

    def flush_words(self) -> Iterator[ModelEvent]:
        if text := self._length.cut(self._words.end()):
            yield replace(self._last, text=text, opens=False)

    def end(self, finished: ModelFinished) -> Iterator[ModelEvent]:
        yield from self.flush_words()
        for index, restorer in self._arguments.items():
            if text := restorer.end():
                yield ToolArgumentsDelta(index, text)
        yield finished


async def restored(
    events: AsyncGenerator[ModelEvent], hidden: Placeholders, length: Length
) -> AsyncGenerator[ModelEvent]:
    """The events with what `hidden` hides put back, also where pieces cut a placeholder in two.

    Thinking keeps its placeholders: vendors sign it, and take it back only as it was.
    """
    channels, whole = _Channels(hidden, length), Length(length.limit)
    async with aclosing(events) as all_:
        async for event in all_:
            told = event
            if isinstance(event, ModelFinished):
                message = _message(event.message, hidden, whole)
                told = replace(event, message=message)
                if whole.was_cut:
                    length.was_cut = True
                    told = replace(told, reason="length")
                for each in channels.end(told):
                    yield each
            else:
                for each in channels.feed(told):
                    yield each


def _message(message: ChatMessage, hidden: Placeholders, length: Length) -> ChatMessage:
    def part(one: Part) -> Part:
        if isinstance(one, TextPart):
            text = length.cut(hidden.restore(one.text))
            # Places of citations are counted in the text as it was.
            return one if text == one.text else replace(one, text=text, citations=())
        if isinstance(one, ToolCallPart):
            return replace(one, arguments=hidden.restore_json(one.arguments))
        return one

    return replace(message, parts=tuple(map(part, message.parts)))


def judged_codes(
    rules: GuardrailRules, finished: ModelFinished, request: ModelRequest
) -> tuple[list[str], str | None]:
    """What the checks found in a whole answer; and why it may not be shown, if so."""
    text = finished.message.text
    thoughts = [each.text for each in finished.message.parts if isinstance(each, ReasoningPart)]
    calls = [each.arguments for each in finished.message.parts if isinstance(each, ToolCallPart)]
    said = (text, *thoughts, *calls)
    if rules.denies_answers and any(is_denied(rules, each) for each in said):
        return ["denied"], "The answer holds what this workspace does not allow."
    if rules.schema_check == "off" or calls or finished.reason == "refusal":
        return [], None
    verdict = _judge_schema(request, text)
    if verdict == "kept":
        return [], None
    if verdict == "unknown":
        return ["schema.unchecked"], None if _may_pass(rules) else _UNCHECKED
    if rules.schema_check == "flag":
        return ["schema.failed"], None
    return ["schema.refused"], "The answer is not of the JSON schema that was asked for."


def _may_pass(rules: GuardrailRules) -> bool:
    """What became of an answer whose schema nobody here can check."""
    return rules.schema_check == "flag" or rules.fail_open


def is_denied(rules: GuardrailRules, text: str) -> bool:
    """Whether the text holds a phrase, or matches a pattern, of the list."""
    folded = text.casefold()
    said = any(phrase.casefold() in folded for phrase in rules.denied_phrases)
    return said or matches_any(rules.denied_patterns, text)


def _judge_schema(request: ModelRequest, text: str) -> Literal["kept", "broken", "unknown"]:
    """`unknown` where the schema has patterns that are read by no engine of linear time."""
    schema = request.response_schema
    if schema is None and not request.json_mode:
        return "kept"
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return "broken"
    if schema is None:
        return "kept" if isinstance(value, dict) else "broken"
    try:
        return "kept" if compile_schema(dict(schema)).is_valid(value) else "broken"
    except (jsonschema_rs.ValidationError, ValueError):
        # A schema that is none holds for no answer.
        return "unknown" if wants_look_around(dict(schema)) else "broken"
