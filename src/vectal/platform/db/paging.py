"""Keyset paging: an opaque cursor that carries the last row's sort values."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from vectal.platform.errors import AppError

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_MAX_CURSOR_CHARS = 2048

CursorValue = str | int | float | bool | None


class InvalidCursorError(AppError):
    code = "invalid_cursor"
    status = 422
    title = "The cursor is not one of ours, or belongs to another query"


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """One page of rows; `next_cursor` is None on the last."""

    items: Sequence[T]
    next_cursor: str | None


def encode_cursor(kind: str, values: Sequence[CursorValue]) -> str:
    """`kind` names the query (its sort and filter), so that a cursor can't be used with another."""
    raw = json.dumps([kind, *values], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(kind: str, cursor: str, *, length: int) -> list[CursorValue]:
    """The values of a cursor made for `kind`; raises InvalidCursorError on anything else."""
    if len(cursor) > _MAX_CURSOR_CHARS:
        raise InvalidCursorError
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        parsed: object = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise InvalidCursorError from error
    if not isinstance(parsed, list):
        raise InvalidCursorError
    values = cast("list[object]", parsed)
    if len(values) != length + 1 or values[0] != kind:
        raise InvalidCursorError
    if any(not isinstance(value, (str, int, float, bool, type(None))) for value in values):
        raise InvalidCursorError
    return cast("list[CursorValue]", values[1:])
