"""The local embedding model at `/v1`, asked by OpenAI's own client."""

import asyncio
import math
from typing import Any

import openai
import pytest
from tests.wire.conftest import Gateway

MODEL = "vectal/local-embedding"


@pytest.fixture
def client(gateway: Gateway) -> openai.AsyncOpenAI:
    """Not strict: the client asks for base64 by itself, which its own types don't know."""
    return gateway.openai(strict=False)


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_it_is_listed(client: openai.AsyncOpenAI) -> None:
    names = [each.id async for each in await client.models.list()]
    assert names.count(MODEL) == 1
    assert (await client.models.retrieve(MODEL)).id == MODEL


async def test_it_knows_what_is_meant(client: openai.AsyncOpenAI) -> None:
    texts = [
        "How long is the notice period?",
        "The tenant must give three months written warning before leaving.",
        "Mix flour and water and let the dough rest.",
    ]
    answer = await client.embeddings.create(model=MODEL, input=texts)
    assert (answer.object, answer.model) == ("list", MODEL)
    assert [(row.object, row.index) for row in answer.data] == [("embedding", n) for n in range(3)]
    asked, near, far = (row.embedding for row in answer.data)
    assert len(asked) == 896
    assert math.isclose(_cosine(asked, asked), 1.0, abs_tol=1e-4)
    assert _cosine(asked, near) > _cosine(asked, far)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 20


@pytest.mark.slow
async def test_both_encodings_say_the_same(client: openai.AsyncOpenAI) -> None:
    numbers = await client.embeddings.create(model=MODEL, input="Hello", encoding_format="float")
    # The client asks for base64 by itself.
    packed = await client.embeddings.create(model=MODEL, input="Hello")
    assert packed.data[0].embedding == pytest.approx(numbers.data[0].embedding, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"input": [1, 2, 3]}, None),
        ({"input": "   "}, None),
        ({"input": "x", "dimensions": 512}, "dimensions"),
        ({"input": ["x"] * 2_049}, "input"),
    ],
)
async def test_what_it_does_not_take_is_refused(
    gateway: Gateway, wrong: dict[str, Any], param: str | None
) -> None:
    async with gateway.http() as http:
        answer = await http.post("/embeddings", json={"model": MODEL, **wrong})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


@pytest.mark.slow
async def test_others_are_served_while_it_works(client: openai.AsyncOpenAI) -> None:
    """It runs off the loop, and takes turns between requests."""
    long = asyncio.create_task(
        client.embeddings.create(model=MODEL, input=["It goes on and on. " * 60] * 256)
    )
    try:
        await client.embeddings.create(model=MODEL, input="short")
        await client.models.list()
        assert not long.done()
    finally:
        long.cancel()
        await asyncio.wait({long})


async def test_a_workspace_whose_words_stay_inside_has_it(gateway: Gateway) -> None:
    async with gateway.http() as http:
        answer = await http.post("/embeddings", json={"model": MODEL, "input": "x"})
    assert answer.status_code == 200
    assert answer.headers["x-vectal-provider"] == "This machine"
    assert answer.headers["x-vectal-simulated"] == "false"
