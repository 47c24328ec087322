"""What can be wrong with a request about notifications."""

from typing import ClassVar

from vectal.platform.errors import AppError


class NotificationNotFoundError(AppError):
    code: ClassVar[str] = "notifications.not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such notification"


class LinkInvalidError(AppError):
    """The same for a link that never was, that is over, used, or no longer its person's."""

    code: ClassVar[str] = "notifications.link_invalid"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "This link is not valid, or not any more"


class LinkThrottledError(AppError):
    code: ClassVar[str] = "notifications.link_throttled"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many tries"
