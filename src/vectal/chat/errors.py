"""Errors of the chat module, each with its stable code."""

from typing import ClassVar

from vectal.platform.errors import AppError


class ConversationNotFoundError(AppError):
    code: ClassVar[str] = "chat.conversation_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such conversation"


class MessageNotFoundError(AppError):
    code: ClassVar[str] = "chat.message_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such message in this conversation"


class TurnNotFoundError(AppError):
    code: ClassVar[str] = "chat.turn_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such turn"


class TurnRunningError(AppError):
    """`extra` carries the `turn_id` that runs."""

    code: ClassVar[str] = "chat.turn_running"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "An answer is still being written in this conversation"


class TooManyTurnsError(AppError):
    """Comes with Retry-After."""

    code: ClassVar[str] = "chat.too_many_turns"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many answers are being written at once"


class DrainingError(AppError):
    code: ClassVar[str] = "chat.draining"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "This server is about to restart; try again"


class ConversationFullError(AppError):
    code: ClassVar[str] = "chat.conversation_full"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This conversation has as many messages as it can hold; start a new one"


class ConversationLimitError(AppError):
    code: ClassVar[str] = "chat.conversation_limit"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "You have as many conversations as you may have; delete some first"


class BranchPointError(AppError):
    code: ClassVar[str] = "chat.branch_point"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The message can't be placed there"


class NothingToRegenerateError(AppError):
    code: ClassVar[str] = "chat.nothing_to_regenerate"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Only an answer can be written anew"


class SearchWordsError(AppError):
    code: ClassVar[str] = "chat.search_words"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The search has no word to look for, or too many"


class LeaseLostError(Exception):
    """Another process has taken the turn over, or it is gone: stop writing.

    Never reaches a client.
    """
