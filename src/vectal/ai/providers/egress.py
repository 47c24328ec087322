"""The way out for adapters: `platform/http`, its failures told as provider faults."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, TypeAlias

from vectal.ai.ports import Egress, EgressRequest, EgressResponse, FaultKind, ProviderFault
from vectal.ai.providers.driver import OK, no_answer
from vectal.platform.db import DataScope
from vectal.platform.http import (
    BadAnswerError,
    Begun,
    Caller,
    EgressRefusedError,
    HttpCallError,
    HttpClient,
    HttpLimits,
    HttpRequest,
    HttpTimeoutError,
    OpenResponse,
    Ready,
    TooLargeError,
)

_PURPOSE: Final = "model call"
_CONNECT_S: Final = 10.0
_FAULTS: Final[tuple[tuple[type[HttpCallError], FaultKind], ...]] = (
    (EgressRefusedError, "address_refused"),
    (TooLargeError, "too_large"),
    (BadAnswerError, "garbage"),
)


class HttpEgress:
    """The real way out. Retries and breakers are the proxy's, so none are asked for here."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    @property
    def line(self) -> HttpClient:
        """The client itself, for exchanges that nobody awaits."""
        return self._client

    async def send(self, request: EgressRequest) -> EgressResponse:
        try:
            return _Response(await self._client.begin(_call(request), _caller(request.scope)))
        except HttpTimeoutError as error:
            raise (fault_of(error) if error.phase == "connect" else no_answer()) from error
        except HttpCallError as error:
            raise fault_of(error) from error

    def ready(self, request: EgressRequest) -> Ready | None:
        """The request without its content, to be sent at once again and again; None: `send` it."""
        try:
            return self._client.ready(_call(request), _caller(request.scope))
        except HttpCallError:
            return None  # whoever sends it hears why not


def _call(request: EgressRequest) -> HttpRequest:
    # How long to wait is the driver's to say: here for the head, and for the rest as it reads it.
    connect_s, first_byte_s = _CONNECT_S, request.deadline_s
    if request.answer_by is not None:
        left = max(0.0, request.answer_by - asyncio.get_running_loop().time())
        connect_s = min(_CONNECT_S, left)
        first_byte_s = left - connect_s
    limits = HttpLimits(
        total_s=request.deadline_s,
        connect_s=connect_s,
        first_byte_s=first_byte_s,
        idle_s=request.deadline_s,
        max_bytes=request.max_bytes,
    )
    return HttpRequest(request.method, request.url, request.headers, request.content, limits)


class Silent:
    """A request that was sent, and whose answer has not said a word yet.

    `response` is there once its head is, `read` are the bytes of it that have been read. For a
    head it is waited until `until` (loop's clock), however late somebody comes for it.
    """

    def __init__(
        self, begun: Begun, response: OpenResponse | None, read: bytes, until: float
    ) -> None:
        self._begun = begun
        self._response = response
        self._read = read
        self._until = until

    async def open(self, request: EgressRequest) -> EgressResponse:
        """The answer from its beginning, once its head is here. Raises ProviderFault."""
        if self._response is None:
            self._response = await self._wait_for_head(request)
        return _Response(self._response, self._read)

    async def _wait_for_head(self, request: EgressRequest) -> OpenResponse:
        begun, news = self._begun, asyncio.Event()
        begun.listen(news.set)
        now = asyncio.get_running_loop().time
        try:
            by = request.answer_by or now() + request.deadline_s
            async with asyncio.timeout_at(min(by, self._until)):
                while (response := begun.try_open()) is None:
                    await news.wait()
                    news.clear()
        except HttpCallError as error:
            raise fault_of(error) from error
        except TimeoutError as error:
            begun.give_up(is_end=request.answer_by is None)
            raise no_answer() from error
        except BaseException:
            # Cancelled: nobody reads the answer, and the connection must not be used again.
            begun.abandon()
            raise
        else:
            return response
        finally:
            begun.listen(None)

    def close(self) -> None:
        """Nobody came for it."""
        if self._response is None:
            self._begun.abandon()
        else:
            self._response.close()


Opened: TypeAlias = OpenResponse | ProviderFault | Silent


class OpenedEgress:
    """Gives an answer that has begun, or how it failed, to whoever sends first; then the real way.

    So what was begun without waiting goes on with all that waits: refusals, tries, others.
    """

    def __init__(self, url: str, first: Opened, rest: Egress) -> None:
        self._url = url
        self._first: Opened | None = first
        self._rest = rest

    async def send(self, request: EgressRequest) -> EgressResponse:
        if request.url != self._url:
            self.close()  # another target was chosen, whose answer it is not
        first, self._first = self._first, None
        if first is None:
            return await self._rest.send(request)
        if isinstance(first, ProviderFault):
            raise first
        return await first.open(request) if isinstance(first, Silent) else _Response(first)

    def close(self) -> None:
        """Nobody came for it."""
        first, self._first = self._first, None
        if isinstance(first, OpenResponse | Silent):
            first.close()


def _caller(scope: DataScope | None) -> Caller:
    return (
        Caller(_PURPOSE) if scope is None else Caller(_PURPOSE, scope.workspace_id, scope.user_id)
    )


class _Response:
    """`read` are the bytes of it that come again, ahead of the others."""

    def __init__(self, response: OpenResponse, read: bytes = b"") -> None:
        self._response = response
        self._read = read
        self.close = response.close
        self.note_whole = response.note_whole

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    async def receive(self, until: float) -> bytes:
        if self._read:
            read, self._read = self._read, b""
            return read
        try:
            return await self._response.receive(until)
        except HttpCallError as error:
            raise fault_of(error, begun=self.status in OK) from error


def fault_of(error: HttpCallError, *, begun: bool = False) -> ProviderFault:
    """The failure as a provider's, who had `begun` to answer or not."""
    if isinstance(error, HttpTimeoutError):
        return ProviderFault("timeout", error.detail, gave_up=error.phase != "connect")
    for kind_of_error, kind in _FAULTS:
        if isinstance(error, kind_of_error):
            return ProviderFault(kind, error.detail, broke_off=begun)
    return ProviderFault("connection", error.detail, broke_off=begun)
