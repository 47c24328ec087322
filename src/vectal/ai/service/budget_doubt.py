"""What is in doubt of a budget: held by processes that died, with calls that may have been paid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

from vectal.ai.budgets.amounts import Unit, to_amount, to_decimal
from vectal.ai.errors import BudgetDoubtChangedError, InvalidBudgetError
from vectal.ai.repository import budget_doubt as sql
from vectal.ai.repository.budget_doubt import Doubtful, Lost
from vectal.ai.tables_budgets import BudgetRow, BudgetSettlementRow
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.db.paging import Slice, decode_place, encode_place
from vectal.platform.ids import new_id
from vectal.platform.telemetry import get_logger

CURSOR: Final = "ai_budget_settlements"

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is known of it. Processes hold some seconds of use ahead, so it may be no call at all.

    `calls` are those of killed processes since the period began or somebody last decided, and
    `estimated` what they took by our own count, as far as it had been written down. `since` is
    None where nobody remembers.
    """

    since: datetime | None
    calls: int
    estimated: Decimal


@dataclass(frozen=True, slots=True)
class Decision:
    """`in_doubt` is what was seen to be in doubt; so much of it was spent, the rest is free.

    `note` says why, in the words of who decides.
    """

    in_doubt: Decimal
    charge: Decimal
    note: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A decision that was made."""

    id: UUID
    user_id: UUID
    at: datetime
    starts_at: datetime
    in_doubt: Decimal
    charged: Decimal
    note: str


async def find_doubts(
    session: ReadSession, scope: DataScope, doubtful: Collection[tuple[Doubtful, Decimal]]
) -> dict[UUID, Doubt]:
    """By budget; with each comes how much is in doubt, and no more than that is estimated."""
    if not doubtful:
        return {}
    lost = await sql.find_lost(session, scope, [each for each, _ in doubtful])
    return {
        each.budget.id: _doubt(each.budget, in_doubt, lost[each.budget.id])
        for each, in_doubt in doubtful
    }


def _doubt(budget: BudgetRow, in_doubt: Decimal, lost: Lost) -> Doubt:
    unit = cast("Unit", budget.unit)
    amounts = {"usd": lost.usd, "tokens": Decimal(lost.tokens), "requests": Decimal(lost.requests)}
    estimated = to_decimal(unit, to_amount(unit, min(amounts[unit], in_doubt)))
    return Doubt(lost.since, lost.calls, estimated)


async def settle(
    session: WriteSession,
    scope: DataScope,
    budget: BudgetRow,
    decision: Decision,
    starts_at: datetime,
    at: datetime,
) -> None:
    """Write a decision down, as the system. Raises BudgetDoubtChangedError, InvalidBudgetError."""
    unit = cast("Unit", budget.unit)
    in_doubt = await sql.lock_doubt(session, scope, budget.id, starts_at)
    # Clients have it as a float.
    if not in_doubt or float(in_doubt) != float(decision.in_doubt):
        raise BudgetDoubtChangedError(extra={"in_doubt": float(in_doubt)})
    charge = to_decimal(unit, to_amount(unit, decision.charge))
    if not 0 <= charge <= in_doubt:
        raise InvalidBudgetError("From 0 to what is in doubt can be charged.", pointer="/charge")
    row = BudgetSettlementRow(
        workspace_id=scope.workspace_id,
        id=new_id(),
        budget_id=budget.id,
        starts_at=starts_at,
        user_id=scope.user_id,
        at=at,
        in_doubt=in_doubt,
        charged=charge,
        note=decision.note,
    )
    await sql.settle_doubt(session, row)
    session.after_commit(lambda: _tell(row))


async def list_settlements(
    session: ReadSession, scope: DataScope, budget: BudgetRow, cursor: str | None, limit: int
) -> Slice[Settlement]:
    """The newest first. Raises InvalidCursorError."""
    unit = cast("Unit", budget.unit)
    before = None if cursor is None else decode_place(CURSOR, cursor)
    rows = await sql.list_settlements(session, scope, budget.id, before, limit + 1)
    page = [
        Settlement(
            row.id,
            row.user_id,
            row.at,
            row.starts_at,
            to_decimal(unit, to_amount(unit, row.in_doubt)),
            to_decimal(unit, to_amount(unit, row.charged)),
            row.note,
        )
        for row in rows[:limit]
    ]
    more = len(rows) > limit
    return Slice(page, encode_place(CURSOR, page[-1].at, page[-1].id) if more else None)


def _tell(row: BudgetSettlementRow) -> None:
    _log.info(
        "budgets.doubt_settled",
        budget=str(row.budget_id),
        user=str(row.user_id),
        in_doubt=str(row.in_doubt),
        charged=str(row.charged),
    )
