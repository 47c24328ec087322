"""What an embedding model looks like from above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from vectal.platform.db import DataScope

Vector: TypeAlias = list[float]
"""Of length 1, so that a dot product is the cosine."""


async def pick(embedders: Sequence[Embedder], scope: DataScope) -> Embedder:
    """The first that serves the workspace; the last one serves all."""
    for embedder in embedders[:-1]:
        if await embedder.serves(scope):
            return embedder
    return embedders[-1]


class Embedder(Protocol):
    """A model that makes vectors. Vectors of two `model_id`s are never compared."""

    @property
    def model_id(self) -> str:
        """Stored with every vector; another model, or another version of it, has another."""
        ...

    @property
    def dimensions(self) -> int: ...

    async def serves(self, scope: DataScope) -> bool:
        """Whether the workspace may use it, whatever becomes of a single call."""
        ...

    async def embed(self, texts: Sequence[str], scope: DataScope) -> list[Vector]:
        """One vector a text, in order, for a workspace that may pay for it.

        Raises `EmbeddingError`.
        """
        ...

    async def embed_query(self, text: str, scope: DataScope) -> Vector:
        """The vector to look for, which may differ from that of the same text as a passage."""
        ...
