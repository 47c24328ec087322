"""Opening a session with a server, in one way or the other."""

from __future__ import annotations

from vectal.mcp.service.directory import KnownServer
from vectal.mcp.wire.channel import Channel
from vectal.mcp.wire.http import PURPOSE, HttpChannel, HttpServer, Patience
from vectal.mcp.wire.session import Session
from vectal.mcp.wire.stdio import StdioChannel
from vectal.platform.db import DataScope
from vectal.platform.http import Caller, HttpClient


class Dialler:
    def __init__(self, client: HttpClient, patience: Patience | None = None) -> None:
        self._client = client
        self._patience = patience or Patience()

    async def open(self, scope: DataScope, server: KnownServer) -> Session:
        """A session after its handshake. Raises `ServerFailedError`, and leaves nothing open."""
        session = Session(await self._channel(scope, server))
        try:
            await session.open()
        except BaseException:
            await session.close()
            raise
        return session

    async def _channel(self, scope: DataScope, server: KnownServer) -> Channel:
        if isinstance(server.way, HttpServer):
            caller = Caller(PURPOSE, scope.workspace_id, scope.user_id)
            return HttpChannel(self._client, server.way, caller, self._patience)
        return await StdioChannel.start(server.way, self._patience)
