"""REST and server-sent events of turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.principal import Principal
from vectal.chat.contracts import Frame
from vectal.chat.errors import TurnNotFoundError
from vectal.chat.frames import EVENTS, parse_seq
from vectal.chat.routes import Chat, IdempotencyKey, request_key
from vectal.chat.schemas import NewTurn, TurnStartedShape
from vectal.realtime.service import RealtimeService, paced, sse

router = APIRouter(tags=["chat"])

HEARTBEAT_S: Final = 15.0
_RETRY_MS: Final = 1000
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The turn's frames, as server-sent events with ids",
        "content": {
            sse.MEDIA_TYPE: {
                "schema": {  # in OpenAPI 3.1, of each event
                    "type": "object",
                    "properties": {
                        "id": {"type": "string", "pattern": "^[0-9]+$"},
                        "event": {"enum": list(EVENTS)},
                        "data": {"type": "string", "contentMediaType": "application/json"},
                    },
                    "required": ["id", "event", "data"],
                }
            }
        },
    }
}
LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", max_length=32, description="Go on after this frame"),
]


@router.post(
    "/conversations/{conversation_id}/turns",
    status_code=201,
    response_model=TurnStartedShape,
    responses=_STREAM,
    dependencies=[requires("turns.create")],
)
async def create_turn(
    conversation_id: UUID,
    body: NewTurn,
    principal: CurrentPrincipal,
    chat: Chat,
    request: Request,
    key: IdempotencyKey = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Say something, and have it answered.

    Returns at once; the answer is written meanwhile (follow it at `/turns/{id}/events` or over
    the WebSocket). With `Accept: text/event-stream` the answer's frames are the response. Either
    way the answer goes on when you disconnect.
    """
    after = parse_seq(last_event_id)
    started = await chat.turns.start(
        principal,
        conversation_id,
        body.request(),
        key=request_key(key, f"conversations/{conversation_id}/turns", body),
    )
    headers = {"Idempotency-Replayed": "true"} if started.replayed else {}
    headers["Location"] = f"/api/v1/turns/{started.turn.id}"
    if sse.MEDIA_TYPE in request.headers.get("accept", ""):
        frames = chat.turns.follow(principal, started.turn.id, after=after)
        return FrameStream(_realtime(request), principal, frames, headers)
    shape = TurnStartedShape.of(started)
    return JSONResponse(shape.model_dump(mode="json"), 201, headers=headers)


@router.get("/turns/{turn_id}", dependencies=[requires("turns.read")])
async def get_turn(turn_id: UUID, principal: CurrentPrincipal, chat: Chat) -> TurnStartedShape:
    """A turn with its two messages, as they are now."""
    return TurnStartedShape.of(await chat.turns.get(principal, turn_id))


@router.get(
    "/turns/{turn_id}/events",
    response_class=Response,
    responses=_STREAM,
    dependencies=[requires("turns.read")],
)
async def stream_turn(
    turn_id: UUID,
    principal: CurrentPrincipal,
    chat: Chat,
    request: Request,
    last_event_id: LastEventId = None,
) -> Response:
    """The turn's frames from its beginning, or after `Last-Event-ID`; ends with `turn.ended`."""
    after = parse_seq(last_event_id)
    await chat.turns.get(principal, turn_id)
    frames = chat.turns.follow(principal, turn_id, after=after)
    return FrameStream(_realtime(request), principal, frames, {})


@router.post("/turns/{turn_id}/stop", status_code=202, dependencies=[requires("turns.stop")])
async def stop_turn(turn_id: UUID, principal: CurrentPrincipal, chat: Chat) -> Response:
    """Stop writing; what was written stays. Follow the turn to see it end."""
    await chat.turns.stop(principal, turn_id)
    return Response(status_code=202)


def _realtime(request: Request) -> RealtimeService[Principal]:
    service: RealtimeService[Principal] = request.app.state.services.realtime
    return service


class FrameStream(StreamingResponse):
    """Frames as server-sent events; ends early when the caller's right does, or the server."""

    def __init__(
        self,
        realtime: RealtimeService[Principal],
        principal: Principal,
        frames: AsyncGenerator[Frame, None],
        headers: dict[str, str],
    ) -> None:
        self._lines = _lines(realtime, principal, frames)
        super().__init__(self._lines, headers=sse.HEADERS | headers, media_type=sse.MEDIA_TYPE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._lines):
            await super().__call__(scope, receive, send)


async def _lines(
    realtime: RealtimeService[Principal],
    principal: Principal,
    frames: AsyncGenerator[Frame, None],
) -> AsyncGenerator[bytes, None]:
    over = asyncio.Event()
    with realtime.until_over(principal, over):
        yield sse.render_retry(_RETRY_MS)
        try:
            async for frame in paced(frames, heartbeat_s=HEARTBEAT_S, until=over):
                yield (
                    sse.HEARTBEAT
                    if frame is None
                    else sse.render(str(frame.seq), frame.event, frame.data)
                )
        except TurnNotFoundError:
            return  # deleted while it was followed
