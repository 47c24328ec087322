"""Reading JSON that somebody else wrote: every value is checked, none is believed."""

from __future__ import annotations

from typing import Any, Final, cast

MAX_LISTED: Final = 1_000
_MAX_NAME_CHARS: Final = 200
MAX_TOKENS: Final = 1_000_000_000


def as_object(value: object) -> dict[str, Any]:
    """The value when it is an object; anything else reads as an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any] | None:
    return cast("list[Any]", value) if isinstance(value, list) else None


def as_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def as_count(value: object) -> int:
    """A number of tokens; nonsense counts as none."""
    if type(value) is not int:  # a bool is none, and JSON knows no other kinds
        return 0
    if value < 0:
        return 0
    return min(value, MAX_TOKENS)


def as_index(value: object) -> int | None:
    """A place in a list or a text; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_TOKENS:
        return None
    return value


def as_limit(value: object) -> int | None:
    """A number of tokens that something may hold; None when it says nothing."""
    return as_count(value) or None


def as_date(value: object) -> str | None:
    """The day of a timestamp."""
    return value[:10] if isinstance(value, str) else None


def as_model_name(value: object) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= _MAX_NAME_CHARS and value.isprintable():
        return value
    return None
