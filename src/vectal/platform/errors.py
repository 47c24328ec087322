"""The one error that crosses a door: a stable code, a status and words for a person.

Each module subclasses it in its own `errors.py`. `gateway/errors.py` alone renders it, as
problem+json (RFC 9457).
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class AppError(Exception):
    """An expected failure.

    `extra` holds further members of the problem, JSON-able; `headers` go with the response.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self,
        detail: str = "",
        *,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra: dict[str, Any] = dict(extra or {})
        self.headers: dict[str, str] = dict(headers or {})


class InvalidInputError(AppError):
    """A value that parsed but can't be taken; `pointer` is a JSON pointer into the body."""

    code = "invalid_input"
    status = 422
    title = "The request can't be taken as it is"

    def __init__(self, detail: str, *, pointer: str = "") -> None:
        super().__init__(
            detail, extra={"errors": [{"pointer": pointer, "code": self.code, "detail": detail}]}
        )


class UnavailableError(AppError):
    """A part we lean on does not answer now; trying again later may do."""

    code = "unavailable"
    status = 503
    title = "Not available right now"


class IdempotencyMismatchError(AppError):
    code = "idempotency.mismatch"
    status = 422
    title = "This Idempotency-Key was used with another request"
