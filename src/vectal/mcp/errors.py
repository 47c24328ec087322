"""What can be wrong with tool servers. No text is a server's own."""

from typing import ClassVar

from vectal.platform.errors import AppError, InvalidInputError


class ToolServerNotFoundError(AppError):
    code: ClassVar[str] = "mcp.server_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such tool server"


class ServerToolNotFoundError(AppError):
    code: ClassVar[str] = "mcp.tool_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "The server has no such tool"


class ToolServerConflictError(AppError):
    code: ClassVar[str] = "mcp.conflict"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Somebody else has changed this tool server meanwhile"


class ToolServerNameTakenError(AppError):
    code: ClassVar[str] = "mcp.name_taken"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Another tool server has this name"


class ToolServerLimitError(AppError):
    code: ClassVar[str] = "mcp.limit"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The workspace has as many tool servers as it may have"


class ToolServerAddressError(InvalidInputError):
    code: ClassVar[str] = "mcp.address_refused"
    title: ClassVar[str] = "This address can't be used"


class CredentialNeededError(InvalidInputError):
    code: ClassVar[str] = "mcp.credential_needed"
    title: ClassVar[str] = "The credential has to be entered again"


class OperatorsServerError(AppError):
    code: ClassVar[str] = "mcp.operators"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This server is set up by the operator, and is changed there"


class ToolChangedError(AppError):
    """The tool says something else of itself than what was consented to."""

    code: ClassVar[str] = "mcp.tool_changed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The tool has changed; look at it and consent anew"


class ToolUnusableError(AppError):
    code: ClassVar[str] = "mcp.tool_unusable"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The tool can't be used"


class NoConsentError(AppError):
    code: ClassVar[str] = "mcp.no_consent"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "You have not consented to this tool"


class ServerFailedError(AppError):
    """The server can't be reached, or what it says can't be taken."""

    code: ClassVar[str] = "mcp.server_failed"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "The tool server failed"


class SessionGoneError(ServerFailedError):
    """The server knows the session no more: another one may be begun."""

    code: ClassVar[str] = "mcp.session_gone"
    title: ClassVar[str] = "The tool server has ended the session"


class StdioFileError(Exception):
    """The operator's file of servers can't be taken; the words say why."""
