"""SQL of tool servers, their tools, and consents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from vectal.mcp.tables import ConsentRow, ServerToolRow, ToolServerRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

# --- servers ----------------------------------------------------------------------------------


async def lock_servers(session: WriteSession, scope: DataScope) -> None:
    """One new server of a workspace at a time: their number is bounded."""
    await _lock(session, f"mcp_servers:{scope.workspace_id}")


async def list_servers(session: ReadSession, scope: DataScope) -> Sequence[ToolServerRow]:
    """All of the workspace, by name; there are few."""
    rows = await session.scalars(
        select(ToolServerRow)
        .where(ToolServerRow.workspace_id == scope.workspace_id)
        .order_by(ToolServerRow.name)
    )
    return list(rows)


async def find_server(
    session: ReadSession, scope: DataScope, server_id: UUID
) -> ToolServerRow | None:
    """As it stands in the database now, whatever this session has read before."""
    statement = select(ToolServerRow).where(
        ToolServerRow.workspace_id == scope.workspace_id, ToolServerRow.id == server_id
    )
    return await session.scalar(statement.execution_options(populate_existing=True))


async def add_server(session: WriteSession, row: ToolServerRow) -> None:
    session.add(row)
    await session.flush()


async def change_server(
    session: WriteSession,
    scope: DataScope,
    server_id: UUID,
    version: int,
    values: Mapping[str, Any],
) -> bool:
    """Apply `values` when the row still has `version`; tells whether it did."""
    statement = (
        update(ToolServerRow)
        .where(
            ToolServerRow.workspace_id == scope.workspace_id,
            ToolServerRow.id == server_id,
            ToolServerRow.version == version,
        )
        .values(**values, version=ToolServerRow.version + 1, updated_at=func.now())
        .execution_options(synchronize_session=False)
    )
    return await session.change(statement) == 1


async def record_test(
    session: WriteSession, scope: DataScope, server_id: UUID, result: dict[str, Any]
) -> None:
    """A test is no edit: it leaves the version alone."""
    await session.change(
        update(ToolServerRow)
        .where(ToolServerRow.workspace_id == scope.workspace_id, ToolServerRow.id == server_id)
        .values(test_result=result)
        .execution_options(synchronize_session=False)
    )


async def delete_server(session: WriteSession, scope: DataScope, server_id: UUID) -> bool:
    """With its tools, and with the consents to them."""
    await session.change(delete(ServerToolRow).where(*_of_server(scope, server_id)))
    statement = delete(ToolServerRow).where(
        ToolServerRow.workspace_id == scope.workspace_id, ToolServerRow.id == server_id
    )
    return await session.change(statement) == 1


# --- tools ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredTool:
    """A tool, and the consent of the one who asks."""

    row: ServerToolRow
    consent: ConsentRow | None


async def lock_tools(session: WriteSession, scope: DataScope, server_id: UUID) -> None:
    """One new list of a server's tools at a time."""
    await _lock(session, f"mcp_tools:{scope.workspace_id}:{server_id}")


async def count_tools(session: ReadSession, scope: DataScope) -> dict[UUID, int]:
    """By server."""
    rows = await session.execute(
        select(ServerToolRow.server_id, func.count())
        .where(ServerToolRow.workspace_id == scope.workspace_id)
        .group_by(ServerToolRow.server_id)
    )
    return {server_id: count for server_id, count in rows}  # noqa: C416 - rows are no tuples


async def list_names(session: ReadSession, scope: DataScope) -> list[tuple[UUID, UUID, str]]:
    """Id, server and name of all tools of the workspace."""
    rows = await session.execute(
        select(ServerToolRow.id, ServerToolRow.server_id, ServerToolRow.name).where(
            ServerToolRow.workspace_id == scope.workspace_id
        )
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def list_hashes(
    session: ReadSession, scope: DataScope, server_id: UUID
) -> dict[str, tuple[UUID, str]]:
    """Id and hash of each tool of the server, by name."""
    rows = await session.execute(
        select(ServerToolRow.name, ServerToolRow.id, ServerToolRow.sha256).where(
            *_of_server(scope, server_id)
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def list_tools(
    session: ReadSession, scope: DataScope, server_id: UUID, after: str | None, limit: int
) -> list[StoredTool]:
    """By name; `after` is the last one seen."""
    statement = _with_consent(scope).where(ServerToolRow.server_id == server_id)
    if after is not None:
        statement = statement.where(ServerToolRow.name > after)
    rows = await session.execute(statement.order_by(ServerToolRow.name).limit(limit))
    return [StoredTool(row[0], row[1]) for row in rows]


async def list_consented(session: ReadSession, scope: DataScope) -> list[StoredTool]:
    """The tools whose consent is for what they say now; there are at most `MAX_CONSENTS`."""
    statement = _with_consent(scope).where(
        ConsentRow.sha256 == ServerToolRow.sha256, ServerToolRow.fault == ""
    )
    rows = await session.execute(statement.order_by(ServerToolRow.id))
    return [StoredTool(row[0], row[1]) for row in rows]


async def find_tool(session: ReadSession, scope: DataScope, tool_id: UUID) -> StoredTool | None:
    statement = _with_consent(scope).where(ServerToolRow.id == tool_id)
    row = (await session.execute(statement.execution_options(populate_existing=True))).one_or_none()
    return None if row is None else StoredTool(row[0], row[1])


async def save_tool(session: WriteSession, scope: DataScope, values: dict[str, Any]) -> None:
    """A new tool, or what a known one says now: then its effect is unknown again."""
    statement = insert(ServerToolRow).values(workspace_id=scope.workspace_id, **values)
    said = {name: values[name] for name in ("said", "sha256", "fault")}
    await session.change(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "server_id", "name"],
            set_={**said, "effect": "unsafe", "changed_at": func.now()},
        )
    )


async def remove_tools(session: WriteSession, scope: DataScope, ids: Collection[UUID]) -> None:
    if ids:
        await session.change(
            delete(ServerToolRow).where(
                ServerToolRow.workspace_id == scope.workspace_id, ServerToolRow.id.in_(ids)
            )
        )


async def set_effect(
    session: WriteSession, scope: DataScope, tool_id: UUID, sha256: str, effect: str
) -> bool:
    """Whether the tool still says what the effect was said of."""
    statement = update(ServerToolRow).where(
        ServerToolRow.workspace_id == scope.workspace_id,
        ServerToolRow.id == tool_id,
        ServerToolRow.sha256 == sha256,
    )
    return await session.change(statement.values(effect=effect)) == 1


# --- consents ---------------------------------------------------------------------------------


async def lock_consents(session: WriteSession, scope: DataScope) -> None:
    """One new consent of a person at a time: their number is bounded."""
    await _lock(session, f"mcp_consents:{scope.workspace_id}:{scope.user_id}")


async def count_consents(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).select_from(ConsentRow).where(*_own(scope))
    return await session.scalar(statement) or 0


async def save_consent(session: WriteSession, scope: DataScope, tool_id: UUID, sha256: str) -> None:
    statement = insert(ConsentRow).values(
        workspace_id=scope.workspace_id, user_id=scope.user_id, tool_id=tool_id, sha256=sha256
    )
    await session.change(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "user_id", "tool_id"],
            set_={"sha256": sha256, "created_at": func.now()},
        )
    )


async def remove_consent(session: WriteSession, scope: DataScope, tool_id: UUID) -> None:
    await session.change(delete(ConsentRow).where(*_own(scope), ConsentRow.tool_id == tool_id))


def _with_consent(scope: DataScope) -> Select[ServerToolRow, ConsentRow]:
    joined = and_(
        ConsentRow.workspace_id == ServerToolRow.workspace_id,
        ConsentRow.tool_id == ServerToolRow.id,
        ConsentRow.user_id == scope.user_id,
    )
    return (
        select(ServerToolRow, ConsentRow)
        .outerjoin(ConsentRow, joined)
        .where(ServerToolRow.workspace_id == scope.workspace_id)
    )


def _of_server(scope: DataScope, server_id: UUID) -> tuple[Any, ...]:
    return (
        ServerToolRow.workspace_id == scope.workspace_id,
        ServerToolRow.server_id == server_id,
    )


def _own(scope: DataScope) -> tuple[Any, ...]:
    return (ConsentRow.workspace_id == scope.workspace_id, ConsentRow.user_id == scope.user_id)


async def _lock(session: WriteSession, name: str) -> None:
    statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    await session.execute(statement, {"name": name})
