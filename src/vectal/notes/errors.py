"""What can be wrong with a request about notes."""

from typing import ClassVar

from vectal.platform.errors import AppError, InvalidInputError


class NoteNotFoundError(AppError):
    code: ClassVar[str] = "notes.not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such note"


class BadNoteError(InvalidInputError):
    code: ClassVar[str] = "notes.invalid"
    title: ClassVar[str] = "This can't be a note"
