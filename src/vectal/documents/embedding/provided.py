"""A model of a provider, asked as outside clients ask: budgets, ledgers and data policy hold."""

from __future__ import annotations

import base64
import binascii
import math
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Struct

from vectal.ai.service.gateway.call import CallRefusedError, IncomingCall
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.ai.service.gateway.inner import inner_call
from vectal.documents.embedding.errors import EmbeddingError, EmbeddingInputError
from vectal.documents.embedding.ports import Vector
from vectal.platform.db import DataScope

_TEXTS_AT_ONCE: Final = 64
_CHARACTERS_AT_ONCE: Final = 200_000
_BAD_INPUT: Final = 400
_NUMBER_BYTES: Final = 4


class _Row(Struct):
    index: int
    embedding: str | list[float]


class _Answer(Struct):
    data: list[_Row]


@dataclass(frozen=True, slots=True)
class ProvidedEmbedder:
    """`name` is as a client of `/v1/embeddings` names it; vectors have `dimensions` numbers.

    `is_shortened` when the model makes longer ones unless it is asked for fewer.
    """

    gateway: EmbeddingGateway
    name: str
    dimensions: int
    is_shortened: bool = False

    @property
    def model_id(self) -> str:
        return f"{self.name}@{self.dimensions}"

    async def serves(self, scope: DataScope) -> bool:
        """Whether the workspace has a provider of it that its data policy allows."""
        try:
            await self.gateway.prepare(self._call(scope, ["?"]))
        except CallRefusedError:
            return False
        return True

    async def embed(self, texts: Sequence[str], scope: DataScope) -> list[Vector]:
        vectors: list[Vector] = []
        for batch in _batches(texts):
            vectors += await self._embed(batch, scope)
        return vectors

    async def embed_query(self, text: str, scope: DataScope) -> Vector:
        (vector,) = await self.embed([text], scope)
        return vector

    async def _embed(self, texts: Sequence[str], scope: DataScope) -> list[Vector]:
        try:
            answer = await self.gateway.answer(self._call(scope, texts))
        except CallRefusedError as error:
            problem = error.problem
            if problem.status == _BAD_INPUT:
                raise EmbeddingInputError(problem.message) from error
            raise EmbeddingError(problem.message) from error
        return _read(answer.body, len(texts), self.dimensions)

    def _call(self, scope: DataScope, texts: Sequence[str]) -> IncomingCall:
        body: dict[str, Any] = {
            "model": self.name,
            "input": list(texts),
            "encoding_format": "base64",
        }
        if self.is_shortened:
            body["dimensions"] = self.dimensions
        return inner_call(scope, msgspec.json.encode(body), "documents")


def _batches(texts: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    room = 0
    for text in texts:
        if not batches or len(batches[-1]) >= _TEXTS_AT_ONCE or len(text) > room:
            batches.append([])
            room = _CHARACTERS_AT_ONCE
        batches[-1].append(text)
        room -= len(text)
    return batches


def _read(body: bytes, count: int, dimensions: int) -> list[Vector]:
    """What a vendor says is not to be trusted: as many vectors as texts, each of that length."""
    try:
        rows = msgspec.json.decode(body, type=_Answer).data
        vectors = {row.index: _numbers(row.embedding) for row in rows}
        found = [_unit(vectors[index]) for index in range(count)]
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise EmbeddingError("Its answer can't be understood.") from error
    if any(len(vector) != dimensions for vector in found):
        made = sorted({len(vector) for vector in found})
        raise EmbeddingError(
            f"It makes vectors of {', '.join(map(str, made))} numbers, not {dimensions};"
            " set VECTAL_EMBEDDING_DIMENSIONS."
        )
    return found


def _numbers(embedding: str | list[float]) -> list[float]:
    """Some vendors send numbers where base64 was asked for."""
    if not isinstance(embedding, str):
        return embedding
    try:
        raw = base64.b64decode(embedding, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    if len(raw) % _NUMBER_BYTES:
        raise ValueError("It ends within a number.")
    numbers = array("f", raw)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _unit(vector: list[float]) -> Vector:
    length = math.hypot(*vector)
    if not math.isfinite(length) or length <= 0:
        raise ValueError("It is no direction.")
    return [number / length for number in vector]
