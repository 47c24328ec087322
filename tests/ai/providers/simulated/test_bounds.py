"""Answers of the Simulator end where the request says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.contracts import user_message
from vectal.ai.ports import CallLimits, Credentials, ModelFinished, ModelRequest, StopReason
from vectal.ai.providers.simulated.adapter import PLAIN, THINKING, SimulatorAdapter
from vectal.ai.providers.simulated.bounds import bounded
from vectal.ai.providers.simulated.scenario import Scenario, ScriptedCall
from vectal.ai.usage.tokens import MESSAGE_TOKENS, count_tokens

LIMITS = CallLimits(deadline_s=20, first_word_s=1, idle_s=1)
REQUEST = ModelRequest(PLAIN, "", (user_message("Write a story of 200 words"),), 4_000)
CALL = ScriptedCall("create_task", '{"title": "Pay the rent on time"}')


async def _finish(request: ModelRequest) -> ModelFinished:
    stream = SimulatorAdapter(0.0).stream(Credentials(""), request, LIMITS)
    last = [event async for event in stream][-1]
    assert isinstance(last, ModelFinished)
    return last


@pytest.mark.parametrize("model", [PLAIN, THINKING])
@pytest.mark.parametrize("most", [1, 2, 7, 50])
async def test_an_answer_is_at_most_as_long_as_asked(model: str, most: int) -> None:
    whole = await _finish(replace(REQUEST, model=model))
    short = await _finish(replace(REQUEST, model=model, max_output_tokens=most))
    assert (whole.reason, short.reason) == ("stop", "length")
    assert short.usage is not None
    assert short.usage.output_tokens == most
    assert whole.message.text.startswith(short.message.text)
    assert short.usage.reasoning_tokens <= most


async def test_an_answer_that_just_fits_is_whole() -> None:
    whole = await _finish(REQUEST)
    assert whole.usage is not None
    tokens = whole.usage.output_tokens
    assert (await _finish(replace(REQUEST, max_output_tokens=tokens))).reason == "stop"
    assert (await _finish(replace(REQUEST, max_output_tokens=tokens - 1))).reason == "length"


async def test_the_first_of_the_stop_words_ends_the_answer() -> None:
    whole = await _finish(REQUEST)
    late, early = whole.message.text[90:110], whole.message.text[30:45]
    stopped = await _finish(replace(REQUEST, stop=(late, "nowhere to be found", early, "")))
    assert (stopped.reason, stopped.stop_sequence) == ("stop", early)
    assert stopped.message.text == whole.message.text.partition(early)[0]
    assert stopped.usage is not None
    assert stopped.usage.output_tokens == count_tokens(stopped.message.text)


async def test_a_stop_word_beyond_the_longest_answer_is_never_reached() -> None:
    word = (await _finish(REQUEST)).message.text[-20:]
    short = await _finish(replace(REQUEST, stop=(word,), max_output_tokens=5))
    assert (short.reason, short.stop_sequence) == ("length", None)


@pytest.mark.parametrize(
    ("most", "calls", "reason"),
    [
        (100, (CALL,), "tool_calls"),
        (2 + MESSAGE_TOKENS + 2 + 3, (ScriptedCall("create_task", '{"title":'),), "length"),
        (2 + MESSAGE_TOKENS, (), "length"),
    ],
)
def test_calls_are_part_of_the_length(
    most: int, calls: tuple[ScriptedCall, ...], reason: StopReason
) -> None:
    scenario = Scenario("Right away", calls=(CALL,), reason="tool_calls")
    found = bounded(replace(REQUEST, max_output_tokens=most), scenario)
    assert (found.text, found.calls, found.reason) == ("Right away", calls, reason)


def test_what_comes_before_a_call_may_stop_it() -> None:
    scenario = Scenario("One. STOP Two.", calls=(CALL,), reason="tool_calls")
    found = bounded(replace(REQUEST, stop=("STOP",)), scenario)
    assert found == Scenario("One. ", reason="stop", stop_sequence="STOP")


@given(st.text(max_size=200), st.text(max_size=60), st.integers(1, 80))
def test_any_answer_keeps_to_its_length(text: str, reasoning: str, most: int) -> None:
    scenario = Scenario(text, reasoning)
    found = bounded(replace(REQUEST, max_output_tokens=most), scenario)
    length = count_tokens(found.reasoning) + count_tokens(found.text)
    assert length <= most
    assert text.encode("utf-8", "replace").decode().startswith(found.text.rstrip("\ufffd"))
    assert (found == scenario) == (found.reason == "stop")
