"""Reading what a client sends: bounded in size and in time."""

from __future__ import annotations

import asyncio
from typing import Final, cast

from starlette.requests import ClientDisconnect, Request

from vectal.ai.proxy.wires.port import WireProblem
from vectal.ai.service.gateway.call import CallRefusedError
from vectal.platform.config import Settings

MAX_BODY_BYTES: Final = 32 << 20
"""What the vendors take, too."""
# A client that is cut off while it writes never reads why; so what is too much is read and
# dropped, up to here.
_PATIENT_BYTES: Final = 4 * MAX_BODY_BYTES
_TOO_LARGE: Final = WireProblem(
    413, "request_too_large", f"A request may have at most {MAX_BODY_BYTES >> 20} MiB."
)
_COMPRESSED: Final = WireProblem(
    415, "unsupported_media_type", "Send the body as it is, without Content-Encoding."
)
_TOO_SLOW: Final = WireProblem(408, "request_timeout", "The body did not arrive in time.")
_DIGITS: Final = 19
_PLAIN: Final = "identity"
_AS_IT_IS: Final = {"accept-encoding": _PLAIN}
_CLOSE: Final = {"connection": "close"}
"""The rest may not have been read, so the connection can't be used again."""


async def read_body(request: Request) -> bytes:
    """The whole body. Raises CallRefusedError, or ClientDisconnect."""
    chunks: list[bytes] = []
    size = 0
    keeps = _announced(request) <= MAX_BODY_BYTES
    seconds = cast("Settings", request.app.state.settings).model_body_timeout_s
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > _PATIENT_BYTES:
                    break
                if size > MAX_BODY_BYTES:
                    chunks.clear()
                elif keeps:
                    chunks.append(chunk)
    except TimeoutError as error:
        raise CallRefusedError(_TOO_SLOW, _CLOSE) from error
    if size > MAX_BODY_BYTES or not keeps:
        raise CallRefusedError(_TOO_LARGE, _CLOSE)
    if request.headers.get("content-encoding", _PLAIN).lower() != _PLAIN:
        raise CallRefusedError(_COMPRESSED, _AS_IT_IS)
    return b"".join(chunks)


def _announced(request: Request) -> int:
    """What the client says that it will send: nothing of too much need be kept."""
    length = request.headers.get("content-length", "0")
    # A number that no server could read has been refused before.
    return int(length) if length.isascii() and length.isdigit() and len(length) < _DIGITS else 0


__all__ = ["MAX_BODY_BYTES", "ClientDisconnect", "read_body"]
