"""SQL of the usage ledger."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, select

from vectal.ai.tables import UsageRow
from vectal.ai.usage.sums import UsageSum
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def add_usage(session: WriteSession, rows: Sequence[UsageRow]) -> None:
    session.add_all(rows)
    await session.flush()


async def sum_usage(
    session: ReadSession,
    scope: DataScope,
    group: Literal["day", "model"],
    since: datetime,
    until: datetime,
    *,
    user_id: UUID | None,
    timezone: str,
    limit: int,
) -> list[UsageSum]:
    """Sums by day (of `timezone`) or by model, newest or dearest first."""
    key: ColumnElement[str] = (
        func.to_char(func.timezone(timezone, UsageRow.at), "YYYY-MM-DD")
        if group == "day"
        else cast(UsageRow.model, Text)
    ).label("key")
    cost = func.coalesce(func.sum(UsageRow.cost_usd), 0)
    statement = (
        select(
            key,
            func.count(),
            func.count().filter(UsageRow.status == "failed"),
            func.sum(UsageRow.input_tokens),
            func.sum(UsageRow.output_tokens),
            func.sum(UsageRow.cache_read_tokens),
            func.sum(UsageRow.reasoning_tokens),
            cost,
            func.count().filter(UsageRow.cost_usd.is_(None)),
        )
        .where(
            UsageRow.workspace_id == scope.workspace_id,
            UsageRow.at >= since,
            UsageRow.at < until,
        )
        .group_by(key)
        .order_by(*([key.desc()] if group == "day" else [cost.desc(), key]))
        .limit(limit)
    )
    if user_id is not None:
        statement = statement.where(UsageRow.user_id == user_id)
    rows = (await session.execute(statement)).all()
    return [_read_sum(row) for row in rows]


def _read_sum(row: Sequence[Any]) -> UsageSum:
    return UsageSum(
        group=row[0],
        calls=row[1],
        failed=row[2],
        input_tokens=int(row[3]),
        output_tokens=int(row[4]),
        cache_read_tokens=int(row[5]),
        reasoning_tokens=int(row[6]),
        cost_usd=Decimal(row[7] or 0),
        unpriced=row[8],
    )
