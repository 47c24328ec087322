"""Answers to HTTP/1.0, which knows no pieces: what has no length ends with the connection.

uvicorn writes pieces to everybody; a client of HTTP/1.0 takes their sizes for a part of the answer.
"""

from __future__ import annotations

from typing import cast

from uvicorn._types import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
)
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


def without_pieces(app: ASGI3Application, cycle: RequestResponseCycle) -> ASGI3Application:
    """The application, whose answers of no length end with the connection."""

    async def answer(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        ends_by_closing = False

        async def tell(message: ASGISendEvent) -> None:
            nonlocal ends_by_closing
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message.get("headers", ())}
                ends_by_closing = b"content-length" not in names
                if ends_by_closing:
                    cycle.chunked_encoding = False
            elif ends_by_closing and message["type"] == "http.response.body":
                # What is said is what it has: uvicorn compares the two.
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await app(scope, receive, cast("ASGISendCallable", tell))

    return answer
