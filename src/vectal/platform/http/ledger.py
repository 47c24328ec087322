"""The egress ledger: a row for each outgoing request, refused ones too.

Entries wait in memory and are written in batches, off the way of the call. What takes longer than a
second is written down while it is open, and again when it ends. A process that is killed loses what
began or ended in the last two seconds; one that stops writes it down first.
"""

import asyncio
import functools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vectal.platform.clock import monotonic, utc_now
from vectal.platform.db import Database
from vectal.platform.db.batch_writer import BATCH, BatchWriter
from vectal.platform.http import repository
from vectal.platform.http.messages import Caller
from vectal.platform.http.tables import OPEN
from vectal.platform.ids import new_id
from vectal.platform.telemetry import counter, get_logger
from vectal.platform.telemetry.metrics import tallies, timings

_log = get_logger(__name__)

KEEP: Final = timedelta(days=90)
PAUSE_S: Final = 1.0
LONG_S: Final = 1.0
"""How long a request goes on before it is written down as open."""
CLOSED_EARLY: Final = "closed early"
"""How an answer ended whose reader left before all of it had come."""

_calls = counter("egress_calls_total", "Outgoing requests.", ["purpose", "outcome"])
_seconds_of = timings("egress_call_seconds", "Time of outgoing requests.", ["purpose"])
_calls_of = tallies(_calls)


@dataclass(slots=True)
class Entry:
    """One request on its way; filled in as it goes."""

    caller: Caller
    method: str
    host: str
    """With its port where that is not the usual one."""
    bytes_out: int
    policy: str = "unjudged"
    status: int | None = None
    outcome: str = "cancelled"
    bytes_in: int = 0
    duration_ms: int = 0
    at: datetime | None = None
    """When it ended; None while it goes on."""
    id: UUID | None = None
    """Of its line, once that was to be written: who never heard of a commit writes it again."""
    is_told: bool = False
    """It was written down while it was open."""

    def as_line(self, entry_id: UUID, at: datetime) -> dict[str, object]:
        """A value for each column."""
        caller = self.caller
        return {
            "workspace_id": caller.workspace_id,
            "id": entry_id,
            "user_id": caller.user_id,
            "purpose": _plain(caller.purpose, 100) or "unnamed",
            "method": _plain(self.method, 20),
            "host": _plain(self.host, 300),
            "status": self.status,
            "outcome": _plain(self.outcome, 100),
            "policy": _plain(self.policy, 100),
            "bytes_out": self.bytes_out,
            "bytes_in": self.bytes_in,
            "duration_ms": min(self.duration_ms, 2**31 - 1),
            "at": at,
        }


# The same few words again and again.
@functools.lru_cache(maxsize=512)
def _plain(text: str, limit: int) -> str:
    """`text` as a column takes it: no NUL, no lone surrogate, no more than `limit` characters."""
    if text.isascii() and len(text) <= limit and "\0" not in text:
        return text
    return text.encode(errors="replace").decode().replace("\0", "?")[:limit]


class EgressLedger:
    """Run `run()` in a task for as long as the process lives."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = BatchWriter[Entry]("egress", self._write, PAUSE_S)
        self._open: dict[int, tuple[Entry, float]] = {}
        """What has been sent and has not ended, and since when (monotonic)."""
        self._writing = asyncio.Lock()
        """What is open must not be written over what has ended."""

    @property
    def waiting(self) -> int:
        """Entries that are not written down yet."""
        return self._rows.waiting

    def begin(self, entry: Entry, started: float) -> None:
        """Remember that a request goes out; `note` it in every case."""
        self._open[id(entry)] = entry, started

    def note(self, entry: Entry, started: float | None = None) -> None:
        """Remember an entry that began at `started` (monotonic); never waits and never fails."""
        self._open.pop(id(entry), None)
        if started is not None:
            entry.duration_ms = round((monotonic() - started) * 1000)
        purpose, outcome = entry.caller.purpose, entry.outcome
        if ":" in outcome:
            outcome, _, _ = outcome.partition(":")
        _calls_of(purpose, outcome).inc()
        _seconds_of(purpose).observe(entry.duration_ms / 1000)
        entry.at = utc_now()
        self._rows.note(entry)

    async def run(self, stop: asyncio.Event) -> None:
        """Write down what was noted until `stop`, then the rest; and what is open meanwhile."""
        await asyncio.gather(self._rows.run(stop), self._tell(stop))

    async def flush(self) -> None:
        """Write down all that waits; raises what the database raises, and keeps what is left."""
        await self._rows.flush()

    async def tell_open(self) -> None:
        """Write down what has been open for long and nobody knows of."""
        now = monotonic()
        late = [
            (entry, started)
            for entry, started in self._open.values()
            if not entry.is_told and now - started >= LONG_S
        ][:BATCH]
        lines: list[dict[str, object]] = []
        for entry, started in late:
            entry.id = entry.id or new_id()
            so_far = {"outcome": OPEN, "duration_ms": round((now - started) * 1_000)}
            lines.append(entry.as_line(entry.id, utc_now()) | so_far)
        if lines:
            async with self._writing, self._database.system("egress ledger") as session:
                await repository.add_entries(session, lines)
        for entry, _ in late:  # else they are told again, by the same ids
            entry.is_told = True

    async def _tell(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_S):
                    await stop.wait()
            try:
                await self.tell_open()
            except Exception as error:  # noqa: BLE001 - they are written when they end
                _log.warning("egress.not_told", error=repr(error))

    async def _write(self, batch: Sequence[Entry]) -> None:
        known = [(entry.caller.workspace_id, entry.id) for entry in batch if entry.id is not None]
        lines: list[dict[str, object]] = []
        for entry in batch:
            entry.id = entry.id or new_id()
            lines.append(entry.as_line(entry.id, entry.at or utc_now()))
        async with self._writing, self._database.system("egress ledger") as session:
            if known:
                await repository.forget(session, known)
            await repository.add_entries(session, lines)


async def purge_ledger(database: Database, keep: timedelta = KEEP) -> int:
    async with database.system("egress ledger") as session:
        return await repository.purge(session, keep)
