"""Calls that are under way: written down once a second, so that no kill takes them from the ledger.

A call that ends has its line written by whoever made it. One whose process is killed gets the
line that was last told of it, from another process, once the lease of the first has run out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from vectal.ai.repository import calls_under_way as sql
from vectal.ai.repository.calls_under_way import Key
from vectal.ai.repository.usage import UsageLine
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession
from vectal.platform.db.faults import will_pass
from vectal.platform.ids import new_id
from vectal.platform.telemetry import counter, get_logger

_BATCH: Final = 50
_RECLAIMED: Final = 200
_OPERATION_S: Final = 5.0

_log = get_logger(__name__)
_lost = counter("ai_calls_reclaimed_total", "Calls of killed processes that got their line.")


Whose: TypeAlias = tuple[UUID, UUID]
"""The workspace and the person that a line of the ledger is of."""
Told: TypeAlias = Callable[[Iterable[Whose]], None]


def ignore(whose: Iterable[Whose]) -> None:
    """Nobody wants to be told."""
    del whose


class _Seen(NamedTuple):
    """How far a call was when that was written down, and by which lines."""

    progress: object
    keys: tuple[Key, ...]


class CallUnderWay(Protocol):
    """One call, or a few that belong together."""

    @property
    def began(self) -> float:
        """By the clock of the process, in seconds."""
        ...

    @property
    def progress(self) -> object:
        """Differs from what it was whenever there is more to say; cheap."""
        ...

    def lines_so_far(self) -> Sequence[UsageLine]:
        """What the ledger is to say of what was sent, should nothing more be heard of it.

        The lines keep their ids from one time to the next, and have them when they are written.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds. Only calls that take longer than `period_s` are ever written down."""

    period_s: float = 1.0
    lease_s: float = 10.0


class CallsUnderWay:
    """One a process. Run `run()` for as long as calls are made in it.

    `on_written` hears whose lines have just been made.
    """

    def __init__(self, database: Database, clock: Clock, rhythm: Rhythm | None = None) -> None:
        self._database = database
        self._clock = clock
        self._rhythm = rhythm or Rhythm()
        self._holder = new_id()
        self._open: dict[CallUnderWay, _Seen | None] = {}
        self._told: set[Key] = set()
        """What the database has of this process, or may have."""
        self._telling: frozenset[Key] = frozenset()
        """What is being written at this moment: nobody else sees it yet."""
        self._over: frozenset[Key] = frozenset()
        """Those that had ended when it was last told how far the others were."""
        self._renew_at = self._reclaim_at = clock.monotonic()
        self.on_written: Told = ignore

    def enter(self, call: CallUnderWay) -> None:
        """It has been sent."""
        self._open[call] = None

    def leave(self, call: CallUnderWay) -> None:
        """It is over, and its lines are noted or written, if there are any."""
        self._open.pop(call, None)

    def told_of(self, keys: Iterable[Key]) -> list[Key]:
        """Those lines of which something was told."""
        # Mostly there is none, and the keys of many lines are dear.
        return [key for key in keys if key in self._told] if self._told else []

    async def settle(self, session: WriteSession, told: Collection[Key]) -> None:
        """With the lines that `told_of` named, and before they are stored: void what was told."""
        if not told:
            return
        # What is being written now may come to be after it was voided: `tell` looks after that.
        void = set(told) - self._telling
        await sql.settle(session, told)
        session.after_commit(lambda: self._told.difference_update(void))

    async def run(self, stop: asyncio.Event) -> None:
        """Tell how far the calls are, and make lines of those of killed processes, until `stop`."""
        while not stop.is_set():
            try:
                async with asyncio.timeout(self._rhythm.period_s):
                    await stop.wait()
            except TimeoutError:
                await self._try()

    async def close(self) -> None:
        """After `run`, and once the lines of all calls are stored."""
        self._over = frozenset(self._told)
        try:
            await self.tell()
        except Exception as error:  # noqa: BLE001 - they find their lines stored
            _log.warning("ai.calls_not_told", calls=len(self._open), error=repr(error))

    async def tell(self) -> None:
        """Write down how far the calls have come that are not new."""
        now, lease_s = self._clock.monotonic(), self._rhythm.lease_s
        if not self._told:
            self._renew_at = now + lease_s / 3
        is_due = bool(self._told) and now >= self._renew_at
        old = [call for call in self._open if call.began <= now - self._rhythm.period_s]
        failure = await self._tell_in_parts(old)
        here = {key for seen in self._open.values() if seen is not None for key in seen.keys}
        over = frozenset(self._told - here)
        # The line of one that has just ended is about to be stored, and takes it back itself.
        gone, self._over = over & self._over, over
        if gone or is_due:
            async with self._system() as session:
                if is_due:
                    await sql.renew(session, self._holder, lease_s)
                if gone:
                    await sql.forget(session, gone)
            self._renew_at = now + lease_s / 3 if is_due else self._renew_at
            self._told -= gone
        if failure is not None:
            raise failure

    async def _tell_in_parts(self, calls: Sequence[CallUnderWay]) -> Exception | None:
        """Returns what went wrong with the last part that could not be told."""
        failure: Exception | None = None
        parts = [calls[start : start + _BATCH] for start in range(0, len(calls), _BATCH)]
        while parts:
            part = parts.pop(0)
            try:
                await self._tell(part)
            except Exception as error:  # noqa: BLE001 - raised by `tell`, once the lease is renewed
                _log.warning("ai.calls_not_told", calls=len(part), error=repr(error))
                failure = error
                if will_pass(error):
                    break  # the others would wait as long, and in vain
                if len(part) > 1:  # one that is refused stands in the way of no other
                    parts[:0] = [[call] for call in part]
            await asyncio.sleep(0)  # there may be thousands, and calls wait
        return failure

    async def _tell(self, calls: Sequence[CallUnderWay]) -> None:
        """Write down how far those of these calls have come of which there is more to say."""
        new: dict[CallUnderWay, _Seen] = {}
        lines: list[UsageLine] = []
        for call in calls:
            if call not in self._open:
                continue  # it has ended since
            seen, progress = self._open[call], call.progress
            if seen is None or seen.progress != progress:
                said = call.lines_so_far()
                new[call] = _Seen(progress, tuple(_key(line) for line in said))
                lines += said
        if not lines:
            return
        # Before it is sent, and where that fails: whoever ends a call has to know.
        keys = [_key(line) for line in lines]
        self._told.update(keys)
        self._telling = frozenset(keys)
        try:
            async with self._system() as session:
                await sql.tell(session, self._holder, lines, self._rhythm.lease_s)
        finally:
            self._telling = frozenset()
        self._open.update((call, seen) for call, seen in new.items() if call in self._open)

    async def reclaim(self) -> int:
        """Make lines of the calls of silent processes; returns how many calls those were."""
        whose: list[Whose] = []
        keys: list[Key] = []
        try:
            async with self._system() as session:
                keys = await sql.find_silent(session, _RECLAIMED)
                whose = await sql.reclaim(session, keys) if keys else []
        except Exception as error:
            if will_pass(error):
                raise
            for key in keys:
                whose += await self._reclaim_alone(key)
        if keys:
            _log.warning("ai.calls_reclaimed", calls=len(keys))
            _lost.inc(len(keys))
        if whose:
            self.on_written(whose)
        return len(keys)

    async def _reclaim_alone(self, key: Key) -> list[Whose]:
        """One that no line can be made of stands in the way of no other."""
        try:
            async with self._system() as session:
                return await sql.reclaim(session, [key])
        except Exception as error:
            if will_pass(error):
                raise
            _log.exception("ai.call_lost", call_id=str(key[1]))
        async with self._system() as session:
            await sql.forget(session, [key])
        return []

    @asynccontextmanager
    async def _system(self) -> AsyncGenerator[WriteSession]:
        async with asyncio.timeout(_OPERATION_S), self._database.system("calls") as session:
            yield session

    async def _try(self) -> None:
        try:
            await self.tell()
            if self._clock.monotonic() >= self._reclaim_at:
                self._reclaim_at = self._clock.monotonic() + self._rhythm.lease_s / 3
                await self.reclaim()
        except Exception as error:  # noqa: BLE001 - the next round tries again
            _log.warning("ai.calls_not_told", calls=len(self._open), error=repr(error))


def _key(line: UsageLine) -> Key:
    workspace_id: UUID = line["workspace_id"]
    line_id: UUID = line["id"]
    return workspace_id, line_id
