"""Space: what a workspace and a person may keep, reserved before a byte comes, settled after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from vectal.files.contracts import Space
from vectal.files.errors import QuotaExceededError
from vectal.files.repository import quotas
from vectal.files.service.rules import FileRules
from vectal.platform.db import Database, DataScope, WriteSession


@dataclass(frozen=True, slots=True)
class SpaceKeeper:
    """The workspace's row is always changed before a person's, so that nobody waits in a circle."""

    database: Database
    rules: FileRules

    async def look(self, scope: DataScope) -> tuple[Space, Space]:
        """Of the workspace, and of the person in it."""
        subjects = (scope.workspace_id, scope.user_id)
        async with self.database.read(scope) as session:
            found = await quotas.find(session, scope, subjects)
        ours = found.get(scope.workspace_id, (0, 0))
        mine = found.get(scope.user_id, (0, 0))
        return Space(*ours, self.rules.workspace_bytes), Space(*mine, self.rules.user_bytes)

    async def reserve(self, session: WriteSession, scope: DataScope, size: int) -> None:
        """Raises `QuotaExceededError`, and reserves nothing then."""
        ours = (scope.workspace_id, self.rules.workspace_bytes, "The workspace has")
        mine = (scope.user_id, self.rules.user_bytes, "You have")
        for subject, limit, who in (ours, mine):
            if not await quotas.reserve(session, scope, subject, size, limit):
                raise QuotaExceededError(
                    f"{who} no space left for {size} bytes; empty the trash or remove versions."
                )

    async def settle(
        self, session: WriteSession, scope: DataScope, reserved: int, used: int
    ) -> None:
        for subject in (scope.workspace_id, scope.user_id):
            await quotas.settle(session, scope, subject, reserved=reserved, used=used)

    async def free(
        self, session: WriteSession, scope: DataScope, by_person: Mapping[UUID, int]
    ) -> None:
        """What these people had stored is gone."""
        total = sum(by_person.values())
        await quotas.settle(session, scope, scope.workspace_id, reserved=0, used=-total)
        for person in sorted(by_person):
            await quotas.settle(session, scope, person, reserved=0, used=-by_person[person])
