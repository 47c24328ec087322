"""What can be wrong with a place in the event log."""

from vectal.platform.errors import AppError


class InvalidEventCursorError(AppError):
    code = "events.invalid_cursor"
    status = 422
    title = "The event cursor can't be read"


class CursorGoneError(AppError):
    """The place is before what is kept, or in a log that a restore has replaced."""

    code = "events.cursor_gone"
    status = 410
    title = "Events after this cursor are no longer kept; load the current state instead"
