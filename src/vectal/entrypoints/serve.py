"""`vectal serve`: the HTTP server."""

from __future__ import annotations

import asyncio
import os
import socket
from asyncio import create_task
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn

from vectal.entrypoints import stopping
from vectal.entrypoints.collecting import settle_heap
from vectal.entrypoints.front import answering, open_front
from vectal.entrypoints.house import House
from vectal.entrypoints.listening import count_connections, listen
from vectal.gateway.connection import Connection, ConnectionLimits, connection_class
from vectal.gateway.direct import DirectDoor
from vectal.gateway.drain import Drain
from vectal.gateway.lobby import Lobby
from vectal.platform.background import end_tasks
from vectal.platform.clock import monotonic
from vectal.platform.config import Settings
from vectal.platform.telemetry import configure_logging

LAST_CALL_S = 2
"""For connections that are still open when the drain is over."""
LARGEST_FRAME_BYTES = 1 << 20
"""Of a WebSocket message."""


def serve(settings: Settings, descriptor: int | None = None, gate: int | None = None) -> None:
    """Serve until SIGTERM, then drain: answer what has begun, welcome nothing new.

    `descriptor` is a listening socket that the supervisor lends; `gate` a pipe that ends when the
    database is ready.
    """
    configure_logging(settings.log_level, settings.log_format)
    if gate is not None:
        os.read(gate, 1)
    listener = (
        listen(settings.host, settings.port, exactly=True)
        if descriptor is None
        else socket.socket(fileno=descriptor)
    )

    async def work(stop: asyncio.Event) -> None:
        await _serve(settings, listener, stop)

    stopping.run(work)


async def _serve(settings: Settings, listener: socket.socket, stop: asyncio.Event) -> None:
    drain = Drain()
    async with open_front(settings) as front, answering(front):
        lobby = Lobby(front, settings, drain=drain)
        server = _server(lobby, settings, DirectDoor(lobby.edge, front.auth, front.direct))
        house = House(front, lobby, drain)

        async def hand_over() -> None:
            await stop.wait()
            drain.begin()
            until = monotonic() + settings.drain_s
            await house.drain(settings.drain_s)
            # Calls of others' programs are answered here or nowhere: they have the same time.
            await drain.wait_idle(max(LAST_CALL_S, until - monotonic()))
            _end_direct(server)
            drain.end()
            server.should_exit = True

        async def keep_house() -> None:
            try:
                await house.keep()
            finally:  # without the house there is no server
                server.should_exit = True

        settle_heap()
        kept, handing_over = create_task(keep_house()), create_task(hand_over())
        try:
            await server.serve(sockets=[listener])
        finally:
            _end_direct(server)
            await end_tasks([handing_over])
            house.leave()
            await kept


def _server(lobby: Lobby, settings: Settings, door: DirectDoor) -> _Server:
    return _Server(
        uvicorn.Config(
            lobby,
            lifespan="off",
            http=_connections(settings, door),
            ws=cast("type[asyncio.Protocol]", _web_socket),
            ws_max_size=LARGEST_FRAME_BYTES,
            ws_per_message_deflate=False,  # its buffers would be most of an idle socket
            proxy_headers=False,  # the edge reads them, from trusted proxies only
            server_header=False,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=LAST_CALL_S,
        )
    )


def _web_socket(**connection: Any) -> asyncio.Protocol:
    # The first one waits for the house in any case; calls of models don't wait for its library.
    from uvicorn.protocols.websockets.websockets_sansio_impl import (  # noqa: PLC0415 - see above
        WebSocketsSansIOProtocol,
    )

    return WebSocketsSansIOProtocol(**connection)


def _end_direct(server: uvicorn.Server) -> None:
    """Calls that have no task are ended by nobody else."""
    for connection in list(server.server_state.connections):
        if isinstance(connection, Connection):
            connection.stop_direct()


def _connections(settings: Settings, door: DirectDoor) -> type[Connection]:
    limits = ConnectionLimits(
        header_s=settings.header_timeout_s,
        write_s=settings.model_write_timeout_s,
        connections=count_connections(settings.max_connections),
    )
    return connection_class(limits, door)


class _Server(uvicorn.Server):
    """Leaves the signals to us: a stop begins with the drain."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
