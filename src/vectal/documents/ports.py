"""The models that documents lean on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vectal.auth.principal import Principal
from vectal.documents.embedding.ports import Embedder


class Reranker(Protocol):
    """Sorts passages by how well they answer."""

    async def rank(self, principal: Principal, question: str, texts: Sequence[str]) -> list[int]:
        """Places in `texts`, the best first; those that don't help may be left out.

        Raises an `AppError` when nobody could say.
        """
        ...


@dataclass(frozen=True, slots=True)
class DocumentModels:
    """What is indexed from now on is so by the first embedder that serves a workspace.

    The others answer for what was indexed with them, until it is indexed anew.
    """

    embedders: Sequence[Embedder]
    reranker: Reranker | None = None
