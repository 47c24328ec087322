"""Events that begin runs: who listens, what they filter, and how a loop comes to an end.

A run's own doing does not fire the trigger that began it; what goes round by way of two triggers
is bounded by the hourly limit of each.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from vectal.agents.contracts import Received, Starter
from vectal.agents.schedules.contracts import EventKind, Happening, Subject, TriggerFilter
from vectal.agents.schedules.ports import Subjects
from vectal.agents.schedules.repository import finding, firings, starters
from vectal.agents.schedules.service.beginning import Beginner
from vectal.agents.schedules.service.firing import Came, Fired, fire
from vectal.agents.schedules.tables import TriggerRow
from vectal.ai.contracts import Taint
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database, Scope
from vectal.platform.telemetry import get_logger

_PAGE: Final = 100
_WORDS: Final[dict[EventKind, str]] = {
    "task_created": "the new task",
    "task_completed": "the completed task",
    "file_added": "the new file",
}
_log = get_logger(__name__)


class EventTriggers:
    def __init__(
        self,
        database: Database,
        beginner: Beginner,
        subjects: Subjects,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._beginner = beginner
        self._subjects = subjects
        self._clock = clock or SystemClock()

    async def is_listened_to(self, workspace_id: UUID, kind: EventKind) -> bool:
        """Whether any trigger of the workspace may care: most events are nobody's."""
        async with self._database.system("agents.is_listening") as session:
            return await finding.is_listening(session, workspace_id, kind)

    async def take(self, happening: Happening) -> int:
        """Fire the triggers that it concerns; returns how many began a run.

        May be called again for the same happening: what it began, it does not begin again.
        """
        begun, after = 0, None
        while True:
            async with self._database.system("agents.list_listening") as session:
                rows = await finding.list_listening(
                    session, happening.workspace_id, happening.kind, after=after, limit=_PAGE
                )
                listening = [(row.id, row.owner_id) for row in rows]
            for trigger_id, owner_id in listening:
                scope = Scope(happening.workspace_id, owner_id)
                fired = await self._fire(scope, trigger_id, happening)
                begun += fired is not None and fired.verdict == "begun"
            if len(listening) < _PAGE:
                return begun
            after = listening[-1][0]

    async def _fire(self, scope: Scope, trigger_id: UUID, happening: Happening) -> Fired | None:
        """None when it is nothing to the trigger."""
        async with self._database.transaction(scope) as session:
            row = await starters.find(session, scope, TriggerRow, trigger_id, lock=True)
            if row is None or not row.enabled:
                return None
            starter = Starter("trigger", row.id)
            if happening.run_id is not None and await firings.has_begun(
                session, scope, happening.run_id, starter
            ):
                _log.info("agents.trigger_own_doing", trigger_id=row.id, run_id=happening.run_id)
                return None
            opened = await self._beginner.open(session, scope, row)
            principal = opened.rights.principal(row.owner_id, row.workspace_id)
            subject = await self._find(principal, happening)
            if subject is None or not fits(opened.filter, subject):
                return None
            came = _came(happening, subject)
            return await fire(self._beginner, self._clock, session, scope, row, opened, came)

    async def _find(self, principal: Principal, happening: Happening) -> Subject | None:
        return await self._subjects.find(principal, happening.kind, happening.subject_id)


def fits(narrowed: TriggerFilter, subject: Subject) -> bool:
    """Whether the filter lets it through."""
    if narrowed.project_id is not None and subject.project_id != narrowed.project_id:
        return False
    labels = {label.casefold() for label in subject.labels}
    if narrowed.label is not None and narrowed.label.casefold() not in labels:
        return False
    wanted = narrowed.name_contains
    return wanted is None or wanted.casefold() in subject.name.casefold()


def _came(happening: Happening, subject: Subject) -> Came:
    is_file = happening.kind == "file_added"
    reads: frozenset[Taint] = frozenset(("untrusted", "private") if is_file else ("private",))
    text = f"{subject.name} (id {subject.id})"
    if subject.text:
        text = f"{text}\n\n{subject.text}"
    return Came(
        key=happening.key,
        received=Received(_WORDS[happening.kind], text, reads),
        task_id=None if is_file else subject.id,
    )
