"""SQL of what a workspace has decided about approvals."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from vectal.agents.tables_approvals import ApprovalRulesRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def find(session: ReadSession, scope: DataScope) -> ApprovalRulesRow | None:
    return await session.scalar(
        select(ApprovalRulesRow).where(ApprovalRulesRow.workspace_id == scope.workspace_id)
    )


async def save(
    session: WriteSession,
    scope: DataScope,
    everything: str,
    tools: dict[str, str],
    ask_above_usd: Decimal,
) -> None:
    values = {"everything": everything, "tools": tools, "ask_above_usd": ask_above_usd}
    statement = insert(ApprovalRulesRow).values(workspace_id=scope.workspace_id, **values)
    await session.change(
        statement.on_conflict_do_update(
            index_elements=[ApprovalRulesRow.workspace_id],
            set_={**values, "updated_at": func.now()},
        )
    )
