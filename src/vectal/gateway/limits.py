"""What may come in: how long, of which kind, and made of what.

The body is read here, once and bounded, before any route sees it: strict JSON without NaN, at
most 200 levels deep, without NUL and unpaired surrogates, which PostgreSQL and UTF-8 can't hold.
"""

from collections.abc import Iterator
from email.message import Message as MimeMessage
from typing import Any, Final, cast
from urllib.parse import unquote_to_bytes

from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vectal.gateway.problem import Problem, entry
from vectal.gateway.streams import takes_no_json
from vectal.gateway.v1.shape import is_wire_path, respond_to

_API: Final = "/api/"
_MCP: Final = "/mcp"
_UNREADABLE: Final = "The request can't be taken as it is"
_MAX_TARGET_BYTES: Final = 8192
_METHODS: Final = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
"""No route has another, so what else comes is answered 405, whatever its body is."""


class _RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class _ClientGoneError(Exception):
    """The client left in the middle of its body."""


class RequestLimits:
    def __init__(self, app: ASGIApp, *, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check_target(scope)
            body = await self._read_body(scope, receive)
        except _RefusedError as error:
            if is_wire_path(scope["path"]):
                await respond_to(scope, error.problem)(scope, receive, send)
            else:
                await error.problem.send(scope, receive, send)
            return
        except _ClientGoneError:
            return
        if body is None:
            await self._app(scope, receive, send)
        else:
            await self._app(scope, _replay(body, receive), send)

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes | None:
        """None when there is none, when the path takes no JSON, or when it is a file's bytes."""
        headers = Headers(scope=scope)
        is_json = scope["path"].startswith(_API) or scope["path"] == _MCP
        if not is_json or takes_no_json(scope):
            return None
        if scope["method"] not in _METHODS:
            return None
        length = headers.get("content-length", "0" if "transfer-encoding" not in headers else "")
        if length == "0":
            return None
        if length and (not length.isdecimal() or int(length) > self._max_body_bytes):
            raise self._too_large()
        _check_kind(headers)
        body = await self._collect(receive)
        if body:
            _check_json(body)
        return body

    async def _collect(self, receive: Receive) -> bytes:
        chunks, size = list[bytes](), 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientGoneError
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > self._max_body_bytes:
                raise self._too_large()
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)

    def _too_large(self) -> _RefusedError:
        detail = f"A body may have at most {self._max_body_bytes} bytes."
        # The rest of the body is not read, so the connection can't be used again.
        headers = {"Connection": "close"}
        return _RefusedError(
            Problem(413, "body_too_large", "The body is too large", detail, headers=headers)
        )


def _check_target(scope: Scope) -> None:
    query: bytes = scope.get("query_string", b"")
    if len(query) + len(scope.get("raw_path") or b"") > _MAX_TARGET_BYTES:
        raise _RefusedError(Problem(414, "uri_too_long", "The address is too long"))
    if "\x00" in scope["path"]:
        raise _RefusedError(Problem(404, "not_found", "Not Found"))
    if b"%00" in query or b"\x00" in unquote_to_bytes(query):
        raise _RefusedError(_unreadable("", "nul", "NUL has no place in a query", "query"))


def _check_kind(headers: Headers) -> None:
    mime = MimeMessage()
    mime["content-type"] = headers.get("content-type", "")
    kind, charset = mime.get_content_type(), mime.get_content_charset("utf-8")
    is_json = "content-type" in headers and (
        kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    )
    if not is_json or charset not in ("utf-8", "us-ascii"):
        raise _wrong_kind("Send application/json in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise _wrong_kind("Send the body without Content-Encoding.")


def _wrong_kind(detail: str) -> _RefusedError:
    return _RefusedError(
        Problem(415, "unsupported_media_type", "This kind of body is not taken", detail)
    )


def _check_json(body: bytes) -> None:
    try:
        value: Any = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        problem = _unreadable("", "json_invalid", f"The body is not valid JSON: {error}")
        raise _RefusedError(problem) from None
    # Only a body that spells the escape can hold a NUL: raw ones are not JSON.
    if rb"\u0000" in body and any("\x00" in text for text in _texts(value)):
        raise _RefusedError(_unreadable("", "nul", "NUL has no place in text"))


def _texts(value: Any) -> Iterator[str]:
    waiting: list[Any] = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, str):
            yield current
        elif isinstance(current, dict):
            members = cast("dict[str, Any]", current)
            waiting.extend(members.keys())
            waiting.extend(members.values())
        elif isinstance(current, list):
            waiting.extend(cast("list[Any]", current))


def _unreadable(pointer: str, code: str, detail: str, source: str = "body") -> Problem:
    errors = [entry(pointer, code, detail, source)]
    return Problem(422, "invalid_input", _UNREADABLE, detail, {"errors": errors})


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body that was read to whoever asks next, then the connection's own messages."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed
