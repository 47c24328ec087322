"""The journal of one research: each step is written once, under an epoch, and told to screens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import msgspec

from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, WriteSession
from vectal.research.contracts import UNDER_WAY, Depth, Stage
from vectal.research.events import ResearchChanged
from vectal.research.repository import researches
from vectal.research.service.sealing import ResearchSeals
from vectal.research.tables import ResearchRow

TELL_EVERY_S: Final = 1.0
_TOLD: Final = ("state", "stage", "searches", "sources_found", "pages", "pages_read", "rounds")

T = TypeVar("T", bound=msgspec.Struct)


class TakenOverError(Exception):
    """The research was cancelled, has ended, or is worked on elsewhere; stop without a word."""


@dataclass
class Journal:
    """Of one research that this process has taken."""

    database: Database
    seals: ResearchSeals
    scope: DataScope
    clock: Clock
    row: ResearchRow
    _steps: dict[str, bytes] = field(default_factory=dict[str, bytes], init=False)
    _told: float = field(default=0.0, init=False)

    @property
    def research_id(self) -> UUID:
        return self.row.id

    async def load(self) -> str:
        """Read what earlier epochs have done; returns the question."""
        async with self.database.read(self.scope) as session:
            for key, sealed in await researches.list_steps(session, self.scope, self.row.id):
                self._steps[key] = await self.seals.open_step(
                    session, self.scope, self.row.id, key, sealed
                )
            return await self.seals.open_text(
                session, self.scope, self.row.id, "sealed_question", self.row.sealed_question
            )

    def find(self, key: str, shape: type[T]) -> T | None:
        """A step that is done."""
        body = self._steps.get(key)
        return None if body is None else msgspec.json.decode(body, type=shape)

    async def enter(self, stage: Stage, *, number: int = 0) -> None:
        """Say what is done now, and in which round."""
        rounds = max(self.row.rounds, number)
        if (self.row.stage, self.row.rounds) != (stage, rounds):
            async with self.change(tell=True, stage=stage, rounds=rounds):
                pass

    async def write(self, key: str, body: msgspec.Struct, **values: Any) -> None:
        """A step and what it changes of the row, in one transaction."""
        async with self.change(**values) as session:
            sealed = await self.seals.seal_step(session, self.scope, self.row.id, key, body)
            await researches.add_step(session, self.scope, self.row.id, key, sealed)
        self._steps[key] = msgspec.json.encode(body)

    @asynccontextmanager
    async def change(self, *, tell: bool = False, **values: Any) -> AsyncGenerator[WriteSession]:
        """A transaction that sets columns and does what its block does.

        Raises `TakenOverError` before the block when the epoch is not the row's any more.
        """
        async with self.database.transaction(self.scope) as session:
            if not await researches.advance(
                session,
                self.scope,
                self.row.id,
                self.row.epoch,
                touched_at=self.clock.now(),
                **values,
            ):
                raise TakenOverError
            yield session
            if tell or self._is_due():
                await tell_row(session, self.row, **values)
        for name, value in values.items():
            setattr(self.row, name, value)

    async def reserve_search(self, price: Decimal, until: int) -> bool:
        """Before a search is made; `until` so many were.

        False: a limit would not hold. Raises `TakenOverError`.
        """
        async with self.change() as session:
            row = self.row
            if not await researches.reserve_search(
                session, self.scope, row.id, row.epoch, price, until
            ):
                return False
        self.row.searches += 1
        self.row.cost_usd += price
        return True

    async def reserve_page(self, until: int) -> bool:
        """Before a page is asked for; `until` so many were.

        False: the limit would not hold. Raises `TakenOverError`.
        """
        async with self.change() as session:
            row = self.row
            if not await researches.reserve_page(session, self.scope, row.id, row.epoch, until):
                return False
        self.row.pages += 1
        return True

    async def count(self, tokens: int, cost_usd: Decimal) -> None:
        """What was used, whether it helped or not."""
        async with self.database.transaction(self.scope) as session:
            await researches.count_spent(session, self.scope, self.row.id, tokens, cost_usd)
        self.row.tokens += tokens
        self.row.cost_usd += cost_usd

    async def is_ours(self) -> bool:
        async with self.database.read(self.scope) as session:
            row = await researches.find(session, self.scope, self.row.id)
        return row is not None and row.epoch == self.row.epoch and row.state in UNDER_WAY

    def _is_due(self) -> bool:
        now = self.clock.monotonic()
        if self._told and now - self._told < TELL_EVERY_S:
            return False
        self._told = now
        return True


async def tell_row(session: WriteSession, row: ResearchRow, **changed: Any) -> None:
    """A research is told to its person alone."""
    values = {name: changed.get(name, getattr(row, name)) for name in _TOLD}
    await session.emit(ResearchChanged(row.id, **values), user_id=row.user_id)


def depth_of(row: ResearchRow) -> Depth:
    return cast("Depth", row.depth)
