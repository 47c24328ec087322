"""The Simulator's vectors: functions of the text, of length 1, alike for what is alike."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.ports import ProviderFault
from vectal.ai.providers.simulated.embedding import MODEL, embed_simulated, vector_of

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon"]
_INPUTS = st.one_of(
    st.text(min_size=1, max_size=200),
    st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=50).map(tuple),
)


@given(_INPUTS, st.integers(1, 600))
def test_every_vector_has_the_length_one(text: str | tuple[int, ...], dimensions: int) -> None:
    vector = vector_of(text, dimensions)
    assert len(vector) == dimensions
    assert math.isclose(math.fsum(each * each for each in vector), 1.0, abs_tol=1e-9)
    assert vector == vector_of(text, dimensions)


@given(st.lists(st.sampled_from(WORDS), min_size=6, max_size=9))
def test_one_word_more_changes_little(words: list[str]) -> None:
    one, two = vector_of(" ".join(words), 512), vector_of(" ".join([*words, "zebra"]), 512)
    other = vector_of("quick brown foxes jump over lazy hounds", 512)
    alike = sum(a * b for a, b in zip(one, two, strict=True))
    unlike = sum(a * b for a, b in zip(one, other, strict=True))
    assert alike > 0.8 > unlike


async def test_faults_on_demand() -> None:
    with pytest.raises(ProviderFault) as caught:
        await embed_simulated("simulator-fault-429", ["x"], None)
    assert caught.value.kind == "rate_limited"
    with pytest.raises(ProviderFault) as caught:
        await embed_simulated(MODEL, ["[simulate:500] x"], None)
    assert caught.value.kind == "server_error"
    with pytest.raises(ProviderFault) as caught:
        await embed_simulated("simulator", ["x"], None)
    assert caught.value.kind == "model_not_found"
