"""What waits, as gauges: they are the database's, so any process that is scraped may tell them."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from vectal.platform.db import Database
from vectal.platform.events.retention import measure_events
from vectal.platform.jobs import repository
from vectal.platform.telemetry import gauge, get_logger

EVERY_S: Final = 10.0

_log = get_logger(__name__)
_waiting = gauge("jobs_waiting", "Jobs by state.", ["queue", "state"])
_age = gauge("jobs_oldest_seconds", "Age of the oldest job by state.", ["queue", "state"])


@dataclass
class Gauges:
    database: Database
    _known: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]], init=False)

    async def run(self) -> None:
        """Keep them fresh for as long as the task lives."""
        while True:
            try:
                await measure_events(self.database)
                await self.measure_jobs()
            except Exception as error:  # noqa: BLE001 - the next round tries again
                _log.warning("gauges.not_measured", error=repr(error))
            await asyncio.sleep(EVERY_S)

    async def measure_jobs(self) -> None:
        """Bring the gauges of jobs up to date; what is gone reads 0."""
        async with self.database.system("job metrics") as session:
            rows = await repository.measure(session)
        found = {(queue, state): (count, age) for queue, state, count, age in rows}
        for queue, state in self._known | set(found):
            count, age = found.get((queue, state), (0, 0.0))
            _waiting.labels(queue, state).set(count)
            _age.labels(queue, state).set(age)
        self._known = set(found)
