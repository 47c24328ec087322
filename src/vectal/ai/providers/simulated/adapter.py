"""The Simulator as a provider: streams an answer token by token, or fails as it was told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Final, TypeAlias

from vectal.ai.contracts import ChatMessage, ReasoningPart, TokenUsage
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    ListedModel,
    ModelEvent,
    ModelRequest,
    ProviderFault,
    ProviderKind,
    StopReason,
)
from vectal.ai.providers.answer import Answer
from vectal.ai.providers.simulated.bounds import bounded
from vectal.ai.providers.simulated.mishaps import Mishap, mishap_of, refusal
from vectal.ai.providers.simulated.recollection import Recollection
from vectal.ai.providers.simulated.scenario import Scenario, ScriptedCall
from vectal.ai.usage.tokens import count_message, count_part, count_tokens, split_tokens

PLAIN: Final = "simulator"
THINKING: Final = "simulator-thinking"
_MODELS: Final = (PLAIN, THINKING)
_CACHEABLE_TOKENS: Final = 1_024
_TRICKLE_S: Final = 0.2
_CUT_AFTER: Final = 8
_SHORT_AFTER: Final = 24
_ENDLESS_S: Final = 3_600.0

Brain: TypeAlias = Callable[[ModelRequest], Scenario]


class SimulatorAdapter:
    """Answers by rules. `pace_s` is the pause between tokens; a test sets its own `script`."""

    kind: ProviderKind = "simulator"

    def __init__(self, pace_s: float = 0.012, script: Brain | None = None) -> None:
        self._pace_s = pace_s
        self._script = script

    async def stream(
        self,
        credentials: Credentials,  # noqa: ARG002  (it needs no key)
        request: ModelRequest,
        limits: CallLimits,
    ) -> AsyncGenerator[ModelEvent]:
        seen = Recollection.of(request)
        mishap = mishap_of(request.model, seen.text)
        if mishap is None and request.model not in _MODELS:
            raise ProviderFault("model_not_found", f"The Simulator has no model {request.model}.")
        ends_at = asyncio.get_running_loop().time() + limits.deadline_s
        if mishap is not None and (fault := refusal(mishap)) is not None:
            raise fault
        answer = Answer("simulator")
        scenario = bounded(request, self._scenario(request, mishap))
        events = _said(scenario, answer)
        async for event in _paced(events, mishap, self._pace_s, limits, ends_at):
            yield event
        reason = _reason(mishap, scenario.reason)
        said = answer.finish(reason, None).message
        yield answer.finish(reason, _usage(request, said), scenario.stop_sequence)

    async def list_models(
        self,
        credentials: Credentials,  # noqa: ARG002  (it needs no key)
        limits: CallLimits,  # noqa: ARG002  (it waits for nobody)
    ) -> tuple[ListedModel, ...]:
        return (
            ListedModel(PLAIN, "Simulator", 128_000, 8_192, images=False, reasoning=False),
            ListedModel(THINKING, "Simulator, thinking", 1_000_000, 8_192, reasoning=True),
        )

    def _scenario(self, request: ModelRequest, mishap: Mishap | None) -> Scenario:
        if self._script is not None:
            return self._script(request)
        if mishap == "bad-arguments" and request.tools and not Recollection.of(request).done:
            return Scenario(calls=(ScriptedCall(request.tools[0].name, '{"oops": [1, '),))
        if mishap == "unknown-tool" and not Recollection.of(request).done:
            return Scenario(calls=(ScriptedCall("tool_that_is_not_there", "{}"),))
        if mishap == "empty":
            return Scenario()
        # Many rules and phrases, of which a house with real models needs none.
        from vectal.ai.providers.simulated import (  # noqa: PLC0415 - see above
            brain,
            obedience,
            running,
        )

        says = running.next_step if running.is_run(request) else brain.answer
        return obedience.obeyed(request, says(request, thinks=_thinks(request)))


def _said(scenario: Scenario, answer: Answer) -> Iterator[ModelEvent]:
    for token in split_tokens(scenario.reasoning):
        yield answer.add_reasoning(token)
    for token in split_tokens(scenario.text):
        yield answer.add_text(token, refusal=scenario.reason == "refusal")
    for index, call in enumerate(scenario.calls):
        yield answer.begin_tool(index, "", call.name)
        for token in split_tokens(call.arguments):
            yield answer.add_arguments(index, token)


async def _paced(
    events: Iterator[ModelEvent],
    mishap: Mishap | None,
    pace_s: float,
    limits: CallLimits,
    ends_at: float,
) -> AsyncIterator[ModelEvent]:
    loop = asyncio.get_running_loop()
    if mishap == "hang":
        await _fall_silent(limits.first_word_s, ends_at)
    for number, event in enumerate(events):
        if number == _CUT_AFTER:
            await _break_off(mishap, limits, ends_at)
        if mishap == "length" and number == _SHORT_AFTER:
            return
        if loop.time() >= ends_at:
            raise ProviderFault("timeout", "The provider took too long.", gave_up=True)
        await asyncio.sleep(_TRICKLE_S if mishap == "trickle" else pace_s)
        yield event
    if mishap in {"cut", "stall", "garbage"}:
        await _break_off(mishap, limits, ends_at)  # the answer was shorter than that


async def _break_off(mishap: Mishap | None, limits: CallLimits, ends_at: float) -> None:
    if mishap == "cut":
        raise ProviderFault("cut", "The stream of the provider broke off.")
    if mishap == "garbage":
        raise ProviderFault("garbage", "The provider sent a chunk that is no JSON.")
    if mishap == "stall":
        await _fall_silent(limits.idle_s, ends_at)


async def _fall_silent(patience_s: float, ends_at: float) -> None:
    left = ends_at - asyncio.get_running_loop().time()
    await asyncio.sleep(max(0.0, min(patience_s, left, _ENDLESS_S)))
    raise ProviderFault("timeout", "The provider fell silent.", gave_up=True)


def _thinks(request: ModelRequest) -> bool:
    return request.model == THINKING or request.effort not in {"off", None}


def _reason(mishap: Mishap | None, reason: StopReason) -> StopReason:
    match mishap:
        case "length":
            return "length"
        case "refusal":
            return "refusal"
        case "filter":
            return "content_filter"
        case _:
            return reason


def _usage(request: ModelRequest, message: ChatMessage) -> TokenUsage:
    """Real counts. What came before the newest message counts as read from a cache."""
    system = count_tokens(request.system)
    counts = [count_message(each) for each in request.messages]
    before = system + sum(counts[:-1])
    thought = sum(count_part(p) for p in message.parts if isinstance(p, ReasoningPart))
    return TokenUsage(
        input_tokens=system + sum(counts),
        output_tokens=sum(map(count_part, message.parts)),
        cache_read_tokens=before if before >= _CACHEABLE_TOKENS else 0,
        reasoning_tokens=thought,
    )
