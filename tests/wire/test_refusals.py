"""Refusals as the vendors' own clients read them: what is too long, and what a vendor calls it."""

import asyncio
import json
from typing import Any

import anthropic
import openai
import pytest
from tests.flows.visitor import Json
from tests.platform.http.peer import reply
from tests.wire.conftest import CHAT_MODEL, CLAUDE_MODEL, JSON, SCOPES, UPSTREAM_KEY, Gateway
from tests.wire.test_direct import ask_directly, body_of, kept_stream
from tests.wire.test_passing_on import CHAT, CHAT_ANSWER, CHAT_STREAM, CLAUDE

LONG = "word " * 110_000
"""One token a word; the vendors' models take 100,000."""
DENSE = "~q9" * 40_000
"""Less by its bytes than it is by its tokens: only whoever counts finds it too long."""
BOTH = pytest.mark.parametrize("model", [CHAT_MODEL, CLAUDE_MODEL])


def _said(text: str) -> Any:
    return [{"role": "user", "content": text}]


@BOTH
@pytest.mark.parametrize("stream", [False, True])
async def test_openai_s_client_finds_the_code(
    client: openai.AsyncOpenAI, gateway: Gateway, model: str, *, stream: bool
) -> None:
    before = len(gateway.peer.seen)
    with pytest.raises(openai.BadRequestError) as chat:
        await client.chat.completions.create(model=model, messages=_said(LONG), stream=stream)
    with pytest.raises(openai.BadRequestError) as response:
        await client.responses.create(model=model, input=LONG, stream=stream)
    for error, param in ((chat.value, "messages"), (response.value, "input")):
        assert (error.code, error.param) == ("context_length_exceeded", param)
        assert error.type == "invalid_request_error"
        assert "maximum context length is 100000 tokens" in error.message
    assert len(gateway.peer.seen) == before


@BOTH
@pytest.mark.parametrize("stream", [False, True])
async def test_anthropic_s_client_finds_the_words(
    claude: anthropic.AsyncAnthropic, model: str, *, stream: bool
) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        await claude.messages.create(model=model, max_tokens=9, messages=_said(LONG), stream=stream)
    error: Any = caught.value.body
    assert error["error"]["type"] == "invalid_request_error"
    message = error["error"]["message"]
    assert message.startswith("prompt is too long: 11")
    assert message.endswith(" tokens > 100000 maximum")


async def test_what_only_a_count_finds_too_long_is_told_alike(
    client: openai.AsyncOpenAI, claude: anthropic.AsyncAnthropic
) -> None:
    with pytest.raises(openai.BadRequestError) as chat:
        await client.chat.completions.create(model=CLAUDE_MODEL, messages=_said(DENSE))
    assert chat.value.code == "context_length_exceeded"
    with pytest.raises(anthropic.BadRequestError, match=r"is too long: 1\d{5} tokens > 100000 max"):
        await claude.messages.create(model=CHAT_MODEL, max_tokens=9, messages=_said(DENSE))


async def test_what_only_looks_long_is_sent(client: openai.AsyncOpenAI, gateway: Gateway) -> None:
    """By its bytes it might be twice as long."""
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    answer = await client.chat.completions.create(
        model=CHAT_MODEL, messages=_said("word " * 90_000)
    )
    assert answer.choices[0].message.content == "Hi"


async def test_room_for_the_answer_counts(claude: anthropic.AsyncAnthropic) -> None:
    text = "word " * 97_000
    with pytest.raises(anthropic.BadRequestError, match=r"exceed context limit: 97\d+ \+ 8000 > 1"):
        await claude.messages.create(model=CLAUDE_MODEL, max_tokens=8_000, messages=_said(text))


async def test_behind_an_open_line_it_is_the_same(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        model = f"{CHAT_MODEL}-24"
        await ask_directly(gateway, http, "/chat/completions", body_of(model))
        long = await http.post("/chat/completions", json=body_of(model, messages=_said(LONG)))
        gateway.peer.answers[CHAT] = _refuses(code="unsupported_value", param="n")
        refused = await http.post("/chat/completions", json=body_of(model))
    assert (long.status_code, long.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unsupported_value")


async def test_a_key_is_told_of_the_models_that_it_may_reach(gateway: Gateway) -> None:
    made: Any = await gateway.ada.post("/api-keys", {"name": "narrow", "scopes": SCOPES})
    rules = {"providers": ["anthropic"]}
    put = await gateway.ada.http.put(f"/ai/key-rules/{made['id']}", json=rules)
    assert put.status_code in {200, 201}, put.text
    narrow = gateway.openai(made["key"])
    with pytest.raises(openai.BadRequestError) as caught:
        await narrow.chat.completions.create(model=CLAUDE_MODEL, messages=_said(LONG))
    assert caught.value.code == "context_length_exceeded"
    with pytest.raises(openai.PermissionDeniedError):
        await narrow.chat.completions.create(model=CHAT_MODEL, messages=_said("Hello"))


def _refuses(status: str = "400 Bad", **error: Any) -> Any:
    body = json.dumps({"error": {"message": "No.", **error}}).encode()
    return reply(body, status=status, headers=JSON)


STATUSES = ["400 Bad", "403 No", "404 No", "422 No", "429 Slow"]


@pytest.mark.parametrize(("number", "status"), list(enumerate(STATUSES, 17)), ids=STATUSES)
async def test_a_vendors_own_code_comes_through(
    client: openai.AsyncOpenAI, gateway: Gateway, number: int, status: str
) -> None:
    model = f"{CHAT_MODEL}-{number}"
    gateway.peer.answers[CHAT] = _refuses(
        status, type="image_parse_error", code="some_code", param="messages[0].content"
    )
    with pytest.raises(openai.APIStatusError) as caught:
        await client.chat.completions.create(model=model, messages=_said("Hello"))
    error = caught.value
    assert (error.code, error.param) == ("some_code", "messages[0].content")
    assert error.type == "image_parse_error"


async def test_a_vendor_that_repeats_the_key_is_not_repeated(
    client: openai.AsyncOpenAI, gateway: Gateway
) -> None:
    gateway.peer.answers[CHAT] = _refuses(code=UPSTREAM_KEY, param=f"x.{UPSTREAM_KEY}")
    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(model=f"{CHAT_MODEL}-17", messages=_said("Hello"))
    assert (caught.value.code, caught.value.param) == ("ai.provider_invalid_request", None)
    assert UPSTREAM_KEY not in caught.value.response.text


async def test_a_refused_key_of_the_workspace_is_not_the_clients(
    client: openai.AsyncOpenAI, gateway: Gateway
) -> None:
    gateway.peer.answers[CHAT] = _refuses("401 No", code="invalid_api_key")
    with pytest.raises(openai.InternalServerError) as caught:
        await client.chat.completions.create(model=f"{CHAT_MODEL}-22", messages=_said("Hello"))
    assert caught.value.code == "ai.provider_authentication"


OPENAI_SAYS = (
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000"
    " tokens. Please reduce the length of the messages."
)
ANTHROPIC_SAYS = "prompt is too long: 9000 tokens > 8192 maximum"


@BOTH
@pytest.mark.parametrize("stream", [False, True])
async def test_a_vendor_that_finds_it_too_long_is_understood_on_every_wire(
    client: openai.AsyncOpenAI,
    claude: anthropic.AsyncAnthropic,
    gateway: Gateway,
    model: str,
    *,
    stream: bool,
) -> None:
    of_openai = {"type": "invalid_request_error", "code": "context_length_exceeded"}
    model = f"{model}-23"
    gateway.peer.answers[CHAT] = _refuses(message=OPENAI_SAYS, param="messages", **of_openai)
    gateway.peer.answers[CLAUDE] = _refuses(message=ANTHROPIC_SAYS, type="invalid_request_error")
    with pytest.raises(openai.BadRequestError) as chat:
        await client.chat.completions.create(model=model, messages=_said("Hi"), stream=stream)
    with pytest.raises(openai.BadRequestError) as response:
        await client.responses.create(model=model, input="Hi", stream=stream)
    for error, param in ((chat.value, "messages"), (response.value, "input")):
        assert (error.code, error.param) == ("context_length_exceeded", param)
        assert "maximum context length is 8192 tokens" in error.message
        assert "resulted in 9000 tokens" in error.message
    with pytest.raises(anthropic.BadRequestError) as message:
        await claude.messages.create(model=model, max_tokens=9, messages=_said("Hi"), stream=stream)
    told: Any = message.value.body
    assert told["error"] == {"type": "invalid_request_error", "message": ANTHROPIC_SAYS}


async def test_a_call_that_nobody_could_be_asked_for_is_in_the_ledger(gateway: Gateway) -> None:
    """Whoever looks why calls are refused finds them, and that a breaker kept them."""
    model, told = f"{CHAT_MODEL}-25", {"content-type": "application/json"}
    gateway.peer.answers[CHAT] = reply(b'{"error":{}}', status="503 Away", headers=told)
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}
    seen, name = -1, ""
    async with gateway.http() as http:
        while len(gateway.peer.seen) != seen:  # until its breaker is open
            seen = len(gateway.peer.seen)
            answer = await http.post("/chat/completions", json=body)
            assert answer.status_code in {503, 529}, answer.text
            name = answer.headers["x-request-id"]
    lines: list[Json] = []
    for _ in range(40):
        found = (await gateway.ada.get("/ai/calls", model=model))["items"]
        lines = [line for line in found if line["request_id"] == name]
        if lines:
            break
        await asyncio.sleep(0.25)
    (line,) = lines
    assert (line["status"], line["error_code"]) == ("failed", "ai.provider_unavailable")
    assert (line["attempts"], line["cost_usd"]) == (0, 0.0)


async def test_an_answer_longer_than_any_is_the_clients_mistake(
    client: openai.AsyncOpenAI,
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(
            model="simulator",
            messages=[{"role": "user", "content": "Hi"}],
            max_completion_tokens=9_000_000,
        )
    assert caught.value.code == "ai.no_model"
    assert "answers that long" in caught.value.message


async def test_a_limit_that_had_to_be_named_is_lowered_for_a_model_that_was_named(
    gateway: Gateway,
) -> None:
    """Claude's own programs ask for 32,000 tokens and more, whatever model they are pointed at."""
    gateway.peer.answers[CHAT] = kept_stream(*CHAT_STREAM)
    async with gateway.http() as http:
        body: Json = {"max_tokens": 32_000, "messages": _said("Hi")}
        answer = await http.post("/messages", json={"model": CHAT_MODEL, **body})
        assert answer.status_code == 200, answer.text
        assert json.loads(gateway.peer.seen[-1].body)["max_tokens"] == 8_192
        # In the other shape a limit is a wish, and what can't be is said.
        wished = await http.post("/chat/completions", json={"model": CHAT_MODEL, **body})
        assert (wished.status_code, wished.json()["error"]["code"]) == (400, "ai.no_model")
        # Whoever speaks the same wire as the model is passed on as he is.
        gateway.peer.answers[CLAUDE] = reply(b"{}", status="400 Bad", headers=JSON)
        refused = await http.post("/messages", json={"model": CLAUDE_MODEL, **body})
        assert refused.status_code == 400
        assert json.loads(gateway.peer.seen[-1].body)["max_tokens"] == 32_000


async def test_what_vendors_have_and_we_do_not_is_said(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await client.responses.retrieve("resp_unknown")
    assert "GET /v1/responses/resp_unknown is not offered here" in caught.value.message
