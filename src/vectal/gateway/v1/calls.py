"""From a request to a call of the gateway and back."""

from __future__ import annotations

import re
import time
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final, cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from vectal.ai.proxy.wires.port import ClientWire, WireProblem
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.router.request import HEDGE_LEAST_MS, HEDGE_MOST_MS
from vectal.ai.service.gateway.call import Answer, CallRefusedError, IncomingCall
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.ai.service.gateway.token_counting import DOOR, TokenCounter
from vectal.auth.principal import Principal
from vectal.gateway.problem import request_id_of
from vectal.gateway.v1.answers import PieceStream, WholeAnswer
from vectal.gateway.v1.bodies import read_body
from vectal.gateway.v1.leaving import is_stream, while_there
from vectal.gateway.v1.waiting import Waiting
from vectal.platform.config import Settings

_DIGITS: Final = re.compile(r"[0-9]{1,6}")
# Of what a client sends, these tell the vendor which of its wires and features are meant.
_FOR_VENDORS: Final = (b"anthropic-beta", b"anthropic-version", b"openai-beta")
_READ: Final = frozenset(
    (*_FOR_VENDORS, b"cache-control", b"vectal-hedge-after-ms", b"vectal-project", b"vectal-run")
)
_NO_WISHES: Final[frozenset[str]] = frozenset()
BEGUN: Final = "vectal.begun"
"""In a scope: a `BegunAnswer`."""


@dataclass(frozen=True, slots=True)
class BegunAnswer:
    """A call that was begun below the application, by `gateway.direct`, and goes on here."""

    call: IncomingCall
    answer: Coroutine[Any, Any, Answer]
    since: float
    """When its body was there, by `time.perf_counter`."""


def gateway_of(request: Request) -> ModelGateway:
    return cast("ModelGateway", request.app.state.services.models)


async def answer(request: Request, principal: Principal, spoken: ClientWire) -> Response:
    """The model's answer in the client's shape; raises CallRefusedError when there is none.

    And ClientDisconnect when nobody waits for it any more.
    """
    call = await read_call(request, principal, spoken)
    return await answered(request, call, gateway_of(request).answer(call), time.perf_counter())


async def answered(
    request: Request, call: IncomingCall, answer: Coroutine[Any, Any, Answer], since: float
) -> Response:
    """As `answer`, of a call that was read; a stream that says nothing for long is begun.

    `since` is when it was read (`time.perf_counter`): nobody was silent while its body came.
    """
    alive_s = gateway_of(request).keep_alive_s
    waiting = Waiting(call, answer, alive_s)
    left_s = max(0.0, alive_s - (time.perf_counter() - since))
    found = await while_there(request, call, waiting.begin(left_s))
    if found is None and is_stream(call):
        return PieceStream(waiting, _names(call), write_s(request), waiting.broken)
    while found is None:
        found = await while_there(request, call, waiting.begin(None))
    return write(found, call, write_s(request))


async def embed(request: Request, principal: Principal) -> Response:
    """The vectors; raises CallRefusedError when there are none."""
    gateway = cast("EmbeddingGateway", request.app.state.services.embeddings)
    call = await read_call(request, principal, wire("chat_completions"))
    return write(await gateway.answer(call), call, write_s(request))


async def count(request: Request, principal: Principal) -> Response:
    """How many tokens a request of messages holds; raises CallRefusedError."""
    call = replace(await read_call(request, principal, wire("messages")), door=DOOR)
    return write(await TokenCounter(gateway_of(request)).count(call), call, write_s(request))


async def read_call(request: Request, principal: Principal, spoken: ClientWire) -> IncomingCall:
    """The call with its whole body; raises CallRefusedError, or ClientDisconnect."""
    told = _told(request.scope)
    wishes = _cache_wishes(told.get(b"cache-control"))
    return IncomingCall(
        principal=principal,
        wire=spoken,
        body=await read_body(request),
        request_id=request_id_of(request.scope),
        client_ip=request.client.host if request.client else "",
        project_id=_read_uuid("vectal-project", told.get(b"vectal-project")),
        run_id=_read_uuid("vectal-run", told.get(b"vectal-run")),
        vendor_headers={
            name.decode("ascii"): value for name in _FOR_VENDORS if (value := told.get(name))
        },
        hedge_after_ms=_hedge_after_ms(told.get(b"vectal-hedge-after-ms")),
        no_cache="no-cache" in wishes,
        no_store="no-store" in wishes,
    )


def _told(scope: Scope) -> dict[bytes, str]:
    """The headers that a call is read from, looked through once; of two alike, the first."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return {n: v.decode("latin-1") for n, v in reversed(headers) if n in _READ}


def write_s(request: Request) -> float:
    """How long a client may refuse to take what is written."""
    return cast("Settings", request.app.state.settings).model_write_timeout_s


def write(found: Answer, call: IncomingCall, write_s: float) -> Response:
    """The answer as a response."""
    headers = {**found.headers, **_names(call)}
    if found.stream is not None:
        return PieceStream(found.stream, headers, write_s, found.broken)
    return WholeAnswer(found.body, headers)


def _names(call: IncomingCall) -> dict[str, str]:
    """Of the call, in the headers that its vendor's clients read."""
    return {"request-id": call.request_id} if call.wire.name == "messages" else {}


def read_uuid(request: Request, header: str) -> UUID | None:
    """The id in a header; raises CallRefusedError for what is none."""
    return _read_uuid(header, request.headers.get(header))


def _read_uuid(header: str, value: str | None) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(value)
    except ValueError as error:
        problem = WireProblem(400, "invalid_request", f"{header} must be a UUID.")
        raise CallRefusedError(problem) from error


def _cache_wishes(said: str | None) -> frozenset[str]:
    """The directives of `Cache-Control`, without their arguments."""
    if said is None:
        return _NO_WISHES
    return frozenset(each.partition("=")[0].strip().lower() for each in said.split(","))


def _hedge_after_ms(value: str | None) -> int | None:
    if value is None:
        return None
    if _DIGITS.fullmatch(value) and HEDGE_LEAST_MS <= int(value) <= HEDGE_MOST_MS:
        return int(value)
    limits = f"{HEDGE_LEAST_MS} to {HEDGE_MOST_MS}"
    text = f"vectal-hedge-after-ms must be a number of milliseconds from {limits}."
    raise CallRefusedError(WireProblem(400, "invalid_request", text))
