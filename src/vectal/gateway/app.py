"""The ASGI app of `vectal serve`: what comes in passes the edge, then a router."""

from importlib.metadata import version
from typing import Any, cast

from fastapi import FastAPI, Request
from starlette.types import Receive, Scope, Send

from vectal.auth.asking import current_principal
from vectal.auth.credentials import read_credential
from vectal.gateway import docs_page, errors, health, rest, websocket
from vectal.gateway.deadline import RequestDeadline
from vectal.gateway.drain import Drain
from vectal.gateway.edge import Edge
from vectal.gateway.limits import RequestLimits
from vectal.gateway.mcp.routes import router as mcp_router
from vectal.gateway.oauth import router as oauth_router
from vectal.gateway.origins import WireOrigins
from vectal.gateway.spa import WebApp, find_web_dir
from vectal.gateway.v1.batches import router as v1_batches_router
from vectal.gateway.v1.files import router as v1_files_router
from vectal.gateway.v1.message_batches import router as v1_message_batches_router
from vectal.gateway.v1.routes import router as v1_router
from vectal.gateway.wire_door import WireDoor
from vectal.platform.config import Settings
from vectal.platform.db import DataScope
from vectal.platform.telemetry.health import Health


class App(FastAPI):
    """What comes in passes our edge before anything of the framework."""

    edge: Edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.edge(scope, receive, send)

    async def past_edge(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The framework's own way: middleware, then the router."""
        await super().__call__(scope, receive, send)


def create_app(
    services: Any, settings: Settings, *, drain: Drain | None = None, probes: Health | None = None
) -> App:
    """Build the app over finished services; opens nothing by itself.

    `services` has `database`, `keyring`, `accounts`, `auth` and one member for each other
    module whose routes it serves.
    """
    app = App(
        title="Vectal",
        version=version("vectal"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    drain = drain or Drain()
    app.state.services = services
    app.state.settings = settings
    app.state.database = services.database
    app.state.keyring = services.keyring
    app.state.drain = drain
    app.state.health = probes or health.of_database(services.database)
    app.state.resolve_scope = _resolve_scope
    errors.install(app)
    app.include_router(v1_router)  # first, since it is asked most and routes are tried in turn
    for v1_more in (v1_files_router, v1_batches_router, v1_message_batches_router):
        app.include_router(v1_more)
    for router in rest.routers():
        app.include_router(router, prefix=rest.PREFIX)
    app.include_router(mcp_router)
    app.include_router(oauth_router)
    app.include_router(health.router)
    app.include_router(docs_page.router)
    app.include_router(websocket.router)
    app.router.default = WebApp(find_web_dir(settings), app.router.default)
    # The last one added is the outermost.
    app.add_middleware(RequestLimits, max_body_bytes=settings.max_body_bytes)
    app.add_middleware(RequestDeadline, seconds=settings.request_timeout_s)
    inside = WireOrigins(WireDoor(app.past_edge, host=app), origins=settings.model_origins)
    app.edge = Edge(inside, settings=settings, drain=drain)
    return app


async def _resolve_scope(request: Request) -> DataScope | None:
    """Who asks, for idempotency; None for an anonymous request."""
    if read_credential(request.headers) is None:
        return None
    return cast("DataScope", await current_principal(request))
