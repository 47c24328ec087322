"""What this room needs of others; bootstrap says who provides it."""

from __future__ import annotations

from typing import Protocol

from vectal.auth.principal import Principal
from vectal.calendar.contracts import ComingRun
from vectal.platform.db import DataScope
from vectal.platform.db.paging import Slice


class Standing(Protocol):
    """Knows who still belongs to a workspace; `accounts` does."""

    async def is_member(self, scope: DataScope) -> bool: ...


class ComingRuns(Protocol):
    """Knows which runs are to come; the schedules of `agents` do."""

    async def list_coming(self, principal: Principal, limit: int) -> Slice[ComingRun]:
        """The next few of each schedule, of as many as `limit` schedules."""
        ...
