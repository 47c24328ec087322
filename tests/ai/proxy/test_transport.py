"""The door for clients in this process, judged by OpenAI's own client."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from datetime import date
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import AsyncOpenAI
from tests.ai.actors import Says, ScriptedProvider, call
from tests.ai.proxy.test_attempts import PATIENCE, TARGETS

from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.catalog.offers import build_catalog
from vectal.ai.contracts import ImagePart, RouteReason, TextPart
from vectal.ai.ports import Credentials, FaultKind, ProviderFault
from vectal.ai.providers.simulated.adapter import SimulatorAdapter
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.exchange import Exchange, ExchangeRules
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.transport import (
    BASE_URL,
    EXCHANGE_HEADER,
    FAILED_CALL,
    ProxyTransport,
    in_process_client,
)

RULES = ExchangeRules(deadline_s=5, max_rounds=3, max_output_tokens=500)
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ("look", FAILED_CALL)
]


class Door:
    """A client, the transport behind it and the actor behind that."""

    def __init__(self) -> None:
        self.actor = ScriptedProvider("openai")
        self.transport = ProxyTransport()
        proxy = ModelProxy({"openai": self.actor}, patience=PATIENCE)
        self.exchange = Exchange(proxy, TARGETS[:1], RULES)
        self.name = self.transport.open(self.exchange)
        self.http = in_process_client(self.transport)
        self.client = AsyncOpenAI(
            base_url=BASE_URL, api_key="x", max_retries=0, http_client=self.http
        )

    async def stream(self, **changes: Any) -> list[Any]:
        fields: dict[str, Any] = {
            "model": "proxy",
            "messages": [{"role": "user", "content": "Hi"}],
            "stream_options": {"include_usage": True},
            "extra_headers": {EXCHANGE_HEADER: self.name},
        }
        stream: Any = await self.client.chat.completions.create(
            stream=True, **{**fields, **changes}
        )
        return [chunk async for chunk in stream]

    async def post(self, body: bytes, path: str = "/v1/chat/completions") -> httpx2.Response:
        headers = {EXCHANGE_HEADER: self.name}
        url = f"http://proxy.invalid{path}"
        return await self.http.post(url, content=body, headers=headers)


@pytest.fixture
async def door() -> AsyncGenerator[Door]:
    made = Door()
    yield made
    await made.http.aclose()


def _with_part(part: dict[str, Any]) -> bytes:
    message = {"role": "user", "content": [part]}
    return json.dumps({"model": "x", "messages": [message]}).encode()


def _text(chunks: list[Any]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


async def test_the_vendors_client_reads_our_stream(door: Door) -> None:
    door.actor.lines = [Says("Hello there", reasoning="Hm.")]
    chunks = await door.stream()
    assert _text(chunks) == "Hello there"
    assert chunks[0].choices[0].delta.reasoning_content == "Hm."
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.prompt_tokens == 100
    assert chunks[-1].usage.prompt_tokens_details.cached_tokens == 10


async def test_tool_calls_come_whole(door: Door) -> None:
    door.actor.lines = [Says(calls=(call("look", "c-1", q="x"), call("look", "c-2")))]
    chunks = await door.stream(tools=TOOLS)
    calls = next(c.choices[0].delta.tool_calls for c in chunks if c.choices[0].delta.tool_calls)
    assert [(c.index, c.id, c.function.name, c.function.arguments) for c in calls] == [
        (0, "c-1", "look", '{"q": "x"}'),
        (1, "c-2", "look", "{}"),
    ]


async def test_models_never_see_the_stand_in(door: Door) -> None:
    await door.stream(tools=TOOLS)
    assert [tool.name for tool in door.actor.requests[0].tools] == ["look"]


async def test_a_call_that_can_not_be_made_becomes_one_of_the_stand_in(door: Door) -> None:
    door.actor.lines = [Says(calls=(call("other"),))]
    chunks = await door.stream(tools=TOOLS)
    function = chunks[0].choices[0].delta.tool_calls[0].function
    assert function.name == FAILED_CALL
    assert json.loads(function.arguments) == {"name": "other", "problem": "unknown_tool"}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("authentication", openai.AuthenticationError),
        ("rate_limited", openai.RateLimitError),
        ("model_not_found", openai.NotFoundError),
        ("invalid_request", openai.BadRequestError),
        ("overloaded", openai.InternalServerError),
    ],
)
async def test_faults_are_statuses_before_the_first_token(
    door: Door, kind: FaultKind, error: type[Exception]
) -> None:
    door.actor.lines = [ProviderFault(kind, "As told.")]
    with pytest.raises(error, match=r"As told\."):
        await door.stream()
    assert door.exchange.fault is not None
    assert door.exchange.fault.kind == kind


async def test_faults_are_errors_in_the_stream_after_it(door: Door) -> None:
    door.actor.lines = [Says("Half", then=ProviderFault("cut", "It broke off."))]
    with pytest.raises(openai.APIError, match=r"It broke off\."):
        await door.stream()


async def test_an_image_is_taken_as_data(door: Door) -> None:
    parts: list[Any] = [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
    ]
    await door.stream(messages=[{"role": "user", "content": parts}])
    message = door.actor.requests[0].messages[0]
    assert message.parts == (TextPart("What?"), ImagePart("image/png", b"\x89PNG"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"model": "x"}',
        b'{"model": 5, "messages": []}',
        b'{"model": "x", "messages": [{"role": "robot"}]}',
        _with_part({"type": "audio"}),
        _with_part({"type": "image_url", "image_url": {"url": "http://10.0.0.1/x.png"}}),
        _with_part({"type": "image_url", "image_url": {"url": "data:image/png;base64,***"}}),
    ],
)
async def test_what_is_no_request_is_refused(door: Door, body: bytes) -> None:
    answer = await door.post(body)
    assert answer.status_code == 400
    assert door.actor.requests == []


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
async def test_any_body_is_answered(body: bytes) -> None:
    door = Door()
    answer = await door.post(body)
    assert answer.status_code == 400
    await door.http.aclose()


async def test_only_open_exchanges_are_served(door: Door) -> None:
    door.transport.close(door.name)
    with pytest.raises(httpx2.UnsupportedProtocol):
        await door.post(b"{}")


@pytest.mark.parametrize("path", ["/v1/models", "/", "/v1/chat/completions/x"])
async def test_other_paths_lead_nowhere(door: Door, path: str) -> None:
    with pytest.raises(httpx2.UnsupportedProtocol):
        await door.post(b"{}", path)


async def test_no_address_leaves_the_process(door: Door) -> None:
    with pytest.raises(httpx2.UnsupportedProtocol):
        await door.http.get("https://example.com/")


async def test_the_simulator_reads_like_any_other_through_the_door() -> None:
    transport = ProxyTransport()
    offer = build_catalog(load_models_file(), [], date(2026, 11, 23)).offers_of("simulator")[0]
    target = Target(offer, Credentials(""), "off", None, RouteReason(("x",), "x."))
    proxy = ModelProxy({"simulator": SimulatorAdapter(0.0)})
    name = transport.open(Exchange(proxy, [target], RULES))
    http = in_process_client(transport)
    client = AsyncOpenAI(base_url=BASE_URL, api_key="x", max_retries=0, http_client=http)
    stream: Any = await client.chat.completions.create(
        model="x",
        messages=[{"role": "user", "content": "Write a story of 40 words"}],
        stream=True,
        extra_headers={EXCHANGE_HEADER: name},
    )
    chunks: list[Any] = [chunk async for chunk in stream]
    assert _text(chunks).startswith("# A long simulated answer")
    await http.aclose()
