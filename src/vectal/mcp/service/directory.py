"""All servers that a workspace can reach: its own, and those of the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from vectal.mcp import repository as sql
from vectal.mcp.addresses import credential_headers
from vectal.mcp.errors import ServerFailedError, ToolServerNotFoundError
from vectal.mcp.tables import ToolServerRow
from vectal.mcp.wire.http import HttpServer
from vectal.mcp.wire.stdio import StdioServer
from vectal.platform.crypto import Aad, ErasedError, KeyOwner, Keyring, UnreadableError
from vectal.platform.db import Database, DataScope, ReadSession
from vectal.platform.telemetry import get_logger

_FIRST: Final = 1
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KnownServer:
    """A server that may be called now, and the way to it."""

    id: UUID
    name: str
    version: int
    way: HttpServer | StdioServer = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """`is_private`: what it says may be nobody else's business, since it knows us or runs here."""

    name: str
    is_private: bool


class Directory:
    """`programs` are the operator's, by id. Of two servers of one name the operator's is known."""

    def __init__(
        self, database: Database, keyring: Keyring, programs: Mapping[UUID, StdioServer]
    ) -> None:
        self._database = database
        self._keyring = keyring
        self.programs: Final = programs
        self._taken = frozenset(program.name for program in programs.values())

    def is_taken(self, name: str) -> bool:
        """Whether an operator's server has the name."""
        return name in self._taken

    async def list_callable(self, session: ReadSession, scope: DataScope) -> dict[UUID, Facts]:
        """All servers that may be called, by id; no credential is opened."""
        rows = await sql.list_servers(session, scope)
        own = {
            row.id: Facts(row.name, is_private=row.sealed_secret is not None)
            for row in rows
            if row.enabled and not self.is_taken(row.name)
        }
        programs = {
            server_id: Facts(each.name, is_private=True)
            for server_id, each in self.programs.items()
        }
        return {**own, **programs}

    async def find(self, scope: DataScope, server_id: UUID) -> KnownServer:
        """Raises `ToolServerNotFoundError`, and `ServerFailedError` for one that is off."""
        async with self._database.read(scope) as session:
            return await self.find_in(session, scope, server_id)

    async def find_in(self, session: ReadSession, scope: DataScope, server_id: UUID) -> KnownServer:
        program = self.programs.get(server_id)
        if program is not None:
            return KnownServer(server_id, program.name, _FIRST, program)
        row = await sql.find_server(session, scope, server_id)
        if row is None:
            raise ToolServerNotFoundError
        if not row.enabled:
            raise ServerFailedError("The server is switched off.")
        if self.is_taken(row.name):
            raise ServerFailedError("A server of the operator's has the same name.")
        secret = await self._secret(session, scope, row)
        way = HttpServer(row.url, credential_headers(row.header, secret))
        return KnownServer(row.id, row.name, row.version, way)

    async def _secret(self, session: ReadSession, scope: DataScope, row: ToolServerRow) -> str:
        if row.sealed_secret is None:
            return ""
        try:
            opened = await self._keyring.open(
                session, owner_of(scope), row.sealed_secret, secret_place(scope, row.id)
            )
        except (UnreadableError, ErasedError) as error:
            _log.warning("mcp.credential_unreadable", server_id=str(row.id))
            raise ServerFailedError("The stored credential can't be read.") from error
        return opened.decode()


def owner_of(scope: DataScope) -> KeyOwner:
    return KeyOwner.workspace(scope.workspace_id)


def secret_place(scope: DataScope, server_id: UUID) -> Aad:
    return Aad("mcp_servers", "sealed_secret", server_id, scope.workspace_id)
