"""One call of a tool at its server: consented to, unchanged at this moment, and in bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from vectal.auth.errors import ForbiddenError
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.mcp.errors import (
    NoConsentError,
    ServerToolNotFoundError,
    SessionGoneError,
    ToolChangedError,
)
from vectal.mcp.service.dialling import Dialler
from vectal.mcp.service.directory import Directory, KnownServer
from vectal.mcp.service.sessions import SessionKey, SessionPool
from vectal.mcp.service.tools import ServerToolService
from vectal.mcp.wire.messages import Reply
from vectal.mcp.wire.session import Session

_CHANGED: Final = (
    "This tool says something else of itself than what was consented to, so it was not called. "
    "A person must look at it under Settings, Tool servers, and consent anew."
)


class Calling:
    def __init__(
        self, directory: Directory, tools: ServerToolService, dialler: Dialler, pool: SessionPool
    ) -> None:
        self._directory = directory
        self._tools = tools
        self._dialler = dialler
        self._pool = pool

    async def call(
        self,
        principal: Principal,
        tool_id: UUID,
        arguments: Mapping[str, Any],
        run_id: UUID | None = None,
    ) -> Reply:
        """The server's answer, raw. The tools are listed before, since they may have changed.

        Raises `ForbiddenError`, `NoConsentError`, `ToolChangedError`, `ServerToolNotFoundError`
        and `ServerFailedError`; in all these cases but the last nothing was called.
        """
        if not can(principal, "tool_servers.call"):
            raise ForbiddenError("You may not call tools of servers in this workspace.")
        stored = await self._tools.find(principal, tool_id)
        if stored.consent is None:
            raise NoConsentError
        if stored.consent.sha256 != stored.row.sha256:
            raise ToolChangedError(_CHANGED)
        name, sha256 = stored.row.name, stored.consent.sha256
        server = await self._directory.find(principal, stored.row.server_id)
        try:
            return await self._try(principal, server, run_id, (name, sha256), arguments)
        except SessionGoneError:
            # The server has not looked at what it got for a session that it no longer knows.
            return await self._try(principal, server, run_id, (name, sha256), arguments)

    async def _try(
        self,
        principal: Principal,
        server: KnownServer,
        run_id: UUID | None,
        tool: tuple[str, str],
        arguments: Mapping[str, Any],
    ) -> Reply:
        key = SessionKey(
            principal.workspace_id,
            principal.user_id,
            server.id,
            server.version,
            run_id or principal.user_id,
        )
        opening = lambda: self._dialler.open(principal, server)  # noqa: E731 - said once
        async with self._pool.use(key, opening) as session:
            await self._check(principal, server, session, tool)
            return await session.call(tool[0], dict(arguments))

    async def _check(
        self, principal: Principal, server: KnownServer, session: Session, tool: tuple[str, str]
    ) -> None:
        """That the tool still says what was consented to."""
        listing = await session.list_tools()
        await self._tools.note(principal, server.id, listing)
        name, sha256 = tool
        listed = next((each for each in listing.tools if each.name == name), None)
        if listed is None:
            raise ServerToolNotFoundError
        if listed.sha256 != sha256:
            raise ToolChangedError(_CHANGED)
