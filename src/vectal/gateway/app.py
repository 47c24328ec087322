"""The ASGI app of `vectal serve`: what comes in passes the edge, then a router."""

from importlib.metadata import version
from typing import Any, cast

from fastapi import FastAPI, Request

from vectal.auth.credentials import read_credential
from vectal.auth.deps import current_principal
from vectal.gateway import errors, rest
from vectal.platform.config import Settings
from vectal.platform.db import DataScope


def create_app(services: Any, settings: Settings) -> FastAPI:
    """Build the app over finished services; opens nothing by itself."""
    app = FastAPI(
        title="Vectal",
        version=version("vectal"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.settings = settings
    app.state.database = services.database
    app.state.resolve_scope = _resolve_scope
    errors.install(app)
    for router in rest.routers():
        app.include_router(router, prefix=rest.PREFIX)
    return app


async def _resolve_scope(request: Request) -> DataScope | None:
    """Who asks, for idempotency; None for an anonymous request."""
    if read_credential(request.headers) is None:
        return None
    return cast("DataScope", await current_principal(request))
