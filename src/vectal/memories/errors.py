"""What can be wrong with a request about memories."""

from typing import ClassVar

from vectal.platform.errors import AppError, InvalidInputError


class MemoryNotFoundError(AppError):
    code: ClassVar[str] = "memories.not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such memory"


class MemoryLimitError(AppError):
    code: ClassVar[str] = "memories.limit"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "There are as many memories as there may be; delete some first"


class BadMemoryError(InvalidInputError):
    code: ClassVar[str] = "memories.invalid"
    title: ClassVar[str] = "This can't be remembered"
