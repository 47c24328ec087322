"""What can be wrong with a request about events."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from vectal.platform.errors import AppError, InvalidInputError


class EventNotFoundError(AppError):
    code: ClassVar[str] = "calendar.event_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such event"


class NotYourEventError(AppError):
    code: ClassVar[str] = "calendar.not_yours"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Only its owner changes an event"


class EventLimitError(AppError):
    code: ClassVar[str] = "calendar.limit"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "There are as many of these as there may be; delete some first"


class EventVersionError(AppError):
    """Somebody else was faster; `current` is the newer event."""

    code: ClassVar[str] = "calendar.version_conflict"
    status: ClassVar[int] = 412
    title: ClassVar[str] = "Someone changed this in the meantime"

    def __init__(self, current: Mapping[str, JsonValue]) -> None:
        super().__init__(
            f"The newest version is {current.get('version')}. Look at it, then try again.",
            extra={"current": dict(current)},
        )


class BadEventError(InvalidInputError):
    code: ClassVar[str] = "calendar.invalid"
    title: ClassVar[str] = "This event can't be taken as it is"


class BadCalendarError(AppError):
    code: ClassVar[str] = "calendar.bad_file"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "This is no calendar that can be read"


class CalendarTooLargeError(AppError):
    code: ClassVar[str] = "body_too_large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The calendar is too large"


class FeedNotFoundError(AppError):
    code: ClassVar[str] = "calendar.feed_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such feed"
