"""Messages of JSON-RPC 2.0, strictly read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

import msgspec

from vectal.mcp.errors import ServerFailedError

METHOD_NOT_FOUND: Final = -32601
_NO_JSON: Final = "The server's answer is no JSON-RPC message."

Object: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request of ours; `error` is the server's own words, for no person's eyes."""

    id: int
    result: Object | None
    code: int = 0
    error: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the server's."""

    id: int | str
    method: str


@dataclass(frozen=True, slots=True)
class Told:
    """A notification of the server's."""

    method: str


Message: TypeAlias = Reply | Asked | Told


def request(number: int, method: str, params: Object) -> Object:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def notification(method: str) -> Object:
    return {"jsonrpc": "2.0", "method": method}


def answer_to(asked: Asked) -> Object:
    """What a server may ask of us: whether we are there, and nothing else."""
    if asked.method == "ping":
        return {"jsonrpc": "2.0", "id": asked.id, "result": {}}
    error = {"code": METHOD_NOT_FOUND, "message": "This client offers nothing to servers."}
    return {"jsonrpc": "2.0", "id": asked.id, "error": error}


def encode(message: Object) -> bytes:
    """One line: newlines inside of texts are escaped."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def decode(raw: bytes | str) -> Message:
    """Raises `ServerFailedError` for what is no message."""
    try:
        parsed = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ServerFailedError(_NO_JSON) from error
    if not isinstance(parsed, dict):
        raise ServerFailedError(_NO_JSON)
    return _message(cast("Object", parsed))


def _message(parsed: Object) -> Message:
    if parsed.get("jsonrpc") != "2.0":
        raise ServerFailedError(_NO_JSON)
    number, method = parsed.get("id"), parsed.get("method")
    if isinstance(method, str):
        # True is an int to Python, and no id.
        if isinstance(number, int | str) and not isinstance(number, bool):
            return Asked(number, method)
        return Told(method)
    if not isinstance(number, int) or isinstance(number, bool):
        raise ServerFailedError(_NO_JSON)
    result, error = parsed.get("result"), parsed.get("error")
    if isinstance(error, dict):
        fault = cast("Object", error)
        code, words = fault.get("code"), fault.get("message")
        return Reply(
            number,
            None,
            code if isinstance(code, int) else 0,
            words if isinstance(words, str) else "",
        )
    if not isinstance(result, dict):
        raise ServerFailedError(_NO_JSON)
    return Reply(number, cast("Object", result))
