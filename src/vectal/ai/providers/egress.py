"""The way out for adapters: `platform/http`, its failures told as provider faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vectal.ai.ports import EgressRequest, FaultKind, ProviderFault
from vectal.platform.db import DataScope
from vectal.platform.http import (
    BadAnswerError,
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

_PURPOSE: Final = "model call"
_CONNECT_S: Final = 10.0
_FAULTS: Final[tuple[tuple[type[HttpCallError], FaultKind], ...]] = (
    (EgressRefusedError, "address_refused"),
    (HttpTimeoutError, "timeout"),
    (TooLargeError, "too_large"),
    (BadAnswerError, "garbage"),
)


class HttpEgress:
    """The real way out. Retries and breakers are the proxy's, so none are asked for here."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def send(self, request: EgressRequest) -> _Response:
        # How long to wait is the driver's to say; these bounds only stand behind it.
        limits = HttpLimits(
            total_s=request.deadline_s,
            connect_s=_CONNECT_S,
            first_byte_s=request.deadline_s,
            idle_s=request.deadline_s,
            max_bytes=request.max_bytes,
        )
        call = HttpRequest(request.method, request.url, request.headers, request.content, limits)
        try:
            return _Response(await self._client.begin(call, _caller(request.scope)))
        except HttpCallError as error:
            raise _fault(error) from error


def _caller(scope: DataScope | None) -> Caller:
    return (
        Caller(_PURPOSE) if scope is None else Caller(_PURPOSE, scope.workspace_id, scope.user_id)
    )


class _Response:
    def __init__(self, response: OpenResponse) -> None:
        self._response = response
        self.close = response.close

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    async def receive(self, until: float) -> bytes:
        try:
            return await self._response.receive(until)
        except HttpCallError as error:
            raise _fault(error) from error


def _fault(error: HttpCallError) -> ProviderFault:
    for kind_of_error, kind in _FAULTS:
        if isinstance(error, kind_of_error):
            return ProviderFault(kind, error.detail)
    return ProviderFault("connection", error.detail)
