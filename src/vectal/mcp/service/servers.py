"""Tool servers of a workspace: kept with sealed credentials, changed under versions, tested."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.mcp import repository as sql
from vectal.mcp.addresses import checked_header, checked_url, same_origin
from vectal.mcp.contracts import MAX_SERVERS, ServerTest, ToolServer
from vectal.mcp.errors import (
    CredentialNeededError,
    OperatorsServerError,
    ServerFailedError,
    ToolServerConflictError,
    ToolServerLimitError,
    ToolServerNameTakenError,
    ToolServerNotFoundError,
)
from vectal.mcp.service.dialling import Dialler
from vectal.mcp.service.directory import Directory, owner_of, secret_place
from vectal.mcp.service.tools import ServerToolService
from vectal.mcp.tables import ToolServerRow
from vectal.mcp.wire.stdio import StdioServer
from vectal.platform.clock import Clock, monotonic
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope, WriteSession
from vectal.platform.http import EgressGuard
from vectal.platform.ids import new_id

_TEST_S: Final = 20.0
_HINT_CHARS: Final = 4
_SHORT_SECRET: Final = 12


@dataclass(frozen=True, slots=True)
class ServerDraft:
    """What somebody entered. An empty `header` stands for a bearer token."""

    name: str
    url: str
    header: str = ""
    secret: str = field(default="", repr=False)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ServerChange:
    """Fields to change; None leaves as is. An empty `secret` takes the credential away."""

    name: str | None = None
    url: str | None = None
    header: str | None = None
    secret: str | None = field(default=None, repr=False)
    enabled: bool | None = None


class ToolServerService:
    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        guard: EgressGuard,
        directory: Directory,
        dialler: Dialler,
        tools: ServerToolService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._guard = guard
        self._directory = directory
        self._dialler = dialler
        self._tools = tools
        self._clock = clock

    async def list_servers(self, scope: DataScope) -> list[ToolServer]:
        """The operator's first, then the workspace's own, each by name."""
        async with self._database.read(scope) as session:
            rows = await sql.list_servers(session, scope)
            counts = await sql.count_tools(session, scope)
        programs = sorted(self._directory.programs.items(), key=lambda pair: pair[1].name)
        return [
            *(_shown_program(each, server_id, counts) for server_id, each in programs),
            *(_shown(row, counts) for row in rows),
        ]

    async def get(self, scope: DataScope, server_id: UUID) -> ToolServer:
        """Raises `ToolServerNotFoundError`."""
        async with self._database.read(scope) as session:
            counts = await sql.count_tools(session, scope)
            program = self._directory.programs.get(server_id)
            if program is not None:
                return _shown_program(program, server_id, counts)
            row = await sql.find_server(session, scope, server_id)
        if row is None:
            raise ToolServerNotFoundError
        return _shown(row, counts)

    async def create(self, scope: DataScope, draft: ServerDraft) -> ToolServer:
        """Store a server, its credential sealed; the answer holds a hint of it at most."""
        url, header = checked_url(self._guard, draft.url), checked_header(draft.header)
        server_id, now = new_id(), self._clock.now()
        async with self._database.transaction(scope) as session:
            await sql.lock_servers(session, scope)
            there = await sql.list_servers(session, scope)
            if len(there) >= MAX_SERVERS:
                raise ToolServerLimitError(f"A workspace has at most {MAX_SERVERS} tool servers.")
            self._check_name(draft.name, there)
            row = ToolServerRow(
                workspace_id=scope.workspace_id,
                id=server_id,
                name=draft.name,
                url=url,
                header=header,
                sealed_secret=await self._seal(session, scope, server_id, draft.secret),
                secret_hint=_hint(draft.secret),
                enabled=draft.enabled,
                test_result=None,
                version=1,
                created_by=scope.user_id,
                created_at=now,
                updated_at=now,
            )
            await sql.add_server(session, row)
            return _shown(row, {})

    async def update(
        self, scope: DataScope, server_id: UUID, version: int | None, change: ServerChange
    ) -> ToolServer:
        """A new address of another origin needs the credential entered anew."""
        self._refuse_operators(server_id)
        async with self._database.transaction(scope) as session:
            await sql.lock_servers(session, scope)
            row = await self._get(session, scope, server_id)
            if version is not None and version != row.version:
                raise _conflict(row)
            values = await self._values(session, scope, row, change)
            if values and not await sql.change_server(session, scope, row.id, row.version, values):
                raise _conflict(row)
            row = await self._get(session, scope, server_id)
            return _shown(row, await sql.count_tools(session, scope))

    async def delete(self, scope: DataScope, server_id: UUID) -> None:
        """With its tools, and with everybody's consents to them."""
        self._refuse_operators(server_id)
        async with self._database.transaction(scope) as session:
            if not await sql.delete_server(session, scope, server_id):
                raise ToolServerNotFoundError

    async def test(self, scope: DataScope, server_id: UUID) -> ServerTest:
        """Look at the server: shake hands, list its tools, keep what they say."""
        began = monotonic()
        try:
            async with asyncio.timeout(_TEST_S):
                result = await self._look(scope, server_id)
        except ServerFailedError as error:
            result = ServerTest(ok=False, detail=error.detail)
        except TimeoutError:
            result = ServerTest(ok=False, detail="The server took too long.")
        latency_ms = round((monotonic() - began) * 1000)
        result = replace(result, latency_ms=latency_ms, at=self._clock.now())
        if server_id not in self._directory.programs:
            stored = msgspec.to_builtins(asdict(result))
            async with self._database.transaction(scope) as session:
                await sql.record_test(session, scope, server_id, stored)
        return result

    async def _look(self, scope: DataScope, server_id: UUID) -> ServerTest:
        known = await self._directory.find(scope, server_id)
        session = await self._dialler.open(scope, known)
        try:
            listing = await session.list_tools()
        finally:
            await session.close()
        await self._tools.note(scope, server_id, listing)
        count = len(listing.tools)
        detail = f"The server has {count} tool{'' if count == 1 else 's'}."
        if listing.skipped:
            detail += f" {listing.skipped} more can't be read."
        hello = session.hello
        return ServerTest(ok=True, detail=detail, server=hello.server, protocol=hello.protocol)

    async def _values(
        self, session: WriteSession, scope: DataScope, row: ToolServerRow, change: ServerChange
    ) -> dict[str, Any]:
        """The columns to change."""
        values: dict[str, Any] = {}
        if change.name is not None and change.name != row.name:
            there = await sql.list_servers(session, scope)
            self._check_name(change.name, [each for each in there if each.id != row.id])
            values["name"] = change.name
        if change.url is not None:
            url = checked_url(self._guard, change.url)
            if row.sealed_secret and change.secret is None and not same_origin(row.url, url):
                # Else whoever may edit could have the credential sent to a server of their own.
                raise CredentialNeededError(
                    "Enter the credential again: it was given for another address.",
                    pointer="/secret",
                )
            values["url"] = url
        if change.header is not None:
            values["header"] = checked_header(change.header)
        if change.secret is not None:
            values["sealed_secret"] = await self._seal(session, scope, row.id, change.secret)
            values["secret_hint"] = _hint(change.secret)
        if change.enabled is not None:
            values["enabled"] = change.enabled
        return values

    def _check_name(self, name: str, there: Sequence[ToolServerRow]) -> None:
        if self._directory.is_taken(name) or any(row.name == name for row in there):
            raise ToolServerNameTakenError

    def _refuse_operators(self, server_id: UUID) -> None:
        if server_id in self._directory.programs:
            raise OperatorsServerError

    async def _seal(
        self, session: WriteSession, scope: DataScope, server_id: UUID, secret: str
    ) -> bytes | None:
        if not secret:
            return None
        place = secret_place(scope, server_id)
        return await self._keyring.seal(session, owner_of(scope), secret.encode(), place)

    async def _get(self, session: WriteSession, scope: DataScope, server_id: UUID) -> ToolServerRow:
        row = await sql.find_server(session, scope, server_id)
        if row is None:
            raise ToolServerNotFoundError
        return row


def _shown(row: ToolServerRow, counts: dict[UUID, int]) -> ToolServer:
    test = row.test_result
    return ToolServer(
        id=row.id,
        name=row.name,
        transport="http",
        url=row.url,
        header=row.header,
        secret_hint=row.secret_hint,
        enabled=row.enabled,
        tools=counts.get(row.id, 0),
        last_test=None if test is None else msgspec.convert(test, ServerTest),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _shown_program(program: StdioServer, server_id: UUID, counts: dict[UUID, int]) -> ToolServer:
    moment: datetime | None = None
    return ToolServer(
        id=server_id,
        name=program.name,
        transport="stdio",
        url="",
        header="",
        secret_hint="",
        enabled=True,
        tools=counts.get(server_id, 0),
        last_test=None,
        version=1,
        created_at=moment,
        updated_at=moment,
    )


def _hint(secret: str) -> str:
    """The last characters, so that people can tell them apart; nothing of a short one."""
    if not secret:
        return ""
    return f"…{secret[-_HINT_CHARS:]}" if len(secret) >= _SHORT_SECRET else "…"


def _conflict(row: ToolServerRow) -> ToolServerConflictError:
    return ToolServerConflictError(extra={"current": {"id": str(row.id), "version": row.version}})
