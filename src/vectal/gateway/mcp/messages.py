"""JSON-RPC of a client's requests, strictly read, and of our answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from fastapi.responses import JSONResponse

INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
_LONGEST_ID: Final = 200

Object: TypeAlias = dict[str, Any]
Id: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class Call:
    """`id` is None for a notification, and for an answer to what we have never asked."""

    id: Id
    method: str
    params: Object


class RpcError(Exception):
    """Answered as an error of the protocol."""

    def __init__(self, code: int, message: str, *, status: int = 200, number: Id = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.number = number


def read_call(parsed: object) -> Call:
    """Raises `RpcError`."""
    if not isinstance(parsed, dict):
        raise _invalid("Send one JSON-RPC message; batches are not taken.")
    message = cast("Object", parsed)
    number, method = message.get("id"), message.get("method")
    if message.get("jsonrpc") != "2.0":
        raise _invalid("The message is not JSON-RPC 2.0.")
    if method is None and ("result" in message or "error" in message):
        return Call(None, "", {})
    if not isinstance(method, str):
        raise _invalid("The message names no method.")
    if "id" in message and not _is_id(number):
        raise _invalid("The id is neither a short text nor an integer.")
    params = message.get("params", {})
    if not isinstance(params, dict):
        raise RpcError(INVALID_PARAMS, "The parameters are no object.", number=number)
    return Call(number, method, cast("Object", params))


def result_of(call: Call, result: Object) -> JSONResponse:
    return JSONResponse({"jsonrpc": "2.0", "id": call.id, "result": result})


def error_of(error: RpcError) -> JSONResponse:
    content: Object = {
        "jsonrpc": "2.0",
        "id": error.number,
        "error": {"code": error.code, "message": error.message},
    }
    return JSONResponse(content, error.status)


def _is_id(number: object) -> bool:
    if isinstance(number, str):
        return len(number) <= _LONGEST_ID
    return isinstance(number, int) and not isinstance(number, bool)


def _invalid(message: str) -> RpcError:
    return RpcError(INVALID_REQUEST, message, status=400)
