"""SQL of amounts in doubt: whence they are, and what becomes of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, tuple_

from vectal.ai.tables_budgets import BudgetRow, BudgetSettlementRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

# Of calls only those that nobody has decided on yet, by when they were last heard of.
_LOST: Final = """
    SELECT k.budget_id, lost.*, silent.since
    FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::timestamptz[],
            $7::timestamptz[]) AS k(budget_id, kind, subject_id, starts_at, since, until)
    CROSS JOIN LATERAL (
        SELECT greatest(k.since, max(s.at)) AS since FROM ai_budget_settlements s
        WHERE s.workspace_id = $1 AND s.budget_id = k.budget_id AND s.starts_at = k.starts_at
    ) AS decided
    CROSS JOIN LATERAL (
        SELECT count(*) AS calls, coalesce(sum(u.cost_usd), 0) AS usd,
            coalesce(sum(u.input_tokens + u.output_tokens), 0) AS tokens,
            count(DISTINCT coalesce(u.request_id, u.id::text)) AS requests, min(u.at) AS first_at
        FROM ai_usage u
        WHERE u.workspace_id = $1 AND u.error_code = 'ai.server_lost' AND u.at >= decided.since
            AND (k.until IS NULL OR u.at < k.until)
            AND k.subject_id IS NOT DISTINCT FROM CASE k.kind
                WHEN 'user' THEN u.user_id WHEN 'key' THEN u.api_key_id
                WHEN 'project' THEN u.project_id WHEN 'run' THEN u.run_id END
    ) AS lost
    CROSS JOIN LATERAL (
        SELECT min(s.reclaimed_at) AS since FROM ai_budget_slices s
        WHERE s.workspace_id = $1 AND s.budget_id = k.budget_id AND s.starts_at = k.starts_at
            AND s.amount > 0
    ) AS silent"""
_LOCK: Final = """
    SELECT in_doubt FROM ai_budget_periods
    WHERE workspace_id = $1 AND budget_id = $2 AND starts_at = $3 FOR UPDATE"""
_SETTLE: Final = """
    UPDATE ai_budget_periods SET spent = spent + $4, in_doubt = 0
    WHERE workspace_id = $1 AND budget_id = $2 AND starts_at = $3"""
# A process that was only slow and reports after all takes nothing out of doubt any more.
_EMPTY: Final = """
    UPDATE ai_budget_slices SET amount = 0
    WHERE workspace_id = $1 AND budget_id = $2 AND starts_at = $3 AND reclaimed_at IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A period of a budget in which something is in doubt."""

    budget: BudgetRow
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lost:
    """Calls of killed processes as far as they are known, by our own count."""

    calls: int
    usd: Decimal
    tokens: int
    requests: int
    since: datetime | None


async def find_lost(
    session: ReadSession, scope: DataScope, doubtful: Collection[Doubtful]
) -> dict[UUID, Lost]:
    """By budget: the calls on which nobody has decided."""
    driver = await session.connection()
    rows = await driver.fetch(
        _LOST,
        scope.workspace_id,
        [each.budget.id for each in doubtful],
        [each.budget.subject_kind for each in doubtful],
        [each.budget.subject_id for each in doubtful],
        [each.starts_at for each in doubtful],
        [max(each.starts_at, each.budget.created_at) for each in doubtful],
        [each.ends_at for each in doubtful],
    )
    return {
        row["budget_id"]: Lost(
            row["calls"],
            row["usd"],
            int(row["tokens"]),
            row["requests"],
            row["since"] or row["first_at"],
        )
        for row in rows
    }


async def lock_doubt(
    session: WriteSession, scope: DataScope, budget_id: UUID, starts_at: datetime
) -> Decimal:
    """What is in doubt, and stays so until the transaction ends; as the system."""
    driver = await session.connection()
    found = await driver.fetchval(_LOCK, scope.workspace_id, budget_id, starts_at)
    return Decimal(0) if found is None else Decimal(found)


async def settle_doubt(session: WriteSession, row: BudgetSettlementRow) -> None:
    """Count a part of what is in doubt as spent and the rest as free; as the system."""
    driver = await session.connection()
    key = row.workspace_id, row.budget_id, row.starts_at
    await driver.execute(_SETTLE, *key, row.charged)
    await driver.execute(_EMPTY, *key)
    session.add(row)
    await session.flush()


async def list_settlements(
    session: ReadSession,
    scope: DataScope,
    budget_id: UUID,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[BudgetSettlementRow]:
    """The newest first."""
    statement = (
        select(BudgetSettlementRow)
        .where(
            BudgetSettlementRow.workspace_id == scope.workspace_id,
            BudgetSettlementRow.budget_id == budget_id,
        )
        .order_by(BudgetSettlementRow.at.desc(), BudgetSettlementRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        place = tuple_(BudgetSettlementRow.at, BudgetSettlementRow.id)
        statement = statement.where(place < tuple_(*before))
    return await session.scalars(statement)


async def find_settled(
    session: ReadSession, scope: DataScope, budget_ids: Collection[UUID]
) -> dict[UUID, datetime]:
    """By budget: when somebody last decided; without those of which nobody ever did."""
    statement = (
        select(BudgetSettlementRow.budget_id, func.max(BudgetSettlementRow.at))
        .where(
            BudgetSettlementRow.workspace_id == scope.workspace_id,
            BudgetSettlementRow.budget_id.in_(budget_ids),
        )
        .group_by(BudgetSettlementRow.budget_id)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}
