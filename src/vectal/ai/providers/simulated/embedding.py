"""The Simulator's vectors: hashed n-grams, so that like texts get like vectors.

They are a function of the text alone and know nothing of its meaning. Good for a demo of search
and for tests, and named so wherever they are listed.
"""

from __future__ import annotations

import asyncio
import math
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from vectal.ai.ports import ProviderFault
from vectal.ai.providers.simulated.mishaps import mishap_of, refusal

MODEL: Final = "simulator-embedding"
DIMENSIONS: Final = 512
_GRAM: Final = 3
_SIGN_BIT: Final = 31

EmbeddingInput: TypeAlias = str | tuple[int, ...]
"""A text, or the tokens of one."""


async def embed_simulated(
    model: str, inputs: Sequence[EmbeddingInput], dimensions: int | None
) -> list[list[float]]:
    """A vector of length 1 for each input; raises ProviderFault as a vendor would.

    Others get their turn between two inputs: a full request takes seconds.
    """
    first = next((each for each in inputs if isinstance(each, str)), "")
    mishap = mishap_of(model, first)
    if mishap is not None and (fault := refusal(mishap)) is not None:
        raise fault
    if mishap is None and model != MODEL:
        raise ProviderFault("model_not_found", f"The Simulator has no embeddings of {model}.")
    vectors: list[list[float]] = []
    for each in inputs:
        vectors.append(vector_of(each, dimensions or DIMENSIONS))
        await asyncio.sleep(0)
    return vectors


def vector_of(text: EmbeddingInput, dimensions: int) -> list[float]:
    """The features of `text` summed by their hash, each with a sign of its own; length 1."""
    counts = [0.0] * dimensions
    for feature in _features(text):
        hashed = zlib.crc32(feature)
        counts[hashed % dimensions] += -1.0 if hashed >> _SIGN_BIT else 1.0
    length = math.sqrt(sum(count * count for count in counts))
    if not length:  # its features cancel each other out
        counts[zlib.crc32(repr(text).encode()) % dimensions] = length = 1.0
    return [count / length for count in counts]


def _features(text: EmbeddingInput) -> Iterator[bytes]:
    """Tokens and pairs of them; of a text its words and their trigrams, whatever the case."""
    if not isinstance(text, str):
        yield from (b"t%d" % token for token in text)
        yield from (b"t%d,%d" % pair for pair in pairwise(text))
        return
    for word in text.casefold().split():
        framed = f" {word} "
        yield framed.encode("utf-8", "surrogatepass")
        for start in range(len(framed) - _GRAM + 1):
            yield framed[start : start + _GRAM].encode("utf-8", "surrogatepass")
