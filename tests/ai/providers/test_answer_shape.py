"""An answer that is passed on is counted, and its words are not kept."""

from __future__ import annotations

from vectal.ai.contracts import TextPart, TokenUsage, ToolCallPart
from vectal.ai.ports import ModelFinished
from vectal.ai.providers.answer import Answer


def _finished(*, keeps: bool) -> ModelFinished:
    answer = Answer("openai", keeps=keeps)
    said = [answer.add_text("word ").text for _ in range(3)]
    assert said == ["word "] * 3
    answer.begin_tool(0, "a", "look")
    answer.add_arguments(0, '{"at": 1}')
    return answer.finish("stop", TokenUsage(1, 2))


def test_the_shape_is_the_same() -> None:
    kept, passed = _finished(keeps=True), _finished(keeps=False)
    assert (passed.reason, passed.usage) == (kept.reason, kept.usage)
    assert passed.reason == "tool_calls"
    assert list(map(type, passed.message.parts)) == [TextPart, ToolCallPart]


def test_words_are_kept_only_where_somebody_reads_them() -> None:
    assert _finished(keeps=True).message.parts[0] == TextPart("word word word ")
    assert _finished(keeps=False).message.parts[0] == TextPart("")
