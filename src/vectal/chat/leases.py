"""Leases of this process over the turns that it writes; all of them in a few statements.

Works as the system role, since one question is asked for the turns of all people.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.chat.beginning import LEASE_S
from vectal.chat.journal import Lease
from vectal.chat.repository import frames, turns
from vectal.platform.clock import Clock
from vectal.platform.db import Database, Scope

KEEP_FRAMES: Final = timedelta(days=1)
_PURGE_BATCH: Final = 200

Taken = tuple[Lease, int, bool]
"""A lease, how often a process died over the turn, and whether somebody wants it stopped."""


class Leases:
    """`holder` is this process."""

    def __init__(self, database: Database, holder: UUID, clock: Clock) -> None:
        self.holder = holder
        self._database = database
        self._clock = clock

    async def renew(self, held: Collection[Lease]) -> set[UUID]:
        """Extend them; returns the turns that are still ours."""
        async with self._database.system("chat.renew_leases") as session:
            return await turns.renew_leases(session, _keys(held), lease_s=LEASE_S)

    async def find_stopping(self, held: Collection[Lease]) -> set[UUID]:
        async with self._database.system("chat.find_stopping") as session:
            return await turns.find_stopping(session, _keys(held))

    async def take_orphans(self, limit: int, *, not_these: Collection[UUID]) -> Sequence[Taken]:
        """Turns whose process is gone, at most `limit`; two processes never take the same."""
        async with self._database.system("chat.take_orphans") as session:
            taken = await turns.take_orphans(
                session, holder=self.holder, lease_s=LEASE_S, limit=limit, not_these=not_these
            )
        return [
            (
                Lease(
                    Scope(each.workspace_id, each.owner_id),
                    each.turn_id,
                    each.conversation_id,
                    each.epoch,
                    each.attempt,
                ),
                each.crashes,
                each.stopping,
            )
            for each in taken
        ]

    async def give_back(self, held: Collection[Lease]) -> None:
        """Another process may take them at once."""
        async with self._database.system("chat.give_back") as session:
            await turns.give_back(session, _keys(held))

    async def purge_frames(self) -> int:
        """Forget journals of turns that ended over a day ago; returns how many turns."""
        before = self._clock.now() - KEEP_FRAMES
        async with self._database.system("chat.purge_frames") as session:
            return await frames.purge(session, ended_before=before, limit=_PURGE_BATCH)


def _keys(held: Collection[Lease]) -> list[tuple[UUID, UUID, int]]:
    return [(each.scope.workspace_id, each.turn_id, each.epoch) for each in held]
