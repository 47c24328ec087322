"""Errors of the realtime module, each with its stable code."""

from typing import ClassVar

from vectal.platform.errors import AppError


class UnknownChannelError(AppError):
    code: ClassVar[str] = "realtime.unknown_channel"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such channel"


class BadCursorError(AppError):
    code: ClassVar[str] = "realtime.bad_cursor"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The cursor is not one of this channel"
