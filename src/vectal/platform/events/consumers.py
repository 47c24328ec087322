"""Consumers: reactions to events, whose offset moves in the same transaction as their effect.

A consumer sees its events in the order of commits. A failing event is put aside with those that
follow it in the same workspace, tried again with growing pauses, and parked at last; the other
workspaces go on at once. All of it works without Redis.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.platform.clock import monotonic
from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.db.listening import listening
from vectal.platform.events import repository, repository_deliveries
from vectal.platform.events.contracts import EventRecord
from vectal.platform.events.event import CHANNEL, Event
from vectal.platform.events.repository_deliveries import Waiting
from vectal.platform.telemetry import counter, get_logger

Handler = Callable[[WriteSession, EventRecord], Awaitable[None]]

NOBODY: Final = UUID(int=0)
"""The person of an event that belongs to a whole workspace; owns no row."""
BATCH: Final = 50
BATCH_S: Final = 2.0
BUSY_PAUSE_S: Final = 0.05
IDLE_PAUSE_S: Final = 0.5

_log = get_logger(__name__)
_handled = counter("events_handled_total", "Events taken by consumers.", ["consumer", "outcome"])


@dataclass(frozen=True, slots=True)
class Consumer:
    """A named reaction. Its name is its place in the log: renaming it starts a new reader."""

    name: str
    types: frozenset[str]
    handle: Handler
    from_oldest: bool = False
    """Begin with all that is kept, not with the present, when the name is new."""


def consumer(
    name: str, *types: type[Event], from_oldest: bool = False
) -> Callable[[Handler], Consumer]:
    """Make a consumer of a function `(session, record)`.

    The session acts for the event's workspace (and person, when it is private). The handler may
    run again when its transaction could not commit, so its effects stay inside that session.
    """
    if not types or name in {repository.RELAY, repository.PURGE}:
        raise ValueError(f"consumer {name!r} needs a name of its own and at least one event type")
    wanted = frozenset(event_type.type for event_type in types)

    def make(handle: Handler) -> Consumer:
        return Consumer(name, wanted, handle, from_oldest)

    return make


@dataclass(frozen=True, slots=True)
class RetryRule:
    """Pauses between tries of a failing event, and how many tries before it is parked."""

    first: timedelta = timedelta(milliseconds=500)
    factor: float = 4.0
    longest: timedelta = timedelta(minutes=5)
    attempts: int = 6

    def pause(self, failures: int) -> timedelta:
        exact = min(self.first * self.factor ** (failures - 1), self.longest)
        return exact * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing


@dataclass(frozen=True, slots=True)
class Progress:
    worked: bool
    """Something was taken; more may be waiting."""
    unsettled: bool
    """Committed events wait for an older transaction to end."""


@dataclass
class ConsumerRunner:
    """Runs the consumers of one process; several processes share the work by locks."""

    database: Database
    consumers: Sequence[Consumer]
    retry: RetryRule = field(default_factory=RetryRule)
    handler_timeout_s: float = 10.0
    _suspects: set[tuple[str, UUID]] = field(default_factory=set[tuple[str, UUID]], init=False)

    def __post_init__(self) -> None:
        names = [each.name for each in self.consumers]
        if len(set(names)) != len(names):
            raise ValueError(f"two consumers share a name: {sorted(names)}")

    async def register(self) -> None:
        """Give new consumers their first offset; events before it are not for them."""
        async with self.database.system("event consumers") as session:
            for each in self.consumers:
                if each.from_oldest:
                    await repository.register_from_oldest(session, each.name)
            await repository.register_readers(session, [each.name for each in self.consumers])

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`; outlives a database that goes and comes back."""
        if not self.consumers:
            await stop.wait()
            return
        async with listening(self.database, CHANNEL) as bell:
            registered = False
            while not stop.is_set():
                try:
                    if not registered:
                        await self.register()
                        registered = True
                    progress = await self.step()
                    busy = progress.worked or progress.unsettled
                except Exception as error:  # noqa: BLE001 - a reader lives as long as its process
                    _log.warning("events.consumers_interrupted", error=repr(error))
                    busy = False
                await bell.wait(BUSY_PAUSE_S if busy else IDLE_PAUSE_S)

    async def step(self) -> Progress:
        """Take one batch for each consumer that is behind."""
        by_name = {each.name: each for each in self.consumers}
        async with self.database.system("event consumers") as session:
            behind = await repository.list_behind(session, by_name)
            due = await repository_deliveries.list_consumers_due(session, list(by_name))
            unsettled = await repository.has_unsettled(session)
        moved = [await self._guard(by_name[name], self._retry_batch) for name in due]
        moved += [await self._guard(by_name[name], self._fresh_batch) for name in behind]
        return Progress(worked=any(moved), unsettled=unsettled)

    async def drain(self) -> None:
        """Step until nothing settled is left; for tests and for a clean stop."""
        worked = True
        while worked:
            worked = (await self.step()).worked

    async def _guard(
        self, each: Consumer, batch: Callable[[Consumer, WriteSession], Awaitable[bool]]
    ) -> bool:
        try:
            async with self.database.system(f"events:{each.name}") as session:
                return await batch(each, session)
        except Exception as error:  # noqa: BLE001 - one consumer's trouble is not the others'
            _log.warning("events.batch_failed", consumer=each.name, error=repr(error))
            return False

    async def _fresh_batch(self, each: Consumer, session: WriteSession) -> bool:
        offset = await repository.lock_offset(session, each.name)
        if offset is None:
            return False  # another process has it
        records, reached = await repository.list_settled(session, offset, BATCH, types=each.types)
        blocked = await repository_deliveries.list_blocked(session, each.name)
        end = monotonic() + BATCH_S
        for record in records:
            if record.workspace_id in blocked:
                await self._defer(each, session, record, error="")
            elif (error := await self._attempt(each, session, record)) is not None:
                blocked.add(record.workspace_id)
                await self._defer(each, session, record, error=error)
            if monotonic() > end:  # a long transaction would hold everybody's horizon back
                reached = record.cursor
                break
        await repository.move_offset(session, each.name, reached)
        return True

    async def _retry_batch(self, each: Consumer, session: WriteSession) -> bool:
        if await repository.lock_offset(session, each.name) is None:
            return False
        due = await repository_deliveries.list_due_workspaces(session, each.name, BATCH)
        end = monotonic() + BATCH_S
        for workspace_id in due:
            waiting = await repository_deliveries.list_waiting(
                session, each.name, workspace_id, BATCH
            )
            for delivery in waiting:
                if monotonic() > end or not await self._redeliver(each, session, delivery):
                    break
        return bool(due)

    async def _redeliver(self, each: Consumer, session: WriteSession, delivery: Waiting) -> bool:
        """Try once more; tell whether the next one of the workspace may be tried too."""
        record, failures = delivery.record, delivery.attempts + 1
        error = await self._attempt(each, session, record)
        if error is None:
            await repository_deliveries.finish(session, each.name, record)
            return True
        if failures >= self.retry.attempts:
            await repository_deliveries.park(session, each.name, record, error=error)
            _handled.labels(each.name, "parked").inc()
            _log.error(
                "events.parked",
                consumer=each.name,
                event_type=record.type,
                event_id=record.id,
                error=error,
            )
            return True
        pause = self.retry.pause(failures)
        await repository_deliveries.postpone(session, each.name, record, error=error, after=pause)
        return False

    async def _attempt(
        self, each: Consumer, session: WriteSession, record: EventRecord
    ) -> str | None:
        """Run the handler in a savepoint; return what went wrong, or None."""
        suspect = (each.name, record.id)
        if suspect in self._suspects:
            # Its last try took the whole transaction down. Put it aside before it does so again.
            self._suspects.discard(suspect)
            return "its handler broke the transaction"
        self._suspects.add(suspect)
        scope = Scope(record.workspace_id, record.user_id or NOBODY)
        try:
            async with self.database.act(session, scope) as acting:
                async with asyncio.timeout(self.handler_timeout_s):
                    await each.handle(acting, record)
        except Exception as error:  # noqa: BLE001 - whatever it is, the event is tried again
            await session.execute(repository.STILL_ALIVE)
            self._suspects.discard(suspect)
            _handled.labels(each.name, "failed").inc()
            _log.warning(
                "events.handler_failed",
                consumer=each.name,
                event_type=record.type,
                event_id=record.id,
                error=repr(error),
            )
            return repr(error)
        self._suspects.discard(suspect)
        session.after_commit(_handled.labels(each.name, "ok").inc)
        return None

    async def _defer(
        self, each: Consumer, session: WriteSession, record: EventRecord, *, error: str
    ) -> None:
        pause = self.retry.pause(1) if error else timedelta()
        await repository_deliveries.defer(session, each.name, record, error=error, after=pause)
