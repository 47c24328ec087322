"""SQL of the usage ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from vectal.ai.tables import UsageRow
from vectal.ai.usage.filters import CallFilter
from vectal.ai.usage.sums import UsageGrouping, UsageSum
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.db.bulk import encoded, insert_encoded, insert_lines
from vectal.platform.db.tables import Base

_COLUMNS: Final[Mapping[str, InstrumentedAttribute[Any]]] = {
    "model": UsageRow.model,
    "provider": UsageRow.provider,
    "user": UsageRow.user_id,
    "api_key": UsageRow.api_key_id,
    "project": UsageRow.project_id,
    "run": UsageRow.run_id,
    "purpose": UsageRow.purpose,
}

UsageLine: TypeAlias = Mapping[str, Any]
"""A value for each column; JSON as text."""
_TABLE: Final = Base.metadata.tables[UsageRow.__tablename__]


async def list_calls(
    session: ReadSession,
    scope: DataScope,
    *,
    user_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
    wanted: CallFilter | None = None,
) -> Sequence[UsageRow]:
    """The newest calls first, of one person or of everyone."""
    statement = (
        select(UsageRow)
        .where(UsageRow.workspace_id == scope.workspace_id)
        .order_by(UsageRow.at.desc(), UsageRow.id.desc())
        .limit(limit)
    )
    if user_id is not None:
        statement = statement.where(UsageRow.user_id == user_id)
    for column, value in _conditions(wanted or CallFilter()):
        statement = statement.where(column == value)
    if before is not None:
        statement = statement.where(tuple_(UsageRow.at, UsageRow.id) < tuple_(*before))
    return await session.scalars(statement)


def _conditions(wanted: CallFilter) -> list[tuple[InstrumentedAttribute[Any], object]]:
    asked: list[tuple[InstrumentedAttribute[Any], object]] = [
        (UsageRow.model, wanted.model),
        (UsageRow.user_id, wanted.user_id),
        (UsageRow.api_key_id, wanted.api_key_id),
        (UsageRow.status, wanted.status),
    ]
    return [(column, value) for column, value in asked if value is not None]


async def add_usage(session: WriteSession, rows: Sequence[UsageRow]) -> None:
    session.add_all(rows)
    await session.flush()


async def add_lines(session: WriteSession, lines: Sequence[UsageLine]) -> None:
    """Append lines of any workspace, as the system; past the ORM, which takes ten times as long."""
    await insert_lines(session, _TABLE, lines)


async def add_encoded(session: WriteSession, lines: Sequence[bytes]) -> None:
    """The same for lines that `encode` has written, or that are written alike."""
    await insert_encoded(session, _TABLE, lines)


def encode(line: UsageLine) -> bytes:
    """The line as a JSON object."""
    return encoded(_TABLE, line)


async def sum_usage(
    session: ReadSession,
    scope: DataScope,
    group: UsageGrouping,
    since: datetime,
    until: datetime,
    *,
    user_id: UUID | None,
    timezone: str,
    limit: int,
) -> list[UsageSum]:
    """Sums by day (of `timezone`) or by a column, newest or dearest first; "" where it is unset."""
    key: ColumnElement[str] = (
        func.to_char(func.timezone(timezone, UsageRow.at), "YYYY-MM-DD")
        if group == "day"
        else func.coalesce(cast(_COLUMNS[group], Text), "")
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
            func.sum(UsageRow.cache_write_tokens),
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
        cache_write_tokens=int(row[6]),
        reasoning_tokens=int(row[7]),
        cost_usd=Decimal(row[8] or 0),
        unpriced=row[9],
    )
