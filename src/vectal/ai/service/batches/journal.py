"""The journal of one batch in hand: lines in, lines taken, lines ended, each in one transaction.

Whoever holds the batch has an epoch; a runner that was taken for dead and is not can't write any
more, since its epoch is an old one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from vectal.ai.repository import batch_lines as lines_sql
from vectal.ai.repository import batches as batches_sql
from vectal.ai.repository import usage as usage_sql
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.batches.objects import BadLine, Line, LineResult, LineState
from vectal.platform.crypto import Aad, KeyOwner, Keyring
from vectal.platform.db import Database, DataScope, Scope, WriteSession

LEASE: Final = timedelta(seconds=10)
"""Twenty times as long as a runner leaves between two signs of life; what it had in hand when it
was killed waits for so long."""
PAGE: Final = 100
_RESULT: Final = msgspec.json.Decoder(LineResult)


class HoldLostError(Exception):
    """Another runner has the batch, or it is gone."""


@dataclass(frozen=True, slots=True)
class TakenLine:
    number: int
    custom_id: str
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class EndedLine:
    """`result` is None for a line that was never answered: cancelled, or expired."""

    number: int
    custom_id: str | None
    state: LineState
    result: LineResult | None


@dataclass(frozen=True, slots=True)
class Journal:
    """Of one batch, under one epoch. Every method that writes raises HoldLostError."""

    database: Database
    keyring: Keyring
    scope: Scope
    batch_id: UUID
    epoch: int

    async def add(self, lines: Sequence[Line | BadLine]) -> None:
        """Write down lines as they were read; a second time changes nothing."""
        async with self.database.transaction(self.scope) as session:
            await self._lock(session)
            rows = [await self._row(session, line) for line in lines]
            await lines_sql.add_lines(session, rows)

    async def take(self) -> TakenLine | None:
        async with self.database.transaction(self.scope) as session:
            await self._lock(session)
            taken = await lines_sql.take(session, self.scope, self.batch_id)
            if taken is None:
                return None
            owner = KeyOwner.user(self.scope.user_id)
            place = _place(self.scope, self.batch_id, taken.number, "sealed_request")
            body = await self.keyring.open(session, owner, taken.sealed_request, place)
        return TakenLine(taken.number, taken.custom_id, body, taken.attempts)

    async def end(
        self, number: int, state: LineState, result: LineResult, usage: Iterable[UsageLine]
    ) -> None:
        """A line has ended, and this is what it cost: both are known, or neither."""
        async with self.database.transaction(self.scope) as session:
            count = "completed" if state == "done" else "failed"
            await self._lock(session, **{count: 1})
            place = _place(self.scope, self.batch_id, number, "sealed_result")
            owner = KeyOwner.user(self.scope.user_id)
            sealed = await self.keyring.seal(session, owner, msgspec.json.encode(result), place)
            if not await lines_sql.end(session, self.scope, self.batch_id, number, state, sealed):
                raise HoldLostError
            await usage_sql.add_lines(session, list(usage))

    async def put_back(
        self, number: int, pause_s: float, usage: Iterable[UsageLine], *, counts: bool
    ) -> None:
        """Let a line wait; what its try has cost stays."""
        async with self.database.transaction(self.scope) as session:
            await self._lock(session)
            pause = timedelta(seconds=pause_s)
            await lines_sql.put_back(
                session, self.scope, self.batch_id, number, pause, counts=counts
            )
            await usage_sql.add_lines(session, list(usage))

    async def pay(self, usage: Iterable[UsageLine]) -> None:
        """Write down what lines have cost that were cut off."""
        rows = list(usage)
        if rows:
            async with self.database.transaction(self.scope) as session:
                await usage_sql.add_lines(session, rows)

    async def end_all(self, state: Literal["cancelled", "expired"]) -> None:
        """End every line that has no result."""
        async with self.database.transaction(self.scope) as session:
            count = await lines_sql.end_all(session, self.scope, self.batch_id, state)
            await self._lock(session, **{state: count})

    async def begin(self, at: datetime) -> None:
        """The lines are read; from now on they are sent, unless somebody has cancelled."""
        async with self.database.transaction(self.scope) as session:
            await batches_sql.begin(session, self.scope, self.batch_id, self.epoch, at)

    async def find_wait(self) -> float | None:
        """Seconds until the next line is ready; None when none waits."""
        async with self.database.read(self.scope) as session:
            return await lines_sql.find_wait(session, self.scope, self.batch_id)

    async def keep(self) -> str:
        """Hold on; tells how the batch stands."""
        async with self.database.transaction(self.scope) as session:
            status = await batches_sql.keep_hold(
                session, self.scope, self.batch_id, self.epoch, LEASE
            )
        if status is None:
            raise HoldLostError
        return status

    async def change(self, **values: Any) -> None:
        async with self.database.transaction(self.scope) as session:
            await self.change_in(session, **values)

    async def change_in(self, session: WriteSession, **values: Any) -> None:
        if not await batches_sql.change_held(
            session, self.scope, self.batch_id, self.epoch, **values
        ):
            raise HoldLostError

    async def rest(self, pause_s: float) -> None:
        """Let go until a vendor is to be asked again."""
        async with self.database.transaction(self.scope) as session:
            pause = timedelta(seconds=pause_s)
            if not await batches_sql.rest(session, self.scope, self.batch_id, self.epoch, pause):
                raise HoldLostError

    async def list_waiting(self, after: int) -> list[TakenLine]:
        """A page of the lines after a number that are still to be sent; they stay so."""
        owner = KeyOwner.user(self.scope.user_id)
        async with self.database.read(self.scope) as session:
            rows = await lines_sql.list_waiting(
                session, self.scope, self.batch_id, after=after, limit=PAGE
            )
            return [
                TakenLine(
                    row.number,
                    row.custom_id or "",
                    await self.keyring.open(
                        session, owner, row.sealed_request or b"", self.place(row.number, "request")
                    ),
                    row.attempts,
                )
                for row in rows
            ]

    def place(self, number: int, what: Literal["request", "result"]) -> Aad:
        """Where a sealed request or result lies."""
        return _place(self.scope, self.batch_id, number, f"sealed_{what}")

    async def lock(self, session: WriteSession, **more: int) -> None:
        """Make sure that the batch is still ours, and add to its counts."""
        await self._lock(session, **more)

    async def let_go(self) -> None:
        async with self.database.transaction(self.scope) as session:
            await batches_sql.let_go(session, self.scope, self.batch_id, self.epoch)

    async def list_ended(
        self, states: Collection[LineState], after: int
    ) -> tuple[list[EndedLine], bool]:
        """A page of lines after a number, and whether another follows."""
        owner = KeyOwner.user(self.scope.user_id)
        found: list[EndedLine] = []
        async with self.database.read(self.scope) as session:
            rows = await lines_sql.list_ended(
                session, self.scope, self.batch_id, states, after=after, limit=PAGE
            )
            for row in rows:
                result = None
                if row.sealed_result is not None:
                    place = _place(self.scope, self.batch_id, row.number, "sealed_result")
                    opened = await self.keyring.open(session, owner, row.sealed_result, place)
                    result = _RESULT.decode(opened)
                state: LineState = row.state  # pyright: ignore[reportAssignmentType] - checked by the table
                found.append(EndedLine(row.number, row.custom_id, state, result))
        return found, len(rows) == PAGE

    async def _lock(self, session: WriteSession, **more: int) -> None:
        if not await batches_sql.add_to_counts(
            session, self.scope, self.batch_id, self.epoch, **more
        ):
            raise HoldLostError

    async def _row(self, session: WriteSession, line: Line | BadLine) -> dict[str, Any]:
        return await line_row(session, self.keyring, self.scope, self.batch_id, line)


async def line_row(
    session: WriteSession, keyring: Keyring, scope: DataScope, batch_id: UUID, line: Line | BadLine
) -> dict[str, Any]:
    """A new line, sealed; a bad one has ended before it began."""
    is_bad = isinstance(line, BadLine)
    column = "sealed_result" if is_bad else "sealed_request"
    text = line.body if isinstance(line, Line) else _verdict(line)
    place = _place(scope, batch_id, line.number, column)
    sealed = await keyring.seal(session, KeyOwner.user(scope.user_id), text, place)
    return {
        "workspace_id": scope.workspace_id,
        "batch_id": batch_id,
        "number": line.number,
        "custom_id": line.custom_id,
        "state": "failed" if is_bad else "waiting",
        "sealed_request": None if is_bad else sealed,
        "sealed_result": sealed if is_bad else None,
    }


def _verdict(line: BadLine) -> bytes:
    return msgspec.json.encode(LineResult(code=line.code, message=line.message))


def _place(scope: DataScope, batch_id: UUID, number: int, column: str) -> Aad:
    return Aad("ai_batch_lines", column, f"{batch_id}/{number}", scope.workspace_id)
