"""Who is served while the application is still being loaded: calls of models, at once.

The application has hundreds of routes, which take longer to load than all that a model call needs.
So the server listens with this in its place. The edge is whole from the beginning; calls of models
take their short way (`wire_door`, `direct`), and everything else waits here until the application
is there. `/readyz` is one of its routes, so nobody hears "ready" before it is.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

from vectal.gateway.drain import Drain
from vectal.gateway.edge import Edge
from vectal.gateway.origins import WireOrigins
from vectal.gateway.wire_door import WireDoor
from vectal.platform.config import Settings


class Lobby:
    """`services` has `auth` and `models`: what calls of models ask for."""

    def __init__(self, services: Any, settings: Settings, *, drain: Drain) -> None:
        self.state = State()
        """What requests find by their `app`; that of the application once it is there."""
        self.state.services = services
        self.state.settings = settings
        inside = WireOrigins(WireDoor(self._wait, host=self), origins=settings.model_origins)
        self.edge = Edge(inside, settings=settings, drain=drain)
        self._app: ASGIApp | None = None
        self._opened = asyncio.Event()

    def open(self, app: ASGIApp, state: State) -> None:
        """Let those who wait go on to the application, past the edge that they have passed."""
        self.state = state
        self._app = app
        self._opened.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.edge(scope, receive, send)

    async def _wait(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            await self._opened.wait()
        app = self._app
        if app is not None:
            await app(scope, receive, send)
