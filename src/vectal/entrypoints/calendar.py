"""The calendar, wired: who still belongs to a workspace, and which runs are to come."""

from __future__ import annotations

from dataclasses import dataclass

from vectal.accounts.service import AccountService
from vectal.agents.schedules.service.making import Maker
from vectal.agents.schedules.service.schedules import Schedules
from vectal.agents.sealing import Seals
from vectal.auth.principal import Principal
from vectal.calendar.contracts import ComingRun
from vectal.calendar.service import CalendarServices
from vectal.entrypoints.files import Standing
from vectal.platform.clock import SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.db.paging import Slice
from vectal.tasks.service import TaskServices


def open_calendar(
    database: Database, keyring: Keyring, accounts: AccountService, tasks: TaskServices
) -> CalendarServices:
    # It reads schedules and begins nothing, so it needs none of what begins runs.
    schedules = Schedules(database, Maker(Seals(keyring)), SystemClock())
    standing = Standing(database, accounts)
    return CalendarServices.build(database, tasks, standing, ComingRuns(schedules))


@dataclass(frozen=True, slots=True)
class ComingRuns:
    """The next few occurrences of each schedule of a person."""

    schedules: Schedules

    async def list_coming(self, principal: Principal, limit: int) -> Slice[ComingRun]:
        page = await self.schedules.list_recent(principal, limit=limit)
        found = [
            ComingRun(each.id, each.terms.name, moment)
            for each in page.items
            for moment in each.upcoming
        ]
        return Slice(found, page.next_cursor)
