"""An app with a few routes that misbehave on purpose, behind the real edge."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from types import SimpleNamespace
from typing import Annotated
from uuid import UUID

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import StreamingResponse
from pydantic import Field
from tests.fixtures.apps import app_over

from vectal.gateway.drain import Drain
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.errors import AppError
from vectal.platform.web import Schema
from vectal.platform.web.schema import Text

SECRET = "the-inside-of-the-house"
MakeApp = Callable[..., FastAPI]
MakeHouse = Callable[..., httpx2.AsyncClient]


class Thing(Schema):
    name: Annotated[Text, Field(max_length=10)]
    size: int = 0
    inner: "Thing | None" = None


class TeapotError(AppError):
    code = "tests.teapot"
    status = 418
    title = "I am a teapot"


router = APIRouter(prefix="/api/v1/odd")


@router.post("/things")
async def make_thing(body: Thing) -> Thing:
    return body


@router.get("/things")
async def list_things(q: Text = "", limit: Annotated[int, Query(ge=1, le=9)] = 5) -> list[str]:
    return [q] * limit


@router.get("/things/{thing_id}")
async def get_thing(thing_id: UUID) -> str:
    return str(thing_id)


@router.post("/things/fixed")
async def make_fixed_things() -> str:
    return ""


@router.get("/broken")
async def break_down() -> None:
    raise RuntimeError(SECRET)


@router.get("/late")
async def be_late() -> None:
    await asyncio.sleep(30)


@router.get("/teapot")
async def be_a_teapot() -> None:
    raise TeapotError("short and stout", extra={"spout": 1}, headers={"Retry-After": "7"})


@router.get("/away")
async def be_away() -> None:
    raise ConnectionRefusedError("the database is away")


@router.get("/stream")
async def stream_slowly() -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        for number in range(3):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0.15)

    return StreamingResponse(parts(), media_type="text/event-stream")


@router.get("/torn")
async def tear_a_stream() -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        yield "data: 0\n\n"
        raise RuntimeError(SECRET)

    return StreamingResponse(parts(), media_type="text/event-stream")


@pytest.fixture
def make_app(db: Database, keyring: Keyring, settings: Settings) -> MakeApp:
    """`make_app(setting=…)` gives an app with the odd routes."""

    def make(*, drain: Drain | None = None, **more: object) -> FastAPI:
        changed = settings.model_copy(update=more)
        app = app_over(SimpleNamespace(database=db, keyring=keyring), changed, drain=drain)
        app.include_router(router)
        return app

    return make


@pytest.fixture
async def make_house(make_app: MakeApp) -> AsyncGenerator[MakeHouse]:
    """`make_house(setting=…, client=(ip, port))` gives a client of such an app."""
    opened: list[httpx2.AsyncClient] = []

    def make(*, client: tuple[str, int] = ("127.0.0.1", 1), **more: object) -> httpx2.AsyncClient:
        app = make_app(**more)
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False, client=client)
        opened.append(httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8484"))
        return opened[-1]

    yield make
    for each in opened:
        await each.aclose()
