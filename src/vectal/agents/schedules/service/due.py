"""What the scheduler does for schedules: begin what is due, once, whoever else does so too.

Each schedule is taken in a transaction of its own, which holds its row: the occurrence, the run
and the next time of the schedule commit together, or none of them does. Two schedulers skip each
other's rows, and an occurrence that was seen before is refused by a unique index. A clock that
jumps can bring an occurrence early or late, never twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

from vectal.agents.contracts import Starter
from vectal.agents.schedules.contracts import EACH_AT_MOST, MissedPolicy
from vectal.agents.schedules.missed import decide
from vectal.agents.schedules.repository import finding, firings, starters
from vectal.agents.schedules.rule import Rule, read_rule
from vectal.agents.schedules.service.beginning import REVOKED, Beginner, Noted
from vectal.agents.schedules.service.making import Opened, read_zone
from vectal.agents.schedules.tables import ScheduleRow
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.recurrence.occurrences import latest_until, next_after, with_end
from vectal.platform.telemetry import get_logger

BATCH: Final = 50
"""Schedules that one sweep begins; the next one follows a second later."""
KEEP: Final = timedelta(days=90)
_PAUSE: Final = timedelta(minutes=1)
_PURGED: Final = 1_000
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Firing:
    """One schedule in the hands of this process, within its transaction."""

    session: WriteSession
    scope: Scope
    row: ScheduleRow
    opened: Opened
    acting: Principal

    @property
    def starter(self) -> Starter:
        return Starter("schedule", self.row.id)


class DueSchedules:
    def __init__(self, database: Database, beginner: Beginner, clock: Clock) -> None:
        self._database = database
        self._beginner = beginner
        self._clock = clock

    async def begin_due(self) -> int:
        """Begin what is due, at most `BATCH` schedules; returns how many were looked at."""
        for count in range(BATCH):
            if not await self._take_next():
                return count
        return BATCH

    async def begin_waiting(self) -> int:
        """Begin occurrences that waited for the run before them, one of each schedule."""
        async with self._database.system("agents.list_ready") as session:
            ready = await finding.list_ready(session, BATCH)
        for workspace_id, schedule_id in ready:
            await self._take_waiting(workspace_id, schedule_id)
        return len(ready)

    async def purge(self) -> int:
        """Forget what occurrences came to, long after; runs stay."""
        async with self._database.system("agents.purge_firings") as session:
            return await finding.purge(session, self._clock.now() - KEEP, _PURGED)

    async def _take_next(self) -> bool:
        """Begin what the schedule is due for that waits the longest; False when none is."""
        now, taken = self._clock.now(), None
        try:
            async with self._database.system("agents.begin_due") as session:
                row = await finding.claim_due(session, now)
                if row is None:
                    return False
                taken = (row.workspace_id, row.id)
                scope = Scope(row.workspace_id, row.owner_id)
                async with self._database.act(session, scope) as own:
                    await self._take(own, scope, row, now)
        except Exception as error:
            if taken is None:
                raise
            # It must not keep the others from their turn.
            _log.warning("agents.schedule_failed", schedule_id=taken[1], error=repr(error))
            async with self._database.system("agents.postpone_schedule") as session:
                await finding.postpone(session, *taken, now, _PAUSE)
        return True

    async def _take(
        self, session: WriteSession, scope: Scope, row: ScheduleRow, now: datetime
    ) -> None:
        opened = await self._beginner.open(session, scope, row)
        acting = await self._beginner.act_for(row, opened)
        if acting is None:
            await _switch_off(session, scope, row.id)
            return
        if row.next_at is None:
            await _plan_next(session, scope, row, None)
            return
        zone = read_zone(row.timezone)
        rule = rule_of(row)
        due = latest_until(rule, zone, row.next_at, now, EACH_AT_MOST + 1)
        due = [each for each in due if row.ends_at is None or each <= row.ends_at]
        decided = decide(due, cast("MissedPolicy", row.missed), now)
        firing = _Firing(session, scope, row, opened, acting)
        if decided.missed is not None:
            noted = Noted("missed", decided.missed)
            await self._beginner.note(session, scope, firing.starter, noted)
        for occurrence in decided.begin:
            await self._begin(firing, occurrence)
        await _plan_next(session, scope, row, next_after(rule, zone, max(now, row.next_at)))

    async def _begin(self, firing: _Firing, occurrence: datetime) -> None:
        """Begin a run for the occurrence, or let it wait for the one before, or leave it out."""
        session, scope, row = firing.session, firing.scope, firing.row
        noted = Noted("begun", occurrence)
        waiting = await firings.list_waiting(session, scope, row.id, EACH_AT_MOST)
        if waiting or await firings.has_open_run(session, scope, row.id):
            may_wait = row.overlap == "queue" and len(waiting) < EACH_AT_MOST
            noted = Noted("waiting" if may_wait else "overlapped", occurrence)
        # The row's lock keeps others away, so what is not there now is not there when it is added.
        if await firings.is_known(session, scope, row.id, occurrence):
            return
        if noted.outcome == "begun":
            begun = await self._beginner.begin(
                session, firing.acting, firing.opened, firing.starter
            )
            outcome = "begun" if begun.run_id else "refused"
            noted = Noted(outcome, occurrence, code=begun.code, run_id=begun.run_id)
        await self._beginner.note(session, scope, firing.starter, noted)

    async def _take_waiting(self, workspace_id: UUID, schedule_id: UUID) -> None:
        async with self._database.system("agents.begin_waiting") as session:
            row = await finding.claim(session, workspace_id, schedule_id)
            if row is None:
                return
            scope = Scope(row.workspace_id, row.owner_id)
            async with self._database.act(session, scope) as own:
                waiting = await firings.list_waiting(own, scope, row.id, 1)
                if not waiting or await firings.has_open_run(own, scope, row.id):
                    return
                opened = await self._beginner.open(own, scope, row)
                acting = await self._beginner.act_for(row, opened)
                if acting is None:
                    await _switch_off(own, scope, row.id)
                    return
                starter = Starter("schedule", row.id)
                begun = await self._beginner.begin(own, acting, opened, starter)
                outcome = "begun" if begun.run_id else "refused"
                await firings.settle(
                    own, scope, waiting[0].id, outcome=outcome, code=begun.code, run_id=begun.run_id
                )


def rule_of(row: ScheduleRow) -> Rule:
    zone = read_zone(row.timezone)
    return with_end(read_rule(row.rrule, row.starts_at, zone))


async def _plan_next(
    session: WriteSession, scope: Scope, row: ScheduleRow, next_at: datetime | None
) -> None:
    if next_at is not None and row.ends_at is not None and next_at > row.ends_at:
        next_at = None
    await starters.change(session, scope, ScheduleRow, row.id, next_at=next_at, look_at=next_at)


async def _switch_off(session: WriteSession, scope: Scope, schedule_id: UUID) -> None:
    """Its owner, or the key that it hangs on, has lost the right."""
    await firings.drop_waiting(session, scope, schedule_id)
    await starters.change(
        session,
        scope,
        ScheduleRow,
        schedule_id,
        enabled=False,
        off_code=REVOKED,
        next_at=None,
        look_at=None,
    )
    _log.info("agents.schedule_off", schedule_id=schedule_id, code=REVOKED)
