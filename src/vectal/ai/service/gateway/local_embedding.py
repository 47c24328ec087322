"""The embedding model of the process itself, as one more target of a request for vectors."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Final

from vectal.ai.catalog.offers import local_embedding
from vectal.ai.catalog.spec import ModelSpec
from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import LocalEmbedder, ProviderFault
from vectal.ai.providers.raw import RawEnd, RawItem
from vectal.ai.proxy.wires.embeddings.encoding import write_embeddings
from vectal.ai.proxy.wires.embeddings.reading import MAX_TOKENS, EmbeddingCall
from vectal.platform.errors import InvalidInputError, UnavailableError

MOST_UNDER_WAY: Final = 16
"""Requests that wait for the model or are being answered by it; another is sent away."""


@dataclass(slots=True)
class HereEmbedding:
    """Requests take turns, a batch of texts each, so that none waits for another's thousand."""

    model: LocalEmbedder
    most: int = MOST_UNDER_WAY
    spec: ModelSpec = field(init=False)
    _under_way: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.spec = local_embedding(self.model.dimensions, MAX_TOKENS)

    async def answer(self, asked: EmbeddingCall) -> AsyncGenerator[RawItem]:
        """The body in OpenAI's shape, then the end. Raises ProviderFault."""
        texts = [each for each in asked.inputs if isinstance(each, str)]
        if len(texts) < len(asked.inputs):
            raise ProviderFault("invalid_request", "input: the local model takes texts, no tokens.")
        if self._under_way >= self.most:
            raise ProviderFault("overloaded", "The local model is busy.", retry_after_s=1.0)
        self._under_way += 1
        try:
            vectors = await self.model.embed(texts)
        except InvalidInputError as error:
            raise ProviderFault("invalid_request", f"input: {error.detail}") from error
        except UnavailableError as error:
            raise ProviderFault("unavailable", "The local model can't run now.") from error
        finally:
            self._under_way -= 1
        yield write_embeddings(asked, self.spec.name, vectors)
        yield RawEnd(TokenUsage(input_tokens=asked.tokens))
