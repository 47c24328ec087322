"""`/livez`, `/readyz` and `/metrics`: for supervisors, balancers and Prometheus, not for people."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from vectal.gateway.forwarded import is_nearby
from vectal.platform.db import Database
from vectal.platform.telemetry import get_logger, render_metrics

_log = get_logger(__name__)

_CHECK_S: Final = 2.0
_FRESH_S: Final = 1.0

router = APIRouter(include_in_schema=False)
Ping = Callable[[], Awaitable[None]]


class Readiness:
    """Asks the database at most once a second, however many probes there are."""

    def __init__(self, ping: Ping) -> None:
        self._ping = ping
        self._asked_at = float("-inf")
        self._is_ready = False
        self._lock = asyncio.Lock()

    async def is_ready(self) -> bool:
        async with self._lock:
            if time.monotonic() - self._asked_at > _FRESH_S:
                self._is_ready = await self._ask()
                self._asked_at = time.monotonic()
        return self._is_ready

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(_CHECK_S):
                await self._ping()
        except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
            _log.warning("not_ready", error=repr(error))
            return False
        return True


def ping_database(database: Database) -> Ping:
    async def ping() -> None:
        # Opening a transaction asks the server for a role: a question enough.
        async with database.system("readyz"):
            pass

    return ping


async def _readiness(request: Request) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


@router.get("/livez")
async def get_livez() -> PlainTextResponse:
    """The process runs and its loop turns."""
    return PlainTextResponse("ok")


@router.get("/readyz")
async def get_readyz(
    request: Request, readiness: Annotated[Readiness, Depends(_readiness)]
) -> JSONResponse:
    """New requests are welcome: the database answers and no drain has begun."""
    draining = bool(request.app.state.drain.is_draining)
    database = not draining and await readiness.is_ready()
    state = {"ready": database, "draining": draining, "database": database or draining}
    return JSONResponse(state, 200 if database else 503)


@router.get("/metrics")
async def get_metrics(request: Request) -> Response:
    """Prometheus text, for this machine and private networks; nobody else learns it exists."""
    if request.client is None or not is_nearby(request.client.host):
        raise HTTPException(404)
    body, content_type = render_metrics()
    return Response(body, media_type=content_type)
