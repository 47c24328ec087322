"""Which pages of other sites may call models: a browser asks us before it lets them (CORS).

Only `/v1` can be opened, where a key comes in a header and no cookie counts: a page can do no more
than whoever gave it a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from vectal.gateway.v1.shape import is_wire_path

_METHODS: Final = ("DELETE", "GET", "POST")
_MEMORY_S: Final = 600
"""How long a browser need not ask again."""


class WireOrigins:
    """`origins` as browsers write them, or `*` for all; none: nobody is let in."""

    def __init__(self, app: ASGIApp, *, origins: Sequence[str]) -> None:
        self._app = app
        self._opened: ASGIApp | None = None
        if origins:
            self._opened = CORSMiddleware(
                app,
                allow_origins=origins,
                allow_methods=_METHODS,
                allow_headers=("*",),
                expose_headers=("*",),
                max_age=_MEMORY_S,
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened = self._opened
        if opened is None or scope["type"] != "http" or not is_wire_path(scope["path"]):
            await self._app(scope, receive, send)
        else:
            await opened(scope, receive, send)
