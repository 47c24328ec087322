"""Waiting out a database that is away for a moment: a stream must not end with its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from vectal.platform.clock import monotonic
from vectal.platform.db.faults import will_pass

T = TypeVar("T")

PATIENCE_S: Final = 30.0
PAUSE_S: Final = 0.2


async def through_outage(call: Callable[[], Awaitable[T]], *, patience_s: float = PATIENCE_S) -> T:
    """The result of `call`, repeated while it fails with what may pass; it must be repeatable."""
    deadline = monotonic() + patience_s
    while True:
        try:
            return await call()
        except Exception as error:
            if not will_pass(error) or monotonic() > deadline:
                raise
        await asyncio.sleep(PAUSE_S)
