"""A process that spends against shared budgets until it is told to stop, or killed.

It says what it settles on its output, just before it does.
"""

import asyncio
import os
import random
import sys
from uuid import UUID

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.rules import Subjects
from vectal.ai.errors import BudgetExceededError
from vectal.ai.service.budget_exchange import BudgetPace
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.platform.db import Database, Scope

PACE = BudgetPace(report_s=0.2, idle_s=0.4, lease_s=1.5, wait_s=0.5)
WORKERS = 4


def say(*words: object) -> None:
    """In one write and at once, so that a kill loses no line and cuts none."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def spend(
    keeper: BudgetKeeper, scope: Scope, project: UUID, dice: random.Random, stop: asyncio.Event
) -> None:
    while not stop.is_set():
        shared = dice.random() < 0.5
        subjects = Subjects(user_id=scope.user_id, project_id=project if shared else None)
        worst = Worst(dice.randint(10, 900), dice.randint(2, 60))
        assert worst.cost_units is not None
        try:
            reservation = await keeper.reserve(scope, subjects, worst)
        except BudgetExceededError:
            say("refused")
            await asyncio.sleep(dice.uniform(0, 0.03))
            continue
        await asyncio.sleep(dice.uniform(0, 0.03))
        if dice.random() < 0.1:
            reservation.release()
            continue
        actual = Actual(dice.randint(0, worst.cost_units), dice.randint(0, worst.tokens))
        say("settles", int(shared), *actual)
        reservation.settle(actual)


async def main(url: str, workspace_id: str, user_id: str, project_id: str, seed: str) -> None:
    scope, stop = Scope(UUID(workspace_id), UUID(user_id)), asyncio.Event()
    keeper = BudgetKeeper(Database(url), pace=PACE)
    running = asyncio.create_task(keeper.run(stop))
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)  # go
    over = asyncio.Event()
    workers = [
        asyncio.create_task(
            spend(keeper, scope, UUID(project_id), random.Random(f"{seed}:{each}"), over)  # noqa: S311 - repeatable
        )
        for each in range(WORKERS)
    ]
    await asyncio.to_thread(sys.stdin.readline)  # stop
    over.set()
    await asyncio.gather(*workers)
    stop.set()
    await running
    say("stopped")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
