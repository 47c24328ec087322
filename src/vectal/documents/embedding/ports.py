"""What an embedding model looks like from above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from vectal.platform.db import DataScope

Vector: TypeAlias = list[float]
"""Of length 1, so that a dot product is the cosine."""


class Embedder(Protocol):
    """A model that makes vectors. Vectors of two `model_id`s are never compared."""

    @property
    def model_id(self) -> str:
        """Stored with every vector; another model, or another version of it, has another."""
        ...

    @property
    def dimensions(self) -> int: ...

    async def embed(self, texts: Sequence[str], scope: DataScope) -> list[Vector]:
        """One vector a text, in order, for a workspace that may pay for it.

        Raises `EmbeddingError`.
        """
        ...

    async def embed_query(self, text: str) -> Vector:
        """The vector to look for, which may differ from that of the same text as a passage."""
        ...
