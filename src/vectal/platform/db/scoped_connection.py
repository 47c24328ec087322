"""A connection whose transactions begin with their scope, in the same round trip.

SQLAlchemy begins a transaction with the first statement that needs one. A question of its own for
the scope would double what a short transaction waits for, and a ping before each tripled it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, cast

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

BEGIN_NOW: Final = text("SELECT 1 AS begun")
"""Begins a transaction for whoever goes on by the driver itself; is never sent."""
_BEGIN: Final = "BEGIN;"
_PING_AFTER_S: Final = 30.0
"""A connection that was idle for longer may have lost its network without a word."""
Execute: TypeAlias = Callable[..., Awaitable[str]]
_LAST_USED: Final = "vectal.last_used"


class _NoQuestion:
    """The answer to `BEGIN_NOW`, as SQLAlchemy's adapter asks prepared statements."""

    def get_attributes(self) -> tuple[()]:
        return ()

    async def fetch(self) -> list[Any]:
        return []

    def get_statusmsg(self) -> str:
        return ""


_NO_QUESTION: Final = _NoQuestion()


class ScopedConnection(asyncpg.Connection):
    """`scope` is what the next transaction begins with; empty once it has begun."""

    __slots__ = ("scope",)

    scope: str

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)  # pyright: ignore[reportUnknownMemberType]  # untyped
        self.scope = ""

    async def execute(self, query: str, *args: Any, **named: Any) -> str:
        """As asyncpg has it; what begins a transaction says its scope with it."""
        run = cast("Execute", super().execute)  # pyright: ignore[reportUnknownMemberType]  # untyped
        if query != _BEGIN or not self.scope:
            return await run(query, *args, **named)
        query, self.scope = _BEGIN + self.scope, ""
        try:
            return await run(query, **named)
        except BaseException:
            # Whether it has begun nobody knows, and nobody would end it: not for the next one.
            self.terminate()
            raise

    async def prepare(self, query: str, **named: Any) -> Any:
        """As asyncpg has it, but for `BEGIN_NOW`."""
        if query == BEGIN_NOW.text:
            return _NO_QUESTION
        return await super().prepare(query, **named)  # pyright: ignore[reportUnknownMemberType]  # untyped


def driver_of(connection: AsyncConnection) -> ScopedConnection:
    """The driver's own connection. As `get_raw_connection`, which takes a greenlet to say it."""
    held = connection.sync_connection
    if held is None:
        raise RuntimeError("the connection was closed before")
    return cast("ScopedConnection", held.connection.driver_connection)


def check_on_checkout(engine: AsyncEngine) -> None:
    """Hand out no connection that is known to be closed, without asking each time."""

    def note(_connection: Any, record: Any) -> None:
        record.info[_LAST_USED] = time.monotonic()

    def check(connection: Any, record: Any, _proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            # A server that was restarted has closed the others as well.
            raise InvalidatePoolError
        if time.monotonic() - record.info.get(_LAST_USED, 0.0) > _PING_AFTER_S:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise InvalidatePoolError from error

    event.listen(engine.sync_engine, "checkin", note)
    event.listen(engine.sync_engine, "checkout", check)
