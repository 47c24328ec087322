"""What can go wrong with a search."""

from typing import ClassVar

from vectal.platform.errors import AppError


class CursorKindError(AppError):
    code: ClassVar[str] = "search.cursor_kind"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "A cursor goes with exactly one kind"
