"""The model of the process itself as a target: bounded, and its failures told as a provider's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from vectal.ai.ports import ProviderFault
from vectal.ai.proxy.wires.embeddings.reading import read_embedding_call
from vectal.ai.service.gateway.local_embedding import HereEmbedding
from vectal.platform.errors import AppError, InvalidInputError, UnavailableError

ASKED = read_embedding_call(b'{"model":"vectal/local-embedding","input":["one","two"]}')


@dataclass
class Model:
    """Answers once it is let go, or fails."""

    dimensions: int = 2
    error: AppError | None = None
    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Queue[None] = field(default_factory=asyncio.Queue[None])

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.begun.put_nowait(None)
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return [[1.0, 0.0] for _ in texts]


async def _answer(here: HereEmbedding) -> list[object]:
    return [item async for item in here.answer(ASKED)]


async def test_no_more_wait_than_it_may_hold() -> None:
    model = Model()
    here = HereEmbedding(model, most=2)
    waiting = [asyncio.create_task(_answer(here)) for _ in range(2)]
    for _ in waiting:
        await model.begun.get()
    with pytest.raises(ProviderFault) as refused:
        await _answer(here)
    assert (refused.value.kind, refused.value.retry_after_s) == ("overloaded", 1.0)
    model.go.set()
    assert [len(items) for items in await asyncio.gather(*waiting)] == [2, 2]
    assert len(await _answer(here)) == 2


async def test_one_that_went_away_makes_room() -> None:
    model = Model()
    here = HereEmbedding(model, most=1)
    leaving = asyncio.create_task(_answer(here))
    await model.begun.get()
    leaving.cancel()
    await asyncio.wait({leaving})
    model.go.set()
    assert len(await _answer(here)) == 2


@pytest.mark.parametrize(
    ("error", "kind"),
    [(InvalidInputError("too long"), "invalid_request"), (UnavailableError(), "unavailable")],
)
async def test_its_failures_are_a_providers(error: AppError, kind: str) -> None:
    model = Model(error=error)
    model.go.set()
    with pytest.raises(ProviderFault) as refused:
        await _answer(HereEmbedding(model))
    assert refused.value.kind == kind
