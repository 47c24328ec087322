"""Opening a run under its lease, writing its journal, and letting go of it."""

from __future__ import annotations

from typing import Final

from vectal.agents.entries import Entry, encode
from vectal.agents.history import fold
from vectal.agents.ports import AgentPorts
from vectal.agents.repository import runs
from vectal.agents.rights import RunRights
from vectal.agents.run import ENDED, RunMove, RunState, after
from vectal.agents.service.hold import Hold, Signal
from vectal.agents.service.journal import Journal, Lease, LeaseLostError
from vectal.agents.service.moving import Move, Mover
from vectal.agents.service.reading import RunReader
from vectal.agents.tables import RunRow
from vectal.platform.clock import monotonic
from vectal.platform.db import Database, ReadSession
from vectal.platform.db.faults import will_pass
from vectal.platform.db.patience import through_outage
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)
_TELL_S: Final = 1.0
"""Screens hear of steps no more often than this; of moves always."""

_LEFT_S: Final = 5.0
"""Until an older release may look again at what it can't read."""


class Holding:
    def __init__(
        self,
        database: Database,
        journal: Journal,
        mover: Mover,
        reader: RunReader,
        ports: AgentPorts,
    ) -> None:
        self._database = database
        self.journal = journal
        self._mover = mover
        self._reader = reader
        self._ports = ports

    async def open(self, lease: Lease, signal: Signal) -> Hold:
        """All that the work at a run needs. Raises `LeaseLostError` when it is not ours."""
        scope = lease.scope
        async with self._database.read(scope) as session:
            row = await self._find_ours(session, lease)
            run = await self._reader.run(session, scope, row)
        stored = await self.journal.read(scope, lease.run_id)
        rights = RunRights.from_json(row.rights)
        principal = rights.principal(scope.user_id, scope.workspace_id)
        offered = await self._ports.toolbox.offered(principal, run.tools)
        if row.wanted is not None:
            signal.send("cancel" if row.wanted == "cancel" else "pause")
        return Hold(
            lease=lease,
            run=run,
            principal=principal,
            tools={tool.name: tool for tool in offered},
            names=await self._ports.surroundings.names_of(principal),
            signal=signal,
            history=fold(stored),
            stored=stored,
        )

    async def hand_back_unread(self, lease: Lease) -> None:
        """Leave a run to the workers of a newer release, whose entries this one can't read."""
        reason = "It was begun by a newer release."
        async with self._database.transaction(lease.scope) as session:
            row = await self._find_ours(session, lease, lock=True)
            move = Move(RunMove.HAND_BACK, reason=reason, pause_s=_LEFT_S)
            await self._mover.move(session, lease.scope, row, move)

    async def record(self, hold: Hold, *written: Entry) -> bool:
        """Store the results so far and these; False when the history is another one now.

        Nothing is stored once a person wants the run to stop. Raises `LeaseLostError`.
        """
        lease = hold.lease
        lease.require()
        tell = monotonic() - hold.told_at > _TELL_S
        try:
            is_stored = await self.journal.append(
                lease, [*hold.results, *written], after=len(hold.stored), tell=tell
            )
        except Exception as error:
            # Whether it was stored is not known when the connection broke: the journal is asked.
            if not will_pass(error):
                raise
            _log.warning("agents.append_interrupted", run_id=lease.run_id, error=repr(error))
            is_stored = False
        if is_stored:
            hold.told_at = monotonic() if tell else hold.told_at
            hold.store(written)
            return True
        newer = await through_outage(lambda: self._reload(hold))
        known = {encode(entry) for entry in newer}
        return all(encode(entry) in known for entry in written)

    async def leave(self, hold: Hold, move: Move, *, insist: bool = False) -> bool:
        """Give the lease back with a move; False when something else has to be done first.

        Others may have written to the journal meanwhile: then the history is read anew, and only
        who insists moves nevertheless.
        """
        while True:
            is_current = await through_outage(lambda: self._leave(hold, move))
            if hold.has_left:
                return True
            if is_current or not insist:
                return False

    async def _leave(self, hold: Hold, move: Move) -> bool:
        lease = hold.lease
        async with self._database.transaction(lease.scope) as session:
            row = await self._find_ours(session, lease, lock=True)
            if _beats(row, move):
                hold.signal.send("cancel" if row.wanted == "cancel" else "pause")
                return True
            if row.last_seq == len(hold.stored):
                by = row.wanted_by if move.to in (RunMove.CANCEL, RunMove.PAUSE) else None
                first = (*hold.results, *move.first)
                whole = Move(
                    move.to, first, move.reason, move.code, by, move.pause_s, move.report,
                    move.values, move.also,
                )  # fmt: skip
                await self._mover.move(session, lease.scope, row, whole)
                session.after_commit(hold.leave)
                return True
        await self._reload(hold)
        return False

    async def _reload(self, hold: Hold) -> list[Entry]:
        """Read what others have written, or what we have without knowing it."""
        lease = hold.lease
        async with self._database.read(lease.scope) as session:
            row = await self._find_ours(session, lease)
        newer = await self.journal.read(lease.scope, lease.run_id, after=len(hold.stored))
        hold.reload(newer)
        if row.wanted is not None:
            hold.signal.send("cancel" if row.wanted == "cancel" else "pause")
        return newer

    async def _find_ours(self, session: ReadSession, lease: Lease, *, lock: bool = False) -> RunRow:
        row = await runs.find_held(session, lease.scope, lease.run_id, lease.epoch, lock=lock)
        if row is None:
            raise LeaseLostError
        return row


def _beats(row: RunRow, move: Move) -> bool:
    """Whether what a person wants comes before this move."""
    if row.wanted is None or move.to is RunMove.CANCEL:
        return False
    if row.wanted == "cancel":
        return True
    return move.to is not RunMove.PAUSE and after(RunState.RUNNING, move.to) not in ENDED
