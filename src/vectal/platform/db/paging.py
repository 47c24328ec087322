"""Keyset paging: an opaque cursor that carries the last row's sort values."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar, cast
from uuid import UUID

from vectal.platform.errors import AppError

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_MAX_CURSOR_CHARS = 2048

# No clock of ours says less or more, and every time zone of PostgreSQL's fits between.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)

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


def decode_id(kind: str, cursor: str) -> UUID:
    """The id of the last row, of rows that are sorted by it; raises InvalidCursorError."""
    (value,) = decode_cursor(kind, cursor, length=1)
    try:
        return UUID(str(value))
    except ValueError as error:
        raise InvalidCursorError from error


def encode_place(kind: str, at: datetime, row_id: UUID) -> str:
    """A cursor for rows that are sorted by time, then by id."""
    return encode_cursor(kind, [at.isoformat(), str(row_id)])


def decode_place(kind: str, cursor: str) -> tuple[datetime, UUID]:
    """The time and the id of the last row; raises InvalidCursorError on anything else."""
    at, row_id = decode_cursor(kind, cursor, length=2)
    try:
        moment, last = datetime.fromisoformat(str(at)), UUID(str(row_id))
    except ValueError as error:
        raise InvalidCursorError from error
    if moment.tzinfo is None or not _EARLIEST <= moment <= _LATEST:
        raise InvalidCursorError
    return moment, last
