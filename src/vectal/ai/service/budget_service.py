"""Use cases around budgets: seen, made, changed and deleted. The keeper holds calls to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

from vectal.ai.budgets.amounts import LARGEST, Unit, is_exact, to_amount, to_decimal
from vectal.ai.budgets.periods import Period, PeriodKind, find_period, is_timezone
from vectal.ai.budgets.rules import SubjectKind
from vectal.ai.errors import (
    BudgetConflictError,
    BudgetLimitError,
    BudgetNotFoundError,
    InvalidBudgetError,
)
from vectal.ai.repository import budgets as sql
from vectal.ai.repository.budget_doubt import Doubtful, find_settled
from vectal.ai.service.budget_doubt import (
    Decision,
    Doubt,
    Settlement,
    find_doubts,
    list_settlements,
    settle,
)
from vectal.ai.tables_budgets import BudgetPeriodRow, BudgetRow
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.db.paging import Slice
from vectal.platform.ids import new_id

MAX_BUDGETS: Final = 500
_PURGED_AT_ONCE: Final = 1_000
_NAME_CHARS: Final = 80
_SHORTEST_S: Final = 3_600.0
_HOUR_S: Final = 3600
_CENT_MICROS: Final = Decimal("0.00000001")
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class BudgetDraft:
    """What somebody entered. The cap is in USD, tokens or requests.

    `subject_id` is None for the workspace itself, and only for it.
    """

    name: str
    subject_kind: SubjectKind
    unit: Unit
    period: PeriodKind
    cap: Decimal
    subject_id: UUID | None = None
    timezone: str = "UTC"
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """Fields to change; None leaves as is.

    Subject, unit and period stay, since what was spent was counted by them: make another budget.
    """

    name: str | None = None
    cap: Decimal | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget and where it stands in this period, in USD, tokens or requests.

    `leased` is held by processes for calls under way and soon to come, `in_doubt` was held by
    processes that died. `overdraft` is the part of `spent` beyond what was reserved for calls.
    """

    id: UUID
    name: str
    subject_kind: SubjectKind
    subject_id: UUID | None
    unit: Unit
    period: PeriodKind
    timezone: str
    cap: Decimal
    enabled: bool
    version: int
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    starts_at: datetime
    resets_at: datetime | None
    spent: Decimal
    leased: Decimal
    in_doubt: Decimal
    overdraft: Decimal
    left: Decimal
    spent_per_hour: Decimal
    """In this period so far, what is in doubt included; for forecasts."""
    doubt: Doubt | None
    """What is known of what is in doubt; None where nothing is."""
    settled_at: datetime | None
    """When somebody last decided of an amount in doubt, in any period."""


async def purge_periods(database: Database, keep: timedelta) -> int:
    """Forget what budgets saw longer ago than `keep`; what is held by a process stays."""
    total, purged = 0, _PURGED_AT_ONCE
    while purged == _PURGED_AT_ONCE:
        async with database.system("ai.purge_periods") as session:
            purged = await sql.purge_periods(session, keep, _PURGED_AT_ONCE)
        total += purged
    return total


class BudgetService:
    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self.heard: list[Callable[[UUID], None]] = []
        """Who is told at once of a workspace whose budgets were changed here."""

    def _tell(self, session: WriteSession, scope: DataScope) -> None:
        """Once it is stored."""
        for tell in self.heard:
            session.after_commit(partial(tell, scope.workspace_id))

    async def list_budgets(self, scope: DataScope) -> list[Budget]:
        """All of the workspace, oldest first; at most `MAX_BUDGETS`."""
        async with self._database.read(scope) as session:
            rows = await sql.list_budgets(session, scope)
            return await self._show(session, scope, rows)

    async def get_budget(self, scope: DataScope, budget_id: UUID) -> Budget:
        async with self._database.read(scope) as session:
            return await self._show_one(session, scope, await _get(session, scope, budget_id))

    async def create(self, scope: DataScope, draft: BudgetDraft) -> Budget:
        """Store a budget. This process keeps to it at once, every other within a second."""
        _judge_draft(draft)
        async with self._database.transaction(scope) as session:
            self._tell(session, scope)
            if await sql.count_budgets(session, scope) >= MAX_BUDGETS:
                raise BudgetLimitError(f"A workspace has at most {MAX_BUDGETS} budgets.")
            now = self._clock.now()
            row = BudgetRow(
                workspace_id=scope.workspace_id,
                id=new_id(),
                name=draft.name,
                subject_kind=draft.subject_kind,
                subject_id=draft.subject_id,
                unit=draft.unit,
                period=draft.period,
                timezone=draft.timezone,
                cap=draft.cap,
                enabled=draft.enabled,
                version=1,
                created_by=scope.user_id,
                created_at=now,
                updated_at=now,
            )
            await sql.add_budget(session, row)
            return await self._show_one(session, scope, row)

    async def update(
        self, scope: DataScope, budget_id: UUID, version: int | None, change: BudgetChange
    ) -> Budget:
        """Change a budget. A smaller cap holds at once for what no process has leased yet."""
        async with self._database.transaction(scope) as session:
            self._tell(session, scope)
            row = await _get(session, scope, budget_id)
            _check_version(row, version)
            values = _values(row, change)
            if values:
                changed = await sql.change_budget(session, scope, row.id, row.version, values)
                await session.refresh(row)
                if not changed:
                    raise _conflict(row)
            return await self._show_one(session, scope, row)

    async def delete(self, scope: DataScope, budget_id: UUID, version: int | None = None) -> None:
        async with self._database.transaction(scope) as session:
            self._tell(session, scope)
            row = await _get(session, scope, budget_id)
            _check_version(row, version)
            await sql.delete_budget(session, row)

    async def settle_doubt(self, scope: DataScope, budget_id: UUID, decision: Decision) -> Budget:
        """Decide what became of what is in doubt in this period: spent, or not.

        What is released can be spent again, so nobody but a person can decide it. Raises
        BudgetDoubtChangedError where another amount is in doubt than the one that was seen.
        """
        async with self._database.read(scope) as session:
            row = await _get(session, scope, budget_id)
        now = self._clock.now()
        starts_at = find_period(_period_kind(row), row.timezone, now).starts_at
        async with self._database.system("ai.budgets") as session:
            self._tell(session, scope)
            await settle(session, scope, row, decision, starts_at, now)
        return await self.get_budget(scope, budget_id)

    async def list_settlements(
        self, scope: DataScope, budget_id: UUID, *, cursor: str | None, limit: int
    ) -> Slice[Settlement]:
        """Who decided what of it, the newest first."""
        async with self._database.read(scope) as session:
            row = await _get(session, scope, budget_id)
            return await list_settlements(session, scope, row, cursor, limit)

    async def _show_one(self, session: ReadSession, scope: DataScope, row: BudgetRow) -> Budget:
        return (await self._show(session, scope, [row]))[0]

    async def _show(
        self, session: ReadSession, scope: DataScope, rows: Sequence[BudgetRow]
    ) -> list[Budget]:
        now = self._clock.now()
        current = [find_period(_period_kind(row), row.timezone, now) for row in rows]
        keys = [
            (row.workspace_id, row.id, period.starts_at)
            for row, period in zip(rows, current, strict=True)
        ]
        used = {row.budget_id: row for row in await sql.list_periods(session, keys)}
        doubtful = [
            (Doubtful(row, period.starts_at, period.ends_at), seen.in_doubt)
            for row, period in zip(rows, current, strict=True)
            if (seen := used.get(row.id)) is not None and seen.in_doubt
        ]
        doubts = await find_doubts(session, scope, doubtful)
        settled = await find_settled(session, scope, [row.id for row in rows])
        return [
            _shown(row, period, used.get(row.id), doubts.get(row.id), settled.get(row.id), now)
            for row, period in zip(rows, current, strict=True)
        ]


async def _get(session: ReadSession, scope: DataScope, budget_id: UUID) -> BudgetRow:
    row = await sql.find_budget(session, scope, budget_id)
    if row is None:
        raise BudgetNotFoundError
    return row


def _shown(
    row: BudgetRow,
    period: Period,
    used: BudgetPeriodRow | None,
    doubt: Doubt | None,
    settled_at: datetime | None,
    now: datetime,
) -> Budget:
    unit = cast("Unit", row.unit)
    cap = _tidy(unit, row.cap)
    spent, leased, in_doubt, overdraft = (
        _tidy(unit, amount)
        for amount in (
            (used.spent, used.leased, used.in_doubt, used.overdraft) if used else (_NOTHING,) * 4
        )
    )
    return Budget(
        id=row.id,
        name=row.name,
        subject_kind=cast("SubjectKind", row.subject_kind),
        subject_id=row.subject_id,
        unit=unit,
        period=_period_kind(row),
        timezone=row.timezone,
        cap=cap,
        enabled=row.enabled,
        version=row.version,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        starts_at=period.starts_at,
        resets_at=period.ends_at,
        spent=spent,
        leased=leased,
        in_doubt=in_doubt,
        overdraft=overdraft,
        left=max(_NOTHING, cap - spent - leased - in_doubt),
        spent_per_hour=_per_hour(spent, max(period.starts_at, row.created_at), now),
        doubt=doubt,
        settled_at=settled_at,
    )


def _tidy(unit: Unit, value: Decimal) -> Decimal:
    """Without the decimals that the column has and the unit has not."""
    return to_decimal(unit, to_amount(unit, value))


def _per_hour(spent: Decimal, since: datetime, now: datetime) -> Decimal:
    """The first hour counts as a whole one, so that a first call foretells no ruin."""
    seconds = max(_SHORTEST_S, (now - since).total_seconds())
    return (spent * _HOUR_S / Decimal(seconds)).quantize(_CENT_MICROS)


def _period_kind(row: BudgetRow) -> PeriodKind:
    return cast("PeriodKind", row.period)


def _values(row: BudgetRow, change: BudgetChange) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    if change.name is not None and change.name != row.name:
        _judge_name(change.name)
        values["name"] = change.name
    if change.cap is not None and change.cap != row.cap:
        _judge_cap(cast("Unit", row.unit), change.cap)
        values["cap"] = change.cap
    if change.enabled is not None and change.enabled != row.enabled:
        values["enabled"] = change.enabled
    return values


def _check_version(row: BudgetRow, version: int | None) -> None:
    if version is not None and version != row.version:
        raise _conflict(row)


def _conflict(row: BudgetRow) -> BudgetConflictError:
    return BudgetConflictError(extra={"current": {"id": str(row.id), "version": row.version}})


def _judge_draft(draft: BudgetDraft) -> None:
    _judge_name(draft.name)
    _judge_cap(draft.unit, draft.cap)
    if (draft.subject_kind == "workspace") != (draft.subject_id is None):
        raise InvalidBudgetError(
            "Say whom the budget is for: the workspace, or one user, key, project or run.",
            pointer="/subject_id",
        )
    if not is_timezone(draft.timezone):
        raise InvalidBudgetError("There is no such time zone.", pointer="/timezone")


def _judge_name(name: str) -> None:
    if not 1 <= len(name) <= _NAME_CHARS or "\0" in name:
        raise InvalidBudgetError(f"A name has 1 to {_NAME_CHARS} characters.", pointer="/name")


def _judge_cap(unit: Unit, cap: Decimal) -> None:
    if not (cap.is_finite() and 0 < cap <= LARGEST and is_exact(unit, cap)):
        raise InvalidBudgetError(
            f"A cap is above 0 and at most {LARGEST:,}: USD with up to 8 decimals, else whole.",
            pointer="/cap",
        )
