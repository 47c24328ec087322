"""What an exception is as a problem, for doors above and below the framework."""

from vectal.gateway.problem import Problem
from vectal.platform.db.faults import will_pass
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

_RETRY = {"Retry-After": "1"}
_INTERNAL = Problem(
    500, "internal", "Something went wrong", "It was logged under this request's id."
)
_UNAVAILABLE = Problem(
    503, "unavailable", "Not available right now", "Try again in a moment.", headers=_RETRY
)


class ClientStalledError(TimeoutError):
    """A client takes nothing of its answer any longer."""


def problem_of(error: Exception) -> Problem:
    """The problem for an exception that nothing else caught; 500 unless it will pass."""
    return _UNAVAILABLE if will_pass(error) else _INTERNAL


def log_unexpected(error: Exception, request_id: str, method: str, path: str) -> None:
    if isinstance(error, ClientStalledError):  # it is the client's, and no trace tells more
        _log.warning("client_stalled", request_id=request_id, method=method, path=path)
        return
    _log.error("request_failed", request_id=request_id, method=method, path=path, exc_info=error)


def problem_of_app_error(error: AppError) -> Problem:
    return Problem(error.status, error.code, error.title, error.detail, error.extra, error.headers)
