"""Typed values out of page cursors, which anyone may have changed."""

from datetime import datetime
from uuid import UUID

from vectal.platform.db.paging import CursorValue, InvalidCursorError


def read_time(value: CursorValue) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidCursorError from error
    if at.tzinfo is None:
        raise InvalidCursorError
    return at


def read_id(value: CursorValue) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise InvalidCursorError from error
