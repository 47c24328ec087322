"""Ids in cursors, and in words that may be one."""

from uuid import UUID

from vectal.platform.db.paging import InvalidCursorError, decode_cursor


def as_id(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def read_id(kind: str, cursor: str) -> UUID:
    """The id in a cursor that holds nothing else."""
    (value,) = decode_cursor(kind, cursor, length=1)
    found = as_id(value)
    if found is None:
        raise InvalidCursorError
    return found
