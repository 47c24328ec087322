"""What runs say on the task that they were handed over with, in the transaction of their moves."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from vectal.agents.entries import Entry, InputAsked, InputGiven, UnknownEntryError
from vectal.agents.handover import DELIVERED, handed_in, is_handed_over
from vectal.agents.ports import TaskDesk
from vectal.agents.rights import RunRights
from vectal.agents.run import ENDED, RunState
from vectal.agents.service.journal import Journal
from vectal.agents.tables import RunRow
from vectal.auth.principal import Principal
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)


class TaskSpeaker:
    """A comment is there exactly when the move is: both are one transaction."""

    def __init__(self, journal: Journal, desk: TaskDesk) -> None:
        self._journal = journal
        self._desk = desk

    async def speak(self, row: RunRow, written: Sequence[Entry], before: RunState) -> None:
        """`row` as it is after the move, `written` by it; `before` is the state that it left."""
        task_id = row.task_id
        if task_id is None or not is_handed_over(task_id, row.parent_run_id, row.kind):
            return
        whose = RunRights.from_json(row.rights).principal(row.owner_id, row.workspace_id)
        for entry in written:
            match entry:
                case InputAsked():
                    await self._desk.ask(whose, task_id, row.id, entry.call_id, entry.question)
                case InputGiven():
                    await self._desk.answer(whose, task_id, row.id, entry.call_id, entry.text)
                case _:
                    pass
        state = RunState(row.state)
        # What needed review has handed in its result already, whatever becomes of it then.
        if state in DELIVERED and before is not RunState.NEEDS_REVIEW:
            await self._deliver(whose, task_id, row, state)
        elif state in ENDED:
            await self._desk.withdraw(whose, row.id)

    async def _deliver(self, whose: Principal, task_id: UUID, row: RunRow, state: RunState) -> None:
        try:
            journal = await self._journal.read(whose, row.id)
        except UnknownEntryError as error:
            # Its time has run out while a newer release had it: it ends without its evidence.
            _log.info("agents.delivered_unread", run_id=row.id, error=repr(error))
            journal = []
        reason = row.error["detail"] if row.error else ""
        await self._desk.deliver(whose, task_id, row.id, handed_in(journal, state, reason))
