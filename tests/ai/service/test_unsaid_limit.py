"""How long an answer may become whose client named no limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.catalog.spec import ModelSpec
from vectal.ai.contracts import user_message
from vectal.ai.ports import Effort, ModelRequest, WireTraits
from vectal.ai.proxy.attempts import input_tokens
from vectal.ai.service.gateway.asking import DEFAULT_OUTPUT_TOKENS, unsaid_limit

FILE = load_models_file()
SONNET = next(model for model in FILE.models if model.name == "claude-sonnet-5-5")
BY_BUDGET = WireTraits("optional", "disabled", "budget")


def _model(context: int, longest: int) -> ModelSpec:
    return replace(SONNET, context_tokens=context, max_output_tokens=longest)


def _asked(words: int, effort: Effort | None = None) -> ModelRequest:
    said = user_message("word " * words)
    return ModelRequest("m", "", (said,), DEFAULT_OUTPUT_TOKENS, effort=effort, traits=BY_BUDGET)


def _limit(request: ModelRequest, model: ModelSpec) -> int:
    return unsaid_limit(
        request, model, len(request.messages[0].text), lambda: input_tokens(request)
    )


def test_it_is_the_models_own_longest() -> None:
    assert _limit(_asked(10), SONNET) == SONNET.max_output_tokens == 128_000


def test_it_leaves_room_for_the_input() -> None:
    request = _asked(100_000)
    limit = _limit(request, _model(200_000, 128_000))
    assert 4_096 < limit < 128_000
    assert input_tokens(request) + limit < 200_000


@pytest.mark.parametrize(("effort", "least"), [("low", 2_048), ("high", 24_576), (None, 0)])
def test_thinking_takes_nothing_of_the_least_answer(effort: Effort | None, least: int) -> None:
    full = _asked(40_000, effort)
    assert _limit(full, _model(40_100, 39_000)) == DEFAULT_OUTPUT_TOKENS + least


@given(
    st.integers(1, 2_000),
    st.integers(2, 300_000),
    st.integers(1, 300_000),
    st.sampled_from((None, "off", "low", "max")),
)
def test_it_is_never_longer_than_what_budgets_set_aside(
    words: int, context: int, longest: int, effort: Effort | None
) -> None:
    assert 1 <= _limit(_asked(words, effort), _model(context, longest)) <= longest
