"""What servers' tools say of themselves, what administrators say of them, and consents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from vectal.mcp import repository as sql
from vectal.mcp.contracts import (
    ConsentState,
    ServerTool,
    ToolDefinition,
    ToolEffect,
)
from vectal.mcp.errors import (
    ServerToolNotFoundError,
    ToolChangedError,
    ToolServerLimitError,
    ToolServerNotFoundError,
    ToolUnusableError,
)
from vectal.mcp.naming import find_collisions, offered_name
from vectal.mcp.repository import StoredTool
from vectal.mcp.service.directory import Directory, Facts
from vectal.mcp.tables import ServerToolRow
from vectal.mcp.wire.definitions import Listing
from vectal.platform.db import Database, DataScope, ReadSession
from vectal.platform.db.paging import Slice, decode_cursor, encode_cursor
from vectal.platform.ids import new_id

MAX_CONSENTS: Final = 100
"""Of one person in one workspace: models take no more tools at once."""
_COLLIDES: Final = "Another tool would have the same name."
_CURSOR: Final = "mcp_tools"


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool that a person has consented to as it is, and that has a name of its own."""

    id: UUID
    offered_as: str
    server: Facts
    definition: ToolDefinition
    effect: ToolEffect


class ServerToolService:
    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def list_tools(
        self, scope: DataScope, server_id: UUID, *, cursor: str | None, limit: int
    ) -> Slice[ServerTool]:
        """As they were listed last, by name, and how the one who asks stands to them."""
        after = None if cursor is None else str(decode_cursor(_CURSOR, cursor, length=1)[0])
        async with self._database.read(scope) as session:
            await self._check_server(session, scope, server_id)
            stored = await sql.list_tools(session, scope, server_id, after, limit + 1)
            names = await self._names(session, scope)
        items = [_shown(each, names) for each in stored[:limit]]
        more = len(stored) > limit
        return Slice(items, encode_cursor(_CURSOR, [items[-1].definition.name]) if more else None)

    async def list_offered(self, scope: DataScope) -> list[OfferedTool]:
        """What the person has consented to, of servers that may be called."""
        async with self._database.read(scope) as session:
            stored = await sql.list_consented(session, scope)
            if not stored:
                return []
            names = await self._names(session, scope)
        servers = names.servers
        return [
            OfferedTool(
                row.id,
                names.of(row),
                servers[row.server_id],
                definition_of(row),
                cast("ToolEffect", row.effect),
            )
            for row in (each.row for each in stored)
            if row.server_id in servers and not names.collides(row)
        ]

    async def consent(
        self, scope: DataScope, server_id: UUID, tool_id: UUID, sha256: str
    ) -> ServerTool:
        """Consent to the tool as it was shown: `sha256` is of that.

        Raises `ToolChangedError` when it says something else now, and `ToolUnusableError`.
        """
        async with self._database.transaction(scope) as session:
            await sql.lock_consents(session, scope)
            stored = await self._get(session, scope, server_id, tool_id)
            if stored.row.sha256 != sha256:
                raise ToolChangedError
            shown = _shown(stored, await self._names(session, scope))
            if shown.definition.fault:
                raise ToolUnusableError(shown.definition.fault)
            if stored.consent is None and await sql.count_consents(session, scope) >= MAX_CONSENTS:
                raise ToolServerLimitError(
                    f"You can consent to {MAX_CONSENTS} tools at most; withdraw some first."
                )
            await sql.save_consent(session, scope, tool_id, sha256)
            return await self._reread(session, scope, server_id, tool_id)

    async def withdraw(self, scope: DataScope, server_id: UUID, tool_id: UUID) -> ServerTool:
        """It counts from the next call of every run. Raises `ServerToolNotFoundError`."""
        async with self._database.transaction(scope) as session:
            await self._get(session, scope, server_id, tool_id)
            await sql.remove_consent(session, scope, tool_id)
            return await self._reread(session, scope, server_id, tool_id)

    async def set_effect(
        self, scope: DataScope, server_id: UUID, tool_id: UUID, sha256: str, effect: ToolEffect
    ) -> ServerTool:
        """Say what a second call does, of the tool as it was shown. Raises `ToolChangedError`."""
        async with self._database.transaction(scope) as session:
            await self._get(session, scope, server_id, tool_id)
            if not await sql.set_effect(session, scope, tool_id, sha256, effect):
                raise ToolChangedError
            return await self._reread(session, scope, server_id, tool_id)

    async def find(self, scope: DataScope, tool_id: UUID) -> StoredTool:
        """The tool with the person's consent. Raises `ServerToolNotFoundError`."""
        async with self._database.read(scope) as session:
            stored = await sql.find_tool(session, scope, tool_id)
        if stored is None:
            raise ServerToolNotFoundError
        return stored

    async def note(self, scope: DataScope, server_id: UUID, listing: Listing) -> None:
        """Keep what the server lists now; writes only where that is something else."""
        listed = {each.name: each for each in listing.tools}
        async with self._database.read(scope) as session:
            there = await sql.list_hashes(session, scope, server_id)
        if {name: sha256 for name, (_, sha256) in there.items()} == {
            name: each.sha256 for name, each in listed.items()
        }:
            return
        async with self._database.transaction(scope) as session:
            await sql.lock_tools(session, scope, server_id)
            there = await sql.list_hashes(session, scope, server_id)
            gone = [tool_id for name, (tool_id, _) in there.items() if name not in listed]
            await sql.remove_tools(session, scope, gone)
            for name, each in sorted(listed.items()):
                if there.get(name, (None, ""))[1] != each.sha256:
                    await sql.save_tool(session, scope, _values(server_id, each))

    async def _check_server(self, session: ReadSession, scope: DataScope, server_id: UUID) -> None:
        if server_id in self._directory.programs:
            return
        if await sql.find_server(session, scope, server_id) is None:
            raise ToolServerNotFoundError

    async def _names(self, session: ReadSession, scope: DataScope) -> _Names:
        servers = await self._directory.list_callable(session, scope)
        return _Names(servers, await sql.list_names(session, scope))

    async def _get(
        self, session: ReadSession, scope: DataScope, server_id: UUID, tool_id: UUID
    ) -> StoredTool:
        await self._check_server(session, scope, server_id)
        stored = await sql.find_tool(session, scope, tool_id)
        if stored is None or stored.row.server_id != server_id:
            raise ServerToolNotFoundError
        return stored

    async def _reread(
        self, session: ReadSession, scope: DataScope, server_id: UUID, tool_id: UUID
    ) -> ServerTool:
        stored = await self._get(session, scope, server_id, tool_id)
        return _shown(stored, await self._names(session, scope))


class _Names:
    """The names that tools have for models, and those that several would have."""

    def __init__(self, servers: dict[UUID, Facts], tools: Sequence[tuple[UUID, UUID, str]]) -> None:
        self.servers = servers
        self._names = {
            tool_id: offered_name(servers[server_id].name, name)
            for tool_id, server_id, name in tools
            if server_id in servers
        }
        self._collisions = find_collisions(list(self._names.values()))

    def of(self, row: ServerToolRow) -> str:
        """Empty for a tool of a server that is off."""
        return self._names.get(row.id, "")

    def collides(self, row: ServerToolRow) -> bool:
        return self.of(row) in self._collisions


def definition_of(row: ServerToolRow, fault: str = "") -> ToolDefinition:
    said = row.said
    return ToolDefinition(
        name=row.name,
        title=said["title"],
        description=said["description"],
        schema=said["schema"],
        annotations=said["annotations"],
        sha256=row.sha256,
        fault=row.fault or fault,
    )


def _values(server_id: UUID, each: ToolDefinition) -> dict[str, Any]:
    said = {
        "title": each.title,
        "description": each.description,
        "schema": dict(each.schema),
        "annotations": dict(each.annotations),
    }
    return {
        "id": new_id(),
        "server_id": server_id,
        "name": each.name,
        "said": said,
        "sha256": each.sha256,
        "fault": each.fault,
    }


def _shown(stored: StoredTool, names: _Names) -> ServerTool:
    row, consent = stored.row, stored.consent
    return ServerTool(
        id=row.id,
        server_id=row.server_id,
        definition=definition_of(row, _COLLIDES if names.collides(row) else ""),
        offered_as=names.of(row),
        effect=cast("ToolEffect", row.effect),
        changed_at=row.changed_at,
        consent=_state(stored),
        consented_at=None if consent is None else consent.created_at,
    )


def _state(stored: StoredTool) -> ConsentState:
    if stored.consent is None:
        return "none"
    return "given" if stored.consent.sha256 == stored.row.sha256 else "changed"
