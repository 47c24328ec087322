"""`vectal scheduler`: timers, the relay of events, the return of lost work."""

import asyncio

from vectal.entrypoints import bootstrap, stopping
from vectal.entrypoints.collecting import settle_heap
from vectal.platform.config import Settings
from vectal.platform.telemetry import configure_logging


def scheduler(settings: Settings) -> None:
    """Run until asked to stop. Copies may stand by: one holds an advisory lock and works."""
    configure_logging(settings.log_level, settings.log_format)

    async def work(stop: asyncio.Event) -> None:
        async with bootstrap.open_services(settings) as services:
            settle_heap()
            await bootstrap.run_scheduler(services, settings, stop)

    stopping.run(work)
