"""`/livez`, `/readyz` and `/metrics`: for supervisors, balancers and Prometheus, not for people."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from vectal.gateway.forwarded import is_nearby
from vectal.platform.db import Database
from vectal.platform.telemetry import render_metrics
from vectal.platform.telemetry.health import Health, Part

router = APIRouter(include_in_schema=False)


def of_database(database: Database) -> Health:
    """Whether the database answers: the least that a server leans on."""

    async def ping() -> None:
        # Opening a transaction asks the server for a role: a question enough.
        async with database.system("readyz"):
            pass

    return Health([Part("database", ping)])


@router.get("/livez")
async def get_livez() -> PlainTextResponse:
    """The process runs and its loop turns."""
    return PlainTextResponse("ok")


@router.get("/readyz")
async def get_readyz(request: Request) -> JSONResponse:
    """New requests are welcome: what is needed answers, and no drain has begun."""
    health: Health = request.app.state.health
    report = await health.report(is_draining=bool(request.app.state.drain.is_draining))
    return JSONResponse(report.as_json(), 200 if report.is_ready else 503)


@router.get("/metrics")
async def get_metrics(request: Request) -> Response:
    """Prometheus text, for this machine and private networks; nobody else learns it exists."""
    if request.client is None or not is_nearby(request.client.host):
        raise HTTPException(404)
    body, content_type = render_metrics()
    return Response(body, media_type=content_type)
