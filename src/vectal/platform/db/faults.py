"""Tells a failure of the database that a second try may well survive from one that stays."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# SQLSTATE of conflicts, timeouts and shutdowns.
_PASSING_STATES = frozenset(
    {"08003", "08006", "40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53300"}
)


def will_pass(error: Exception) -> bool:
    if isinstance(error, (PoolTimeoutError, ConnectionError)):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        return error.connection_invalidated or state in _PASSING_STATES
    # Hot paths speak to the driver, whose own errors carry their state themselves.
    return getattr(error, "sqlstate", None) in _PASSING_STATES
