"""Beginning a run for somebody who is not there: one transaction for the run and its firing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from vectal.agents.contracts import Received, Starter
from vectal.agents.schedules.contracts import Outcome
from vectal.agents.schedules.ports import StandIns
from vectal.agents.schedules.repository import firings
from vectal.agents.schedules.service.making import Maker, Opened
from vectal.agents.schedules.tables import ScheduleRow, TriggerRow
from vectal.agents.service.runs import Runs
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.errors import AppError
from vectal.platform.ids import new_id
from vectal.platform.telemetry import counter

REVOKED = "auth.revoked"

_fired = counter("agents_firings_total", "What schedules and triggers came to.", ["outcome"])


@dataclass(frozen=True, slots=True)
class Begun:
    """`run_id` None: it was refused, and `code` says why."""

    run_id: UUID | None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of an occurrence, or of what came in under a key."""

    outcome: Outcome
    occurrence_at: datetime | None = None
    key: str | None = None
    delivery: str | None = None
    code: str | None = None
    run_id: UUID | None = None


class Beginner:
    """Works in a transaction of its caller's that acts for the owner and holds the row's lock."""

    def __init__(
        self, database: Database, runs: Runs, stand_ins: StandIns, maker: Maker, clock: Clock
    ) -> None:
        self.database = database
        self._runs = runs
        self._stand_ins = stand_ins
        self._maker = maker
        self._clock = clock

    async def open(
        self, session: ReadSession, scope: DataScope, row: ScheduleRow | TriggerRow
    ) -> Opened:
        return await self._maker.open(session, scope, row)

    async def act_for(self, row: ScheduleRow | TriggerRow, opened: Opened) -> Principal | None:
        """Who acts for the owner now; None when nobody may any more."""
        made = opened.rights.principal(row.owner_id, row.workspace_id)
        return await self._stand_ins.stand_in(made)

    async def begin(
        self,
        session: WriteSession,
        acting: Principal,
        opened: Opened,
        starter: Starter,
        received: Received | None = None,
        task_id: UUID | None = None,
    ) -> Begun:
        """A run that waits for a worker, in the caller's transaction."""
        new = opened.plan.new_run(
            self._clock.now(), opened.rights.timezone, starter, received, task_id
        )
        try:
            # Whatever it has written goes with it when it is refused.
            async with session.savepoint():
                run, _ = await self._runs.create(acting, new)
        except AppError as error:
            return Begun(None, error.code)
        return Begun(run.id)

    async def note(
        self, session: WriteSession, scope: DataScope, starter: Starter, noted: Noted
    ) -> bool:
        """Write down what an occurrence or delivery came to; False when it was there already."""
        values: dict[str, Any] = {
            "id": new_id(),
            f"{starter.kind}_id": starter.id,
            "at": self._clock.now(),
            **asdict(noted),
        }
        is_new = await firings.add(session, scope, values)
        if is_new:
            session.after_commit(_fired.labels(noted.outcome).inc)
        return is_new
