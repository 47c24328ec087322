"""The engine: pooled connections, and transactions that carry their scope.

Each transaction begins by taking a role that owns nothing, naming the tenant and the person for
row-level security, and bounding its own time. All of it is LOCAL, so a connection that goes back
to a pool (ours or PgBouncer's) carries nothing over.
"""

import functools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from vectal.platform.db.scope import DataScope
from vectal.platform.db.scoped_connection import ScopedConnection, check_on_checkout, driver_of
from vectal.platform.db.session import Outbox, ReadSession, WriteSession

APP_ROLE = "vectal_app"
SYSTEM_ROLE = "vectal_system"

_SCOPE = (
    "SELECT set_config('role', '{role}', true),"
    " set_config('vectal.workspace_id', '{workspace_id}', true),"
    " set_config('vectal.user_id', '{user_id}', true),"
    " set_config('statement_timeout', '{timeout_ms}', true),"
    " set_config('idle_in_transaction_session_timeout', '{idle_ms}', true),"
    " set_config('transaction_read_only', '{read_only}', true)"
)

_ACT = (
    "SAVEPOINT vectal_act; SELECT set_config('role', 'vectal_app', true),"
    " set_config('vectal.workspace_id', '{}', true), set_config('vectal.user_id', '{}', true)"
)
_ACT_DONE = (
    "RELEASE SAVEPOINT vectal_act; SELECT set_config('role', 'vectal_system', true),"
    " set_config('vectal.workspace_id', '', true), set_config('vectal.user_id', '', true)"
)
_ACT_UNDO = "ROLLBACK TO SAVEPOINT vectal_act; RELEASE SAVEPOINT vectal_act"


@dataclass(frozen=True, slots=True)
class _Ambient:
    database: "Database"
    role: str
    workspace_id: str
    user_id: str
    session: WriteSession


_ambient: ContextVar[_Ambient | None] = ContextVar("vectal_db_ambient", default=None)


@dataclass(frozen=True, slots=True)
class SystemScope:
    """The scope of work that belongs to no tenant; `purpose` shows in pg_stat_activity."""

    purpose: str


def _sqlalchemy_url(url: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+asyncpg://" + url.removeprefix(prefix)
    return url


class Database:
    """One pool to one PostgreSQL.

    `url` is the app's login (postgresql://…); `outbox` is `platform.events.append`.
    """

    def __init__(
        self,
        url: str,
        *,
        outbox: Outbox | None = None,
        pool_size: int = 10,
        statement_timeout_ms: int = 15_000,
    ) -> None:
        self.url = url
        self._outbox = outbox
        self._timeout_ms = statement_timeout_ms
        self._engine = create_async_engine(
            _sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            # The last one back goes out first: its prepared statements and caches are warm.
            pool_use_lifo=True,
            pool_recycle=1800,
            connect_args={
                "connection_class": ScopedConnection,
                "timeout": 10,
                # A transaction pooler may hand each transaction another server connection.
                "statement_cache_size": 0 if "pgbouncer=true" in url else 512,
                "prepared_statement_cache_size": 0 if "pgbouncer=true" in url else 512,
                "server_settings": {"application_name": "vectal"},
            },
        )
        check_on_checkout(self._engine)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def read(self, scope: DataScope) -> AsyncGenerator[ReadSession]:
        """A read-only transaction for `scope`; joins an open one of the same scope."""
        joined = self._join(APP_ROLE, scope)
        if joined is not None:
            yield joined
            return
        async with self._sessions() as session, session.begin():
            await self._enter(session, APP_ROLE, scope, read_only="on")
            yield ReadSession(session, scope)

    @asynccontextmanager
    async def transaction(self, scope: DataScope) -> AsyncGenerator[WriteSession]:
        """A transaction for `scope`; commits when the block ends, rolls back when it raises.

        Within the same task and scope an inner call joins the outer transaction.
        """
        joined = self._join(APP_ROLE, scope)
        if joined is not None:
            yield joined
            return
        async with self._open(APP_ROLE, scope) as session:
            yield session

    @asynccontextmanager
    async def system(self, purpose: str) -> AsyncGenerator[WriteSession]:
        """A transaction as the system role, which sees only the tables granted to it.

        For what has no tenant yet (a login) or all of them (the outbox relay, sweepers).
        """
        async with self._open(SYSTEM_ROLE, SystemScope(purpose)) as session:
            yield session

    @asynccontextmanager
    async def act(self, outer: WriteSession, scope: DataScope) -> AsyncGenerator[WriteSession]:
        """A part of a system transaction, done as the app for `scope`, within a savepoint.

        So the reaction to an event changes a tenant's rows under the tenant's own policies, in
        the transaction that moves the reader's offset. When the block raises, it alone is undone.
        """
        workspace_id, user_id = _ids(scope)
        inner = outer.under(scope)
        driver = await outer.connection()
        # By hand and in one round trip each way: a savepoint of SQLAlchemy has a new name each
        # time, so that it is prepared each time; it cost a reader of events half of its pace.
        await driver.execute(_ACT.format(UUID(workspace_id), UUID(user_id)))
        token = _ambient.set(_Ambient(self, APP_ROLE, workspace_id, user_id, inner))
        try:
            yield inner
            await inner.flush()
            await driver.execute(_ACT_DONE)
        except BaseException:
            outer.forget()
            await driver.execute(_ACT_UNDO)
            raise
        finally:
            _ambient.reset(token)
        outer.after_commit(inner.run_callbacks)

    @asynccontextmanager
    async def _open(
        self, role: str, scope: DataScope | SystemScope
    ) -> AsyncGenerator[WriteSession]:
        workspace_id, user_id = _ids(scope)
        async with self._sessions() as session:
            async with session.begin():
                await self._enter(session, role, scope, read_only="off")
                write = WriteSession(session, scope, self._outbox)
                token = _ambient.set(_Ambient(self, role, workspace_id, user_id, write))
                try:
                    yield write
                finally:
                    _ambient.reset(token)
            write.run_callbacks()

    def _join(self, role: str, scope: DataScope) -> WriteSession | None:
        ambient = _ambient.get()
        if ambient is None or ambient.database is not self:
            return None
        if (ambient.role, ambient.workspace_id, ambient.user_id) != (role, *_ids(scope)):
            return None
        return ambient.session

    async def _enter(
        self,
        session: AsyncSession,
        role: str,
        scope: DataScope | SystemScope,
        *,
        read_only: Literal["on", "off"],
    ) -> None:
        driver = driver_of(await session.connection())
        driver.scope = _scope_sql(role, *_ids(scope), self._timeout_ms, read_only)


@functools.lru_cache(maxsize=4_096)
def _scope_sql(
    role: str, workspace_id: str, user_id: str, timeout_ms: int, read_only: Literal["on", "off"]
) -> str:
    """The ids are empty, or UUIDs: nothing else gets into the statement."""
    return _SCOPE.format(
        role=role,
        workspace_id=workspace_id and UUID(workspace_id),
        user_id=user_id and UUID(user_id),
        timeout_ms=timeout_ms,
        idle_ms=4 * timeout_ms,
        read_only=read_only,
    )


def detach_ambient() -> None:
    """Forget an ambient transaction: a background task must never join its creator's."""
    _ambient.set(None)


def _ids(scope: DataScope | SystemScope) -> tuple[str, str]:
    if isinstance(scope, SystemScope):
        return "", ""
    return str(scope.workspace_id), str(scope.user_id)
