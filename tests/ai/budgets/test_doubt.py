"""What is in doubt after a process died: what is known of it, and what people decide."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.ai.budgets.conftest import QUICK, Counter

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.reservation import Reservation
from vectal.ai.budgets.rules import Subjects
from vectal.ai.errors import BudgetDoubtChangedError, BudgetNotFoundError, InvalidBudgetError
from vectal.ai.repository import usage as usage_sql
from vectal.ai.service.budget_doubt import Decision, Settlement
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.platform.clock import utc_now
from vectal.platform.ids import new_id

NOBODY = Subjects()
DEAD = replace(QUICK, lease_s=0.0)


async def _die(
    counter: Counter, tokens: int, subjects: Subjects = NOBODY
) -> tuple[BudgetKeeper, Reservation]:
    """A process holds so much for a call, and falls silent."""
    dead = counter.keeper(pace=DEAD)
    reservation = await dead.reserve(counter.scope, subjects, Worst(None, tokens))
    await counter.keeper().reclaim_expired()
    return dead, reservation


async def _lose(
    counter: Counter,
    tokens: int,
    *,
    user_id: UUID | None = None,
    error_code: str = "ai.server_lost",
    at: datetime | None = None,
) -> None:
    """The line of a call whose process was killed."""
    line = {
        "workspace_id": counter.scope.workspace_id,
        "id": new_id(),
        "user_id": user_id or counter.scope.user_id,
        "purpose": "gateway",
        **dict.fromkeys(("conversation_id", "turn_id", "api_key_id", "project_id", "run_id")),
        "request_id": new_id().hex,
        "provider": "p",
        "model": "m",
        "slot": None,
        "route_reason": "{}",
        "input_tokens": tokens - 1,
        "output_tokens": 1,
        **dict.fromkeys(("cache_read_tokens", "cache_write_tokens", "reasoning_tokens"), 0),
        "duration_ms": 5,
        "attempts": 1,
        "first_token_ms": None,
        "cost_usd": Decimal("0.00000123"),
        "estimated": True,
        "simulated": False,
        "status": "failed",
        "error_code": error_code,
        "at": at or utc_now(),
    }
    async with counter.database.system("test") as session:
        await usage_sql.add_lines(session, [line])


async def _settlements(counter: Counter, budget: UUID) -> list[Settlement]:
    page = await counter.service.list_settlements(counter.scope, budget, cursor=None, limit=100)
    return list(page.items)


async def test_what_is_known_of_it(counter: Counter) -> None:
    budget = await counter.add(1000)
    assert (await counter.see(budget)).doubt is None
    await _die(counter, 300)
    seen = await counter.see(budget)
    assert seen.doubt is not None
    assert (seen.in_doubt, seen.doubt.calls, seen.doubt.estimated) == (300, 0, 0)
    assert seen.doubt.since is not None
    await _lose(counter, 40)
    await _lose(counter, 50)
    await _lose(counter, 60, error_code="ai.provider_failed")
    known = (await counter.see(budget)).doubt
    assert known is not None
    assert (known.calls, known.estimated, known.since) == (2, 90, seen.doubt.since)


@pytest.mark.parametrize(("cap", "unit", "known"), [("1000", "tokens", 300), ("90", "requests", 1)])
async def test_no_more_is_estimated_than_is_in_doubt(
    counter: Counter, cap: str, unit: str, known: int
) -> None:
    budget = await counter.add(cap, "tokens" if unit == "tokens" else "requests")
    await _die(counter, 300)
    for _ in range(3):
        await _lose(counter, 400)
    seen = (await counter.see(budget)).doubt
    assert seen is not None
    assert seen.estimated == known


async def test_calls_of_others_are_not_of_it(counter: Counter) -> None:
    user_id = new_id()
    budget = await counter.add(1000, subject=("user", user_id))
    await _die(counter, 300, Subjects(user_id=user_id))
    await _lose(counter, 40, user_id=user_id)
    await _lose(counter, 50)
    seen = (await counter.see(budget)).doubt
    assert seen is not None
    assert (seen.calls, seen.estimated) == (1, 40)


@pytest.mark.parametrize("charge", [0, 90, 300])
async def test_a_decision_moves_it(counter: Counter, charge: int) -> None:
    budget = await counter.add(1000)
    await _die(counter, 300)
    await _lose(counter, 90)
    decision = Decision(Decimal(300), Decimal(charge))
    settled = await counter.service.settle_doubt(counter.scope, budget, decision)
    assert (settled.spent, settled.in_doubt, settled.doubt) == (charge, 0, None)
    assert settled.left == 1000 - charge
    (made,) = await _settlements(counter, budget)
    assert settled.settled_at == made.at
    assert (made.user_id, made.in_doubt, made.charged) == (counter.scope.user_id, 300, charge)
    # What comes into doubt later is a matter of its own.
    await _die(counter, 200)
    seen = (await counter.see(budget)).doubt
    assert seen is not None
    assert (seen.calls, seen.estimated) == (0, 0)


async def test_only_what_was_seen_is_decided(counter: Counter) -> None:
    budget = await counter.add(1000)
    decide = counter.service.settle_doubt
    with pytest.raises(BudgetDoubtChangedError):
        await decide(counter.scope, budget, Decision(Decimal(300), Decimal(0)))
    await _die(counter, 300)
    with pytest.raises(BudgetDoubtChangedError) as error:
        await decide(counter.scope, budget, Decision(Decimal(299), Decimal(0)))
    assert error.value.extra == {"in_doubt": 300.0}
    for charge in (301, -1):
        with pytest.raises(InvalidBudgetError):
            await decide(counter.scope, budget, Decision(Decimal(300), Decimal(charge)))
    with pytest.raises(BudgetNotFoundError):
        await decide(counter.scope, new_id(), Decision(Decimal(300), Decimal(0)))
    assert await counter.amounts(budget) == (0, 0, 300)
    assert await _settlements(counter, budget) == []
    assert (await counter.see(budget)).settled_at is None


async def test_of_two_who_decide_at_once_one_does(counter: Counter) -> None:
    budget = await counter.add(1000)
    await _die(counter, 300)
    decision = Decision(Decimal(300), Decimal(100))
    outcomes = await asyncio.gather(
        *(counter.service.settle_doubt(counter.scope, budget, decision) for _ in range(2)),
        return_exceptions=True,
    )
    assert [isinstance(each, BudgetDoubtChangedError) for each in outcomes].count(True) == 1
    assert await counter.amounts(budget) == (100, 0, 0)


async def test_a_process_that_was_only_slow_still_counts(counter: Counter) -> None:
    """What it holds was released by mistake; its calls are charged all the same."""
    budget = await counter.add(1000)
    slow, reservation = await _die(counter, 300)
    await counter.service.settle_doubt(counter.scope, budget, Decision(Decimal(300), Decimal(0)))
    await slow.flush()
    assert await counter.amounts(budget) == (0, 300, 0)
    reservation.settle(Actual(0, 120))
    await slow.flush()
    spent, leased, in_doubt = await counter.amounts(budget)
    assert (spent, in_doubt) == (120, 0)
    assert leased <= 180


async def test_nobody_rewrites_a_decision(counter: Counter) -> None:
    budget = await counter.add(1000)
    await _die(counter, 300)
    await counter.service.settle_doubt(counter.scope, budget, Decision(Decimal(300), Decimal(0)))
    for change in (
        "UPDATE ai_budget_settlements SET charged = 1",
        "DELETE FROM ai_budget_settlements",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with counter.database.transaction(counter.scope) as session:
                await session.execute(text(change))
