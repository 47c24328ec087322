"""`vectal worker`: queued jobs."""

import asyncio
from collections.abc import Sequence

from vectal.entrypoints import bootstrap, stopping
from vectal.entrypoints.collecting import settle_heap
from vectal.platform.config import Settings
from vectal.platform.telemetry import configure_logging


def worker(settings: Settings, queues: Sequence[str] = ()) -> None:
    """Work on these queues, or on all, until asked to stop; jobs in hand are finished or lent on.

    A job that is cut off runs again elsewhere once its lease has ended.
    """
    configure_logging(settings.log_level, settings.log_format)

    async def work(stop: asyncio.Event) -> None:
        async with bootstrap.open_services(settings) as services:
            settle_heap()
            await bootstrap.run_worker(services, settings, queues, stop)

    stopping.run(work)
