"""Background work: tasks that run until told to end, and then really end."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Final

_AGAIN_S: Final = 1.0


async def run_together(*works: Coroutine[Any, Any, None]) -> None:
    """Run all of them until one ends or fails, or until cancelled; then end the others.

    Unlike a TaskGroup it does not trust a single cancel (see `end_tasks`).
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end_tasks(tasks)


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until every task has ended; how they ended no longer matters.

    Once is not enough: below Python 3.12 `asyncio.wait_for`, which redis-py sends with, swallows
    a cancel that comes at the moment its work is done, and a loop around it goes on for ever.
    """
    pending = {task for task in tasks if not task.done()}
    ended = set(pending)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_S)
    for task in ended:
        if not task.cancelled():
            task.exception()
