"""Where an answer ends that a request bounds: at a word that it names, or at its longest.

Both are counted as vendors do: what stops the answer is not part of it, thinking is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vectal.ai.ports import ModelRequest
from vectal.ai.providers.simulated.scenario import Scenario, ScriptedCall
from vectal.ai.usage.tokens import MESSAGE_TOKENS, count_tokens, split_tokens


def bounded(request: ModelRequest, scenario: Scenario) -> Scenario:
    """The answer as far as the request wants it, and why it ends there."""
    return _shortened(_stopped(scenario, request.stop), request.max_output_tokens)


def _stopped(scenario: Scenario, stops: Sequence[str]) -> Scenario:
    found = [(scenario.text.find(stop), stop) for stop in stops if stop and stop in scenario.text]
    if not found:
        return scenario
    at, stop = min(found)
    # What was to be called after these words is never reached.
    return replace(scenario, text=scenario.text[:at], calls=(), reason="stop", stop_sequence=stop)


def _shortened(scenario: Scenario, most: int) -> Scenario:
    reasoning = _beginning(scenario.reasoning, most)
    left = most - count_tokens(reasoning)
    text = _beginning(scenario.text, left) if reasoning == scenario.reasoning else ""
    left -= count_tokens(text)
    calls: list[ScriptedCall] = []
    for call in scenario.calls if text == scenario.text else ():
        left -= MESSAGE_TOKENS + count_tokens(call.name)
        if left < 0:
            break
        arguments = _beginning(call.arguments, left)
        left -= count_tokens(arguments)
        calls.append(replace(call, arguments=arguments))
        if arguments != call.arguments:
            break
    cut = replace(scenario, text=text, reasoning=reasoning, calls=tuple(calls))
    return cut if cut == scenario else replace(cut, reason="length", stop_sequence=None)


def _beginning(text: str, most: int) -> str:
    """As many whole tokens of the text as there may be."""
    if count_tokens(text) <= most:
        return text
    pieces = list(split_tokens(text))[: max(0, most)]
    # A character of several tokens comes as one piece.
    while count_tokens(beginning := "".join(pieces)) > most:
        pieces.pop()
    return beginning
