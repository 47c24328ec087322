"""Streamable HTTP, by the one way out: each request a POST, answered as JSON or as a stream.

Redirects are not followed: where the credential goes, an administrator has said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from vectal.mcp.contracts import MAX_ANSWER_BYTES
from vectal.mcp.errors import ServerFailedError, SessionGoneError
from vectal.mcp.wire.messages import Asked, Object, Reply, answer_to, decode, encode
from vectal.platform.http import (
    Caller,
    EgressRefusedError,
    HttpCallError,
    HttpClient,
    HttpLimits,
    HttpRequest,
    HttpTimeoutError,
    OpenResponse,
    TooLargeError,
)
from vectal.platform.http.sse import EventTooLargeError, SseEvent, SseParser

PURPOSE: Final = "mcp"
_SESSION_HEADER: Final = "mcp-session-id"
_SESSION_ID: Final = re.compile(r"[\x21-\x7e]{1,512}")
_ACCEPT: Final = "application/json, text/event-stream"
_MOST_QUESTIONS: Final = 10
"""That a server may ask while it answers one request."""
_GOODBYE: Final = HttpLimits(total_s=3.0, connect_s=2.0, first_byte_s=3.0, max_bytes=64 << 10)


@dataclass(frozen=True, slots=True)
class HttpServer:
    """Where a server is; `headers` hold its credential."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may take: for one request, and without a word."""

    request_s: float = 55.0
    idle_s: float = 30.0

    def limits(self) -> HttpLimits:
        return HttpLimits(
            total_s=self.request_s,
            connect_s=5.0,
            first_byte_s=self.idle_s,
            idle_s=self.idle_s,
            max_bytes=MAX_ANSWER_BYTES,
        )


class HttpChannel:
    """Implements `Channel`."""

    def __init__(
        self, client: HttpClient, server: HttpServer, caller: Caller, patience: Patience
    ) -> None:
        self._client = client
        self._server = server
        self._caller = caller
        self._limits = patience.limits()
        self._protocol = ""
        self._session_id = ""

    def agree_on(self, protocol: str) -> None:
        self._protocol = protocol

    async def ask(self, message: Object) -> Reply:
        try:
            async with self._client.open(self._request("POST", message), self._caller) as answer:
                self._check(answer)
                self._note_session(answer)
                return await self._read(answer, message["id"])
        except HttpCallError as error:
            raise _failure(error) from error

    async def tell(self, message: Object) -> None:
        try:
            async with self._client.open(self._request("POST", message), self._caller) as answer:
                self._check(answer)
        except HttpCallError as error:
            raise _failure(error) from error

    async def close(self) -> None:
        """Tell the server that its session is over, if it has one and can be reached."""
        if self._session_id:
            request = HttpRequest(
                "DELETE", self._server.url, headers=self._headers(), limits=_GOODBYE
            )
            with suppress(HttpCallError):  # it ends the session in its own time
                await self._client.send(request, self._caller)

    def _request(self, method: str, message: Object) -> HttpRequest:
        headers = {**self._headers(), "accept": _ACCEPT, "content-type": "application/json"}
        return HttpRequest(
            method, self._server.url, headers=headers, content=encode(message), limits=self._limits
        )

    def _headers(self) -> dict[str, str]:
        headers = dict(self._server.headers)
        if self._protocol:
            headers["mcp-protocol-version"] = self._protocol
        if self._session_id:
            headers[_SESSION_HEADER] = self._session_id
        return headers

    def _check(self, answer: OpenResponse) -> None:
        """Raises unless the status is one of success."""
        status = answer.status
        if 200 <= status < 300:  # noqa: PLR2004 - the codes of HTTP
            return
        if 300 <= status < 400:  # noqa: PLR2004 - the same
            raise ServerFailedError("The server redirects, and a redirect is not followed.")
        if status == 404 and self._session_id:  # noqa: PLR2004 - the same
            raise SessionGoneError
        if status in {401, 403}:
            raise ServerFailedError(f"The server refuses the credential (status {status}).")
        raise ServerFailedError(f"The server answers with status {status}.")

    def _note_session(self, answer: OpenResponse) -> None:
        given = answer.headers.get(_SESSION_HEADER, "")
        if given and not _SESSION_ID.fullmatch(given):
            raise ServerFailedError("The server's session id can't be used.")
        self._session_id = given or self._session_id

    async def _read(self, answer: OpenResponse, number: int) -> Reply:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/event-stream":
            return await self._read_stream(answer, number)
        if kind != "application/json":
            raise ServerFailedError("The server answers neither with JSON nor with a stream.")
        message = decode(await answer.read())
        if not isinstance(message, Reply) or message.id != number:
            raise ServerFailedError("The server answers something that was not asked.")
        return message

    async def _read_stream(self, answer: OpenResponse, number: int) -> Reply:
        """The answer out of a stream; what comes beside it is answered or passed over."""
        parser, questions = SseParser(MAX_ANSWER_BYTES), 0
        async for chunk in answer.chunks():
            for event in _events(parser, chunk):
                if not event.data:
                    continue
                message = decode(event.data)
                if isinstance(message, Reply) and message.id == number:
                    return message
                if isinstance(message, Asked):
                    questions += 1
                    if questions > _MOST_QUESTIONS:
                        raise ServerFailedError("The server asks without end.")
                    await self.tell(answer_to(message))
        raise ServerFailedError("The server broke off before it answered.")


def _events(parser: SseParser, chunk: bytes) -> list[SseEvent]:
    try:
        return parser.feed(chunk)
    except EventTooLargeError as error:
        raise ServerFailedError("The server's answer is too large.") from error


def _failure(error: HttpCallError) -> ServerFailedError:
    if isinstance(error, HttpTimeoutError):
        return ServerFailedError("The server took too long.")
    if isinstance(error, TooLargeError):
        return ServerFailedError("The server's answer is too large.")
    if isinstance(error, EgressRefusedError):
        return ServerFailedError(error.detail)
    return ServerFailedError("The server can't be reached, or broke off.")
