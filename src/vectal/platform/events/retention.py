"""How long events are kept, and how the log goes on after a restore."""

from datetime import timedelta
from typing import Final

from vectal.platform.db import Database
from vectal.platform.events import repository, repository_deliveries, repository_rebase
from vectal.platform.telemetry import gauge, get_logger

KEEP: Final = timedelta(days=3)
GIVE_UP: Final = timedelta(days=14)
BATCH: Final = 5_000

_log = get_logger(__name__)
_lag = gauge("events_lag_seconds", "Age of the oldest event a reader has not taken.", ["consumer"])
_waiting = gauge("events_waiting", "Deliveries that wait for another try.", ["consumer"])
_parked = gauge("events_parked", "Deliveries that were given up; see the log.", ["consumer"])


async def purge_events(
    database: Database, *, keep: timedelta = KEEP, give_up: timedelta = GIVE_UP
) -> int:
    """Delete events past `keep` that every consumer has taken; past `give_up` also the others.

    The second limit keeps a consumer that no release runs any more from filling the disk.
    """
    total = 0
    while True:
        async with database.system("event purge") as session:
            deleted = await repository.purge(session, keep=keep, give_up=give_up, limit=BATCH)
        total += deleted
        if deleted < BATCH:
            break
    if total:
        _log.info("events.purged", count=total)
    return total


async def measure_events(database: Database) -> None:
    """Bring the gauges up to date."""
    async with database.system("event metrics") as session:
        lags = await repository.measure_lag(session)
        deliveries = await repository_deliveries.count_deliveries(session)
    for name, seconds in lags.items():
        _lag.labels(name).set(seconds)
    for name, (waiting, parked) in deliveries.items():
        _waiting.labels(name).set(waiting)
        _parked.labels(name).set(parked)


async def rebase_after_restore(database: Database) -> bool:
    """Move the log below this cluster's transaction ids, when they started over.

    A dump that is restored into a new cluster brings rows and offsets with ids of the old one,
    which may lie far above the new counter: new events would sort before everything and no
    reader would ever see them. Order and offsets are kept; cursors that clients hold are gone.
    """
    async with database.system("event rebase") as session:
        if not await repository_rebase.is_ahead_of_cluster(session):
            return False
        moved = await repository_rebase.rebase(session)
    _log.warning("events.rebased_after_restore", rows=moved)
    return True
