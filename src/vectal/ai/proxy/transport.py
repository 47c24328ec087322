"""The door of the proxy for clients in this process: an HTTP transport that opens no connection.

pydantic-ai's OpenAI model believes that it talks HTTP; what it sends ends here (D15). Every
request names its exchange. A request for anything else is refused: nothing leaves by this door.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Final

import httpx2
import msgspec

from vectal.ai.contracts import ImagePart, ReasoningDelta, TextDelta, ToolCallPart
from vectal.ai.ports import ModelEvent, ModelFinished, ModelRequest, ProviderFault
from vectal.ai.proxy.exchange import Exchange
from vectal.ai.proxy.wires.chat_completions.encoding import ChatCompletionEncoder
from vectal.ai.proxy.wires.chat_completions.reading import read_call
from vectal.ai.proxy.wires.port import AnswerHead, BadCallError, WireProblem
from vectal.ai.proxy.wires.problems import error_object
from vectal.platform.clock import utc_now
from vectal.platform.ids import new_id

BASE_URL: Final = "http://proxy.invalid/v1"
EXCHANGE_HEADER: Final = "x-vectal-exchange"
FAILED_CALL: Final = "call_that_failed"
"""The tool that stands for a call which can't be made; clients offer it, models never see it."""

_PATH: Final = "/v1/chat/completions"
_STATUS: Final[Mapping[str, int]] = {
    "authentication": 401,
    "permission": 403,
    "quota": 402,
    "model_not_found": 404,
    "invalid_request": 400,
    "context_too_large": 413,
    "address_refused": 403,
    "rate_limited": 429,
    "overloaded": 529,
    "timeout": 504,
    "unavailable": 503,
    "blocked_request": 400,
    "blocked_answer": 502,
}


class ProxyTransport(httpx2.AsyncBaseTransport):
    """Serves exchanges that are open right now."""

    def __init__(self) -> None:
        self._exchanges: dict[str, Exchange] = {}

    def open(self, exchange: Exchange) -> str:
        """Let requests reach `exchange`; returns the value of the header that names it."""
        name = new_id().hex
        self._exchanges[name] = exchange
        return name

    def close(self, name: str) -> None:
        self._exchanges.pop(name, None)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = self._exchanges.get(request.headers.get(EXCHANGE_HEADER, ""))
        if exchange is None or (request.method, request.url.path) != ("POST", _PATH):
            raise httpx2.UnsupportedProtocol("only open exchanges are served here")
        try:
            read = _read(await request.aread(), exchange.max_output_tokens)
        except BadCallError as error:
            return _refused(WireProblem(400, "invalid_request", error.detail, error.param))
        stream = _Chunks(exchange, read)
        try:
            await stream.begin()
        except ProviderFault as fault:
            return _refused(_problem_of(fault))
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=stream)


class _Chunks(httpx2.AsyncByteStream):
    """The body of a response: chunks as the events come.

    Tool calls are sent whole, once they are whole: nobody can begin a call by half of its
    arguments, and what would break the client is corrected before.
    """

    def __init__(self, exchange: Exchange, request: ModelRequest) -> None:
        self._names = {tool.name for tool in request.tools}
        self._exchange = exchange
        self._events = exchange.stream(request)
        self._first: ModelEvent | None = None
        head = AnswerHead(new_id().hex, int(utc_now().timestamp()), request.model)
        self._encoder = ChatCompletionEncoder(head, include_usage=True)

    async def begin(self) -> None:
        """Wait for the first event: until then a fault is still an HTTP status."""
        self._first = await anext(self._events, None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with aclosing(self._all()) as chunks:
            async for chunk in chunks:
                yield chunk

    async def aclose(self) -> None:
        await self._events.aclose()

    async def _all(self) -> AsyncGenerator[bytes]:
        if self._first is not None:
            yield self._encoded(self._first)
        try:
            async for event in self._events:
                chunk = self._encoded(event)
                if chunk:
                    yield chunk
        except ProviderFault as fault:
            yield self._encoder.fault(_problem_of(fault))

    def _encoded(self, event: ModelEvent) -> bytes:
        if isinstance(event, TextDelta):
            # Here a refusal is an answer in words like any other.
            return self._encoder.feed(replace(event, refusal=False))
        if isinstance(event, ReasoningDelta):
            return self._encoder.feed(event)
        return self._ending(event) if isinstance(event, ModelFinished) else b""

    def _ending(self, finished: ModelFinished) -> bytes:
        calls = [p for p in finished.message.parts if isinstance(p, ToolCallPart)]
        if self._exchange.is_exhausted:
            # It was told that it may call nothing any more, and called all the same.
            calls = []
        reason = finished.reason
        if reason == "refusal" or (reason == "tool_calls" and not calls):
            reason = "stop"
        said = replace(finished, reason=reason, refusal=None)
        written = self._encoder.whole_calls([self._callable(call) for call in calls])
        return written + self._encoder.end(said, self._exchange.records[-1].usage)

    def _callable(self, call: ToolCallPart) -> ToolCallPart:
        """The call, or one of the stand-in that tells what is wrong with it.

        The client would end the whole response over a name or arguments that it can't read.
        """
        wrong = _what_is_wrong(call, self._names)
        if wrong is None:
            return call
        arguments = json.dumps({"name": call.name, "problem": wrong})
        return ToolCallPart(call.call_id, FAILED_CALL, arguments)


def _what_is_wrong(call: ToolCallPart, names: set[str]) -> str | None:
    if call.name not in names:
        return "unknown_tool"
    try:
        parsed = msgspec.json.decode(call.arguments or "{}")
    except (msgspec.DecodeError, ValueError, RecursionError):
        return "no_json"
    return None if isinstance(parsed, dict) else "no_object"


def _read(body: bytes, max_output_tokens: int) -> ModelRequest:
    """What the client asks, without the stand-in; raises BadCallError."""
    request = read_call(body, max_output_tokens).request
    parts = (part for message in request.messages for part in message.parts)
    if any(isinstance(part, ImagePart) and part.url for part in parts):
        # What the product itself sends is carried along: no address is fetched for it.
        raise BadCallError("images are taken as data: URLs only", "messages")
    # Whether arguments are held to a schema is the vendor's to say, for all of our own tools.
    tools = tuple(replace(tool, strict=None) for tool in request.tools if tool.name != FAILED_CALL)
    return replace(request, tools=tools)


def _problem_of(fault: ProviderFault) -> WireProblem:
    return WireProblem(_STATUS.get(fault.kind, 502), fault.code, fault.detail)


def _refused(problem: WireProblem) -> httpx2.Response:
    return httpx2.Response(problem.status, json={"error": error_object(problem)})


def in_process_client(transport: ProxyTransport) -> httpx2.AsyncClient:
    """A client that can reach nothing but the open exchanges of `transport`."""
    return httpx2.AsyncClient(transport=transport, trust_env=False)
