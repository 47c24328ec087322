"""Sessions: what a repository may do inside one transaction.

`ReadSession` reads; `WriteSession` also writes and emits events. They are distinct types, so
that a function's signature says which it needs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar, TypeVarTuple, cast, overload
from uuid import UUID

from sqlalchemy import CursorResult, Executable, Result
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction
from sqlalchemy.sql.selectable import TypedReturnsRows

from vectal.platform.db.driver import Driver
from vectal.platform.db.scoped_connection import BEGIN_NOW, driver_of

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Outbox(Protocol):
    """Appends an event in the session's transaction; `platform.events` implements it."""

    async def __call__(
        self, session: "WriteSession", event: object, user_id: UUID | None, /
    ) -> None: ...


class ReadSession:
    """Reads in one transaction, under one scope."""

    def __init__(self, session: AsyncSession, scope: object) -> None:
        self._session = session
        self.scope = scope

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*Ts], parameters: Parameters = None
    ) -> Result[*Ts]: ...
    @overload
    async def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> Result[*tuple[Any, ...]]: ...
    async def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> Result[*tuple[Any, ...]]:
        return await self._session.execute(statement, parameters)

    async def scalar(self, statement: TypedReturnsRows[T]) -> T | None:
        return await self._session.scalar(statement)

    async def scalars(self, statement: TypedReturnsRows[T]) -> Sequence[T]:
        return (await self._session.scalars(statement)).all()

    async def get(self, entity: type[T], key: object) -> T | None:
        return await self._session.get(entity, key)

    async def connection(self) -> Driver:
        """The driver's own connection, in this transaction, for hot paths."""
        connection = await self._session.connection()
        driver = driver_of(connection)
        if driver.scope:
            await connection.execute(BEGIN_NOW)
        return cast("Driver", driver)


class WriteSession(ReadSession):
    """Reads, writes and emits in one transaction that commits when its block ends."""

    def __init__(
        self, session: AsyncSession, scope: object, outbox: "Outbox | None" = None
    ) -> None:
        super().__init__(session, scope)
        self._outbox = outbox
        self._callbacks: list[Callable[[], None]] = []

    def add(self, row: object) -> None:
        self._session.add(row)

    def add_all(self, rows: Iterable[object]) -> None:
        self._session.add_all(rows)

    async def delete(self, row: object) -> None:
        await self._session.delete(row)

    async def flush(self) -> None:
        await self._session.flush()

    async def refresh(self, row: object) -> None:
        await self._session.refresh(row)

    async def change(self, statement: Executable, parameters: Parameters = None) -> int:
        """Run an INSERT, UPDATE or DELETE; return how many rows it touched."""
        result = await self._session.execute(statement, parameters)
        return cast("CursorResult[Any]", result).rowcount

    def savepoint(self) -> AbstractAsyncContextManager[AsyncSessionTransaction]:
        """A nested transaction: rolls back alone when its block raises."""
        return self._session.begin_nested()

    def forget(self) -> None:
        """Let go of all mapped rows, after what they stood for was undone."""
        self._session.expunge_all()

    def under(self, scope: object) -> "WriteSession":
        """The same transaction for another scope; `Database.act` takes the role for it."""
        return WriteSession(self._session, scope, self._outbox)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the outermost transaction has committed; it must not block."""
        self._callbacks.append(callback)

    def run_callbacks(self) -> None:
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    async def emit(self, event: object, *, user_id: UUID | None = None) -> None:
        """Write an event to the outbox in this transaction.

        `user_id` makes it private to one person; without it the workspace sees it.
        """
        if self._outbox is None:
            msg = "this database was opened without an outbox"
            raise RuntimeError(msg)
        await self._outbox(self, event, user_id)
