"""Processes that share caps, some of them killed: the cap holds at every moment, and exactly."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.ai.budgets.conftest import QUICK, Counter
from tests.fixtures.servers import TestDatabase

from vectal.ai.budgets.amounts import UNITS, Unit, Worst, to_amount, to_decimal
from vectal.ai.budgets.rules import Subjects
from vectal.ai.errors import BudgetExceededError
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.platform.ids import new_id

SEED = 20261123
SPENDERS = 4
KILLED = 2
SPENDING_S = 3.0
PLENTY = 10**9
TIGHT_TOKENS = 1_500
WIDE_UNITS = 3_000_000

# One statement, so one moment.
_MOMENT = text(
    """SELECT p.budget_id, p.spent + p.leased + p.in_doubt AS taken, p.leased, p.overdraft, b.cap,
        coalesce((SELECT sum(amount) FROM ai_budget_slices s WHERE s.budget_id = p.budget_id
            AND s.starts_at = p.starts_at AND s.reclaimed_at IS NULL), 0) AS in_slices
    FROM ai_budget_periods p JOIN ai_budgets b ON b.id = p.budget_id"""
)


@dataclass
class Spender:
    user_id: UUID
    own: dict[Unit, UUID]
    process: Process
    settled: dict[Unit, int] = field(default_factory=lambda: dict.fromkeys(UNITS, 0))
    shared_tokens: int = 0
    refused: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    was_killed: bool = False

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self._hear(line.split())

    def _hear(self, words: list[bytes]) -> None:
        if words[0] == b"settles":
            shared, *amounts = map(int, words[1:])
            for unit, amount in zip(UNITS, amounts, strict=True):
                self.settled[unit] += amount
            self.shared_tokens += amounts[1] if shared else 0
        self.refused += words[0] == b"refused"
        if words[0] == b"ready":
            self.ready.set()

    def tell(self, word: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + b"\n")

    def kill(self) -> None:
        self.was_killed = True
        os.kill(self.process.pid, signal.SIGKILL)


@dataclass
class Stage:
    counter: Counter
    project: UUID
    tight: UUID
    wide: UUID
    spenders: list[Spender]
    samples: int = 0

    async def watch(self) -> None:
        """Look at the database again and again; every look must find the caps kept."""
        while True:
            async with self.counter.database.read(self.counter.scope) as session:
                rows = (await session.execute(_MOMENT)).all()
            for row in rows:
                assert row.taken <= row.cap, f"after {self.samples} samples: {row}"
                assert row.leased == row.in_slices, f"after {self.samples} samples: {row}"
                assert row.overdraft == 0
            self.samples += 1
            await asyncio.sleep(0.005)

    @asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        """A look that finds a cap broken ends the block."""
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self.watch())
            yield
            watching.cancel()


@asynccontextmanager
async def spender(counter: Counter, url: str, project: UUID, seed: int) -> AsyncGenerator[Spender]:
    user_id = new_id()
    own: dict[Unit, UUID] = {
        unit: await counter.add(PLENTY, unit, subject=("user", user_id)) for unit in UNITS
    }
    ids = (str(each) for each in (counter.scope.workspace_id, user_id, project, seed))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.ai.budgets.spender", url, *ids, stdin=PIPE, stdout=PIPE
    )
    made = Spender(user_id, own, process)
    listening = asyncio.create_task(made.listen())
    try:
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await listening


@pytest.fixture
async def stage(counter: Counter, postgres: TestDatabase) -> AsyncGenerator[Stage]:
    project = new_id()
    tight = await counter.add(TIGHT_TOKENS, "tokens", subject=("project", project))
    wide = await counter.add(str(to_decimal("usd", WIDE_UNITS)), "usd", period="month")
    async with _spenders(counter, postgres, project) as spenders:
        yield Stage(counter, project, tight, wide, spenders)


@asynccontextmanager
async def _spenders(
    counter: Counter, postgres: TestDatabase, project: UUID
) -> AsyncGenerator[list[Spender]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                spender(counter, postgres.app_url, project, SEED + number)
            )
            for number in range(SPENDERS)
        ]


async def _spend_and_kill(stage: Stage, dice: random.Random) -> None:
    for each in stage.spenders:
        await each.ready.wait()
    for each in stage.spenders:
        each.tell(b"go")
    moments = sorted(dice.uniform(0.5, SPENDING_S) for _ in range(KILLED))
    victims = dice.sample(stage.spenders, KILLED)
    passed = 0.0
    for moment, victim in zip(moments, victims, strict=True):
        await asyncio.sleep(moment - passed)
        passed = moment
        victim.kill()
    await asyncio.sleep(SPENDING_S - passed)
    for each in stage.spenders:
        if not each.was_killed:
            each.tell(b"stop")
    for each in stage.spenders:
        await each.process.wait()


async def _settle_the_dust(stage: Stage, keeper: BudgetKeeper) -> None:
    while any(
        budget.leased for budget in await stage.counter.service.list_budgets(stage.counter.scope)
    ):
        await keeper.reclaim_expired()
        await asyncio.sleep(0.05)


async def _judge_own(stage: Stage) -> None:
    for each in stage.spenders:
        for unit, budget in each.own.items():
            spent, leased, in_doubt = await stage.counter.amounts(budget)
            said = to_decimal(unit, each.settled[unit])
            assert leased == 0
            if each.was_killed:
                assert spent <= said <= spent + in_doubt
            else:
                assert (spent, in_doubt) == (said, 0)


async def _judge_shared(stage: Stage, budget: UUID, unit: Unit) -> None:
    living = sum(_share(each, unit) for each in stage.spenders if not each.was_killed)
    everybody = sum(_share(each, unit) for each in stage.spenders)
    seen = await stage.counter.see(budget)
    spent, in_doubt = to_amount(unit, seen.spent), to_amount(unit, seen.in_doubt)
    assert living <= spent <= everybody <= spent + in_doubt
    assert spent + in_doubt <= to_amount(unit, seen.cap)
    print(f"{seen.name}: cap {seen.cap}, spent {seen.spent}, in doubt {seen.in_doubt}")  # noqa: T201


def _share(spender: Spender, unit: Unit) -> int:
    return spender.shared_tokens if unit == "tokens" else spender.settled[unit]


async def _fill(stage: Stage, keeper: BudgetKeeper, subjects: Subjects, place: int) -> None:
    """Exactly what is left is admitted, one part more is not."""
    budget = (stage.wide, stage.tight)[place]
    unit = UNITS[place]
    left = to_amount(unit, (await stage.counter.see(budget)).left)
    one_more = [0, 0]
    one_more[place] = left + 1
    with pytest.raises(BudgetExceededError):
        await keeper.reserve(stage.counter.scope, subjects, Worst(*one_more))
    exactly = [0, 0]
    exactly[place] = left
    reservation = await keeper.reserve(stage.counter.scope, subjects, Worst(*exactly))
    assert (await stage.counter.see(budget)).left == Decimal(0)
    reservation.release()


async def test_caps_hold_whoever_is_killed(stage: Stage) -> None:
    dice = random.Random(SEED)  # noqa: S311 - repeatable
    print(f"seeds: {SEED} and up")  # noqa: T201
    async with asyncio.timeout(90), stage.watched():
        await _spend_and_kill(stage, dice)
        keeper = stage.counter.keeper(pace=QUICK)
        await _settle_the_dust(stage, keeper)
    await _judge_own(stage)
    await _judge_shared(stage, stage.tight, "tokens")
    await _judge_shared(stage, stage.wide, "usd")
    await _fill(stage, keeper, Subjects(project_id=stage.project), 1)
    await _fill(stage, keeper, Subjects(), 0)
    assert stage.samples > 20
    calls = sum(each.settled["requests"] for each in stage.spenders)
    refused = sum(each.refused for each in stage.spenders)
    print(f"{calls} calls settled, {refused} refused, {stage.samples} samples")  # noqa: T201
