"""Embeddings: OpenAI's own client at our `/v1`, the Simulator and a vendor behind it."""

import asyncio
import json
import math
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from tests.platform.http.peer import reply
from tests.wire.conftest import (
    CHAT_MODEL,
    CLAUDE_MODEL,
    EMBEDDING_MODEL,
    JSON,
    UPSTREAM_KEY,
    Gateway,
    make_key,
)

MODEL = "simulator-embedding"
UPSTREAM = "/chat/embeddings"
ANSWER = (
    b'{"object":"list","odd":  [1],"model":"their-name","data":[{"object":"embedding","index":0,'
    b'"embedding":[0.25,-0.5]}],"usage":{"prompt_tokens":7,"total_tokens":7}}'
)


@pytest.fixture
def client(gateway: Gateway) -> openai.AsyncOpenAI:
    """Not strict: the client asks for base64 by itself, which its own types don't know."""
    return gateway.openai(strict=False)


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def _embed(client: openai.AsyncOpenAI, given: Any, **more: Any) -> list[list[float]]:
    answer = await client.embeddings.create(model=MODEL, input=given, **more)
    assert [row.index for row in answer.data] == list(range(len(answer.data)))
    return [row.embedding for row in answer.data]


async def test_one_text(client: openai.AsyncOpenAI) -> None:
    answer = await client.embeddings.create(model=MODEL, input="Hello there")
    assert answer.object == "list"
    assert answer.model == MODEL
    (row,) = answer.data
    assert (row.object, row.index, len(row.embedding)) == ("embedding", 0, 512)
    assert math.isclose(_cosine(row.embedding, row.embedding), 1.0, abs_tol=1e-5)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0


async def test_equal_texts_are_equal_and_like_ones_alike(client: openai.AsyncOpenAI) -> None:
    texts = ["The cat sat on the mat", "A cat sat on a mat", "Quarterly tax return 2031"]
    same, like, other = await _embed(client, texts)
    assert (await _embed(client, texts[0]))[0] == same
    assert _cosine(same, like) > 0.5 > _cosine(same, other)


@pytest.mark.parametrize(
    ("given", "count"),
    [("text", 1), (["one", "two", "three"], 3), ([1, 2, 3], 1), ([[1, 2], [3], [1, 2]], 3)],
    ids=["text", "texts", "tokens", "lists of tokens"],
)
async def test_every_form_of_input(client: openai.AsyncOpenAI, given: Any, count: int) -> None:
    vectors = await _embed(client, given)
    assert len(vectors) == count
    if given == [[1, 2], [3], [1, 2]]:
        assert vectors[0] == vectors[2] != vectors[1]


async def test_both_encodings_say_the_same(client: openai.AsyncOpenAI, gateway: Gateway) -> None:
    (numbers,) = await _embed(gateway.openai(), "Hello", encoding_format="float")
    (packed,) = await _embed(client, "Hello")  # the client asks for base64 by itself
    assert packed == pytest.approx(numbers, abs=1e-6)


async def test_fewer_dimensions(client: openai.AsyncOpenAI) -> None:
    (vector,) = await _embed(client, "Hello", dimensions=64, user="ada")
    assert len(vector) == 64
    assert math.isclose(_cosine(vector, vector), 1.0, abs_tol=1e-5)


NO_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"input": ""}, "input"),
    ({"input": []}, "input"),
    ({"input": ["fine", ""]}, "input[1]"),
    ({"input": ["fine", 3]}, "input[1]"),
    ({"input": [3, "fine"]}, "input"),
    ({"input": [[]]}, "input[0]"),
    ({"input": [-1]}, "input"),
    ({"input": [True]}, "input"),
    ({"input": {"text": "x"}}, "input"),
    ({"input": ["x"] * 2_049}, "input"),
    ({"input": [[1] * 7_000] * 43}, "input"),
    ({"input": "x", "dimensions": 0}, "dimensions"),
    ({"input": "x", "dimensions": 513}, "dimensions"),
    ({"input": "x", "encoding_format": "hex"}, "encoding_format"),
    ({}, "input"),
]


@pytest.mark.parametrize(("wrong", "param"), NO_REQUESTS)
async def test_what_is_no_request_is_refused(
    gateway: Gateway, wrong: dict[str, Any], param: str
) -> None:
    async with gateway.http() as http:
        answer = await http.post("/embeddings", json={"model": MODEL, **wrong})
    assert answer.status_code == 400, answer.text[:300]
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"model":"x"', b"\xff", b'{"model":"m","input":"a","input":"b"}'],
)
async def test_hostile_bodies_are_refused(gateway: Gateway, body: bytes) -> None:
    async with gateway.http() as http:
        answer = await http.post("/embeddings", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


async def test_one_input_may_be_too_long(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.embeddings.create(model=MODEL, input=[[1], [1] * 8_193])
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "input")
    assert "maximum context length is 8192 tokens" in caught.value.message


@pytest.mark.parametrize("model", [CHAT_MODEL, CLAUDE_MODEL, "simulator", "vectal/auto"])
async def test_models_for_chat_make_no_vectors(client: openai.AsyncOpenAI, model: str) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await client.embeddings.create(model=model, input="Hello")
    assert (caught.value.code, caught.value.param) == ("ai.wrong_model_kind", "model")


@pytest.mark.parametrize("model", [MODEL, EMBEDDING_MODEL, "text-embedding-3-small"])
async def test_embedding_models_answer_no_chat(gateway: Gateway, model: str) -> None:
    hello: Any = [{"role": "user", "content": "Hello"}]
    with pytest.raises(openai.NotFoundError) as caught:
        await gateway.openai().chat.completions.create(model=model, messages=hello)
    assert caught.value.code == "ai.wrong_model_kind"
    with pytest.raises(anthropic.NotFoundError):
        await gateway.anthropic().messages.create(model=model, max_tokens=9, messages=hello)


@pytest.mark.parametrize("model", ["no-such-model", "text-embedding-3-large"])
async def test_what_is_not_within_reach(client: openai.AsyncOpenAI, model: str) -> None:
    """Nothing stands in: vectors of two models don't compare."""
    with pytest.raises(openai.NotFoundError) as caught:
        await client.embeddings.create(model=model, input="Hello")
    assert caught.value.code == "ai.unknown_model"


async def test_they_are_listed(client: openai.AsyncOpenAI) -> None:
    names = [model.id async for model in client.models.list()]
    assert {MODEL, EMBEDDING_MODEL} <= set(names)
    assert len(names) == len(set(names))


async def test_a_body_is_passed_on_byte_for_byte(gateway: Gateway) -> None:
    gateway.peer.answers[UPSTREAM] = reply(ANSWER, headers=JSON)
    sent = b'{ "input":["a\\u00e4"],  "future": {"model": 1.50}, "model" : "%s" }'
    body = sent % EMBEDDING_MODEL.encode()
    async with gateway.http() as http:
        answer = await http.post("/embeddings", content=body, headers=JSON)
    assert answer.content == ANSWER
    assert answer.headers["x-vectal-model"] == EMBEDDING_MODEL
    seen = gateway.peer.seen[-1]
    assert (seen.path, seen.body) == (UPSTREAM, body)
    assert seen.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert gateway.key not in str(seen.headers)


async def test_it_is_written_down_with_the_vendors_counts(gateway: Gateway) -> None:
    gateway.peer.answers[UPSTREAM] = reply(ANSWER, headers=JSON)
    # A key of its own: what other tests did may be written down only now.
    made = await gateway.ada.post("/api-keys", {"name": "counted", "scopes": ["ai:use"]})
    client = gateway.openai(str(made["key"]), strict=False)
    await client.embeddings.create(model=EMBEDDING_MODEL, input="Hello")
    row: dict[str, Any] | None = None
    for _ in range(200):
        found = await gateway.ada.get("/ai/usage", group="api_key")
        row = next((each for each in found["items"] if each["group"] == made["id"]), None)
        if row is not None:
            break
        await asyncio.sleep(0.1)  # the ledger is written each half second
    assert row is not None
    assert (row["calls"], row["input_tokens"], row["output_tokens"]) == (1, 7, 0)


@pytest.mark.parametrize(
    ("number", "status", "error"),
    [
        (0, "400 Bad Request", openai.BadRequestError),
        (1, "429 Too Many Requests", openai.RateLimitError),
        (2, "500 Internal Server Error", openai.InternalServerError),
    ],
)
async def test_a_vendors_refusal_is_the_clients_own_error(
    gateway: Gateway, number: int, status: str, error: type[openai.APIStatusError]
) -> None:
    said = json.dumps({"error": {"message": "no, sk-upstream-0123456789"}}).encode()
    gateway.peer.answers[UPSTREAM] = reply(
        said, status=status, headers={**JSON, "Retry-After": "60"}
    )
    model = f"{EMBEDDING_MODEL}-{number}"  # with a breaker of its own
    with pytest.raises(error) as caught:
        await gateway.openai().embeddings.create(model=model, input="Hello")
    assert UPSTREAM_KEY not in str(caught.value)


@pytest.mark.parametrize(("number", "body"), [(3, b"<html>"), (4, b"[1]"), (5, b"")])
async def test_a_vendors_garbage_is_told_as_such(
    gateway: Gateway, number: int, body: bytes
) -> None:
    gateway.peer.answers[UPSTREAM] = reply(body, headers=JSON)
    model = f"{EMBEDDING_MODEL}-{number}"
    with pytest.raises(openai.InternalServerError):
        await gateway.openai().embeddings.create(model=model, input="Hello")


async def test_who_may_not(gateway: Gateway) -> None:
    with pytest.raises(openai.AuthenticationError):
        await gateway.openai("vct_nobody").embeddings.create(model=MODEL, input="Hello")
    key = await make_key(gateway.ada, ["tasks:read"])
    with pytest.raises(openai.PermissionDeniedError):
        await gateway.openai(key).embeddings.create(model=MODEL, input="Hello")


async def _ruled(gateway: Gateway, **rules: Any) -> openai.AsyncOpenAI:
    made = await gateway.ada.post("/api-keys", {"name": "ruled", "scopes": ["ai:use"]})
    answer = await gateway.ada.http.put(f"/ai/key-rules/{made['id']}", json=rules)
    assert answer.status_code == 200, answer.text
    return gateway.openai(str(made["key"]), strict=False)


async def test_rules_of_a_key_hold(gateway: Gateway) -> None:
    limited = await _ruled(gateway, models=["simulator"])
    with pytest.raises(openai.PermissionDeniedError) as caught:
        await limited.embeddings.create(model=MODEL, input="Hello")
    assert caught.value.code == "model_not_allowed"
    allowed = await _ruled(gateway, models=[MODEL], providers=["simulator"])
    assert (await allowed.embeddings.create(model=MODEL, input="Hello")).data


async def test_tokens_count_against_the_rate(gateway: Gateway) -> None:
    client = await _ruled(gateway, tokens_per_minute=100)
    raw = await client.embeddings.with_raw_response.create(model=MODEL, input=[[7] * 80])
    assert int(raw.headers["x-ratelimit-remaining-tokens"]) <= 20
    with pytest.raises(openai.RateLimitError) as caught:
        await client.embeddings.create(model=MODEL, input=[[7] * 80])
    assert int(caught.value.response.headers["retry-after"]) >= 1


async def test_a_budget_that_is_spent(gateway: Gateway) -> None:
    made = await gateway.ada.post("/api-keys", {"name": "poor", "scopes": ["ai:use"]})
    await gateway.ada.post(
        "/ai/budgets",
        {
            "name": "Poor", "unit": "tokens", "period": "day", "cap": "50",
            "subject_kind": "key", "subject_id": made["id"],
        },
    )  # fmt: skip
    client = gateway.openai(str(made["key"]), strict=False)
    assert (await client.embeddings.create(model=MODEL, input=[[1] * 10])).data
    with pytest.raises(openai.APIStatusError) as caught:
        await client.embeddings.create(model=MODEL, input=[[1] * 90])
    assert (caught.value.status_code, caught.value.code) == (402, "ai.budget_exceeded")


async def test_many_at_once(client: openai.AsyncOpenAI) -> None:
    texts = [f"text number {number}" for number in range(20)]
    alone = await asyncio.gather(*(_embed(client, text) for text in texts))
    together = await _embed(client, texts)
    assert [vector for (vector,) in alone] == together


async def test_too_large_a_body(gateway: Gateway) -> None:
    body = b'{"model":"simulator-embedding","input":"' + b"x" * (33 << 20) + b'"}'
    async with gateway.http() as http:
        answer = await http.post("/embeddings", content=body, headers=JSON)
    assert answer.status_code == 413


async def test_nobody_is_told_nothing(gateway: Gateway) -> None:
    async with httpx2.AsyncClient(base_url=f"{gateway.address}/v1") as http:
        answer = await http.post("/embeddings", json={"model": MODEL, "input": "x"})
    assert answer.status_code == 401
