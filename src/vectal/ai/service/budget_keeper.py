"""The keeper of budgets: every call to a model reserves here before it is sent.

It holds slices of the budgets in use, so that most calls wait for nothing. One keeper a process;
run `run()` for as long as the process lives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Final
from uuid import UUID

from vectal.ai.budgets.amounts import Unit, Worst, to_decimal
from vectal.ai.budgets.holding import Holding, HoldingKey
from vectal.ai.budgets.reservation import Reservation, take
from vectal.ai.budgets.rules import Subjects
from vectal.ai.errors import (
    BudgetExceededError,
    BudgetsUnavailableError,
    BudgetUnpricedError,
)
from vectal.ai.repository import budgets as sql
from vectal.ai.service.budget_books import REFRESH_S, Book, Books
from vectal.ai.service.budget_exchange import BudgetExchange, BudgetPace, Shortage
from vectal.platform.background import end_tasks
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database, DataScope
from vectal.platform.db.listening import Bell, listening
from vectal.platform.resilience import Deadline, current_deadline
from vectal.platform.telemetry import counter, get_logger

_FIRST_PAUSE_S: Final = 0.015
_LONGEST_PAUSE_S: Final = 0.15
_LONGER: Final = 1.5
_LIMIT_S: Final = 5.0
_PART_OF_DEADLINE: Final = 0.8
_BATCH: Final = 100
_OUTAGE_PAUSE_S: Final = 2.0
# Many that ask at once are answered together.
_ANSWER_GAP_S: Final = 0.02
_RECLAIM_BATCH: Final = 200

_log = get_logger(__name__)
_refused = counter("ai_budget_refusals_total", "Calls that a budget could not hold.", ["unit"])
_reclaimed = counter("ai_budget_slices_reclaimed_total", "Slices of processes that fell silent.")

Choice = Callable[[Holding], bool]


class BudgetKeeper:
    def __init__(
        self, database: Database, *, clock: Clock | None = None, pace: BudgetPace | None = None
    ) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._pace = pace or BudgetPace()
        self._bell = Bell()
        self._books = Books(database, self._clock, self._bell.ring)
        self._exchange = BudgetExchange(database, self._clock, self._pace)
        self._reporting = asyncio.Lock()

    def try_reserve(self, scope: DataScope, subjects: Subjects, worst: Worst) -> Reservation | None:
        """Reserve from what this process holds; None when the database has to be asked."""
        book = self._books.find_fresh(scope.workspace_id)
        return None if book is None else take(book.find(subjects), worst)

    async def reserve(self, scope: DataScope, subjects: Subjects, worst: Worst) -> Reservation:
        """Reserve the worst case in every budget that applies, or in none.

        Settle or release what is returned, else it counts as used while the process lives. Raises
        `BudgetExceededError`, `BudgetUnpricedError`, `BudgetsUnavailableError`.
        """
        ready = self.try_reserve(scope, subjects, worst)
        if ready is not None:
            return ready
        try:
            async with asyncio.timeout(self._pace.wait_s + _LIMIT_S):
                return await self._wait_for(scope, subjects, worst)
        except TimeoutError as error:
            raise BudgetsUnavailableError from error

    def forget(self, workspace_id: UUID) -> None:
        """Its budgets were changed by this process, whose next call is to keep to them."""
        self._books.forget(workspace_id)

    async def run(self, stop: asyncio.Event) -> None:
        """Report, refresh and answer until `stop`; then give everything back."""
        async with listening(self._database, sql.CHANNEL) as bell:
            tasks = [
                asyncio.create_task(self._answer(bell)),
                asyncio.create_task(self._keep_fresh()),
                asyncio.create_task(self._ring_at(stop)),
            ]
            try:
                await self._keep_reporting(stop)
            finally:
                await end_tasks(tasks)
        await self._books.close()
        await self._try("stop", self._report(_is_stored, give_all=True))

    async def flush(self) -> None:
        """Report all that has changed and give back what is idle."""
        await self._report(self._is_due)

    async def reclaim_expired(self) -> int:
        """Count as spent, in doubt, what silent processes hold; returns how many slices."""
        async with self._database.system("ai.budgets") as session:
            count = await sql.reclaim_expired(session, _RECLAIM_BATCH)
            await sql.purge_reclaimed(session)
        if count:
            _log.warning("budgets.slices_reclaimed", slices=count)
            _reclaimed.inc(count)
        return count

    async def _wait_for(self, scope: DataScope, subjects: Subjects, worst: Worst) -> Reservation:
        patience = bounded_patience(self._pace.wait_s)
        asked: dict[HoldingKey, datetime] = {}
        pause_s = _FIRST_PAUSE_S
        while True:
            book = await self._books.open(scope.workspace_id)
            outcome = await self._attempt(book, subjects, worst, asked)
            if isinstance(outcome, Reservation):
                return outcome
            if outcome is not None:
                if not outcome.may_come or patience.has_passed:
                    raise self._exceeded(outcome)
                await asyncio.sleep(patience.bound(pause_s))
                pause_s = min(pause_s * _LONGER, _LONGEST_PAUSE_S)

    async def _attempt(
        self, book: Book, subjects: Subjects, worst: Worst, asked: dict[HoldingKey, datetime]
    ) -> Reservation | Shortage | None:
        """None when budgets were deleted meanwhile: the book has to be opened again."""
        async with book.lock:
            holdings = book.find(subjects)
            ready = take(holdings, worst)
            if ready is not None:
                return ready
            needs = needs_of(holdings, worst)
            try:
                outcome = await self._exchange.lease(holdings, needs, asked)
            except Exception as error:
                _log.warning("budgets.no_lease", error=repr(error))
                raise BudgetsUnavailableError from error
            if not isinstance(outcome, list):
                return outcome
            for holding in outcome:
                book.drop(holding)
            return None

    async def _keep_reporting(self, stop: asyncio.Event) -> None:
        now = self._clock.monotonic()
        report_at = reclaim_at = now
        while not stop.is_set():
            await self._bell.wait(max(0.0, report_at - now))
            now = self._clock.monotonic()
            if now < report_at:
                await self._try("give back", self._report(_is_scarce))
                continue
            report_at = now + self._pace.report_s
            await self._try("report", self.flush())
            if now >= reclaim_at:
                reclaim_at = now + self._pace.lease_s / 3
                await self._try("reclaim", self.reclaim_expired())

    async def _keep_fresh(self) -> None:
        while True:
            went_well = await self._try("refresh", self._books.refresh())
            await asyncio.sleep(REFRESH_S if went_well else _OUTAGE_PAUSE_S)

    async def _answer(self, bell: Bell) -> None:
        """Whenever a process rings: read the budgets anew, and give back what is wanted."""
        while True:
            if await bell.wait(60.0):
                await self._try("refresh", self._books.refresh())
                await self._try("answer", self._give_back())
                await asyncio.sleep(_ANSWER_GAP_S)

    async def _give_back(self) -> None:
        async with self._database.system("ai.budgets") as session:
            wanted = await sql.find_wanted(session, self._exchange.holder)
        if wanted:
            await self._report(lambda holding: holding.key in wanted)

    async def _ring_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._bell.ring()

    async def _report(self, choose: Choice, *, give_all: bool = False) -> None:
        """In one transaction for all whose lock is free; the others follow, each by itself."""
        async with self._reporting:
            books = [b for b in self._books.list_all() if any(map(choose, b.holdings))]
            ready = [book for book in books if not book.lock.locked()]
            busy = [book for book in books if book.lock.locked()]
            for start in range(0, len(ready), _BATCH):
                batch = ready[start : start + _BATCH]
                await self._report_books(batch, choose, give_all=give_all)
            for book in busy:
                await self._report_books([book], choose, give_all=give_all)

    async def _report_books(self, books: Sequence[Book], choose: Choice, *, give_all: bool) -> None:
        async with AsyncExitStack() as locks:
            for book in books:
                await locks.enter_async_context(book.lock)
            chosen = [each for book in books for each in book.holdings if choose(each)]
            for holding in await self._exchange.report(chosen, give_all=give_all):
                book = self._books.find(holding.rule.workspace_id)
                if book is not None:
                    book.drop(holding)

    def _is_due(self, holding: Holding) -> bool:
        now = self._clock.monotonic()
        holding.pace.look(holding.taken, now)
        if not holding.is_stored:
            return False
        if holding.pace.quiet_s(now) < self._pace.idle_s:
            return True
        # A long call alone only needs its lease renewed.
        is_old = now - holding.told_at >= self._pace.lease_s / 3
        return is_old or holding.has_news or bool(holding.free) or not holding.open

    async def _try(self, work: str, doing: Awaitable[object]) -> bool:
        try:
            await doing
        except Exception as error:  # noqa: BLE001 - the next round tries again
            _log.warning("budgets.interrupted", work=work, error=repr(error))
            return False
        return True

    def _exceeded(self, shortage: Shortage) -> BudgetExceededError:
        rule, ends_at = shortage.holding.rule, shortage.holding.period.ends_at
        _refused.labels(rule.unit).inc()
        detail = (
            f"The budget {rule.name!r} has {_say(rule.unit, shortage.left)} left,"
            f" and this call may take {_say(rule.unit, shortage.need)}."
        )
        headers: dict[str, str] = {}
        if ends_at is not None:
            detail += f" It starts anew at {ends_at:%Y-%m-%d %H:%M} UTC."
            seconds = (ends_at - self._clock.now()).total_seconds()
            headers["Retry-After"] = str(max(1, round(seconds)))
        extra = {
            "budget": {
                "id": str(rule.id),
                "name": rule.name,
                "subject_kind": rule.subject_kind,
                "unit": rule.unit,
                "period": rule.period_kind,
                "cap": _plain(rule.unit, rule.cap),
            },
            "left": _plain(rule.unit, shortage.left),
            "needed": _plain(rule.unit, shortage.need),
            "resets_at": ends_at.isoformat() if ends_at else None,
        }
        return BudgetExceededError(detail, extra=extra, headers=headers)


def bounded_patience(seconds: float) -> Deadline:
    """Shorter than the current deadline, so that a refusal still reaches who waits for it."""
    deadline = current_deadline()
    if deadline is not None:
        seconds = min(seconds, _PART_OF_DEADLINE * deadline.remaining())
    return Deadline.after(seconds)


def needs_of(holdings: Sequence[Holding], worst: Worst) -> list[int]:
    """What a call may take of each; raises BudgetUnpricedError."""
    needs: list[int] = []
    for holding in holdings:
        need = worst[holding.place]
        if need is None:
            raise BudgetUnpricedError(
                f"The budget {holding.rule.name!r} is in USD, and the price of this model is not"
                " known. Choose another model, or enter its price in the models file."
            )
        if need < 0:
            raise ValueError(f"a call can't take less than nothing: {worst}")
        needs.append(need)
    return needs


def _is_stored(holding: Holding) -> bool:
    return holding.is_stored


def _is_scarce(holding: Holding) -> bool:
    return holding.scarce and bool(holding.free or holding.has_news)


def _plain(unit: Unit, amount: int) -> str:
    return f"{to_decimal(unit, amount).normalize():f}"


def _say(unit: Unit, amount: int) -> str:
    return f"{_plain(unit, amount)} {'USD' if unit == 'usd' else unit}"
