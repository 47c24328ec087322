"""Which failures of the database pass: told alike by SQLAlchemy and by the driver itself."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from vectal.platform.db.faults import will_pass


@pytest.mark.parametrize(
    ("raised", "passes"),
    [
        (asyncpg.DeadlockDetectedError("x"), True),
        (asyncpg.QueryCanceledError("x"), True),
        (asyncpg.ConnectionDoesNotExistError("x"), True),
        (asyncpg.AdminShutdownError("x"), True),
        (asyncpg.UniqueViolationError("x"), False),
        (ConnectionResetError(), True),
        (ValueError("x"), False),
    ],
)
def test_what_passes(raised: Exception, *, passes: bool) -> None:
    assert will_pass(raised) == passes
    if isinstance(raised, asyncpg.PostgresError):
        assert will_pass(DBAPIError("SELECT 1", None, raised)) == passes
