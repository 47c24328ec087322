"""One thing that came to a trigger: once for each key, within its hourly limit, as the owner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from vectal.agents.contracts import Received, Starter
from vectal.agents.schedules.repository import firings, starters
from vectal.agents.schedules.service.beginning import REVOKED, Beginner, Noted
from vectal.agents.schedules.service.making import Opened
from vectal.agents.schedules.tables import TriggerRow
from vectal.platform.clock import Clock
from vectal.platform.db import DataScope, WriteSession

THROTTLED: Final = "agents.hook_throttled"
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Came:
    """What came in. `delivery` is the sender's own name for it."""

    key: str
    received: Received
    delivery: str | None = None
    task_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """`code` says why no run was begun; `wait_s` when another may be."""

    verdict: Literal["begun", "known", "off", "throttled", "refused"]
    run_id: UUID | None = None
    code: str | None = None
    wait_s: int = 0


async def fire(
    beginner: Beginner,
    clock: Clock,
    session: WriteSession,
    scope: DataScope,
    row: TriggerRow,
    opened: Opened,
    came: Came,
) -> Fired:
    """Begin the run, in a transaction that acts for the owner and holds the row's lock."""
    known = await firings.find_delivery(session, scope, row.id, came.key, came.delivery)
    if known is not None:
        return Fired("known", known.run_id)
    if not row.enabled:
        return Fired("off", code=row.off_code)
    now = clock.now()
    wait_s = await _wait(session, scope, row, now)
    if wait_s:
        await _refuse(session, scope, row.id, now, THROTTLED)
        return Fired("throttled", code=THROTTLED, wait_s=wait_s)
    acting = await beginner.act_for(row, opened)
    if acting is None:
        await starters.change(session, scope, TriggerRow, row.id, enabled=False, off_code=REVOKED)
        return Fired("off", code=REVOKED)
    starter = Starter("trigger", row.id)
    begun = await beginner.begin(session, acting, opened, starter, came.received, came.task_id)
    if begun.run_id is None:
        # Not written down as seen: the sender may try again when there is room.
        await _refuse(session, scope, row.id, now, begun.code)
        return Fired("refused", code=begun.code)
    noted = Noted("begun", key=came.key, delivery=came.delivery, run_id=begun.run_id)
    await beginner.note(session, scope, starter, noted)
    return Fired("begun", begun.run_id)


async def _wait(session: WriteSession, scope: DataScope, row: TriggerRow, now: datetime) -> int:
    """Seconds until the trigger may begin another run."""
    begun = await firings.list_begun_since(session, scope, row.id, now - _HOUR, row.per_hour)
    if len(begun) < row.per_hour:
        return 0
    return max(1, math.ceil((begun[-1] + _HOUR - now).total_seconds()))


async def _refuse(
    session: WriteSession, scope: DataScope, trigger_id: UUID, now: datetime, code: str | None
) -> None:
    await starters.change(session, scope, TriggerRow, trigger_id, refused_at=now, refused_code=code)
