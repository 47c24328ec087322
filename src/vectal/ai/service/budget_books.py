"""What this process knows of the budgets of workspaces, and what it holds of each.

A book is at most a moment old: those in use are read anew in the background before they age, so
that a call finds them fresh and waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from vectal.ai.budgets.holding import Holding
from vectal.ai.budgets.rules import BudgetRule, Subjects
from vectal.ai.errors import BudgetsUnavailableError
from vectal.ai.repository import budgets as sql
from vectal.platform.background import end_tasks
from vectal.platform.clock import Clock
from vectal.platform.db import Database
from vectal.platform.db.engine import detach_ambient
from vectal.platform.telemetry import get_logger

MAX_AGE_S: Final = 0.9
REFRESH_S: Final = 0.4
_IN_USE_S: Final = 10.0
_PATIENCE_S: Final = 2.0
_RETRY_S: Final = 0.5

_log = get_logger(__name__)

Place = tuple[UUID, datetime]
Index = dict[int, tuple[Holding, ...]]


class Book:
    """The budgets of one workspace. `lock` is held by whoever moves amounts to or from them."""

    def __init__(self, workspace_id: UUID, wake: Callable[[], None]) -> None:
        self.workspace_id = workspace_id
        self.lock = asyncio.Lock()
        self.fresh_until = self.used_at = float("-inf")
        self.is_known = False
        self._is_indexed = False
        self._ends_at: datetime | None = None
        self._wake = wake
        self._rules: tuple[BudgetRule, ...] = ()
        self._holdings: dict[Place, Holding] = {}
        self._everyone: tuple[Holding, ...] = ()
        self._users: Index = {}
        self._keys: Index = {}
        self._projects: Index = {}
        self._runs: Index = {}

    @property
    def holdings(self) -> Collection[Holding]:
        """Those of periods that are over too, until they are given back."""
        return self._holdings.values()

    def find(self, subjects: Subjects) -> tuple[Holding, ...]:
        """What applies to a call. Maps that are empty cost nothing, hence the many lines."""
        found = self._everyone
        if self._users and subjects.user_id is not None:
            found += self._users.get(subjects.user_id.int, ())
        if self._keys and subjects.key_id is not None:
            for key_id in (subjects.key_id, *subjects.maker_key_ids):
                found += self._keys.get(key_id.int, ())
        if self._projects and subjects.project_id is not None:
            found += self._projects.get(subjects.project_id.int, ())
        if self._runs and subjects.run_id is not None:
            found += self._runs.get(subjects.run_id.int, ())
        return found

    def learn(self, rules: Sequence[BudgetRule], clock: Clock, max_age_s: float) -> None:
        """Take what was read. A cap that became smaller calls back what is held of it."""
        if tuple(rules) != self._rules:
            self._recall(rules)
            self._rules = tuple(rules)
            self._is_indexed = False
        self.is_known = True
        self.turn(clock, max_age_s)

    def turn(self, clock: Clock, max_age_s: float) -> None:
        """Open the periods of now, and be fresh for so long or until one of them ends."""
        now, at = clock.now(), clock.monotonic()
        if not self._is_indexed or (self._ends_at is not None and now >= self._ends_at):
            current = [self._hold(rule, now, at) for rule in self._rules]
            self._ends_at = min((e for h in current if (e := h.period.ends_at)), default=None)
            self._index(current)
        lasts_s = max_age_s
        if self._ends_at is not None:
            lasts_s = min(max_age_s, (self._ends_at - now).total_seconds())
        self.fresh_until = at + lasts_s

    def drop(self, holding: Holding) -> None:
        """Forget a holding; the next reading opens another in its place if there is to be one."""
        self._holdings.pop(_place(holding), None)
        self._is_indexed = False
        self.fresh_until = float("-inf")

    def prune(self, now: datetime) -> None:
        """Forget holdings that are over and empty, unless one is about to be filled."""
        if self.lock.locked():
            return
        live = {rule.id for rule in self._rules}
        for place, holding in list(self._holdings.items()):
            is_old = holding.period.is_over(now) or holding.rule.id not in live
            if is_old and holding.is_empty:
                del self._holdings[place]

    def _hold(self, rule: BudgetRule, now: datetime, at: float) -> Holding:
        period = rule.period(now)
        holding = self._holdings.get((rule.id, period.starts_at))
        if holding is None:
            holding = Holding(rule, period, at, self._wake)
            self._holdings[_place(holding)] = holding
        holding.rule = rule
        return holding

    def _recall(self, rules: Sequence[BudgetRule]) -> None:
        caps = {rule.id: rule.cap for rule in rules}
        for holding in self._holdings.values():
            if caps.get(holding.rule.id, 0) < holding.rule.cap and holding.free:
                holding.scarce = True
                holding.wake()

    def _index(self, current: Iterable[Holding]) -> None:
        everyone: list[Holding] = []
        indexes: dict[str, Index] = {"user": {}, "key": {}, "project": {}, "run": {}}
        for holding in current:
            subject = holding.rule.subject_id
            if subject is None:
                everyone.append(holding)
            else:
                index = indexes[holding.rule.subject_kind]
                index[subject.int] = (*index.get(subject.int, ()), holding)
        self._is_indexed = True
        self._everyone = tuple(everyone)
        self._users, self._keys = indexes["user"], indexes["key"]
        self._projects, self._runs = indexes["project"], indexes["run"]


class Books:
    """The books of this process, by workspace."""

    def __init__(self, database: Database, clock: Clock, wake: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake
        self._books: dict[int, Book] = {}
        self._reading: dict[int, asyncio.Task[None]] = {}
        self._changes = 0
        """What was told to be forgotten; a reading that began before may be older."""

    def forget(self, workspace_id: UUID) -> None:
        """Read its budgets anew before the next call, since they have just been changed here."""
        self._changes += 1
        self._reading.pop(workspace_id.int, None)
        book = self._books.get(workspace_id.int)
        if book is not None:
            book.fresh_until = float("-inf")

    def find_fresh(self, workspace_id: UUID) -> Book | None:
        book = self._books.get(workspace_id.int)
        if book is None:
            return None
        now = self._clock.monotonic()
        if now >= book.fresh_until:
            return None
        book.used_at = now
        return book

    async def open(self, workspace_id: UUID) -> Book:
        """A fresh book; without PostgreSQL the one we had. Raises `BudgetsUnavailableError`."""
        fresh = self.find_fresh(workspace_id)
        if fresh is not None:
            return fresh
        book = self._books.setdefault(workspace_id.int, Book(workspace_id, self._wake))
        # Said first, so that it is not forgotten for want of use while it is read.
        book.used_at = self._clock.monotonic()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while True:
                    changes = self._changes
                    # One that goes away must not cancel the reading for the others.
                    await asyncio.shield(self._read_once(workspace_id))
                    if changes == self._changes:
                        break
        except Exception as error:
            # Rules that are old are better than no answers; without any, nothing may be sent.
            if not book.is_known:
                raise BudgetsUnavailableError from error
            _log.warning("budgets.rules_are_old", error=repr(error))
            book.turn(self._clock, _RETRY_S)
        return book

    def list_all(self) -> list[Book]:
        return list(self._books.values())

    def find(self, workspace_id: UUID) -> Book | None:
        return self._books.get(workspace_id.int)

    async def refresh(self) -> None:
        """Read the books in use anew, and forget those that nobody needs."""
        now, used = self._clock.monotonic(), list[UUID]()
        for key, book in list(self._books.items()):
            book.prune(self._clock.now())
            if now - book.used_at <= _IN_USE_S:
                used.append(book.workspace_id)
            elif all(holding.is_empty for holding in book.holdings):
                del self._books[key]
        if used:
            await self._read(used)

    async def close(self) -> None:
        await end_tasks(self._reading.values())

    def _read_once(self, workspace_id: UUID) -> asyncio.Task[None]:
        key = workspace_id.int
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(self._read_alone(workspace_id))
            self._reading[key] = task
            task.add_done_callback(partial(self._has_read, key))
        return task

    def _has_read(self, key: int, task: asyncio.Task[None]) -> None:
        if self._reading.get(key) is task:
            del self._reading[key]

    async def _read_alone(self, workspace_id: UUID) -> None:
        detach_ambient()
        await self._read([workspace_id])

    async def _read(self, workspace_ids: Sequence[UUID]) -> None:
        began, changes = self._clock.monotonic(), self._changes
        async with self._database.system("ai.budgets") as session:
            found = await sql.load_rules(session, workspace_ids)
        # The age counts from the start: what was committed before it has been seen.
        left_s = MAX_AGE_S - (self._clock.monotonic() - began)
        for workspace_id, rules in found.items():
            book = self._books.get(workspace_id.int)
            if book is not None and changes == self._changes:
                book.learn(rules, self._clock, left_s)


def _place(holding: Holding) -> Place:
    return holding.rule.id, holding.period.starts_at
